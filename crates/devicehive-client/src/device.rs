//! The role of a device: it registers itself, takes commands, answers them, and tells what it notices.

use crate::client::DeviceHive;
use crate::subscription::Subscription;
use crate::{
    Command, CommandChange, DeviceChange, DeviceId, Error, Filter, Json, Missed, NewNotification, NotificationReceipt,
};
use std::fmt;

/// A device, played by this program.
///
/// ```no_run
/// use devicehive_client::{DeviceChange, DeviceHive, Json};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let (hive, _events) = DeviceHive::connect("ws://127.0.0.1:4103/dh/websocket")
///     .with_login("dhadmin", "dhadmin_#911")
///     .await?;
/// let lamp = hive.device("lamp-1");
/// lamp.register(DeviceChange::new("Lamp")).await?;
/// let mut tasks = lamp.tasks().await?;
/// while let Some(task) = tasks.next().await {
///     let task = task?;
///     println!("{:?} with {:?}", task.command().name, task.command().parameters);
///     task.answer("done", Some(Json::parse(r#"{"on":true}"#)?)).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Device {
    hive: DeviceHive,
    id: DeviceId,
}

impl Device {
    pub(crate) fn new(hive: DeviceHive, id: DeviceId) -> Self {
        Self { hive, id }
    }

    /// Its id.
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// The client that it uses.
    pub fn hive(&self) -> &DeviceHive {
        &self.hive
    }

    /// Makes the device on the server, or changes it. Data that are left out are cleared; all else that is left out stays, or
    /// is what the server finds best for a new device (dossier M6.4).
    ///
    /// # Errors
    /// Every way in which it was not done; so do all calls here.
    pub async fn register(&self, device: DeviceChange) -> Result<(), Error> {
        self.hive.device_save(self.id.clone(), device).await
    }

    /// Takes commands from now on.
    ///
    /// # Errors
    /// See [`Device::register`].
    pub async fn tasks(&self) -> Result<Tasks, Error> {
        self.tasks_of(Filter::default()).await
    }

    /// Takes those commands that the filter lets through: by their names, or also those that wait since some time.
    ///
    /// # Errors
    /// See [`Device::register`].
    pub async fn tasks_of(&self, filter: Filter) -> Result<Tasks, Error> {
        let commands = self.hive.commands(filter.device(self.id.clone())).await?;
        Ok(Tasks { device: self.clone(), commands })
    }

    /// Says how far a command has come, as often as there is something to say.
    ///
    /// # Errors
    /// See [`Device::register`]. The server does not answer at all if it does not know the command (dossier M4.2).
    pub async fn answer(&self, command: i64, status: &str, result: Option<Json>) -> Result<(), Error> {
        let change = CommandChange { status: Some(status.to_owned()), result };
        self.hive.command_update(self.id.clone(), command, change).await
    }

    /// Tells something.
    ///
    /// # Errors
    /// See [`Device::register`].
    pub async fn notify(&self, name: &str, parameters: Option<Json>) -> Result<NotificationReceipt, Error> {
        let mut notification = NewNotification::new(name);
        notification.parameters = parameters;
        self.hive.notification_insert(self.id.clone(), notification).await
    }
}

/// The commands for a device as they come, also over reconnects, each once.
pub struct Tasks {
    device: Device,
    commands: Subscription<Command>,
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tasks").field(&self.device.id).finish()
    }
}

impl Tasks {
    /// The next command; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Result<Task, Missed>> {
        let command = self.commands.next().await?;
        Some(command.map(|command| Task { device: self.device.clone(), command }))
    }
}

/// A command that a device is to carry out.
#[derive(Clone, Debug)]
pub struct Task {
    device: Device,
    command: Command,
}

impl Task {
    /// What is to be done.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// Says how far it has come, as often as there is something to say.
    ///
    /// # Errors
    /// See [`Device::register`].
    pub async fn answer(&self, status: &str, result: Option<Json>) -> Result<(), Error> {
        self.device.answer(self.command.id, status, result).await
    }
}

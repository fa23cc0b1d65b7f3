//! DeviceHive.

use crate::lines::{Client, Fault, Settings, Tell, number, text};
use devicehive_client::{
    Command, CommandChange, DeviceHive, Error, Event, Events, Json, NewCommand, NewNotification, Notification,
    Subscription,
};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) struct Adapter {
    hive: DeviceHive,
    patience: Duration,
    tell: Tell,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::NotTried(_) => "not-sent",
            Error::Refused(_) | Error::Unclear => "refused",
            Error::TimedOut | Error::NotUpdated(_) => "timeout",
            _ => "lost",
        };
        Self::new(kind, error)
    }
}

impl Client for Adapter {
    const NAME: &'static str = concat!("devicehive-client ", env!("CARGO_PKG_VERSION"));
    const OFFERS: &'static [&'static str] = &[
        "insert_command",
        "insert_notification",
        "update_command",
        "execute",
        "subscribe_commands",
        "subscribe_notifications",
        "server_info",
        "patience_ms",
        "keep_alive_ms",
    ];

    async fn start(settings: Settings, tell: Tell) -> Result<Self, Fault> {
        let connect = DeviceHive::connect(settings.url()?);
        let mut connect = connect.with_login(settings.demo("login")?, settings.demo("password")?);
        let patience = settings.patience().unwrap_or(Duration::from_secs(10));
        connect = connect.reply_timeout(patience);
        if let Some(every) = settings.keep_alive() {
            connect = connect.keep_alive(every);
        }
        let (hive, events) = connect.await.map_err(|e| Fault::new("lost", e))?;
        tokio::spawn(follow(events, tell.clone()));
        Ok(Self { hive, patience, tell })
    }

    async fn carry_out(&self, op: &str, args: &Value) -> Result<Value, Fault> {
        let hive = &self.hive;
        let device = || text(args, "device");
        let json_of = |name: &str| args.get(name).map(|value| Json::of(value).map_err(Fault::usage)).transpose();
        let new_command = || {
            let mut command = NewCommand::new(text(args, "command")?);
            command.parameters = json_of("parameters")?;
            Ok::<_, Fault>(command)
        };
        match op {
            "insert_command" => {
                let receipt = hive.command_insert(device()?, new_command()?).await?;
                Ok(json!({"id": receipt.id}))
            }
            "insert_notification" => {
                let mut notification = NewNotification::new(text(args, "notification")?);
                notification.parameters = json_of("parameters")?;
                let receipt = hive.notification_insert(device()?, notification).await?;
                Ok(json!({"id": receipt.id}))
            }
            "update_command" => {
                let change =
                    CommandChange { status: Some(text(args, "status")?.to_owned()), result: json_of("result")? };
                hive.command_update(device()?, number(args, "id")?, change).await?;
                Ok(json!({}))
            }
            "execute" => {
                let done = hive.execute(device()?, new_command()?, self.patience).await?;
                Ok(json!({"status": done.status, "result": shown(done.result.as_ref())}))
            }
            "subscribe_commands" => {
                let commands = hive.commands(device()?).await?;
                tokio::spawn(tell_commands(commands, self.tell.clone()));
                Ok(json!({}))
            }
            "subscribe_notifications" => {
                let notifications = hive.notifications(device()?).await?;
                tokio::spawn(tell_notifications(notifications, self.tell.clone()));
                Ok(json!({}))
            }
            "server_info" => {
                let info = hive.server_info().await?;
                Ok(json!({"version": format!("{:?}", info.api_version)}))
            }
            other => Err(Fault::usage(format!("{other} is not offered"))),
        }
    }

    async fn stop(&self) {
        self.hive.clone().close().await;
    }
}

fn shown(json: Option<&Json>) -> Value {
    json.and_then(|json| serde_json::from_str(json.as_str()).ok()).unwrap_or_default()
}

async fn tell_commands(mut commands: Subscription<Command>, tell: Tell) {
    while let Some(command) = commands.next().await {
        let Ok(command) = command else { continue };
        let (device, parameters) = (command.device_id.to_string(), shown(command.parameters.as_ref()));
        let about = json!({"device": device, "id": command.id, "command": command.name, "parameters": parameters});
        tell.event("command", about);
    }
}

async fn tell_notifications(mut notifications: Subscription<Notification>, tell: Tell) {
    while let Some(notification) = notifications.next().await {
        let Ok(told) = notification else { continue };
        let (device, parameters) = (told.device_id.to_string(), shown(told.parameters.as_ref()));
        let about = json!({"device": device, "id": told.id, "notification": told.name, "parameters": parameters});
        tell.event("notification", about);
    }
}

async fn follow(mut events: Events, tell: Tell) {
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Ready) => tell.event("connected", json!({})),
            Ok(Event::Disconnected { why, .. }) => tell.event("disconnected", json!({"why": why.to_string()})),
            Ok(Event::LoginFailed(why)) => tell.event("ended", json!({"why": why.to_string()})),
            _ => {}
        }
    }
}

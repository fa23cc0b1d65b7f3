//! A running mock, for tests and for the binary.

use crate::world::MOST_MESSAGE;
use crate::{DeviceHiveWorld, Options, Profile, WorldFile};
use dummyload_host::{Limits, Mock, MockBuilder, World, host_settings};
use dummyload_session::Secret;
use serde_json::{Value, json};
use std::io;
use std::ops::Deref;
use std::path::PathBuf;

/// A running DeviceHive mock. It is a [`Mock`] with what is DeviceHive's own; dropping it ends it.
#[derive(Debug)]
pub struct DeviceHiveMock {
    mock: Mock,
}

/// What a [`DeviceHiveMock`] starts with: by default the demo world, on a free port of the loopback interface, by the real
/// clock.
#[derive(Debug)]
pub struct DeviceHiveMockBuilder {
    host: MockBuilder,
    world: Option<WorldFile>,
    options: Option<Options>,
    profile: Option<Profile>,
    jwt_secret: Option<Secret<String>>,
    data: Option<PathBuf>,
}

impl Default for DeviceHiveMockBuilder {
    fn default() -> Self {
        // A body may be as large as a message.
        let mut limits = Limits::default();
        limits.body_bytes = MOST_MESSAGE;
        let host = MockBuilder::default().limits(limits);
        Self { host, world: None, options: None, profile: None, jwt_secret: None, data: None }
    }
}

impl DeviceHiveMock {
    /// A builder with the defaults.
    pub fn builder() -> DeviceHiveMockBuilder {
        DeviceHiveMockBuilder::default()
    }

    /// The address of the socket. Programs authenticate there by a message, with a token out of [`DeviceHiveMock::demo`] or
    /// of a login.
    pub fn url(&self) -> String {
        format!("{}/dh/websocket", self.mock.url())
    }

    /// The base address of REST, for the core and the auth service alike.
    pub fn rest_url(&self) -> String {
        format!("{}/dh/rest", self.mock.http_url())
    }

    /// What a first program needs, out of the world in force:
    ///
    /// * of the first user who is an administrator, or else of the first user: `login`, `password`, `user_id`, and made anew
    ///   with each call `access_token`, `refresh_token`; `device_id`, `network_id`, `device_type_id` of the first device;
    /// * of the first client: the same with `client_` before each name; `foreign_device_id` and `foreign_network_id` are the
    ///   first ones that it does not see;
    /// * of a client who may not log in: `disabled_login`, `disabled_password`, `disabled_user_id`.
    ///
    /// What the world does not have is left out.
    pub fn demo(&self) -> Value {
        self.mock.control("demo", &json!({})).unwrap_or_default()
    }

    /// Closes all connections as the real server does, and waits for their end.
    pub async fn stop(self) {
        self.mock.stop().await;
    }
}

impl Deref for DeviceHiveMock {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

impl From<DeviceHiveMock> for Mock {
    /// The mock without what is DeviceHive's own, for programs that serve several protocols alike.
    fn from(mock: DeviceHiveMock) -> Self {
        mock.mock
    }
}

host_settings!(DeviceHiveMockBuilder);

impl DeviceHiveMockBuilder {
    /// Other people and things than those of the demo world.
    #[must_use]
    pub fn world(mut self, world: WorldFile) -> Self {
        self.world = Some(world);
        self
    }

    /// Other options than those of the world file.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = Some(options);
        self
    }

    /// Another profile than that of the options.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Another JWT secret than that of the options.
    #[must_use]
    pub fn jwt_secret(mut self, secret: impl Into<String>) -> Self {
        self.jwt_secret = Some(Secret::new(secret.into()));
        self
    }

    /// Keeps the state in this file, so that it is there at the next start, also after `kill -9`. If the file is there
    /// already, its state counts and not that of the world, but for the options. Each change is written before it is
    /// answered, which takes about as long as the disk needs to make two writes safe.
    #[cfg(feature = "persist")]
    #[must_use]
    pub fn data(mut self, file: impl Into<PathBuf>) -> Self {
        self.data = Some(file.into());
        self
    }

    /// Starts to listen. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// A world with mistakes in it; a data file that cannot be used; an address that cannot be listened on, or that lies off
    /// loopback without an admin token. The text says what to do.
    pub async fn start(self) -> io::Result<DeviceHiveMock> {
        let mut file = self.world.unwrap_or_else(WorldFile::demo);
        if let Some(options) = self.options {
            file.options = options;
        }
        if let Some(profile) = self.profile {
            file.options.profile = profile;
        }
        if let Some(secret) = self.jwt_secret {
            file.options.jwt_secret = secret.into_exposed();
        }
        file.check().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("the world: {e}")))?;
        let mock = self.host.start(world(file, self.data)?).await?;
        Ok(DeviceHiveMock { mock })
    }
}

#[cfg(feature = "persist")]
fn world(file: WorldFile, data: Option<PathBuf>) -> io::Result<Box<dyn World>> {
    Ok(match data {
        Some(data) => Box::new(crate::persist::Kept::open(&data, file)?),
        None => Box::new(DeviceHiveWorld::new(file)),
    })
}

#[cfg(not(feature = "persist"))]
fn world(file: WorldFile, _: Option<PathBuf>) -> io::Result<Box<dyn World>> {
    Ok(Box::new(DeviceHiveWorld::new(file)))
}

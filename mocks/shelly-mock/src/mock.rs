//! A running mock, for tests and for the binary.

use crate::{Options, ShellyWorld, WorldFile};
use dummyload_host::{Mock, MockBuilder, host_settings};
use serde_json::{Value, json};
use std::io;
use std::ops::Deref;

/// A running Shelly mock. It is a [`Mock`] with what is Shelly's own; dropping it ends it.
#[derive(Debug)]
pub struct ShellyMock {
    mock: Mock,
}

/// What a [`ShellyMock`] starts with: by default the demo world, on a free port of the loopback interface, by the real
/// clock.
#[derive(Debug, Default)]
pub struct ShellyMockBuilder {
    host: MockBuilder,
    world: Option<WorldFile>,
    options: Option<Options>,
    server: Option<String>,
}

impl ShellyMock {
    /// A builder with the defaults.
    pub fn builder() -> ShellyMockBuilder {
        ShellyMockBuilder::default()
    }

    /// The address of the socket, complete with a fresh access token of the first user; without a token if the world has no
    /// user.
    pub fn url(&self) -> String {
        let socket = format!("{}/shelly/wss/hk_sock", self.mock.url());
        match self.demo().get("access_token").and_then(Value::as_str) {
            Some(token) => format!("{socket}?t={token}"),
            None => socket,
        }
    }

    /// `ws://` or `wss://` and the address, without path and token.
    pub fn ws_url(&self) -> String {
        self.mock.url()
    }

    /// What a first program needs, out of the world in force. Of the first user:
    ///
    /// * `email`, `password`, `user_id`, `auth_key`, and made anew with each call: `code`, `access_token`, `refresh_token`;
    ///   `client_id` for which they were made, and `server`, the `user_api_url` in them;
    /// * devices: `relay`, `relay_2` (with two channels), `roller`, `uncalibrated` (a roller), `light` (in colours),
    ///   `dimmer`, `white` (with a temperature), `sensor`, `emeter`, `gen2_switch`, `gen2_cover`, `gen2_light`,
    ///   `gen2_sensor`, `gen2_emeter`, `values` (with virtual components), `ble`, `virtual`, `offline`; `shared` (with him
    ///   by somebody else) and `foreign` (somebody else's). Each is an id as HTTP has it; with `_decimal` behind the name it
    ///   is as frames have it, and with `_name` what its owner calls it.
    ///
    /// `friend_email`, `friend_password`, `friend_user_id`, `friend_auth_key` and `friend_access_token` are those of the
    /// second user. What the world does not have is left out.
    pub fn demo(&self) -> Value {
        self.mock.control("demo", &json!({})).unwrap_or_default()
    }

    /// Closes all connections, and waits for their end.
    pub async fn stop(self) {
        self.mock.stop().await;
    }
}

impl Deref for ShellyMock {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

impl From<ShellyMock> for Mock {
    /// The mock without what is Shelly's own, for programs that serve several protocols alike.
    fn from(mock: ShellyMock) -> Self {
        mock.mock
    }
}

host_settings!(ShellyMockBuilder);

impl ShellyMockBuilder {
    /// `user_api_url` where neither an account nor the options of the world say another: `https://` and a name without a
    /// port, if unmodified clients are to be served (dossier 13.1). By default it is the address of the mock.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.server = Some(url.into());
        self
    }

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

    /// Starts to listen. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// A world with mistakes in it; an address that cannot be listened on, or that lies off loopback without an admin
    /// token. The text says what to do.
    pub async fn start(self) -> io::Result<ShellyMock> {
        let mut world = self.world.unwrap_or_else(WorldFile::demo);
        if let Some(options) = self.options {
            world.options = options;
        }
        if let Some(server) = self.server.filter(|_| world.options.user_api_url.is_empty()) {
            world.options.user_api_url = server;
        }
        world.check().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("the world: {e}")))?;
        let mock = self.host.start(Box::new(ShellyWorld::new(world))).await?;
        Ok(ShellyMock { mock })
    }
}

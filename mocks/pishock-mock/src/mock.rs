//! A running mock, for tests and for the binary.

use crate::{Options, PishockWorld, WorldFile};
use dummyload_host::{Mock, MockBuilder, host_settings};
use pishock_proto::{Dialect, Login, endpoint};
use serde_json::{Value, json};
use std::io;
use std::ops::Deref;

/// A running PiShock mock. It is a [`Mock`] with what is PiShock's own; dropping it ends it.
#[derive(Debug)]
pub struct PishockMock {
    mock: Mock,
}

/// What a [`PishockMock`] starts with: by default the demo world, on a free port of the loopback interface, by the real
/// clock.
#[derive(Debug, Default)]
pub struct PishockMockBuilder {
    host: MockBuilder,
    world: Option<WorldFile>,
    options: Option<Options>,
}

impl PishockMock {
    /// A builder with the defaults.
    pub fn builder() -> PishockMockBuilder {
        PishockMockBuilder::default()
    }

    /// The address of the V2 socket, complete with the credentials of the first user whose key works on it; without
    /// credentials if the world has no such user.
    pub fn url(&self) -> String {
        let demo = self.demo();
        let text = |name: &str| demo.get(name).and_then(Value::as_str);
        let base = self.mock.url();
        let complete = text("username").zip(text("api_key")).map(|(name, key)| Login::api_key(name, key));
        let complete = complete.and_then(|login| endpoint(&base, Dialect::V2, &login).ok());
        complete.map_or_else(|| format!("{base}/v2"), |endpoint| endpoint.url.expose().clone())
    }

    /// `ws://` or `wss://` and the address, without path and credentials.
    pub fn ws_url(&self) -> String {
        self.mock.url()
    }

    /// What a first program needs, out of the world in force:
    ///
    /// * of the first user with a key for the socket: `username`, `api_key`, `user_id`, `token`, `old_api_key` (too old
    ///   for the socket), `hub_id`, `shocker_id`, `shocker_id_2`;
    /// * of what is shared with him: `share_code`, `share_id`, `share_hub_id`, `share_shocker_id`, `share_max_intensity`,
    ///   `share_max_duration`;
    /// * of what he shares: `open_share_code`, `open_share_id` and `open_share_shocker_id` (claimed by nobody),
    ///   `link_id`, `link_max_intensity`, `link_max_duration`;
    /// * of the second such user: `friend_username`, `friend_api_key`, `friend_user_id`.
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

impl Deref for PishockMock {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

impl From<PishockMock> for Mock {
    /// The mock without what is PiShock's own, for programs that serve several protocols alike.
    fn from(mock: PishockMock) -> Self {
        mock.mock
    }
}

host_settings!(PishockMockBuilder);

impl PishockMockBuilder {
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
    pub async fn start(self) -> io::Result<PishockMock> {
        let mut world = self.world.unwrap_or_else(WorldFile::demo);
        if let Some(options) = self.options {
            world.options = options;
        }
        world.check().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("the world: {e}")))?;
        let mock = self.host.start(Box::new(PishockWorld::new(world))).await?;
        let mock = PishockMock { mock };
        if mock.demo().get("api_key").is_none() {
            tracing::warn!(
                "no user of the world has a key that works on the socket, so the address of the socket has no \
                 credentials; give a [[user]] a [[user.key]] that was generated on or after 2024-10-15"
            );
        }
        Ok(mock)
    }
}

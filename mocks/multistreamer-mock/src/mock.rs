//! A running mock, for tests and for the binary.

use crate::{MultistreamerWorld, Options, Profile, WorldFile};
use dummyload_host::{Mock, MockBuilder, host_settings};
use multistreamer_proto::{StreamId, socket_url};
use serde_json::{Value, json};
use std::io;
use std::ops::Deref;

/// A running multistreamer mock. It is a [`Mock`] with what is multistreamer's own; dropping it ends it.
#[derive(Debug)]
pub struct MultistreamerMock {
    mock: Mock,
}

/// What a [`MultistreamerMock`] starts with: by default the demo world, on a free port of the loopback interface, by the real
/// clock.
#[derive(Debug, Default)]
pub struct MultistreamerMockBuilder {
    host: MockBuilder,
    world: Option<WorldFile>,
    options: Option<Options>,
    profile: Option<Profile>,
}

impl MultistreamerMock {
    /// A builder with the defaults.
    pub fn builder() -> MultistreamerMockBuilder {
        MultistreamerMockBuilder::default()
    }

    /// The address of the socket of the first user's first stream, complete with his token; without both if the world has no
    /// such stream.
    pub fn url(&self) -> String {
        let demo = self.demo();
        let base = format!("{}{}", self.mock.url(), demo["prefix"].as_str().unwrap_or_default());
        match (demo["stream_id"].as_i64(), demo["token"].as_str()) {
            (Some(stream), Some(token)) => socket_url(&base, StreamId(stream), token),
            _ => base,
        }
    }

    /// `ws://` or `wss://` and the address, without path and token.
    pub fn ws_url(&self) -> String {
        self.mock.url()
    }

    /// What a first program needs, out of the world in force. Of the first user: `username`, `password`, `token`, `user_id`;
    /// `stream_id`, `stream_key` and `stream_name` of his first stream with an account whose network has a chat; that account
    /// as `account_id`, `channel` and `network`; `other_account_id` is another one of his on the same network, attached
    /// nowhere there; `other_stream_id` is another stream of his.
    ///
    /// With `guest_` before it: `username`, `password`, `token`, `user_id` of a user who may write in the chat of that stream,
    /// and his `account_id`; with `reader_` of one who may only read, with `stranger_` of one who may nothing. `prefix` is
    /// what the server has before all paths. What the world does not have is left out.
    pub fn demo(&self) -> Value {
        self.mock.control("demo", &json!({})).unwrap_or_default()
    }

    /// Ends all connections as the real server does, and waits for that.
    pub async fn stop(self) {
        self.mock.stop().await;
    }
}

impl Deref for MultistreamerMock {
    type Target = Mock;

    fn deref(&self) -> &Mock {
        &self.mock
    }
}

impl From<MultistreamerMock> for Mock {
    /// The mock without what is multistreamer's own, for programs that serve several protocols alike.
    fn from(mock: MultistreamerMock) -> Self {
        mock.mock
    }
}

host_settings!(MultistreamerMockBuilder);

impl MultistreamerMockBuilder {
    /// Other people and streams than those of the demo world.
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

    /// Starts to listen. Must be called on a tokio runtime.
    ///
    /// # Errors
    /// A world with mistakes in it; an address that cannot be listened on, or that lies off loopback without an admin
    /// token. The text says what to do.
    pub async fn start(self) -> io::Result<MultistreamerMock> {
        let mut world = self.world.unwrap_or_else(WorldFile::demo);
        if let Some(options) = self.options {
            world.options = options;
        }
        if let Some(profile) = self.profile {
            world.options.profile = profile;
        }
        world.check().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("the world: {e}")))?;
        let mock = self.host.start(Box::new(MultistreamerWorld::new(world))).await?;
        Ok(MultistreamerMock { mock })
    }
}

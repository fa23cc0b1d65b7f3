//! Waiting for what becomes of a command (dossier M14).

use super::HttpError;
use super::answer::{accepted, unclear};
use super::request::{Call, Method, Request, Service, Target, signed};
use crate::message::Command;
use crate::object::Object;
use crate::{DecodeError, DeviceId};
use alloc::string::{String, ToString};
use dummyload_session::Secret;

/// Waits until a command is updated. The server holds the answer back for that long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitForCommand {
    device_id: DeviceId,
    command_id: i64,
    seconds: Option<u8>,
    token: Option<Secret<String>>,
}

impl WaitForCommand {
    /// Waits for the first update of this command, for 30 seconds at most.
    pub fn new(device_id: impl Into<DeviceId>, command_id: i64) -> Self {
        Self { device_id: device_id.into(), command_id, seconds: None, token: None }
    }

    /// Waits that many seconds, 0 to 60; with 0 the answer comes at once.
    #[must_use]
    pub fn seconds(self, seconds: u8) -> Self {
        Self { seconds: Some(seconds), ..self }
    }

    /// With this access token.
    #[must_use]
    pub fn bearer(self, token: &Secret<String>) -> Self {
        Self { token: Some(token.clone()), ..self }
    }
}

impl Call for WaitForCommand {
    /// Nothing if it was not updated in time, or if there is no such command: the server does not tell which.
    type Answer = Option<Command>;

    fn request(&self) -> Request {
        let target = Target::new("/device").segment(&self.device_id).segment("command").segment(self.command_id);
        let target = target.segment("poll").query("waitTimeout", self.seconds);
        signed(target.request(Service::Core, Method::Get), self.token.as_ref())
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Option<Command>, HttpError> {
        match accepted(status, body)? {
            "" => Ok(None),
            text => serde_json::from_str::<Object<Command>>(text)
                .map(|command| Some(command.0))
                .map_err(|e| unclear(status, DecodeError::wrong("", &e.to_string()))),
        }
    }
}

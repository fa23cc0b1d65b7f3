//! What the cloud says: answers, events, and the rest.

use super::pending;
use super::{Event, Refusal, Reply, ShellySession, Unclear};
use crate::message::{CommandOutcome, RpcOutcome, decode_server};
use crate::{CommandResponse, RpcResponse, ServerMessage};
use alloc::boxed::Box;
use alloc::string::String;
use dummyload_session::{MatchedBy, Outcome, RequestToken, Timestamp};

impl ShellySession {
    pub(super) fn text(&mut self, now: Timestamp, text: &str) {
        self.heard(now);
        let raw = || String::from(text);
        match decode_server(text) {
            ServerMessage::CommandResponse(response) => self.command_response(response, text),
            ServerMessage::RpcResponse(response) => self.rpc_response(response, text),
            ServerMessage::StatusOnChange(event) => match self.devices.changed(&event) {
                Some(device) => {
                    let (device, event) = (Box::new(device), Box::new(event.into_owned()));
                    self.notice(Event::Status { device, event, raw: raw() });
                }
                None => self.message(ServerMessage::StatusOnChange(event), text),
            },
            ServerMessage::Online(event) => match self.devices.online(&event) {
                Some(device) => {
                    let (device, event) = (Box::new(device), Box::new(event.into_owned()));
                    self.notice(Event::Online { device, event, raw: raw() });
                }
                None => self.message(ServerMessage::Online(event), text),
            },
            ServerMessage::Unrecognised(_) => self.notice(Event::Unrecognised { raw: raw() }),
            message => self.message(message, text),
        }
    }

    fn message(&mut self, message: ServerMessage<'_>, text: &str) {
        self.notice(Event::Message { message: Box::new(message.into_owned()), raw: text.into() });
    }

    fn command_response(&mut self, response: CommandResponse<'_>, raw: &str) {
        let Some(token) = pending::of_answer(&self.requests, &response) else {
            return self.unmatched(ServerMessage::CommandResponse(response), raw);
        };
        let outcome = match response.outcome() {
            refused @ CommandOutcome::Refused { .. } => Err(Refusal::of_command(&refused, raw)),
            CommandOutcome::Ok => Ok(Reply::Command(Box::new(response.into_owned()))),
            CommandOutcome::Other(_) => Ok(unclear(raw)),
        };
        self.answered(token, outcome);
    }

    fn rpc_response(&mut self, response: RpcResponse<'_>, raw: &str) {
        let Some(token) = pending::of_answer(&self.requests, &response) else {
            return self.unmatched(ServerMessage::RpcResponse(response), raw);
        };
        let outcome = match response.outcome() {
            RpcOutcome::Error(error) => Err(Refusal::of_rpc(error, raw)),
            RpcOutcome::Result(_) => Ok(Reply::Rpc(Box::new(response.into_owned()))),
            RpcOutcome::Other(_) => Ok(unclear(raw)),
        };
        self.answered(token, outcome);
    }

    fn unmatched(&mut self, message: ServerMessage<'_>, raw: &str) {
        self.notice(Event::Unmatched { message: Box::new(message.into_owned()), raw: raw.into() });
    }

    fn answered(&mut self, token: RequestToken, outcome: Result<Reply, Refusal>) {
        self.requests.remove(token);
        let matched = MatchedBy::Id;
        self.finish(
            token,
            match outcome {
                Ok(reply) => Outcome::Done { reply, matched },
                Err(refusal) => Outcome::Refused { refusal, matched },
            },
        );
    }
}

fn unclear(raw: &str) -> Reply {
    Reply::Unclear(Unclear { raw: raw.into() })
}

//! What the cloud says: answers, events, and the rest.

use super::pending::{self, Answer};
use super::{Event, Refusal, Reply, ShellySession, Unclear};
use crate::message::{CommandOutcome, RpcOutcome, decode_server};
use crate::{CommandResponse, RpcResponse, ServerMessage};
use alloc::boxed::Box;
use alloc::string::String;
use dummyload_session::{MatchedBy, Outcome, Timestamp};

/// The one way in which an answer finds its request here.
const MATCHED: MatchedBy = MatchedBy::Id;

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
        let outcome = match response.outcome() {
            CommandOutcome::Ok => {
                let reply = Reply::Command(Box::new(response.clone().into_owned()));
                Outcome::Done { reply, matched: MATCHED }
            }
            refused @ CommandOutcome::Refused { .. } => {
                Outcome::Refused { refusal: Refusal::of_command(&refused, raw), matched: MATCHED }
            }
            _ => unclear(raw),
        };
        self.answer(&response, outcome, raw, || ServerMessage::CommandResponse(response.clone()));
    }

    fn rpc_response(&mut self, response: RpcResponse<'_>, raw: &str) {
        let outcome = match response.outcome() {
            RpcOutcome::Result(_) => {
                let reply = Reply::Rpc(Box::new(response.clone().into_owned()));
                Outcome::Done { reply, matched: MATCHED }
            }
            RpcOutcome::Error(error) => {
                Outcome::Refused { refusal: Refusal::of_rpc(error, raw), matched: MATCHED }
            }
            RpcOutcome::Other(_) => unclear(raw),
        };
        self.answer(&response, outcome, raw, || ServerMessage::RpcResponse(response.clone()));
    }

    fn answer<'m>(
        &mut self,
        response: &impl Answer,
        outcome: Outcome<Reply, Refusal>,
        raw: &str,
        message: impl FnOnce() -> ServerMessage<'m>,
    ) {
        match pending::of_answer(&self.requests, response) {
            Some(token) => {
                self.requests.remove(token);
                self.finish(token, outcome);
            }
            None => {
                let message = Box::new(message().into_owned());
                self.notice(Event::Unmatched { message, raw: raw.into() });
            }
        }
    }
}

fn unclear(raw: &str) -> Outcome<Reply, Refusal> {
    Outcome::Done { reply: Reply::Unclear(Unclear { raw: raw.into() }), matched: MATCHED }
}

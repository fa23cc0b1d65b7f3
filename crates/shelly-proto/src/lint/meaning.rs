//! What is well written but makes no sense, or not the sense of the documents.

use super::fields::params;
use super::{Deviation, DeviationKind, Level, Lint};
use crate::error::BadParams;
use crate::message::{CommandData, CommandOutcome, Raw, RpcOutcome, ServerMessage};
use alloc::format;
use dummyload_codec::members::{self, Object};

const PARAMS: &str = "/data/params";
/// The section about the commands and their ranges.
const COMMANDS: &str = "dossier 11.1";

impl Lint {
    pub(super) fn command(&mut self, data: &CommandData<'_>) {
        let fields = params(&data.cmd);
        if fields.is_empty() {
            if !data.cmd.is_empty() {
                let text = "the commands are relay, light, roller, roller_to_pos and ir_emit";
                self.add("/data/cmd", DeviationKind::UnknownCommand, Level::Error, COMMANDS, text);
            }
            return;
        }
        let Some(given) = data.params.as_ref().map(Raw::as_str).filter(|given| given.starts_with('{')) else { return };
        self.object(PARAMS, given, fields, false);
        let (name, kind, section, text) = match data.body().checked() {
            Ok(_) => return,
            // Told already if it is a required one or of a wrong type.
            Err(BadParams::Missing("pos")) => {
                let text = "one of pos, rel, slat_pos and slat_rel is wanted";
                ("pos", DeviationKind::MissingMember, "dossier 15, row 19", text.into())
            }
            Err(BadParams::Missing(_) | BadParams::UnknownCommand) => return,
            Err(BadParams::OutOfRange { name, range }) => {
                (name, DeviationKind::OutOfRange, COMMANDS, format!("it must be {range}"))
            }
            Err(BadParams::Conflict(one, other)) => {
                let text = format!("it cannot be together with this value of {other}");
                (one, DeviationKind::Conflict, COMMANDS, text)
            }
        };
        self.add(&format!("{PARAMS}/{name}"), kind, Level::Error, section, text);
    }

    pub(super) fn event(&mut self, message: &ServerMessage<'_>) {
        match message {
            ServerMessage::StatusOnChange(event) => {
                self.serial(event.status.as_ref());
                self.integrator_form();
            }
            ServerMessage::Online(_) | ServerMessage::Settings(_) => self.integrator_form(),
            ServerMessage::CommandResponse(response) => {
                if let CommandOutcome::Other(_) = response.outcome() {
                    self.unclear("/data");
                }
            }
            ServerMessage::RpcResponse(response) => {
                if let RpcOutcome::Other(_) = response.outcome() {
                    self.unclear("/response");
                }
            }
            _ => {}
        }
    }

    /// `deviceId` instead of `device` looks like two mistakes, and is the flavour of others.
    fn integrator_form(&mut self) {
        let missing = (DeviationKind::MissingMember, "/device");
        let unknown = (DeviationKind::UnknownMember, "/deviceId");
        let is = |found: &Deviation, mistake: (DeviationKind, &str)| (found.kind, found.pointer.as_str()) == mistake;
        if [missing, unknown].into_iter().all(|mistake| self.found.iter().any(|found| is(found, mistake))) {
            self.found.retain(|found| !is(found, missing) && !is(found, unknown));
            let text = "as integrators get it; others find the id in device";
            self.add("/deviceId", DeviationKind::IntegratorForm, Level::Info, "dossier 9.6", text);
        }
    }

    fn serial(&mut self, status: Option<&Raw<'_>>) {
        let Some(object) = status.and_then(|status| Object::read(status.as_str()).ok()) else { return };
        let serial = object.get("serial");
        if !serial.is_some_and(|serial| members::plain_text(serial).is_none() && members::number(serial).is_some()) {
            let text = "the vendor's example passes over events without a number here";
            self.add("/status/serial", DeviationKind::MissingMember, Level::Info, "dossier 9.1", text);
        }
    }

    fn unclear(&mut self, pointer: &str) {
        let text = "nobody learns from this what became of the request";
        self.add(pointer, DeviationKind::UnclearOutcome, Level::Warning, "dossier 9.4, 11.2", text);
    }
}

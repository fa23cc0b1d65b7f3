//! Commands (dossier M4).

use super::search::Search;
use super::{Op, Outcome, Subject};
use crate::world::bus::Kind;
use crate::world::refusal::{Answer, Refusal};
use crate::world::wire;
use devicehive_proto::{Command, Fields};
use std::borrow::Cow;

const OBJECT_IS_NULL: &str = "Error! Validation failed: Object is null";

impl Op<'_, '_> {
    pub(super) fn command_insert(&mut self) -> Outcome {
        let body = self.cast_body("command")?;
        let command = body.map(|body| self.read_command(&body)).transpose()?;
        if !self.caller.door.is_socket() && command.is_none() {
            return Err(Refusal::bad(OBJECT_IS_NULL));
        }
        let device = self.subject()?;
        let mut command = command.ok_or_else(|| Refusal::bad("Command is required"))?;
        command.id = self.draw_id(|state, id| state.commands.get(&device.id, id).is_some());
        command.user_id = Some(self.who.user);
        command.network_id = Some(device.network);
        command.device_type_id = Some(device.device_type);
        command.device_id = device.id;
        // The event is published before the answer is made (dossier M4.1).
        self.tell_command(Kind::Commands, &command, false);
        let receipt = wire::written(|out| command.write_receipt(out));
        if self.state.rules.update_to_inserter
            && let super::Door::Socket(peer) = self.caller.door
        {
            self.state.inserted(peer, &command);
        }
        if self.state.rules.stores_lifetime_zero {
            command.lifetime.get_or_insert(0);
        }
        self.state.put_command(self.cx.now(), command, false);
        Ok(Answer::Value("command", receipt))
    }

    fn read_command(&mut self, body: &Fields<'_>) -> Result<Command, Refusal> {
        let mut command = Command::default();
        command.name = self.read(body.text("command"))?.map(Cow::into_owned);
        command.timestamp = self.time_or_stamp(body)?;
        command.last_updated = command.timestamp;
        command.parameters = self.object(body, "parameters")?;
        command.lifetime = self.read(body.int("lifetime"))?.map(i64::from);
        command.status = self.read(body.text("status"))?.map(Cow::into_owned);
        command.result = self.object(body, "result")?;
        Ok(command)
    }

    pub(super) fn command_update(&mut self) -> Outcome {
        let id = self.read(self.fields.long("commandId"))?;
        let body = self.cast_body("command")?;
        let change = body.map(|body| self.read_update(&body)).transpose()?;
        let id = id.ok_or_else(|| Refusal::bad(COMMAND_ID_REQUIRED))?;
        let device = self.subject()?;
        let Some(kept) = self.state.commands.get(device.id.as_str(), id).cloned() else {
            let text = no_command(id);
            return Err(if self.caller.door.is_socket() {
                Refusal::mute(404, text, "dossier M4.2")
            } else {
                Refusal::not_found(text)
            });
        };
        let Some((status, result)) = change else {
            return Err(Refusal::mute(400, OBJECT_IS_NULL, "dossier M4.2"));
        };
        let mut command = kept.item.clone();
        command.last_updated = self.date();
        command.status = status.or(command.status);
        command.result = result.or(command.result);
        // The answer comes before the push here (dossier M4.1).
        self.tell_command(Kind::Updates, &command, true);
        if let Some(inserter) = self.state.inserter(&command) {
            let push = wire::push("command/update", "command", |out| command.write_full(out));
            self.after.push((inserter, push.to_nobody()));
        }
        self.state.answer_waiting(&command);
        self.state.put_command(self.cx.now(), command, true);
        Ok(Answer::Empty)
    }

    fn read_update(&self, body: &Fields<'_>) -> Result<(Option<String>, Option<devicehive_proto::Json>), Refusal> {
        let status = self.read(body.text("status"))?.map(Cow::into_owned);
        Ok((status, self.object(body, "result")?))
    }

    pub(super) fn command_get(&mut self) -> Outcome {
        self.device_id()?;
        let id = self.read(self.fields.long("commandId"))?.ok_or_else(|| Refusal::bad(COMMAND_ID_REQUIRED))?;
        let device = self.any_device()?;
        // Only REST heeds it (dossier M4.3).
        let updated_only =
            !self.caller.door.is_socket() && self.read(self.fields.flag("returnUpdatedCommands"))? == Some(true);
        let kept = self.state.commands.get(device.id.as_str(), id).filter(|kept| kept.updated || !updated_only);
        let kept = kept.ok_or_else(|| Refusal::not_found(no_command(id)))?;
        Ok(Answer::Value("command", wire::written(|out| kept.item.write_full(out))))
    }

    pub(super) fn command_list(&mut self) -> Outcome {
        let search = Search::read(self, "command")?;
        let Subject { id, .. } = self.any_device()?;
        let found = search.commands(self.state.rules, &self.state.commands, &id)?;
        Ok(Answer::Value("commands", wire::array(found, |kept, out| kept.item.write_full(out))))
    }
}

pub(super) const COMMAND_ID_REQUIRED: &str = "Command id is wrong or empty";

pub(super) fn no_command(id: i64) -> String {
    format!("Command with id = {id} not found")
}

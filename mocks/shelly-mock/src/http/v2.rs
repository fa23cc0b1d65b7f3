//! The second version of the calls: JSON both ways, and codes for errors (dossier 7).

use super::control::{picked, understood};
use super::{Answer, Call, Refused, refused, written};
use crate::world::{Refusal, ShellyWorld};
use dummyload_host::ProblemKind;
use serde_json::{Map, Value, json};
use shelly_proto::http::{ControlForm, Device, FailedCommands, Kind, Params, code};
use shelly_proto::{DeviceId, Raw};

/// The most devices in one call (dossier 7).
const MOST_IDS: usize = 10;
/// The most commands in one call for groups. A bound of the mock.
const MOST_COMMANDS: usize = 1000;

impl ShellyWorld {
    /// Up to ten devices. Those that are not there are left out.
    pub(super) fn v2_get(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?;
        let now = call.cx.now();
        let Some(ids) = list(&call.params, "ids").filter(|ids| (1..=MOST_IDS).contains(&ids.len())) else {
            return Err(bad_request(format!("ids must be an array of 1 to {MOST_IDS} texts")));
        };
        let select = list(&call.params, "select").unwrap_or_default();
        if let Some(part) = select.iter().find(|part| !["status", "settings"].contains(&part.as_str())) {
            let text = format!("select has {part:.40?}; there are status and settings");
            call.tolerate(&self.options, 400, "unknown-member", "dossier 7", &text).map_err(in_v2)?;
        }
        let pick = value(&call.params, "pick").unwrap_or_default();
        let mut devices = Vec::new();
        for id in ids {
            let Ok(known) = self.seen(user, &DeviceId::in_http(&id)) else {
                let text = format!("{id} is no device that this account sees; it is left out");
                call.note(ProblemKind::Dropped, "wrong-id", "dossier 7", text);
                continue;
            };
            let mut shown =
                Device::new(known.id.clone(), known.generation.clone(), known.seed.code.as_str(), known.is_online());
            shown.kind = Some(known.category().to_owned());
            if select.iter().any(|part| part == "status") {
                let status = picked(known.status(now), pick.get("status"));
                shown.status = Some(Raw::from(&Value::Object(status)));
            }
            if select.iter().any(|part| part == "settings") {
                let mut settings = Map::new();
                settings.insert("name".into(), known.seed.name.clone().into());
                settings.insert("device".into(), json!({"type": known.seed.code, "mac": known.mac()}));
                let settings = picked(settings, pick.get("settings"));
                shown.settings = Some(Raw::from(&Value::Object(settings)));
            }
            devices.push(shown);
        }
        Ok(written(200, Device::list_to_json(&devices)))
    }

    pub(super) fn v2_set(&mut self, call: &mut Call<'_, '_>, kind: Kind) -> Answer {
        let user = self.caller(call)?;
        let form = ControlForm::read_v2(kind, &call.params);
        let no_id = || bad_request("id is missing: the hexadecimal id of a device".into());
        let device = form.device.clone().ok_or_else(no_id)?;
        self.pass_over(call, &form, 400).map_err(in_v2)?;
        self.operate(call, user, &device, understood(&form)).map_err(|refusal| refused_v2(&refusal))?;
        Ok(written(200, done()))
    }

    /// Many channels of many devices. Each is carried out by itself; the answer says which failed.
    pub(super) fn v2_groups(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?;
        let mut commands = Vec::new();
        for (name, kind) in [("switch", Kind::Relay), ("cover", Kind::Roller), ("light", Kind::Light)] {
            let Some(group) = value(&call.params, name) else { continue };
            let (Some(ids), Some(command)) = (group["ids"].as_array(), group["command"].as_object()) else {
                return Err(bad_request(format!("{name} must have ids, an array, and command, an object")));
            };
            for id in ids {
                let Some(id) = id.as_str() else { return Err(bad_request(format!("an id in {name} is no text"))) };
                commands.push((kind, id.to_owned(), command.clone()));
            }
        }
        if commands.is_empty() || commands.len() > MOST_COMMANDS {
            return Err(bad_request(format!("1 to {MOST_COMMANDS} commands are wanted, in switch, cover or light")));
        }
        let mut failed = Vec::new();
        for (kind, name, mut command) in commands {
            let (id, channel) = name.rsplit_once('_').unwrap_or((&name, "0"));
            command.insert("channel".into(), channel.parse::<u16>().map_or_else(|_| "?".into(), Value::from));
            let body = Value::Object(command).to_string();
            let params = Params::read("", None, body.as_bytes());
            let params = params.map_err(|e| bad_request(e.to_string()))?;
            let form = ControlForm::read_v2(kind, &params);
            self.pass_over(call, &form, 400).map_err(in_v2)?;
            if let Err(refusal) = self.operate(call, user, &DeviceId::in_http(id), understood(&form)) {
                call.note(
                    ProblemKind::Refused,
                    refusal.problem(),
                    refusal.source(),
                    format!("{name}: {}", refusal.text()),
                );
                failed.push((name.clone(), refusal.v2_code().to_owned()));
            }
        }
        Ok(written(200, FailedCommands::new(failed).to_json()))
    }
}

/// A success; one client insists on this body, another finds none (dossier 7).
fn done() -> String {
    json!({"isok": true}).to_string()
}

fn bad_request(text: String) -> Refused {
    Refused { v2: true, ..refused(400, code::BAD_REQUEST, "bad-request", "dossier 7", text) }
}

fn in_v2(refused: Refused) -> Refused {
    Refused { v2: true, code: Some(code::BAD_REQUEST.to_owned()), ..refused }
}

fn refused_v2(refusal: &Refusal) -> Refused {
    let answer = refused(400, refusal.v2_code(), refusal.problem(), refusal.source(), refusal.text());
    Refused { v2: true, ..answer }
}

fn value(params: &Params, name: &str) -> Option<Value> {
    params.json(name)?.parse().ok()
}

fn list(params: &Params, name: &str) -> Option<Vec<String>> {
    params.json(name)?.parse().ok()
}

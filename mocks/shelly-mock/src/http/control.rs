//! Commands without a socket, the first version (dossier 7).

use super::{Answer, Call, Refused, refused, refused_command, written};
use crate::world::{Order, Origin, Refusal, ShellyWorld, Understood};
use dummyload_host::ProblemKind;
use serde_json::{Map, Value, json};
use shelly_proto::http::{BulkForm, ControlForm, Envelope, Kind};
use shelly_proto::{CommandBody, DeviceId, Errors, LightParams, Raw, RelayParams};

/// Of so many names of parameters it is told that they mean nothing.
const MOST_NAMES: usize = 10;

impl ShellyWorld {
    pub(super) fn control_device(&mut self, call: &mut Call<'_, '_>, kind: Kind) -> Answer {
        let user = self.caller(call)?;
        let form = ControlForm::read(kind, &call.params);
        if kind == Kind::Roller && call.params.get("go_to_pos").is_some() {
            let text = "go_to_pos is not in the documents; they have pos";
            call.tolerate(&self.options, 200, "go-to-pos", "dossier 7", text)?;
        }
        let device = form.device.clone().ok_or_else(no_id)?;
        self.pass_over(call, &form, 200)?;
        self.operate(call, user, &device, understood(&form)).map_err(|refusal| refused_command(&refusal))?;
        let shown = self.state.device(&device).map(|device| device.seed.id.clone());
        let data = json!({"device_id": shown});
        Ok(written(200, Envelope::Ok(Raw::from(&data)).to_json()))
    }

    /// The same command for many devices. Each is carried out by itself; if one fails, the answer says which.
    pub(super) fn control_many(&mut self, call: &mut Call<'_, '_>, kind: Kind) -> Answer {
        let user = self.caller(call)?;
        let form = BulkForm::read(&call.params);
        let Some(devices) = form.devices else {
            let text = "devices is missing, or no array of objects with id and channel";
            return Err(refused(200, "wrong_parameters", "no-devices", "dossier 7", text));
        };
        let turn = form.turn.map(std::borrow::Cow::Owned);
        let mut failed = Vec::new();
        for (id, channel) in devices {
            let id_of_channel = Some(f64::from(channel.0));
            let body = match kind {
                Kind::Light => {
                    let mut params = LightParams::default();
                    (params.turn, params.id) = (turn.clone(), id_of_channel);
                    CommandBody::Light(params)
                }
                _ => {
                    let mut params = RelayParams::default();
                    (params.turn, params.id) = (turn.clone(), id_of_channel);
                    CommandBody::Relay(params)
                }
            };
            let order = Order::of_body(&body).map_err(Refusal::from);
            if let Err(refusal) = self.operate(call, user, &id, order) {
                call.note(
                    ProblemKind::Refused,
                    refusal.problem(),
                    refusal.source(),
                    format!("{id}: {}", refusal.text()),
                );
                failed.push((format!("{id}_{channel}"), refusal.v1_code().to_owned()));
            }
        }
        let envelope = if failed.is_empty() {
            Envelope::Ok(Raw::from(&json!({})))
        } else {
            Envelope::Refused(Errors::Map(failed))
        };
        Ok(written(200, envelope.to_json()))
    }

    /// Tells which parameters mean nothing: a misspelled one would pass in silence. Strict mode refuses them.
    pub(super) fn pass_over(&self, call: &mut Call<'_, '_>, form: &ControlForm, status: u16) -> Result<(), Refused> {
        if form.unknown.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = form.unknown.iter().take(MOST_NAMES).map(|name| format!("{name:.40?}")).collect();
        let text = format!("{} means nothing in this call; it is passed over", names.join(", "));
        call.tolerate(&self.options, status, "unknown-member", "dossier 7", &text)
    }

    /// Carries out a command for a device that the account sees.
    pub(super) fn operate(
        &mut self,
        call: &mut Call<'_, '_>,
        user: u64,
        id: &DeviceId,
        understood: Result<Understood, Refusal>,
    ) -> Result<(), Refusal> {
        let id = self.seen(user, id)?.id.clone();
        let (order, notes) = understood?;
        for note in notes {
            call.note(ProblemKind::Tolerated, "clamped", "dossier 15", note);
        }
        if let Order::Light { change, .. } = &order
            && *change == Default::default()
        {
            return Err(Refusal::BadParams("there is nothing to change: give turn, brightness or the like".into()));
        }
        let origin = Origin { party: call.id.into(), user: Some(user), via: "http" };
        self.carry_out(call.cx, origin, &id, &order)?;
        call.touched.push(id);
        Ok(())
    }
}

/// The command of a form; what is wrong with it is told in the form's own words.
pub(super) fn understood(form: &ControlForm) -> Result<Understood, Refusal> {
    Order::of_body(&form.body).map_err(|bad| form.in_its_words(bad).into())
}

pub(super) fn no_id() -> Refused {
    refused(200, "wrong_parameters", "no-device-id", "dossier 7", "id is missing: the hexadecimal id of a device")
}

/// The members of an object that are wanted, by a list of names; all without one.
pub(super) fn picked(all: Map<String, Value>, names: Option<&Value>) -> Map<String, Value> {
    let Some(Value::Array(names)) = names else { return all };
    let wanted = |name: &str| names.iter().any(|wanted| wanted.as_str() == Some(name));
    all.into_iter().filter(|(name, _)| wanted(name)).collect()
}

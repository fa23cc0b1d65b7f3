//! How devices are and what they are called (dossier 6, 7).

use super::{Answer, Call, refused, refused_command, written};
use crate::world::{Device, Refusal, ShellyWorld};
use serde_json::{Value, json};
use shelly_proto::http::{DevInfo, DeviceList, DeviceStatus, DevicesStatus, ListedDevice, OneStatus};
use shelly_proto::{DeviceId, Raw};

impl ShellyWorld {
    /// A device that an account may look at: its own, or one shared with it.
    pub(super) fn seen(&self, user: u64, id: &DeviceId) -> Result<&Device, Refusal> {
        self.state.device_in_http(id).filter(|device| self.state.sees(user, device)).ok_or(Refusal::WrongId)
    }

    pub(super) fn all_status(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?;
        let now = call.cx.now();
        let no_shared = call.params.flag("no_shared").unwrap_or_default();
        let show_info = call.params.flag("show_info").unwrap_or_default() || !self.options.strict;
        let shared = self.state.shared_with(user).filter(|_| !no_shared);
        let devices = self.state.owned_by(user).chain(shared).map(|device| {
            let status = Raw::from(&Value::Object(device.status(now)));
            let (key, info) = (device.id.to_http(&device.generation), info(device));
            let mut shown = DeviceStatus::new(key, info, &status);
            if !show_info {
                shown.status = status;
            }
            shown
        });
        Ok(written(200, DevicesStatus::new(devices).to_json()))
    }

    pub(super) fn status(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?;
        let Some(id) = call.params.get("id").map(DeviceId::in_http) else {
            return Err(refused(200, "wrong_parameters", "no-device-id", "dossier 7", "id is missing"));
        };
        let device = self.seen(user, &id).map_err(|refusal| refused_command(&refusal))?;
        let status = Raw::from(&Value::Object(device.status(call.cx.now())));
        Ok(written(200, OneStatus::new(device.is_online(), status).to_json()))
    }

    pub(super) fn list(&mut self, call: &mut Call<'_, '_>, everything: bool) -> Answer {
        let user = self.caller(call)?;
        let devices = self.state.owned_by(user).chain(self.state.shared_with(user)).map(|device| {
            let mut listed = ListedDevice::new(device.id.clone());
            listed.name = Some(device.seed.name.clone());
            listed.kind = Some(device.seed.code.clone());
            listed.category = Some(device.category().to_owned());
            listed.generation = Some(device.generation.clone());
            // The rooms are the owner's own.
            let own = device.seed.owner == user;
            listed.room = device.seed.room.filter(|_| own).and_then(|room| i64::try_from(room).ok());
            listed.online = Some(device.is_online());
            listed.channels = i64::try_from(device.channels()).ok();
            listed
        });
        let mut list = DeviceList::new(devices);
        if everything {
            let rooms: serde_json::Map<String, Value> = self
                .state
                .rooms_of(user)
                .map(|room| (room.id.to_string(), json!({"id": room.id, "name": room.name})))
                .collect();
            list.extra.push("rooms", Raw::from(&Value::Object(rooms)));
        }
        Ok(written(200, list.to_json()))
    }
}

/// `_dev_info` (dossier 6).
fn info(device: &Device) -> DevInfo {
    DevInfo::new(device.id.clone(), device.generation.clone(), device.seed.code.as_str(), device.is_online())
}

//! Devices (dossier M6).

use super::lists::count;
use super::validation::{NAME_LENGTH, NAME_NULL, NOT_COMMITTED, is_long};
use super::{DEVICE_REQUIRED, Op, Outcome, no_device};
use crate::world::refusal::{Answer, INVALID_PARAMETERS, Refusal};
use crate::world::rows::{DeviceRow, PlaceKind};
use crate::world::state::State;
use crate::world::wire;
use devicehive_proto::{Device, DeviceId, DeviceIdError};
use std::collections::BTreeSet;

impl Op<'_, '_> {
    pub(super) fn device_get(&self) -> Outcome {
        let subject = self.own_device()?;
        let device = self.state.device(subject.id.as_str()).ok_or_else(|| no_device(subject.id.as_str()))?;
        Ok(Answer::Value("device", wire::written(|out| device.write_full(out))))
    }

    pub(super) fn device_list(&self) -> Outcome {
        let wanted = self.device_filter()?;
        // REST lets one more through that the database does not know.
        let ghosts: &[&str] = if self.caller.door.is_socket() { &["status"] } else { &["status", "deviceType"] };
        let page = self.page(&["name", "network"], ghosts)?;
        if self.who.networks.is_empty() || self.who.types.is_empty() {
            return Ok(Answer::Value("devices", "[]".to_owned()));
        }
        let by = |a: &DeviceRow, b: &DeviceRow, field: &str| match field {
            "network" => a.network().cmp(&b.network()),
            _ => a.name.cmp(&b.name),
        };
        let rows = self.found_devices().filter(|device| wanted(self.state, device));
        page.of("devices", rows, by, |device, out| device.write_full(out))
    }

    pub(super) fn device_count(&self) -> Outcome {
        let wanted = self.device_filter()?;
        self.counts()?;
        count(self.found_devices().filter(|device| wanted(self.state, device)).count())
    }

    /// What the queries find for this user, in the order in which it was made.
    fn found_devices(&self) -> impl Iterator<Item = &DeviceRow> {
        let bounded: Option<BTreeSet<i64>> = match (self.who.networks.listed(), self.state.user(self.who.user)) {
            (Some(networks), _) => Some(networks.clone()),
            (None, user) if !self.who.is_admin => Some(user.map(|user| user.networks.clone()).unwrap_or_default()),
            _ => None,
        };
        let all = bounded.is_none().then(|| self.state.devices());
        let some = bounded.map(|networks| self.state.devices_of(&networks));
        let rows = all.into_iter().flatten().chain(some.into_iter().flatten());
        rows.filter(|device| self.who.finds(self.state, device))
    }

    fn device_filter(&self) -> Result<impl Fn(&State, &DeviceRow) -> bool + use<'_>, Refusal> {
        let named = self.name_filter("name", "namePattern")?;
        let network = self.target.network;
        let network_name = self.read(self.fields.text("networkName"))?;
        Ok(move |state: &State, device: &DeviceRow| {
            named(device.name.as_deref().unwrap_or_default())
                && network.is_none_or(|network| network == device.network())
                && network_name.as_deref().is_none_or(|name| {
                    state.place(PlaceKind::Network, device.network()).is_some_and(|network| network.name == name)
                })
        })
    }

    pub(super) fn device_save(&mut self) -> Outcome {
        let body = self.read(self.fields.fields("device"))?;
        let change = match &body {
            None => None,
            Some(body) => Some(Change {
                name: self.read(body.text("name"))?.map(Into::into),
                data: self.object(body, "data")?,
                network: self.read(body.long("networkId"))?,
                device_type: self.read(body.long("deviceTypeId"))?,
                blocked: self.read(body.flag("isBlocked"))?,
            }),
        };
        let id = self.target.device.as_deref().ok_or_else(|| Refusal::bad(DEVICE_REQUIRED))?;
        let id = DeviceId::new(id);
        if id.check() == Err(DeviceIdError::Characters) {
            return Err(Refusal::bad("Device Id can only contain letters, digits and dashes."));
        }
        let change = change.ok_or_else(|| {
            if !self.caller.door.is_socket() {
                return Refusal::bad("Error! Validation failed: \nObject is null");
            }
            let text = "Cannot invoke \"com.devicehive.model.updates.DeviceUpdate.getNetworkId()\" because \
                        \"deviceUpdate\" is null";
            Refusal::crash(text, (400, "Device is empty"), "dossier M6.4")
        })?;
        // Both are looked for even where the device has them already.
        let network = self.network_of(&change)?;
        let device_type = self.device_type_of(&change)?;
        let old = self.state.device(id.as_str());
        let is_new = old.is_none();
        let mut device = match old {
            None => {
                let mut device = Device::default();
                device.id = id;
                (device.network_id, device.device_type_id) = (Some(network), Some(device_type));
                device
            }
            Some(old) => {
                if !self.who.is_admin && !self.state.is_member(self.who.user, old.network()) {
                    let why = self.who.why_not(self.state, &old.id);
                    return Err(Refusal::denied(403, "No access to device", why));
                }
                let mut device = (**old).clone();
                device.network_id = change.network.or(device.network_id);
                device.device_type_id = change.device_type.or(device.device_type_id);
                device
            }
        };
        device.name = change.name.or(device.name);
        device.data = change.data;
        device.is_blocked = change.blocked.unwrap_or(device.is_blocked);
        let wrong = wrong_with(&device);
        match wrong {
            Some(text) if is_new => return Err(Refusal::bad(text)),
            Some(text) => {
                // The notification has gone out when the transaction fails (dossier M6.4).
                if self.state.rules.repeats_defects {
                    self.tell_saved(&device, false);
                }
                return Err(Refusal::crash(NOT_COMMITTED, (400, text), "dossier M6.4"));
            }
            None => {}
        }
        self.state.put_device(device.clone());
        self.tell_saved(&device, is_new);
        Ok(Answer::Empty)
    }

    fn network_of(&self, change: &Change) -> Result<i64, Refusal> {
        let user = self.who.user;
        let no_access = |why| Refusal::denied(403, "No access to network!", why);
        let Some(id) = change.network else {
            let first = self.state.user(user).and_then(|user| user.networks.first().copied());
            let why = || format!("the device names no network, and none is assigned to user {user}");
            return first.ok_or_else(|| no_access(why()));
        };
        if self.state.place(PlaceKind::Network, id).is_none() {
            return Err(Refusal::bad(INVALID_PARAMETERS));
        }
        if self.who.is_admin || self.state.is_member(user, id) {
            Ok(id)
        } else {
            Err(no_access(format!("network {id} is not assigned to user {user}")))
        }
    }

    fn device_type_of(&self, change: &Change) -> Result<i64, Refusal> {
        if let Some(id) = change.device_type {
            let exists = self.state.place(PlaceKind::DeviceType, id).is_some();
            return exists.then_some(id).ok_or_else(|| Refusal::bad(INVALID_PARAMETERS));
        }
        let mut permitted = self.state.places(PlaceKind::DeviceType).filter(|place| self.who.types.has(place.id));
        permitted.next().map(|place| place.id).ok_or_else(|| {
            let bounds = self.who.bounds("device type", &self.who.types);
            let why = format!("the device names no device type, and {bounds}");
            Refusal::denied(403, "No access to device type!", why)
        })
    }

    pub(super) fn device_delete(&mut self) -> Outcome {
        let subject = self.any_device()?;
        self.state.bus.deafen(subject.network, subject.device_type, &subject.id);
        self.state.remove_device(subject.id.as_str());
        Ok(Answer::Empty)
    }
}

/// What a save says about a device.
struct Change {
    name: Option<String>,
    data: Option<devicehive_proto::Json>,
    network: Option<i64>,
    device_type: Option<i64>,
    blocked: Option<bool>,
}

/// Why a device cannot be stored like this.
fn wrong_with(device: &Device) -> Option<String> {
    let mut wrong = String::new();
    if !is_long(device.id.as_str(), 1, DeviceId::LONGEST) {
        wrong.push_str("Field cannot be empty. The length of guid should not be more than 48 symbols.");
    }
    match device.name.as_deref() {
        None => wrong.push_str(NAME_NULL),
        Some(name) if !is_long(name, 1, 128) => wrong.push_str(NAME_LENGTH),
        Some(_) => {}
    }
    (!wrong.is_empty()).then_some(wrong)
}

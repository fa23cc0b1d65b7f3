//! Networks and device types, which are alike (dossier M7, M8).

use super::lists::count;
use super::validation::{NAME_LENGTH, NAME_NULL, Violations};
use super::{Op, Outcome};
use crate::world::refusal::{Answer, Refusal};
use crate::world::rows::{PlaceKind, PlaceRow};
use crate::world::wire;
use devicehive_proto::Device;
use std::borrow::Cow;

/// The longest description.
const LONGEST: usize = 128;

/// What the messages and the texts call them.
struct Words {
    list: &'static str,
    one: &'static str,
    id: &'static str,
    name: &'static str,
    lower: &'static str,
    class: &'static str,
    constraint: &'static str,
}

const NETWORK: Words = Words {
    list: "networks",
    one: "network",
    id: "networkId",
    name: "Network",
    lower: "network",
    class: "Network",
    constraint: "network_name_unique",
};

const DEVICE_TYPE: Words = Words {
    list: "deviceTypes",
    one: "deviceType",
    id: "deviceTypeId",
    name: "Device type",
    lower: "device type",
    class: "DeviceType",
    constraint: "device_type_name_unique",
};

fn words(kind: PlaceKind) -> &'static Words {
    match kind {
        PlaceKind::Network => &NETWORK,
        PlaceKind::DeviceType => &DEVICE_TYPE,
    }
}

pub(super) fn no_place(kind: PlaceKind, id: i64) -> Refusal {
    Refusal::not_found(format!("{} with id = {id} not found", words(kind).name))
}

pub(super) fn place_required(kind: PlaceKind) -> String {
    format!("{} id is wrong or empty", words(kind).name)
}

impl Op<'_, '_> {
    pub(super) fn place_list(&self, kind: PlaceKind) -> Outcome {
        let wanted = self.name_filter("name", "namePattern")?;
        let page = self.page(&["id", "name"], &[])?;
        let scope = match kind {
            PlaceKind::Network => &self.who.networks,
            PlaceKind::DeviceType => &self.who.types,
        };
        if scope.is_empty() {
            return Ok(Answer::Value(words(kind).list, "[]".to_owned()));
        }
        let rows = self.state.places(kind).filter(|place| wanted(&place.name) && self.finds(kind, place.id));
        let by = |a: &PlaceRow, b: &PlaceRow, field: &str| match field {
            "id" => a.id.cmp(&b.id),
            _ => a.name.cmp(&b.name),
        };
        page.of(words(kind).list, rows, by, |place, out| place.write_listed(out))
    }

    pub(super) fn place_count(&self, kind: PlaceKind) -> Outcome {
        let wanted = self.name_filter("name", "namePattern")?;
        if kind == PlaceKind::Network {
            self.counts()?;
        }
        // The handler of the socket forgets to say who asks (dossier M7.2).
        let all = kind == PlaceKind::DeviceType && self.caller.door.is_socket() && self.state.rules.counts_all_types;
        let places = self.state.places(kind).filter(|place| wanted(&place.name));
        count(places.filter(|place| all || self.finds(kind, place.id)).count())
    }

    pub(super) fn place_get(&self, kind: PlaceKind) -> Outcome {
        let id = self.place_id(kind).ok_or_else(|| Refusal::bad(place_required(kind)))?;
        let place = self.state.place(kind, id).filter(|_| self.finds(kind, id)).ok_or_else(|| no_place(kind, id))?;
        let devices = self.shown_devices(kind, id);
        Ok(Answer::Value(words(kind).one, wire::written(|out| place.write_with(devices, out))))
    }

    fn place_id(&self, kind: PlaceKind) -> Option<i64> {
        match kind {
            PlaceKind::Network => self.target.network,
            PlaceKind::DeviceType => self.target.device_type,
        }
    }

    /// The devices in a place, as far as the token has their types or networks.
    fn shown_devices(&self, kind: PlaceKind, id: i64) -> impl Iterator<Item = &Device> {
        let devices = self.state.devices_in(kind, id).filter(move |device| match kind {
            PlaceKind::Network => self.who.types.seen_within(device.device_type()),
            PlaceKind::DeviceType => self.who.networks.seen_within(device.network()),
        });
        devices.map(|device| &**device)
    }

    pub(super) fn place_insert(&mut self, kind: PlaceKind) -> Outcome {
        let words = words(kind);
        let body = self.read(self.fields.fields(words.one))?;
        let body = body.ok_or_else(|| Refusal::bad(format!("{} is required", words.name)))?;
        let name = self.read(body.text("name"))?;
        let description = self.read(body.text("description"))?;
        let id = self.read(body.long("id"))?.filter(|_| self.caller.door.is_socket());
        validate(name.as_deref(), description.as_deref())?;
        if id.is_some() {
            return Err(Refusal::bad("Invalid request parameters. Id cannot be specified."));
        }
        let name = name.unwrap_or_default();
        if self.state.place_by_name(kind, &name).is_some() {
            let what = words.name;
            return Err(Refusal::forbidden(format!("{what} cannot be created. {what} with such name already exists")));
        }
        let id = self.state.next_place(kind);
        self.state.put_place(kind, id, &name, description.as_deref());
        Ok(Answer::Value(words.one, format!("{{\"id\":{id}}}")))
    }

    pub(super) fn place_update(&mut self, kind: PlaceKind) -> Outcome {
        let words = words(kind);
        let body = self.read(self.fields.fields(words.one))?;
        let change = match &body {
            Some(body) => Some((self.read(body.text("name"))?, self.read(body.text("description"))?)),
            None => None,
        };
        let id = self.place_id(kind).ok_or_else(|| Refusal::bad(place_required(kind)))?;
        let place = self.state.place(kind, id).ok_or_else(|| no_place(kind, id))?;
        let (name, description) = change.ok_or_else(|| {
            let (class, lower) = (words.class, words.one);
            let text = format!(
                "Cannot invoke \"com.devicehive.model.updates.{class}Update.getName()\" because \"{lower}Update\" is null"
            );
            Refusal::crash(text, (400, format!("{} is required", words.name)), "dossier M7.5")
        })?;
        let name = name.unwrap_or_else(|| Cow::Owned(place.name.clone()));
        let description = description.map(Cow::into_owned).or_else(|| place.description.clone());
        validate(Some(&name), description.as_deref())?;
        if self.state.place_by_name(kind, &name).is_some_and(|other| other.id != id) {
            let text = format!(
                "could not execute statement; SQL [n/a]; constraint [{}]; nested exception is \
                 org.hibernate.exception.ConstraintViolationException: could not execute statement",
                words.constraint
            );
            let right = format!("{} with such name already exists", words.name);
            return Err(Refusal::crash(text, (409, right), "dossier M7.5"));
        }
        self.state.put_place(kind, id, &name, description.as_deref());
        Ok(Answer::Empty)
    }

    pub(super) fn place_delete(&mut self, kind: PlaceKind) -> Outcome {
        let words = words(kind);
        let force = self.read(self.fields.flag("force"))? == Some(true);
        let id = self.place_id(kind).ok_or_else(|| {
            let text = format!("Cannot invoke \"java.lang.Long.longValue()\" because \"{}\" is null", words.id);
            Refusal::crash(text, (400, place_required(kind)), "dossier M7.6")
        })?;
        // What the caller cannot see does not hinder him.
        if !force && self.finds(kind, id) {
            let devices: Vec<&str> = self.shown_devices(kind, id).map(|device| device.id.as_str()).collect();
            if !devices.is_empty() {
                return Err(Refusal::bad(format!(
                    "There are the following devices within this {}: {}. Please review and delete them first.",
                    words.lower,
                    devices.join(", ")
                )));
            }
        }
        if self.state.remove_place(kind, id) { Ok(Answer::Empty) } else { Err(no_place(kind, id)) }
    }
}

fn validate(name: Option<&str>, description: Option<&str>) -> Result<(), Refusal> {
    let mut violations = Violations::default();
    if name.is_none() {
        violations.add("name", None, NAME_NULL);
    }
    violations.length("name", name, 1, LONGEST, NAME_LENGTH);
    let message = "The length of description should not be more than 128 symbols.";
    violations.length("description", description, 0, LONGEST, message);
    violations.check()
}

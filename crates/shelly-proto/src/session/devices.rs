//! The devices of the account, as far as they are known: statuses out of one answer, and events merged on top.

use crate::escape::{ObjectWriter, written};
use crate::http::{DeviceStatus, DevicesStatus};
use crate::message::{Raw, StatusOnChange};
use crate::status::{StatusView, merge};
use crate::{DeviceId, DeviceRef, Generation, Online};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The most changes of one device that are kept for the statuses that they belong on top of. Of more the oldest are
/// dropped, which are the likeliest to be in the statuses already.
const MOST_CHANGES: usize = 64;

/// A device of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// Its id, in the spelling in which it came first.
    pub id: DeviceId,
    /// Its generation.
    pub generation: Option<Generation>,
    /// Its model.
    pub code: Option<String>,
    /// Whether the cloud sees it. `None` means that this is not known, as while there is no connection.
    pub online: Option<bool>,
    /// Its last status with every change merged into it, or replaced by a whole one. What `_dev_info` in it says can be older than the fields here.
    pub status: Option<Raw<'static>>,
}

impl Device {
    fn unknown(id: DeviceId) -> Self {
        Self { id, generation: None, code: None, online: None, status: None }
    }

    /// What users read in the status; nothing where there is none.
    pub fn view(&self) -> StatusView {
        let generation = self.generation.as_ref().unwrap_or(&Generation::Gen2);
        StatusView::of(generation, self.status.as_ref().map_or("{}", Raw::as_str))
    }

    fn of_status(found: DeviceStatus) -> Self {
        let id = found.id();
        let info = found.info.unwrap_or_default();
        Self { id, generation: info.generation, code: info.code, online: info.online, status: Some(found.status) }
    }

    /// Takes over what an event says about who it is.
    fn named(&mut self, device: Option<&DeviceRef<'_>>) {
        let Some(device) = device else { return };
        if let Some(generation) = &device.generation {
            self.generation = Some(generation.clone());
        }
        if let Some(code) = &device.code {
            self.code = Some(String::from(&**code));
        }
    }

    fn merge(&mut self, change: &Raw<'_>) {
        let merged = match &self.status {
            Some(status) => match beside_a_whole(status, change) {
                Some(kept) => merge(&kept, change.as_str()),
                None => merge(status.as_str(), change.as_str()),
            },
            None => String::from(change.as_str()),
        };
        self.status = Some(Raw::trusted(merged));
    }
}

#[derive(Debug)]
struct Entry {
    device: Device,
    /// What came since the statuses are waited for.
    changes: VecDeque<Raw<'static>>,
    /// Whether it was said since then to have come or gone.
    told_online: bool,
}

/// The map.
#[derive(Debug, Default)]
pub(super) struct Devices {
    known: BTreeMap<DeviceId, Entry>,
    whole: bool,
}

impl Devices {
    /// Whether nothing is missing in it.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Device> {
        self.known.values().map(|entry| &entry.device)
    }

    pub(super) fn get(&self, id: &DeviceId) -> Option<&Device> {
        self.known.get(id).map(|entry| &entry.device)
    }

    pub(super) fn to_list(&self) -> Vec<Device> {
        self.iter().cloned().collect()
    }

    /// The connection is gone: what happens from now on is missed.
    pub(super) fn disconnected(&mut self) {
        self.whole = false;
        for entry in self.known.values_mut() {
            entry.device.online = None;
            entry.changes.clear();
            entry.told_online = false;
        }
    }

    fn entry(&mut self, id: &DeviceId, device: Option<&DeviceRef<'_>>) -> &mut Entry {
        let unknown = || Entry { device: Device::unknown(id.clone()), changes: VecDeque::new(), told_online: false };
        let entry = self.known.entry(id.clone()).or_insert_with(unknown);
        entry.device.named(device);
        entry
    }

    /// A change was reported. `None` if it does not say of which device.
    pub(super) fn changed(&mut self, event: &StatusOnChange<'_>) -> Option<Device> {
        let whole = self.whole;
        let entry = self.entry(event.device_ref()?, event.device.as_ref());
        // What is no object changes nothing.
        if let Some(change) = event.status.as_ref().filter(|status| status.as_str().starts_with('{')) {
            entry.device.merge(change);
            if !whole {
                if entry.changes.len() >= MOST_CHANGES {
                    entry.changes.pop_front();
                }
                entry.changes.push_back(change.clone().into_owned());
            }
        }
        Some(entry.device.clone())
    }

    /// A device has come or gone. `None` if it does not say which.
    pub(super) fn online(&mut self, event: &Online<'_>) -> Option<Device> {
        let entry = self.entry(event.device_ref()?, event.device.as_ref());
        entry.device.online = event.online;
        entry.told_online = event.online.is_some();
        Some(entry.device.clone())
    }

    /// The statuses have come. They were taken at some moment since they are waited for, so of the changes since then
    /// those count that are newer. A device that is not among them is gone, unless something was heard of it.
    pub(super) fn rebuild(&mut self, statuses: DevicesStatus) {
        let mut before = core::mem::take(&mut self.known);
        for found in statuses.devices {
            let mut device = Device::of_status(found);
            if let Some(entry) = before.remove(&device.id) {
                for change in entry.changes {
                    if is_newer(&change, device.status.as_ref()) {
                        device.merge(&change);
                    }
                }
                if entry.told_online {
                    device.online = entry.device.online;
                }
            }
            let id = device.id.clone();
            self.known.insert(id, Entry { device, changes: VecDeque::new(), told_online: false });
        }
        for (id, mut entry) in before {
            if entry.told_online || !entry.changes.is_empty() {
                entry.changes.clear();
                entry.told_online = false;
                self.known.insert(id, entry);
            }
        }
        self.whole = true;
    }
}

/// What stays of a status beside a change that is a whole status itself; `None` if the change is only a part.
///
/// A part says nothing of what is missing in it. A whole one does: a timer or a target that it no longer names has ended.
/// Nothing tells the two apart but that a whole status of a device with a network of its own (`sys`, `wifi_sta`) names
/// everything that was known, some of what the cloud adds excepted (dossier 6.1, 9.1).
fn beside_a_whole(status: &Raw<'_>, change: &Raw<'_>) -> Option<String> {
    let (status, change) = (Object::read(status.as_str()).ok()?, Object::read(change.as_str()).ok()?);
    let names = |object: &Object<'_>, wanted: &str| object.iter().any(|(name, _)| name == wanted);
    let added = |name: &str| name.starts_with('_') || matches!(name, "ts" | "getinfo");
    let own_network = names(&status, "sys") || names(&status, "wifi_sta");
    let whole = own_network && status.iter().all(|(name, _)| added(name) || names(&change, name));
    whole.then(|| {
        written(|out| {
            let mut kept = ObjectWriter::open(out);
            for (name, value) in status.iter().filter(|(name, _)| added(name)) {
                kept.any_name(name).extend_from_slice(value.as_bytes());
            }
            kept.close();
        })
    })
}

/// Whether a change is not in a status yet, by `serial` (dossier 6.1). Where that is missing, what came later is newer.
fn is_newer(change: &Raw<'_>, status: Option<&Raw<'_>>) -> bool {
    let serial = |raw: &Raw<'_>| Object::read(raw.as_str()).ok()?.get("serial").and_then(members::number);
    match (serial(change), status.and_then(serial)) {
        (Some(change), Some(status)) => change > status,
        _ => true,
    }
}

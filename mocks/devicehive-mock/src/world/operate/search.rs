//! Finding stored commands and notifications (dossier M4.4, V2).

use super::Op;
use crate::profile::{Negative, Rules};
use crate::world::refusal::{INVALID_PARAMETERS, MALFORMED, Refusal};
use crate::world::shelf::{Item, Kept, Shelf};
use devicehive_proto::{Command, Datetime, DeviceId, JsonKind, Notification};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Search<'a> {
    start: Option<Datetime>,
    end: Option<Datetime>,
    names: Option<BTreeSet<String>>,
    /// Instead of the device of the request.
    devices: Option<BTreeSet<String>>,
    status: Option<Cow<'a, str>>,
    sort_field: Option<Cow<'a, str>>,
    sort_order: Option<Cow<'a, str>>,
    take: i32,
    skip: i32,
}

type Found<T> = Result<Vec<Arc<Kept<T>>>, Refusal>;

impl<'a> Search<'a> {
    /// Reads the search that a request is; `name` is the member that holds the name looked for.
    pub(super) fn read(op: &Op<'a, '_>, name: &'static str) -> Result<Self, Refusal> {
        let fields = op.fields;
        let is_socket = op.caller.door.is_socket();
        let text = |name| op.read(fields.text(name));
        let undocumented = |name| match is_socket && op.state.rules.heeds_undocumented {
            true => op.read(fields.texts(name)).map(|texts| texts.filter(|texts| !texts.is_empty())),
            false => Ok(None),
        };
        // Over REST an empty name is none.
        let one = text(name)?.filter(|name| is_socket || !name.is_empty());
        let search = Self {
            start: op.time(fields, "start")?,
            end: op.time(fields, "end")?,
            names: undocumented("names")?.or_else(|| one.map(|name| [name.into_owned()].into())),
            devices: undocumented("deviceIds")?,
            status: text("status")?.filter(|status| !status.trim().is_empty()),
            // Over REST there is a default.
            sort_field: text("sortField")?.or_else(|| (!is_socket).then_some("timestamp".into())),
            sort_order: text("sortOrder")?,
            take: op.read(fields.int("take"))?.unwrap_or(if is_socket { 20 } else { 100 }),
            skip: op.read(fields.int("skip"))?.unwrap_or(0),
        };
        for name in ["deviceId", name] {
            if is_socket && op.state.rules.repeats_defects && fields.raw(name) == Some("null") {
                return Err(Refusal::crash(JsonKind::Null.name(), (400, MALFORMED), "dossier M1.2"));
            }
        }
        Ok(search)
    }

    /// The commands of a device that are looked for.
    pub(super) fn commands(&self, rules: &Rules, shelf: &Shelf<Command>, device: &DeviceId) -> Found<Command> {
        let status = self.status.as_deref();
        let has_status = |command: &Command| match (status, command.status.as_deref()) {
            (None, _) => true,
            (Some(wanted), Some(status)) if rules.status_ignores_case => wanted.to_lowercase() == status.to_lowercase(),
            (Some(wanted), status) => status == Some(wanted),
        };
        let key = |field: &str| -> Option<fn(&Command) -> Option<&str>> {
            match field {
                "status" => Some(|command| command.status.as_deref()),
                "command" => Some(|command| command.name.as_deref()),
                _ => None,
            }
        };
        self.find(rules, shelf, device, |command| self.has_name(command.name.as_deref()) && has_status(command), key)
    }

    /// The notifications of a device that are looked for.
    pub(super) fn notifications(
        &self,
        rules: &Rules,
        shelf: &Shelf<Notification>,
        device: &DeviceId,
    ) -> Found<Notification> {
        let key = |field: &str| -> Option<fn(&Notification) -> Option<&str>> {
            (field == "notification").then_some(|notification| notification.name.as_deref())
        };
        self.find(rules, shelf, device, |notification| self.has_name(notification.name.as_deref()), key)
    }

    fn has_name(&self, name: Option<&str>) -> bool {
        self.names.as_ref().is_none_or(|names| name.is_some_and(|name| names.contains(name)))
    }

    fn find<T: Item>(
        &self,
        rules: &Rules,
        shelf: &Shelf<T>,
        device: &DeviceId,
        matches: impl Fn(&T) -> bool,
        key: impl Fn(&str) -> Option<fn(&T) -> Option<&str>>,
    ) -> Found<T> {
        let wanted = |kept: &&Arc<Kept<T>>| {
            let at = kept.item.at();
            let inside = |bound: Option<Datetime>, within: fn(&Datetime, &Datetime) -> bool| {
                bound.is_none_or(|bound| within(&at, &bound) || (at == bound && !rules.excludes_bounds))
            };
            inside(self.start, Datetime::gt) && inside(self.end, Datetime::lt) && matches(&kept.item)
        };
        let devices: Vec<&str> = match &self.devices {
            Some(devices) => devices.iter().map(String::as_str).collect(),
            None => vec![device],
        };
        let matching = devices.into_iter().flat_map(|device| shelf.of_device(device, None)).filter(wanted).cloned();
        let total = if self.take == 0 { 0 } else { self.skip.wrapping_add(self.take) };
        let mut found: Vec<_> = match usize::try_from(total) {
            Ok(total) if rules.cuts_before_sorting => matching.take(total).collect(),
            Ok(_) if self.take >= 0 => matching.collect(),
            _ if rules.negative_take == Negative::FindsNothing => Vec::new(),
            _ => return Err(Refusal::mute(400, INVALID_PARAMETERS, "dossier M4.4")),
        };
        self.sort(rules, &mut found, key)?;
        let (Ok(skip), Ok(take)) = (usize::try_from(self.skip), usize::try_from(self.take)) else {
            return Ok(Vec::new());
        };
        Ok(found.into_iter().skip(skip).take(take).collect())
    }

    /// Sorts what was found, oldest first, in the server's way: always the greatest first, and then turned around.
    fn sort<T: Item>(
        &self,
        rules: &Rules,
        found: &mut [Arc<Kept<T>>],
        key: impl Fn(&str) -> Option<fn(&T) -> Option<&str>>,
    ) -> Result<(), Refusal> {
        let ascending = self.sort_order.as_deref().is_some_and(|order| !order.eq_ignore_ascii_case("desc"));
        let field = self.sort_field.as_deref().map(str::to_ascii_lowercase);
        // Ties turned around twice are where they were.
        let ties_as_they_are = ascending && !rules.ties_newest_first;
        match field.as_deref() {
            Some("timestamp") => {
                if ties_as_they_are {
                    found.reverse();
                }
                found.sort_by_key(|kept| std::cmp::Reverse(kept.item.at()));
            }
            Some(field) => {
                if let Some(key) = key(field) {
                    // The comparison fails at the first null that is not the very first item.
                    if found.iter().skip(1).any(|kept| key(&kept.item).is_none()) && rules.repeats_defects {
                        return Err(Refusal::mute(400, INVALID_PARAMETERS, "dossier M4.4"));
                    }
                    if ties_as_they_are {
                        found.reverse();
                    }
                    let text = |kept: &Arc<Kept<T>>| key(&kept.item).unwrap_or_default().to_owned();
                    found.sort_by_cached_key(|kept| std::cmp::Reverse(text(kept)));
                }
            }
            None => {}
        }
        if ascending {
            found.reverse();
        }
        Ok(())
    }
}

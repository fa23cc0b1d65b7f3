//! Subscriptions, over the socket and as calls that wait (dossier M4.5, M9, M14).

use super::{DEVICE_REQUIRED, Op, Outcome, no_device};
use crate::profile::{Negative, Replays};
use crate::world::bus::{Filter, Kind, Listener, Whose};
use crate::world::refusal::{ACCESS_DENIED, Answer, Door, INVALID_PARAMETERS, Refusal};
use crate::world::rows::PlaceKind;
use crate::world::shelf::{Item, Kept, Shelf, Since};
use crate::world::wire;
use devicehive_proto::{self as proto, Datetime, DeviceId, FieldError, JsonKind, Subscription};
use dummyload_host::CallId;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// So many stored notifications are replayed at most (dossier M5.4).
const MOST_NOTIFICATIONS: i32 = 100;
/// So many stored commands, unless the request says otherwise.
const MOST_COMMANDS: i32 = 20;
/// So many keys a subscription may come to: networks times types times names. A real server takes as many as its memory holds.
const MOST_FILTERS: usize = 20_000;
/// So long a call waits, in seconds, unless it says otherwise (dossier M14).
const WAIT: i64 = 30;

/// What 3.5.0 says where it looks for networks among none (dossier V6).
const NO_EXPRESSION: &str = "Cannot invoke \"org.hibernate.hql.internal.ast.tree.SelectExpression.getDataType()\" because the \
                             return value of \"org.hibernate.hql.internal.ast.tree.SelectClause.getFirstSelectExpression()\" \
                             is null";

/// Numbers of networks or types, if some were named.
type Numbers = Option<BTreeSet<i64>>;

/// What a request subscribes to.
struct Wish {
    kind: Kind,
    networks: Numbers,
    device_types: Numbers,
    names: Option<BTreeSet<String>>,
    timestamp: Option<Datetime>,
    limit: i32,
}

impl Op<'_, '_> {
    pub(super) fn command_subscribe(&mut self) -> Outcome {
        let timestamp = self.time(self.fields, "timestamp")?;
        self.must_be_array("names")?;
        let names = self.read(self.fields.texts("names"))?;
        let (networks, device_types) = self.read_places()?;
        let limit = self.read(self.fields.int("limit"))?;
        let updates = self.read(self.fields.flag("returnUpdatedCommands"))? == Some(true);
        let limit = limit.unwrap_or(if self.caller.door.is_socket() { MOST_COMMANDS } else { MOST_NOTIFICATIONS });
        let kind = if updates { Kind::Updates } else { Kind::Commands };
        self.subscribe(Wish { kind, networks, device_types, names, timestamp, limit })
    }

    pub(super) fn notification_subscribe(&mut self) -> Outcome {
        let timestamp = self.time(self.fields, "timestamp")?;
        let (networks, device_types) = self.read_places()?;
        let names = self.read(self.fields.texts("names"))?;
        let (kind, limit) = (Kind::Notifications, MOST_NOTIFICATIONS);
        self.subscribe(Wish { kind, networks, device_types, names, timestamp, limit })
    }

    fn read_places(&self) -> Result<(Numbers, Numbers), Refusal> {
        self.must_be_array("networkIds")?;
        let networks = self.read(self.fields.longs("networkIds"))?;
        self.must_be_array("deviceTypeIds")?;
        Ok((networks, self.read(self.fields.longs("deviceTypeIds"))?))
    }

    /// The server casts some members to arrays without a look (dossier M1.2).
    fn must_be_array(&self, name: &'static str) -> Result<(), Refusal> {
        let is_mended = |kind| kind == JsonKind::Null && !self.state.rules.repeats_defects;
        match self.fields.raw(name).map(JsonKind::of) {
            None | Some(JsonKind::Array) => Ok(()),
            Some(kind) if is_mended(kind) || !self.caller.door.is_socket() => Ok(()),
            Some(kind) => self.read(Err(FieldError::Cast(name, kind, JsonKind::Array))),
        }
    }

    fn subscribe(&mut self, mut wish: Wish) -> Outcome {
        if !self.state.rules.empty_names_are_none {
            wish.names = wish.names.filter(|names| !names.is_empty());
        }
        let filters = self.filters(&wish)?;
        match self.caller.door {
            Door::Socket(peer) => {
                if filters.is_empty() {
                    let (networks, types) = (&self.who.networks, &self.who.types);
                    let bounds = [self.who.bounds("network", networks), self.who.bounds("device type", types)];
                    let text = "No access to any device type or network";
                    return Err(Refusal::denied(403, text, format!("{text}: {}", bounds.join("; "))));
                }
                let id = self.state.bus.next_id(self.now().millis());
                let replay = self.replay(&wish, &filters, wish.timestamp);
                self.state.bus.subscribe(id, Listener::Peer(peer), wish.kind, Some(self.asked(id, &wish)), filters);
                // Where the replay fails, the subscription is there all the same.
                for push in replay? {
                    self.after.push((peer, push.to(id)));
                }
                Ok(Answer::Members(format!("\"subscriptionId\":{id}")))
            }
            Door::Rest(call) => {
                if filters.is_empty() {
                    return Ok(Answer::Value("", "[]".to_owned()));
                }
                // Without a time it begins behind all that has happened, which may be at the present moment or dated ahead of it.
                let last = self.now().max(self.state.last_date());
                let since = wish.timestamp.unwrap_or(Datetime::from_millis(last.millis() + 1));
                let found = self.replay(&wish, &filters, Some(since))?;
                let wait = self.read(self.fields.long("waitTimeout"))?.unwrap_or(WAIT);
                if !found.is_empty() || wait == 0 {
                    let items: Vec<&str> = found.iter().map(wire::Push::entity).collect();
                    return Ok(Answer::Value("", format!("[{}]", items.join(","))));
                }
                let id = self.state.bus.next_id(self.now().millis());
                self.state.bus.subscribe(id, Listener::Call(call), wish.kind, None, filters);
                self.wait(call, wait, Some("[]"), None)
            }
        }
    }

    /// A call that waits so many seconds, and is answered with this body if nothing comes.
    fn wait(
        &mut self,
        call: CallId,
        seconds: i64,
        otherwise: Option<&'static str>,
        command: Option<(DeviceId, i64)>,
    ) -> Outcome {
        let wait = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        self.state.wait(call, self.cx.now() + wait, otherwise, command);
        Ok(Answer::Waits)
    }

    /// The request as subscription/list shows it.
    fn asked(&self, id: i64, wish: &Wish) -> Subscription {
        let kind = if wish.kind == Kind::Notifications { proto::Kind::Notification } else { proto::Kind::Command };
        let mut asked = Subscription::new(id, kind);
        asked.device_id = self.target.device.as_deref().map(Into::into);
        asked.network_ids.clone_from(&wish.networks);
        asked.device_type_ids.clone_from(&wish.device_types);
        asked.names.clone_from(&wish.names);
        asked.timestamp = wish.timestamp;
        asked
    }

    /// What a wish comes to, with all checks (dossier M9.1).
    fn filters(&self, wish: &Wish) -> Result<Vec<Filter>, Refusal> {
        let networks = self.wanted(PlaceKind::Network, wish.networks.as_ref())?;
        let device_types = self.wanted(PlaceKind::DeviceType, wish.device_types.as_ref())?;
        let is_any = |ids: &Numbers, all: bool| ids.as_ref().map_or(all, |ids| !ids.is_empty());
        if !is_any(&networks, self.who.networks.is_all()) || !is_any(&device_types, self.who.types.is_all()) {
            return Ok(Vec::new());
        }
        let names = wish.names.as_ref();
        let too_many = |count: usize| {
            let why =
                format!("{count} keys (networks times device types times names), and the mock takes {MOST_FILTERS}");
            Refusal::denied(400, INVALID_PARAMETERS, why)
        };
        if let Some(names) = names.filter(|names| names.len() > MOST_FILTERS) {
            return Err(too_many(names.len()));
        }
        let named = |whose: Whose, names: Option<&BTreeSet<String>>| -> Vec<Filter> {
            let Some(names) = names else { return vec![Filter { whose, name: None }] };
            names.iter().map(|name| Filter { whose: whose.clone(), name: Some(SmolStr::new(name)) }).collect()
        };
        if let Some(id) = self.target.device.as_deref() {
            if id.is_empty() {
                return Err(Refusal::bad(DEVICE_REQUIRED));
            }
            let device = self.state.device(id).filter(|device| self.who.finds(self.state, device));
            let device = device.ok_or_else(|| self.not_found(no_device(id)))?;
            return Ok(named(Whose::Device(device.network(), device.device_type(), device.id.clone()), names));
        }
        if networks.is_none() && device_types.is_none() {
            return Ok(named(Whose::Everybodys, names));
        }
        let networks = networks.unwrap_or_else(|| self.visible(PlaceKind::Network));
        let device_types = device_types.unwrap_or_else(|| self.visible(PlaceKind::DeviceType));
        // Here an empty list of names is as none (dossier M9.1, 7).
        let names = names.filter(|names| !names.is_empty());
        let count = networks.len().saturating_mul(device_types.len()).saturating_mul(names.map_or(1, BTreeSet::len));
        if count > MOST_FILTERS {
            return Err(too_many(count));
        }
        let pairs = networks.iter().flat_map(|network| device_types.iter().map(|of| Whose::Pair(*network, *of)));
        Ok(pairs.flat_map(|pair| named(pair, names)).collect())
    }

    /// The places that are asked for, or those of the token; `None` for all.
    fn wanted(&self, kind: PlaceKind, asked: Option<&BTreeSet<i64>>) -> Result<Numbers, Refusal> {
        let scope = match kind {
            PlaceKind::Network => &self.who.networks,
            PlaceKind::DeviceType => &self.who.types,
        };
        let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
            return Ok(scope.listed().cloned());
        };
        if asked.iter().all(|id| self.finds(kind, *id)) {
            return Ok(Some(asked.clone()));
        }
        let what = match kind {
            PlaceKind::Network => "Networks with such networkIds",
            PlaceKind::DeviceType => "Device types with such deviceTypeIds",
        };
        let ids: Vec<String> = in_buckets(asked).iter().map(i64::to_string).collect();
        let missing = format!("{what} wasn't found: {{[{}]}}", ids.join(", "));
        if kind == PlaceKind::Network && self.who.breaks(self.state.rules) {
            let right = if self.who.is_admin { (404, missing) } else { (403, ACCESS_DENIED.to_owned()) };
            return Err(Refusal::crash(NO_EXPRESSION, right, "dossier V6"));
        }
        Err(self.not_found(Refusal::not_found(missing)))
    }

    /// Administrators are told what is not there, clients are not.
    fn not_found(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Error { text, .. } if !self.who.is_admin => {
                let why = format!("what user {} may see has it not: {text}", self.who.user);
                Refusal::denied(403, ACCESS_DENIED, why)
            }
            refusal => refusal,
        }
    }

    /// Whether the queries with the user in them find this place.
    pub(super) fn finds(&self, kind: PlaceKind, id: i64) -> bool {
        self.state.place(kind, id).is_some()
            && match kind {
                PlaceKind::Network => self.who.finds_network(self.state, id),
                PlaceKind::DeviceType => self.who.finds_type(self.state, id),
            }
    }

    fn visible(&self, kind: PlaceKind) -> BTreeSet<i64> {
        self.state.places(kind).map(|place| place.id).filter(|id| self.finds(kind, *id)).collect()
    }

    /// What was stored before and is wanted now, in the order in which it goes out (dossier M4.5, V1).
    fn replay(&self, wish: &Wish, filters: &[Filter], since: Option<Datetime>) -> Result<Vec<wire::Push>, Refusal> {
        let Some(since) = since else { return Ok(Vec::new()) };
        let rules = self.state.rules;
        let limit = match usize::try_from(wish.limit) {
            Ok(0) if rules.zero_is_no_limit => usize::MAX,
            Ok(limit) => limit,
            Err(_) if rules.negative_limit == Negative::IsNotThere => usize::MAX,
            Err(_) => return Err(Refusal::mute(400, INVALID_PARAMETERS, "dossier M13")),
        };
        Ok(match wish.kind {
            Kind::Notifications => self
                .found(
                    &self.state.notifications,
                    filters,
                    Since { at: since, inclusive: rules.replays_same_time },
                    limit,
                    |kept| wish.wants(kept.item.name.as_deref()),
                )
                .into_iter()
                .map(|kept| wire::push("notification/insert", "notification", |out| kept.item.write_full(out)))
                .collect(),
            kind => {
                let updates = kind == Kind::Updates;
                let by_update = updates && rules.replays_by_last_update;
                let from = if by_update { Datetime::from_millis(i64::MIN) } else { since };
                let action = if updates { "command/update" } else { "command/insert" };
                self.found(
                    &self.state.commands,
                    filters,
                    Since { at: from, inclusive: rules.replays_same_time },
                    limit,
                    |kept| {
                        wish.wants(kept.item.name.as_deref())
                            && (kept.updated || !updates)
                            && (!by_update || kept.item.last_updated > since)
                    },
                )
                .into_iter()
                .map(|kept| wire::push(action, "command", |out| kept.item.write_full(out)))
                .collect()
            }
        })
    }

    fn found<T: Item>(
        &self,
        shelf: &Shelf<T>,
        filters: &[Filter],
        since: Since,
        limit: usize,
        wanted: impl Fn(&Kept<T>) -> bool,
    ) -> Vec<Arc<Kept<T>>> {
        let rules = self.state.rules;
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for Filter { whose, .. } in filters {
            // One name's filter finds the items of all names (dossier V1).
            if !rules.replays_by_filter && !seen.insert(whose) {
                continue;
            }
            let wanted = |kept: &&Arc<Kept<T>>| wanted(kept);
            match whose {
                Whose::Device(network, device_type, id) => {
                    let here = |kept: &&Arc<Kept<T>>| kept.item.pair() == Some((*network, *device_type));
                    found.extend(
                        shelf.of_device(id.as_str(), Some(since)).filter(here).filter(wanted).take(limit).cloned(),
                    );
                }
                Whose::Pair(network, device_type) if rules.replays != Replays::OfDevices => {
                    let items = shelf.of_pair(*network, *device_type, Some(since));
                    found.extend(items.filter(wanted).take(limit).cloned());
                }
                Whose::Everybodys if rules.replays == Replays::All => {
                    found.extend(shelf.of_all(Some(since)).filter(wanted).take(limit).cloned());
                }
                _ => {}
            }
        }
        if !rules.replays_by_filter {
            found.sort_by_key(|kept| kept.place);
        }
        found
    }

    pub(super) fn unsubscribe(&mut self, kinds: &[Kind]) -> Outcome {
        let id = self.read(self.fields.long("subscriptionId"))?;
        let Door::Socket(peer) = self.caller.door else { return Ok(Answer::Empty) };
        let own = self.state.bus.of(Listener::Peer(peer)).filter(|(_, entry)| kinds.contains(&entry.kind));
        let own: Vec<i64> = own.map(|(id, _)| id).filter(|known| id.is_none_or(|id| id == *known)).collect();
        match id {
            Some(id) if own.is_empty() => Err(Refusal::not_found(format!("Subscription with id {id} was not found"))),
            _ => {
                for id in own {
                    self.state.bus.unsubscribe(id);
                }
                Ok(Answer::Empty)
            }
        }
    }

    pub(super) fn subscription_list(&mut self) -> Outcome {
        let kind = self.read(self.fields.text("type"))?;
        let Door::Socket(peer) = self.caller.door else { return Ok(Answer::Value("subscriptions", "[]".to_owned())) };
        let permitted = |kind| {
            self.who.may(match kind {
                proto::Kind::Command => proto::Permission::GetDeviceCommand,
                proto::Kind::Notification => proto::Permission::GetDeviceNotification,
            })
        };
        let own = self.state.bus.of(Listener::Peer(peer)).filter_map(|(_, entry)| entry.asked.as_ref());
        let own =
            own.filter(|asked| permitted(asked.kind) && kind.as_ref().is_none_or(|kind| kind == asked.kind.name()));
        Ok(Answer::Value("subscriptions", wire::array(own, Subscription::write)))
    }

    /// `GET /device/{id}/command/{id}/poll`: waits until a command is updated (dossier M14).
    pub(super) fn command_wait(&mut self) -> Outcome {
        let device = self.any_device()?;
        let id = self.read(self.fields.long("commandId"))?.unwrap_or_default();
        let wait = self.read(self.fields.long("waitTimeout"))?.unwrap_or(WAIT);
        // Nobody is told that there is no such command.
        let Some(kept) = self.state.commands.get(device.id.as_str(), id) else { return Ok(Answer::Empty) };
        match self.caller.door {
            _ if kept.updated => Ok(Answer::Value("command", wire::written(|out| kept.item.write_full(out)))),
            Door::Rest(call) if wait > 0 => self.wait(call, wait, None, Some((device.id, id))),
            _ => Ok(Answer::Empty),
        }
    }
}

impl Wish {
    fn wants(&self, name: Option<&str>) -> bool {
        let names = self.names.as_ref().filter(|names| !names.is_empty());
        names.is_none_or(|names| name.is_some_and(|name| names.contains(name)))
    }
}

/// Numbers in the order of a Java hash set: the server prints its sets like this.
pub(super) fn in_buckets(ids: &BTreeSet<i64>) -> Vec<i64> {
    // Buckets are a power of two, at least 16, and at most three quarters full.
    let buckets = (ids.len() * 4).div_ceil(3).next_power_of_two().max(16) as u32;
    let bucket = |id: &i64| {
        let hash = (id ^ ((*id as u64) >> 32) as i64) as u32;
        (hash ^ hash >> 16) & (buckets - 1)
    };
    let mut ids: Vec<i64> = ids.iter().copied().collect();
    ids.sort_by_key(bucket);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_printed_as_java_does() {
        let set = |ids: &[i64]| in_buckets(&ids.iter().copied().collect());
        // captures/server-4.1/sub-errors
        assert_eq!(set(&[2, 99_999, 88_888]), [2, 88_888, 99_999]);
        assert_eq!(set(&[17, 1, 16, -1]), [-1, 16, 1, 17]);
        // captures/server-4.1/token-create
        assert_eq!(set(&[6, 12, 15, 16, 17, 18]), [16, 17, 18, 6, 12, 15]);
        assert_eq!(set(&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17])[12], 17);
        assert_eq!(set(&(1..=12).chain([16]).collect::<Vec<_>>())[0], 1);
    }
}

//! How a stream is, and with which accounts (dossier 4.1).

use super::server::Frame;
use super::{Extra, Network, Raw};
use crate::AccountId;
use crate::escape::{ObjectWriter, given, write_extra};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};
use dummyload_codec::owned;
use itoa::Buffer;

/// How a stream is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status<'a> {
    /// `status`
    pub status: StreamStatus,
    /// `accounts`; absent in what is injected from elsewhere (dossier 4.7).
    pub accounts: Option<Accounts<'a>>,
    /// What `status` has besides its flags.
    pub other_flags: Extra<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> Status<'a> {
    /// These flags and accounts.
    pub fn new(status: StreamStatus, accounts: Option<Accounts<'a>>) -> Self {
        Self { status, accounts, ..Self::default() }
    }

    pub(super) fn of(frame: &mut Frame<'a>) -> Self {
        let (status, other_flags) = frame.take("status", StreamStatus::read).unwrap_or_default();
        Self { status, other_flags, accounts: frame.take("accounts", Accounts::read), extra: frame.rest() }
    }

    pub(super) fn write(&self, object: &mut ObjectWriter<'_>) {
        // What could not be read stands among the rest, and not a second time beside it.
        if given(self.extra.get("status")).is_none() {
            let mut flags = ObjectWriter::open(object.name("status"));
            self.status.write(&mut flags, &self.other_flags);
            write_extra(&mut flags, &self.other_flags);
            flags.close();
        }
        if let Some(accounts) = &self.accounts {
            accounts.encode_into(object.name("accounts"));
        }
        write_extra(object, &self.extra);
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Status<'static> {
        let Self { status, accounts, other_flags, extra } = self;
        Status {
            status,
            accounts: accounts.map(Accounts::into_owned),
            other_flags: other_flags.into_owned(),
            extra: extra.into_owned(),
        }
    }
}

/// The three flags of a stream. One that is missing is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct StreamStatus {
    /// `data_incoming`: an encoder sends video to the server.
    pub incoming: bool,
    /// `data_pulling`: the server fetches video itself.
    pub pulling: bool,
    /// `data_pushing`: the stream is live on its accounts.
    pub pushing: bool,
}

impl StreamStatus {
    /// These flags.
    pub const fn new(incoming: bool, pulling: bool, pushing: bool) -> Self {
        Self { incoming, pulling, pushing }
    }

    fn read<'a>(json: &'a str) -> Option<(Self, Extra<'a>)> {
        let mut flags = Slots::read(json, &["data_incoming", "data_pulling", "data_pushing"]).ok()?;
        let mut flag = |name| flags.take(name, members::flag).unwrap_or_default();
        let status = Self::new(flag("data_incoming"), flag("data_pulling"), flag("data_pushing"));
        Some((status, flags.rest()))
    }

    fn write(self, object: &mut ObjectWriter<'_>, others: &Extra<'_>) {
        write_flag(object, "data_incoming", self.incoming, others);
        write_flag(object, "data_pulling", self.pulling, others);
        write_flag(object, "data_pushing", self.pushing, others);
    }

    /// Writes them, in the order of the real server's JSON API.
    pub fn encode_into(self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        self.write(&mut object, &Extra::default());
        object.close();
    }
}

/// Writes a flag, unless there is something in its place that is none.
fn write_flag(object: &mut ObjectWriter<'_>, name: &'static str, flag: bool, others: &Extra<'_>) {
    object.boolean(name, given(others.get(name)).is_none().then_some(flag));
}

/// The accounts of a status, by their ids. Keys that are no numbers are kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accounts<'a> {
    /// The accounts; 0 is the internal chat.
    pub by_id: BTreeMap<AccountId, Account<'a>>,
    /// What is no account.
    pub extra: Extra<'a>,
}

/// An account as a status shows it to one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account<'a> {
    /// `name`; for the internal chat that of the user who is told.
    pub name: Option<Cow<'a, str>>,
    /// `network`
    pub network: Option<Network<'a>>,
    /// `ready`: whether it can write at once. It does not become true when a writer has been made (dossier 4.1).
    pub ready: bool,
    /// `live`: whether the stream is live there.
    pub live: bool,
    /// `writable`: whether the network can be written to, and this user may.
    pub writable: bool,
    /// `http_url`: where people watch.
    pub http_url: Option<Cow<'a, str>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> Account<'a> {
    /// One that can do nothing yet.
    pub fn new(name: impl Into<Cow<'a, str>>, network: Network<'a>) -> Self {
        Self { name: Some(name.into()), network: Some(network), ..Self::default() }
    }

    fn read(json: &'a str) -> Option<Self> {
        let mut account = Slots::read(json, &["name", "network", "ready", "live", "writable", "http_url"]).ok()?;
        let mut flag = |name| account.take(name, members::flag).unwrap_or_default();
        let (ready, live, writable) = (flag("ready"), flag("live"), flag("writable"));
        Some(Self {
            name: account.text("name"),
            network: account.take("network", Network::read),
            ready,
            live,
            writable,
            http_url: account.text("http_url"),
            extra: account.rest(),
        })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        object.text("name", self.name.as_deref());
        write_flag(&mut object, "ready", self.ready, &self.extra);
        write_flag(&mut object, "live", self.live, &self.extra);
        write_flag(&mut object, "writable", self.writable, &self.extra);
        object.text("http_url", self.http_url.as_deref());
        if let Some(network) = &self.network {
            network.encode_into(object.name("network"));
        }
        write_extra(&mut object, &self.extra);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Account<'static> {
        let Self { name, network, ready, live, writable, http_url, extra } = self;
        Account {
            name: name.map(owned),
            network: network.map(Network::into_owned),
            ready,
            live,
            writable,
            http_url: http_url.map(owned),
            extra: extra.into_owned(),
        }
    }
}

impl<'a> Accounts<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let mut accounts = Self::default();
        members::each_member_or_none(json, |key, value| {
            let id = key.parse().ok().filter(|id: &i64| id.to_string() == *key);
            match (id, Account::read(value)) {
                (Some(id), Some(account)) => drop(accounts.by_id.insert(AccountId(id), account)),
                _ => accounts.extra.push(key, Raw::trusted(value)),
            }
        })
        .ok()?;
        Some(accounts)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        for (id, account) in &self.by_id {
            account.encode_into(object.any_name(Buffer::new().format(id.0)));
        }
        write_extra(&mut object, &self.extra);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Accounts<'static> {
        let by_id = self.by_id.into_iter().map(|(id, account)| (id, account.into_owned())).collect();
        Accounts { by_id, extra: self.extra.into_owned() }
    }
}

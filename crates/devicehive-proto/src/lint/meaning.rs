//! What is well written but makes no sense, or not the sense that its writer may think of.

use super::{DeviationKind, Level, Lint};
use crate::json::plain;
use crate::{Action, DeviceId, Fields};
use alloc::format;
use alloc::string::String;
use core::ops::RangeInclusive;

/// What new things must have, and changed ones need not (dossier 12, M7.4, M8).
fn must_have(action: Action) -> &'static [&'static str] {
    match action {
        Action::NetworkInsert => &["/network/name"],
        Action::DeviceTypeInsert => &["/deviceType/name"],
        Action::UserInsert => &["/user/login", "/user/role", "/user/password"],
        _ => &[],
    }
}

/// Texts whose length is limited, by their pointers (dossier 10, 12, M6.4, M12).
const LENGTHS: &[(&str, RangeInclusive<usize>)] = &[
    ("/device/name", 1..=128),
    ("/network/name", 1..=128),
    ("/network/description", 0..=128),
    ("/deviceType/name", 1..=128),
    ("/deviceType/description", 0..=128),
    ("/user/login", 3..=128),
    ("/user/password", 6..=128),
];

const UNANSWERED: &str = "server 4.1 never answers if this is negative";

/// Numbers that have a range (dossier 12, M4.4, M4.5).
const RANGES: &[(&str, RangeInclusive<i64>, Level, &str)] = &[
    ("/take", 0..=i64::MAX, Level::Warning, UNANSWERED),
    ("/skip", 0..=i64::MAX, Level::Warning, UNANSWERED),
    ("/limit", 0..=i64::MAX, Level::Warning, UNANSWERED),
    ("/user/role", 0..=1, Level::Error, "a role is 0 for administrators or 1 for clients"),
    ("/user/status", 0..=2, Level::Error, "a status is 0 for active, 1 for locked or 2 for disabled"),
    ("/role", 0..=1, Level::Error, "a role is 0 for administrators or 1 for clients"),
    ("/status", 0..=2, Level::Error, "a status is 0 for active, 1 for locked or 2 for disabled"),
];

impl Lint {
    /// Whether a server fails over null in a member that need not be there (dossier 4, M1.2).
    pub(super) fn is_fatal_null(&self, pointer: &str) -> bool {
        match self.action {
            Some(Action::CommandSubscribe) => matches!(pointer, "/names" | "/networkIds" | "/deviceTypeIds"),
            Some(Action::NotificationSubscribe) => matches!(pointer, "/networkIds" | "/deviceTypeIds"),
            Some(Action::CommandList) => {
                matches!(
                    pointer,
                    "/start" | "/end" | "/command" | "/status" | "/sortField" | "/sortOrder" | "/take" | "/skip"
                )
            }
            _ => false,
        }
    }

    /// Looks at a request whose members are of the right types.
    pub(super) fn request(&mut self, action: Action, fields: &Fields<'_>) {
        self.request_id(fields);
        self.targets(action, fields);
        for pointer in must_have(action) {
            // Nothing is said about members of what is missing itself, or null.
            if at(fields, pointer, |fields, name| Some(fields.has(name))) == Some(false) {
                let text = "servers make nothing without this member";
                self.add(pointer, DeviationKind::MissingMember, Level::Error, "dossier 12, M12", text);
            }
        }
        for (pointer, length) in LENGTHS {
            if let Some(text) = text_at(fields, pointer)
                && !length.contains(&text.chars().count())
            {
                let text = format!("it must have {} to {} characters", length.start(), length.end());
                self.add(pointer, DeviationKind::OutOfRange, Level::Error, "dossier 12, M12", text);
            }
        }
        if action == Action::ConfigurationPut {
            for (name, longest) in [("name", 32), ("value", 128)] {
                let length = text(fields, name).map(|text| text.chars().count());
                if length.is_some_and(|length| length == 0 || length > longest) {
                    let text = format!("it must have 1 to {longest} characters");
                    self.add(&format!("/{name}"), DeviationKind::OutOfRange, Level::Error, "dossier 10", text);
                }
            }
        }
        for (pointer, range, level, text) in RANGES {
            // `status` of `command/list` is a text, and no number then.
            if number_at(fields, pointer).is_some_and(|number| !range.contains(&number)) {
                self.add(pointer, DeviationKind::OutOfRange, *level, "dossier 12, M13", *text);
            }
        }
        self.given_id(action, fields);
        self.sort_field(action, fields);
        self.lists(fields);
        if text_at(fields, "/notification/notification").is_some_and(|name| name.starts_with("$device-")) {
            let text = "servers tell of devices under such names; over REST they refuse them";
            self.add("/notification/notification", DeviationKind::ReservedName, Level::Warning, "dossier M5.3", text);
        }
        if action == Action::Authenticate && text(fields, "token").is_some_and(|token| token.starts_with("Bearer ")) {
            let text = "the token alone belongs here, without `Bearer`";
            self.add("/token", DeviationKind::BearerPrefix, Level::Error, "dossier 7", text);
        }
    }

    fn request_id(&mut self, fields: &Fields<'_>) {
        let text = match fields.raw("requestId") {
            None => "without it, answers can be told apart by their action only",
            Some(r#""""# | "0" | "false" | "null") => "there are clients that take an answer with this id for a push",
            Some(_) => return,
        };
        self.add("/requestId", DeviationKind::NoRequestId, Level::Info, "dossier 2, M1.1", text);
    }

    /// The three members that every request may have, since servers read them before anything else (dossier 3).
    fn targets(&mut self, action: Action, fields: &Fields<'_>) {
        let is_known = |name: &str| crate::message::request_fields(action).iter().any(|field| field.name == name);
        let wrong = [
            ("deviceId", fields.text("deviceId").is_err()),
            ("networkId", fields.long("networkId").is_err()),
            ("deviceTypeId", fields.long("deviceTypeId").is_err()),
        ];
        for (name, _) in wrong.into_iter().filter(|(name, wrong)| *wrong && !is_known(name)) {
            let text = "servers read it whatever is asked for, and fail over this";
            self.add(&format!("/{name}"), DeviationKind::WrongType, Level::Error, "dossier 3", text);
        }
        if let Some(Err(e)) =
            text(fields, "deviceId").filter(|_| is_known("deviceId")).map(|id| DeviceId::new(id).check())
        {
            let level = if action == Action::DeviceSave { Level::Error } else { Level::Warning };
            self.add("/deviceId", DeviationKind::NotADeviceId, level, "dossier M1.3", format!("{e}"));
        }
    }

    /// A number for something new is worse than just another member that nobody reads (dossier M7.4, M8).
    fn given_id(&mut self, action: Action, fields: &Fields<'_>) {
        let pointer = match action {
            Action::NetworkInsert => "/network/id",
            Action::DeviceTypeInsert => "/deviceType/id",
            _ => return,
        };
        if at(fields, pointer, |fields, name| fields.some(name).map(drop)).is_some()
            && let Some(told) = self.found.iter_mut().find(|told| told.pointer == pointer)
        {
            told.level = Level::Error;
            told.text = "servers give the numbers, and refuse this over the socket".into();
        }
    }

    fn sort_field(&mut self, action: Action, fields: &Fields<'_>) {
        let known: &[&str] = match action {
            Action::CommandList => &["timestamp", "status", "command"],
            Action::NotificationList => &["timestamp", "notification"],
            Action::DeviceList => &["name", "network"],
            Action::NetworkList | Action::DeviceTypeList => &["id", "name"],
            Action::UserList => &["id", "login"],
            _ => return,
        };
        // Lists from the database fail over other letter case (dossier M6.2).
        if text(fields, "sortField").is_some_and(|field| !known.contains(&&*field)) {
            let text = format!("it should be one of {}, spelled like this", known.join(", "));
            self.add("/sortField", DeviationKind::UnknownWord, Level::Warning, "dossier M4.4, M6.2", text);
        }
    }

    fn lists(&mut self, fields: &Fields<'_>) {
        for (name, level, text) in [
            ("names", Level::Warning, "leave it out: an empty list of names means all of them, or none at all"),
            ("networkIds", Level::Info, "leave it out: an empty list counts as none"),
            ("deviceTypeIds", Level::Info, "leave it out: an empty list counts as none"),
        ] {
            if fields.raw(name).is_some_and(|list| list.starts_with('[') && list[1..list.len() - 1].trim().is_empty()) {
                self.add(&format!("/{name}"), DeviationKind::EmptyList, level, "dossier M9.1", text);
            }
        }
    }
}

fn text(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.some(name).filter(|value| value.starts_with('"')).map(plain)
}

fn at<'a, T>(fields: &Fields<'a>, pointer: &str, read: impl FnOnce(&Fields<'a>, &str) -> Option<T>) -> Option<T> {
    let path = pointer.strip_prefix('/')?;
    match path.split_once('/') {
        Some((outer, inner)) => read(&Fields::read(fields.some(outer)?).ok()?, inner),
        None => read(fields, path),
    }
}

fn text_at(fields: &Fields<'_>, pointer: &str) -> Option<String> {
    at(fields, pointer, text)
}

fn number_at(fields: &Fields<'_>, pointer: &str) -> Option<i64> {
    at(fields, pointer, |fields, name| fields.some(name)?.parse().ok())
}

//! What requests carry: the things to make and the changes to make to them. A member that is not set is left out; the server
//! takes that for "no change" (dossier M1.2), but for `data`, which it clears.

use super::member::{Member, required, wrong};
use crate::json::plain;
use crate::lint::Want;
use crate::text::push_string;
use crate::{Datetime, DecodeError, Fields, Json, Permission};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::lint::{field, optional};
use dummyload_codec::write::ObjectWriter;
use dummyload_session::Secret;
use serde_json::value::RawValue;

macro_rules! bodies {
    ($(
        $(#[$doc:meta])*
        $body:ident {
            $($(#[$must_doc:meta])* $must:ident: $must_type:ty = $must_name:literal,)*
            $(; $($(#[$may_doc:meta])* $may:ident: $may_type:ty = $may_name:literal,)+)?
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            pub struct $body {
                $($(#[$must_doc])* pub $must: $must_type,)*
                $($($(#[$may_doc])* pub $may: Option<$may_type>,)+)?
            }

            impl Member for $body {
                const WANT: Want = Want::Object(&[
                    $(field($must_name, <$must_type as Member>::WANT),)*
                    $($(optional($may_name, <$may_type as Member>::WANT),)+)?
                ]);

                fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
                    let Some(value) = fields.some(name) else { return Ok(None) };
                    if !value.starts_with('{') {
                        return Err(wrong(name, "an object is wanted here"));
                    }
                    let body = Fields::read(value)?;
                    let read = || {
                        Ok(Self {
                            $($must: required(&body, $must_name)?,)*
                            $($($may: Member::read(&body, $may_name)?,)+)?
                        })
                    };
                    read().map(Some).map_err(|e| below(name, e))
                }

                fn write(&self, out: &mut Vec<u8>) {
                    let mut object = ObjectWriter::<0>::open(out);
                    $(self.$must.write(object.name($must_name));)*
                    $($(if let Some(value) = &self.$may {
                        value.write(object.name($may_name));
                    })+)?
                    object.close();
                }
            }
        )*
    };
}

/// The same mistake, within this member.
fn below(name: &str, e: DecodeError) -> DecodeError {
    match e {
        DecodeError::WrongShape { pointer, what } => DecodeError::wrong(&alloc::format!("/{name}{pointer}"), &what),
        e => e,
    }
}

bodies! {
    /// A command to insert (dossier M4.1).
    NewCommand {
        ;
        /// What to do. The server takes commands without a name, and devices hardly know what to do with them.
        command: String = "command",
        /// When it was made; the server's time if absent.
        timestamp: Datetime = "timestamp",
        /// An object of the program's own.
        parameters: Json = "parameters",
        /// Seconds; nobody acts upon it.
        lifetime: i32 = "lifetime",
        /// How far it has come.
        status: String = "status",
        /// An object of the program's own.
        result: Json = "result",
    }

    /// What becomes of a command (dossier M4.2). Neither member can be cleared.
    CommandChange {
        ;
        /// How far it has come, in the program's own words.
        status: String = "status",
        /// An object of the program's own.
        result: Json = "result",
    }

    /// A notification to insert (dossier M5.3).
    NewNotification {
        /// What it is. Names with `$device-` are the server's own.
        notification: String = "notification",
        ;
        /// When it was made; the server's time if absent.
        timestamp: Datetime = "timestamp",
        /// An object of the program's own.
        parameters: Json = "parameters",
    }

    /// A device to make or change (dossier M6.4).
    DeviceChange {
        ;
        /// Its name for people, 1 to 128 characters; a new device needs one.
        name: String = "name",
        /// An object of the program's own. **Absent, it is cleared.**
        data: Json = "data",
        /// Where it is; a new device is put into the user's first network if absent.
        network_id: i64 = "networkId",
        /// What it is; a new device becomes one of the first permitted type if absent.
        device_type_id: i64 = "deviceTypeId",
        /// A mark without any effect.
        is_blocked: bool = "isBlocked",
    }

    /// A network or device type to make or change (dossier M7, M8).
    NamedChange {
        ;
        /// 1 to 128 characters that no other has; a new one needs it.
        name: String = "name",
        /// For people, up to 128 characters.
        description: String = "description",
    }

    /// A user to make or change (dossier 12).
    UserChange {
        ;
        /// The name to log in with: 3 to 128 of `A-Z a-z 0-9 _ @ . -`. A new user needs one.
        login: String = "login",
        /// 0 for an administrator, 1 for a client. A new user needs one.
        role: i64 = "role",
        /// 0 for active, 1 for locked, 2 for disabled.
        status: i64 = "status",
        /// 6 to 128 characters. A new user needs one.
        password: Secret<String> = "password",
        /// An object of the program's own. **Absent, it is cleared.**
        data: Json = "data",
        /// A mark for the administration's pages.
        intro_reviewed: bool = "introReviewed",
        /// Whether device types need not be assigned. Counts for new users only.
        all_device_types_available: bool = "allDeviceTypesAvailable",
    }

    /// Tokens to make (dossier 8.3).
    TokenRequest {
        /// Whose they are.
        user_id: i64 = "userId",
        ;
        /// What they allow. Absent is nothing at all, and an empty list is [`Permission::CLIENT_DEFAULT`].
        actions: Vec<Grant> = "actions",
        /// The networks by their numbers, or `*` for all. Absent is none.
        network_ids: Vec<String> = "networkIds",
        /// The device types by their numbers, or `*` for all. Absent leaves it to the user.
        device_type_ids: Vec<String> = "deviceTypeIds",
        /// When the access token ends, and the refresh token if it has no end of its own.
        expiration: Datetime = "expiration",
        /// When the refresh token ends.
        refresh_expiration: Datetime = "refreshExpiration",
    }
}

impl NewCommand {
    /// A command of this name.
    pub fn new(command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..Self::default() }
    }
}

impl NewNotification {
    /// A notification of this name.
    pub fn new(notification: impl Into<String>) -> Self {
        Self { notification: notification.into(), ..Self::default() }
    }
}

impl DeviceChange {
    /// A device of this name, and without data.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}

impl NamedChange {
    /// One of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), description: None }
    }
}

impl TokenRequest {
    /// Tokens for this user that allow nothing yet.
    pub fn new(user_id: i64) -> Self {
        Self { user_id, ..Self::default() }
    }
}

/// What a new token is to allow (dossier 8.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// Everything: `*`, or number 0.
    Everything,
    /// This, by its name or number.
    One(Permission),
    /// Anything else. The server passes over names and numbers that it does not know.
    Other(Json),
}

impl From<Permission> for Grant {
    fn from(permission: Permission) -> Self {
        Self::One(permission)
    }
}

impl Grant {
    const ALL: &str = "*";

    fn read(item: &str) -> Self {
        let known = if item.starts_with('"') {
            let name = plain(item);
            if name == Self::ALL { Some(Self::Everything) } else { Permission::parse(&name).map(Self::One) }
        } else {
            item.parse().ok().and_then(|id| match id {
                Permission::ANY => Some(Self::Everything),
                id => Permission::from_id(id).map(Self::One),
            })
        };
        known.unwrap_or_else(|| Self::Other(Json::trusted(item)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Everything => push_string(out, Self::ALL),
            Self::One(permission) => push_string(out, permission.name()),
            Self::Other(json) => out.extend_from_slice(json.as_str().as_bytes()),
        }
    }
}

/// The items of an array, as they stand.
fn items<'a>(fields: &Fields<'a>, name: &'static str) -> Result<Option<Vec<&'a str>>, DecodeError> {
    let Some(value) = fields.some(name) else { return Ok(None) };
    let items: Vec<&'a RawValue> = serde_json::from_str(value).map_err(|_| wrong(name, "an array is wanted here"))?;
    Ok(Some(items.into_iter().map(RawValue::get).collect()))
}

impl Member for Vec<Grant> {
    const WANT: Want = Want::Items;

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        Ok(items(fields, name)?.map(|items| items.into_iter().map(Grant::read).collect()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        crate::object::push_array(out, self, |out, grant| grant.write(out));
    }
}

impl Member for Vec<String> {
    const WANT: Want = Want::Items;

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        let Some(items) = items(fields, name)? else { return Ok(None) };
        if items.iter().any(|item| item.starts_with(['{', '['])) {
            return Err(wrong(name, "texts or numbers are wanted here"));
        }
        Ok(Some(items.into_iter().map(plain).collect()))
    }
    fn write(&self, out: &mut Vec<u8>) {
        crate::object::push_array(out, self, |out, text| push_string(out, text));
    }
}

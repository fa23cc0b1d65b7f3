//! How single members of a world file are read, so that a wrong one is told with what would be right.

use dummyload_host::world_file::whole_number;
use pishock_proto::{HubId, ShareId, ShockerId, UserId};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub(super) use time::serde::rfc3339::option::serialize as serialize_optional_date;
pub(super) use time::serde::rfc3339::serialize as serialize_date;

/// The numbers of users, hubs, shockers and shares.
pub(super) trait Id: Sized {
    fn from_number(number: u64) -> Self;
}

macro_rules! ids {
    ($($id:ident)*) => {
        $(impl Id for $id {
            fn from_number(number: u64) -> Self {
                Self(number)
            }
        })*
    };
}
ids! { UserId HubId ShockerId ShareId }

/// Gives what reads one member to those that hold several.
struct Read<T>(T);

impl<'de, T: Id> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        id(from).map(Self)
    }
}

pub(super) fn id<'de, T: Id, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    whole_number(from, u64::MAX, "a number without quotes, as in 1234").map(T::from_number)
}

pub(super) fn optional_id<'de, T: Id, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Read<T>>::deserialize(from)?.map(|Read(id)| id))
}

pub(super) fn ids<'de, T: Id, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Read<T>>::deserialize(from)?.into_iter().map(|Read(id)| id).collect())
}

pub(super) fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    whole_number(from, 100, "a percentage, 0 to 100").map(|number| u8::try_from(number).unwrap_or(u8::MAX))
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    whole_number(from, 15_000, "milliseconds, 0 to 15000").map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

struct Date(OffsetDateTime);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        date(from).map(Self)
    }
}

/// A text, or a date as TOML has it.
pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<OffsetDateTime, D::Error> {
    struct DateVisitor;

    impl<'de> Visitor<'de> for DateVisitor {
        type Value = OffsetDateTime;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a date as \"2025-01-01T00:00:00Z\"")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<OffsetDateTime, E> {
            OffsetDateTime::parse(text, &Rfc3339)
                .map_err(|e| E::custom(format!("{text:?} is no date; write it as 2025-01-01T00:00:00Z ({e})")))
        }

        fn visit_map<A: MapAccess<'de>>(self, native: A) -> Result<OffsetDateTime, A::Error> {
            let date = toml::value::Datetime::deserialize(MapAccessDeserializer::new(native))?;
            self.visit_str(&date.to_string())
        }
    }

    from.deserialize_any(DateVisitor)
}

pub(super) fn optional_date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<OffsetDateTime>, D::Error> {
    Ok(Option::<Date>::deserialize(from)?.map(|Date(date)| date))
}

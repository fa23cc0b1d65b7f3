//! JSON objects that are written as the real service writes them and read generously. The visitors are by hand, because a
//! derived one knows no names without case, and because their errors quote what was sent.

use crate::wire::Loose;
use crate::{HubId, LinkId, ShareCode, ShareId, ShockerId, UserId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use dummyload_codec::Name;
use dummyload_session::Secret;
#[cfg(feature = "schema")]
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::Value;

/// What can stand in a member of an object.
pub(super) trait Member: Sized {
    /// What it is, for errors.
    const WHAT: &'static str;

    /// `None` for null.
    fn read<'de, D: Deserializer<'de>>(name: &'static str, from: D) -> Result<Option<Self>, D::Error>;

    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error>;

    #[cfg(feature = "schema")]
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// Reads a member whose name an error can tell.
pub(super) struct Read<T>(&'static str, PhantomData<T>);

impl<T> Read<T> {
    pub(super) const fn named(name: &'static str) -> Self {
        Self(name, PhantomData)
    }
}

impl<'de, T: Member> DeserializeSeed<'de> for Read<T> {
    type Value = Option<T>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
        T::read(self.0, from)
    }
}

/// Writes a member.
pub(super) struct Written<'a, T>(pub(super) &'a T);

impl<T: Member> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.write(to)
    }
}

pub(super) fn unfit<E: Error>(name: &str, wanted: &str) -> E {
    E::custom(format!("{name} must be {wanted}"))
}

macro_rules! scalars {
    ($($kind:ty: $what:literal, $json:tt = |$loose:ident| $read:expr,)*) => {
        $(impl Member for $kind {
            const WHAT: &'static str = $what;
            fn read<'de, D: Deserializer<'de>>(name: &'static str, from: D) -> Result<Option<Self>, D::Error> {
                let $loose = Loose::deserialize(from)?;
                if $loose == Loose::Null {
                    return Ok(None);
                }
                $read.map(Some).ok_or_else(|| unfit(name, Self::WHAT))
            }
            fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                self.serialize(to)
            }
            #[cfg(feature = "schema")]
            fn schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($json)
            }
        })*
    };
}

scalars! {
    bool: "a boolean", { "type": "boolean" } = |loose| loose.boolean(),
    i64: "a whole number", { "type": "integer" } = |loose| loose.integer(),
    u64: "a whole number from 0", { "type": "integer", "minimum": 0 } = |loose| loose.natural(),
    UserId: "a user's number", { "type": "integer", "minimum": 0 } = |loose| loose.natural().map(UserId),
    HubId: "a hub's number", { "type": "integer", "minimum": 0 } = |loose| loose.natural().map(HubId),
    ShockerId: "a shocker's number", { "type": "integer", "minimum": 0 } = |loose| loose.natural().map(ShockerId),
    ShareId: "a share's number", { "type": "integer", "minimum": 0 } = |loose| loose.natural().map(ShareId),
    String: "a text", { "type": "string" } = |loose| loose.text().map(String::from),
    ShareCode: "a share code", { "type": "string" } = |loose| loose.text().map(ShareCode::new),
    LinkId: "a link's id", { "type": "string" } = |loose| loose.text().map(LinkId::new),
}

/// Any JSON, where nobody has said what stands there.
impl Member for Value {
    const WHAT: &'static str = "any JSON";
    fn read<'de, D: Deserializer<'de>>(_: &'static str, from: D) -> Result<Option<Self>, D::Error> {
        Value::deserialize(from).map(|value| Some(value).filter(|value| !value.is_null()))
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize(to)
    }
    #[cfg(feature = "schema")]
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!(true)
    }
}

impl<T: Member> Member for Secret<T> {
    const WHAT: &'static str = T::WHAT;
    fn read<'de, D: Deserializer<'de>>(name: &'static str, from: D) -> Result<Option<Self>, D::Error> {
        Ok(T::read(name, from)?.map(Secret::new))
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.expose().write(to)
    }
    #[cfg(feature = "schema")]
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator)
    }
}

/// Visits of everything that is neither null, an array nor an object, each an error that does not quote it.
macro_rules! refuse_scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(Self::WANTED)
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(unfit(self.name, Self::WANTED))
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(unfit(self.name, Self::WANTED))
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(unfit(self.name, Self::WANTED))
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(unfit(self.name, Self::WANTED))
        }
        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Err(unfit(self.name, Self::WANTED))
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    };
}

struct ListVisitor<T> {
    name: &'static str,
    of: PhantomData<T>,
}

impl<T> ListVisitor<T> {
    const WANTED: &'static str = "an array";
}

impl<'de, T: Member> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;
    refuse_scalars!();
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Read::<T>::named(self.name))? {
            list.push(item.ok_or_else(|| A::Error::custom(format!("{} must have no null in it", self.name)))?);
        }
        Ok(Some(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(unfit(self.name, Self::WANTED))
    }
}

impl<T: Member> Member for Vec<T> {
    const WHAT: &'static str = "an array";
    fn read<'de, D: Deserializer<'de>>(name: &'static str, from: D) -> Result<Option<Self>, D::Error> {
        from.deserialize_any(ListVisitor { name, of: PhantomData })
    }
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.len()))?;
        for item in self {
            list.serialize_element(&Written(item))?;
        }
        list.end()
    }
    #[cfg(feature = "schema")]
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": T::schema(generator) })
    }
}

/// An object while it is read: nothing is there yet.
pub(super) trait Partial: Default {
    type Whole;

    /// Takes one member in, or skips its value.
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error>;

    fn whole<E: Error>(self) -> Result<Self::Whole, E>;
}

pub(super) struct ObjectVisitor<P> {
    name: &'static str,
    of: PhantomData<P>,
}

impl<P> ObjectVisitor<P> {
    const WANTED: &'static str = "an object";

    pub(super) const fn named(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }
}

impl<'de, P: Partial> Visitor<'de> for ObjectVisitor<P> {
    type Value = Option<P::Whole>;
    refuse_scalars!();
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(unfit(self.name, Self::WANTED))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut partial = P::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            partial.take(&name.0, &mut members)?;
        }
        partial.whole().map(Some)
    }
}

/// The schema of an object. A member that need not be there can be null, too.
#[cfg(feature = "schema")]
#[derive(Default)]
pub(super) struct SchemaOf {
    members: serde_json::Map<String, Value>,
    required: Vec<&'static str>,
}

#[cfg(feature = "schema")]
impl SchemaOf {
    pub(super) fn add(&mut self, name: &'static str, is_required: bool, schema: Schema) {
        if is_required {
            self.required.push(name);
            self.members.insert(name.into(), schema.to_value());
        } else {
            let or_null = json_schema!({ "anyOf": [schema, { "type": "null" }] });
            self.members.insert(name.into(), or_null.to_value());
        }
    }

    pub(super) fn whole(self) -> Schema {
        json_schema!({ "type": "object", "properties": self.members, "required": self.required })
    }
}

/// Makes a struct from its members in their order on the wire, and how it is written and read. A member is one of
/// `required` (an argument of `new`), `null` (an `Option`, `None` written as null), `absent` (an `Option`, `None` left
/// out) and `list` (a `Vec`, empty if absent). Without a required member there is a default instead of `new`.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $key:literal $(| $alias:literal)* => $field:ident: $policy:ident $kind:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: object!(@type $policy $kind),)*
        }

        object! { @new $name [] [] $($policy $field: $kind,)* }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let mut members = to.serialize_map(None)?;
                $(object!(@write $policy members, $key, self.$field);)*
                serde::ser::SerializeMap::end(members)
            }
        }

        const _: () = {
            use $crate::http::object::{Member, ObjectVisitor, Partial, Read};

            struct Members {
                $($field: Option<$kind>,)*
            }

            // Not derived: that would ask for a default of every type.
            impl Default for Members {
                fn default() -> Self {
                    Self { $($field: None,)* }
                }
            }

            impl Partial for Members {
                type Whole = $name;
                fn take<'de, A: serde::de::MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
                    match name {
                        $($key => self.$field = members.next_value_seed(Read::named($key))?,)*
                        $(_ if name.eq_ignore_ascii_case($key) $(|| name.eq_ignore_ascii_case($alias))* => {
                            self.$field = members.next_value_seed(Read::named($key))?;
                        })*
                        _ => drop(members.next_value::<serde::de::IgnoredAny>()?),
                    }
                    Ok(())
                }
                fn whole<E: serde::de::Error>(self) -> Result<$name, E> {
                    Ok($name { $($field: object!(@whole $policy $key, self.$field),)* })
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    let whole = <$name as Member>::read("it", from)?;
                    whole.ok_or_else(|| $crate::http::object::unfit("it", <$name as Member>::WHAT))
                }
            }

            impl Member for $name {
                const WHAT: &'static str = "an object";
                fn read<'de, D: serde::Deserializer<'de>>(name: &'static str, from: D) -> Result<Option<Self>, D::Error> {
                    from.deserialize_any(ObjectVisitor::<Members>::named(name))
                }
                fn write<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    serde::Serialize::serialize(self, to)
                }
                #[cfg(feature = "schema")]
                fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    generator.subschema_for::<Self>()
                }
            }

            #[cfg(feature = "schema")]
            impl schemars::JsonSchema for $name {
                fn schema_name() -> alloc::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }
                fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    let mut members = $crate::http::object::SchemaOf::default();
                    $(members.add($key, object!(@required $policy), <$kind as Member>::schema(generator));)*
                    members.whole()
                }
            }
        };
    };

    (@required required) => { true };
    (@required $optional:ident) => { false };

    (@type required $kind:ty) => { $kind };
    (@type list $kind:ty) => { $kind };
    (@type $optional:ident $kind:ty) => { Option<$kind> };

    (@new $name:ident [] [$($init:ident: $value:expr,)*]) => {
        impl Default for $name {
            fn default() -> Self {
                Self { $($init: $value,)* }
            }
        }
    };
    (@new $name:ident [$($arg:ident: $arg_kind:ty,)*] [$($init:ident: $value:expr,)*]) => {
        impl $name {
            /// One with what it must have, and nothing else; the rest is set by hand.
            pub fn new($($arg: impl Into<$arg_kind>),*) -> Self {
                Self { $($arg: $arg.into(),)* $($init: $value,)* }
            }
        }
    };
    (@new $name:ident [$($args:tt)*] [$($inits:tt)*] required $field:ident: $kind:ty, $($rest:tt)*) => {
        object! { @new $name [$($args)* $field: $kind,] [$($inits)*] $($rest)* }
    };
    (@new $name:ident [$($args:tt)*] [$($inits:tt)*] list $field:ident: $kind:ty, $($rest:tt)*) => {
        object! { @new $name [$($args)*] [$($inits)* $field: Vec::new(),] $($rest)* }
    };
    (@new $name:ident [$($args:tt)*] [$($inits:tt)*] $optional:ident $field:ident: $kind:ty, $($rest:tt)*) => {
        object! { @new $name [$($args)*] [$($inits)* $field: None,] $($rest)* }
    };

    (@write absent $members:ident, $key:literal, $value:expr) => {
        if let Some(value) = &$value {
            serde::ser::SerializeMap::serialize_entry(&mut $members, $key, &$crate::http::object::Written(value))?;
        }
    };
    (@write null $members:ident, $key:literal, $value:expr) => {
        let value = $value.as_ref().map($crate::http::object::Written);
        serde::ser::SerializeMap::serialize_entry(&mut $members, $key, &value)?;
    };
    (@write $always:ident $members:ident, $key:literal, $value:expr) => {
        serde::ser::SerializeMap::serialize_entry(&mut $members, $key, &$crate::http::object::Written(&$value))?;
    };

    (@whole required $key:literal, $value:expr) => {
        $value.ok_or_else(|| E::custom(concat!($key, " is missing")))?
    };
    (@whole list $key:literal, $value:expr) => { $value.unwrap_or_default() };
    (@whole $optional:ident $key:literal, $value:expr) => { $value };
}
pub(super) use object;

//! One-pass decoding into flat borrowed structs. Every member is optional and of any type; what it means is decided
//! afterwards. Derived `untagged`, `tag` and `flatten` would buffer the whole message first, so the visitors are by hand.
//! A repeated member counts as the last one, as with most servers; lint reports it.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A member of any type, scalars kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Loose<'a> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A list or an object, where neither has a meaning.
    Compound,
}

impl<'a> Loose<'a> {
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// An integer, an integral float, or a text of digits (dossier 12, row 1).
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(n) => Some(*n),
            Self::Float(n) => integral(*n),
            Self::Text(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| integral(text.parse().ok()?))
            }
            _ => None,
        }
    }

    /// `true`, `false`, or one of them as a text.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

fn integral(n: f64) -> Option<i64> {
    // Beyond 2^53 a float says nothing about single integers any more.
    let in_range = n > -9.0e15 && n < 9.0e15;
    let whole = n as i64;
    (in_range && whole as f64 == n).then_some(whole)
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Bool(b))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Integer(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Loose<'de>, E> {
        Ok(i64::try_from(n).map_or(Loose::Float(n as f64), Loose::Integer))
    }
    fn visit_f64<E>(self, n: f64) -> Result<Loose<'de>, E> {
        Ok(Loose::Float(n))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_string<E>(self, text: String) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text)))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Compound)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Compound)
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// A member that should be an object, or text that holds one, or a list; anything else is only noted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Nested<'a, T> {
    #[default]
    Absent,
    Null,
    Object(T),
    List(Vec<Nested<'a, T>>),
    Text(Cow<'a, str>),
    /// A number or a boolean.
    Other,
}

/// A struct read from the members of an object.
pub(crate) trait Members<'de>: Default {
    /// Takes one member in, or skips its value.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error>;

    fn all<A: MapAccess<'de>>(mut members: A) -> Result<Self, A::Error> {
        let mut out = Self::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            out.take(&name.0, &mut members)?;
        }
        Ok(out)
    }
}

/// A member name; borrowed unless it has escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NestedVisitor<T>(PhantomData<T>);

impl<'de, T: Members<'de>> Visitor<'de> for NestedVisitor<T> {
    type Value = Nested<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Nested::Null)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Nested::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Nested::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Nested::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Nested::Other)
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Nested::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Nested::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Nested::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::all(members).map(Nested::Object)
    }
}

impl<'de, T: Members<'de>> Deserialize<'de> for Nested<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor(PhantomData))
    }
}

/// Writes a struct whose members are found by these names, and its [`Members`].
macro_rules! members {
    ($(#[$doc:meta])* $name:ident<$life:lifetime> { $($key:literal => $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub(crate) struct $name<$life> {
            $(pub(crate) $field: $kind,)*
        }

        impl<$life> Members<$life> for $name<$life> {
            fn take<A: MapAccess<$life>>(&mut self, name: &str, members: &mut A) -> Result<(), A::Error> {
                match name {
                    $($key => self.$field = members.next_value()?,)*
                    _ => drop(members.next_value::<IgnoredAny>()?),
                }
                Ok(())
            }
        }
    };
}

members! {
    /// V2, client to broker, and the Links socket.
    Request<'a> {
        "Operation" => operation: Loose<'a>,
        "Targets" => targets: List<'a>,
        "PublishCommands" => commands: Nested<'a, Command<'a>>,
        "LinkCommand" => link: Nested<'a, Link<'a>>,
    }
}

members! {
    /// One entry of `PublishCommands`.
    Command<'a> {
        "Target" => target: Loose<'a>,
        "Body" => body: Nested<'a, Body<'a>>,
    }
}

members! {
    /// The body of a command.
    Body<'a> {
        "id" => id: Loose<'a>,
        "m" => mode: Loose<'a>,
        "i" => intensity: Loose<'a>,
        "d" => duration: Loose<'a>,
        "r" => replace: Loose<'a>,
        "l" => log: Nested<'a, Log<'a>>,
    }
}

members! {
    /// The log data of a command.
    Log<'a> {
        "u" => user: Loose<'a>,
        "ty" => access: Loose<'a>,
        "w" => warning: Loose<'a>,
        "h" => hold: Loose<'a>,
        "o" => origin: Loose<'a>,
    }
}

members! {
    /// `LinkCommand`.
    Link<'a> {
        "Mode" => mode: Loose<'a>,
        "Intensity" => intensity: Loose<'a>,
        "Duration" => duration: Loose<'a>,
        "Replace" => replace: Loose<'a>,
        "LogData" => log: Nested<'a, LinkLog<'a>>,
    }
}

members! {
    /// `LogData` of a link command.
    LinkLog<'a> {
        "Warning" => warning: Loose<'a>,
        "Username" => username: Loose<'a>,
        "WarningLevel" => warning_level: Loose<'a>,
        "Hold" => hold: Loose<'a>,
    }
}

members! {
    /// V2, broker to client; `Command` and `Payload` are V1's.
    Reply<'a> {
        "ErrorCode" => error_code: Loose<'a>,
        "IsError" => is_error: Loose<'a>,
        "Message" => message: Loose<'a>,
        "OriginalCommand" => original: Loose<'a>,
        "Source" => source: Loose<'a>,
        "Command" => command: Loose<'a>,
        "Payload" => payload: List<'a>,
    }
}

/// A list of scalars; nothing else is kept of another type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum List<'a> {
    #[default]
    Absent,
    Null,
    Items(Vec<Loose<'a>>),
    Text(Cow<'a, str>),
    Other,
}

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;
        impl<'de> Visitor<'de> for ListVisitor {
            type Value = List<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_unit<E>(self) -> Result<List<'de>, E> {
                Ok(List::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<List<'de>, E> {
                Ok(List::Other)
            }
            fn visit_i64<E>(self, _: i64) -> Result<List<'de>, E> {
                Ok(List::Other)
            }
            fn visit_u64<E>(self, _: u64) -> Result<List<'de>, E> {
                Ok(List::Other)
            }
            fn visit_f64<E>(self, _: f64) -> Result<List<'de>, E> {
                Ok(List::Other)
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<List<'de>, E> {
                Ok(List::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<List<'de>, E> {
                Ok(List::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(List::Items(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<List<'de>, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(List::Other)
            }
        }
        deserializer.deserialize_any(ListVisitor)
    }
}

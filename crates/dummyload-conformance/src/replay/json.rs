//! JSON that keeps what a comparison by value must see: how numbers are spelt, and members that come twice.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// As it is spelt.
    Number(String),
    Text(String),
    List(Vec<Json>),
    /// In their order, with those that come twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// `None` for a text that is no JSON.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it has in these members.
    pub(super) fn group(&self, names: &[String]) -> Vec<Option<String>> {
        names.iter().map(|name| self.member(name).map(Self::to_string)).collect()
    }

    /// The items of the lists in it, but for lists within them.
    pub(super) fn items(&self, items: &mut Vec<Self>) {
        match self {
            Self::List(list) => items.extend(list.iter().cloned()),
            Self::Object(members) => members.iter().for_each(|(_, value)| value.items(items)),
            _ => {}
        }
    }

    /// The same with another value in the place of an object that stands at a pointer.
    pub(super) fn with(&self, pointer: &str, value: &Self) -> Self {
        let (Self::Object(members), Some(rest)) = (self, pointer.strip_prefix('/')) else { return value.clone() };
        let (name, below) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let replaced =
            |(key, old): &(String, Self)| (key.clone(), if key == name { old.with(below, value) } else { old.clone() });
        Self::Object(members.iter().map(replaced).collect())
    }

    /// What stands at a JSON pointer without escapes.
    pub(super) fn at(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, Self::member)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number),
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if n == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (n, (name, value)) in members.iter().enumerate() {
                    let name = serde_json::Value::from(name.as_str());
                    write!(f, "{}{name}:{value}", if n == 0 { "" } else { "," })?;
                }
                f.write_str("}")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let read = match raw.as_bytes().first() {
            Some(b'{') => serde_json::Deserializer::from_str(raw).deserialize_map(Members),
            Some(b'[') => serde_json::Deserializer::from_str(raw).deserialize_seq(Items),
            Some(b'"') => serde_json::from_str(raw).map(Self::Text),
            Some(b'n') => Ok(Self::Null),
            Some(b't') => Ok(Self::Bool(true)),
            Some(b'f') => Ok(Self::Bool(false)),
            _ => Ok(Self::Number(raw.to_owned())),
        };
        read.map_err(serde::de::Error::custom)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_order_and_repeats_are_kept() {
        for text in [r#"{"b":1.0,"a":-0,"b":1e2}"#, r#"[1,[],{},null,true,"\n"]"#, "12345678901234567890.10", "\"x\""] {
            assert_eq!(Json::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Json::parse(" [ 1 , { } ] ").unwrap().to_string(), "[1,{}]");
        assert_eq!(Json::parse("{'a':1}"), None);
        assert_eq!(Json::parse(r#"{"a":{"b":[2]}}"#).unwrap().at("/a/b").unwrap().to_string(), "[2]");
    }
}

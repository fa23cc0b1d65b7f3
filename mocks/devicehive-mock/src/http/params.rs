//! What a call says, as the members that the message of the socket would have.

use super::route::{Absent, Body, Kind, Route, Segment};
use crate::world::{INVALID_PARAMETERS, Refusal};
use devicehive_proto::{Datetime, Fields, JsonKind, strict};
use dummyload_host::HttpRequest;
use serde_json::Value;
use std::borrow::Cow;

/// The members of a call, and what of it counts only later.
#[derive(Debug, Default)]
pub(super) struct Params {
    /// Names and JSON texts.
    members: Vec<(String, String)>,
    /// What is wrong with it, told to those who may make the call at all.
    pub(super) refusal: Option<Refusal>,
    /// It has no body, although it should.
    pub(super) absent: Option<Absent>,
}

/// Why a call does not even get to the question who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A number in its path or query is none: there is no such resource.
    NotFound,
    /// Its body is no JSON, or not of the kind that is wanted.
    Body,
}

impl Params {
    /// Reads a call of this route; `parts` are those of its path.
    pub(super) fn read(route: &Route, parts: &[String], request: &HttpRequest) -> Result<Self, Unreadable> {
        let mut params = Self::default();
        params.body(route.body, &request.body)?;
        for (segment, part) in route.path.iter().zip(parts) {
            match segment {
                Segment::Is(_) => {}
                Segment::Text(name) => params.text(name, part),
                Segment::Long(name) => params.number::<i64>(name, part)?,
                Segment::Parsed(name) => match part.parse::<i64>() {
                    Ok(number) => params.raw(name, number.to_string()),
                    Err(_) => {
                        let right = format!("{name} must be a whole number");
                        let text = format!("For input string: {}", Value::from(part.as_str()));
                        params.refuse(Refusal::crash(text, (400, right), "dossier 14.4"));
                    }
                },
            }
        }
        let given: Vec<(String, String)> = request.query_pairs().collect();
        for (name, kind) in route.query {
            if let Some((_, value)) = given.iter().find(|(given, _)| given == name) {
                params.query(name, *kind, value)?;
            }
        }
        Ok(params)
    }

    /// As the members of a message.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields::of(self.members.iter().map(|(name, json)| (Cow::Borrowed(name.as_str()), json.as_str())))
    }

    /// The text of a member that is one.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let json = self.members.iter().rev().find(|(known, _)| known == name).map(|(_, json)| json)?;
        serde_json::from_str(json).ok()
    }

    fn raw(&mut self, name: &str, json: String) {
        self.members.push((name.to_owned(), json));
    }

    fn text(&mut self, name: &str, text: &str) {
        self.raw(name, Value::from(text).to_string());
    }

    fn number<N: std::str::FromStr + ToString>(&mut self, name: &str, text: &str) -> Result<(), Unreadable> {
        let number: N = text.parse().map_err(|_| Unreadable::NotFound)?;
        self.raw(name, number.to_string());
        Ok(())
    }

    /// The first thing that is wrong is told.
    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    fn query(&mut self, name: &str, kind: Kind, value: &str) -> Result<(), Unreadable> {
        match kind {
            // The framework takes numbers without a text for missing ones.
            Kind::Int | Kind::Long | Kind::Wait | Kind::Limit if value.trim().is_empty() => {}
            Kind::Wait => {
                let seconds: i64 = value.parse().map_err(|_| Unreadable::NotFound)?;
                match seconds {
                    ..0 => self.refuse(Refusal::bad("Timeout can't be less than 0 seconds. ")),
                    0..=60 => self.raw(name, seconds.to_string()),
                    _ => self.refuse(Refusal::bad("Timeout can't be more than 60 seconds. ")),
                }
            }
            Kind::Limit => {
                let limit: i32 = value.parse().map_err(|_| Unreadable::NotFound)?;
                match limit {
                    ..0 => self.refuse(Refusal::bad("Limit can't be less than 0.")),
                    _ => self.raw(name, limit.to_string()),
                }
            }
            Kind::Int => self.number::<i32>(name, value)?,
            Kind::Long => self.number::<i64>(name, value)?,
            Kind::Text | Kind::Flag => self.text(name, value),
            Kind::Time if value.trim().is_empty() || Datetime::parse(value).is_some() => self.text(name, value),
            Kind::Time => self.refuse(Refusal::bad("Unparseable timestamp")),
            Kind::Texts => {
                let items: Vec<&str> = value.split(',').filter(|item| !item.is_empty()).collect();
                self.raw(name, Value::from(items).to_string());
            }
            Kind::Longs => {
                let items = value.split(',').filter(|item| !item.is_empty()).map(|item| item.trim().parse());
                match items.collect::<Result<Vec<i64>, _>>() {
                    Ok(items) => self.raw(name, Value::from(items).to_string()),
                    Err(_) => self.refuse(Refusal::bad(INVALID_PARAMETERS)),
                }
            }
        }
        Ok(())
    }

    fn body(&mut self, wanted: Body, body: &[u8]) -> Result<(), Unreadable> {
        let (member, absent) = match wanted {
            Body::None => return Ok(()),
            Body::Members(absent) => (None, absent),
            Body::Member(name, absent) => (Some(name), absent),
        };
        let text = String::from_utf8_lossy(body);
        if text.trim().is_empty() {
            self.absent = Some(absent);
            return Ok(());
        }
        let json = strict(&text).map_err(|_| Unreadable::Body)?;
        let json = json.trim();
        match JsonKind::of(json) {
            JsonKind::Null => self.absent = Some(absent),
            JsonKind::Object => match member {
                Some(name) => self.raw(name, json.to_owned()),
                None => {
                    let fields = Fields::read(json).map_err(|_| Unreadable::Body)?;
                    self.members.extend(fields.iter().map(|(name, json)| (name.to_owned(), json.to_owned())));
                }
            },
            _ => return Err(Unreadable::Body),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::{Found, find};
    use super::*;

    fn read(method: &str, target: &str, body: &str) -> Result<Params, Unreadable> {
        let request = HttpRequest::new(method, target).with_body(body);
        let parts = request.segments();
        let Found::Route(route) = find(method, &parts, false) else { panic!("{method} {target}") };
        Params::read(route, &parts, &request)
    }

    #[test]
    fn a_call_has_the_members_of_its_message() {
        let params = read("GET", "/device/a%20b/command?take=5&start=2018-05-20&command=on&skip=", "").unwrap();
        let fields = params.fields();
        assert_eq!(fields.text("deviceId").unwrap().unwrap(), "a b");
        assert_eq!((fields.int("take"), fields.int("skip")), (Ok(Some(5)), Ok(None)));
        assert!(fields.datetime("start").unwrap().is_some());

        let params = read("PUT", "/device/x/command/7", r#"{"status":'a'}"#).unwrap();
        let fields = params.fields();
        assert_eq!(fields.long("commandId"), Ok(Some(7)));
        assert_eq!(fields.fields("command").unwrap().unwrap().text("status").unwrap().unwrap(), "a");

        let params = read("PUT", "/configuration/key", r#"{"value":"v","name":"other"}"#).unwrap();
        assert_eq!(params.fields().text("name").unwrap().unwrap(), "key");

        let params = read("GET", "/device/command/poll?names=a,,b&networkIds=1,2&waitTimeout=3", "").unwrap();
        assert_eq!(params.fields().long("waitTimeout"), Ok(Some(3)));
        assert_eq!(params.fields().texts("names").unwrap().unwrap().len(), 2);
        assert_eq!(params.fields().longs("networkIds").unwrap().unwrap().len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_in_its_time() {
        let unreadable = |method, target, body| read(method, target, body).map(drop).unwrap_err();
        assert_eq!(unreadable("GET", "/network/x", ""), Unreadable::NotFound);
        assert_eq!(unreadable("GET", "/device?take=x", ""), Unreadable::NotFound);
        assert_eq!(unreadable("GET", "/device/a/command/poll?waitTimeout=x", ""), Unreadable::NotFound);
        for body in ["[]", "5", "\"x\"", "{bad", "{} x"] {
            assert_eq!(unreadable("POST", "/network", body), Unreadable::Body, "{body}");
        }
        let refusal = |target| read("GET", target, "").unwrap().refusal.unwrap();
        assert_eq!(refusal("/device/a/command?start=x"), Refusal::bad("Unparseable timestamp"));
        assert_eq!(refusal("/device/command/poll?networkIds=x"), Refusal::bad(INVALID_PARAMETERS));
        assert_eq!(
            refusal("/device/command/poll?waitTimeout=61"),
            Refusal::bad("Timeout can't be more than 60 seconds. ")
        );
        assert_eq!(refusal("/device/command/poll?limit=-1"), Refusal::bad("Limit can't be less than 0."));
        assert!(matches!(refusal("/device/a/command/x"), Refusal::Defect(_)));
        for body in ["", " ", "null"] {
            assert_eq!(read("PUT", "/user/1", body).unwrap().absent, Some(Absent::IsNothing));
        }
    }
}

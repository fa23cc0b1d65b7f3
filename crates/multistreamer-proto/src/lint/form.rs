//! How a message is written.

use super::fields::{ACCOUNT, Field, Want};
use super::{DeviationKind, Level, Lint};
use alloc::format;
use dummyload_codec::lint::{Found, Need, walk};
use dummyload_codec::members::{self, Object};

impl Lint {
    /// Checks an object with everything in it.
    pub(super) fn object(&mut self, pointer: &str, json: &str, fields: &[Field], section: &'static str) {
        let Ok(object) = Object::read(json) else { return self.wrong_type(pointer, "an object", section) };
        walk(pointer, object.iter(), fields, |here, found| {
            let (kind, level, text) = match found {
                Found::Known(value, field) => return self.member(here, value, field, section),
                Found::Disordered => return,
                Found::Unknown => (DeviationKind::UnknownMember, Level::Warning, "nobody knows such a member"),
                Found::Repeated => {
                    (DeviationKind::RepeatedMember, Level::Warning, "it stands twice; the last one counts")
                }
                Found::Missing => (DeviationKind::MissingMember, Level::Warning, "the documents have this member"),
            };
            self.add(here, kind, level, section, text);
        });
    }

    fn member(&mut self, pointer: &str, value: &str, field: &Field, section: &'static str) {
        if members::is_null(value) {
            let text = "leave it out instead of sending null";
            return self.add(pointer, DeviationKind::NullMember, Level::Warning, section, text);
        }
        if field.need == Need::Undocumented {
            let text = "in use, but not in the documents";
            self.add(pointer, DeviationKind::Undocumented, Level::Info, section, text);
        }
        let is_text = value.starts_with('"');
        match field.want {
            Want::Any => {}
            Want::Text if is_text => {}
            Want::PersonId if is_text || members::integer(value).is_some() => {}
            Want::Integer if value.parse::<i64>().is_ok() => {}
            Want::Integer if members::integer(value).is_some() => {
                let text = "write a whole number, not a text or a fraction";
                self.add(pointer, DeviationKind::LooseType, Level::Warning, "dossier 4", text);
            }
            Want::Boolean if members::boolean(value).is_some() => {}
            Want::Object(fields) => self.object(pointer, value, fields, section),
            Want::Accounts => self.accounts(pointer, value, section),
            want => self.wrong_type(pointer, want.name(), section),
        }
    }

    fn accounts(&mut self, pointer: &str, json: &str, section: &'static str) {
        let Ok(object) = Object::read(json) else { return self.wrong_type(pointer, Want::Accounts.name(), section) };
        for (key, account) in object.iter() {
            let here = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
            if key.parse::<u64>().is_err() || key.len() > 1 && key.starts_with(['0', '+']) {
                let text = "the ids of accounts are numbers";
                self.add(&here, DeviationKind::WrongType, Level::Error, section, text);
            }
            self.object(&here, account, ACCOUNT, section);
        }
    }

    fn wrong_type(&mut self, pointer: &str, wanted: &str, section: &'static str) {
        let text = format!("{wanted} is wanted here");
        self.add(pointer, DeviationKind::WrongType, Level::Error, section, text);
    }
}

impl Want {
    /// For people.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::PersonId => "a number or a text",
            Self::Any => "any JSON",
            Self::Object(_) => "an object",
            Self::Accounts => "an object of accounts by their ids",
        }
    }
}

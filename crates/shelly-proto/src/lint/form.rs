//! How a message is written.

use super::fields::{Field, Want};
use super::{DeviationKind, Level, Lint};
use crate::Form;
use crate::message::frame_id;
use alloc::format;
use dummyload_codec::lint::{Found, Need, walk};
use dummyload_codec::members::{self, Object};

/// The sections with the members of events and requests.
const MEMBERS: &str = "dossier 9, 10";
/// The section about what clients have to put up with.
const LOOSE: &str = "dossier 15";

impl Lint {
    /// Checks an object with everything in it. `ordered` is whether its members have one documented order.
    pub(super) fn object(&mut self, pointer: &str, json: &str, fields: &[Field], ordered: bool) {
        let Ok(object) = Object::read(json) else { return self.wrong_type(pointer, "an object", json) };
        walk(pointer, object.iter(), fields, |here, found| {
            let (kind, level, section, text) = match found {
                Found::Known(value, field) => return self.member(here, value, field),
                Found::Unknown => {
                    let text = "nobody knows such a member; it is passed over";
                    (DeviationKind::UnknownMember, Level::Warning, MEMBERS, text)
                }
                Found::Repeated => {
                    (DeviationKind::RepeatedMember, Level::Warning, MEMBERS, "it stands twice; the last one counts")
                }
                Found::Disordered if !ordered => return,
                Found::Disordered => {
                    (DeviationKind::MemberOrder, Level::Info, LOOSE, "members in another order than in the documents")
                }
                Found::Missing => {
                    (DeviationKind::MissingMember, Level::Warning, MEMBERS, "the documents have this member")
                }
            };
            self.add(here, kind, level, section, text);
        });
    }

    fn member(&mut self, pointer: &str, value: &str, field: &Field) {
        if members::is_null(value) && !matches!(field.want, Want::Any) {
            let text = "leave it out instead of sending null";
            return self.add(pointer, DeviationKind::NullMember, Level::Warning, MEMBERS, text);
        }
        if field.need == Need::Undocumented {
            let text = "in use, but not in the documents";
            self.add(pointer, DeviationKind::Undocumented, Level::Info, "dossier 9.1, 11.1", text);
        }
        let is_number = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let is_text = value.starts_with('"');
        match field.want {
            Want::Any => {}
            Want::Text if is_text => {}
            Want::Open if value.starts_with('{') => {}
            Want::List if value.starts_with('[') => {}
            Want::Object(fields) => self.object(pointer, value, fields, true),
            Want::Integer if is_number && value.parse::<i64>().is_ok() => {}
            Want::Integer if is_number => self.loose(pointer, "a whole number"),
            Want::Integer if members::number(value).is_some() => self.loose(pointer, "a number, not a text"),
            Want::Bit if matches!(value, "0" | "1") => {}
            Want::Bit if members::flag(value).is_some() => self.loose(pointer, "0 or 1"),
            Want::Number | Want::Trid if value == "0" => {
                let text = "count from 1: there are programs that take 0 for none";
                self.add(pointer, DeviationKind::ZeroTrid, Level::Info, "dossier 15, row 13", text);
            }
            Want::Number | Want::Trid if is_number && value.parse::<i64>().is_ok_and(|number| number > 0) => {}
            Want::Number | Want::Trid if is_number && value.parse::<i64>().is_ok() => {
                self.loose(pointer, "a whole number from 1 on");
            }
            Want::Trid if is_text => {}
            Want::Number if is_text => self.loose(pointer, "a number, not a text"),
            Want::Id => self.id(pointer, value),
            want => self.wrong_type(pointer, want.name(), value),
        }
    }

    fn id(&mut self, pointer: &str, value: &str) {
        match frame_id(value).map(|id| id.form()) {
            Some(Form::Decimal | Form::X) => {}
            Some(Form::Number) => self.loose(pointer, "a text, not a number"),
            Some(_) => {
                let text = "ids on the socket are decimal; a hexadecimal one names no device";
                self.add(pointer, DeviationKind::NotDecimal, Level::Error, "dossier 2.1", text);
            }
            None => self.wrong_type(pointer, Want::Id.name(), value),
        }
    }

    fn loose(&mut self, pointer: &str, wanted: &str) {
        let text = format!("write {wanted}");
        self.add(pointer, DeviationKind::LooseType, Level::Warning, LOOSE, text);
    }

    fn wrong_type(&mut self, pointer: &str, wanted: &str, found: &str) {
        let found = match found.as_bytes().first() {
            Some(b'"') => "a text",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        };
        let text = format!("{wanted} is wanted here, this is {found}");
        self.add(pointer, DeviationKind::WrongType, Level::Error, MEMBERS, text);
    }
}

impl Want {
    /// For people.
    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer | Self::Number => "a whole number",
            Self::Bit => "0 or 1",
            Self::Id => "a decimal number in a text",
            Self::Trid => "a whole number or a text",
            Self::Any => "any JSON",
            Self::List => "an array",
            Self::Open | Self::Object(_) => "an object",
        }
    }
}

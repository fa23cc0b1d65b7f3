//! How a message is written.

use super::fields::{Field, Want};
use super::{DeviationKind, Level, Lint, Side};
use crate::json::plain;
use crate::{Datetime, Fields};
use alloc::format;
use dummyload_codec::lint::{Found, walk};
use dummyload_codec::members::{each_item, is_null};

/// The sections with the members of requests and of what servers send.
const MEMBERS: &str = "dossier M3, M4";
/// The section about what servers put up with, and what the documents show.
const TYPES: &str = "dossier M1.2";
/// The section about nulls, which servers write and clients leave out.
const NULLS: &str = "dossier M1.1, M1.2";

impl Lint {
    /// Checks an object with everything in it.
    pub(super) fn object(&mut self, pointer: &str, json: &str, fields: &[Field]) {
        let Ok(object) = Fields::read(json) else { return self.wrong_type(pointer, "an object", json) };
        let side = self.side;
        walk(pointer, object.iter(), fields, |here, found| {
            let (kind, level, section, text) = match found {
                Found::Known(value, field) => return self.member(here, value, field),
                Found::Unknown => {
                    let text = "nobody reads such a member; it is passed over";
                    (DeviationKind::UnknownMember, Level::Warning, MEMBERS, text)
                }
                Found::Repeated => {
                    (DeviationKind::RepeatedMember, Level::Warning, "dossier 2", "it stands twice; the last one counts")
                }
                Found::Disordered if side == Side::Client => return,
                Found::Disordered => {
                    (DeviationKind::MemberOrder, Level::Info, "dossier 3", "members in another order than the server's")
                }
                Found::Missing => {
                    let (level, text) = match side {
                        Side::Client => (Level::Error, "servers do nothing without this member"),
                        Side::Server => (Level::Warning, "servers always send this member, be it null"),
                    };
                    (DeviationKind::MissingMember, level, MEMBERS, text)
                }
            };
            self.add(here, kind, level, section, text);
        });
    }

    fn member(&mut self, pointer: &str, value: &str, field: &Field) {
        let nullable = matches!(field.want, Want::Any | Want::Null(_));
        if is_null(value) && !nullable {
            let (level, text) = match self.side {
                Side::Client if field.is_required() || self.is_fatal_null(pointer) => {
                    (Level::Error, "servers fail over null here")
                }
                Side::Client => (Level::Warning, "leave it out instead of sending null"),
                Side::Server => (Level::Warning, "servers never send null here"),
            };
            return self.add(pointer, DeviationKind::NullMember, level, NULLS, text);
        }
        self.value(pointer, value, field.want);
    }

    fn value(&mut self, pointer: &str, value: &str, want: Want) {
        let client = self.side == Side::Client;
        let is_number = value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let is_flag = matches!(value, "true" | "false");
        let is_text = value.starts_with('"');
        match want {
            Want::Any => {}
            Want::Null(want) => {
                if !is_null(value) {
                    self.value(pointer, value, *want);
                }
            }
            Want::Text if is_text => {}
            Want::Text if client && (is_number || is_flag) => self.loose(pointer, "a text"),
            Want::Long if value.parse::<i64>().is_ok() => {}
            Want::Int if value.parse::<i32>().is_ok() => {}
            Want::Long | Want::Int if is_number => {
                let text = "servers cut off what is behind the point, and of large numbers all but the last bits";
                self.add(pointer, DeviationKind::OutOfRange, Level::Warning, TYPES, text);
            }
            Want::Long | Want::Int if is_text && plain(value).parse::<i64>().is_ok() => {
                self.loose(pointer, "a number, not a text");
            }
            Want::Flag if is_flag => {}
            Want::Flag if is_text && client => self.loose(pointer, "true or false, not a text"),
            Want::Time => self.time(pointer, value),
            Want::Word(words) if is_text || client && (is_number || is_flag) => {
                self.word(pointer, &plain(value), words);
            }
            Want::Open if value.starts_with('{') => {}
            Want::Items if value.starts_with('[') => {}
            Want::Object(fields) if value.starts_with('{') => self.object(pointer, value, fields),
            Want::List(want) if value.starts_with('[') => self.items(pointer, value, *want),
            Want::Longs if value.starts_with('[') => self.items(pointer, value, Want::Long),
            Want::Texts if value.starts_with('[') => self.items(pointer, value, Want::Text),
            want => self.wrong_type(pointer, want.name(), value),
        }
    }

    fn items(&mut self, pointer: &str, value: &str, want: Want) {
        let mut at = 0;
        // Such a text has been read before, so it is one.
        let _ = each_item(value, |item| {
            let here = format!("{pointer}/{at}");
            if is_null(item) {
                let text = "nulls in lists stand for nothing";
                self.add(&here, DeviationKind::NullMember, Level::Warning, NULLS, text);
            } else {
                self.value(&here, item, want);
            }
            at += 1;
        });
    }

    fn word(&mut self, pointer: &str, word: &str, words: &[&str]) {
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            let text = format!("it should be one of {}; other words have odd effects or none", words.join(", "));
            self.add(pointer, DeviationKind::UnknownWord, Level::Warning, "dossier M4.4, M6.2, M10", text);
        }
    }

    fn time(&mut self, pointer: &str, value: &str) {
        const TIMES: &str = "dossier 3.1";
        let text = plain(value);
        let is_whole = value.starts_with('"') || value.parse::<i64>().is_ok();
        let Some(time) = Datetime::parse(&text).filter(|_| is_whole) else {
            if self.side == Side::Client && value.starts_with('"') && text.trim().is_empty() {
                let text = "leave it out: a blank text counts as no time";
                return self.add(pointer, DeviationKind::LooseTime, Level::Info, TIMES, text);
            }
            return self.wrong_type(pointer, Want::Time.name(), value);
        };
        let written = format!("{time}");
        match self.side {
            Side::Server if text != written => {
                let text = format!("there are clients that read nothing but this form: {written}");
                self.add(pointer, DeviationKind::LooseTime, Level::Warning, TIMES, text);
            }
            Side::Client if is_misread(&text) => {
                let text = format!("server 3.5 takes this for another time, or for none; write {written}");
                self.add(pointer, DeviationKind::LooseTime, Level::Warning, "dossier V4", text);
            }
            Side::Client if text != written => {
                let text = format!("another form of {written}");
                self.add(pointer, DeviationKind::LooseTime, Level::Info, TIMES, text);
            }
            _ => {}
        }
    }

    fn loose(&mut self, pointer: &str, wanted: &str) {
        self.add(pointer, DeviationKind::LooseType, Level::Warning, TYPES, format!("write {wanted}"));
    }

    pub(super) fn wrong_type(&mut self, pointer: &str, wanted: &str, found: &str) {
        let found = match found.as_bytes().first() {
            Some(b'"') => "a text",
            Some(b'{') => "an object",
            Some(b'[') => "an array",
            Some(b't' | b'f') => "true or false",
            Some(b'n') => "null",
            _ => "a number",
        };
        let text = match found {
            // A text of the wrong content.
            "a text" if wanted.contains("text") => format!("{wanted} is wanted here, and this text is none"),
            found => format!("{wanted} is wanted here, this is {found}"),
        };
        self.add(pointer, DeviationKind::WrongType, Level::Error, TYPES, text);
    }
}

/// Whether server 3.5 reads something else: two digits behind the point, or more than three, or no seconds (dossier V4).
fn is_misread(text: &str) -> bool {
    let Some((_, time)) = text.split_once('T') else { return false };
    let clock = &time[..time.find(['Z', '+', '-']).unwrap_or(time.len())];
    match clock.split_once('.') {
        Some((_, fraction)) => !matches!(fraction.len(), 1 | 3),
        None => clock.len() == "10:00".len(),
    }
}

impl Want {
    /// For people.
    fn name(self) -> &'static str {
        match self {
            Self::Text | Self::Word(_) => "a text",
            Self::Long => "a whole number",
            Self::Int => "a whole number of 32 bits",
            Self::Flag => "true or false",
            Self::Time => "a time as a text or in milliseconds",
            Self::Open | Self::Object(_) => "an object",
            Self::Longs => "an array of whole numbers",
            Self::Texts => "an array of texts",
            Self::Items | Self::List(_) => "an array",
            Self::Any => "any JSON",
            Self::Null(want) => want.name(),
        }
    }
}

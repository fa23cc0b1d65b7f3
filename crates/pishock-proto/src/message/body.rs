//! The body of a command, the same in both dialects (dossier 3.2).

use super::shared::parse_into;
use crate::wire::{Shape, members};
use crate::{Access, Mode, ShockerId, UserId};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::owned;
use dummyload_codec::write::ObjectWriter;

/// The body of a command as it was sent. `None` stands for absent, null, and what cannot be understood;
/// [`lint_client`](crate::lint_client) tells which. Numbers can be out of range.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Body<'a> {
    /// `id`
    pub id: Option<ShockerId>,
    /// `m`
    pub mode: Option<Mode>,
    /// `i`, percent.
    pub intensity: Option<i64>,
    /// `d`, milliseconds.
    pub duration: Option<i64>,
    /// `r`: replace what runs.
    pub replace: Option<bool>,
    /// `l`
    pub log: Option<LogData<'a>>,
}

/// What a command says of itself for the log: `l` of the body. It permits nothing.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LogData<'a> {
    /// `u`
    pub user: Option<UserId>,
    /// `ty`
    pub access: Option<Access>,
    /// `w`
    pub warning: Option<bool>,
    /// `h`
    pub hold: Option<bool>,
    /// `o`
    pub origin: Option<Cow<'a, str>>,
}

members! {
    Body {
        "id" => |body, next| body.id = next.loose()?.natural().map(ShockerId),
        "m" => |body, next| body.mode = next.loose()?.text().map(|letter| Mode::from_letter(&letter)),
        "i" => |body, next| body.intensity = next.loose()?.integer(),
        "d" => |body, next| body.duration = next.loose()?.integer(),
        "r" => |body, next| body.replace = next.loose()?.boolean(),
        "l" => |body, next| next.fill_object(&mut body.log)?,
    }
}

members! {
    LogData {
        "u" => |log, next| log.user = next.loose()?.natural().map(UserId),
        "ty" => |log, next| log.access = next.loose()?.text().map(|text| Access::parse(&text)),
        "w" => |log, next| log.warning = next.loose()?.boolean(),
        "h" => |log, next| log.hold = next.loose()?.boolean(),
        "o" => |log, next| log.origin = next.loose()?.text(),
    }
}

impl<'a> Body<'a> {
    /// The body in a string; empty if there is none.
    pub(super) fn in_text(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::parse(text),
            Cow::Owned(text) => Body::parse(&text).into_owned(),
        }
    }

    fn parse(text: &'a str) -> Self {
        let mut body = Self::default();
        match parse_into(text, &mut body) {
            Ok(Shape::Object) => body,
            _ => Self::default(),
        }
    }

    pub(super) fn encode_into<const DEPTH: u8>(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::<DEPTH>::open(out);
        object.number("id", self.id.map(|id| id.0));
        object.text("m", self.mode.as_ref().map(Mode::letter));
        object.number("i", self.intensity);
        object.number("d", self.duration);
        object.boolean("r", self.replace);
        if let Some(log) = &self.log {
            log.encode_into::<DEPTH>(object.name("l"));
        }
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Body<'static> {
        let Self { id, mode, intensity, duration, replace, log } = self;
        Body { id, mode, intensity, duration, replace, log: log.map(LogData::into_owned) }
    }
}

impl LogData<'_> {
    fn encode_into<const DEPTH: u8>(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::<DEPTH>::open(out);
        object.number("u", self.user.map(|user| user.0));
        object.text("ty", self.access.as_ref().map(Access::as_str));
        object.boolean("w", self.warning);
        object.boolean("h", self.hold);
        object.text("o", self.origin.as_deref());
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> LogData<'static> {
        let Self { user, access, warning, hold, origin } = self;
        LogData { user, access, warning, hold, origin: origin.map(owned) }
    }
}

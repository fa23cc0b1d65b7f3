//! The command of the Links socket (dossier 6.6).

use crate::Mode;
use crate::wire::members;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::owned;
use dummyload_codec::write::ObjectWriter;

/// The command of the Links socket as it was sent; `None` as in a [`Body`](crate::Body).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LinkCommand<'a> {
    /// `Mode`
    pub mode: Option<Mode>,
    /// `Intensity`, percent.
    pub intensity: Option<i64>,
    /// `Duration`, milliseconds.
    pub duration: Option<i64>,
    /// `Replace`
    pub replace: Option<bool>,
    /// `LogData.Warning`
    pub warning: Option<bool>,
    /// `LogData.Username`
    pub username: Option<Cow<'a, str>>,
    /// `LogData.WarningLevel`, 0 to 3.
    pub warning_level: Option<i64>,
    /// `LogData.Hold`
    pub hold: Option<bool>,
}

#[derive(Debug, Default)]
struct LinkLog<'a> {
    warning: Option<bool>,
    username: Option<Cow<'a, str>>,
    warning_level: Option<i64>,
    hold: Option<bool>,
}

members! {
    LinkCommand {
        "Mode" => |link, next| link.mode = next.loose()?.text().map(|letter| Mode::from_letter(&letter)),
        "Intensity" => |link, next| link.intensity = next.loose()?.integer(),
        "Duration" => |link, next| link.duration = next.loose()?.integer(),
        "Replace" => |link, next| link.replace = next.loose()?.boolean(),
        "LogData" => |link, next| {
            let mut log = LinkLog::default();
            next.fill(&mut log)?;
            (link.warning, link.username) = (log.warning, log.username);
            (link.warning_level, link.hold) = (log.warning_level, log.hold);
        },
    }
}

members! {
    LinkLog {
        "Warning" => |log, next| log.warning = next.loose()?.boolean(),
        "Username" => |log, next| log.username = next.loose()?.text(),
        "WarningLevel" => |log, next| log.warning_level = next.loose()?.integer(),
        "Hold" => |log, next| log.hold = next.loose()?.boolean(),
    }
}

impl LinkCommand<'_> {
    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::<0>::open(out);
        object.text("Mode", self.mode.as_ref().map(Mode::letter));
        object.number("Intensity", self.intensity);
        object.number("Duration", self.duration);
        object.boolean("Replace", self.replace);
        let mut log = ObjectWriter::<0>::open(object.name("LogData"));
        log.boolean("Warning", self.warning);
        log.text("Username", self.username.as_deref());
        log.number("WarningLevel", self.warning_level);
        log.boolean("Hold", self.hold);
        log.close();
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> LinkCommand<'static> {
        let Self { mode, intensity, duration, replace, warning, username, warning_level, hold } = self;
        let username = username.map(owned);
        LinkCommand { mode, intensity, duration, replace, warning, username, warning_level, hold }
    }
}

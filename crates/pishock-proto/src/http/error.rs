//! Why a call brought nothing.

use alloc::string::String;
use core::fmt;

/// A call that failed, by whose fault. Holds nothing of what was sent or answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The service refused, or failed.
    Refused {
        /// The HTTP status. It can be a success: an empty one means a bad key in one of the calls (dossier 6.1).
        status: u16,
        /// What that status means for this call.
        reason: Reason,
    },
    /// The answer is no JSON.
    NotJson {
        /// Line, from 1; 0 if the body is empty.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The answer is JSON, but not what this call brings.
    WrongShape {
        /// What is missing or wrong, and where.
        what: String,
    },
}

impl HttpError {
    pub(super) fn of_json(e: &serde_json::Error) -> Self {
        if e.is_data() {
            Self::WrongShape { what: alloc::string::ToString::to_string(e) }
        } else {
            Self::NotJson { line: e.line(), column: e.column() }
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, reason } => write!(f, "{reason} (HTTP status {status})"),
            Self::NotJson { line: 0, .. } => f.write_str("the answer is empty"),
            Self::NotJson { line, column } => write!(f, "the answer is no JSON at line {line} column {column}"),
            Self::WrongShape { what } => write!(f, "the answer is not what this call brings: {what}"),
        }
    }
}

impl core::error::Error for HttpError {}

macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $status:expr => $text:literal,)*) => {
        /// What the status of a refusal means (dossier 6.1, 6.4, 6.5). One status means different things in different
        /// calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &[Self] = &[$(Self::$reason,)*];

            /// The status that a service answers for this reason; `None` where there are many.
            pub const fn status(self) -> Option<u16> {
                match self {
                    $(Self::$reason => $status,)*
                }
            }
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$reason => $text,)*
                })
            }
        }
    };
}

reasons! {
    /// Name, key or token are not valid.
    BadCredentials = Some(401) => "name, API key or token are not valid",
    /// The account may not do this.
    Forbidden = Some(403) => "this account may not do that",
    /// No such shocker.
    UnknownShocker = Some(404) => "there is no such shocker",
    /// No such share code.
    UnknownCode = Some(404) => "there is no such share code",
    /// No such share.
    UnknownShare = Some(404) => "there is no such share",
    /// No such link.
    UnknownLink = Some(404) => "there is no such link",
    /// The shocker or the share does not have this mode.
    ModeNotAllowed = Some(405) => "this mode is not allowed",
    /// The hub's firmware is not of version 3.
    NotV3 = Some(406) => "the hub is not a V3 hub",
    /// The share is locked.
    Locked = Some(410) => "the share is locked",
    /// Somebody has claimed the code before.
    AlreadyClaimed = Some(410) => "the share code is claimed already",
    /// Stronger than allowed.
    TooStrong = Some(412) => "the intensity is above the limit",
    /// A claim without codes.
    NoCode = Some(412) => "no share code was given",
    /// Longer than allowed.
    TooLong = Some(416) => "the duration is above the limit",
    /// A claim of too many codes.
    TooManyCodes = Some(416) => "too many share codes at once",
    /// The shocker or the share is paused.
    Paused = Some(503) => "the shocker is paused",
    /// The service failed: any other status from 500. The request may be right.
    ServiceFailed = None => "the service failed",
    /// Any other status.
    Other = None => "the service refused for a reason unknown",
}

/// What a status means: first by the call's own table, then by what all calls have in common.
pub(super) fn reason(status: u16, own: &[Reason]) -> Reason {
    let common = [Reason::BadCredentials, Reason::Forbidden];
    let known = own.iter().chain(&common).find(|reason| reason.status() == Some(status));
    known.copied().unwrap_or(if status >= 500 { Reason::ServiceFailed } else { Reason::Other })
}

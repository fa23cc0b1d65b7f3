//! What things are called. All of them are numbers; where the server takes texts for them too is said with each message
//! (dossier 4).

use alloc::string::String;
use core::fmt;
use dummyload_codec::members;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads a whole number, one with a fraction of zeros, or one in a text.
            #[allow(dead_code, reason = "not all of them come over the socket")]
            pub(crate) fn read(json: &str) -> Option<Self> {
                members::integer(json).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

id! {
    /// An account on a network, such as a Twitch channel. 0 is the internal chat of a stream.
    AccountId
}
id! {
    /// A stream, which is what a socket belongs to.
    StreamId
}
id! {
    /// A user of the server.
    UserId
}

impl AccountId {
    /// The internal chat, where users of the server talk to each other.
    pub const IRC: Self = Self(0);
}

/// Who has written something: networks number people, or give them names of digits (dossier 4, ID types). What was read as
/// one is written as the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PersonId {
    /// A number, as of users of the server.
    Number(i64),
    /// A text, as of Twitch.
    Text(String),
}

impl PersonId {
    pub(crate) fn read(json: &str) -> Option<Self> {
        match members::text(json) {
            Some(text) => Some(Self::Text(text.into_owned())),
            None => members::integer(json).map(Self::Number),
        }
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The number that the server makes of a text where it converts one: with blanks around it, in hexadecimal with `0x`, or with
/// an exponent (dossier 4.2, recording `writer-id-forms`); in hexadecimal also with a fraction and an exponent of two, as LuaJIT
/// reads it.
///
/// ```
/// use multistreamer_proto::lua_number;
/// assert_eq!([lua_number(" 17 "), lua_number("0x11"), lua_number("1.7e1")], [Some(17.0); 3]);
/// assert_eq!(lua_number("17 pounds"), None);
/// ```
pub fn lua_number(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return hexadecimal(hex).map(|number| sign * number);
    }
    // Rust reads more than this: inf, nan, infinity.
    let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    digits.parse::<f64>().ok().filter(|number| starts && number.is_finite()).map(|number| sign * number)
}

/// What stands behind `0x`, as `1.1p4`, which is 17.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = match text.split_once(['p', 'P']) {
        Some((digits, exponent)) => {
            let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let plain = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
            (digits, exponent.parse::<i32>().ok().filter(|_| plain)?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut number = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        number = number * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent = exponent.saturating_sub(i32::try_from(fraction.len()).ok()?.saturating_mul(4));
    // Beyond these nothing is left, or too much.
    let exponent = exponent.clamp(-5000, 5000);
    let step = if exponent < 0 { 0.5 } else { 2.0 };
    (0..exponent.unsigned_abs()).for_each(|_| number *= step);
    Some(number).filter(|number: &f64| number.is_finite())
}

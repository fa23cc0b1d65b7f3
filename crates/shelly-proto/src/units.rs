//! Quantities that must not be out of range (dossier 11.1, 15), and the words of commands.

use crate::OutOfRange;
use core::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($number:ty): $what:literal, $low:literal..=$high:literal, $range:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($number);

        impl $name {
            /// The least.
            pub const MIN: Self = Self($low);
            /// The greatest.
            pub const MAX: Self = Self($high);
            pub(crate) const RANGE: &'static str = $range;

            /// One of this number.
            ///
            /// # Errors
            /// Out of range.
            pub const fn new(number: $number) -> Result<Self, OutOfRange> {
                let given = number as i64;
                if given >= $low && given <= $high {
                    Ok(Self(number))
                } else {
                    Err(OutOfRange::new($what, given, $range))
                }
            }

            /// The number.
            pub const fn get(self) -> $number {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

quantity! {
    /// A brightness, gain or position in percent, 0 to 100.
    Percent(u8): "percentage", 0..=100, "0 to 100"
}
quantity! {
    /// By how much a position changes, in percent, -100 to 100.
    Shift(i8): "relative movement", -100..=100, "-100 to 100"
}
quantity! {
    /// The number of an effect, 0 to 6; which of them there are depends on the model.
    Effect(u8): "effect", 0..=6, "0 to 6"
}
quantity! {
    /// A colour temperature in kelvin, 2500 to 7500. Most lights have less of a range.
    Kelvin(u16): "colour temperature", 2500..=7500, "2500 to 7500"
}

/// Which of the outputs of a device, from 0. The only one of a device is number 0, and is named too (dossier 11.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(pub u16);

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }

            /// The one of this text, which counts only with its case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What becomes of a switch: `turn`.
    Turn {
        /// Switch on.
        On = "on",
        /// Switch off.
        Off = "off",
        /// Change over.
        Toggle = "toggle",
    }
}
words! {
    /// What a light shows: `mode`.
    LightMode {
        /// A colour, by `red`, `green`, `blue`, `white` and `gain`.
        Color = "color",
        /// White, by `brightness` and `temp`.
        White = "white",
    }
}
words! {
    /// Where a cover goes: `go`. The documents have `up` and `down`; `open` and `close` are in use as well and mean the
    /// same, but are kept apart as they were sent (dossier 11.1).
    Direction {
        /// Open it.
        Up = "up",
        /// Close it.
        Down = "down",
        /// The other word for up.
        Open = "open",
        /// The other word for down.
        Close = "close",
    }
}

impl Direction {
    /// Whether it opens the cover.
    pub const fn opens(self) -> bool {
        matches!(self, Self::Up | Self::Open)
    }
}

//! The numbers and names of things.

use alloc::string::String;
use core::fmt;
use core::num::ParseIntError;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    };
}

number! {
    /// The number of an account: `UserId` of the HTTP calls and `l.u` of a command.
    UserId
}
number! {
    /// The number of a hub. The older calls name it `clientId`, although it is not the program's (dossier 1).
    HubId
}
number! {
    /// The number of a shocker: `id` of a command.
    ShockerId
}

number! {
    /// The number of a share: of one shocker to one account (dossier 6.3).
    ShareId
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The value of this text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// The code under which shockers are shared: printable ASCII (dossier 3.5). It is part of channel names, so it is
    /// no secret on the wire, but whoever claims it may operate the shocker.
    ShareCode
}
text! {
    /// The UUID of a public control link (dossier 6.5, 6.6).
    LinkId
}

//! The channels of the broker (dossier 3.5).

use crate::{HubId, ShareCode};
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// A channel name, taken apart. [`Channel::parse`] and `Display` are inverse to each other for every text.
///
/// ```
/// use pishock_proto::{Channel, HubId, ShareCode};
/// assert_eq!(Channel::parse("c1234-sops-ABC"), Channel::SharedOps(HubId(1234), ShareCode::new("ABC")));
/// assert_eq!(Channel::Ping(HubId(1234)).to_string(), "1234-ping");
/// // With a leading c it is no channel to subscribe to (dossier 12, row 16).
/// assert_eq!(Channel::parse("c1234-ping"), Channel::Other("c1234-ping".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// `c{hub}-ops`: operate any shocker of one's own hub.
    Ops(HubId),
    /// `c{hub}-sops-{code}`: operate through a share code.
    SharedOps(HubId, ShareCode),
    /// `{hub}-ping`: the hub's signs of life.
    Ping(HubId),
    /// `{hub}-log`: what is done with the hub.
    Log(HubId),
    /// Any other name.
    Other(String),
}

impl Channel {
    /// Takes a name apart. Every text is a channel, be it [`Channel::Other`].
    pub fn parse(name: &str) -> Self {
        Self::known(name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    fn known(name: &str) -> Option<Self> {
        let (hub, rest) = name.split_once('-')?;
        match (hub.strip_prefix('c'), rest) {
            (Some(hub), "ops") => Some(Self::Ops(number(hub)?)),
            (Some(hub), rest) => {
                let code = rest.strip_prefix("sops-").filter(|code| !code.is_empty())?;
                Some(Self::SharedOps(number(hub)?, ShareCode::new(code)))
            }
            (None, "ping") => Some(Self::Ping(number(hub)?)),
            (None, "log") => Some(Self::Log(number(hub)?)),
            (None, _) => None,
        }
    }

    /// The hub in the name, where it is a known form.
    pub fn hub(&self) -> Option<HubId> {
        match self {
            Self::Ops(hub) | Self::SharedOps(hub, _) | Self::Ping(hub) | Self::Log(hub) => Some(*hub),
            Self::Other(_) => None,
        }
    }
}

/// A number as it is written by `Display`: other spellings ("01", "+1") are other channels.
fn number(text: &str) -> Option<HubId> {
    let plain = !text.starts_with('+') && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ops(hub) => write!(f, "c{hub}-ops"),
            Self::SharedOps(hub, code) => write!(f, "c{hub}-sops-{code}"),
            Self::Ping(hub) => write!(f, "{hub}-ping"),
            Self::Log(hub) => write!(f, "{hub}-log"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

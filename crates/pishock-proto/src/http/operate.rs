//! Hubs, shockers, and operating them without a socket (dossier 6.2, 6.5).

use super::answer::{accepted, json};
use super::object::object;
use super::request::{QueryLogin, signed, text_of};
use super::{Call, HttpError, Method, Reason, Request};
use crate::{DurationMs, HubId, Intensity, Login, Mode, ShareCode, ShockerId, UserId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;
use dummyload_codec::url::encoded;
use serde::ser::{Serialize, Serializer};

/// Asks the older service for the hubs of an account with their shockers (dossier 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetUserDevices(QueryLogin);

impl GetUserDevices {
    /// The hubs of this user. A login by token has the user in it, and that one counts.
    pub fn new(user: UserId, login: &Login) -> Self {
        Self(QueryLogin::new(user, login))
    }
}

impl Call for GetUserDevices {
    type Answer = Vec<Hub>;

    fn request(&self) -> Request {
        self.0.request(Method::Get, "GetUserDevices", "")
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Hub>, HttpError> {
        json(status, body, &[])
    }
}

object! {
    /// A hub (dossier 6.2). Written in camelCase; [`PascalCase`] is the other form.
    Hub {
        /// The hub's number, which the answer calls a client's.
        "clientId" | "hubId" => id: required HubId,
        /// What its owner calls it.
        "name" => name: null String,
        /// Its owner.
        "userId" => user: null UserId,
        /// Its owner's name.
        "username" => username: null String,
        /// Its shockers.
        "shockers" => shockers: list Vec<HubShocker>,
    }
}

object! {
    /// A shocker of a hub.
    HubShocker {
        /// What its owner calls it.
        "name" => name: null String,
        /// Its number.
        "shockerId" => id: required ShockerId,
        /// Whether its owner has paused it.
        "isPaused" => paused: null bool,
        /// Its make; the vendor's page does not have it.
        "shockerType" => kind: absent i64,
    }
}

/// Hubs in PascalCase, as the service answers a request with the key in a header (dossier 6.2).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PascalCase<'a>(
    /// The hubs.
    pub &'a [Hub],
);

impl Serialize for PascalCase<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct PascalHub<'a> {
            client_id: HubId,
            name: Option<&'a str>,
            user_id: Option<UserId>,
            username: Option<&'a str>,
            shockers: Vec<PascalShocker<'a>>,
        }
        #[derive(serde::Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct PascalShocker<'a> {
            name: Option<&'a str>,
            shocker_id: ShockerId,
            is_paused: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            shocker_type: Option<i64>,
        }
        fn pascal(shocker: &HubShocker) -> PascalShocker<'_> {
            PascalShocker {
                name: shocker.name.as_deref(),
                shocker_id: shocker.id,
                is_paused: shocker.paused,
                shocker_type: shocker.kind,
            }
        }
        to.collect_seq(self.0.iter().map(|hub| PascalHub {
            client_id: hub.id,
            name: hub.name.as_deref(),
            user_id: hub.user,
            username: hub.username.as_deref(),
            shockers: hub.shockers.iter().map(pascal).collect(),
        }))
    }
}

/// Asks the REST API for one's own shockers (dossier 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetShockers {
    login: Login,
}

impl GetShockers {
    /// The shockers of this login's account.
    pub fn new(login: Login) -> Self {
        Self { login }
    }
}

impl Call for GetShockers {
    type Answer = Vec<Shocker>;

    fn request(&self) -> Request {
        signed(Method::Get, "/Shockers".into(), &self.login)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Shocker>, HttpError> {
        json(status, body, &[])
    }
}

object! {
    /// One of one's own shockers (dossier 6.5). Some clients refuse an answer that lacks any member but the last.
    Shocker {
        /// Its hub.
        "HubId" => hub: required HubId,
        /// Its number.
        "ShockerId" => id: required ShockerId,
        /// What its owner calls it.
        "Name" => name: null String,
        /// Whether its hub has firmware of version 3, which this API asks for.
        "IsV3" => is_v3: null bool,
        /// Whether it can beep.
        "CanBeep" => can_beep: null bool,
        /// Whether it can vibrate.
        "CanVibrate" => can_vibrate: null bool,
        /// Whether it can shock.
        "CanShock" => can_shock: null bool,
        /// Whether it can be paused.
        "CanPause" => can_pause: null bool,
        /// Its limit in milliseconds.
        "MaxDuration" => max_duration: null i64,
        /// Its limit in percent.
        "MaxIntensity" => max_intensity: null i64,
        /// Whether a command can be held.
        "CanHold" => can_hold: absent bool,
    }
}

/// What an operate call does. This API has no stop (dossier 6.5). It takes durations from 16 ms on, hubs from 100 ms
/// (dossier 3.3), so here as everywhere a [`DurationMs`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Shock.
    Shock(Intensity, DurationMs),
    /// Vibrate.
    Vibrate(Intensity, DurationMs),
    /// Beep.
    Beep(DurationMs),
}

/// Operates a shocker (dossier 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operate {
    login: Login,
    to: Addressee,
    operation: Operation,
    agent: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Addressee {
    Shocker(ShockerId),
    Share(ShareCode),
}

impl Operate {
    /// One of one's own shockers. `agent` is the name shown in the log.
    pub fn shocker(login: Login, shocker: ShockerId, operation: Operation, agent: impl Into<String>) -> Self {
        Self { login, to: Addressee::Shocker(shocker), operation, agent: agent.into() }
    }

    /// What is shared under a code. `agent` is the name shown in the log.
    pub fn share(login: Login, code: ShareCode, operation: Operation, agent: impl Into<String>) -> Self {
        Self { login, to: Addressee::Share(code), operation, agent: agent.into() }
    }
}

impl Call for Operate {
    type Answer = ();

    fn request(&self) -> Request {
        let target = match &self.to {
            Addressee::Shocker(shocker) => format!("/Shockers/{shocker}"),
            Addressee::Share(code) => format!("/Shockers/OperateByShare/{}", encoded(code.as_str())),
        };
        signed(Method::Post, target, &self.login).json(text_of(&OperateBody::of(&self.operation, &self.agent)))
    }

    fn answer(&self, status: u16, _: &[u8]) -> Result<(), HttpError> {
        let unknown = match &self.to {
            Addressee::Shocker(_) => Reason::UnknownShocker,
            Addressee::Share(_) => Reason::UnknownCode,
        };
        let own = [
            unknown,
            Reason::ModeNotAllowed,
            Reason::NotV3,
            Reason::Locked,
            Reason::TooStrong,
            Reason::TooLong,
            Reason::Paused,
        ];
        accepted(status, &own)
    }
}

object! {
    /// The body of an operate call as it was sent; numbers can be out of range.
    OperateBody {
        /// The name shown in the log.
        "AgentName" => agent_name: null String,
        /// 0 shock, 1 vibrate, 2 beep; see [`OperateBody::mode`].
        "Operation" => operation: null i64,
        /// Milliseconds.
        "Duration" => duration: null i64,
        /// Percent.
        "Intensity" => intensity: null i64,
        /// False in all requests seen.
        "IntensityAsPercentage" => intensity_as_percentage: null bool,
    }
}

impl OperateBody {
    /// The durations that this API takes, in milliseconds.
    pub const DURATIONS: RangeInclusive<i64> = 16..=15_000;
    /// The intensities that this API takes, in percent.
    pub const INTENSITIES: RangeInclusive<i64> = 0..=100;

    /// The body that an [`Operate`] call sends.
    pub fn of(operation: &Operation, agent: &str) -> Self {
        let (number, intensity, duration) = match *operation {
            Operation::Shock(intensity, duration) => (0, intensity, duration),
            Operation::Vibrate(intensity, duration) => (1, intensity, duration),
            Operation::Beep(duration) => (2, Intensity::ZERO, duration),
        };
        Self {
            agent_name: Some(agent.into()),
            operation: Some(number),
            duration: Some(duration.get().into()),
            intensity: Some(intensity.get().into()),
            intensity_as_percentage: Some(false),
        }
    }

    /// The mode behind the number of the operation.
    pub fn mode(&self) -> Option<Mode> {
        match self.operation? {
            0 => Some(Mode::Shock),
            1 => Some(Mode::Vibrate),
            2 => Some(Mode::Beep),
            _ => None,
        }
    }
}

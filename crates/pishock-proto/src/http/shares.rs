//! What people share with each other (dossier 6.3, 6.4, 6.5).

use super::answer::{accepted, json};
use super::object::object;
use super::request::{QueryLogin, signed, text_of};
use super::{Call, HttpError, Method, Reason, Request};
use crate::{HubId, Login, OutOfRange, ShareCode, ShareId, ShockerId, UserId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// Asks for the numbers of the shares of an account, by the names of those who share (dossier 6.3). One's own shockers
/// are among them once there are codes for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetShareCodesByOwner(QueryLogin);

impl GetShareCodesByOwner {
    /// The shares of this user. A login by token has the user in it, and that one counts.
    pub fn new(user: UserId, login: &Login) -> Self {
        Self(QueryLogin::new(user, login))
    }
}

impl Call for GetShareCodesByOwner {
    type Answer = BTreeMap<String, Vec<ShareId>>;

    fn request(&self) -> Request {
        self.0.request(Method::Get, "GetShareCodesByOwner", "")
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Self::Answer, HttpError> {
        json(status, body, &[])
    }
}

/// Asks for shares by their numbers (dossier 6.3). With no numbers it need not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetShockersByShareIds {
    login: QueryLogin,
    shares: Vec<ShareId>,
}

impl GetShockersByShareIds {
    /// These shares of this user. A login by token has the user in it, and that one counts.
    pub fn new(user: UserId, login: &Login, shares: impl IntoIterator<Item = ShareId>) -> Self {
        Self { login: QueryLogin::new(user, login), shares: shares.into_iter().collect() }
    }
}

impl Call for GetShockersByShareIds {
    type Answer = BTreeMap<String, Vec<Share>>;

    fn request(&self) -> Request {
        let shares: String = self.shares.iter().map(|share| format!("&shareIds={share}")).collect();
        self.login.request(Method::Get, "GetShockersByShareIds", &shares)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Self::Answer, HttpError> {
        json(status, body, &[])
    }
}

object! {
    /// A share, as the older service shows it (dossier 6.3).
    Share {
        /// The number of the share.
        "shareId" => id: required ShareId,
        /// The hub, which the answer calls a client.
        "clientId" | "hubId" => hub: required HubId,
        /// The shocker.
        "shockerId" => shocker: required ShockerId,
        /// What its owner calls it.
        "shockerName" => shocker_name: null String,
        /// Whether the shocker is paused.
        "isPaused" => paused: null bool,
        /// The limit in percent.
        "maxIntensity" => max_intensity: null i64,
        /// Whether a command can be held.
        "canContinuous" => can_continuous: null bool,
        /// Whether it can shock.
        "canShock" => can_shock: null bool,
        /// Whether it can vibrate.
        "canVibrate" => can_vibrate: null bool,
        /// Whether it can beep.
        "canBeep" => can_beep: null bool,
        /// Whether the hub's log can be read.
        "canLog" => can_log: null bool,
        /// The code, for the name of a channel.
        "shareCode" => code: null ShareCode,
    }
}

/// Makes a new share code for one of one's own shockers (dossier 6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateShare {
    login: QueryLogin,
    shocker: ShockerId,
}

impl CreateShare {
    /// A code for this shocker of this user. A login by token has the user in it, and that one counts.
    pub fn new(user: UserId, login: &Login, shocker: ShockerId) -> Self {
        Self { login: QueryLogin::new(user, login), shocker }
    }
}

impl Call for CreateShare {
    type Answer = ShareCode;

    fn request(&self) -> Request {
        self.login.request(Method::Post, "CreateShare", &format!("&ShockerId={}", self.shocker))
    }

    /// The code comes as a JSON string, as bare text, or in an object.
    fn answer(&self, status: u16, body: &[u8]) -> Result<ShareCode, HttpError> {
        accepted(status, &[Reason::UnknownShocker])?;
        let body = body.trim_ascii();
        let bare = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let code = match body.first() {
            Some(b'{') => {
                let members: BTreeMap<String, Value> = json(status, body, &[])?;
                let code = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("code"));
                code.and_then(|(_, code)| code.as_str().map(String::from))
            }
            Some(_) if body != b"null" && body.iter().all(bare) => Some(String::from_utf8_lossy(body).into_owned()),
            _ => Some(json(status, body, &[])?),
        };
        code.map(ShareCode::new).ok_or_else(|| HttpError::WrongShape { what: "Code is missing".into() })
    }
}

/// Claims share codes, which must be done before they work on the socket (dossier 6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimShares {
    login: Login,
    codes: Vec<ShareCode>,
}

impl ClaimShares {
    /// The most codes in one call.
    pub const MOST: usize = 20;

    /// Claims these codes for this login's account.
    ///
    /// # Errors
    /// No code, or more than [`ClaimShares::MOST`].
    pub fn new(login: Login, codes: impl IntoIterator<Item = ShareCode>) -> Result<Self, OutOfRange> {
        let codes: Vec<_> = codes.into_iter().collect();
        if codes.is_empty() || codes.len() > Self::MOST {
            let given = i64::try_from(codes.len()).unwrap_or(i64::MAX);
            return Err(OutOfRange::new("number of share codes", given, "1 to 20 in one call"));
        }
        Ok(Self { login, codes })
    }
}

impl Call for ClaimShares {
    type Answer = ();

    fn request(&self) -> Request {
        let body = ClaimBody { shares: self.codes.clone() };
        signed(Method::Put, "/Share".into(), &self.login).json(text_of(&body))
    }

    fn answer(&self, status: u16, _: &[u8]) -> Result<(), HttpError> {
        accepted(status, &[Reason::UnknownCode, Reason::AlreadyClaimed, Reason::NoCode, Reason::TooManyCodes])
    }
}

object! {
    /// The body of a claim.
    ClaimBody {
        /// The codes.
        "Shares" => shares: list Vec<ShareCode>,
    }
}

/// Gives a claimed share back (dossier 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveBackShare {
    login: Login,
    share: ShareId,
}

impl GiveBackShare {
    /// Gives this share of this login's account back.
    pub fn new(login: Login, share: ShareId) -> Self {
        Self { login, share }
    }
}

impl Call for GiveBackShare {
    type Answer = ();

    fn request(&self) -> Request {
        signed(Method::Delete, format!("/Share/{}", self.share), &self.login)
    }

    fn answer(&self, status: u16, _: &[u8]) -> Result<(), HttpError> {
        accepted(status, &[Reason::UnknownShare])
    }
}

/// Asks for the shares that one's own account has claimed (dossier 6.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetShared {
    login: Login,
}

impl GetShared {
    /// The shares of this login's account.
    pub fn new(login: Login) -> Self {
        Self { login }
    }
}

impl Call for GetShared {
    type Answer = Vec<SharedShocker>;

    fn request(&self) -> Request {
        signed(Method::Get, "/Share/GetShared".into(), &self.login)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<SharedShocker>, HttpError> {
        json(status, body, &[])
    }
}

object! {
    /// A share, as the REST API shows it (dossier 6.5). Some clients refuse an answer that lacks any member.
    SharedShocker {
        /// The number of the share.
        "ShareId" => id: required ShareId,
        /// The account that shares.
        "OwnerId" => owner: null UserId,
        /// The hub, which the answer calls a client.
        "ClientId" | "HubId" => hub: required HubId,
        /// The shocker.
        "Id" | "ShockerId" => shocker: required ShockerId,
        /// What its owner calls it.
        "Name" => name: null String,
        /// Whether its hub has firmware of version 3, which this API asks for.
        "IsV3" => is_v3: null bool,
        /// Whether the shocker is paused.
        "Paused" => paused: null bool,
        /// Whether the claimer can pause it.
        "CanPause" => can_pause: null bool,
        /// Whether a command can be held.
        "CanHold" => can_hold: null bool,
        /// Whether it can beep.
        "CanBeep" => can_beep: null bool,
        /// Whether it can vibrate.
        "CanVibrate" => can_vibrate: null bool,
        /// Whether it can shock.
        "CanShock" => can_shock: null bool,
        /// Whether the hub's log can be read.
        "CanLog" => can_log: null bool,
        /// Whether the share is paused.
        "SharePaused" => share_paused: null bool,
        /// The code.
        "ShareCode" => code: null ShareCode,
        /// Whether the share is locked.
        "Locked" => locked: null bool,
        /// The limit in percent.
        "MaxIntensity" => max_intensity: null i64,
        /// The limit in milliseconds.
        "MaxDuration" => max_duration: null i64,
        /// The name of the account that shares.
        "OwnedBy" => owned_by: null String,
    }
}

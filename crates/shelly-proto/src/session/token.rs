//! The access token: where it leads, and when the next one is due.

use crate::{Claims, ClaimsError, Elsewhere, HostPolicy, Server, ServerError};
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use dummyload_session::{Endpoint, Secret, Timestamp};

/// How long before its end a token is replaced (dossier 4.5); half of what is left, where that is less.
const MARGIN: Duration = Duration::from_secs(300);
/// The longest that a token is used, whatever it says of itself (dossier 4.5).
const LONGEST_USE: Duration = Duration::from_secs(11 * 3600);
/// The shortest, so that a token that has ended already makes nobody ask in circles.
const SHORTEST_USE: Duration = Duration::from_secs(10);

/// A text cannot be used as an access token. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no token with claims.
    Claims(ClaimsError),
    /// It must not be sent to the server that it names.
    Server(ServerError),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims(error) => error.fmt(f),
            Self::Server(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for TokenError {}

/// How a token leads to a socket.
#[derive(Clone, Debug)]
pub(super) struct Place {
    server: Server,
    /// Tokens say where the server is, if this agrees; without it, the server stays what it is.
    policy: Option<HostPolicy>,
    pub(super) elsewhere: Elsewhere,
    /// The time in seconds since 1970 when the caller's time is zero.
    pub(super) epoch: i64,
}

impl Place {
    pub(super) fn by_token(token: &Secret<String>, policy: HostPolicy) -> Result<Self, TokenError> {
        let claims = Claims::decode(token.expose()).map_err(TokenError::Claims)?;
        let server = policy.server_of(&claims).map_err(TokenError::Server)?;
        Ok(Self { policy: Some(policy), ..Self::at(server) })
    }

    pub(super) fn at(server: Server) -> Self {
        Self { server, policy: None, elsewhere: Elsewhere::default(), epoch: 0 }
    }

    /// A new token can name another server: accounts are moved (dossier 1).
    pub(super) fn follow(&mut self, token: &Secret<String>) -> Result<(), TokenError> {
        if let Some(policy) = self.policy {
            self.server = Self::by_token(token, policy)?.server;
        }
        Ok(())
    }

    /// When a token ends by its own words.
    fn end(&self, token: &Secret<String>) -> Option<Timestamp> {
        let exp = Claims::decode(token.expose()).ok()?.exp?;
        let seconds = u64::try_from(exp.saturating_sub(self.epoch)).unwrap_or(0);
        Some(Timestamp::new(Duration::from_secs(seconds)))
    }
}

/// The token in use.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) endpoint: Endpoint,
    /// When it ends; never, if it does not tell.
    pub(super) ends: Timestamp,
    /// When the next one is asked for.
    pub(super) due: Timestamp,
    /// It replaced one that was refused.
    pub(super) after_refusal: bool,
    /// A connection has stood with it.
    pub(super) worked: bool,
}

impl Token {
    pub(super) fn new(now: Timestamp, place: &Place, token: &Secret<String>, lifetime: Option<Duration>) -> Self {
        let endpoint = place.server.socket(token.expose(), &place.elsewhere);
        let ends = lifetime.map(|left| now + left).or_else(|| place.end(token)).unwrap_or(Timestamp::NEVER);
        let left = ends - now;
        let used = (left - MARGIN.min(left / 2)).clamp(SHORTEST_USE, LONGEST_USE);
        Self { endpoint, ends, due: now + used, after_refusal: false, worked: false }
    }
}

//! Who logs in, by what, until when (dossier 2, 4.3, 6.5).

use super::rights::Refusal;
use super::state::State;
use crate::seed::{KeySeed, UserSeed};
use dummyload_session::Timestamp;
use pishock_proto::{Login, LoginAttempt, UserId};
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

/// Keys made before this day do not work on the socket (the vendor's page; dossier 2).
const FIRST_SOCKET_KEYS: OffsetDateTime = datetime!(2024-10-15 00:00 UTC);

/// A login that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) user: UserId,
    /// When the key or the token ends.
    pub(crate) expires: Option<Timestamp>,
    /// The place of the token among those of its user, if it was one.
    pub(crate) token: Option<usize>,
}

/// Where a login is used: the age rule is the socket's alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Socket,
    Http,
}

fn refuse(error: &'static str, code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal { error, message: "Authentication failed.".into(), code, text: text.into(), source: "dossier 2.1, 4.3" }
}

fn auth(code: &'static str, text: impl Into<String>) -> Refusal {
    refuse("AUTH_ERROR", code, text)
}

fn api_key(code: &'static str, text: impl Into<String>) -> Refusal {
    refuse("API_KEY_ERROR", code, text)
}

/// The login of a handshake.
pub(crate) fn on_socket(state: &State, now: Timestamp, attempt: &LoginAttempt) -> Result<Grant, Refusal> {
    match attempt {
        LoginAttempt::Complete(Login::ApiKey { username, key }) => {
            by_key(state, now, Some(username), key.expose(), Place::Socket)
        }
        LoginAttempt::Complete(Login::Token { user, token }) => by_token(state, now, *user, token.expose()),
        LoginAttempt::Incomplete(what) => Err(auth("login-incomplete", *what)),
        _ => Err(auth("login-incomplete", "this form of login is not known")),
    }
}

/// An API key, with a name or, as the REST API takes it, without.
pub(crate) fn by_key(
    state: &State,
    now: Timestamp,
    name: Option<&str>,
    key: &str,
    place: Place,
) -> Result<Grant, Refusal> {
    let user = match name {
        Some(name) => state.user_named(name).ok_or_else(|| auth("unknown-user", format!("no user is named {name}")))?,
        None => state.user_of_key(key).ok_or_else(|| api_key("wrong-key", "no user has this API key"))?,
    };
    let found = user.keys.iter().find(|known| known.key.eq_ignore_ascii_case(key));
    let Some(found) = found else {
        return Err(api_key("wrong-key", format!("user {} does not have this API key", user.name)));
    };
    if place == Place::Socket && !is_for_sockets(found) {
        let text = "the API key was made before 2024-10-15 and does not work on the socket: make a new one";
        return Err(api_key("key-too-old", text));
    }
    let expires = found.expires.map(timestamp);
    if expires.is_some_and(|expires| expires <= now) {
        return Err(api_key("key-expired", "the API key has expired: make a new one"));
    }
    Ok(Grant { user: user.id, expires, token: None })
}

/// A website token.
pub(crate) fn by_token(state: &State, now: Timestamp, user: UserId, token: &str) -> Result<Grant, Refusal> {
    let user: &UserSeed =
        state.user(user).ok_or_else(|| auth("unknown-user", format!("there is no user with the number {user}")))?;
    let Some(at) = user.tokens.iter().position(|known| known.token == token) else {
        return Err(auth("wrong-token", format!("user {} does not have this token", user.name)));
    };
    let expires = timestamp(user.tokens[at].expires);
    if expires <= now {
        return Err(auth("token-expired", "the token has expired: log in to the website again (two weeks)"));
    }
    Ok(Grant { user: user.id, expires: Some(expires), token: Some(at) })
}

/// The age rule of the socket.
pub(crate) fn is_for_sockets(key: &KeySeed) -> bool {
    key.generated >= FIRST_SOCKET_KEYS
}

/// A date as a time of the mock's clock; before 1970 it is 1970.
pub(crate) fn timestamp(date: OffsetDateTime) -> Timestamp {
    let seconds = u64::try_from(date.unix_timestamp()).unwrap_or_default();
    Timestamp::new(Duration::new(seconds, if date.unix_timestamp() < 0 { 0 } else { date.nanosecond() }))
}

/// A time of the mock's clock as a date; beyond the calendar it is the calendar's end.
pub(crate) fn date(now: Timestamp) -> OffsetDateTime {
    let since = now.since_epoch();
    i64::try_from(since.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|whole| whole.replace_nanosecond(since.subsec_nanos()).ok())
        .unwrap_or(datetime!(9999-12-31 23:59:59 UTC))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::WorldFile;
    use dummyload_host::VIRTUAL_EPOCH;

    #[test]
    fn dates_and_timestamps_are_inverse() {
        for at in [Timestamp::ZERO, VIRTUAL_EPOCH, VIRTUAL_EPOCH + Duration::from_micros(1_234_567)] {
            assert_eq!(timestamp(date(at)), at);
        }
        assert_eq!(timestamp(datetime!(1969-12-31 23:59:59.5 UTC)), Timestamp::ZERO);
        assert_eq!(date(Timestamp::NEVER).year(), 9999);
    }

    #[test]
    fn each_kind_of_login_fails_in_its_own_way() {
        let mut file = WorldFile::demo();
        file.users[0].keys[0].expires = Some(datetime!(2026-06-01 00:00 UTC));
        file.users[0].tokens[0].expires = datetime!(2026-01-15 00:00 UTC);
        let state = State::new(&file);
        let good = "11111111-2222-3333-4444-555555555555";
        let loud = good.to_uppercase();
        let old = "00000000-2222-3333-4444-555555555555";
        let day = |days: u64| VIRTUAL_EPOCH + Duration::from_secs(days * 86_400);
        let key = |name, key, now, place| by_key(&state, now, name, key, place).map(|g| g.user.0).map_err(|r| r.code);
        for place in [Place::Socket, Place::Http] {
            assert_eq!(key(Some("DEMO"), &loud, day(0), place), Ok(77));
            assert_eq!(key(None, good, day(0), place), Ok(77));
            assert_eq!(key(Some("nobody"), good, day(0), place), Err("unknown-user"));
            assert_eq!(key(Some("friend"), good, day(0), place), Err("wrong-key"));
            assert_eq!(key(None, "no key", day(0), place), Err("wrong-key"));
            assert_eq!(key(Some("demo"), good, day(200), place), Err("key-expired"));
        }
        assert_eq!(key(Some("demo"), old, day(0), Place::Socket), Err("key-too-old"));
        assert_eq!(key(Some("demo"), old, day(0), Place::Http), Ok(77));
        let token = |user, token, now| by_token(&state, now, UserId(user), token).map(|g| g.user.0).map_err(|r| r.code);
        assert_eq!(token(77, "demo-token", day(13)), Ok(77));
        assert_eq!(token(77, "demo-token", day(14)), Err("token-expired"));
        assert_eq!(token(77, "Demo-Token", day(0)), Err("wrong-token"));
        assert_eq!(token(78, "demo-token", day(0)), Err("wrong-token"));
        assert_eq!(token(1, "demo-token", day(0)), Err("unknown-user"));
    }
}

//! Logins and tokens (dossier 5.2, 7, 8).

use super::subscriptions::in_buckets;
use super::users::no_user;
use super::validation::Violations;
use super::{Op, Outcome};
use crate::world::principal::{Permissions, Principal, Scope};
use crate::world::refusal::{Answer, INVALID_PARAMETERS, MALFORMED, Refusal};
use crate::world::rows::{LOCKED, UserRow};
use crate::world::state::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use devicehive_proto::{Datetime, FieldError, Fields, JsonKind, Permission, TokenKind, TokenPayload};
use std::borrow::Cow;

/// Why a token does not authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// For this reason, which the servers keep to themselves.
    Invalid(&'static str),
    Expired,
}

impl TokenFault {
    /// What the socket says.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Invalid(_) => "Invalid credentials",
            Self::Expired => "Token expired",
        }
    }

    /// What the author of the client is told.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Invalid(why) => why,
            Self::Expired => "it has expired",
        }
    }
}

/// Who an access token stands for.
///
/// # Errors
/// It stands for nobody.
pub(crate) fn authenticate(state: &State, now: Datetime, token: &str) -> Result<Principal, TokenFault> {
    let foreign = "it is no token of DeviceHive that is signed with the secret of this mock";
    let payload = state.key.read(token).map_err(|_| TokenFault::Invalid(foreign))?;
    let now = state.options.token_time(now);
    if payload.kind == TokenKind::Refresh {
        return Err(TokenFault::Invalid("it is a refresh token, and an access token is wanted"));
    }
    if has_ended(token, now) {
        return Err(TokenFault::Invalid("its claim exp says that it has ended"));
    }
    if payload.expiration < now {
        return Err(TokenFault::Expired);
    }
    principal(state, &payload).map_err(TokenFault::Invalid)
}

/// What a token allows its user, if he is there and active.
fn principal(state: &State, payload: &TokenPayload) -> Result<Principal, &'static str> {
    let permissions = Permissions::of_token(payload.actions.as_deref());
    let permissions = permissions.ok_or("its member a has a number that is no permission")?;
    let user = state.user(payload.user_id).ok_or("there is no user of the number in its member u")?;
    if !user.is_active() {
        return Err("its user is locked or disabled");
    }
    let networks = match &payload.network_ids {
        None => Scope::Missing,
        Some(ids) => scope(ids).ok_or("its member n has something that is no number and not *")?,
    };
    let types = match &payload.device_type_ids {
        _ if user.all_device_types_available => Scope::All,
        None => Scope::Missing,
        Some(ids) => scope(ids).ok_or("its member dt has something that is no number and not *")?,
    };
    let mut principal = Principal::new(user, permissions, networks, types);
    principal.token_ends = Some(payload.expiration);
    Ok(principal)
}

fn scope(ids: &[String]) -> Option<Scope> {
    if ids.iter().any(|id| id == "*") {
        return Some(Scope::All);
    }
    ids.iter().map(|id| id.parse().ok()).collect::<Option<_>>().map(Scope::Listed)
}

/// Whether the standard claim `exp`, which the server itself never sets, says that a token has ended (dossier 8.1).
fn has_ended(token: &str, now: Datetime) -> bool {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|claims| String::from_utf8(claims).ok());
    let claims = claims.as_deref().and_then(|claims| Fields::read(claims).ok());
    let exp = claims.and_then(|claims| claims.long("exp").ok().flatten());
    exp.is_some_and(|exp| exp.saturating_mul(1000) < now.millis())
}

impl State {
    /// Notes that somebody has proven to be this user (dossier 7).
    pub(crate) fn note_login(&mut self, id: i64, now: Datetime) {
        let pause = self.setting_number("user.login.lastTimeout").unwrap_or(1000);
        let is_late = |last: Datetime| now.millis().saturating_sub(last.millis()) > pause;
        if self.user(id).is_some_and(|user| user.attempts != 0 || user.last_login.is_none_or(is_late)) {
            self.change_user(id, |user| {
                user.attempts = 0;
                if user.last_login.is_none_or(is_late) {
                    user.last_login = Some(now);
                }
            });
        }
    }

    /// The tokens that a login gives (dossier 8.2).
    pub(crate) fn tokens_of(&self, user: &UserRow, now: Datetime) -> (String, String) {
        self.token_pair(self.login_token(user, TokenKind::Access, now), now, None, None)
    }

    /// What such a token says.
    pub(crate) fn login_token(&self, user: &UserRow, kind: TokenKind, now: Datetime) -> TokenPayload {
        let ends = match kind {
            TokenKind::Access => self.access_ends(now),
            TokenKind::Refresh => after(now, self.options.refresh_token_life),
        };
        let mut payload = TokenPayload::access(user.id, ends).with_kind(kind, ends);
        if !user.is_admin() {
            payload.actions = Some(Permission::CLIENT_DEFAULT.iter().map(|permission| permission.id()).collect());
            payload.network_ids = Some(user.networks.iter().map(i64::to_string).collect());
            payload.device_type_ids = if user.all_device_types_available {
                Some(vec!["*".to_owned()])
            } else {
                Some(user.device_types.iter().map(i64::to_string).collect())
            };
        }
        payload
    }

    /// An access and a refresh token of one payload.
    fn token_pair(
        &self,
        payload: TokenPayload,
        now: Datetime,
        access_ends: Option<Datetime>,
        refresh_ends: Option<Datetime>,
    ) -> (String, String) {
        let access_ends = access_ends.unwrap_or_else(|| self.access_ends(now));
        let refresh_ends = refresh_ends.unwrap_or_else(|| after(now, self.options.refresh_token_life));
        let access = payload.with_kind(TokenKind::Access, access_ends);
        let token = self.key.sign(&access);
        let refresh = access.with_kind(TokenKind::Refresh, refresh_ends);
        (token, self.key.sign(&refresh))
    }

    fn access_ends(&self, now: Datetime) -> Datetime {
        after(now, self.options.access_token_life)
    }
}

fn after(now: Datetime, seconds: u32) -> Datetime {
    Datetime::from_millis(now.millis() + i64::from(seconds) * 1000)
}

const PAYLOAD_NOT_FOUND: &str = "Missing or invalid payload in request";

impl<'a> Op<'a, '_> {
    pub(super) fn token(&mut self) -> Outcome {
        let login = self.cast_text("login")?.unwrap_or_default();
        let password = self.cast_text("password")?.unwrap_or_default();
        if login.trim().is_empty() || password.is_empty() {
            return Err(Refusal::bad("Invalid or empty authorization request parameters"));
        }
        let Some(user) = self.state.user_by_login(&login) else {
            let text = format!("User with login = {login} not found or bad password");
            return Err(Refusal::denied(401, text, "there is no user with this login"));
        };
        if !user.is_active() {
            return Err(Refusal::error(401, "User is locked or disabled"));
        }
        let id = user.id;
        if user.password != *password {
            let most = self.state.setting_number("user.login.maxAttempts");
            let most = most.unwrap_or_else(|| self.state.options.max_login_attempts.into());
            let mut why = format!("this is not the password of user {id}");
            self.state.change_user(id, |user| {
                user.attempts += 1;
                if most > 0 && i64::from(user.attempts) >= most {
                    user.status = LOCKED;
                    user.attempts = 0;
                    why += ", who has been locked for too many wrong ones";
                }
            });
            return Err(Refusal::denied(401, "Invalid credentials", why));
        }
        let now = self.now();
        self.state.note_login(id, now);
        let user = self.state.user(id).ok_or_else(|| no_user(id))?;
        Ok(pair(&self.state.tokens_of(user, now)))
    }

    /// A text that the server takes out of a message without a look at what it is (dossier 4).
    fn cast_text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, Refusal> {
        match self.fields.raw(name).map(JsonKind::of) {
            Some(kind @ (JsonKind::Null | JsonKind::Object)) if self.caller.door.is_socket() => {
                if kind == JsonKind::Null && !self.state.rules.repeats_defects {
                    return Ok(None);
                }
                self.read(Err(FieldError::Unexpected(name, kind)))
            }
            _ => self.read(self.fields.text(name)),
        }
    }

    pub(super) fn token_create(&mut self) -> Outcome {
        let is_socket = self.caller.door.is_socket();
        let payload = match self.fields.raw("payload").map(JsonKind::of) {
            None if is_socket => {
                let text = "Cannot invoke \"com.google.gson.JsonElement.getAsJsonObject()\" because the return value of \
                            \"com.google.gson.JsonObject.get(String)\" is null";
                return Err(Refusal::crash(text, (400, PAYLOAD_NOT_FOUND), "dossier 4"));
            }
            None | Some(JsonKind::Null) if !is_socket => {
                let text = "Cannot invoke \"com.devicehive.security.jwt.JwtUserPayloadView.convertTo()\" because \
                            \"payloadView\" is null";
                return Err(Refusal::crash(text, (400, PAYLOAD_NOT_FOUND), "dossier 4"));
            }
            Some(JsonKind::Object) => self.read(self.fields.fields("payload"))?.unwrap_or_default(),
            _ => return Err(Refusal::bad(if is_socket { MALFORMED } else { INVALID_PARAMETERS })),
        };
        if is_socket {
            self.check_session()?;
        }
        // The socket hands the payload on to REST, so its answers are those of REST (dossier 8.3).
        let invalid = |_: FieldError| Refusal::bad(INVALID_PARAMETERS);
        let user = payload.long("userId").map_err(invalid)?;
        let actions = actions(&payload)?;
        let network_ids = id_texts(&payload, "networkIds")?;
        let device_type_ids = id_texts(&payload, "deviceTypeIds")?;
        let time = |name| self.time(&payload, name).map_err(|_| Refusal::bad(INVALID_PARAMETERS));
        let (ends, refresh_ends) = (time("expiration")?, time("refreshExpiration")?);
        let Some(user) = user else {
            let mut violations = Violations::default();
            violations.add("userId", None, self.state.rules.must_not_be_null);
            violations.check()?;
            return Err(Refusal::bad(INVALID_PARAMETERS));
        };
        let row = self.state.user(user).ok_or_else(|| no_user(user))?;
        if !row.is_active() {
            return Err(Refusal::forbidden("User is locked or disabled"));
        }
        let now = self.now();
        let mut made = TokenPayload::access(user, now);
        made.actions = Some(actions);
        made.network_ids = network_ids;
        made.device_type_ids = device_type_ids;
        Ok(pair(&self.state.token_pair(made, now, ends, refresh_ends.or(ends))))
    }

    /// The session's own token is used anew for this, and may have ended meanwhile (dossier 6).
    fn check_session(&self) -> Result<(), Refusal> {
        let Some(ends) = self.who.token_ends else {
            let why = "the token came with the handshake, and token/create needs one given by `authenticate`";
            return Err(Refusal::denied(401, "Unauthorized", why));
        };
        let user = self.state.user(self.who.user);
        if ends < self.state.options.token_time(self.now()) || !user.is_some_and(UserRow::is_active) {
            let text = self.state.rules.expired_session;
            return Err(Refusal::crash(text, (401, "Token expired"), "dossier 6"));
        }
        Ok(())
    }

    pub(super) fn token_refresh(&mut self) -> Outcome {
        let token = if self.caller.door.is_socket() && !self.fields.has("refreshToken") {
            return Err(Refusal::bad(PAYLOAD_NOT_FOUND));
        } else {
            self.cast_text("refreshToken")?.unwrap_or_default()
        };
        if token.is_empty() {
            let text = "JWT String argument cannot be null or empty.";
            return Err(Refusal::crash(text, (400, PAYLOAD_NOT_FOUND), "dossier 8.4"));
        }
        // The socket cannot use the answer that REST gives.
        let unauthorized = || match self.is_rest() {
            true => {
                let why = "this is no refresh token of this mock, or its user may not log in";
                Refusal::denied(401, "Unauthorized", why)
            }
            false => Refusal::crash("Invalid response status", (401, "Unauthorized"), "dossier 8.4"),
        };
        let payload = self.state.key.read(&token).map_err(|_| unauthorized())?;
        let now = self.now();
        if payload.kind == TokenKind::Access {
            return Err(Refusal::error(401, "Invalid token type"));
        }
        if payload.expiration < self.state.options.token_time(now) {
            return Err(Refusal::error(401, "Token has expired"));
        }
        if !self.state.user(payload.user_id).is_some_and(UserRow::is_active) {
            return Err(unauthorized());
        }
        self.state.note_login(payload.user_id, now);
        let payload = payload.with_kind(TokenKind::Access, self.state.access_ends(now));
        Ok(Answer::Members(format!("\"accessToken\":\"{}\"", self.state.key.sign(&payload))))
    }
}

fn pair((access, refresh): &(String, String)) -> Answer {
    Answer::Members(format!("\"accessToken\":\"{access}\",\"refreshToken\":\"{refresh}\""))
}

const NOT_ACTIONS: &str = "Actions list should contain only Strings or Integers";

/// The permissions that are wanted, by number: names in any letter case, or numbers; what there is not is left out
/// (dossier 8.3).
fn actions(payload: &Fields<'_>) -> Result<Vec<i64>, Refusal> {
    let Some(items) = items(payload, "actions")? else { return Ok(vec![Permission::NONE]) };
    let mut actions = std::collections::BTreeSet::new();
    for item in items {
        match item.as_bytes().first() {
            Some(b'"') => {
                let name = item.trim_matches('"');
                if name == "*" {
                    actions.insert(Permission::ANY);
                }
                actions.extend(Permission::parse(name).map(Permission::id));
            }
            Some(b'-' | b'0'..=b'9') => {
                // All numbers are floating ones to the server.
                let number = item.parse::<f64>().unwrap_or(-1.0);
                if number.fract() != 0.0 {
                    return Err(Refusal::bad(NOT_ACTIONS));
                }
                let id = number as i64;
                actions.extend((Permission::ANY..=Permission::ManageDeviceType.id()).contains(&id).then_some(id));
            }
            _ => return Err(Refusal::bad(NOT_ACTIONS)),
        }
    }
    Ok(in_buckets(&actions))
}

/// Ids as texts, each once, in their order.
fn id_texts(payload: &Fields<'_>, name: &'static str) -> Result<Option<Vec<String>>, Refusal> {
    let Some(items) = items(payload, name)? else { return Ok(None) };
    let mut ids: Vec<String> = Vec::new();
    for item in items {
        let one = Fields::of([(Cow::Borrowed("id"), item)]);
        let id = one.text("id").map_err(|_| Refusal::bad(INVALID_PARAMETERS))?;
        if let Some(id) = id.filter(|id| !ids.iter().any(|known| known == id)) {
            ids.push(id.into_owned());
        }
    }
    Ok(Some(ids))
}

fn items<'a>(payload: &Fields<'a>, name: &'static str) -> Result<Option<Vec<&'a str>>, Refusal> {
    let Some(list) = payload.some(name) else { return Ok(None) };
    let items: Result<Vec<&serde_json::value::RawValue>, _> = serde_json::from_str(list);
    let items = items.map_err(|_| Refusal::bad(INVALID_PARAMETERS))?;
    Ok(Some(items.into_iter().map(serde_json::value::RawValue::get).collect()))
}

//! Who somebody is: passwords, tokens, and the cookie of the web page (dossier 2, 3).

use super::{Answer, Call, Refused, failure, pages, refused};
use crate::world::{MultistreamerWorld, is_storable};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dummyload_host::{HttpRequest, HttpResponse, ProblemKind};
use multistreamer_proto::UserId;
use serde_json::{Value, json};

/// The cookie of the web page.
const COOKIE: &str = "lapis_session";

fn unauthorized(code: &'static str, why: &str) -> Refused {
    refused(401, "endpoint requires authorization", code, why)
}

impl MultistreamerWorld {
    /// The user of the token in the header.
    pub(super) fn bearer(&self, call: &Call<'_, '_>) -> Result<UserId, Refused> {
        let header = call.request.header("authorization").unwrap_or_default();
        // One blank, and everything behind it.
        let token = header.split_once("Bearer").and_then(|(_, rest)| rest.strip_prefix([' ', '\t']));
        let token = token.ok_or_else(|| {
            unauthorized("no-token", "send the header `Authorization: Bearer`, one blank and the token")
        })?;
        let user = self.state.user_with_token(token);
        user.map(|user| user.seed.id).ok_or_else(|| unauthorized("unknown-token", "nobody has this token"))
    }

    pub(super) fn auth(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let Some(header) = call.request.header("authorization").map(str::to_owned) else {
            return Err(unauthorized(
                "no-password",
                "send the header `Authorization: Basic`, one blank and the base64 of name:password",
            ));
        };
        let basic = header.split_once("Basic").map(|(_, rest)| rest).filter(|rest| rest.starts_with([' ', '\t']));
        let Some(basic) = basic else {
            return Err(failure("string argument only", 401, "no-password", "the header Authorization has no Basic"));
        };
        let Ok(pair) = STANDARD.decode(basic.trim_start()) else {
            return Err(unauthorized("no-password", "what follows Basic is no base64"));
        };
        let Some(colon) = pair.iter().position(|byte| *byte == b':') else {
            let text = "attempt to concatenate local 'username' (a nil value)";
            return Err(failure(text, 401, "no-password", "what follows Basic has no colon"));
        };
        let user = self.logged_in(call, &pair[..colon], &pair[colon + 1..])?;
        let user = user.ok_or_else(|| unauthorized("wrong-password", "name or password are wrong"))?;
        let token = self.state.user(user).map(|user| user.seed.token.clone());
        Ok(self.json(&json!({"token": token})))
    }

    /// The user of this name, who is made if somebody logs in for the first time. Names count in small letters. The database
    /// is asked when the password is good, and fails at names that it cannot have.
    fn logged_in(&mut self, call: &mut Call<'_, '_>, name: &[u8], password: &[u8]) -> Result<Option<UserId>, Refused> {
        let shared = &self.options.newcomer_password;
        let is_newcomer = !shared.is_empty() && password == shared.as_bytes() && !name.is_empty();
        let name = std::str::from_utf8(name).ok().map(str::to_ascii_lowercase).filter(|name| is_storable(name));
        let Some(name) = name else {
            let why = "the name is no UTF-8, is longer than 255 letters, or has a NUL in it";
            return if is_newcomer { Err(failure("ERROR: invalid name", 401, "odd-name", why)) } else { Ok(None) };
        };
        if let Some(user) = self.state.user_named(&name) {
            return Ok((user.seed.password.as_bytes() == password).then_some(user.seed.id));
        }
        if !is_newcomer {
            return Ok(None);
        }
        let password = shared.clone();
        Ok(Some(self.state.new_user(&name, &password, call.cx.now(), call.cx.ids())))
    }

    pub(super) fn profile(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.bearer(call)?;
        let Some(user) = self.state.user(user) else { return Err(unauthorized("unknown-token", "nobody")) };
        Ok(self.json(&json!({
            "id": user.seed.id, "username": user.seed.username, "access_token": user.seed.token,
            "preferences": user.seed.preferences, "created_at": user.times.made, "updated_at": user.times.changed,
        })))
    }

    pub(super) fn users(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let me = self.bearer(call)?;
        let user = |user: &crate::world::User| {
            let mut out = user_json(user);
            if user.seed.id == me {
                out["access_token"] = json!(user.seed.token);
            }
            out
        };
        let users: Vec<Value> = self.state.users().map(user).collect();
        Ok(self.json(&json!({"users": users})))
    }

    /// The user of a socket: of the cookie, or else of the last token in the query (dossier 3).
    pub(super) fn socket_user(&self, request: &HttpRequest) -> Option<UserId> {
        let cookies =
            request.headers.iter().filter(|(name, _)| name == "cookie").flat_map(|(_, value)| value.split(';'));
        let mut sessions =
            cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(name, _)| *name == COOKIE);
        if let Some(user) = sessions.find_map(|(_, value)| self.sessions.get(value)) {
            return Some(*user);
        }
        let token = request.query_pairs().filter(|(name, _)| name == "token").last()?.1;
        self.state.user_with_token(&token).map(|user| user.seed.id)
    }

    /// The login of the web page: a form, and a cookie.
    pub(super) fn login_page(&mut self, call: &mut Call<'_, '_>) -> Answer {
        if call.request.method != "POST" {
            return Ok(pages::login(&self.options.http_prefix, false));
        }
        let params = call.params(None, false)?;
        let typed = |name: &str| params.text(name).unwrap_or_default().to_owned();
        let user = self.logged_in(call, typed("username").as_bytes(), typed("password").as_bytes())?;
        let Some(user) = user else {
            call.note(ProblemKind::Refused, "wrong-password", "dossier 2", "name or password are wrong");
            return Ok(pages::login(&self.options.http_prefix, true));
        };
        let session = call.cx.ids().hex(32);
        self.sessions.insert(session.clone(), user);
        let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
        Ok(self.to_first_page().with_header("set-cookie", &cookie))
    }

    pub(super) fn logout(&mut self, call: &Call<'_, '_>) -> HttpResponse {
        let cookies = call.request.header("cookie").unwrap_or_default();
        for (name, value) in cookies.split(';').filter_map(|cookie| cookie.trim().split_once('=')) {
            if name == COOKIE {
                self.sessions.remove(value);
            }
        }
        self.to_first_page().with_header("set-cookie", &format!("{COOKIE}=; Path=/; Max-Age=0"))
    }
}

/// A user as others see it.
pub(super) fn user_json(user: &crate::world::User) -> Value {
    json!({"id": user.seed.id, "username": user.seed.username, "preferences": user.seed.preferences})
}

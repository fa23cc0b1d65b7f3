//! Codes and tokens (dossier 4).

use super::{Answer, Call, Refused, refused, written};
use crate::options::RefreshToken;
use crate::seed::UserSeed;
use crate::world::{Broken, Kind, ShellyWorld, Token};
use dummyload_host::{HttpResponse, ProblemKind};
use dummyload_session::Secret;
use serde_json::json;
use shelly_proto::http::{Grant, LoginCode, TokenRequest, Tokens, code, header, password_hash};

/// The code of a request that lacks something; a guess, as the next one.
const WRONG_PARAMETERS: &str = "wrong_parameters";
const INVALID_CODE: &str = "invalid_code";

impl ShellyWorld {
    /// The call behind the login page: e-mail address and the hash of the password against a code (dossier 4.2).
    pub(super) fn login(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let given = |name: &str| call.params.get(name).map(str::to_owned);
        let (Some(email), Some(password), Some(client)) = (given("email"), given("password"), given("client_id"))
        else {
            let text = "email, password and client_id are wanted";
            return Err(refused(400, WRONG_PARAMETERS, "incomplete-login", "dossier 4.2", text));
        };
        if is_json(call) {
            let text = "a login as JSON is not proven to work with the real cloud; send a form";
            call.tolerate(&self.options, 400, "login-as-json", "dossier 4.2", text)?;
        }
        // Whatever comes of it, it was a call of this account (dossier 5).
        if let Some(user) = self.state.user_at(&email).map(|user| user.id) {
            self.count(call, user)?;
        }
        self.client_is_known(&client)?;
        let Some(user) = self.state.user_at(&email) else {
            return Err(wrong_credentials(call, "no account has this e-mail address"));
        };
        if !password.eq_ignore_ascii_case(&password_hash(&user.password)) {
            let plain = password == user.password;
            let text = if plain {
                "the password came as it is; this call wants its SHA-1 in hexadecimal"
            } else {
                "the password is wrong"
            };
            return Err(wrong_credentials(call, text));
        }
        let user = user.id;
        let code = self.make_token(call.cx.now(), Kind::Code, user, &client);
        Ok(written(200, LoginCode::new(code).to_json()))
    }

    pub(super) fn client_is_known(&self, client: &str) -> Result<(), Refused> {
        if self.state.has_client(client) {
            return Ok(());
        }
        let text = format!("{client:?} is no client of this world; shelly-diy is one that everybody may use");
        Err(refused(401, "wrong_client_id", "unknown-client", "dossier 4.1", text))
    }

    /// The account that logs in on the page, where the password is typed. A script may send its hash instead.
    pub(super) fn typed_login(&self, email: &str, password: &str) -> Option<&UserSeed> {
        let user = self.state.user_at(email)?;
        let fits = password == user.password || password.eq_ignore_ascii_case(&password_hash(&user.password));
        fits.then_some(user)
    }

    /// The token endpoint, in all its forms (dossier 4.4, 4.5).
    pub(super) fn token(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let request = TokenRequest::read(&call.params);
        let Some(client) = request.client_id.filter(|client| !client.is_empty()) else {
            return Err(missing("client_id"));
        };
        if is_json(call) {
            let text = "a token request as JSON is not proven to work with the real cloud; send a form";
            call.tolerate(&self.options, 400, "token-as-json", "dossier 4.4", text)?;
        }
        match request.grant {
            Grant::Code => {}
            Grant::Absent | Grant::AuthorizationCode => {
                let text = "grant_type must be code; the real cloud takes this one too";
                call.tolerate(&self.options, 400, "other-grant-type", "dossier 4.4", text)?;
            }
            Grant::RefreshToken => {
                let given = request.refresh_token.ok_or_else(|| missing("refresh_token"))?;
                return self.refresh(call, &client, given.expose());
            }
            _ => {
                let text = "grant_type can be code, or refresh_token";
                return Err(refused(400, WRONG_PARAMETERS, "unknown-grant-type", "dossier 4.4", text));
            }
        }
        let given = request.code.ok_or_else(|| missing("code"))?;
        let token = self.granted(call, given.expose(), &[Kind::Code, Kind::Refresh], &client, INVALID_CODE)?;
        if token.kind == Kind::Refresh {
            let text = "a refresh token came as a code; send it as refresh_token, with grant_type=refresh_token";
            call.tolerate(&self.options, 400, "refresh-as-code", "dossier 4.5", text)?;
            return Ok(self.renewed(call, &token, Some(given.expose())));
        }
        if self.options.single_use_codes {
            self.tokens.use_up(&token);
        }
        Ok(self.tokens_for(call, token.user, &client, None))
    }

    /// Three practices of refreshing; the fourth, a code once more, is an exchange like any other (dossier 4.5).
    fn refresh(&mut self, call: &mut Call<'_, '_>, client: &str, given: &str) -> Answer {
        let kinds = [Kind::Refresh, Kind::Access];
        let token = self.granted(call, given, &kinds, client, code::INVALID_TOKEN)?;
        if token.kind == Kind::Access {
            let text = "an access token came as refresh_token; that works only as long as it lives";
            call.tolerate(&self.options, 401, "access-as-refresh", "dossier 4.5", text)?;
            return Ok(self.renewed(call, &token, None));
        }
        Ok(self.renewed(call, &token, Some(given)))
    }

    /// What a code or token says, if it was made for this client.
    fn granted(
        &mut self,
        call: &Call<'_, '_>,
        given: &str,
        kinds: &[Kind],
        client: &str,
        error: &str,
    ) -> Result<Token, Refused> {
        let refuse = |problem, text: &str| refused(401, error, problem, "dossier 4.4", text);
        let read = self.read_token(call.cx.now(), given, kinds).map(|(token, _)| token);
        let token = read.map_err(|broken| match broken {
            Broken::Kind => refuse(broken.code(), "this kind of token is not exchanged here"),
            broken => refuse(broken.code(), broken.text()),
        })?;
        self.count(call, token.user)?;
        if token.client != client && !token.client.is_empty() {
            return Err(refuse("other-client", "it was made for another client_id"));
        }
        Ok(token)
    }

    /// New tokens in the place of old ones. `old` is the refresh token that was used.
    fn renewed(&mut self, call: &mut Call<'_, '_>, token: &Token, old: Option<&str>) -> HttpResponse {
        if !self.options.moves_to.is_empty() {
            let to = self.options.moves_to.clone();
            self.moved.insert(token.user, to);
        }
        let keep = match (self.options.refresh_token, old) {
            (RefreshToken::Keep, Some(old)) => Some(old),
            (RefreshToken::Rotate, Some(_)) => {
                self.tokens.end(token);
                None
            }
            _ => None,
        };
        let client = token.client.clone();
        self.tokens_for(call, token.user, &client, keep)
    }

    /// The answer with tokens, without an envelope (dossier 4.4).
    fn tokens_for(&mut self, call: &mut Call<'_, '_>, user: u64, client: &str, refresh: Option<&str>) -> HttpResponse {
        let now = call.cx.now();
        let mut tokens = Tokens::new(self.make_token(now, Kind::Access, user, client));
        tokens.token_type = Some("bearer".to_owned());
        tokens.expires_in = (!self.options.omit_expires_in).then_some(self.options.token_life.into());
        if self.options.refresh_token != RefreshToken::Absent {
            let token = refresh.map(str::to_owned);
            let token = token.unwrap_or_else(|| self.make_token(now, Kind::Refresh, user, client));
            tokens.refresh_token = Some(Secret::new(token));
        }
        call.cx.record(call.id, "token", json!({"user": user, "client": client}));
        written(200, tokens.to_json())
    }
}

fn is_json(call: &Call<'_, '_>) -> bool {
    let says = call.request.header(header::CONTENT_TYPE).is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    says || call.request.body.trim_ascii_start().starts_with(b"{")
}

fn missing(name: &str) -> Refused {
    let text = format!("{name} is missing");
    refused(400, WRONG_PARAMETERS, "incomplete-token-request", "dossier 4.4", text)
}

/// Whoever asks is not told which of the two is wrong; the author of the client is.
fn wrong_credentials(call: &mut Call<'_, '_>, text: &str) -> Refused {
    call.note(ProblemKind::Refused, "wrong-credentials", "dossier 4.2", text);
    Refused {
        problem: None,
        ..refused(401, code::WRONG_CREDENTIALS, "wrong-credentials", "dossier 4.2", "Wrong e-mail address or password!")
    }
}

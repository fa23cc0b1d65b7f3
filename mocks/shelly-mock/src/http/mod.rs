//! The HTTP calls around the socket (dossier 4 to 7).

mod control;
mod lists;
mod oauth;
mod page;
mod v2;

use crate::options::{ErrorsForm, Options, RateLimit};
use crate::wire;
use crate::world::{Kind as TokenKind, Refusal, ShellyWorld};
use dummyload_host::{CallId, Cx, HttpRequest, HttpResponse, Problem, ProblemKind};
use serde_json::Value;
use shelly_proto::http::{
    Envelope, GET_PATH, GROUPS_PATH, Kind, LOGIN_PATH, Params, TOKEN_PATH, code, header, set_path,
};
use shelly_proto::{DeviceId, Errors, LOGIN_PAGE};

/// A call that is not carried out: status, code and text of the answer, and for the author of the client what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    status: u16,
    /// The key in `errors`, or `error` of the second version; none makes it an unexplained refusal.
    code: Option<String>,
    text: String,
    /// Code and source of the problem; none if that was told already.
    problem: Option<(&'static str, &'static str)>,
    /// It has the form of the second version.
    v2: bool,
}

type Answer = Result<HttpResponse, Refused>;

fn refused(status: u16, code: &str, problem: &'static str, source: &'static str, text: impl Into<String>) -> Refused {
    Refused { status, code: Some(code.to_owned()), text: text.into(), problem: Some((problem, source)), v2: false }
}

/// One call on its way.
struct Call<'a, 'c> {
    cx: &'a mut Cx<'c>,
    id: CallId,
    request: &'a HttpRequest,
    params: Params,
    /// The devices to which something has happened.
    touched: &'a mut Vec<DeviceId>,
}

impl Call<'_, '_> {
    fn note(&mut self, kind: ProblemKind, code: &'static str, source: &'static str, text: impl Into<String>) {
        self.cx.problem(self.id, Problem::new(kind, code, source, text));
    }

    /// Something that the documents do not show: told, or refused in strict mode.
    fn tolerate(
        &mut self,
        options: &Options,
        status: u16,
        problem: &'static str,
        source: &'static str,
        text: &str,
    ) -> Result<(), Refused> {
        if options.strict {
            return Err(refused(status, "wrong_parameters", problem, source, text));
        }
        self.note(ProblemKind::Tolerated, problem, source, text);
        Ok(())
    }
}

/// What there is, by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    LoginPage,
    Login,
    Token,
    AllStatus,
    Status,
    List,
    AllLists,
    Control(Kind),
    Bulk(Kind),
    V2Get,
    V2Set(Kind),
    V2Groups,
    Socket,
}

impl Route {
    fn of(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let named = [
            (LOGIN_PAGE, Self::LoginPage),
            (LOGIN_PATH, Self::Login),
            (TOKEN_PATH, Self::Token),
            ("/device/all_status", Self::AllStatus),
            ("/device/status", Self::Status),
            ("/interface/device/list", Self::List),
            ("/interface/device/get_all_lists", Self::AllLists),
            // Only one client has this spelling (dossier 7).
            ("/device/roller/control", Self::Control(Kind::Roller)),
            (GET_PATH, Self::V2Get),
            (GROUPS_PATH, Self::V2Groups),
            ("/shelly/wss/hk_sock", Self::Socket),
        ];
        let kinds = Kind::ALL.into_iter().flat_map(|kind| {
            let bulk = kind.bulk_path().map(|path| (path, Self::Bulk(kind)));
            [(kind.path(), Self::Control(kind)), (set_path(kind), Self::V2Set(kind))].into_iter().chain(bulk)
        });
        named.into_iter().chain(kinds).find(|(known, _)| *known == path).map(|(_, route)| route)
    }

    /// The methods that it takes, and those among them that the documents show.
    fn methods(self) -> (&'static [&'static str], &'static [&'static str]) {
        const READ: &[&str] = &["GET", "HEAD", "POST"];
        const POST: &[&str] = &["POST"];
        match self {
            Self::LoginPage | Self::AllStatus | Self::Status | Self::List | Self::AllLists => (READ, READ),
            Self::Login | Self::V2Get | Self::V2Set(_) | Self::V2Groups => (POST, POST),
            Self::Token => (&["GET", "POST"], POST),
            Self::Control(_) | Self::Bulk(_) => (&["GET", "POST"], POST),
            Self::Socket => (&[], &[]),
        }
    }

    fn is_v2(self) -> bool {
        matches!(self, Self::V2Get | Self::V2Set(_) | Self::V2Groups)
    }
}

impl ShellyWorld {
    /// Answers an HTTP request that is no handshake.
    pub(crate) fn answer_http(&mut self, cx: &mut Cx<'_>, id: CallId, request: &HttpRequest) {
        if request.method == "OPTIONS" {
            return cx.respond(id, allow_origin(preflight(request)));
        }
        let mut touched = Vec::new();
        let answer = match self.refuse_on_demand() {
            Some(refusal) => Err(refusal),
            None => self.route(cx, id, request, &mut touched),
        };
        let response = match answer {
            Ok(response) => response,
            Err(refusal) => {
                if let Some((code, source)) = refusal.problem {
                    cx.problem(id, Problem::new(ProblemKind::Refused, code, source, refusal.text.clone()));
                }
                self.refusal(&refusal)
            }
        };
        let response = allow_origin(self.shaped(response));
        self.respond(cx, id, response);
        // The answer comes first, and then what the call has brought about.
        for device in touched {
            self.tell(cx, &device);
        }
    }

    fn route(&mut self, cx: &mut Cx<'_>, id: CallId, request: &HttpRequest, touched: &mut Vec<DeviceId>) -> Answer {
        let method = request.method.as_str();
        let Some(route) = Route::of(&request.path) else {
            if request.path == "/" && method != "POST" {
                return Ok(page::welcome());
            }
            let text = format!("there is nothing at {}; see the routes in dossier 7 and 13.2", request.path);
            return Err(refused(404, "not_found", "unknown-route", "dossier 5", text));
        };
        if route == Route::Socket {
            let text = "this is the address of a WebSocket";
            return Err(refused(426, "upgrade_required", "not-a-websocket", "dossier 8", text));
        }
        let params = Params::read(&request.query, request.header(header::CONTENT_TYPE), &request.body);
        let params = params.map_err(|e| {
            let code = if route.is_v2() { code::BAD_REQUEST } else { "wrong_parameters" };
            Refused { v2: route.is_v2(), ..refused(400, code, "bad-body", "dossier 5", format!("the body: {e}")) }
        })?;
        let mut call = Call { cx, id, request, params, touched };
        let (taken, documented) = route.methods();
        if !taken.contains(&method) {
            let text = format!("{method} does not go with {}; it takes {}", request.path, taken.join(", "));
            return Err(refused(405, "wrong_method", "wrong-method", "dossier 5", text));
        }
        if !documented.contains(&method) {
            let text = format!("{method} is not in the documents for {}; they have {}", request.path, documented[0]);
            call.tolerate(&self.options, 405, "undocumented-method", "dossier 4.4, 5", &text)?;
        }
        match route {
            Route::LoginPage => Ok(self.login_page(&mut call)),
            Route::Login => self.login(&mut call),
            Route::Token => self.token(&mut call),
            Route::AllStatus => self.all_status(&mut call),
            Route::Status => self.status(&mut call),
            Route::List => self.list(&mut call, false),
            Route::AllLists => self.list(&mut call, true),
            Route::Control(kind) => self.control_device(&mut call, kind),
            Route::Bulk(kind) => self.control_many(&mut call, kind),
            Route::V2Get => self.v2_get(&mut call),
            Route::V2Set(kind) => self.v2_set(&mut call, kind),
            Route::V2Groups => self.v2_groups(&mut call),
            Route::Socket => Ok(HttpResponse::new(426)),
        }
    }

    fn refuse_on_demand(&mut self) -> Option<Refused> {
        let (how, left) = self.refusing_calls.as_mut()?;
        let refusal = Refused {
            status: how.status,
            code: how.code.clone(),
            text: how.code.clone().map_or_else(String::new, |code| match code.as_str() {
                code::MAX_REQ => code::MAX_REQ_TEXT.to_owned(),
                _ => "refused on demand".to_owned(),
            }),
            problem: Some(("refused-on-demand", "dossier 13.4")),
            v2: false,
        };
        *left -= 1;
        if *left == 0 {
            self.refusing_calls = None;
        }
        Some(refusal)
    }

    /// Who calls: by a bearer token, else by the older key (dossier 5). The call counts for the limit.
    fn caller(&mut self, call: &mut Call<'_, '_>) -> Result<u64, Refused> {
        let now = call.cx.now();
        let bearer = call.request.header(header::AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let user = match (bearer, call.params.get("auth_key")) {
            (Some(token), _) => self
                .read_token(now, token, &[TokenKind::Access])
                .map(|(_, user)| user.id)
                .map_err(|broken| refused(401, code::INVALID_TOKEN, broken.code(), "dossier 5", broken.text()))?,
            (None, Some(key)) => match self.state.user_of_key(key) {
                Some(user) => user.id,
                None => return Err(wrong_key(key)),
            },
            (None, None) => {
                let text = "no login: the access token belongs into the header Authorization, behind Bearer";
                return Err(refused(401, code::INVALID_TOKEN, "no-login", "dossier 5", text));
            }
        };
        self.count(call, user)?;
        Ok(user)
    }

    /// Counts a call of an account, and refuses it beyond the limit (dossier 5).
    fn count(&mut self, call: &Call<'_, '_>, user: u64) -> Result<(), Refused> {
        let status = match self.options.rate_limit {
            RateLimit::Off => return Ok(()),
            RateLimit::Http401 => 401,
            RateLimit::Http429 => 429,
        };
        if self.count_call(call.cx.now(), user) {
            return Ok(());
        }
        let text = code::MAX_REQ_TEXT;
        Err(refused(status, code::MAX_REQ, "rate-limit", "dossier 5", text))
    }

    /// The answer to a handshake that is refused: as that to any other call.
    pub(crate) fn refusal_of(&self, status: u16, code: &str, text: &str) -> HttpResponse {
        let refusal = Refused { status, code: Some(code.to_owned()), text: text.to_owned(), problem: None, v2: false };
        allow_origin(self.shaped(self.refusal(&refusal)))
    }

    /// A refusal in the form that the options want (dossier 5).
    fn refusal(&self, refusal: &Refused) -> HttpResponse {
        let status = if self.options.errors_as_200 { 200 } else { refusal.status };
        let envelope = match (&refusal.code, refusal.v2) {
            (Some(code), true) => Envelope::Coded { code: code.clone(), messages: vec![refusal.text.clone()] },
            (Some(code), false) => Envelope::Refused(match self.options.errors {
                ErrorsForm::Map => Errors::coded(code.as_str(), refusal.text.as_str()),
                ErrorsForm::List => Errors::text(refusal.text.as_str()),
                ErrorsForm::Empty => Errors::Map(Vec::new()),
                ErrorsForm::Absent => Errors::Missing,
            }),
            (None, _) => Envelope::Refused(Errors::Map(Vec::new())),
        };
        written(status, envelope.to_json())
    }

    /// The last touch of the options on an answer.
    fn shaped(&self, mut response: HttpResponse) -> HttpResponse {
        if self.options.empty_as_list
            && let Ok(mut body) = serde_json::from_slice::<Value>(&response.body)
        {
            wire::empty_as_list(&mut body);
            response.body = body.to_string().into_bytes();
        }
        response
    }
}

/// A measured case, and the rest (dossier 5): a token in the place of a key is a bad token.
fn wrong_key(key: &str) -> Refused {
    if key.matches('.').count() == 2 {
        let text = "this is no auth_key but an access token; it belongs into the header Authorization, behind Bearer";
        return refused(401, code::INVALID_TOKEN, "token-as-key", "dossier 5", text);
    }
    refused(401, code::INVALID_AUTH_KEY, "wrong-key", "dossier 5", "no account has this auth_key")
}

/// A refused command is a success with a body that says no (dossier 5).
fn refused_command(refusal: &Refusal) -> Refused {
    refused(200, refusal.v1_code(), refusal.problem(), refusal.source(), refusal.text())
}

/// JSON that the codec has written.
fn written(status: u16, text: String) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "application/json").with_body(text)
}

/// Web pages call these services too. What they can read here is made up, so all may.
fn allow_origin(response: HttpResponse) -> HttpResponse {
    response.with_header("access-control-allow-origin", "*")
}

/// A browser asks whether a page may call (the Fetch standard's CORS).
fn preflight(request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::new(204)
        .with_header("access-control-allow-methods", "GET, POST, OPTIONS")
        .with_header("access-control-max-age", "600");
    if let Some(wanted) = request.header("access-control-request-headers") {
        response = response.with_header("access-control-allow-headers", wanted);
    }
    if request.header("access-control-request-private-network").is_some() {
        response = response.with_header("access-control-allow-private-network", "true");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_their_routes() {
        for (path, expected) in [
            ("/oauth_login.html", Some(Route::LoginPage)),
            ("/oauth/login", Some(Route::Login)),
            ("/oauth/auth", Some(Route::Token)),
            ("/oauth/auth/", Some(Route::Token)),
            ("/device/all_status", Some(Route::AllStatus)),
            ("/device/relay/control", Some(Route::Control(Kind::Relay))),
            ("/device/light/control", Some(Route::Control(Kind::Light))),
            ("/device/relay/roller/control", Some(Route::Control(Kind::Roller))),
            ("/device/roller/control", Some(Route::Control(Kind::Roller))),
            ("/device/relay/bulk_control", Some(Route::Bulk(Kind::Relay))),
            ("/device/light/bulk_control", Some(Route::Bulk(Kind::Light))),
            ("/v2/devices/api/get", Some(Route::V2Get)),
            ("/v2/devices/api/set/cover", Some(Route::V2Set(Kind::Roller))),
            ("/v2/devices/api/set/groups", Some(Route::V2Groups)),
            ("/Device/all_status", None),
            ("/", None),
            ("/device", None),
        ] {
            assert_eq!(Route::of(path), expected, "{path}");
        }
    }
}

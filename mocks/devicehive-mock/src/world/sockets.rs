//! One connection: its handshake, its messages in and out (dossier 1 to 4, 6, 7).

use super::bus::Listener;
use super::operate::{Caller, TokenFault, authenticate, operate};
use super::principal::Principal;
use super::refusal::{Answer, Done, Door, MALFORMED, Refusal};
use super::{DeviceHiveWorld, manners, wire};
use crate::http::{BadAuthorization, Place, headers, place, socket_context};
use crate::profile::OtherScheme;
use crate::seed::datetime;
use devicehive_proto::{Action, Fields, Json, JsonKind, strict};
use dummyload_host::{Admission, Cx, HttpRequest, PeerId, Problem, ProblemKind};
use std::borrow::Cow;

/// A connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    principal: Option<Principal>,
    /// Host and context path as the client has them.
    base: String,
    secure: bool,
    /// Its first message is answered with the end (dossier V5).
    doomed: bool,
}

impl Session {
    /// Who it is, once that is known.
    pub(super) fn user(&self) -> Option<i64> {
        self.principal.as_ref().map(|principal| principal.user)
    }
}

impl DeviceHiveWorld {
    pub(super) fn open(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let Place::Socket { context } = place(&request.path, self.state.options.aliases) else {
            let text = format!("{} is no socket: there is /dh/websocket", request.path);
            cx.problem(peer, Problem::new(ProblemKind::Refused, "unknown-socket", "dossier 1", text));
            return Admission::Refuse(self.nowhere(cx, request));
        };
        let (principal, doomed) = match self.principal_of_request(cx.now(), request) {
            Ok(principal) => (principal, false),
            Err(BadAuthorization::OtherScheme) if self.state.rules.other_scheme == OtherScheme::OpensAndCloses => {
                (None, true)
            }
            Err(fault) => {
                let (response, text) = self.unauthorized(datetime(cx.now()), request, fault);
                cx.problem(peer, Problem::new(ProblemKind::Refused, "bad-authorization", "dossier 1", text));
                return Admission::Refuse(response);
            }
        };
        let who = match &principal {
            Some(principal) => self.who(principal),
            None => "nobody yet".to_owned(),
        };
        let base = format!("{}{}", self.host(request), socket_context(context));
        let secure = self.is_secure(request);
        // The token of a handshake is not kept (dossier 6).
        let principal = principal.map(|mut principal| {
            principal.token_ends = None;
            principal
        });
        self.sessions.insert(peer, Session { principal, base, secure, doomed });
        self.ping_from(cx.now());
        let headers = self.opening_headers(request, doomed);
        Admission::Accept { manners: manners(self.state.rules), headers, who }
    }

    /// The headers of the 101 answer (captures/server-4.1/hs-headers).
    fn opening_headers(&self, request: &HttpRequest, doomed: bool) -> Vec<(String, String)> {
        let mut headers = headers(self.state.rules);
        let mut add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        let scheme = if self.base_url.starts_with("https:") { "wss" } else { "ws" };
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        add("Sec-WebSocket-Location", &format!("{scheme}://{}{}{query}", self.host(request), request.path));
        add("Upgrade", "WebSocket");
        if let Some(origin) = request.header("origin") {
            add("Origin", origin);
        }
        if doomed {
            // An error page stops half-way (captures/server-3.5/hs-authorization-scheme).
            add("Content-Type", "application/json;charset=UTF-8");
            headers.retain(|(name, _)| name != "X-Application-Context");
        }
        headers
    }

    fn who(&self, principal: &Principal) -> String {
        let login = self.state.user(principal.user).map(|user| user.login.as_str()).unwrap_or_default();
        format!("user {} {login}", principal.user)
    }

    /// A text message (dossier 4).
    pub(super) fn text(&mut self, cx: &mut Cx<'_>, peer: PeerId, text: &str) {
        if self.sessions.get(&peer).is_none_or(|session| session.doomed) {
            let text = "the handshake had an Authorization header that is no bearer token";
            cx.problem(peer, Problem::new(ProblemKind::Refused, "bad-authorization", "dossier V5", text));
            cx.close(peer, Some(1011), "");
            return;
        }
        let json = strict(text);
        let fields = json.as_ref().ok().and_then(|json| Fields::read(json).ok());
        let Some(fields) = fields else {
            let why = match &json {
                Ok(_) => "a message must be a JSON object".to_owned(),
                Err(e) => e.to_string(),
            };
            cx.problem(peer, Problem::new(ProblemKind::Refused, "malformed", "dossier 4", why));
            cx.send(peer, wire::error(None, 400, MALFORMED));
            return;
        };
        if matches!(json, Ok(Cow::Owned(_))) {
            let text = "this is no JSON as the standard has it; the server takes it all the same";
            cx.problem(peer, Problem::new(ProblemKind::Tolerated, "lenient-json", "dossier 3", text));
        }
        let echo = Echo::of(&fields);
        match self.request(cx, peer, &fields) {
            Ok(Done { answer, after }) => {
                let reply = wire::success(echo.lend(), |text| match answer {
                    Answer::Empty | Answer::Waits => {}
                    Answer::Value(name, json) => {
                        text.push_str(",\"");
                        text.push_str(name);
                        text.push_str("\":");
                        text.push_str(&json);
                    }
                    Answer::Members(inside) => {
                        text.push(',');
                        text.push_str(&inside);
                    }
                });
                cx.send(peer, reply);
                after.into_iter().for_each(|(peer, text)| cx.send(peer, text));
            }
            Err(refusal) => {
                if let Some((code, text)) = refusal.told(cx, peer) {
                    cx.send(peer, wire::error(Some(echo.lend()), code, &text));
                }
            }
        }
    }

    fn request(&mut self, cx: &mut Cx<'_>, peer: PeerId, fields: &Fields<'_>) -> Result<Done, Refusal> {
        let action = action(fields).map_err(|refusal| refusal.under(self.state.rules))?;
        if action == Action::Authenticate {
            return self.authenticate(cx, peer, fields);
        }
        let Some(session) = self.sessions.get(&peer) else { return Ok(Answer::Empty.into()) };
        let caller = Caller {
            principal: session.principal.as_ref(),
            door: Door::Socket(peer),
            base: &session.base,
            secure: session.secure,
        };
        operate(&mut self.state, cx, &caller, action, fields)
    }

    /// `authenticate` (dossier 7). What the connection was before stays if it fails.
    fn authenticate(&mut self, cx: &mut Cx<'_>, peer: PeerId, fields: &Fields<'_>) -> Result<Done, Refusal> {
        let malformed = |_| Refusal::bad(MALFORMED);
        fields.text("deviceId").map_err(malformed)?;
        fields.long("networkId").map_err(malformed)?;
        fields.long("deviceTypeId").map_err(malformed)?;
        let token = fields.text("token").map_err(malformed)?.unwrap_or_default();
        if token.is_empty() {
            return Err(Refusal::denied(401, "Unauthorized", "authenticate wants the member token, an access token"));
        }
        let now = datetime(cx.now());
        let denied =
            |fault: TokenFault| Refusal::denied(401, fault.text(), format!("the token is not good: {}", fault.why()));
        let principal = authenticate(&self.state, now, &token).map_err(denied)?;
        self.state.note_login(principal.user, now);
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.principal = Some(principal);
        }
        Done::empty()
    }

    /// Who an access token stands for.
    pub(crate) fn principal_of_token(
        &self,
        now: dummyload_session::Timestamp,
        token: &str,
    ) -> Result<Principal, TokenFault> {
        authenticate(&self.state, datetime(now), token)
    }

    pub(super) fn forget(&mut self, peer: PeerId) {
        self.sessions.remove(&peer);
        self.state.bus.forget(Listener::Peer(peer));
    }
}

/// The action of a message; names are compared exactly (dossier 4).
fn action(fields: &Fields<'_>) -> Result<Action, Refusal> {
    let no_action = || {
        let text = "'action' field could not be parsed to known endpoint";
        Refusal::error(500, text)
    };
    let name = match fields.raw("action").map(JsonKind::of) {
        Some(JsonKind::Primitive) => fields.text("action").ok().flatten().filter(|name| !name.is_empty()),
        _ => None,
    };
    let name = name.ok_or_else(no_action)?;
    Action::parse(&name).ok_or_else(|| Refusal::bad(format!("Illegal argument: {name}")))
}

/// What a reply echoes: values as they came, but for blanks (dossier 2).
struct Echo {
    action: Option<Json>,
    request_id: Option<Json>,
}

impl Echo {
    fn of(fields: &Fields<'_>) -> Self {
        let value = |name| fields.raw(name).and_then(|json| Json::parse(json).ok());
        Self { action: value("action"), request_id: value("requestId") }
    }

    fn lend(&self) -> wire::Echo<'_> {
        wire::Echo {
            action: self.action.as_ref().map(Json::as_str),
            request_id: self.request_id.as_ref().map(Json::as_str),
        }
    }
}

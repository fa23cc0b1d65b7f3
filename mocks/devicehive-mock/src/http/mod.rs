//! The REST side: the same operations as on the socket, by paths and methods (dossier 14, M14).

mod answer;
mod handshake;
mod params;
mod place;
mod plugin;
mod route;
mod wadl;

pub(crate) use answer::{error, headers};
pub(crate) use handshake::VERSIONS;
pub(crate) use place::{Place, place, socket_context};

use crate::profile::{Firewall, OtherScheme, Rules};
use crate::seed::datetime;
use crate::world::{
    Answer, Caller, DeviceHiveWorld, Done, Door, INVALID_PARAMETERS, Principal, Refusal, TokenFault, operate, permit,
    wait_for_command,
};
use answer::{dressed, error_with, framework, json, page, page_for_people, page_of_resource, walled};
use devicehive_proto::{Action, Datetime, Fields};
use dummyload_host::{CallId, Cx, HttpRequest, HttpResponse, Problem, ProblemKind};
use dummyload_session::Timestamp;
use params::{Params, Unreadable};
use route::{Absent, Body, Does, Found, Route};

const WELCOME: &str =
    "The DeviceHive RESTful API is now running, please refer to documentation to get the list of available resources.";

/// One call on its way.
pub(super) struct Call<'a, 'c> {
    pub(super) cx: &'a mut Cx<'c>,
    pub(super) id: CallId,
    pub(super) request: &'a HttpRequest,
    pub(super) now: Datetime,
    /// The path in front of `/rest`.
    pub(super) context: &'a str,
    /// Who makes it.
    pub(super) principal: Option<Principal>,
}

/// The answer, or none: then the call waits, maybe for ever.
type Reply = Option<HttpResponse>;

impl DeviceHiveWorld {
    /// Answers an HTTP request that opens no socket.
    pub(crate) fn answer_http(&mut self, cx: &mut Cx<'_>, id: CallId, request: &HttpRequest) {
        let now = datetime(cx.now());
        let dated_before = self.state.last_date();
        let place = place(&request.path, self.state.options.aliases);
        let reply = match place {
            Place::Outside => Some(HttpResponse::new(404)),
            Place::Root => {
                Some(HttpResponse::new(302).with_header("Location", &self.url(request, &format!("{}/", request.path))))
            }
            Place::Socket { .. } | Place::Rest { .. } | Place::Nothing => match self.let_in(cx, id, now, request) {
                Err(refusal) => Some(refusal),
                Ok(principal) => match place {
                    Place::Rest { context, resource } => {
                        let mut call = Call { cx: &mut *cx, id, request, now, context, principal };
                        self.rest(&mut call, resource)
                    }
                    Place::Socket { .. } => Some(handshake::refuse(self.state.rules, request)),
                    _ => Some(self.nothing(now, request)),
                },
            },
        };
        let Some(response) = reply else { return };
        match self.state.last_date() {
            date if date != dated_before => self.hold(id, date, response),
            _ => cx.respond(id, response),
        }
    }

    /// The answer to a handshake where there is no socket.
    pub(crate) fn nowhere(&self, cx: &Cx<'_>, request: &HttpRequest) -> HttpResponse {
        match place(&request.path, self.state.options.aliases) {
            Place::Outside => HttpResponse::new(404),
            Place::Rest { .. } => framework(self.state.rules, 404),
            _ => self.nothing(datetime(cx.now()), request),
        }
    }

    /// The page of a path within the context where nothing is. Servers of the one kind say that it could vary.
    pub(crate) fn nothing(&self, now: Datetime, request: &HttpRequest) -> HttpResponse {
        let page = page(self.state.rules, now, request, 404, "Not Found");
        if self.state.rules.firewall != Firewall::Strict {
            return page;
        }
        ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]
            .into_iter()
            .fold(page, |page, name| page.with_header("Vary", name))
    }

    /// What stands before all resources: the firewall, and the check of a token, be it needed or not.
    fn let_in(
        &self,
        cx: &mut Cx<'_>,
        id: CallId,
        now: Datetime,
        request: &HttpRequest,
    ) -> Result<Option<Principal>, HttpResponse> {
        let rules = self.state.rules;
        if rules.firewall >= Firewall::EncodedSlashes && request.path.to_ascii_lowercase().contains("%2f") {
            let why = format!("The requestURI cannot contain encoded slash. Got {}", request.path);
            return Err(walled(rules, now, request, &why));
        }
        if rules.firewall == Firewall::Strict {
            if request.method == "TRACE" {
                return Err(HttpResponse::new(500));
            }
            if request.path.contains("//") {
                return Err(walled(
                    rules,
                    now,
                    request,
                    "The request was rejected because the URL was not normalized.",
                ));
            }
        }
        self.principal_of_request(cx.now(), request).map_err(|fault| {
            let (response, text) = self.unauthorized(now, request, fault);
            cx.problem(id, Problem::new(ProblemKind::Refused, "bad-authorization", "dossier 14.4", text));
            response
        })
    }

    /// Who a request with an `Authorization` header comes from; nobody, without one.
    pub(crate) fn principal_of_request(
        &self,
        now: Timestamp,
        request: &HttpRequest,
    ) -> Result<Option<Principal>, BadAuthorization> {
        let Some(value) = request.header("authorization") else { return Ok(None) };
        let token = value.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty());
        let Some(token) = token else { return Err(BadAuthorization::OtherScheme) };
        match self.principal_of_token(now, token) {
            Ok(principal) => Ok(Some(principal)),
            Err(TokenFault::Expired) => Err(BadAuthorization::Expired),
            Err(TokenFault::Invalid(why)) => Err(BadAuthorization::Token(why)),
        }
    }

    /// The answer to a rejected `Authorization` header, and what to tell the author of the client.
    pub(crate) fn unauthorized(
        &self,
        now: Datetime,
        request: &HttpRequest,
        fault: BadAuthorization,
    ) -> (HttpResponse, String) {
        let rules = self.state.rules;
        let text = match fault {
            BadAuthorization::OtherScheme => {
                "the header Authorization must be `Bearer ` and an access token, with the capital B".to_owned()
            }
            BadAuthorization::Token(why) => format!("the token in the header Authorization is not good: {why}"),
            BadAuthorization::Expired => "the token in the header Authorization has expired".to_owned(),
        };
        let message = if fault == BadAuthorization::Expired { "Token expired" } else { "Unauthorized" };
        let response = if fault == BadAuthorization::OtherScheme && rules.other_scheme == OtherScheme::Fails {
            HttpResponse::new(500)
        } else if !rules.refusals_have_body {
            dressed(rules, 401)
        } else if request.header("accept").is_some_and(|accept| accept.contains("text/html")) {
            page_for_people(rules, now, 401, message)
        } else {
            page(rules, now, request, 401, message)
        };
        (response, text)
    }

    fn rest(&mut self, call: &mut Call<'_, '_>, resource: &str) -> Reply {
        let rules = self.state.rules;
        if resource.contains("//") {
            return Some(framework(rules, 404));
        }
        let parts = HttpRequest::new("", resource).segments();
        let request = call.request;
        let method = match (request.method.as_str(), request.header("x-http-method-override")) {
            ("POST", Some(method)) => method,
            ("HEAD", _) => "GET",
            (method, _) => method,
        };
        let closest_only = rules.closest_path_only || method == "OPTIONS";
        let route = match route::find(method, &parts, closest_only) {
            // Only the auth service has no page at its root.
            Found::Route(route) if route.does == Does::Welcome && call.context == "/auth" => {
                return Some(framework(rules, 404));
            }
            Found::Route(route) => route,
            Found::Nothing => return Some(framework(rules, 404)),
            Found::Methods(methods) if method == "OPTIONS" => {
                let base = self.url(request, &format!("{}/rest", call.context));
                return Some(wadl::describe(rules, call.now, &base, resource, &methods));
            }
            Found::Methods(_) => return Some(framework(rules, 405)),
        };
        if route.body != Body::None && !request.body.is_empty() && !is_json(request) {
            return Some(framework(rules, 415));
        }
        if route.status != 204 && route.method != "PUT" && !accepts_json(request) {
            return Some(framework(rules, 406));
        }
        match Params::read(route, &parts, request) {
            Ok(params) => self.call(call, route, &params),
            Err(Unreadable::NotFound) => Some(framework(rules, 404)),
            Err(Unreadable::Body) => Some(error(rules, 400, INVALID_PARAMETERS)),
        }
    }

    fn call(&mut self, call: &mut Call<'_, '_>, route: &'static Route, params: &Params) -> Reply {
        let rules = self.state.rules;
        let action = match route.does {
            Does::Welcome => return Some(json(rules, 200, WELCOME)),
            Does::PluginAuthenticate => return Some(self.authenticate_plugin(call, params)),
            Does::PluginCreate => return Some(self.create_plugin_token(call)),
            Does::Act(action) => action,
            Does::Wait => Action::CommandGet,
        };
        let fields = params.fields();
        let (base, secure) = self.base_of(call.request, socket_context(call.context));
        let principal = call.principal.take();
        let caller = Caller { principal: principal.as_ref(), door: Door::Rest(call.id), base: &base, secure };
        let done = if params.refusal.is_some() || params.absent.is_some_and(|absent| absent != Absent::IsLeftOut) {
            // Told only to those who may do it at all.
            permit(&self.state, &caller, action, &fields).and_then(|()| match (&params.refusal, params.absent) {
                (Some(refusal), _) => Err(refusal.clone().under(rules)),
                (None, absent) => self.without_body(absent, &fields),
            })
        } else if route.does == Does::Wait {
            wait_for_command(&mut self.state, call.cx, &caller, &fields)
        } else {
            operate(&mut self.state, call.cx, &caller, action, &fields)
        };
        match done {
            Ok(Done { answer, after }) => {
                after.into_iter().for_each(|(peer, text)| call.cx.send(peer, text));
                self.done(route, answer)
            }
            Err(refusal) => self.refused(call, principal.as_ref(), action, refusal),
        }
    }

    /// What a call gets that has no body, although it should.
    fn without_body(&self, absent: Option<Absent>, fields: &Fields<'_>) -> Result<Done, Refusal> {
        match absent {
            Some(Absent::IsNull) => Err(Refusal::bad("Error! Validation failed: Object is null")),
            Some(Absent::Crashes(text, right)) => {
                Err(Refusal::crash(text, (400, right), "dossier 14.4").under(self.state.rules))
            }
            // The user is looked up all the same.
            _ => match fields.long("userId").ok().flatten().filter(|user| self.state.user(*user).is_none()) {
                Some(user) => Err(Refusal::not_found(format!("User with id = {user} not found"))),
                None => Done::empty(),
            },
        }
    }

    fn done(&self, route: &Route, answer: Answer) -> Reply {
        let rules = self.state.rules;
        match answer {
            Answer::Empty => Some(woken(rules, None)),
            Answer::Value(_, value) => Some(json(rules, route.status, value)),
            Answer::Members(inside) => Some(json(rules, route.status, format!("{{{inside}}}"))),
            Answer::Waits => None,
        }
    }

    /// Tells a refusal in the forms of REST.
    fn refused(
        &self,
        call: &mut Call<'_, '_>,
        principal: Option<&Principal>,
        action: Action,
        refusal: Refusal,
    ) -> Reply {
        let rules = self.state.rules;
        let (code, text) = refusal.told(call.cx, call.id)?;
        let text = &*text;
        let page = |message| Some(page_of_resource(rules, call.now, call.request, code, message));
        let is_client = principal.is_some_and(|principal| !principal.is_admin);
        match (action, code) {
            (Action::ConfigurationGet, 404) => page("Not Found"),
            // A user who may not be seen: the status knows it better than the body.
            (Action::UserGet, 404) if is_client && rules.repeats_defects => Some(error_with(rules, 403, 404, text)),
            (Action::TokenRefresh, 401) if text == "Unauthorized" => page("Unauthorized"),
            _ => Some(error(rules, code, text)),
        }
    }

    /// This server by the name that the client has for it, with its port (dossier 14.1).
    pub(crate) fn host<'a>(&'a self, request: &'a HttpRequest) -> &'a str {
        let own = self.base_url.split_once("://").map_or("", |(_, host)| host);
        request.header("host").filter(|host| !host.is_empty()).unwrap_or(own)
    }

    /// Whether the client came by TLS, to the mock or to a gateway before it.
    pub(crate) fn is_secure(&self, request: &HttpRequest) -> bool {
        match request.header("x-forwarded-proto") {
            Some(proto) => proto.eq_ignore_ascii_case("https"),
            None => self.base_url.starts_with("https:"),
        }
    }

    /// The same with the path of a context behind it, and whether by TLS.
    pub(crate) fn base_of(&self, request: &HttpRequest, context: &str) -> (String, bool) {
        (format!("{}{context}", self.host(request)), self.is_secure(request))
    }

    fn url(&self, request: &HttpRequest, path: &str) -> String {
        let (place, secure) = self.base_of(request, path);
        format!("http{}://{place}", if secure { "s" } else { "" })
    }
}

/// The answer to a call that has waited: what came, or that nothing did.
pub(crate) fn woken(rules: &Rules, body: Option<String>) -> HttpResponse {
    match body {
        Some(body) => json(rules, 200, body),
        None => dressed(rules, 204).with_header("Content-Type", answer::JSON),
    }
}

/// Why an `Authorization` header was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadAuthorization {
    /// It is no bearer token.
    OtherScheme,
    /// The token is not good, for this reason.
    Token(&'static str),
    /// The token was good once.
    Expired,
}

/// Whether the body says that it is JSON, or does not say what it is.
fn is_json(request: &HttpRequest) -> bool {
    request
        .header("content-type")
        .is_none_or(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(answer::JSON)))
}

/// Whether the client takes JSON.
fn accepts_json(request: &HttpRequest) -> bool {
    let Some(accept) = request.header("accept").filter(|accept| !accept.trim().is_empty()) else { return true };
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let never = parts.any(|part| matches!(part.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        matches!(kind.as_str(), "*/*" | "application/*" | answer::JSON) && !never
    })
}

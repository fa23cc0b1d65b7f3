//! Everything that goes over HTTP: the JSON API, the way to the socket, the hooks of the encoder, and pages (dossier 2, 3).

mod accounts;
mod edit;
mod hooks;
mod login;
mod pages;
mod params;
mod socket;
mod streams;

use crate::profile::Rules;
use crate::wire;
use crate::world::MultistreamerWorld;
use dummyload_host::{CallId, Cx, HttpRequest, HttpResponse, Party, Problem, ProblemKind};
use params::Params;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
pub(crate) use streams::status_json;

/// A request that is not carried out.
#[derive(Clone, Debug)]
struct Refused {
    form: Form,
    /// For the author of the client: the code and source of the rule, and what is behind it.
    code: &'static str,
    source: &'static str,
    why: String,
}

#[derive(Clone, Debug)]
enum Form {
    /// JSON with `error`.
    Error { status: u16, error: String },
    /// Plain text.
    Plain { status: u16, text: String },
    /// The server itself fails, with an error page. Where the profile has none of these, this status fits.
    Page { text: String, instead: u16 },
}

type Answer = Result<HttpResponse, Refused>;

/// A refusal in the API's own words.
fn refused(status: u16, error: &str, code: &'static str, why: impl Into<String>) -> Refused {
    let form = Form::Error { status, error: error.to_owned() };
    Refused { form, code, source: "dossier 2", why: why.into() }
}

/// A failure of the server, which shows a page with this text.
fn failure(text: impl Into<String>, instead: u16, code: &'static str, why: impl Into<String>) -> Refused {
    let form = Form::Page { text: text.into(), instead };
    Refused { form, code, source: "dossier 2, 3", why: why.into() }
}

/// One request on its way.
struct Call<'a, 'c> {
    cx: &'a mut Cx<'c>,
    who: Party,
    request: &'a HttpRequest,
    rules: &'static Rules,
}

impl Call<'_, '_> {
    fn note(&mut self, kind: ProblemKind, code: &'static str, source: &'static str, text: impl Into<String>) {
        self.cx.problem(self.who, Problem::new(kind, code, source, text));
    }

    /// The parameters of the request, with the id of its path, and with the members of a JSON body if those are wanted.
    fn params(&mut self, id: Option<&str>, reads_json: bool) -> Result<Params, Refused> {
        let (params, note) = Params::read(self.request, id, reads_json)?;
        if let Some(note) = note {
            if reads_json {
                self.passed_over("body-not-read", &note)?;
            } else {
                self.note(ProblemKind::Dropped, "body-not-read", "dossier 2", note);
            }
        } else if reads_json && self.rules.tells_refusals && self.request.body.trim_ascii_start().starts_with(b"[") {
            let why = "the body is a list; send an object";
            return Err(refused(400, why, "no-object", why));
        }
        Ok(params)
    }

    /// Something in a body that changes nothing: the server is silent about it, and where the profile tells refusals, it is one.
    fn passed_over(&mut self, code: &'static str, why: &str) -> Result<(), Refused> {
        if self.rules.tells_refusals {
            return Err(refused(400, why, code, why));
        }
        self.note(ProblemKind::Dropped, code, "dossier 2", why);
        Ok(())
    }
}

/// What there is, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Route {
    Auth,
    Profile,
    Users,
    Account(Option<String>),
    Stream(Option<String>),
    Message(String),
    UnknownApi,
    Socket(String),
    Publish,
    Update,
    Done,
    Login,
    Logout,
    Index,
    Chat(String),
    Asset(&'static pages::Asset),
    Elsewhere,
}

impl Route {
    /// Paths count to the letter: one more slash is another path.
    fn of(path: &str) -> Self {
        let parts: Vec<String> = path
            .strip_prefix('/')
            .unwrap_or(path)
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let owned = |id: &str| id.to_owned();
        if parts.contains(&"") && parts != [""] {
            return if path.starts_with("/api/v1/") { Self::UnknownApi } else { Self::Elsewhere };
        }
        match parts.as_slice() {
            ["api", "v1", "auth"] => Self::Auth,
            ["api", "v1", "profile"] => Self::Profile,
            ["api", "v1", "user"] => Self::Users,
            ["api", "v1", "account"] => Self::Account(None),
            ["api", "v1", "account", id] => Self::Account(Some(owned(id))),
            ["api", "v1", "stream"] => Self::Stream(None),
            ["api", "v1", "stream", id] => Self::Stream(Some(owned(id))),
            ["api", "v1", "stream", id, "msg"] => Self::Message(owned(id)),
            ["api", "v1", ..] => Self::UnknownApi,
            ["ws", id] => Self::Socket(owned(id)),
            ["on-publish"] => Self::Publish,
            ["on-update"] => Self::Update,
            ["on-done"] => Self::Done,
            ["login"] => Self::Login,
            ["logout"] => Self::Logout,
            [""] => Self::Index,
            ["stream", id, "chat"] => Self::Chat(owned(id)),
            ["static", name] => pages::asset(name).map_or(Self::Elsewhere, Self::Asset),
            _ => Self::Elsewhere,
        }
    }

    /// The methods that it takes. HEAD goes with every GET; nothing means that all do.
    fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Auth | Self::Logout | Self::UnknownApi | Self::Elsewhere => &[],
            Self::Profile | Self::Users | Self::Socket(_) | Self::Index | Self::Chat(_) | Self::Asset(_) => &["GET"],
            Self::Account(_) => &["GET", "POST", "DELETE"],
            Self::Stream(_) => &["GET", "POST", "PATCH", "DELETE"],
            Self::Message(_) => &["POST"],
            Self::Publish | Self::Update | Self::Login => &["GET", "POST"],
            Self::Done => &["POST"],
        }
    }

    fn is_api(&self) -> bool {
        matches!(self, Self::Auth | Self::Profile | Self::Users | Self::Account(_) | Self::Stream(_) | Self::Message(_))
    }
}

impl MultistreamerWorld {
    /// Answers a request that opens no socket.
    pub(crate) fn answer_http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) -> HttpResponse {
        self.answer(cx, call.into(), request)
    }

    /// The path behind the prefix, and what is there.
    fn route(&self, request: &HttpRequest) -> Route {
        let prefix = &self.options.http_prefix;
        match request.path.strip_prefix(prefix.as_str()) {
            Some("") if !prefix.is_empty() => Route::Index,
            Some(path) if path.starts_with('/') => Route::of(path),
            _ => Route::Elsewhere,
        }
    }

    fn answer(&mut self, cx: &mut Cx<'_>, who: Party, request: &HttpRequest) -> HttpResponse {
        let mut call = Call { cx, who, request, rules: self.rules() };
        let mut response = match self.carry_out(&mut call) {
            Ok(response) => response,
            Err(refused) => {
                let response = self.refusal(&refused);
                call.note(ProblemKind::Refused, refused.code, refused.source, refused.why);
                response
            }
        };
        if request.method == "HEAD" {
            response.body.clear();
        }
        response
    }

    fn carry_out(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let route = self.route(call.request);
        let method = call.request.method.as_str();
        let asked = if method == "HEAD" { "GET" } else { method };
        let methods = route.methods();
        if !methods.is_empty() && !methods.contains(&asked) {
            let why = format!("{method} does not go with {}; it takes {}", call.request.path, methods.join(", "));
            return Err(failure(format!("don't know how to respond to {method}"), 405, "wrong-method", why));
        }
        if route.is_api() && route != Route::Auth {
            self.bearer(call)?;
        }
        if method == "HEAD" && !matches!(route, Route::Socket(_) | Route::Index | Route::Chat(_) | Route::Asset(_)) {
            return Ok(HttpResponse::new(200).with_header("content-type", "text/html"));
        }
        match route {
            Route::Auth => self.auth(call),
            Route::Profile => self.profile(call),
            Route::Users => self.users(call),
            Route::Account(id) => self.account(call, id.as_deref()),
            Route::Stream(id) => self.stream(call, id.as_deref()),
            Route::Message(id) => self.inject(call, &id),
            Route::Socket(id) => self.no_socket(call, &id),
            Route::Publish => self.on_publish(call),
            Route::Update => self.on_update(call),
            Route::Done => self.on_done(call),
            Route::Login => self.login_page(call),
            Route::Logout => Ok(self.logout(call)),
            Route::Index => Ok(self.index()),
            Route::Chat(id) => self.chat_page(&id),
            Route::Asset(asset) => Ok(asset.response()),
            Route::UnknownApi => {
                let path = call.request.path.as_str();
                let why = format!("there is nothing at {path}; see dossier 2 for the routes");
                Err(failure(format!("Failed to find route: {path}"), 404, "unknown-route", why))
            }
            Route::Elsewhere => {
                let text =
                    format!("there is nothing at {}; the server sends browsers to its first page", call.request.path);
                call.note(ProblemKind::Refused, "unknown-route", "dossier 3", text);
                Ok(self.to_first_page())
            }
        }
    }

    /// The server's way with everything that it does not know.
    fn to_first_page(&self) -> HttpResponse {
        let location = format!("{}{}/", self.public_url(), self.options.http_prefix);
        HttpResponse::new(302).with_header("location", &location).with_header("content-type", "text/html")
    }

    /// An answer of the API.
    fn json(&self, value: &Value) -> HttpResponse {
        self.json_with(200, value)
    }

    fn json_with(&self, status: u16, value: &Value) -> HttpResponse {
        let body = wire::json(self.rules(), value);
        HttpResponse::new(status).with_header("content-type", "application/json").with_body(body)
    }

    fn refusal(&self, refused: &Refused) -> HttpResponse {
        match &refused.form {
            Form::Error { status, error } => self.json_with(*status, &json!({"error": error})),
            Form::Plain { status, text } => plain(*status, text),
            Form::Page { text, .. } if self.rules().error_pages => pages::error(text),
            // The words of the page are Lua's and the database's, and help nobody.
            Form::Page { instead, .. } => self.json_with(*instead, &json!({"error": refused.why})),
        }
    }
}

/// Text without a charset, as the server has it.
fn plain(status: u16, text: &str) -> HttpResponse {
    HttpResponse::new(status).with_header("content-type", "text/plain").with_body(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_their_routes() {
        for (path, expected) in [
            ("/api/v1/auth", Route::Auth),
            ("/api/v1/user", Route::Users),
            ("/api/v1/users", Route::UnknownApi),
            ("/api/v1/stream", Route::Stream(None)),
            ("/api/v1/stream/21", Route::Stream(Some("21".into()))),
            ("/api/v1/stream/21/", Route::UnknownApi),
            ("/api/v1/stream/21/msg", Route::Message("21".into())),
            ("/ws/21", Route::Socket("21".into())),
            ("/ws", Route::Elsewhere),
            ("/ws/21/", Route::Elsewhere),
            ("/ws/%32%31", Route::Socket("21".into())),
            ("/", Route::Index),
            ("/stream/21/chat", Route::Chat("21".into())),
            ("/static/nothing", Route::Elsewhere),
            ("//", Route::Elsewhere),
        ] {
            assert_eq!(Route::of(path), expected, "{path}");
        }
    }
}

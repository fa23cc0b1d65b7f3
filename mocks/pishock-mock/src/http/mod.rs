//! The HTTP services around the broker, on the broker's own port (dossier 6).

mod account;
mod links;
mod operate;
mod shares;

use crate::world::{Grant, PishockWorld, Place, Refusal, by_key, by_token};
use dummyload_host::{CallId, Cx, HttpRequest, HttpResponse, Problem, ProblemKind};
use pishock_proto::UserId;
use pishock_proto::http::header;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// A call that is not carried out: status, and for the author of the client what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refused {
    status: u16,
    code: &'static str,
    text: String,
    source: &'static str,
    /// A header that the status wants.
    header: Option<(&'static str, &'static str)>,
}

type Answer = Result<HttpResponse, Refused>;

fn refused(status: u16, code: &'static str, source: &'static str, text: impl Into<String>) -> Refused {
    Refused { status, code, text: text.into(), source, header: None }
}

/// One call on its way.
struct Call<'a, 'c> {
    cx: &'a mut Cx<'c>,
    id: CallId,
    request: &'a HttpRequest,
}

impl Call<'_, '_> {
    fn note(&mut self, kind: ProblemKind, code: &'static str, source: &'static str, text: impl Into<String>) {
        self.cx.problem(self.id, Problem::new(kind, code, source, text));
    }
}

/// What there is, by path. The names have no case (dossier 6), what stands in braces has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route<'a> {
    Socket,
    UserOfKey,
    Devices,
    ShareCodes,
    SharesByIds,
    CreateShare,
    Claim,
    Share(&'a str),
    Shared,
    Account,
    Shockers,
    Shocker(&'a str),
    ByShare(&'a str),
    Links,
    Link(&'a str),
    Health,
    /// Calls that the vendor has taken away (dossier 7).
    Legacy,
}

impl<'a> Route<'a> {
    fn of(path: &[&'a str]) -> Option<Self> {
        let is = |given: &str, name: &str| given.eq_ignore_ascii_case(name);
        // The older services have a folder of their own name.
        let inner = match path {
            [folder, rest @ ..] if !rest.is_empty() && (is(folder, "Auth") || is(folder, "PiShock")) => rest,
            path => path,
        };
        let names: [(&str, Self); 10] = [
            ("v2", Self::Socket),
            ("GetUserIfAPIKeyValid", Self::UserOfKey),
            ("GetUserDevices", Self::Devices),
            ("GetShareCodesByOwner", Self::ShareCodes),
            ("GetShockersByShareIds", Self::SharesByIds),
            ("CreateShare", Self::CreateShare),
            ("Share", Self::Claim),
            ("Account", Self::Account),
            ("Shockers", Self::Shockers),
            ("Links", Self::Links),
        ];
        match inner {
            [] => Some(Self::Socket),
            [name] if is(name, "Health") => Some(Self::Health),
            [name] if is(name, "Operate") => Some(Self::Legacy),
            [name] => names.into_iter().find(|(known, _)| is(name, known)).map(|(_, route)| route),
            [api, name] if is(api, "api") && is(name, "apioperate") => Some(Self::Legacy),
            [share, name] if is(share, "Share") && is(name, "GetShared") => Some(Self::Shared),
            [share, id] if is(share, "Share") => Some(Self::Share(id)),
            [shockers, id] if is(shockers, "Shockers") => Some(Self::Shocker(id)),
            [shockers, name, code] if is(shockers, "Shockers") && is(name, "OperateByShare") => {
                Some(Self::ByShare(code))
            }
            [links, id] if is(links, "Links") => Some(Self::Link(id)),
            _ => None,
        }
    }

    /// The methods that it takes, for the `Allow` header; `None` where none helps.
    fn methods(self) -> Option<&'static str> {
        match self {
            Self::Socket | Self::Legacy => None,
            Self::CreateShare | Self::Shocker(_) | Self::ByShare(_) => Some("POST"),
            Self::Claim => Some("PUT"),
            Self::Share(_) => Some("DELETE"),
            _ => Some("GET, HEAD"),
        }
    }
}

impl PishockWorld {
    /// Answers an HTTP request that is no handshake.
    pub(crate) fn answer_http(&mut self, cx: &mut Cx<'_>, id: CallId, request: &HttpRequest) {
        let response = if request.method == "OPTIONS" {
            preflight(request)
        } else {
            let mut call = Call { cx, id, request };
            match self.route(&mut call) {
                Ok(response) => response,
                Err(refusal) => {
                    let response = HttpResponse::text(refusal.status, refusal.text.clone());
                    call.note(ProblemKind::Refused, refusal.code, refusal.source, refusal.text);
                    match refusal.header {
                        Some((name, value)) => response.with_header(name, value),
                        None => response,
                    }
                }
            }
        };
        // Browser extensions and web pages use these services. What they can read here is made up, so all may.
        cx.respond(id, response.with_header("access-control-allow-origin", "*"));
    }

    fn route(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let segments = call.request.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let Some(route) = Route::of(&path) else {
            let text = format!("there is nothing at {}; see the routes in dossier 6", call.request.path);
            return Err(refused(404, "unknown-route", "dossier 6", text));
        };
        let method = call.request.method.as_str();
        if let Some(methods) = route.methods().filter(|methods| !methods.split(", ").any(|one| one == method)) {
            let text = format!("{method} does not go with {}; it takes {methods}", call.request.path);
            return Err(Refused {
                header: Some(("allow", methods)),
                ..refused(405, "wrong-method", "dossier 6", text)
            });
        }
        match route {
            Route::UserOfKey => self.user_of_key(call),
            Route::Devices => self.devices(call),
            Route::ShareCodes => self.share_codes(call),
            Route::SharesByIds => self.shares_by_ids(call),
            Route::CreateShare => self.create_share(call),
            Route::Claim => self.claim(call),
            Route::Share(id) => self.give_back(call, id),
            Route::Shared => self.shared(call),
            Route::Account => self.account(call),
            Route::Shockers => self.shockers(call),
            Route::Shocker(id) => self.operate_shocker(call, id),
            Route::ByShare(code) => self.operate_share(call, code),
            Route::Links => self.links(call),
            Route::Link(id) => self.one_link(id),
            Route::Health => Ok(HttpResponse::text(200, "Healthy")),
            Route::Socket => {
                let refusal = refused(426, "not-a-websocket", "dossier 10.1", "this is the address of a WebSocket");
                Err(Refused { header: Some(("upgrade", "websocket")), ..refusal })
            }
            Route::Legacy => {
                let text = "this call is gone since 2026; use POST /Shockers/{id} or the socket";
                Err(refused(404, "legacy-call", "dossier 7", text))
            }
        }
    }

    /// Who calls: by headers, else by the query (dossier 6.2, 6.5).
    fn caller(&self, call: &Call<'_, '_>) -> Result<Caller, Refused> {
        let (request, now) = (call.request, call.cx.now());
        let given = |value: Option<String>| value.filter(|value| !value.is_empty());
        let header = |name| given(request.header(name).map(str::to_owned));
        let query = |name| given(request.query_value(name));
        let number = |text: String| {
            let invalid = || refused(400, "bad-user-id", "dossier 6.5", "the user id is no number");
            text.parse().map(UserId).map_err(|_| invalid())
        };
        let named = |id: UserId| self.state.user(id).map(|user| user.name.clone());
        let by_header = header(header::API_KEY).is_some() || header(header::TOKEN).is_some();
        let login = if let Some(key) = header(header::API_KEY) {
            let id = header(header::USER_ID).map(number).transpose()?;
            let grant = by_key(&self.state, now, header(header::USERNAME).as_deref(), &key, Place::Http);
            grant.and_then(|grant| same_user(grant, id))
        } else if let Some(token) = header(header::TOKEN) {
            let Some(id) = header(header::USER_ID).map(number).transpose()? else {
                return Err(no_login("a token needs the header X-PiShock-UserId beside it"));
            };
            by_token(&self.state, now, id, &token)
        } else if let (Some(id), Some(token)) = (query("UserId"), query("Token")) {
            let id = number(id)?;
            if query("api").is_some_and(|api| api.eq_ignore_ascii_case("true")) {
                let name = named(id).unwrap_or_default();
                by_key(&self.state, now, Some(&name), &token, Place::Http)
            } else {
                by_token(&self.state, now, id, &token)
            }
        } else {
            let text = "no login: send the header X-PiShock-Api-Key, or UserId and Token in the query (with api=true if \
                        the token is an API key)";
            return Err(no_login(text));
        };
        let grant = login.map_err(|refusal| refused(401, refusal.code, "dossier 6.5", refusal.text))?;
        Ok(Caller { user: grant.user, by_header })
    }
}

/// Who calls, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Caller {
    user: UserId,
    by_header: bool,
}

fn same_user(grant: Grant, id: Option<UserId>) -> Result<Grant, Refusal> {
    if id.is_none_or(|id| id == grant.user) {
        return Ok(grant);
    }
    Err(Refusal {
        error: "AUTH_ERROR",
        message: "Authentication failed.".into(),
        code: "user-id-mismatch",
        text: "the API key belongs to another user than the one with this user id".into(),
        source: "dossier 6.5",
    })
}

fn no_login(text: &str) -> Refused {
    refused(401, "no-login", "dossier 6.5", text)
}

/// The body as `T`.
fn body<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Refused> {
    serde_json::from_slice(&request.body)
        .map_err(|e| refused(400, "bad-json", "dossier 6.5", format!("the body does not fit: {e}")))
}

/// A date as these services write it: without a zone (dossier 6.1).
fn plain_date(date: OffsetDateTime) -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    // A date has all the parts that the format names.
    date.to_offset(time::UtcOffset::UTC).format(FORMAT).unwrap_or_default()
}

/// A browser asks whether a page may call (the Fetch standard's CORS).
fn preflight(request: &HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::new(204)
        .with_header("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS")
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
    fn paths_have_no_case_and_maybe_a_folder() {
        for (path, expected) in [
            ("", Some(Route::Socket)),
            ("V2", Some(Route::Socket)),
            ("auth/getuserifapikeyvalid", Some(Route::UserOfKey)),
            ("GetUserIfAPIKeyValid", Some(Route::UserOfKey)),
            ("PISHOCK/GetUserDevices", Some(Route::Devices)),
            ("Auth/Account", Some(Route::Account)),
            ("share", Some(Route::Claim)),
            ("Share/getshared", Some(Route::Shared)),
            ("Share/7", Some(Route::Share("7"))),
            ("Shockers/OperateByShare", Some(Route::Shocker("OperateByShare"))),
            ("shockers/operatebyshare/aBc", Some(Route::ByShare("aBc"))),
            ("Links/X", Some(Route::Link("X"))),
            ("api/apioperate", Some(Route::Legacy)),
            ("PiShock/Operate", Some(Route::Legacy)),
            ("Auth", None),
            ("Links/X/Y", None),
            ("Hub/1", None),
        ] {
            let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
            assert_eq!(Route::of(&segments), expected, "{path}");
        }
    }

    #[test]
    fn dates_have_no_zone() {
        let date = time::macros::datetime!(2025-01-02 03:04:05.6 +01:00);
        assert_eq!(plain_date(date), "2025-01-02T02:04:05");
    }
}

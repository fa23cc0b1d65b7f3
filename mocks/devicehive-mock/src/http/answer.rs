//! The forms of answers: headers, errors, error pages (dossier 14, 14.4, V5, V7).

use crate::profile::Rules;
use devicehive_proto::Datetime;
use dummyload_host::{HttpRequest, HttpResponse};
use serde_json::Value;

pub(super) const JSON: &str = "application/json";
/// Of pages that the container makes, not the application.
const PAGE: &str = "application/json;charset=UTF-8";

/// So that pages of all origins may call.
const CORS: [(&str, &str); 5] = [
    ("Access-Control-Allow-Headers", "Origin, Authorization, Accept, Content-Type, Auth-DeviceID, Auth-DeviceKey"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "OPTIONS, GET, POST, PUT, DELETE, HEAD"),
    ("Access-Control-Max-Age", "0"),
];

/// So that nothing is kept or put into a frame.
const SECURITY: [(&str, &str); 6] = [
    ("Expires", "0"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("X-XSS-Protection", "1; mode=block"),
    ("Pragma", "no-cache"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
];

/// The headers that every answer has, the one that opens a socket too.
pub(crate) fn headers(rules: &Rules) -> Vec<(String, String)> {
    let context = rules.application_context.map(|context| ("X-Application-Context", context));
    let all = SECURITY.into_iter().chain(CORS).chain(context);
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// An answer with the headers that every answer has, and no body.
pub(super) fn dressed(rules: &Rules, status: u16) -> HttpResponse {
    let mut response = HttpResponse::new(status);
    response.headers = headers(rules);
    response
}

/// An answer of the application.
pub(super) fn json(rules: &Rules, status: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
    dressed(rules, status).with_header("Content-Type", JSON).with_body(body)
}

/// An error of the application.
pub(crate) fn error(rules: &Rules, status: u16, text: &str) -> HttpResponse {
    error_with(rules, status, status, text)
}

/// An error whose body has another number than its status.
pub(super) fn error_with(rules: &Rules, status: u16, code: u16, text: &str) -> HttpResponse {
    json(rules, status, format!(r#"{{"error":{code},"message":{}}}"#, Value::from(text)))
}

/// An error of the framework, which knows no more than the status.
pub(super) fn framework(rules: &Rules, status: u16) -> HttpResponse {
    error(rules, status, &format!("HTTP {status} {}", reason(status)))
}

/// An error page of the container. `message` is there where this server's pages have one.
pub(super) fn page(rules: &Rules, now: Datetime, request: &HttpRequest, status: u16, message: &str) -> HttpResponse {
    dressed(rules, status)
        .with_header("Content-Type", PAGE)
        .with_body(page_text(rules, now, request, status, "", message))
}

/// The text of an error page; `exception` is a member of those that tell of one.
fn page_text(
    rules: &Rules,
    now: Datetime,
    request: &HttpRequest,
    status: u16,
    exception: &str,
    message: &str,
) -> String {
    let message = if rules.pages_have_message {
        format!("{exception}\"message\":{},", Value::from(message))
    } else {
        String::new()
    };
    let path = Value::from(request.path.as_str());
    format!(r#"{{"timestamp":"{now}","status":{status},"error":"{}",{message}"path":{path}}}"#, reason(status))
}

/// An error page that a part of the application asks for: it has that part's content type.
pub(super) fn page_of_resource(
    rules: &Rules,
    now: Datetime,
    request: &HttpRequest,
    status: u16,
    message: &str,
) -> HttpResponse {
    json(rules, status, page_text(rules, now, request, status, "", message))
}

/// The page of a path that the framework's firewall does not let in: it comes before the headers of all else.
pub(super) fn walled(rules: &Rules, now: Datetime, request: &HttpRequest, why: &str) -> HttpResponse {
    let mut response = HttpResponse::new(500);
    if !rules.pages_have_message {
        response.headers = CORS.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    }
    let exception = "\"exception\":\"org.springframework.security.web.firewall.RequestRejectedException\",";
    let text = page_text(rules, now, request, 500, exception, why);
    response.with_header("Content-Type", PAGE).with_body(text)
}

/// What a browser is shown instead of such a page.
pub(super) fn page_for_people(rules: &Rules, now: Datetime, status: u16, message: &str) -> HttpResponse {
    let (reason, created) = (reason(status), java_date(now));
    let text = format!(
        "<html><body><h1>Whitelabel Error Page</h1><p>This application has no explicit mapping for /error, so you are \
         seeing this as a fallback.</p><div id='created'>{created}</div><div>There was an unexpected error \
         (type={reason}, status={status}).</div><div>{message}</div></body></html>"
    );
    dressed(rules, status)
        .with_header("Content-Type", "text/html;charset=ISO-8859-1")
        .with_header("Content-Language", "en-")
        .with_body(text)
}

/// The reason phrase of a status that occurs here.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        415 => "Unsupported Media Type",
        _ => "Internal Server Error",
    }
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Day of the week, day, month, year and time of day.
fn parts(now: Datetime) -> (&'static str, String, &'static str, String, String) {
    let text = now.to_string(); // 2018-05-20T10:00:00.000
    let weekday = DAYS[now.millis().div_euclid(24 * 3600 * 1000).rem_euclid(7) as usize];
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let mut date = date.rsplitn(3, '-');
    let (day, month, year) = (date.next(), date.next(), date.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    (weekday, text(day), MONTHS[(month - 1) % 12], text(year), time.split('.').next().unwrap_or_default().to_owned())
}

/// `Sun Nov 22 03:35:43 UTC 2026`
fn java_date(now: Datetime) -> String {
    let (weekday, day, month, year, time) = parts(now);
    format!("{weekday} {month} {day} {time} UTC {year}")
}

/// `Sun, 22 Nov 2026 02:39:00 UTC`
pub(super) fn last_modified(now: Datetime) -> String {
    let (weekday, day, month, year, time) = parts(now);
    format!("{weekday}, {day} {month} {year} {time} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spelled_as_recorded() {
        // captures/server-4.1/rest-http, captures/server-3.5/rest-401
        let now = Datetime::parse("2026-11-22T03:35:43.215").unwrap();
        assert_eq!(java_date(now), "Sun Nov 22 03:35:43 UTC 2026");
        assert_eq!(last_modified(now), "Sun, 22 Nov 2026 03:35:43 UTC");
        assert_eq!(java_date(Datetime::from_millis(-1)), "Wed Dec 31 23:59:59 UTC 1969");
    }
}

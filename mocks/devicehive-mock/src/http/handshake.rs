//! Handshakes that are none, and ordinary requests where the socket is (captures/server-4.1/hs-not-upgrade).

use super::answer::dressed;
use crate::profile::Rules;
use dummyload_host::{HttpRequest, HttpResponse};

/// The versions of the protocol that the real server takes.
pub(crate) const VERSIONS: &[&str] = &["13", "8", "7"];

/// What is wrong with a request for the socket that opens none.
pub(super) fn refuse(rules: &Rules, request: &HttpRequest) -> HttpResponse {
    if request.method != "GET" {
        return dressed(rules, 405).with_header("Allow", "GET");
    }
    let has = |name: &str, token: &str| {
        let tokens = request.header(name).unwrap_or_default().split(',');
        tokens.map(str::trim).any(|known| known.eq_ignore_ascii_case(token))
    };
    if !has("upgrade", "websocket") {
        return dressed(rules, 400).with_body("Can \"Upgrade\" only to \"WebSocket\".");
    }
    if !has("connection", "upgrade") {
        return dressed(rules, 400).with_body("\"Connection\" must be \"upgrade\".");
    }
    if !request.header("sec-websocket-version").is_some_and(|version| VERSIONS.contains(&version)) {
        return dressed(rules, 426).with_header("Sec-WebSocket-Version", &VERSIONS.join(","));
    }
    dressed(rules, 400)
}

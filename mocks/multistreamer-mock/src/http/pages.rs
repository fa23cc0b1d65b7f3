//! Pages: the error page of the server's framework, and the mock's own ones for people with a browser.

use super::{Answer, Refused, failure};
use crate::world::MultistreamerWorld;
use dummyload_host::HttpResponse;
use multistreamer_proto::StreamId;

/// A file that the chat page needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
}

const ASSETS: &[Asset] = &[
    Asset { name: "chat.js", kind: "text/javascript; charset=utf-8", body: include_str!("page/chat.js") },
    Asset { name: "chat.css", kind: "text/css; charset=utf-8", body: include_str!("page/chat.css") },
];

pub(super) fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

impl Asset {
    pub(super) fn response(&self) -> HttpResponse {
        HttpResponse::new(200)
            .with_header("content-type", self.kind)
            .with_header("x-content-type-options", "nosniff")
            .with_header("cache-control", "no-cache")
            .with_body(self.body)
    }
}

/// Nothing but the page's own script and style, and nobody to talk to but this server: no picture is fetched from anywhere.
const POLICY: &str = "default-src 'none'; img-src data:; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

fn page(title: &str, head: &str, body: &str, prefix: &str) -> HttpResponse {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <link rel=\"stylesheet\" href=\"{prefix}/static/chat.css\">\n{head}</head>\n<body>\n{body}</body>\n</html>\n",
        escaped(title)
    );
    HttpResponse::new(200)
        .with_header("content-type", "text/html; charset=utf-8")
        .with_header("content-security-policy", POLICY)
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-content-type-options", "nosniff")
        .with_header("cache-control", "no-store")
        .with_body(page)
}

/// The login of the web page: a form that works without scripts.
pub(super) fn login(prefix: &str, failed: bool) -> HttpResponse {
    let alert = if failed { "<p role=\"alert\">Wrong name or password!</p>\n" } else { "" };
    let body = format!(
        "<main class=\"form\">\n<h1>multistreamer (mock)</h1>\n{alert}<form method=\"post\" action=\"{prefix}/login\">\n\
         <label>Username <input name=\"username\" autocomplete=\"username\" required autofocus></label>\n\
         <label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\n\
         <button>Log in</button>\n</form>\n</main>\n"
    );
    page("Log in", "", &body, prefix)
}

/// What the web framework shows when the server fails. The style is that of the framework, since it is what clients receive.
pub(super) fn error(text: &str) -> HttpResponse {
    const STYLE: &str = "        body {\n          color: #222;\n          background: #ddd;\n          font-family: \
                         sans-serif;\n          margin: 20px;\n        }\n\n        h1, h2, pre {\n          margin: 20px;\n        \
                         }\n\n        pre {\n          white-space: pre-wrap;\n        }\n\n        .box {\n          background: \
                         white;\n          overflow: hidden;\n        }\n      ";
    let page = format!(
        "<!DOCTYPE HTML><html lang=\"en\"><head><title>Error</title><style type=\"text/css\">{STYLE}</style></head><body>\
         <div class=\"box\"><h1>Error</h1><pre>multistreamer (mock): {}</pre></div></body></html>",
        escaped(text)
    );
    HttpResponse::new(500).with_header("content-type", "text/html").with_body(page)
}

impl MultistreamerWorld {
    /// The streams, for people. No secret is in it.
    pub(super) fn index(&self) -> HttpResponse {
        let prefix = &self.options.http_prefix;
        let mut rows = String::new();
        for stream in self.state.streams() {
            let owner = self.state.user(stream.seed.owner).map(|user| user.seed.username.as_str()).unwrap_or_default();
            let live = if stream.status.pushing { " <strong>live</strong>" } else { "" };
            rows += &format!(
                "<li><a href=\"{prefix}/stream/{id}/chat\">{}</a> of {}, number {id}{live}</li>\n",
                escaped(&stream.seed.name),
                escaped(owner),
                id = stream.seed.id
            );
        }
        let body = format!(
            "<main class=\"form\">\n<h1>multistreamer (mock)</h1>\n<p>The chats of the streams:</p>\n<ul>\n{rows}</ul>\n</main>\n"
        );
        page("multistreamer (mock)", "", &body, prefix)
    }

    /// A web chat. It is the same page for every stream; its script finds out the rest, as any client would.
    pub(super) fn chat_page(&self, id: &str) -> Answer {
        let stream = id.parse().ok().map(StreamId).and_then(|id| self.state.stream(id));
        let stream = stream.ok_or_else(|| no_stream(id))?;
        let prefix = &self.options.http_prefix;
        let head = format!("<script src=\"{prefix}/static/chat.js\" defer></script>\n");
        let title = format!("Chat of {}", stream.seed.name);
        Ok(page(&title, &head, include_str!("page/chat.html"), prefix))
    }
}

fn no_stream(id: &str) -> Refused {
    failure(format!("there is no stream {id}"), 404, "no-such-stream", format!("there is no stream {id}"))
}

/// A text within HTML, as the server's framework escapes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#039;"),
            c => out.push(c),
        }
    }
    out
}

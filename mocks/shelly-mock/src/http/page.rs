//! The login page, as a plain form: it works in a browser without scripts, and for a script without a browser
//! (dossier 4.1, 4.3).

use super::Call;
use crate::world::{Kind, ShellyWorld};
use dummyload_host::{HttpResponse, ProblemKind};
use shelly_proto::{Authorize, LOGIN_PAGE, WRONG_PARAMETERS, redirect};

impl ShellyWorld {
    /// GET shows the form, POST takes what was typed; a login ends in the redirect with the code.
    pub(super) fn login_page(&mut self, call: &mut Call<'_, '_>) -> HttpResponse {
        let asked = if call.request.method == "POST" { posted(call) } else { Authorize::parse(&call.request.query) };
        let client = asked.client_id.clone().unwrap_or_default();
        let uri = asked.redirect_uri.clone().unwrap_or_default();
        let wrong = if uri.is_empty() {
            Some(("no-redirect-uri", "redirect_uri is missing".to_owned()))
        } else if !self.state.has_client(&client) {
            Some(("unknown-client", format!("{client:?} is no client of this world; shelly-diy is for everybody")))
        } else if !self.state.may_redirect(&client, &uri) {
            Some(("foreign-redirect", format!("redirect_uri does not match the pattern of the client {client}")))
        } else if redirect(&uri, asked.state.as_deref(), "").is_err() {
            let text = "redirect_uri has a blank or a fragment, or it or the state has characters that no header may have: encode \
                        the state twice";
            Some(("unsafe-redirect", text.to_owned()))
        } else {
            None
        };
        if let Some((problem, text)) = wrong {
            call.note(ProblemKind::Refused, problem, "dossier 4.1, 4.3", text);
            return html(&format!("<p role=\"alert\">{WRONG_PARAMETERS}</p>"));
        }
        if asked.state.as_deref().is_some_and(|state| state.contains(['&', '#', '='])) {
            let text = "the state has characters with a meaning in a query, and the redirect has them as they are: encode it \
                        twice, or use base64url";
            call.note(ProblemKind::Tolerated, "state-splits", "dossier 4.3", text);
        }
        let typed = |name: &str| call.params.get(name).unwrap_or_default().to_owned();
        let posted = call.request.method == "POST";
        let email = if posted { typed("email") } else { self.options.auto_approve.clone() };
        let Some(user) = self.state.user_at(&email).map(|user| user.id) else {
            return no_login(call, &form(&client, &uri, &asked, posted), posted);
        };
        // Whatever comes of it, it was a call of this account (dossier 5).
        if let Err(refusal) = self.count(call, user) {
            if let Some((code, source)) = refusal.problem {
                call.note(ProblemKind::Refused, code, source, refusal.text.clone());
            }
            return html(&format!("<p role=\"alert\">{}</p>{}", refusal.text, form(&client, &uri, &asked, false)));
        }
        if posted && self.typed_login(&email, &typed("password")).is_none() {
            return no_login(call, &form(&client, &uri, &asked, true), true);
        }
        let code = self.make_token(call.cx.now(), Kind::Code, user, &client);
        match redirect(&uri, asked.state.as_deref(), &code) {
            Ok(location) => HttpResponse::new(302).with_header("location", &location),
            // Looked at before.
            Err(e) => HttpResponse::text(400, e.to_string()),
        }
    }
}

/// For people who look what is here; the real cloud has its app there.
pub(super) fn welcome() -> HttpResponse {
    html(&format!(
        "<p>Programs log in at <a href=\"{LOGIN_PAGE}\">{LOGIN_PAGE}</a>. What the mock holds and what has happened is at \
         <a href=\"/__mock\">/__mock</a>.</p>"
    ))
}

/// The form, for the first time or once more.
fn no_login(call: &mut Call<'_, '_>, form: &str, failed: bool) -> HttpResponse {
    if failed {
        let text = "e-mail address or password is wrong";
        call.note(ProblemKind::Refused, "wrong-credentials", "dossier 4.2", text);
    }
    html(form)
}

/// The same parameters, from the form.
fn posted(call: &Call<'_, '_>) -> Authorize {
    let mut asked = Authorize::default();
    let value = |name: &str| call.params.get(name).map(str::to_owned);
    asked.client_id = value("client_id");
    asked.redirect_uri = value("redirect_uri");
    asked.state = value("state");
    asked.response_type = value("response_type");
    asked
}

fn form(client: &str, uri: &str, asked: &Authorize, failed: bool) -> String {
    let hidden = |name: &str, value: Option<&str>| {
        value
            .map(|value| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escaped(value)))
            .unwrap_or_default()
    };
    let alert = if failed { "<p role=\"alert\">Wrong e-mail address or password!</p>\n" } else { "" };
    format!(
        "{alert}<p>Allow <b>{}</b> to see and control your devices?</p>\n\
         <form method=\"post\" action=\"{LOGIN_PAGE}\">\n{}{}{}{}\
         <p><label>E-mail address<br><input type=\"email\" name=\"email\" autocomplete=\"username\" required autofocus></label></p>\n\
         <p><label>Password<br><input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label></p>\n\
         <p><button type=\"submit\">Log in</button></p>\n</form>",
        escaped(client),
        hidden("client_id", Some(client)),
        hidden("redirect_uri", Some(uri)),
        hidden("state", asked.state.as_deref()),
        hidden("response_type", asked.response_type.as_deref()),
    )
}

fn html(body: &str) -> HttpResponse {
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Shelly Cloud (mock)</title>\n\
         <style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:3rem auto;padding:0 1rem}}\
         input,button{{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}}[role=alert]{{color:#a00}}</style>\n\
         </head>\n<body>\n<h1>Shelly Cloud (mock)</h1>\n{body}\n</body>\n</html>\n"
    );
    HttpResponse::new(200)
        .with_header("content-type", "text/html; charset=utf-8")
        .with_header("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'")
        .with_header("referrer-policy", "no-referrer")
        .with_header("cache-control", "no-store")
        .with_body(page)
}

/// A text within HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

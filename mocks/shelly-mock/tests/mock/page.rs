//! The login page, as a browser without scripts uses it (dossier 4.1, 4.3).

use crate::kit::{Answer, demo, get, post_form, problems, start, start_option, start_with};
use shelly_proto::http::password_hash;
use shelly_proto::{Callback, authorize_url};

const CALLBACK: &str = "https%3A%2F%2Fexample.com%2Fcb";

/// The hidden fields of the form, as a browser would send them.
fn hidden(page: &Answer) -> String {
    let fields = page.body.lines().filter_map(|line| {
        let rest = line.strip_prefix("<input type=\"hidden\" name=\"")?;
        let (name, rest) = rest.split_once("\" value=\"")?;
        let value = rest.strip_suffix("\">")?;
        let value = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'");
        let value: String = value.replace("&amp;", "&").bytes().map(|b| format!("%{b:02X}")).collect();
        Some(format!("{name}={value}"))
    });
    fields.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn it_is_a_plain_form_that_ends_in_the_redirect() {
    let mock = start().await;
    let page = get(&mock, &format!("/oauth_login.html?client_id=shelly-diy&redirect_uri={CALLBACK}&state=s1")).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("<form method=\"post\" action=\"/oauth_login.html\">"), "{}", page.body);
    assert!(!page.body.contains("<script"), "it works without");
    for password in ["demo-password".to_owned(), password_hash("demo-password")] {
        let body = format!("{}&email=demo%40example.com&password={password}", hidden(&page));
        let answer = post_form(&mock, "/oauth_login.html", &body).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        let location = answer.header("location").unwrap();
        assert!(location.starts_with("https://example.com/cb?state=s1&code="), "{location}");
        let callback = Callback::parse(location).unwrap();
        let body = format!("client_id=shelly-diy&grant_type=code&code={}", callback.code.expose());
        assert_eq!(post_form(&mock, "/oauth/auth", &body).await.status, 200);
    }
    let body = format!("{}&email=demo%40example.com&password=wrong", hidden(&page));
    let again = post_form(&mock, "/oauth_login.html", &body).await;
    assert_eq!((again.status, again.header("location")), (200, None));
    assert!(again.body.contains("Wrong e-mail address or password!"), "{}", again.body);
    assert_eq!(hidden(&again), hidden(&page), "the form is still there");
    assert_eq!(problems(&mock), ["refused wrong-credentials"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_address_is_said_as_the_real_page_says_it() {
    let mock = start().await;
    for (query, problem) in [
        ("", "no-redirect-uri"),
        ("client_id=shelly-diy", "no-redirect-uri"),
        ("client_id=shelly-diy&redirect_uri=", "no-redirect-uri"),
        ("redirect_uri=https://example.com/cb", "unknown-client"),
        ("client_id=nobody&redirect_uri=https://example.com/cb", "unknown-client"),
        ("client_id=shelly-diy&redirect_uri=http://example.com/cb", "foreign-redirect"),
        ("client_id=shelly-diy&redirect_uri=javascript:alert(1)", "foreign-redirect"),
        ("client_id=integrator&redirect_uri=https://example.com/cb", "foreign-redirect"),
        ("client_id=shelly-diy&redirect_uri=https://example.com/cb&state=a%0d%0aSet-Cookie:%20x", "unsafe-redirect"),
        ("client_id=shelly-diy&redirect_uri=https://example.com/cb&state=a%00", "unsafe-redirect"),
        ("client_id=shelly-diy&redirect_uri=https://example.com/cb&state=%C3%A4", "unsafe-redirect"),
    ] {
        let page = get(&mock, &format!("/oauth_login.html?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(page.body.contains("Wrong parameteres provided!") && !page.body.contains("<form"), "{}", page.body);
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{query}");
        let body = format!("{query}&email=demo@example.com&password=demo-password");
        assert_eq!(post_form(&mock, "/oauth_login.html", &body).await.header("location"), None, "{query}");
    }
}

#[tokio::test]
async fn the_state_comes_back_raw() {
    let mock = start_option(|options| options.auto_approve = "demo@example.com".into()).await;
    for (query, expected) in [
        ("redirect_uri=https://example.com/cb", "https://example.com/cb?code="),
        ("redirect_uri=https://example.com/cb&state=abc", "https://example.com/cb?state=abc&code="),
        ("redirect_uri=https://example.com/cb&state=a%26b", "https://example.com/cb?state=a&b&code="),
        ("redirect_uri=https://example.com/cb&state=a%2526b", "https://example.com/cb?state=a%26b&code="),
        ("redirect_uri=https%3A%2F%2Fexample.com%2Fcb%3Fx%3D1&state=s", "https://example.com/cb?x=1&state=s&code="),
        ("redirect_uri=http://localhost:8080/&response_type=code&scope=x", "http://localhost:8080/?code="),
        ("redirect_uri=http://127.0.0.1:1", "http://127.0.0.1:1?code="),
    ] {
        let answer = get(&mock, &format!("/oauth_login.html?client_id=shelly-diy&{query}")).await;
        assert_eq!(answer.status, 302, "{query}: {}", answer.body);
        let location = answer.header("location").unwrap();
        assert!(location.starts_with(expected), "{location}");
        assert!(!location[expected.len()..].contains(['&', '%', '=']), "{location}");
    }
    assert_eq!(problems(&mock), ["tolerated state-splits"]);
    // Whatever a client wants back it can have, if it encodes twice.
    let url = authorize_url(&mock.http_url(), "shelly-diy", "http://localhost:1/cb", Some("ä&b=c #\r\n"));
    let answer = get(&mock, url.strip_prefix(&mock.http_url()).unwrap()).await;
    assert!(Callback::parse(answer.header("location").unwrap()).unwrap().has_state("ä&b=c #\r\n"));
}

#[tokio::test]
async fn nothing_of_the_address_becomes_part_of_the_page() {
    let mock = start_with(|world| world.clients[0].redirect = ".*".into()).await;
    let query = "client_id=shelly-diy&redirect_uri=https://x/%22%3E%3Cscript%3E&state=%27%3E%3Cb%3E%26amp;";
    let page = get(&mock, &format!("/oauth_login.html?{query}")).await;
    assert!(
        !page.body.contains("<script") && !page.body.contains("'><b>") && page.body.contains("<form"),
        "{}",
        page.body
    );
    assert!(hidden(&page).contains("%22%3E%3C%73%63%72%69%70%74%3E"), "{}", hidden(&page));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
}

#[tokio::test]
async fn each_account_logs_itself_in() {
    let mock = start().await;
    let body =
        "client_id=shelly-diy&redirect_uri=https://example.com/cb&email=friend@example.com&password=friend-password";
    let answer = post_form(&mock, "/oauth_login.html", body).await;
    let callback = Callback::parse(answer.header("location").unwrap()).unwrap();
    let claims = shelly_proto::Claims::decode(callback.code.expose()).unwrap();
    assert_eq!(claims.user_id.as_deref(), Some("6551"));
    assert_eq!(demo(&mock, "friend_email"), "friend@example.com");
}

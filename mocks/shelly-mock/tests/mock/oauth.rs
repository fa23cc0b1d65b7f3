//! Logins, codes and tokens over HTTP (dossier 3, 4).

use crate::kit::{Answer, Client, FORM, demo, get, http, post_form, problems, read, start, start_option, start_with};
use serde_json::{Value, json};
use shelly_mock::{RefreshToken, ShellyMock, WorldFile};
use shelly_proto::Claims;
use shelly_proto::http::password_hash;
use std::time::Duration;

fn error(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["isok"], false, "{body}");
    (answer.status, body["errors"].as_object().unwrap().keys().next().unwrap().clone())
}

async fn exchange(mock: &ShellyMock, code: &str) -> Value {
    let answer = post_form(mock, "/oauth/auth", &format!("client_id=shelly-diy&grant_type=code&code={code}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_failed_login_counts_as_a_call() {
    let mock = start_option(|options| options.rate_limit = shelly_mock::RateLimit::Http401).await;
    let wrong = "email=demo%40example.com&password=x&client_id=shelly-diy";
    assert!(post_form(&mock, "/oauth/login", wrong).await.body.contains("wrong_credentials"));
    assert!(post_form(&mock, "/oauth/login", wrong).await.body.contains("max_req"));
    assert_eq!(read(&mock, "/device/all_status").await.status, 401);
    mock.advance(Duration::from_secs(1));
    let page = "client_id=shelly-diy&redirect_uri=https%3A%2F%2Fx.example%2F&email=demo%40example.com&password=x";
    assert!(post_form(&mock, "/oauth_login.html", page).await.body.contains("Wrong e-mail"));
    assert!(post_form(&mock, "/oauth_login.html", page).await.body.contains("Request limit reached!"));
}

#[tokio::test]
async fn addresses_to_come_back_to() {
    let mock = start_with(|world| world.options.auto_approve = "demo@example.com".to_owned()).await;
    for (uri, status) in [
        ("HTTPS%3A%2F%2Fx.example%2Fcb", 302),
        ("https%3A%2F%2Fx.example%2Fcb%23frag", 200),
        ("https%3A%2F%2F%20", 200),
        ("https%3A%2F%2Fx.example%2F%20cb", 200),
    ] {
        let answer = get(&mock, &format!("/oauth_login.html?client_id=shelly-diy&redirect_uri={uri}")).await;
        assert_eq!(answer.status, status, "{uri}");
    }
}

#[tokio::test]
async fn a_world_that_names_no_client_has_the_one_for_everybody() {
    let world = r#"{"user":[{"id":1,"email":"me@example.com","password":"p"}]}"#;
    let mock = start_with(|demo| *demo = WorldFile::parse(world).unwrap()).await;
    assert_eq!(demo(&mock, "client_id"), "shelly-diy");
    let form = "email=me%40example.com&password=516b9783fca517eecbd1d064da2d165310b19759&client_id=shelly-diy";
    assert_eq!(post_form(&mock, "/oauth/login", form).await.json()["isok"], true);
    assert!(WorldFile::parse(r#"{"client":[]}"#).unwrap().clients.is_empty());
}

#[tokio::test]
async fn a_login_brings_a_code_and_the_code_tokens() {
    let mock = start().await;
    let hash = password_hash("demo-password");
    for (headers, body) in [
        (&[FORM][..], format!("email=demo%40example.com&password={hash}&client_id=shelly-diy")),
        (
            &[FORM],
            format!("email=Demo@Example.com&password={}&client_id=shelly-diy&response_type=", hash.to_uppercase()),
        ),
        (
            &[("Content-Type", "application/json")],
            json!({"email": "demo@example.com", "password": hash, "client_id": "shelly-diy"}).to_string(),
        ),
    ] {
        let answer = http(&mock, "POST", "/oauth/login", headers, &body).await;
        assert_eq!((answer.status, &answer.json()["isok"]), (200, &json!(true)), "{}", answer.body);
        let code = answer.json()["data"]["code"].clone();
        let claims = Claims::decode(text(&code)).unwrap();
        assert_eq!((claims.sub.as_deref(), claims.user_id.as_deref()), (Some("shelly-diy"), Some("6550")));
        let tokens = exchange(&mock, text(&code)).await;
        let names: Vec<&String> = tokens.as_object().unwrap().keys().collect();
        assert_eq!(names, ["access_token", "token_type", "expires_in", "refresh_token"]);
        assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("bearer"), &json!(43_200)));
        let claims = Claims::decode(text(&tokens["access_token"])).unwrap();
        assert_eq!(
            (claims.sub.as_deref(), claims.user_api_url.as_deref()),
            (Some("pwd"), Some(mock.http_url().as_str()))
        );
        Client::with_token(&mock, text(&tokens["access_token"])).await.is_silent().await;
    }
    assert_eq!(problems(&mock), ["tolerated login-as-json"]);
}

#[tokio::test]
async fn a_login_that_fails_says_so() {
    let mock = start().await;
    let hash = password_hash("demo-password");
    for (body, status, code) in [
        (
            format!("email=demo@example.com&password={}&client_id=shelly-diy", password_hash("x")),
            401,
            "wrong_credentials",
        ),
        (format!("email=nobody@example.com&password={hash}&client_id=shelly-diy"), 401, "wrong_credentials"),
        ("email=demo@example.com&password=demo-password&client_id=shelly-diy".into(), 401, "wrong_credentials"),
        (format!("email=demo@example.com&password={hash}&client_id=nobody"), 401, "wrong_client_id"),
        (format!("email=demo@example.com&password={hash}"), 400, "wrong_parameters"),
        (String::new(), 400, "wrong_parameters"),
        ("{".into(), 400, "wrong_parameters"),
    ] {
        assert_eq!(error(&post_form(&mock, "/oauth/login", &body).await), (status, code.to_owned()), "{body}");
    }
    assert_eq!(get(&mock, "/oauth/login").await.status, 405);
}

#[tokio::test]
async fn a_code_is_exchanged_in_every_form() {
    let mock = start().await;
    let code = demo(&mock, "code");
    let base = format!("client_id=shelly-diy&code={code}");
    let with = |grant: &str| format!("{base}&grant_type={grant}");
    let json_body = json!({"client_id": "shelly-diy", "grant_type": "code", "code": code}).to_string();
    for (method, query, headers, body) in [
        ("POST", String::new(), &[FORM][..], with("code")),
        ("GET", with("code"), &[], String::new()),
        ("POST", String::new(), &[FORM], base.clone()),
        ("POST", String::new(), &[FORM], with("authorization_code") + "&redirect_uri=https%3A%2F%2Fx&client_secret=s"),
        ("POST", with("code"), &[], String::new()),
        ("POST", String::new(), &[("Content-Type", "application/json")], json_body),
        // The body overrides the query.
        ("POST", "code=x&client_id=y&grant_type=z".into(), &[FORM], with("code")),
    ] {
        let target = format!("/oauth/auth?{query}");
        let answer = http(&mock, method, &target, headers, &body).await;
        assert_eq!(answer.status, 200, "{method} {body}: {}", answer.body);
        assert!(answer.json()["access_token"].is_string() && answer.json().get("data").is_none(), "{}", answer.body);
    }
    let told = problems(&mock);
    assert_eq!(
        told,
        [
            "tolerated undocumented-method",
            "tolerated other-grant-type",
            "tolerated other-grant-type",
            "tolerated token-as-json"
        ]
    );
}

#[tokio::test]
async fn a_token_request_that_fails_says_so() {
    let mock = start().await;
    let (code, access) = (demo(&mock, "code"), demo(&mock, "access_token"));
    for (body, status, key) in [
        (format!("client_id=shelly-diy&grant_type=code&code={code}x"), 401, "invalid_code"),
        ("client_id=shelly-diy&grant_type=code&code=x".into(), 401, "invalid_code"),
        (format!("client_id=shelly-diy&grant_type=code&code={access}"), 401, "invalid_code"),
        (format!("client_id=integrator&grant_type=code&code={code}"), 401, "invalid_code"),
        (format!("grant_type=code&code={code}"), 400, "wrong_parameters"),
        ("client_id=shelly-diy&grant_type=code".into(), 400, "wrong_parameters"),
        ("client_id=shelly-diy&grant_type=refresh_token".into(), 400, "wrong_parameters"),
        (format!("client_id=shelly-diy&grant_type=password&code={code}"), 400, "wrong_parameters"),
        ("client_id=shelly-diy&grant_type=refresh_token&refresh_token=x".into(), 401, "invalid_token"),
        (format!("client_id=shelly-diy&grant_type=refresh_token&refresh_token={code}"), 401, "invalid_token"),
    ] {
        assert_eq!(error(&post_form(&mock, "/oauth/auth", &body).await), (status, key.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn all_four_ways_to_refresh_work() {
    let mock = start().await;
    let code = demo(&mock, "code");
    let first = exchange(&mock, &code).await;
    let (access, refresh) = (text(&first["access_token"]).to_owned(), text(&first["refresh_token"]).to_owned());
    mock.advance(Duration::from_secs(43_100));
    for body in [
        format!("client_id=shelly-diy&grant_type=code&code={code}"),
        format!("grant_type=refresh_token&refresh_token={refresh}&client_id=shelly-diy"),
        format!("grant_type=refresh_token&refresh_token={access}&client_id=shelly-diy"),
        format!("grant_type=code&code={refresh}&client_id=shelly-diy"),
    ] {
        let answer = post_form(&mock, "/oauth/auth", &body).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        let tokens = answer.json();
        assert_ne!(tokens["access_token"], first["access_token"]);
        assert!(tokens["refresh_token"].is_string());
        if body.contains(&refresh) {
            assert_eq!(tokens["refresh_token"], first["refresh_token"], "it does not rotate");
        }
        let claims = Claims::decode(text(&tokens["access_token"])).unwrap();
        assert_eq!(claims.exp.unwrap() - claims.iat.unwrap(), 43_200);
    }
    // An access token refreshes only while it lives.
    mock.advance(Duration::from_secs(100));
    let late = format!("grant_type=refresh_token&refresh_token={access}&client_id=shelly-diy");
    assert_eq!(error(&post_form(&mock, "/oauth/auth", &late).await), (401, "invalid_token".into()));
    // The code and the refresh token live on for days.
    mock.advance(Duration::from_secs(10 * 86_400));
    exchange(&mock, &code).await;
}

#[tokio::test]
async fn strict_mode_takes_only_the_documented_form() {
    let mock = start_option(|options| options.strict = true).await;
    let (code, refresh) = (demo(&mock, "code"), demo(&mock, "refresh_token"));
    let good = format!("client_id=shelly-diy&grant_type=code&code={code}");
    assert_eq!(post_form(&mock, "/oauth/auth", &good).await.status, 200);
    let good_refresh = format!("client_id=shelly-diy&grant_type=refresh_token&refresh_token={refresh}");
    assert_eq!(post_form(&mock, "/oauth/auth", &good_refresh).await.status, 200);
    assert_eq!(get(&mock, &format!("/oauth/auth?{good}")).await.status, 405);
    for body in [
        format!("client_id=shelly-diy&code={code}"),
        format!("client_id=shelly-diy&grant_type=authorization_code&code={code}"),
        format!("client_id=shelly-diy&grant_type=code&code={refresh}"),
    ] {
        assert_eq!(post_form(&mock, "/oauth/auth", &body).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn options_change_codes_and_tokens() {
    let mock = start_option(|options| options.single_use_codes = true).await;
    let code = demo(&mock, "code");
    exchange(&mock, &code).await;
    let again = format!("client_id=shelly-diy&grant_type=code&code={code}");
    assert_eq!(error(&post_form(&mock, "/oauth/auth", &again).await), (401, "invalid_code".into()));

    let mock = start_option(|options| options.code_life = 60).await;
    let code = demo(&mock, "code");
    mock.advance(Duration::from_secs(60));
    let late = format!("client_id=shelly-diy&grant_type=code&code={code}");
    assert_eq!(error(&post_form(&mock, "/oauth/auth", &late).await), (401, "invalid_code".into()));

    let mock = start_option(|options| options.refresh_token = RefreshToken::Rotate).await;
    let first = exchange(&mock, &demo(&mock, "code")).await;
    let body = format!("client_id=shelly-diy&grant_type=refresh_token&refresh_token={}", text(&first["refresh_token"]));
    let second = post_form(&mock, "/oauth/auth", &body).await;
    assert_ne!(second.json()["refresh_token"], first["refresh_token"]);
    assert_eq!(error(&post_form(&mock, "/oauth/auth", &body).await), (401, "invalid_token".into()));

    let mock = start_option(|options| {
        (options.refresh_token, options.omit_expires_in, options.token_life) = (RefreshToken::Absent, true, 60);
    })
    .await;
    let tokens = exchange(&mock, &demo(&mock, "code")).await;
    assert_eq!(tokens.as_object().unwrap().keys().collect::<Vec<_>>(), ["access_token", "token_type"]);
    mock.advance(Duration::from_secs(60));
    assert_eq!(Client::with_token(&mock, text(&tokens["access_token"])).await.hear().await, "close 4401 Token-Broken");
}

#[tokio::test]
async fn an_account_has_its_server_and_may_move() {
    let mock = start_with(|world| {
        world.options.user_api_url = "https://shelly-1-eu.shelly.cloud".into();
        world.options.moves_to = "https://shelly-2-eu.shelly.cloud".into();
        world.users[1].server = "https://shelly-9-us.shelly.cloud".into();
    })
    .await;
    let server = |token: &str| Claims::decode(token).unwrap().user_api_url.unwrap();
    assert_eq!(server(&demo(&mock, "access_token")), "https://shelly-1-eu.shelly.cloud");
    assert_eq!(server(&demo(&mock, "friend_access_token")), "https://shelly-9-us.shelly.cloud");
    let body = format!("client_id=shelly-diy&grant_type=refresh_token&refresh_token={}", demo(&mock, "refresh_token"));
    let tokens = post_form(&mock, "/oauth/auth", &body).await.json();
    assert_eq!(server(text(&tokens["access_token"])), "https://shelly-2-eu.shelly.cloud");
    assert_eq!(server(&demo(&mock, "access_token")), "https://shelly-2-eu.shelly.cloud");
}

#[tokio::test]
async fn tokens_can_be_ended() {
    let mock = start().await;
    let (one, two, friend) =
        (demo(&mock, "access_token"), demo(&mock, "access_token"), demo(&mock, "friend_access_token"));
    let works = async |token: &str| Client::with_token(&mock, token).await.drain_or_close().await;
    assert_eq!(mock.control("expire-token", &json!({"token": one})).unwrap(), json!({"sockets": 0, "closed": 0}));
    assert!(!works(&one).await && works(&two).await && works(&friend).await);
    mock.control("expire-token", &json!({"user": 6550})).unwrap();
    assert!(!works(&two).await && works(&friend).await);
    assert!(works(&demo(&mock, "access_token")).await, "what is made later");
}

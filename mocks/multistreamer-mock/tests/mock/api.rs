//! The JSON API (dossier 2, 4.7).

use crate::kit::{Client, api, http, problems, push, start, start_option, start_spec, start_with, token};
use base64::Engine;
use multistreamer_proto::http::{Call, GetAccounts, GetStream, GetStreams, GetUsers, Inject, Login, PatchStream};
use multistreamer_proto::{Chat, ChatKind, ServerMessage, StreamId, StreamStatus};
use serde_json::{Value, json};

fn basic(pair: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// A call as the codec makes it, and its answer as the codec reads it.
async fn call<C: Call>(
    mock: &multistreamer_mock::MultistreamerMock,
    call: &C,
) -> Result<C::Answer, multistreamer_proto::http::HttpError> {
    let request = call.request();
    let headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect();
    let answer = http(
        mock,
        request.method.as_str(),
        request.target.expose(),
        &headers,
        request.body.as_deref().unwrap_or_default(),
    )
    .await;
    call.answer(answer.status, answer.body.as_bytes())
}

fn secret(user: &str) -> dummyload_session::Secret<String> {
    dummyload_session::Secret::new(token(user))
}

#[tokio::test]
async fn the_codec_understands_every_answer() {
    let mock = start().await;
    assert_eq!(call(&mock, &Login::new("JOHN", "demo-password")).await.unwrap().expose(), &token("john"));
    assert!(call(&mock, &Login::new("john", "wrong")).await.is_err());
    assert_eq!(call(&mock, &GetUsers::new(secret("test"))).await.unwrap().len(), 5);
    assert_eq!(call(&mock, &GetStreams::new(secret("nobody"))).await.unwrap(), []);
    let streams = call(&mock, &GetStreams::new(secret("test"))).await.unwrap();
    assert_eq!(streams.iter().map(|stream| stream.id.0).collect::<Vec<_>>(), [25, 21, 23]);
    let own = call(&mock, &GetStream::new(secret("john"), StreamId(21))).await.unwrap();
    assert!(own.key.is_some() && own.shares.as_ref().unwrap().len() == 2);
    let account = &own.accounts.as_ref().unwrap()[0];
    assert_eq!(account.metadata_fields.as_ref().unwrap()[0].value.as_deref(), Some("Awesome on twitch"));
    let guest = call(&mock, &GetStream::new(secret("test"), StreamId(23))).await.unwrap();
    assert!(guest.key.is_none() && guest.shares.is_none() && guest.accounts.unwrap().len() == 5);
    assert_eq!(call(&mock, &GetAccounts::new(secret("test"))).await.unwrap().len(), 2);
    let live = call(&mock, &PatchStream::new(secret("john"), StreamId(21)).pushing(true)).await.unwrap();
    assert_eq!(live, StreamStatus::new(false, false, true));
    let mut line = Chat::new(ChatKind::Text);
    line.text = Some("from elsewhere".into());
    call(&mock, &Inject::new(secret("john"), StreamId(21), ServerMessage::Chat(line))).await.unwrap();
}

#[tokio::test]
async fn what_each_level_sees_is_as_recorded() {
    let mock = start().await;
    let guest = api(&mock, "reader", "GET", "/stream/21", "").await;
    let mut names: Vec<String> = guest.json()["stream"].as_object().unwrap().keys().cloned().collect();
    names.sort();
    assert_eq!(names, ["created_at", "id", "live", "name", "slug", "updated_at", "user_id", "webhooks"]);
    assert!(guest.body.contains(r#""webhooks":{}"#), "an empty list is an empty object: {}", guest.body);
    assert_eq!(api(&mock, "nobody", "GET", "/stream", "").await.body, r#"{"streams":{}}"#);
    for path in ["/stream/21", "/stream/999"] {
        let refused = api(&mock, "nobody", "GET", path, "").await;
        assert_eq!((refused.status, refused.json()), (400, json!({"error": "unauthorized to access that stream"})));
    }
    let account = api(&mock, "john", "GET", "/account/18", "").await;
    assert!(account.body.contains(r#""url":"rtmp:\/\/out.example\/18""#), "{}", account.body);
    let foreign = api(&mock, "test", "GET", "/account/14", "").await;
    assert_eq!((foreign.status, foreign.json()), (400, json!({"error": "unauthorized to access that account"})));
    let shared = api(&mock, "test", "GET", "/account/31", "").await.json();
    assert!(shared["account"].get("shares").is_none(), "{shared}");
    for (path, text) in [
        ("/account/999", "attempt to index local &#039;account&#039; (a nil value)"),
        ("/stream/abc", "&quot;abc&quot;"),
        ("/users", "Failed to find route: /api/v1/users"),
    ] {
        let page = api(&mock, "john", "GET", path, "").await;
        assert_eq!((page.status, page.header("content-type")), (500, Some("text/html")), "{path}");
        assert!(page.body.contains(text), "{}", page.body);
    }
    assert!(api(&mock, "john", "PUT", "/profile", "").await.body.contains("know how to respond to PUT"));
    let users = api(&mock, "john", "GET", "/user", "").await.json();
    let with_token: Vec<_> =
        users["users"].as_array().unwrap().iter().filter(|user| !user["access_token"].is_null()).collect();
    assert_eq!((with_token.len(), &with_token[0]["username"]), (1, &json!("john")));
}

#[tokio::test]
async fn a_token_comes_by_password_and_goes_into_one_header() {
    let mock = start_option(|options| options.newcomer_password = "pw".into()).await;
    let auth = async |header: &str| http(&mock, "GET", "/api/v1/auth", &[("Authorization", header)], "").await;
    let first = auth(&basic("Newbie:pw")).await;
    let new = first.json()["token"].as_str().unwrap().to_owned();
    assert!(new.len() == 20 && new.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)), "{new}");
    assert_eq!(auth(&basic("NEWBIE:pw")).await.json()["token"], new.as_str());
    let profile =
        http(&mock, "GET", "/api/v1/profile", &[("Authorization", &format!("Bearer {new}"))], "").await.json();
    assert_eq!(
        (&profile["username"], &profile["id"], &profile["preferences"]),
        (&json!("newbie"), &json!(7), &json!("{}"))
    );
    for (header, status) in [
        (basic("john:pw"), 401),
        (basic("newbie:wrong"), 401),
        ("Basic !!!".to_owned(), 401),
        ("Basic".to_owned(), 500),
        (format!("Bearer {new}"), 500),
    ] {
        assert_eq!(auth(&header).await.status, status, "{header}");
    }
    let john = token("john");
    for (header, status) in [
        (format!("Bearer {john}"), 200),
        (format!("Bearer {john} "), 200),
        (format!("Bearer  {john}"), 401),
        (format!("bearer {john}"), 401),
        (john.clone(), 401),
        ("Bearer".to_owned(), 401),
        ("Bearer nope".to_owned(), 401),
    ] {
        let answer = http(&mock, "GET", "/api/v1/profile", &[("Authorization", &header)], "").await;
        assert_eq!(answer.status, status, "{header}");
    }
    let query = http(&mock, "GET", &format!("/api/v1/profile?token={john}"), &[], "").await;
    assert_eq!((query.status, query.json()), (401, json!({"error": "endpoint requires authorization"})));
}

#[tokio::test]
async fn patch_takes_booleans_of_json_and_nothing_else() {
    let mock = start().await;
    let off = json!({"status": {"data_incoming": false, "data_pulling": false, "data_pushing": false}});
    for body in [
        "{}",
        "",
        "{bad",
        r#"{"data_pushing":"true"}"#,
        r#"{"data_pushing":1,"x":2}"#,
        r#"{"data_incoming":true}"#,
        "[]",
    ] {
        let answer = api(&mock, "john", "PATCH", "/stream/22", body).await;
        assert_eq!((answer.status, answer.json()), (200, off.clone()), "{body}");
    }
    let bearer = format!("Bearer {}", token("john"));
    let plain = [("Authorization", bearer.as_str()), ("Content-Type", "text/plain")];
    let answer = http(&mock, "PATCH", "/api/v1/stream/22", &plain, r#"{"data_pushing":true}"#).await;
    assert_eq!(answer.json(), off);
    let pulling = api(&mock, "john", "PATCH", "/stream/22", r#"{"data_pulling":true}"#).await.json();
    assert_eq!(pulling["status"]["data_pulling"], true);
    for (user, path, status, error) in [
        ("test", "/stream/21", 400, "unauthorized to use that stream"),
        ("test", "/stream/23", 400, "unauthorized to use that stream"),
        ("john", "/stream/999", 400, "unauthorized to use that stream"),
        ("john", "/stream", 400, "missing parameter: stream_id"),
    ] {
        let answer = api(&mock, user, "PATCH", path, "{}").await;
        assert_eq!((answer.status, answer.json()), (status, json!({"error": error})), "{path}");
    }
    // The id of the body counts, with the rights for that stream.
    let other = api(&mock, "john", "PATCH", "/stream/21", r#"{"id":22,"data_pushing":true}"#).await;
    assert_eq!(other.json()["status"]["data_pushing"], true);
    assert_eq!(api(&mock, "john", "GET", "/stream/21", "").await.json()["stream"]["live"], false);
    assert_eq!(api(&mock, "john", "GET", "/stream/22", "").await.json()["stream"]["live"], true);
    assert!(problems(&mock).contains(&"tolerated body-id".to_owned()));
}

#[tokio::test]
async fn what_is_injected_arrives_as_it_is() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    let mut trio = Client::of(&mock, "trio", 23).await;
    for (body, expected) in [
        (
            r#"{"type":"text","text":"a/b","network_icon":"<svg/>","list":[],"n":null,"uuid":"u","stream_id":99}"#,
            json!({"type": "text", "text": "a/b", "network_icon": "<svg/>", "list": {}, "id": "21", "stream_id": 21}),
        ),
        ("{}", json!({"id": "21", "stream_id": 21})),
        ("[1,2]", json!({"1": 1, "2": 2, "id": "21", "stream_id": 21})),
        ("{bad", json!({"id": "21", "stream_id": 21})),
        (
            r#"{"type":"status","status":{"data_pushing":true}}"#,
            json!({"type": "status", "status": {"data_pushing": true}, "id": "21", "stream_id": 21}),
        ),
    ] {
        let answer = api(&mock, "john", "POST", "/stream/21/msg", body).await;
        assert_eq!(answer.body, r#"{"status":"ok"}"#, "{body}");
        assert_eq!(john.hear_json().await, expected);
    }
    let query = api(&mock, "test", "POST", "/stream/21/msg?extra=1&id=22&flag", r#"{"type":"text"}"#).await;
    assert_eq!(query.status, 200);
    let heard = john.hear_json().await;
    assert_eq!(heard, json!({"type": "text", "extra": "1", "flag": true, "id": "21", "stream_id": 21}));
    assert_eq!(api(&mock, "john", "POST", "/stream/21/msg", r#""s""#).await.status, 500);
    let sparse = format!(r#"{{"k":[{}1]}}"#, "null,".repeat(11));
    for body in [r#"{"k":NaN}"#, r#"{"k":1e400}"#, &sparse] {
        assert_eq!(api(&mock, "john", "POST", "/stream/21/msg", body).await.status, 500, "{body}");
        assert!(problems(&mock).pop().unwrap().starts_with("refused "), "{body}");
    }
    for user in ["reader", "nobody"] {
        let refused = api(&mock, user, "POST", "/stream/21/msg", "{}").await;
        assert_eq!((refused.status, refused.json()), (400, json!({"error": "unauthorized to use that stream"})));
    }
    let hidden = api(&mock, "john", "POST", "/stream/21/msg", r#"{"type":"text","relay":true}"#).await;
    assert_eq!(hidden.status, 200);
    john.is_silent().await;
    // Somebody else's socket ends when a message is to somebody, but from nobody.
    api(&mock, "john", "POST", "/stream/21/msg", r#"{"text":"x","to":{"name":"zed"}}"#).await;
    assert_eq!(john.hear_json().await["text"], "x");
    assert_eq!(trio.hear().await, "close");
    john.is_silent().await;
}

#[tokio::test]
async fn streams_are_edited_made_and_deleted() {
    let mock = start_with(|world| world.made_at = "2025-12-31 00:00:00.000001".into()).await;
    let edited = api(&mock, "john", "POST", "/stream/21", r#"{"title":"New","description":"About"}"#).await.json();
    assert_eq!((&edited["stream"]["title"], &edited["stream"]["description"]), (&json!("New"), &json!("About")));
    assert_eq!(edited["stream"]["updated_at"], "2025-12-31 00:00:00.000001", "the time of the edit before");
    let shown = api(&mock, "john", "GET", "/stream/21", "").await.json();
    assert_eq!(shown["stream"]["updated_at"], "2026-01-01 00:00:00");
    let settings = r#"{"accounts":[{"id":14,"settings":{"title":"T2","game":"Chess"}}],"shares":[{"user":{"id":4},"chat_level":1}]}"#;
    let edited = api(&mock, "john", "POST", "/stream/21", settings).await.json();
    assert_eq!(edited["stream"]["accounts"][0]["settings"], json!({"title": "T2", "game": "Chess"}));
    assert_eq!(edited["stream"]["shares"][2]["user"]["username"], "nobody");
    for (user, path, body, status, error) in [
        (
            "john",
            "/stream/21",
            r#"{"accounts":[{"id":14,"settings":{"title":"T3"}}]}"#,
            400,
            "missing required field game",
        ),
        ("john", "/stream/21", r#"{"accounts":[{"id":19,"settings":{}}]}"#, 400, "unauthorized to use that account"),
        ("test", "/stream/21", r#"{"title":"x"}"#, 401, "unauthorized to edit stream"),
        ("john", "/stream", r#"{"title":"no name"}"#, 400, "name needed when making new stream"),
    ] {
        let answer = api(&mock, user, "POST", path, body).await;
        assert_eq!((answer.status, answer.json()), (status, json!({"error": error})), "{body}");
    }
    let bearer = format!("Bearer {}", token("john"));
    let charset = [("Authorization", bearer.as_str()), ("Content-Type", "application/json; charset=utf-8")];
    let answer = http(&mock, "POST", "/api/v1/stream/21", &charset, "{}").await;
    assert_eq!(answer.json(), json!({"error": "content-type must be application/json"}));
    let made = api(&mock, "john", "POST", "/stream", r#"{"name":"Brand new"}"#).await.json();
    assert_eq!((&made["stream"]["id"], &made["stream"]["slug"]), (&json!(26), &json!("brand-new")));
    assert_eq!(push(&mock, "john", 26, true).await.status, 200);
    assert_eq!(api(&mock, "test", "DELETE", "/stream/26", "").await.status, 400);
    assert_eq!(api(&mock, "john", "DELETE", "/stream/26", "").await.json(), json!({"status": "success"}));
    assert_eq!(api(&mock, "john", "GET", "/stream/26", "").await.status, 400);
    let next = api(&mock, "john", "POST", "/stream", r#"{"name":"Another"}"#).await.json();
    assert_eq!(next["stream"]["id"], 27, "no number is given twice");
    let renamed =
        api(&mock, "john", "POST", "/account/18", r#"{"settings":{"name":"Mine","url":"rtmp://x"}}"#).await.json();
    assert_eq!(renamed["account"]["settings"]["name"], "Mine");
}

#[tokio::test]
async fn edits_are_read_as_lua_and_the_database_read_them() {
    let mock = start().await;
    let conflict = r#"Stream name conflicts with "Other""#;
    for (path, body, status, error) in [
        ("/stream", r#"{"name":5}"#, 500, "attempt to index local 'str'"),
        ("/stream", r#"{"name":["a"]}"#, 500, "attempt to index local 'str'"),
        ("/stream", r#"{"name":false}"#, 400, "name needed when making new stream"),
        ("/stream", r#"{"name":"a\u0000"}"#, 500, "value too long for type character varying(255)"),
        ("/stream", r#"{"name":"x","accounts":5}"#, 500, "bad argument #1 to 'ipairs' (table expected)"),
        ("/stream", r#"{"name":"x","accounts":[5]}"#, 500, "attempt to index local 'v'"),
        ("/stream", r#"{"name":"OTHER!"}"#, 400, conflict),
        ("/stream/21", r#"{"name":"other"}"#, 400, conflict),
        ("/stream/21", r#"{"title":null}"#, 500, "don't know how to escape value"),
        ("/stream/21", r#"{"accounts":[{"settings":{}}]}"#, 500, "syntax error at or near"),
        ("/stream/21", r#"{"accounts":[{"id":"x"}]}"#, 500, "invalid input syntax for type integer"),
        ("/stream/21", r#"{"shares":[{}]}"#, 500, "attempt to index local 'v'"),
        ("/stream/21", r#"{"shares":[{"user":{"id":999},"chat_level":2}]}"#, 500, "violates foreign key constraint"),
        ("/stream/21", r#"{"shares":[{"user":{"id":2},"chat_level":"many"}]}"#, 500, "invalid input syntax"),
        ("/account/18", "{}", 500, "attempt to index field 'settings' (a nil value)"),
    ] {
        let answer = api(&mock, "john", "POST", path, body).await;
        let shown = answer.body.replace("&#039;", "'").replace("\\\"", "\"");
        assert!(answer.status == status && shown.contains(error), "{body}: {} {shown}", answer.status);
    }
    let edited = r#"{"name":"Other","preview_required":"yes","ffmpeg_pull_args":5,"accounts":{},"shares":[{"user":{"id":"2"},"chat_level":9}]}"#;
    let shown = api(&mock, "john", "POST", "/stream/22", edited).await.json();
    assert_eq!(shown["stream"]["preview_required"], 0);
    assert_eq!(shown["stream"]["ffmpeg_pull_args"], "5");
    assert_eq!(shown["stream"]["shares"][0]["chat_level"], 2);
    let told = problems(&mock);
    assert_eq!(told[told.len() - 2..], ["dropped no-number", "tolerated odd-level"]);
    let shown = api(&mock, "john", "POST", "/stream/22", r#"{"preview_required":"0x1","shares":null}"#).await.json();
    assert_eq!((&shown["stream"]["preview_required"], &shown["stream"]["shares"]), (&json!(1), &json!({})));
    // What comes before a mistake is done, and nothing is ever detached.
    let both = r#"{"accounts":[{"id":"17","settings":{"title":"T","game":"G"}},{"id":18}]}"#;
    assert_eq!(api(&mock, "john", "POST", "/stream/21", both).await.status, 500);
    let shown = api(&mock, "john", "POST", "/stream/21", r#"{"accounts":[]}"#).await.json();
    let ids: Vec<&Value> = shown["stream"]["accounts"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [14, 17, 18]);
    // Names that leave no slug are all alike.
    assert_eq!(api(&mock, "john", "POST", "/stream", r#"{"name":"!!!"}"#).await.json()["stream"]["slug"], "");
    assert_eq!(api(&mock, "john", "POST", "/stream", r#"{"name":""}"#).await.status, 400);
    let gone = api(&mock, "john", "POST", "/account/18", r#"{"settings":{"http_url":null}}"#).await.json();
    assert_eq!(gone["account"]["settings"].get("http_url"), None);
}

#[tokio::test]
async fn the_database_fails_at_names_that_it_cannot_have() {
    let mock = start_option(|options| options.newcomer_password = "pw".into()).await;
    let asked = async |pair: &[u8]| {
        let basic = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        http(&mock, "GET", "/api/v1/auth", &[("Authorization", &basic)], "").await.status
    };
    let long = "a".repeat(255);
    for (pair, status) in [
        (b"j\0n:pw".to_vec(), 500),
        (b"\xff\xfe:pw".to_vec(), 500),
        (b"\xff\xfe:wrong".to_vec(), 401),
        (format!("{long}a:pw").into_bytes(), 500),
        (format!("{long}:pw").into_bytes(), 200),
        ("J\u{d6}RG:pw".into(), 200),
        (b":pw".to_vec(), 401),
    ] {
        assert_eq!(asked(&pair).await, status, "{}", pair.escape_ascii());
    }
    let users = api(&mock, "john", "GET", "/user", "").await;
    assert!(users.body.contains("\"j\u{d6}rg\""), "only ASCII letters become small: {}", users.body);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    http(&mock, "POST", "/login", &form, "username=john&pass=GUESSED77").await;
    assert!(!json!(mock.journal(&multistreamer_mock::Query::any())).to_string().contains("GUESSED77"));
}

#[tokio::test]
async fn anybody_but_its_owner_deletes_an_account() {
    let mock = start().await;
    let answer = api(&mock, "john", "DELETE", "/account/14", "").await;
    assert!(answer.status == 500 && answer.body.contains("local &#039;sa&#039; (a nil value)"), "{}", answer.body);
    assert_eq!(api(&mock, "john", "GET", "/account/14", "").await.status, 200);
    assert_eq!(api(&mock, "john", "GET", "/stream/21", "").await.json()["stream"]["accounts"], json!({}));
    assert_eq!(api(&mock, "nobody", "DELETE", "/account/14", "").await.json(), json!({"status": "success"}));
    assert_eq!(api(&mock, "john", "GET", "/account/14", "").await.status, 500);
    assert_eq!(problems(&mock)[..2], ["refused owner-deletes", "tolerated owner-deletes"]);
    let spec = start_spec().await;
    assert_eq!(api(&spec, "john", "DELETE", "/account/19", "").await.status, 400);
    assert_eq!(api(&spec, "test", "DELETE", "/account/31", "").await.json(), json!({"status": "success"}));
    assert_eq!(api(&spec, "test", "GET", "/account/31", "").await.status, 400);
    assert_eq!(api(&spec, "trio", "GET", "/account/31", "").await.status, 200);
    assert_eq!(api(&spec, "john", "DELETE", "/account/17", "").await.status, 200);
    assert_eq!(api(&spec, "john", "GET", "/account/17", "").await.status, 404);
}

#[tokio::test]
async fn the_list_of_accounts_can_fail_as_it_does_there() {
    let mock = start_option(|options| options.account_list_fails = true).await;
    assert_eq!(api(&mock, "john", "GET", "/account", "").await.status, 500);
    assert_eq!(api(&mock, "john", "GET", "/account/14", "").await.status, 200);
}

//! Logins and tokens (dossier 7, 8).

use crate::kit::{Client, start, start_as, token};
use devicehive_mock::Profile;
use devicehive_proto::{TokenKey, TokenKind, TokenPayload};
use serde_json::json;
use std::time::Duration;

const LOCKED: &str = "User is locked or disabled";
const WRONG: &str = "Invalid credentials";

fn payload(token: &str) -> TokenPayload {
    TokenKey::new("devicehive").read(token).unwrap()
}

#[tokio::test]
async fn a_login_gives_what_the_user_has() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    let admin = client.gets("token", r#""login":"dhadmin","password":"dhadmin_#911""#).await;
    let access = payload(admin["accessToken"].as_str().unwrap());
    assert_eq!(
        (access.actions, access.network_ids, access.kind),
        (Some(vec![0]), Some(vec!["*".into()]), TokenKind::Access)
    );
    assert_eq!(access.expiration.to_string(), "2026-01-01T00:30:00.000");
    let refresh = payload(admin["refreshToken"].as_str().unwrap());
    assert_eq!((refresh.kind, refresh.expiration.to_string()), (TokenKind::Refresh, "2026-07-02T00:00:00.000".into()));
    let bob = client.gets("token", r#""login":"bob","password":"bob-password""#).await;
    let access = payload(bob["accessToken"].as_str().unwrap());
    assert_eq!(access.actions.unwrap(), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17]);
    assert_eq!(access.network_ids.unwrap(), ["2", "3"]);
    assert_eq!(access.device_type_ids.unwrap(), ["9"]);
    // A login does not authenticate.
    client.fails("device/count", "", 401, "Unauthorized").await;
}

#[tokio::test]
async fn ten_wrong_passwords_lock_a_user() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    let empty = "Invalid or empty authorization request parameters";
    client.fails("token", r#""login":" ","password":"x""#, 400, empty).await;
    client.fails("token", r#""login":"ann""#, 400, empty).await;
    client
        .fails("token", r#""login":"Ann","password":"x""#, 401, "User with login = Ann not found or bad password")
        .await;
    client.fails("token", r#""login":"eve","password":"x""#, 401, LOCKED).await;
    let wrong = r#""login":"ann","password":"x""#;
    let right = r#""login":"ann","password":"ann-password""#;
    for _ in 0..9 {
        client.fails("token", wrong, 401, WRONG).await;
    }
    client.does("token", right).await;
    for _ in 0..10 {
        client.fails("token", wrong, 401, WRONG).await;
    }
    client.fails("token", right, 401, LOCKED).await;
    mock.control("status", &json!({"user": "ann", "status": "active"})).unwrap();
    client.does("token", right).await;
}

#[tokio::test]
async fn a_bad_token_leaves_the_connection_as_it_was() {
    let mock = start().await;
    let mut client = Client::admin(&mock).await;
    let access = |with: serde_json::Value| format!(r#""token":"{}""#, token(&mock, &with));
    client.fails("authenticate", "", 401, "Unauthorized").await;
    client.fails("authenticate", r#""token":"""#, 401, "Unauthorized").await;
    for bad in [
        r#""token":"garbage""#.to_owned(),
        access(json!({"user": "dhadmin", "kind": "refresh"})),
        access(json!({"user": "eve"})),
        access(json!({"user": "dhadmin", "actions": [99]})),
    ] {
        client.fails("authenticate", &bad, 401, WRONG).await;
    }
    client.fails("authenticate", &access(json!({"user": "dhadmin", "expires": "-1min"})), 401, "Token expired").await;
    let foreign = mock.control(
        "sign",
        &json!({"payload": {"a": [0], "e": 4_102_444_800_000_u64, "t": 1, "u": 1}, "secret": "other"}),
    );
    let foreign = foreign.unwrap()["token"].as_str().unwrap().to_owned();
    client.fails("authenticate", &format!(r#""token":"{foreign}""#), 401, WRONG).await;
    assert_eq!(client.gets("user/getCurrent", "").await["current"]["id"], 1);
    client.does("authenticate", &access(json!({"user": "ann"}))).await;
    assert_eq!(client.gets("user/getCurrent", "").await["current"]["id"], 2);
}

#[tokio::test]
async fn a_session_outlives_its_token_but_makes_no_tokens_then() {
    let mock = start().await;
    let mut client = Client::of(&mock, "ann").await;
    let made = client.gets("token/create", r#""payload":{"userId":2}"#).await;
    assert_eq!(payload(made["accessToken"].as_str().unwrap()).actions, Some(vec![1]));
    mock.advance(Duration::from_secs(1801));
    client.drain().await;
    assert_eq!(client.does("device/count", "").await, r#""count":2"#);
    let text = "Cannot invoke \"com.devicehive.model.ErrorResponse.getMessage()\" because \"errorResponse\" is null";
    client.fails("token/create", r#""payload":{"userId":2}"#, 500, text).await;
}

#[tokio::test]
async fn tokens_are_made_to_measure() {
    let mock = start().await;
    let mut client = Client::of(&mock, "ann").await;
    let mut make = async |members: &str| {
        let made = client.gets("token/create", &format!(r#""payload":{{"userId":1{members}}}"#)).await;
        (payload(made["accessToken"].as_str().unwrap()), payload(made["refreshToken"].as_str().unwrap()))
    };
    let (access, _) = make(r#","actions":["GetDevice","getnetwork","Nope",5,"4",99,3.0]"#).await;
    assert_eq!(access.actions.unwrap(), [2, 3, 5]);
    assert_eq!((access.network_ids, access.device_type_ids), (None, None));
    let (access, _) = make(r#","actions":["*"],"networkIds":[2,"x",2,1.5],"deviceTypeIds":[]"#).await;
    assert_eq!(
        (access.actions.unwrap(), access.network_ids.unwrap()),
        (vec![0], vec!["2".into(), "x".into(), "1.5".into()])
    );
    assert_eq!(access.device_type_ids.unwrap(), [""; 0]);
    assert_eq!(make(r#","actions":[]"#).await.0.actions.unwrap(), [0; 0]);
    let (access, refresh) = make(r#","expiration":"2033-03-03T03:03:03""#).await;
    assert_eq!((access.expiration, refresh.kind), (refresh.expiration, TokenKind::Refresh));
    let (access, refresh) = make(r#","expiration":1,"refreshExpiration":"2034-01-01""#).await;
    assert_eq!((access.expiration.millis(), refresh.expiration.to_string()), (1, "2034-01-01T00:00:00.000".into()));
    for (members, code, text) in [
        (r#""payload":{"userId":99}"#, 404, "User with id = 99 not found"),
        (r#""payload":{"userId":4}"#, 403, LOCKED),
        (r#""payload":{"userId":1,"actions":[true]}"#, 400, "Actions list should contain only Strings or Integers"),
        (r#""payload":{"userId":1,"actions":[3.5]}"#, 400, "Actions list should contain only Strings or Integers"),
        (r#""payload":{"userId":1,"actions":"GetDevice"}"#, 400, "Invalid request parameters"),
        (r#""payload":{"userId":1,"expiration":"x"}"#, 400, "Invalid request parameters"),
        (r#""payload":null"#, 400, "Malformed Json received."),
        (
            r#""payload":{}"#,
            400,
            "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n\
             On property userId (value: null): must not be null ; ",
        ),
    ] {
        client.fails("token/create", members, code, text).await;
    }
}

#[tokio::test]
async fn a_refresh_token_gives_new_access() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    let refresh = |with: serde_json::Value| format!(r#""refreshToken":"{}""#, token(&mock, &with));
    let members = refresh(json!({"user": "ann", "kind": "refresh", "actions": [3], "networks": ["x"]}));
    let made = client.gets("token/refresh", &members).await;
    let access = payload(made["accessToken"].as_str().unwrap());
    assert_eq!((access.actions.unwrap(), access.network_ids.unwrap()), (vec![3], vec!["x".into()]));
    assert_eq!(access.expiration.to_string(), "2026-01-01T00:30:00.000");
    client.fails("token/refresh", "", 400, "Missing or invalid payload in request").await;
    client.fails("token/refresh", &refresh(json!({"user": "ann", "expires": 1})), 401, "Invalid token type").await;
    let late = refresh(json!({"user": "ann", "kind": "refresh", "expires": 1}));
    client.fails("token/refresh", &late, 401, "Token has expired").await;
    let garbage = r#""refreshToken":"garbage""#;
    client.fails("token/refresh", garbage, 500, "Invalid response status").await;
    let gone = refresh(json!({"user": "eve", "kind": "refresh"}));
    client.fails("token/refresh", &gone, 500, "Invalid response status").await;

    let mock = start_as(Profile::Spec).await;
    Client::open(&mock).await.fails("token/refresh", garbage, 401, "Unauthorized").await;
}

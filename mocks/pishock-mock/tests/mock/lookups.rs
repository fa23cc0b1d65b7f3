//! The look-ups over HTTP (dossier 6.1 to 6.5).

use crate::kit::{
    Client, FRIEND_KEY, KEY, LINK, OLD_KEY, command, get, http, key, problems, start, start_with, topics,
};
use serde_json::{Value, json};

fn by_key(path: &str) -> String {
    format!("{path}?UserId=77&Token={KEY}&api=true")
}

#[tokio::test]
async fn whose_key_it_is() {
    let mock = start().await;
    for path in ["/Auth/GetUserIfAPIKeyValid", "/auth/getuserifapikeyvalid", "/GetUserIfAPIKeyValid"] {
        for query in [format!("apikey={KEY}&username=demo"), format!("Username=DEMO&apiKey={KEY}")] {
            let answer = get(&mock, &format!("{path}?{query}")).await;
            assert_eq!(answer.status, 200);
            let expected = concat!(
                r#"{"UserId":77,"Username":"demo","LastLogin":"2026-01-01T00:00:00","#,
                r#""Password":"00000000-0000-0000-0000-000000000000","IPAddress":null,"Sessions":null,"Emails":null,"#,
                r#""APIKeys":[{"UserAPIKeyId":1,"User":null,"APIKey":"00000000-0000-0000-0000-000000000000","#,
                r#""Name":"demo key","Expiry":null,"Generated":"2025-01-01T00:00:00","Scopes":null},"#,
                r#"{"UserAPIKeyId":2,"User":null,"APIKey":"00000000-0000-0000-0000-000000000000","#,
                r#""Name":"a key too old for the socket","Expiry":null,"Generated":"2024-10-14T00:00:00","Scopes":null}],"#,
                r#""OAuthLinks":null,"Images":null,"AccessPermissions":null}"#
            );
            assert_eq!(answer.body, expected);
        }
    }
    // The age rule is the socket's alone.
    assert_eq!(get(&mock, &format!("/Auth/GetUserIfAPIKeyValid?apikey={OLD_KEY}&username=demo")).await.status, 200);
    assert_eq!(get(&mock, &format!("/Auth/GetUserIfAPIKeyValid?apikey={KEY}")).await.status, 400);
}

#[tokio::test]
async fn a_bad_key_can_look_in_three_ways() {
    let mock = start().await;
    for status in [204_u16, 401, 403] {
        mock.control("options", &json!({"invalid_key_status": status})).unwrap();
        let answer = get(&mock, "/Auth/GetUserIfAPIKeyValid?apikey=wrong&username=demo").await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""));
    }
    assert_eq!(problems(&mock), ["refused wrong-key"; 3]);
}

#[tokio::test]
async fn hubs_come_in_the_case_that_goes_with_the_login() {
    let mock = start().await;
    let camel = concat!(
        r#"[{"clientId":1234,"name":"Demo Hub","userId":77,"username":"demo","shockers":["#,
        r#"{"name":"Left","shockerId":321,"isPaused":false,"shockerType":1},"#,
        r#"{"name":"Right","shockerId":322,"isPaused":false,"shockerType":1}]}]"#
    );
    for target in [
        by_key("/PiShock/GetUserDevices"),
        by_key("/getuserdevices"),
        "/PiShock/GetUserDevices?userId=77&token=demo-token".to_owned(),
    ] {
        let answer = get(&mock, &target).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, camel), "{target}");
        assert!(answer.head.contains("content-type: application/json"));
    }
    let pascal = camel
        .replace("clientId", "ClientId")
        .replace("\"name\"", "\"Name\"")
        .replace("userId", "UserId")
        .replace("\"username\"", "\"Username\"")
        .replace("\"shockers\"", "\"Shockers\"")
        .replace("shockerId", "ShockerId")
        .replace("isPaused", "IsPaused")
        .replace("shockerType", "ShockerType");
    let answer = http(&mock, "GET", "/PiShock/GetUserDevices?UserId=77", &key(KEY), "").await;
    assert_eq!((answer.status, answer.body), (200, pascal));
    let foreign = http(&mock, "GET", "/PiShock/GetUserDevices?UserId=78", &key(KEY), "").await;
    assert_eq!(foreign.status, 403);
    let mock = start_with(|world| {
        world.hubs.remove(0);
        world.shares.remove(1);
        world.links.clear();
    })
    .await;
    assert_eq!(get(&mock, &by_key("/PiShock/GetUserDevices")).await.body, "[]");
    assert_eq!(http(&mock, "GET", "/Shockers", &key(KEY), "").await.body, "[]");
}

#[tokio::test]
async fn who_does_not_log_in_is_not_told() {
    let mock = start().await;
    let key_of = |key: &'static str| vec![("X-PiShock-Api-Key", key)];
    type Row = (&'static str, String, Vec<(&'static str, &'static str)>, u16, &'static str);
    let rows: Vec<Row> = vec![
        ("GET", "/Account".into(), vec![], 401, "no-login"),
        ("GET", "/Account".into(), key_of("wrong"), 401, "wrong-key"),
        (
            "GET",
            "/Account".into(),
            vec![("X-PiShock-Api-Key", KEY), ("X-PiShock-Username", "friend")],
            401,
            "wrong-key",
        ),
        (
            "GET",
            "/Account".into(),
            vec![("X-PiShock-Api-Key", KEY), ("X-PiShock-UserId", "78")],
            401,
            "user-id-mismatch",
        ),
        ("GET", "/Account".into(), vec![("X-PiShock-Api-Key", KEY), ("X-PiShock-UserId", "x")], 400, "bad-user-id"),
        ("GET", "/Account".into(), vec![("X-PiShock-Token", "demo-token")], 401, "no-login"),
        ("GET", "/Account".into(), vec![("X-PiShock-Token", "x"), ("X-PiShock-UserId", "77")], 401, "wrong-token"),
        ("GET", format!("/PiShock/GetUserDevices?UserId=78&Token={KEY}&api=true"), vec![], 401, "wrong-key"),
        ("GET", format!("/PiShock/GetUserDevices?UserId=99&Token={KEY}&api=true"), vec![], 401, "unknown-user"),
        ("GET", format!("/PiShock/GetUserDevices?UserId=77&Token={KEY}"), vec![], 401, "wrong-token"),
        ("GET", "/PiShock/GetShareCodesByOwner".into(), vec![], 401, "no-login"),
        ("GET", "/PiShock/GetShockersByShareIds".into(), vec![], 401, "no-login"),
        ("POST", "/PiShock/CreateShare".into(), vec![], 401, "no-login"),
        ("GET", "/Shockers".into(), vec![], 401, "no-login"),
        ("POST", "/Shockers/321".into(), vec![], 401, "no-login"),
        ("POST", "/Shockers/OperateByShare/DEMO0SHARE1".into(), vec![], 401, "no-login"),
        ("PUT", "/Share".into(), vec![], 401, "no-login"),
        ("DELETE", "/Share/1".into(), vec![], 401, "no-login"),
        ("GET", "/Share/GetShared".into(), vec![], 401, "no-login"),
        ("GET", "/Links".into(), vec![], 401, "no-login"),
    ];
    for (method, target, headers, status, problem) in rows {
        let answer = http(&mock, method, &target, &headers, "{}").await;
        assert_eq!(answer.status, status, "{target} {headers:?}");
        assert!(!answer.body.is_empty(), "it says why");
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{target}");
    }
}

#[tokio::test]
async fn all_ways_to_log_in_by_header() {
    let mock = start().await;
    for headers in [
        vec![("X-PiShock-Api-Key", KEY)],
        vec![("x-pishock-api-key", KEY), ("X-PiShock-Username", "demo"), ("X-PiShock-UserId", "77")],
        vec![("X-PiShock-Token", "demo-token"), ("X-PiShock-UserId", "77")],
    ] {
        for path in ["/Account", "/auth/account"] {
            let answer = http(&mock, "GET", path, &headers, "").await;
            let expected = concat!(
                r#"{"UserId":77,"Username":"demo","Emails":[],"APIKeys":["#,
                r#"{"ApiKeyId":1,"Name":"demo key","Expiry":null,"Generated":"2025-01-01T00:00:00"},"#,
                r#"{"ApiKeyId":2,"Name":"a key too old for the socket","Expiry":null,"Generated":"2024-10-14T00:00:00"}],"#,
                r#""Roles":[],"Images":[],"OAuthLinks":[]}"#
            );
            assert_eq!((answer.status, answer.body.as_str()), (200, expected));
        }
    }
}

#[tokio::test]
async fn what_is_shared() {
    let mock = start().await;
    let codes = get(&mock, &by_key("/PiShock/GetShareCodesByOwner")).await.json();
    assert_eq!(codes, json!({"friend": [1], "demo": [2]}), "claimed ones, and own shockers that have a code");
    let target = by_key("/PiShock/GetShockersByShareIds") + "&shareIds=1&ShareIds=2&shareIds=1&shareIds=99";
    let expected = concat!(
        r#"{"demo":[{"shareId":2,"clientId":1234,"shockerId":322,"shockerName":"Right","isPaused":false,"maxIntensity":25,"#,
        r#""canContinuous":true,"canShock":true,"canVibrate":true,"canBeep":true,"canLog":true,"shareCode":"DEMO0SHARE2"}],"#,
        r#""friend":[{"shareId":1,"clientId":2345,"shockerId":654,"shockerName":"Collar","isPaused":false,"#,
        r#""maxIntensity":50,"canContinuous":true,"canShock":true,"canVibrate":true,"canBeep":true,"canLog":true,"#,
        r#""shareCode":"DEMO0SHARE1"}]}"#
    );
    assert_eq!(get(&mock, &target).await.body, expected);
    assert_eq!(problems(&mock), ["dropped foreign-share"]);
    assert_eq!(get(&mock, &by_key("/PiShock/GetShockersByShareIds")).await.body, "{}");
    assert_eq!(get(&mock, &(by_key("/PiShock/GetShockersByShareIds") + "&shareIds=x")).await.status, 400);
    let shared = http(&mock, "GET", "/Share/GetShared", &key(KEY), "").await.body;
    let expected = concat!(
        r#"[{"ShareId":1,"OwnerId":78,"ClientId":2345,"Id":654,"Name":"Collar","IsV3":true,"Paused":false,"#,
        r#""CanPause":false,"CanHold":true,"CanBeep":true,"CanVibrate":true,"CanShock":true,"CanLog":true,"#,
        r#""SharePaused":false,"ShareCode":"DEMO0SHARE1","Locked":false,"MaxIntensity":50,"MaxDuration":5000,"#,
        r#""OwnedBy":"friend"}]"#
    );
    assert_eq!(shared, expected);
    let own = http(&mock, "GET", "/Shockers", &key(FRIEND_KEY), "").await.body;
    let expected = concat!(
        r#"[{"HubId":2345,"ShockerId":654,"Name":"Collar","IsV3":true,"CanBeep":true,"CanVibrate":true,"CanShock":true,"#,
        r#""CanPause":true,"MaxDuration":15000,"MaxIntensity":100,"CanHold":true}]"#
    );
    assert_eq!(own, expected);
    let friends = format!("/PiShock/GetShareCodesByOwner?UserId=78&Token={FRIEND_KEY}&api=true");
    assert_eq!(get(&mock, &friends).await.json(), json!({"friend": [1]}));
}

#[tokio::test]
async fn a_code_is_made_claimed_used_and_given_back() {
    let mock = start().await;
    let create = |shocker| by_key("/PiShock/CreateShare") + &format!("&ShockerId={shocker}");
    let answer = http(&mock, "POST", &create(321), &[], "").await;
    let code = answer.json().as_str().unwrap().to_owned();
    assert_eq!((answer.status, code.len()), (200, 11));
    assert_eq!(http(&mock, "POST", &create(654), &[], "").await.status, 403);
    assert_eq!(http(&mock, "POST", &create(9), &[], "").await.status, 404);
    assert_eq!(http(&mock, "POST", &by_key("/PiShock/CreateShare"), &[], "").await.status, 400);
    let mut friend = Client::friend(&mock).await;
    let order = || {
        let mut order = command(&format!("c1234-sops-{code}"), 321, "v", 10, 1000);
        order["Body"]["l"]["u"] = json!(78);
        [order]
    };
    assert_eq!(friend.publish(&order()).await["ErrorCode"], "PERMISSION_DENIED", "not claimed yet");
    let claim = json!({"Shares": [code]}).to_string();
    for _ in 0..2 {
        let answer = http(&mock, "PUT", "/Share", &key(FRIEND_KEY), &claim).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "also when claimed already, by the same");
    }
    assert_eq!(friend.publish(&order()).await["IsError"], false);
    let shared = http(&mock, "GET", "/Share/GetShared", &key(FRIEND_KEY), "").await.json();
    assert_eq!((&shared[0]["ShareId"], &shared[0]["ShareCode"]), (&json!(3), &json!(code)));
    assert_eq!(http(&mock, "DELETE", "/Share/3", &key(FRIEND_KEY), "").await.status, 204);
    assert_eq!(friend.publish(&order()).await["ErrorCode"], "PERMISSION_DENIED");
    assert_eq!(topics(&mock), ["executed"]);
}

#[tokio::test]
async fn a_claim_is_refused_for_these_reasons() {
    let mock = start().await;
    let many: Vec<String> = (0..21).map(|n| format!("CODE{n}")).collect();
    for (caller, body, status, problem) in [
        (FRIEND_KEY, json!({"Shares": ["DEMO0SHARE2", "NOCODE"]}).to_string(), 404, "unknown-share"),
        (KEY, json!({"Shares": ["DEMO0SHARE2"]}).to_string(), 403, "own-share"),
        (FRIEND_KEY, json!({"Shares": []}).to_string(), 412, "no-code"),
        (FRIEND_KEY, "{}".to_owned(), 412, "no-code"),
        (FRIEND_KEY, json!({"Shares": many}).to_string(), 416, "too-many-codes"),
        (FRIEND_KEY, "{\"Shares\":[".to_owned(), 400, "bad-json"),
        (FRIEND_KEY, json!({"Shares": [1]}).to_string(), 400, "bad-json"),
        (FRIEND_KEY, "[]".to_owned(), 400, "bad-json"),
        (FRIEND_KEY, String::new(), 400, "bad-json"),
    ] {
        let answer = http(&mock, "PUT", "/Share", &key(caller), &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{body}");
    }
    let claims = http(&mock, "GET", "/Share/GetShared", &key(FRIEND_KEY), "").await.json();
    assert_eq!(claims, json!([]), "all or none");
    for (id, status) in [("1", 403), ("99", 404), ("x", 404)] {
        let answer = http(&mock, "DELETE", &format!("/Share/{id}"), &key(FRIEND_KEY), "").await;
        assert_eq!(answer.status, status, "{id}");
    }
}

#[tokio::test]
async fn somebody_elses_claim_is_final() {
    let third = |world: &mut pishock_mock::WorldFile| {
        let mut user = world.users[1].clone();
        (user.id, user.name) = (pishock_proto::UserId(79), "third".into());
        user.keys[0].key = "77777777-0000-0000-0000-000000000000".into();
        world.users.push(user);
    };
    let mock = start_with(third).await;
    let claim = json!({"Shares": ["DEMO0SHARE1"]}).to_string();
    let answer = http(&mock, "PUT", "/Share", &key("77777777-0000-0000-0000-000000000000"), &claim).await;
    assert_eq!((answer.status, problems(&mock)), (410, vec!["refused already-claimed".to_owned()]));
    assert_eq!(http(&mock, "DELETE", "/Share/1", &key(KEY), "").await.status, 204);
    let answer = http(&mock, "PUT", "/Share", &key("77777777-0000-0000-0000-000000000000"), &claim).await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn links_are_shown() {
    let mock = start_with(|world| {
        world.links[0].activations = Some(5);
        world.links[0].expires = Some(time::macros::datetime!(2030-01-01 00:00 UTC));
    })
    .await;
    let expected = format!(
        concat!(
            r#"{{"LinkId":"{}","Name":"Demo Link","Paused":false,"UserId":77,"OwnerId":77,"RemainingActivations":5,"#,
            r#""ShowCountdown":false,"ShowUsages":false,"ShockEnabled":true,"VibrateEnabled":true,"BeepEnabled":true,"#,
            r#""MaxIntensity":30,"MaxDuration":3000,"ForceWarning":false,"ForceLogin":false,"ActivateOnLoad":false,"#,
            r#""Expiry":"2030-01-01T00:00:00"}}"#
        ),
        LINK
    );
    assert_eq!(http(&mock, "GET", "/Links", &key(KEY), "").await.body, format!("[{expected}]"));
    assert_eq!(http(&mock, "GET", "/Links", &key(FRIEND_KEY), "").await.body, "[]");
    assert_eq!(get(&mock, &format!("/Links/{}", LINK.to_uppercase())).await.body, expected, "without a login");
    assert_eq!(get(&mock, "/Links/none").await.status, 404);
}

#[tokio::test]
async fn other_methods_and_paths_are_refused() {
    let mock = start().await;
    assert_eq!(get(&mock, "/Health").await.status, 200);
    assert_eq!(http(&mock, "HEAD", "/health", &[], "").await.status, 200);
    for (method, target, status, problem) in [
        ("POST", "/Health", 405, "wrong-method"),
        ("POST", "/Account", 405, "wrong-method"),
        ("GET", "/Share", 405, "wrong-method"),
        ("PUT", "/Share/1", 405, "wrong-method"),
        ("POST", "/Share/GetShared", 405, "wrong-method"),
        ("GET", "/Shockers/321", 405, "wrong-method"),
        ("GET", "/PiShock/CreateShare", 405, "wrong-method"),
        ("POST", "/PiShock/GetUserDevices", 405, "wrong-method"),
        ("DELETE", "/Links/x", 405, "wrong-method"),
        ("GET", "/Hub/1234", 404, "unknown-route"),
        ("GET", "/swagger", 404, "unknown-route"),
        ("POST", "/api/apioperate", 404, "legacy-call"),
        ("GET", "/", 426, "not-a-websocket"),
        ("GET", "/v2", 426, "not-a-websocket"),
    ] {
        let answer = http(&mock, method, target, &[], "").await;
        assert_eq!(answer.status, status, "{method} {target}");
        assert!(!answer.body.is_empty());
        assert_eq!(status == 405, answer.head.contains("\nallow: "), "{}", answer.head);
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{method} {target}");
    }
}

#[tokio::test]
async fn a_web_page_may_call() {
    let mock = start().await;
    let asked = [
        ("Origin", "https://page.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-pishock-api-key"),
    ];
    let answer = http(&mock, "OPTIONS", "/Shockers/321", &asked, "").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for header in [
        "access-control-allow-origin: *",
        "access-control-allow-methods: get, post, put, delete, options",
        "access-control-allow-headers: content-type,x-pishock-api-key",
    ] {
        assert!(answer.head.to_lowercase().contains(header), "{}", answer.head);
    }
    for (target, status) in [("/Health", 200), ("/Account", 401), ("/nothing", 404)] {
        let answer = http(&mock, "GET", target, &asked[..1], "").await;
        assert_eq!(answer.status, status);
        assert!(answer.head.contains("access-control-allow-origin: *"), "the page can read why");
    }
    assert_eq!(mock.state()["connections"], Value::Array(vec![]));
}

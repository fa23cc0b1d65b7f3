//! What is refused, and in which form (dossier 14.4, V7).

use crate::kit::{Caller, Refusal, demo, http, problems, start, start_as};
use devicehive_mock::Profile;
use serde_json::json;

#[tokio::test]
async fn unknown_paths_have_three_forms() {
    let mock = start().await;
    http(&mock, "GET", "/nope", &[], "").await.is(404, "");
    http(&mock, "GET", "/dh/rest/nope", &[], "").await.is_error(404, "HTTP 404 Not Found");
    let page = http(&mock, "GET", "/dh/nope", &[], "").await;
    assert_eq!(page.header("content-type"), Some("application/json;charset=UTF-8"));
    assert_eq!(
        (page.status, page.body.as_str()),
        (404, r#"{"timestamp":"2026-01-01T00:00:00.000","status":404,"error":"Not Found","path":"/dh/nope"}"#)
    );
    let older = start_as(Profile::Server35).await;
    let older = http(&older, "GET", "/dh/nope", &[], "").await;
    assert_eq!(older.json()["message"], "Not Found");
    assert_eq!(older.header("x-application-context"), Some("application:rpc-client:8080"));
}

#[tokio::test]
async fn methods_types_and_what_is_accepted_are_looked_at_first() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    admin.calls("POST", "/info", "").await.is_error(405, "HTTP 405 Method Not Allowed");
    admin.calls("DELETE", "/device/pump-1/command/1", "").await.is_error(405, "HTTP 405 Method Not Allowed");
    admin.calls("PATCH", "/network/1", "").await.is_error(405, "HTTP 405 Method Not Allowed");
    // Before anybody asks who it is.
    let put = |headers: Vec<(&'static str, &'static str)>| {
        let mock = &mock;
        async move { http(mock, "PUT", "/dh/rest/device/pump-1", &headers, "{}").await }
    };
    put(vec![("Content-Type", "text/plain")]).await.is_error(415, "HTTP 415 Unsupported Media Type");
    put(vec![("Content-Type", "application/json; charset=utf-8")]).await.is_error(401, "Unauthorized");
    put(vec![]).await.is_error(401, "Unauthorized");
    for accept in ["application/xml", "text/html", "application/json;q=0"] {
        let answer = http(&mock, "GET", "/dh/rest/device/pump-1", &[("Accept", accept)], "").await;
        answer.is_error(406, "HTTP 406 Not Acceptable");
    }
    for accept in ["*/*", "application/*", "application/json;q=0.5", "text/html, application/json"] {
        let answer = http(&mock, "GET", "/dh/rest/device/pump-1", &[("Accept", accept)], "").await;
        answer.is_error(401, "Unauthorized");
    }
}

#[tokio::test]
async fn a_method_may_be_another_one() {
    let mock = start().await;
    let bearer = format!("Bearer {}", demo(&mock, "access_token"));
    let call = |method: &'static str, over: &'static str| {
        let (mock, bearer) = (&mock, bearer.as_str());
        async move {
            let headers = [("Authorization", bearer), ("X-HTTP-Method-Override", over)];
            http(mock, method, "/dh/rest/device/nope", &headers, "").await
        }
    };
    call("POST", "DELETE").await.is_error(404, "Device with such deviceId = nope not found");
    call("POST", "GET").await.is_error(404, "Device with such deviceId = nope not found");
    call("GET", "DELETE").await.is_error(404, "Device with such deviceId = nope not found");
    call("POST", "").await.is_error(405, "HTTP 405 Method Not Allowed");
}

#[tokio::test]
async fn heads_have_no_body_and_options_describe() {
    let mock = start().await;
    let head = http(&mock, "HEAD", "/dh/rest/info", &[], "").await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("application/json")));
    for (path, allow) in [
        ("/device", "HEAD,GET,OPTIONS"),
        ("/device/pump-1", "HEAD,DELETE,GET,OPTIONS,PUT"),
        ("/token", "POST,OPTIONS"),
        ("/user/current", "HEAD,GET,OPTIONS,PUT"),
    ] {
        let answer = http(&mock, "OPTIONS", &format!("/dh/rest{path}"), &[("Origin", "http://else.example")], "").await;
        assert_eq!((answer.status, answer.header("allow")), (200, Some(allow)), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/vnd.sun.wadl+xml"));
        assert_eq!(answer.header("last-modified"), Some("Thu, 01 Jan 2026 00:00:00 UTC"));
        assert!(answer.body.contains("<doc xmlns:jersey=\"http://jersey.java.net/\" jersey:generatedBy="));
        assert!(answer.body.contains("<method name=\"GET\"/>") == allow.contains("GET"), "{}", answer.body);
    }
    http(&mock, "OPTIONS", "/dh/rest/nope", &[], "").await.is_error(404, "HTTP 404 Not Found");
}

#[tokio::test]
async fn every_answer_may_be_read_by_any_page() {
    let mock = start().await;
    for (path, status) in [("/dh/rest/info", 200), ("/dh/rest/nope", 404), ("/dh/rest/device", 401), ("/dh/nope", 404)]
    {
        let answer = http(&mock, "GET", path, &[], "").await;
        assert_eq!(answer.status, status, "{path}");
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "OPTIONS, GET, POST, PUT, DELETE, HEAD"),
            ("access-control-max-age", "0"),
            ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn a_rejected_token_spoils_open_routes_too() {
    let mock = start().await;
    let expired = mock.control("token", &json!({"user": "ann", "expires": "-1s"})).unwrap();
    let expired = format!("Bearer {}", expired["token"].as_str().unwrap());
    let refresh = format!("Bearer {}", demo(&mock, "refresh_token"));
    for value in ["Bearer garbage", expired.as_str(), refresh.as_str()] {
        for path in ["/dh/rest/device/pump-1", "/dh/rest/info", "/dh/nope"] {
            let answer = http(&mock, "GET", path, &[("Authorization", value)], "").await;
            answer.is(401, "");
            assert_eq!(answer.header("content-type"), None);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    }
    for value in ["Basic YTpi", "Bearer", "bearer x", "x"] {
        let answer = http(&mock, "GET", "/dh/rest/info", &[("Authorization", value)], "").await;
        answer.is(500, "");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{value}");
    }
    assert_eq!(problems(&mock).len(), 13);
    assert!(problems(&mock).iter().all(|problem| problem.ends_with(" bad-authorization")));
}

#[tokio::test]
async fn older_servers_tell_why_a_token_is_rejected() {
    let mock = start_as(Profile::Server35).await;
    let expired = mock.control("token", &json!({"user": "ann", "expires": "-1s"})).unwrap();
    let expired = format!("Bearer {}", expired["token"].as_str().unwrap());
    for (value, message) in
        [("Bearer garbage", "Unauthorized"), (expired.as_str(), "Token expired"), ("Basic YTpi", "Unauthorized")]
    {
        let answer = http(&mock, "GET", "/dh/rest/info", &[("Authorization", value)], "").await;
        let page = json!({
            "timestamp": "2026-01-01T00:00:00.000", "status": 401, "error": "Unauthorized", "message": message,
            "path": "/dh/rest/info",
        });
        assert_eq!((answer.status, answer.json()), (401, page));
    }
    let headers = [("Authorization", "Bearer garbage"), ("Accept", "text/html")];
    let people = http(&mock, "GET", "/dh/rest/info", &headers, "").await;
    assert_eq!(people.header("content-type"), Some("text/html;charset=ISO-8859-1"));
    assert!(people.body.contains("<div id='created'>Thu Jan 01 00:00:00 UTC 2026</div>"), "{}", people.body);
}

#[tokio::test]
async fn the_firewall_lets_no_odd_paths_in() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for path in ["//device", "/device/a%2Fb"] {
        let page = admin.get(path).await;
        assert_eq!((page.status, page.header("cache-control")), (500, None), "{path}");
        assert_eq!(page.json()["path"], format!("/dh/rest{path}"));
    }
    http(&mock, "TRACE", "/dh/rest/info", &[], "").await.is(500, "");
    let older = start_as(Profile::Server35).await;
    let older = Caller::admin(&older);
    older.get("//device").await.is_error(404, "HTTP 404 Not Found");
    let exception = older.get("/device/a%2Fb").await.json()["exception"].clone();
    assert_eq!(exception, "org.springframework.security.web.firewall.RequestRejectedException");
    let documented = start_as(Profile::Spec).await;
    let answer = Caller::admin(&documented).get("/device/a%2Fb").await;
    answer.is_error(404, "Device with such deviceId = a/b not found");
}

#[tokio::test]
async fn bodies_are_read_before_rights_and_missing_ones_after() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for body in ["[]", "\"x\"", "{bad"] {
        http(&mock, "POST", "/dh/rest/network", &[], body).await.is_error(400, "Invalid request parameters");
    }
    http(&mock, "POST", "/dh/rest/network", &[], "").await.is_error(401, "Unauthorized");
    Caller::client(&mock).calls("POST", "/network", "").await.is_error(403, "Access is denied");
    let null = "Error! Validation failed: Object is null";
    for (method, path, status, text) in [
        ("POST", "/token", 400, null),
        ("POST", "/token/refresh", 400, null),
        ("POST", "/user", 400, null),
        ("PUT", "/configuration/key", 400, null),
        ("POST", "/device/pump-1/command", 400, null),
        ("POST", "/device/pump-1/notification", 400, null),
        ("PUT", "/device/pump-1", 400, "Error! Validation failed: \nObject is null"),
        (
            "POST",
            "/network",
            500,
            "Cannot invoke \"com.devicehive.model.updates.NetworkUpdate.convertTo()\" because \"network\" is null",
        ),
        (
            "PUT",
            "/devicetype/1",
            500,
            "Cannot invoke \"com.devicehive.model.updates.DeviceTypeUpdate.getName()\" because \"deviceTypeUpdate\" is null",
        ),
        (
            "POST",
            "/token/create",
            500,
            "Cannot invoke \"com.devicehive.security.jwt.JwtUserPayloadView.convertTo()\" because \"payloadView\" is null",
        ),
        ("PUT", "/user/99", 404, "User with id = 99 not found"),
    ] {
        admin.calls(method, path, "").await.is_error(status, text);
        admin.calls(method, path, "null").await.is_error(status, text);
    }
    admin.calls("PUT", "/user/2", "").await.is(204, "");
    admin.calls("PUT", "/user/current", "null").await.is(204, "");
    // A server without defects says what is missing.
    let documented = start_as(Profile::Spec).await;
    Caller::admin(&documented).calls("POST", "/network", "").await.is_error(400, "Network is required");
}

#[tokio::test]
async fn numbers_that_are_none_are_not_found() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for path in [
        "/network/x",
        "/user/1.5",
        "/device?take=x",
        "/device?networkId=x",
        "/device/pump-1/notification/x",
        "/device/pump-1/command/poll?waitTimeout=x",
        "/user?role=x",
    ] {
        admin.get(path).await.is_error(404, "HTTP 404 Not Found");
    }
    admin.get("/device/pump-1/command/x").await.is_error(500, "For input string: \"x\"");
    admin.get("/device/pump-1/command?start=x").await.is_error(400, "Unparseable timestamp");
    admin.get("/device/command/poll?networkIds=x").await.is_error(400, "Invalid request parameters");
    // Those who may not do it at all are told that first.
    Caller::client(&mock).get("/device/pump-2/command?start=x").await.is_error(403, "Access is denied");
    admin
        .calls("POST", "/device/pump-1/command", r#"{"lifetime":"x"}"#)
        .await
        .is_error(400, "Invalid request parameters");
    let text = "'parameters' must be JSON Object!";
    admin.calls("POST", "/device/pump-1/command", r#"{"parameters":5}"#).await.is_error(400, text);
}

#[tokio::test]
async fn some_refusals_have_a_form_of_their_own() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    // Not the text of the socket, but a page.
    let page = admin.get("/configuration/nope").await;
    assert_eq!((page.status, &page.json()["path"]), (404, &json!("/dh/rest/configuration/nope")));
    let text = "Requested config with name = nope not found in the database";
    admin.calls("DELETE", "/configuration/nope", "").await.is_error(404, text);
    let page = admin.calls("POST", "/token/refresh", r#"{"refreshToken":"garbage"}"#).await;
    assert_eq!((page.status, page.json().get("message"), &page.json()["error"]), (401, None, &json!("Unauthorized")));
    // The status knows it better than the body.
    let token = mock.control("token", &json!({"user": "ann", "actions": ["ManageUser"]})).unwrap();
    let answer = Caller::with(&mock, token["token"].as_str().unwrap()).get("/user/3").await;
    assert_eq!((answer.status, answer.json()), (403, json!({"error": 404, "message": "User with id = 3 not found"})));
    // A path that fits less may have the method; not so in older servers.
    admin.calls("DELETE", "/user/current", "").await.is_error(404, "HTTP 404 Not Found");
    let older = start_as(Profile::Server35).await;
    Caller::admin(&older).calls("DELETE", "/user/current", "").await.is_error(405, "HTTP 405 Method Not Allowed");
}

#[tokio::test]
async fn tokens_of_plugins_are_good_for_nothing() {
    // captures/server-4.1/token-plugin, captures/server-3.5/token-plugin
    for (profile, told) in [
        (Profile::Server41, ["Token is not valid"; 3]),
        (Profile::Server35, ["Plugin is not found", "Invalid token type", "Token has expired"]),
    ] {
        let mock = start_as(profile).await;
        let sign = |payload| mock.control("sign", &json!({"payload": payload})).unwrap()["token"].clone();
        let plugin = |kind: i64, ends: i64| sign(json!({"a": [16], "e": ends, "t": kind, "tpc": "topic"}));
        let check = |token: serde_json::Value| {
            let path = format!("/dh/rest/token/plugin/authenticate?token={}", token.as_str().unwrap());
            let mock = &mock;
            async move { http(mock, "GET", &path, &[], "").await }
        };
        let far = 4_102_444_800_000;
        for (token, text) in [plugin(1, far), plugin(0, far), plugin(1, 1_500_000_000_000)].into_iter().zip(told) {
            check(token).await.is_error(401, text);
        }
        check(mock.demo()["access_token"].clone()).await.is_error(401, "Token is not valid");
        check(json!("")).await.is_error(401, "Token is empty");
        let admin = Caller::admin(&mock);
        let made = admin.calls("POST", "/token/plugin/create", r#"{"tpc":"topic"}"#).await;
        made.is_error(403, "No permisions or invalid topic name");
        http(&mock, "POST", "/dh/rest/token/plugin/create", &[], "{}").await.is_error(401, "Unauthorized");
    }
}

//! The REST calls: exact requests, and what their answers are.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use devicehive_proto::http::{Call, HttpError, Request as HttpRequest, Twin, WaitForCommand};
use devicehive_proto::message::{
    Answer, ClusterInfo, CommandSubscribe, NotificationSubscribe, Refusal, Request, ServerInfo, SubscriptionList,
};
use devicehive_proto::message::{Authenticate, ClientMessage, CommandUnsubscribe, NotificationUnsubscribe};
use devicehive_proto::{Action, Datetime};
use dummyload_session::Secret;
use std::collections::BTreeSet;

/// Everything of a request, credentials included.
fn whole(request: &HttpRequest) -> String {
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let (service, method, target) = (request.service, request.method.as_str(), request.target.expose());
    format!("{service:?} {method} {target} | {} | {}", headers.join(", "), request.body.as_deref().unwrap_or(""))
        .trim_end_matches([' ', '|'])
        .to_owned()
}

fn twin(json: &str) -> Twin {
    Twin::of(ClientMessage::decode(json).unwrap().request).unwrap()
}

const JSON: &str = "Content-Type: application/json";

#[test]
fn requests_are_those_of_the_dossier() {
    let table = [
        (r#""server/info""#, "Core GET /info".to_owned()),
        (r#""server/cacheInfo""#, "Core GET /info/cache".into()),
        (r#""cluster/info""#, "Core GET /info/config/cluster".into()),
        (
            r#""token","login":"a","password":"b""#,
            format!(r#"Auth POST /token | {JSON} | {{"login":"a","password":"b"}}"#),
        ),
        (
            r#""token/create","payload":{"userId":1,"actions":["*"],"networkIds":[1],"expiration":0}"#,
            format!(
                r#"Auth POST /token/create | {JSON} | {{"userId":1,"actions":["*"],"networkIds":["1"],"expiration":"1970-01-01T00:00:00.000"}}"#
            ),
        ),
        (
            r#""token/refresh","refreshToken":"t""#,
            format!(r#"Auth POST /token/refresh | {JSON} | {{"refreshToken":"t"}}"#),
        ),
        (r#""configuration/get","name":"a b/c""#, "Core GET /configuration/a%20b%2Fc".into()),
        (
            r#""configuration/put","name":"a","value":"v""#,
            format!(r#"Core PUT /configuration/a | {JSON} | {{"value":"v"}}"#),
        ),
        (r#""configuration/delete","name":"a""#, "Core DELETE /configuration/a".into()),
        (r#""command/get","deviceId":"d","commandId":7"#, "Core GET /device/d/command/7".into()),
        (
            r#""command/list","deviceId":"d","start":0,"end":1,"command":"led/on","status":"é","sortField":"timestamp","sortOrder":"asc","take":10,"skip":0"#,
            "Core GET /device/d/command?start=1970-01-01T00%3A00%3A00.000&end=1970-01-01T00%3A00%3A00.001&command=led%2Fon&status=%C3%A9&sortField=timestamp&sortOrder=ASC&take=10&skip=0".into(),
        ),
        (
            r#""command/insert","deviceId":"d","command":{"command":"on","parameters":{"a":1.50},"lifetime":5}"#,
            format!(
                r#"Core POST /device/d/command | {JSON} | {{"command":"on","parameters":{{"a":1.50}},"lifetime":5}}"#
            ),
        ),
        (
            r#""command/update","deviceId":"d","commandId":7,"command":{"status":"done"}"#,
            format!(r#"Core PUT /device/d/command/7 | {JSON} | {{"status":"done"}}"#),
        ),
        (r#""notification/get","deviceId":"d","notificationId":7"#, "Core GET /device/d/notification/7".into()),
        (
            r#""notification/list","deviceId":"d","notification":"n","sortField":"x""#,
            "Core GET /device/d/notification?notification=n&sortField=x".into(),
        ),
        (
            r#""notification/insert","deviceId":"d","notification":{"notification":"n"}"#,
            format!(r#"Core POST /device/d/notification | {JSON} | {{"notification":"n"}}"#),
        ),
        (r#""device/get","deviceId":"d""#, "Core GET /device/d".into()),
        (
            r#""device/list","name":"a","namePattern":"a%","networkId":1,"networkName":"n","take":5"#,
            "Core GET /device?name=a&namePattern=a%25&networkId=1&networkName=n&take=5".into(),
        ),
        (r#""device/count","networkId":1"#, "Core GET /device/count?networkId=1".into()),
        (
            r#""device/save","deviceId":"d","device":{"name":"n","data":{},"networkId":1}"#,
            format!(r#"Core PUT /device/d | {JSON} | {{"name":"n","data":{{}},"networkId":1}}"#),
        ),
        (r#""device/delete","deviceId":"d""#, "Core DELETE /device/d".into()),
        (r#""network/list","sortOrder":"DESC""#, "Core GET /network?sortOrder=DESC".into()),
        (r#""network/count","name":"n""#, "Core GET /network/count?name=n".into()),
        (r#""network/get","networkId":1"#, "Core GET /network/1".into()),
        (r#""network/insert","network":{"name":"n"}"#, format!(r#"Core POST /network | {JSON} | {{"name":"n"}}"#)),
        (
            r#""network/update","networkId":1,"network":{"description":"d"}"#,
            format!(r#"Core PUT /network/1 | {JSON} | {{"description":"d"}}"#),
        ),
        (r#""network/delete","networkId":1,"force":true"#, "Core DELETE /network/1?force=true".into()),
        (r#""devicetype/list""#, "Core GET /devicetype".into()),
        (r#""devicetype/count""#, "Core GET /devicetype/count".into()),
        (r#""devicetype/get","deviceTypeId":1"#, "Core GET /devicetype/1".into()),
        (
            r#""devicetype/insert","deviceType":{"name":"n"}"#,
            format!(r#"Core POST /devicetype | {JSON} | {{"name":"n"}}"#),
        ),
        (
            r#""devicetype/update","deviceTypeId":1,"deviceType":{}"#,
            format!(r#"Core PUT /devicetype/1 | {JSON} | {{}}"#),
        ),
        (r#""devicetype/delete","deviceTypeId":1"#, "Core DELETE /devicetype/1".into()),
        (
            r#""user/list","login":"l","loginPattern":"%","role":0,"status":1,"skip":2"#,
            "Core GET /user?login=l&loginPattern=%25&role=0&status=1&skip=2".into(),
        ),
        (r#""user/count","role":1"#, "Core GET /user/count?role=1".into()),
        (r#""user/get","userId":1"#, "Core GET /user/1".into()),
        (r#""user/getCurrent""#, "Core GET /user/current".into()),
        (
            r#""user/insert","user":{"login":"l","role":1,"password":"secret"}"#,
            format!(r#"Core POST /user | {JSON} | {{"login":"l","role":1,"password":"secret"}}"#),
        ),
        (r#""user/update","userId":1,"user":{}"#, format!(r#"Core PUT /user/1 | {JSON} | {{}}"#)),
        (r#""user/updateCurrent","user":{}"#, format!(r#"Core PUT /user/current | {JSON} | {{}}"#)),
        (r#""user/delete","userId":1"#, "Core DELETE /user/1".into()),
        (r#""user/getNetwork","userId":1,"networkId":2"#, "Core GET /user/1/network/2".into()),
        (r#""user/assignNetwork","userId":1,"networkId":2"#, "Core PUT /user/1/network/2".into()),
        (r#""user/unassignNetwork","userId":1,"networkId":2"#, "Core DELETE /user/1/network/2".into()),
        (r#""user/getDeviceType","userId":1,"deviceTypeId":2"#, "Core GET /user/1/devicetype/2".into()),
        (r#""user/getDeviceTypes","userId":1"#, "Core GET /user/1/devicetype".into()),
        (r#""user/assignDeviceType","userId":1,"deviceTypeId":2"#, "Core PUT /user/1/devicetype/2".into()),
        (r#""user/unassignDeviceType","userId":1,"deviceTypeId":2"#, "Core DELETE /user/1/devicetype/2".into()),
        (r#""user/allowAllDeviceTypes","userId":1"#, "Core PUT /user/1/devicetype/all".into()),
        (r#""user/disallowAllDeviceTypes","userId":1"#, "Core DELETE /user/1/devicetype/all".into()),
    ];
    let mut seen = BTreeSet::new();
    for (members, expected) in table {
        let twin = twin(&format!(r#"{{"action":{members}}}"#));
        seen.insert(twin.action());
        assert_eq!(whole(&twin.request()), expected);
    }
    let polls = [Action::CommandSubscribe, Action::NotificationSubscribe];
    let none =
        [Action::Authenticate, Action::SubscriptionList, Action::CommandUnsubscribe, Action::NotificationUnsubscribe];
    let rest: Vec<_> = Action::ALL.iter().filter(|action| !seen.contains(action)).collect();
    assert!(rest.iter().all(|action| polls.contains(action) || none.contains(action)), "{rest:?}");
}

#[test]
fn subscriptions_are_polls() {
    let commands = CommandSubscribe {
        device_id: Some("d".into()),
        names: Some(["a", "b,c"].map(String::from).into()),
        timestamp: Some(Datetime::from_millis(0)),
        return_updated_commands: Some(true),
        limit: Some(5),
        ..CommandSubscribe::default()
    };
    let call = Twin::of(commands.clone()).unwrap().seconds(10);
    assert_eq!(
        call.request().target.expose(),
        "/device/d/command/poll?names=a%2Cb%2Cc&timestamp=1970-01-01T00%3A00%3A00.000&returnUpdatedCommands=true&limit=5&waitTimeout=10"
    );
    assert_eq!(call.answer(200, b"[]"), Ok(Answer::Commands(Vec::new())));
    let many = CommandSubscribe {
        network_ids: Some([1, 2].into()),
        device_type_ids: Some([3].into()),
        ..CommandSubscribe::default()
    };
    let call = Twin::of(many.clone()).unwrap();
    assert_eq!(call.request().target.expose(), "/device/command/poll?networkIds=1%2C2&deviceTypeIds=3");
    let updates = CommandSubscribe { return_updated_commands: Some(true), ..many };
    assert_eq!(Twin::of(updates), None);
    let call = Twin::of(NotificationSubscribe::new()).unwrap().seconds(0);
    assert_eq!(call.request().target.expose(), "/device/notification/poll?waitTimeout=0");
    let wait = WaitForCommand::new("d", 7).seconds(60).bearer(&Secret::new("a.b.c".into()));
    assert_eq!(
        whole(&wait.request()),
        "Core GET /device/d/command/7/poll?waitTimeout=60 | Authorization: Bearer a.b.c"
    );
    assert_eq!(wait.answer(204, b""), Ok(None));
}

#[test]
fn some_requests_have_no_twin() {
    for request in [
        Request::from(Authenticate::new(String::from("t"))),
        SubscriptionList::new().into(),
        CommandUnsubscribe::new().into(),
        NotificationUnsubscribe::new().into(),
        ClientMessage::decode(r#"{"action":"device/dance"}"#).unwrap().request,
    ] {
        assert_eq!(Twin::of(request), None);
    }
}

#[test]
fn printing_shows_no_secrets() {
    let call = twin(r#"{"action":"token","login":"a","password":"s3cret"}"#).bearer(&Secret::new("s3cret".into()));
    assert_eq!(call.request().to_string(), "POST the server of tokens/token");
    assert!(
        !format!("{call:?}{:?}", WaitForCommand::new("d", 1).bearer(&Secret::new("s3cret".into()))).contains("s3cret")
    );
    let answer = call.answer(201, br#"{"accessToken":"s3cret","refreshToken":"s3cret"}"#).unwrap();
    assert!(!format!("{answer:?}").contains("s3cret"));
}

#[test]
fn refusals_have_four_forms() {
    let call = Twin::of(Request::ServerInfo).unwrap();
    let refused = |status, body: &str| match call.answer(status, body.as_bytes()) {
        Err(HttpError::Refused { refusal: Refusal { code, error, .. }, .. }) => (code, error),
        other => panic!("{other:?}"),
    };
    let said = |text: &str| Some(text.to_owned());
    // The server's own, the framework's with and without a message, a gateway's, and none at all.
    assert_eq!(
        refused(403, r#"{"error":404,"message":"User with id = 1 not found"}"#),
        (404, said("User with id = 1 not found"))
    );
    let page = r#"{"timestamp":"x","status":401,"error":"Unauthorized","message":"Token expired","path":"/p"}"#;
    assert_eq!(refused(401, page), (401, said("Token expired")));
    assert_eq!(
        refused(404, r#"{"timestamp":"x","status":404,"error":"Not Found","path":"/p"}"#),
        (404, said("Not Found"))
    );
    assert_eq!(refused(502, r#"{"error": 502, "message": "Bad Gateway"}"#), (502, said("Bad Gateway")));
    assert_eq!(refused(401, ""), (401, None));
    assert_eq!(refused(500, "<html>"), (500, None));
}

#[test]
fn answers_about_the_server_differ_from_the_sockets() {
    let info = Twin::of(Request::ServerInfo).unwrap();
    let body = br#"{"apiVersion":"4.1.0","serverTimestamp":"2024-02-16T15:52:11.042","webSocketServerUrl":"ws://h/dh/websocket"}"#;
    let Ok(Answer::ServerInfo(ServerInfo { web_socket_server_url, rest_server_url, .. })) = info.answer(200, body)
    else {
        panic!()
    };
    assert_eq!((web_socket_server_url.as_deref(), rest_server_url), (Some("ws://h/dh/websocket"), None));
    let cluster = Twin::of(Request::ClusterInfo).unwrap();
    let body = br#"{"bootstrap.servers":"a:1","zookeeper.connect":"b:2"}"#;
    let Ok(Answer::ClusterInfo(ClusterInfo { zookeeper_connect, .. })) = cluster.answer(200, body) else { panic!() };
    assert_eq!(zookeeper_connect.as_deref(), Some("b:2"));
    assert!(matches!(info.answer(200, b"[]"), Err(HttpError::Unclear { status: 200, .. })));
    let count = twin(r#"{"action":"user/count"}"#);
    assert_eq!(count.answer(200, br#"{"count":7}"#), Ok(Answer::Count(7)));
    let nested = twin(r#"{"action":"user/getNetwork","userId":1,"networkId":2}"#);
    for body in [r#"{"network":{"id":2,"name":"n","description":null}}"#, r#"{"id":2,"name":"n","description":null}"#] {
        let Ok(Answer::Network(network)) = nested.answer(200, body.as_bytes()) else { panic!() };
        assert_eq!(network.id, 2);
    }
}

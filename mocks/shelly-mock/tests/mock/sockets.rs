//! The socket itself: who may open it, what it says unasked, what it answers to nonsense (dossier 8, 10, 11.2).

use crate::kit::{
    Client, RELAY, RELAY_DECIMAL, SWITCH_DECIMAL, control, decimal, demo, get, http, problems, read, socket_url, start,
    start_option, start_with,
};
use dummyload_testkit::Frame;
use serde_json::json;
use shelly_mock::Query;
use std::time::Duration;

#[tokio::test]
async fn it_greets_nobody_and_tells_only_the_owner() {
    let mock = start().await;
    let (mut client, mut friend) = (Client::demo(&mock).await, Client::friend(&mock).await);
    client.is_silent().await;
    control(&mock, "/device/relay/control", &format!("id={RELAY}&channel=0&turn=on")).await;
    client.change(RELAY_DECIMAL).await;
    friend.is_silent().await;
    // Shared with demo: his own sockets hear nothing of it (dossier 9.1).
    mock.control("press", &json!({"device": "a4cf12f45d01"})).unwrap();
    friend.change(&crate::kit::decimal("a4cf12f45d01")).await;
    client.is_silent().await;
}

#[tokio::test]
async fn a_bad_token_opens_and_is_closed_at_once() {
    let mock = start().await;
    let good = demo(&mock, "access_token");
    let code = demo(&mock, "code");
    for token in ["", "x", "a.b.c", &good[..good.len() - 2], &code] {
        let mut client = Client::with_token(&mock, token).await;
        assert_eq!(client.hear().await, "close 4401 Token-Broken", "{token}");
    }
    let mut client = Client::open(&format!("{}/shelly/wss/hk_sock", mock.ws_url())).await;
    assert_eq!(client.hear().await, "close 4401 Token-Broken", "no t at all");
    assert_eq!(
        problems(&mock),
        [
            "refused no-token",
            "refused token-unsigned",
            "refused token-unsigned",
            "refused token-unsigned",
            "refused token-kind",
            "refused no-token"
        ]
    );
    // Percent-encoded it is the same token.
    let encoded = good.replace('.', "%2E").replace('-', "%2d");
    Client::with_token(&mock, &encoded).await.is_silent().await;
}

#[tokio::test]
async fn a_bad_token_can_be_refused_at_the_handshake() {
    let mock = start_option(|options| options.reject = shelly_mock::Reject::Http401).await;
    assert_eq!(Client::try_open(&socket_url(&mock, "x")).await.err(), Some(401));
    Client::demo(&mock).await.is_silent().await;
}

#[tokio::test]
async fn a_token_ends_by_the_clock_of_the_mock() {
    let mock = start().await;
    let token = demo(&mock, "access_token");
    let bearer = format!("Bearer {token}");
    let ask = async || http(&mock, "GET", "/device/all_status", &[("Authorization", &bearer)], "").await;
    let mut client = Client::with_token(&mock, &token).await;
    mock.advance(Duration::from_secs(43_199));
    assert_eq!(ask().await.status, 200);
    mock.advance(Duration::from_secs(1));
    let answer = ask().await;
    assert_eq!((answer.status, &answer.json()["isok"]), (401, &json!(false)));
    assert!(answer.json()["errors"]["invalid_token"].is_string(), "{}", answer.body);
    // The socket that is open stays so, and has heard from the sensors all the time; a new one does not.
    assert_eq!(client.drain().await.len(), 12 + 3 + 2 + 6);
    assert_eq!(Client::with_token(&mock, &token).await.hear().await, "close 4401 Token-Broken");
    Client::demo(&mock).await.is_silent().await;
}

#[tokio::test]
async fn a_socket_may_end_with_its_token() {
    let mock = start_option(|options| options.close_at_exp = true).await;
    let mut client = Client::demo(&mock).await;
    mock.advance(Duration::from_secs(43_200));
    let last = loop {
        let heard = client.hear().await;
        if !heard.starts_with('{') {
            break heard; // before that, sensors have woken up
        }
    };
    assert_eq!(last, "close 4401 Token-Broken");
    let mut client = Client::demo(&mock).await;
    let done = mock.control("expire-token", &json!({"user": 6550})).unwrap();
    assert_eq!(done, json!({"sockets": 1, "closed": 1}));
    assert_eq!(client.hear().await, "close 4401 Token-Broken");
}

#[tokio::test]
async fn one_more_socket_than_allowed_ends_the_oldest() {
    let mock = start_option(|options| options.max_connections = 2).await;
    let (mut first, mut second) = (Client::demo(&mock).await, Client::demo(&mock).await);
    Client::friend(&mock).await.is_silent().await;
    let mut third = Client::demo(&mock).await;
    assert_eq!(first.hear().await, "close 1008 Too many connections");
    for client in [&mut second, &mut third] {
        client.is_silent().await;
    }
    assert_eq!(problems(&mock), ["refused too-many-connections"]);
}

#[tokio::test]
async fn other_paths_are_no_sockets() {
    let mock = start().await;
    let token = demo(&mock, "access_token");
    for path in ["/", "/shelly/wss", "/shelly/wss/hk_sock/x", "/device/all_status"] {
        assert_eq!(Client::try_open(&format!("{}{path}?t={token}", mock.ws_url())).await.err(), Some(404), "{path}");
    }
    assert_eq!(get(&mock, "/shelly/wss/hk_sock").await.status, 426);
}

#[tokio::test]
async fn no_extension_is_agreed_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mock = start().await;
    let mut socket = tokio::net::TcpStream::connect(mock.address()).await.unwrap();
    let request = format!(
        "GET /shelly/wss/hk_sock?t={} HTTP/1.1\r\nhost: mock\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-extensions: permessage-deflate\r\n\r\n",
        demo(&mock, "access_token")
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("http/1.1 101") && !head.contains("extensions") && !head.contains("protocol:"), "{head}");
}

#[tokio::test]
async fn nonsense_is_answered_and_the_socket_stays() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let error = r#"{"event":"Error","message":"BAD_REQUEST"}"#;
    for text in [
        "",
        "ping",
        "{",
        "[]",
        "1",
        "{}",
        r#"{"event":1}"#,
        r#"{"event":"Shelly:Nothing"}"#,
        r#"{"event":"ping"}"#,
        r#"{"event":"Shelly:StatusOnChange"}"#,
        r#"{"event":"Shelly:CommandRequest"}"#,
        r#"{"event":"Shelly:CommandRequest","deviceId":"1","data":{"cmd":"relay"}}"#,
        r#"{"event":"Shelly:JrpcRequest","trid":1,"method":"x"}"#,
        r#"{"event":"Integrator:ActionRequest","trid":1,"data":{"action":"DeviceVerify","deviceId":"1"}}"#,
    ] {
        client.say(text).await;
        assert_eq!(client.hear().await, error, "{text}");
    }
    for frame in [Frame::binary(vec![0xff, 0x00]), Frame::binary(b"{}".to_vec())] {
        client.send(frame).await;
        assert_eq!(client.hear().await, error);
    }
    assert_eq!(client.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await, json!({"isok": true}));
    let codes: Vec<_> = ["not-a-request", "unknown-event", "incomplete-request", "integrator-request", "binary-frame"]
        .iter()
        .map(|code| problems(&mock).iter().filter(|problem| problem.ends_with(code)).count())
        .collect();
    assert_eq!(codes, [7, 3, 3, 1, 2], "{:?}", problems(&mock));
}

#[tokio::test]
async fn a_ping_frame_is_answered_and_one_can_be_sent() {
    let mock = start_option(|options| options.ping_after = 30).await;
    let mut client = Client::demo(&mock).await;
    client.is_silent().await;
    mock.advance(Duration::from_secs(30));
    assert!(client.hear().await.starts_with("ping"));
}

#[tokio::test]
async fn ids_in_frames_are_decimal_and_ones_own() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let wrong = json!({"isok": false, "res": "WRONG_ID"});
    let params = json!({"turn": "on", "id": 0});
    let [shared, foreign] = ["a4cf12f45d01", "a4cf12f45d02"].map(crate::kit::decimal);
    for id in [RELAY, "062fa0", "84CCA87C0144", &shared, &foreign, "1", "", "xyz", "XB0000000000000", "ä"] {
        assert_eq!(client.command(id, "relay", params.clone()).await, wrong, "{id}");
        let response = client.call(id, "Switch.Set", json!({"id": 0, "on": true})).await;
        assert_eq!(response, json!({"error": "WRONG_ID"}), "{id}");
    }
    client.is_silent().await;
    // The leading zero is lost: this is the decimal form of 062fa0, and no hexadecimal id.
    assert_eq!(client.command("405408", "relay", params).await, json!({"isok": true}));
}

#[tokio::test]
async fn hexadecimal_ids_can_be_taken() {
    let mock = start_option(|options| options.lenient_ids = true).await;
    let mut client = Client::demo(&mock).await;
    for id in [RELAY, "062fa0", "84CCA87C0144"] {
        let text = json!({"event": "Shelly:CommandRequest", "trid": 1, "deviceId": id, "data": {"cmd": "relay", "params": {"turn": "on", "id": 0}}});
        let answer = client.ask(&text.to_string()).await;
        assert_eq!((&answer["data"], &answer["deviceId"]), (&json!({"isok": true}), &json!(crate::kit::decimal(id))));
        client.hear().await;
    }
    let foreign = client.command("a4cf12f45d02", "relay", json!({"turn": "on", "id": 0})).await;
    assert_eq!(foreign["res"], "WRONG_ID");
}

#[tokio::test]
async fn a_numeric_id_is_taken_and_answered_as_text() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let answer = client
        .ask(r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":242232438719594,"data":{"cmd":"relay","params":{"turn":"off","id":0}}}"#)
        .await;
    assert_eq!((&answer["deviceId"], &answer["data"]["isok"]), (&json!(RELAY_DECIMAL), &json!(true)));
    assert_eq!(problems(&mock), ["tolerated loose-type"]);
}

#[tokio::test]
async fn a_trid_comes_back_as_it_was() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for trid in
        ["1", "0", "-7", "1700000000123", "9007199254740993", "\"x_1\"", "\"1\"", "\"\"", r#""a\/bä""#, "1.0", "1e3"]
    {
        let data = r#""data":{"cmd":"relay","params":{"turn":"off","id":0}}"#;
        client.say(&format!(r#"{{"event":"Shelly:CommandRequest","trid":{trid},"deviceId":"1",{data}}}"#)).await;
        let answer = client.hear().await;
        assert!(answer.starts_with(&format!(r#"{{"event":"Shelly:CommandResponse","trid":{trid},"#)), "{answer}");
        client
            .say(&format!(r#"{{"event":"Shelly:JrpcRequest","trid":{trid},"deviceId":"{SWITCH_DECIMAL}","method":"Sys.GetStatus"}}"#))
            .await;
        let answer = client.hear().await;
        assert!(answer.starts_with(&format!(r#"{{"event":"Shelly:JrpcResponse","trid":{trid},"#)), "{answer}");
    }
}

#[tokio::test]
async fn equal_trids_are_both_answered_in_order() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for id in [RELAY_DECIMAL, SWITCH_DECIMAL] {
        let text = json!({"event": "Shelly:CommandRequest", "trid": 7, "deviceId": id, "data": {"cmd": "relay", "params": {"turn": "on", "id": 0}}});
        client.say(&text.to_string()).await;
    }
    let heard = client.drain().await;
    let short: Vec<_> =
        heard.iter().map(|e| (e["trid"].as_u64(), e["deviceId"].as_str().or(e["device"]["id"].as_str()))).collect();
    let (one, two) = (Some(RELAY_DECIMAL), Some(SWITCH_DECIMAL));
    assert_eq!(short, [(Some(7), one), (None, one), (Some(7), two), (None, two)]);
}

#[tokio::test]
async fn commands_are_checked() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let [roller, cover, light, strip, sensor, offline] =
        [crate::kit::ROLLER, crate::kit::COVER, "c45bbe5f0a11", "b923fa", "701cd4", "e09806a9b0c1"]
            .map(crate::kit::decimal);
    let [roller, cover, light, strip, sensor, offline] = [&*roller, &cover, &light, &strip, &sensor, &offline];
    for (id, cmd, params, res) in [
        (RELAY_DECIMAL, "relay", json!({"id": 0}), "WRONG_API_PARAMETERS"),
        (RELAY_DECIMAL, "relay", json!({"turn": "on"}), "WRONG_API_PARAMETERS"),
        (RELAY_DECIMAL, "relay", json!({"turn": "up", "id": 0}), "WRONG_API_PARAMETERS"),
        (RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 1}), "DEVICE_INVALID_CHANNEL"),
        (RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0, "timeout": -1}), "WRONG_API_PARAMETERS"),
        (RELAY_DECIMAL, "light", json!({"turn": "on", "id": 0}), "DEVICE_UNSUPPORTED_COMMAND"),
        (RELAY_DECIMAL, "roller", json!({"go": "up", "id": 0}), "DEVICE_UNSUPPORTED_COMMAND"),
        (RELAY_DECIMAL, "dance", json!({"id": 0}), "DEVICE_UNSUPPORTED_COMMAND"),
        (roller, "roller", json!({"go": "sideways", "id": 0}), "WRONG_API_PARAMETERS"),
        (roller, "roller", json!({"go": "stop", "id": 0, "duration": 1}), "WRONG_API_PARAMETERS"),
        (roller, "roller_to_pos", json!({"id": 0}), "WRONG_API_PARAMETERS"),
        (roller, "roller_to_pos", json!({"id": 0, "pos": 101}), "WRONG_API_PARAMETERS"),
        (roller, "roller_to_pos", json!({"id": 0, "pos": 1, "rel": 1}), "WRONG_API_PARAMETERS"),
        (roller, "roller_to_pos", json!({"id": 0, "slat_pos": 1}), "DEVICE_FAILED_COMMAND"),
        (roller, "roller_to_pos", json!({"id": 1, "pos": 1}), "DEVICE_INVALID_CHANNEL"),
        (cover, "roller_to_pos", json!({"id": 0, "slat_pos": 1, "slat_rel": 1}), "WRONG_API_PARAMETERS"),
        (light, "light", json!({"id": 0, "brightness": 101}), "WRONG_API_PARAMETERS"),
        (light, "light", json!({"id": 0, "mode": "color"}), "DEVICE_INVALID_MODE"),
        (strip, "light", json!({"id": 0, "red": 256}), "WRONG_API_PARAMETERS"),
        (strip, "light", json!({"id": 0, "effect": 4}), "WRONG_API_PARAMETERS"),
        (strip, "light", json!({"id": 0, "gain": -1}), "WRONG_API_PARAMETERS"),
        (sensor, "relay", json!({"turn": "on", "id": 0}), "DEVICE_UNSUPPORTED_COMMAND"),
        ("XB1234567890123", "relay", json!({"turn": "on", "id": 0}), "DEVICE_UNSUPPORTED_COMMAND"),
        ("1643370677417", "relay", json!({"turn": "on", "id": 0}), "DEVICE_OFFLINE"),
        (offline, "relay", json!({"turn": "on", "id": 0}), "DEVICE_OFFLINE"),
    ] {
        let answer = client.command(id, cmd, params.clone()).await;
        assert_eq!(answer, json!({"isok": false, "res": res}), "{id} {cmd} {params}");
    }
    client.is_silent().await;
}

#[tokio::test]
async fn a_silent_device_takes_commands_and_never_answers() {
    let mock = start_with(|world| world.devices[0].silent = true).await;
    let mut client = Client::demo(&mock).await;
    let text = json!({"event": "Shelly:CommandRequest", "trid": 1, "deviceId": RELAY_DECIMAL, "data": {"cmd": "relay", "params": {"turn": "on", "id": 0}}});
    client.say(&text.to_string()).await;
    client.is_silent().await;
    assert_eq!(problems(&mock), ["dropped no-answer"]);
    mock.control("silence", &json!({"device": RELAY, "silent": false})).unwrap();
    assert_eq!(client.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await["isok"], true);
}

/// Answers have ids in decimal, whatever the request had (dossier 10).
#[tokio::test]
async fn a_refusal_brings_the_id_in_decimal() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (id, shown) in
        [(RELAY, RELAY_DECIMAL), ("DC4F2276846A", RELAY_DECIMAL), ("fffffe", "16777214"), ("lamp", "lamp")]
    {
        for text in [
            json!({"event": "Shelly:CommandRequest", "trid": 1, "deviceId": id, "data": {"cmd": "relay"}}),
            json!({"event": "Shelly:JrpcRequest", "trid": 1, "deviceId": id, "method": "Shelly.GetStatus"}),
        ] {
            let answer = client.ask(&text.to_string()).await;
            assert_eq!(answer["deviceId"], shown, "{text}");
        }
    }
}

#[tokio::test]
async fn nothing_comes_back_without_bounds() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let long = format!("\"{}\"", "x".repeat(257));
    for trid in ["1e400", "[1]", "{}", "true", &deep, &long] {
        client
            .say(&format!(
                r#"{{"event":"Shelly:CommandRequest","trid":{trid},"deviceId":"1","data":{{"cmd":"relay"}}}}"#
            ))
            .await;
        assert_eq!(client.hear().await, r#"{"event":"Error","message":"BAD_REQUEST"}"#, "{trid:.20}");
    }
    let id = "1".repeat(65);
    client.say(&format!(r#"{{"event":"Shelly:JrpcRequest","trid":1,"deviceId":"{id}","method":"a"}}"#)).await;
    assert_eq!(client.hear_json().await["event"], "Error");
    let method = "x".repeat(20_000);
    let answer = client.call(SWITCH_DECIMAL, &method, json!({})).await;
    assert_eq!(answer["error"]["device_error"]["code"], 404);
    assert!(answer.to_string().len() < 200);
    let answer = client.call(&decimal(&demo(&mock, "values")), "Text.Set", json!({"id": 200, "value": method})).await;
    assert_eq!(answer["error"]["device_error"]["code"], -103, "{answer}");
}

#[tokio::test]
async fn what_is_no_command_is_told_as_such() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for data in ["null", "[]", r#"{"cmd":null}"#, r#"{"cmd":"relay","params":{"turn":"on","id":0.5}}"#] {
        let text =
            format!(r#"{{"event":"Shelly:CommandRequest","trid":1,"deviceId":"{RELAY_DECIMAL}","data":{data}}}"#);
        assert_eq!(client.ask(&text).await["data"]["res"], "WRONG_API_PARAMETERS", "{data}");
    }
    let values = decimal(&demo(&mock, "values"));
    client.say(&format!(
        r#"{{"event":"Shelly:JrpcRequest","trid":1,"deviceId":"{values}","method":"Number.Set","params":{{"id":200,"value":1e400}}}}"#
    )).await;
    assert_eq!(client.hear_json().await["response"]["error"]["device_error"]["message"], "Invalid argument 'value'!");
}

#[tokio::test]
async fn a_refused_handshake_is_an_answer_like_others() {
    let mock = start_option(|options| options.reject = shelly_mock::Reject::Http401).await;
    let upgrade = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (path, status, code) in
        [("/shelly/wss/hk_sock?t=x", 401, "invalid_token"), ("/shelly/wss/other", 404, "not_found")]
    {
        let answer = http(&mock, "GET", path, &upgrade, "").await;
        assert_eq!(answer.status, status);
        assert!(answer.json()["errors"][code].is_string(), "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn strict_mode_refuses_what_the_documents_do_not_show() {
    let mock = start_option(|options| options.strict = true).await;
    let mut client = Client::demo(&mock).await;
    for text in [
        r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":242232438719594,"data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#,
        r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":"0"}}}"#,
        r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0}},"more":1}"#,
        r#"{"event":"Shelly:CommandRequest","trid":1.5,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#,
        r#"{"event":"Shelly:CommandRequest","trid":-1,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#,
        r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0,"timeout":1}}}"#,
    ] {
        client.say(text).await;
        assert_eq!(client.hear().await, r#"{"event":"Error","message":"BAD_REQUEST"}"#, "{text}");
    }
    // The vendor's page begins anew at 0, another of his pages has open and close.
    let zero = r#"{"event":"Shelly:CommandRequest","trid":0,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#;
    assert_eq!(client.ask(zero).await["trid"], 0);
    client.drain().await;
    let opened = client.command(&decimal(crate::kit::ROLLER), "roller", json!({"go": "open", "id": 0})).await;
    assert_eq!(opened["isok"], true);
    mock.verify(&Query::event("executed"), 2).unwrap();
    assert_eq!(
        read(&mock, "/device/all_status").await.json()["data"]["devices_status"][RELAY]["_dev_info"],
        json!(null)
    );
}

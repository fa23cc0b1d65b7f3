//! The acceptance table of dossier 13.5: what a real program breaks on. One test a row, named after it.

use crate::kit::{
    Client, RELAY, RELAY_DECIMAL, SWITCH, all_status, decimal, demo, get, http, post_form, read, start, start_with,
};
use dummyload_testkit::Frame;
use serde_json::{Value, json};
use shelly_mock::ShellyMock;
use shelly_proto::{Claims, DeviceId};

/// The payload of a token, as it is.
fn payload(token: &str) -> Value {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn tokens(mock: &ShellyMock) -> Value {
    let query = format!("client_id=shelly-diy&grant_type=code&code={}", demo(mock, "code"));
    let answer = get(mock, &format!("/oauth/auth?{query}")).await;
    assert_eq!(answer.status, 200);
    answer.json()
}

#[tokio::test]
async fn user_id_is_a_text_sub_is_pwd_and_exp_lies_ahead() {
    let mock = start().await;
    let claims = payload(tokens(&mock).await["access_token"].as_str().unwrap());
    assert_eq!((&claims["user_id"], &claims["sub"]), (&json!("6550"), &json!("pwd")));
    let now = mock.now().since_epoch().as_secs();
    assert!(claims["exp"].as_u64().unwrap() >= now + 10 && claims["user_api_url"].is_string(), "{claims}");
    // The vendor's example tells a code by its `sub`, and sends that as the client id.
    assert_eq!(payload(&demo(&mock, "code"))["sub"], "shelly-diy");
}

#[tokio::test]
async fn a_token_answer_has_expires_in_and_refresh_token_also_on_refresh() {
    let mock = start().await;
    let first = tokens(&mock).await;
    let refresh = format!(
        "grant_type=refresh_token&client_id=shelly-diy&refresh_token={}",
        first["refresh_token"].as_str().unwrap()
    );
    let second = post_form(&mock, "/oauth/auth", &refresh).await.json();
    for answer in [first, second] {
        assert!(answer["expires_in"].is_u64() && answer["refresh_token"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn oauth_auth_is_there_by_the_global_name_too() {
    let mock = start().await;
    for host in ["api.shelly.cloud", "my.shelly.cloud", "shelly-1-eu.shelly.cloud", "localhost:1"] {
        let body = format!("client_id=shelly-diy&code={}&grant_type=authorization_code", demo(&mock, "code"));
        let headers = [("Host", host), crate::kit::FORM];
        let answer = raw(&mock, "POST", "/oauth/auth", &headers, &body).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
}

/// A request whose only host is the one among the headers.
async fn raw(mock: &ShellyMock, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(mock.address()).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request =
        format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_answer_of_oauth_auth_is_not_wrapped_in_data() {
    let mock = start().await;
    let answer = tokens(&mock).await;
    assert!(answer["access_token"].is_string() && answer.get("data").is_none() && answer.get("isok").is_none());
}

#[tokio::test]
async fn get_on_oauth_auth_is_taken() {
    let mock = start().await;
    assert!(tokens(&mock).await["access_token"].is_string());
}

#[tokio::test]
async fn every_entry_of_all_status_has_a_full_dev_info_with_a_boolean_online() {
    let mock = start().await;
    for target in
        ["/device/all_status", "/device/all_status?show_info=true", "/device/all_status?show_info=true&no_shared=true"]
    {
        let devices = read(&mock, target).await.json()["data"]["devices_status"].clone();
        for (key, status) in devices.as_object().unwrap() {
            let info = &status["_dev_info"];
            assert!(
                info["gen"].is_string() && info["code"].is_string() && info["online"].is_boolean(),
                "{key}: {info}"
            );
            assert!(info["id"].is_string() || info["id"].is_number(), "{key}: {info}");
            assert!(status.get("serial").is_none_or(Value::is_number), "{key}");
        }
    }
}

#[tokio::test]
async fn keys_are_the_ids_there_is_a_wifi_block_and_devices_are_online() {
    let mock = start().await;
    let devices = all_status(&mock).await;
    for (key, status) in devices.as_object().unwrap() {
        let info = &status["_dev_info"];
        let id = info["id"].as_str().map_or_else(|| info["id"].to_string(), str::to_owned);
        assert_eq!(*key, id);
        match info["gen"].as_str().unwrap() {
            "G1" => assert!(status["wifi_sta"]["ip"].is_string(), "{key}"),
            "G2" => assert!(status["wifi"]["sta_ip"].is_string(), "{key}"),
            _ => {}
        }
    }
    assert_eq!(
        (&devices[RELAY]["_dev_info"]["online"], &devices[SWITCH]["_dev_info"]["online"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn ids_in_frames_are_decimal_or_begin_with_x_and_those_of_all_status() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let devices = all_status(&mock).await;
    // Everything there is comes back online, and so tells of itself.
    for key in devices.as_object().unwrap().keys() {
        for online in [false, true] {
            mock.control("online", &json!({"device": key, "online": online})).unwrap();
        }
    }
    let events = client.drain().await;
    for (key, status) in devices.as_object().unwrap() {
        let generation = shelly_proto::Generation::parse(status["_dev_info"]["gen"].as_str().unwrap());
        let id = DeviceId::in_status(key, &generation).to_decimal();
        let told: Vec<_> = events.iter().filter(|event| event["device"]["id"] == id).collect();
        assert!(told.len() >= 2, "{key} as {id}");
    }
    for event in &events {
        let id = event["device"]["id"].as_str().unwrap();
        assert!(id.starts_with('X') || id.bytes().all(|b| b.is_ascii_digit()), "{id}");
        assert!(event["device"]["code"].is_string() && event["device"]["gen"].is_string());
    }
}

#[tokio::test]
async fn serial_is_a_number_online_a_number_and_user_a_number() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for key in [RELAY, SWITCH, "XB1234567890123", "1643370677417"] {
        mock.control("online", &json!({"device": key, "online": key == "1643370677417"})).unwrap();
        mock.control("online", &json!({"device": key, "online": true})).unwrap();
    }
    let events = client.drain().await;
    assert!(events.len() >= 10, "{}", events.len());
    for event in &events {
        match event["event"].as_str().unwrap() {
            "Shelly:StatusOnChange" => assert!(event["status"]["serial"].is_number(), "{event}"),
            "Shelly:Online" => assert!([json!(0), json!(1)].contains(&event["online"]), "{event}"),
            other => panic!("{other}"),
        }
    }
    for id in [RELAY_DECIMAL, "1"] {
        let request = json!({"event": "Shelly:CommandRequest", "trid": 10, "deviceId": id, "data": {"cmd": "relay", "params": {"turn": "off", "id": 0}}});
        assert_eq!(client.ask(&request.to_string()).await["user"], 6550);
    }
}

#[tokio::test]
async fn a_trid_keeps_its_type() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (event, rest) in [
        ("Shelly:CommandRequest", r#""data":{"cmd":"relay","params":{"turn":"off","id":0}}"#),
        ("Shelly:JrpcRequest", r#""method":"Shelly.GetStatus","params":{}"#),
    ] {
        for trid in [json!(1), json!(1_764_000_000_000_u64), json!("ushelly_1_1234"), json!("7")] {
            let answer = client
                .ask(&format!(r#"{{"event":"{event}","trid":{trid},"deviceId":"{}",{rest}}}"#, decimal(SWITCH)))
                .await;
            assert_eq!(answer["trid"], trid);
        }
    }
}

#[tokio::test]
async fn frames_are_text_with_json_and_below_ten_kilobytes() {
    let mock = start_with(|world| {
        // As many channels as a world file can give to one device.
        for device in &mut world.devices[..] {
            let channels = |n: usize| if n > 0 { 8 } else { 0 };
            device.relays.resize(channels(device.relays.len()), device.relays.first().cloned().unwrap_or_default());
            device.lights.resize(channels(device.lights.len()), device.lights.first().cloned().unwrap_or_default());
            device.rollers.resize(channels(device.rollers.len()), device.rollers.first().cloned().unwrap_or_default());
            device.meters.resize(channels(device.meters.len()), device.meters.first().cloned().unwrap_or_default());
        }
    })
    .await;
    let mut client = Client::demo(&mock).await;
    let keys: Vec<String> = all_status(&mock).await.as_object().unwrap().keys().cloned().collect();
    for key in &keys {
        for online in [false, true] {
            mock.control("online", &json!({"device": key, "online": online})).unwrap();
        }
    }
    client.send(Frame::Ping("end".into())).await;
    let mut longest = 0;
    loop {
        let text = client.hear().await;
        if text == "pong end" {
            break;
        }
        assert!(serde_json::from_str::<Value>(&text).unwrap().is_object());
        longest = longest.max(text.len());
    }
    assert!((4000..10_000).contains(&longest), "{longest}");
}

#[tokio::test]
async fn a_ping_has_its_pong_at_once() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client.send(Frame::Ping("one".into())).await;
    assert_eq!(client.hear().await, "pong one");
}

#[tokio::test]
async fn answers_are_called_json() {
    let mock = start().await;
    let answers = [
        read(&mock, "/device/all_status").await,
        read(&mock, "/interface/device/list").await,
        get(&mock, "/device/all_status").await,
        post_form(&mock, "/oauth/login", "").await,
        post_form(&mock, "/oauth/auth", "").await,
        http(&mock, "POST", "/v2/devices/api/get", &[], "").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.body);
    }
}

#[tokio::test]
async fn user_api_url_has_neither_port_nor_slash_where_a_name_is_given() {
    let mock = ShellyMock::builder().virtual_clock().server("https://shelly-1-eu.shelly.cloud").start().await.unwrap();
    let url = Claims::decode(&demo(&mock, "access_token")).unwrap().user_api_url.unwrap();
    assert_eq!(url, "https://shelly-1-eu.shelly.cloud");
    // Without a name it is the address itself, which programs that keep the port can use.
    let mock = start().await;
    assert_eq!(Claims::decode(&demo(&mock, "access_token")).unwrap().user_api_url.unwrap(), mock.http_url());
    assert!(!mock.http_url().ends_with('/'));
}

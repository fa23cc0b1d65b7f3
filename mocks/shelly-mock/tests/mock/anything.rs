//! Whatever is sent: the mock goes on.

use crate::kit::{Client, FORM, RELAY_DECIMAL, all_status, demo, http, start, start_option};
use dummyload_testkit::Frame;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const IDS: [&str; 10] = [
    "242232438719594",
    "146014534893892",
    "12133370",
    "405408",
    "XB1234567890123",
    "1643370677417",
    "9436217638485",
    "84cca87c0144",
    "",
    "-1",
];

/// Texts from nonsense to almost right.
fn anything() -> impl Strategy<Value = String> {
    let event = prop::sample::select(vec![
        "Shelly:CommandRequest",
        "Shelly:JrpcRequest",
        "Shelly:XURequest",
        "Integrator:ActionRequest",
        "Shelly:Online",
        "",
    ]);
    let cmd = prop::sample::select(vec!["relay", "light", "roller", "roller_to_pos", "ir_emit", "name", "x"]);
    let method = prop::sample::select(vec![
        "Switch.Set",
        "Cover.GoToPosition",
        "Cover.Calibrate",
        "Light.Set",
        "RGBW.Set",
        "Number.Set",
        "Shelly.GetStatus",
        "Switch.GetStatus",
        ".",
        "",
    ]);
    let shaped = (event, any_value(), prop::sample::select(IDS.to_vec()), cmd, any_value(), method).prop_map(
        |(event, trid, id, cmd, params, method)| {
            json!({"event": event, "trid": trid, "deviceId": id, "data": {"cmd": cmd, "params": params}, "method": method, "params": params})
                .to_string()
        },
    );
    let wild = any_value().prop_map(|value| {
        json!({"event": "Shelly:CommandRequest", "trid": 1, "deviceId": value, "data": value}).to_string()
    });
    prop_oneof![1 => "\\PC{0,40}", 6 => shaped, 1 => wild, 1 => any_value().prop_map(|value| value.to_string())]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-200i64..200).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["on", "off", "toggle", "up", "stop", "color", "stored", "tv-on", "ä\u{0}\"\\"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 8, |inner| {
        let name = prop::sample::select(vec![
            "id",
            "turn",
            "timeout",
            "go",
            "duration",
            "pos",
            "rel",
            "slat_pos",
            "slat_rel",
            "red",
            "white",
            "temp",
            "effect",
            "brightness",
            "gain",
            "mode",
            "transition",
            "on",
            "toggle_after",
            "value",
            "rgb",
            "ct",
            "data",
            "type",
            "name",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..8)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

#[test]
fn any_texts_leave_the_mock_alive() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lenient, strict) = runtime.block_on(async {
        let lenient = start_option(|options| (options.lenient_ids, options.partial_updates) = (true, true)).await;
        (lenient, start_option(|options| options.strict = true).await)
    });
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let texts = prop::collection::vec((anything(), any::<bool>(), 0u64..3000), 0..20);
    let case = |texts: Vec<(String, bool, u64)>| {
        runtime.block_on(async {
            for mock in [&lenient, &strict] {
                let mut client = Client::demo(mock).await;
                for (text, binary, ms) in &texts {
                    let frame =
                        if *binary && *ms < 100 { Frame::binary(text.clone()) } else { Frame::text(text.clone()) };
                    client.send(frame).await;
                    mock.advance(std::time::Duration::from_millis(*ms));
                }
                for heard in client.drain().await {
                    prop_assert!(heard["event"].is_string(), "{heard}");
                }
                let done = client.command(RELAY_DECIMAL, "relay", json!({"turn": "toggle", "id": 0})).await;
                prop_assert_eq!(done, json!({"isok": true}));
                for status in all_status(mock).await.as_object().unwrap().values() {
                    prop_assert!(status["_dev_info"].is_object() || mock.address() == strict.address());
                }
            }
            Ok(())
        })
    };
    runner.run(&texts, case).unwrap();
}

#[test]
fn any_http_request_has_an_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mock = runtime.block_on(start());
    let bearer = format!("Bearer {}", demo(&mock, "access_token"));
    let path = prop::sample::select(vec![
        "/oauth_login.html",
        "/oauth/login",
        "/oauth/auth",
        "/device/all_status",
        "/device/status",
        "/device/relay/control",
        "/device/light/control",
        "/device/relay/roller/control",
        "/device/relay/bulk_control",
        "/interface/device/list",
        "/v2/devices/api/get",
        "/v2/devices/api/set/switch",
        "/v2/devices/api/set/cover",
        "/v2/devices/api/set/light",
        "/v2/devices/api/set/groups",
        "/shelly/wss/hk_sock",
        "/%FF%00",
        "//",
        "/x",
    ]);
    let field = prop::sample::select(vec![
        "id",
        "channel",
        "turn",
        "direction",
        "pos",
        "go_to_pos",
        "timer",
        "brightness",
        "red",
        "temp",
        "devices",
        "ids",
        "on",
        "position",
        "switch",
        "code",
        "grant_type",
        "client_id",
        "email",
        "password",
        "redirect_uri",
        "state",
        "show_info",
    ]);
    let value = prop_oneof![
        "\\PC{0,12}",
        prop::sample::select(vec![
            "dc4f2276846a",
            "on",
            "code",
            "shelly-diy",
            "https://x/",
            "1",
            "-1",
            "[]",
            "{}",
            "%",
            "1e999"
        ])
        .prop_map(str::to_owned),
    ];
    let form = prop::collection::vec((field.clone(), value), 0..6)
        .prop_map(|pairs| pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"));
    let body = prop_oneof![
        form.clone(),
        prop::collection::vec((field, any_value()), 0..6).prop_map(|members| members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Value>()
            .to_string()),
        "\\PC{0,30}",
    ];
    let query = form.prop_map(|form| {
        form.bytes()
            .map(|b| if b.is_ascii_graphic() && b != b'#' { (b as char).to_string() } else { format!("%{b:02X}") })
            .collect::<String>()
    });
    let method = prop::sample::select(vec!["GET", "POST", "POST", "PUT", "OPTIONS"]);
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    let case = |(method, path, query, body): (&str, &str, String, String)| {
        runtime.block_on(async {
            let headers = [("Authorization", bearer.as_str()), FORM];
            let answer = http(&mock, method, &format!("{path}?{query}"), &headers, &body).await;
            prop_assert!(
                (200..=599).contains(&answer.status) && answer.status != 500,
                "{method} {path} {}",
                answer.status
            );
            Ok(())
        })
    };
    runner.run(&(method, path, query, body), case).unwrap();
    runtime.block_on(async { Client::demo(&mock).await.is_silent().await });
}

//! The HTTP calls: conventions, statuses, lists, control in both versions (dossier 5 to 7).

use crate::kit::{
    AUTH_KEY, COVER, Client, FORM, RELAY, RELAY_DECIMAL, ROLLER, SWITCH, SWITCH_DECIMAL, all_status, control, demo,
    get, http, post_form, post_json, problems, read, start, start_option,
};
use serde_json::{Value, json};
use shelly_mock::{ErrorsForm, Query, RateLimit};
use std::time::Duration;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_way_to_say_who_calls() {
    let mock = start().await;
    let token = demo(&mock, "access_token");
    let bearer = format!("Bearer {token}");
    let lower = format!("bearer  {token}");
    for (headers, query, body, expected) in [
        (vec![("Authorization", bearer.as_str())], "", "", Ok(())),
        (vec![("Authorization", lower.as_str())], "", "", Ok(())),
        (vec![], "?auth_key=ZGVtb2F1dGhrZXk", "", Ok(())),
        (vec![FORM], "", "auth_key=ZGVtb2F1dGhrZXk", Ok(())),
        (vec![], "", "", Err("invalid_token")),
        (vec![("Authorization", "Bearer x")], "", "", Err("invalid_token")),
        (vec![("Authorization", "Basic eDp5")], "", "", Err("invalid_token")),
        (vec![("Authorization", "Bearer x")], "?auth_key=ZGVtb2F1dGhrZXk", "", Err("invalid_token")),
        (vec![], "?auth_key=x", "", Err("invalid_auth_key")),
        (vec![FORM], "", "auth_key=a.b.c", Err("invalid_token")),
    ] {
        let answer = http(&mock, "POST", &format!("/device/all_status{query}"), &headers, body).await;
        match expected {
            Ok(()) => {
                assert_eq!((answer.status, &answer.json()["isok"]), (200, &json!(true)), "{headers:?} {query} {body}");
            }
            Err(code) => {
                assert_eq!(
                    (answer.status, keys(&answer.json()["errors"])),
                    (401, vec![code]),
                    "{headers:?} {query} {body}"
                );
            }
        }
    }
    // A code and a refresh token open nothing.
    for name in ["code", "refresh_token"] {
        let bearer = format!("Bearer {}", demo(&mock, name));
        let answer = http(&mock, "GET", "/device/all_status", &[("Authorization", &bearer)], "").await;
        assert_eq!(answer.status, 401, "{name}");
    }
}

#[tokio::test]
async fn all_status_has_everything_by_get_and_post() {
    let mock = start().await;
    let by_get = read(&mock, "/device/all_status?show_info=true&no_shared=true").await;
    assert_eq!(by_get.header("content-type"), Some("application/json"));
    let devices = by_get.json()["data"]["devices_status"].clone();
    assert_eq!(devices.as_object().unwrap().len(), 22);
    assert!(devices.get("a4cf12f45d01").is_none(), "shared devices are left out");
    assert_eq!(devices[RELAY]["_dev_info"], json!({"id": RELAY, "gen": "G1", "code": "SHSW-PM", "online": true}));
    assert_eq!(devices["062fa0"]["_dev_info"]["id"], "062fa0");
    assert_eq!(
        devices["XB1234567890123"]["_dev_info"],
        json!({"id": "XB1234567890123", "gen": "GBLE", "code": "SBDW-002C", "online": true})
    );
    assert_eq!(
        devices["1643370677417"],
        json!({"enabled": true, "target_t": 21.0, "_dev_info": {"id": 1_643_370_677_417_u64, "gen": "V1", "code": "THERMOSTAT", "online": false}})
    );
    for body in ["", "show_info=true", "show_info=1&no_shared=0"] {
        let by_post = control(&mock, "/device/all_status", body).await.json()["data"]["devices_status"].clone();
        assert_eq!(by_post.as_object().unwrap().len(), 23, "{body}");
        assert_eq!(by_post[RELAY], devices[RELAY]);
        assert_eq!(by_post["a4cf12f45d01"]["_dev_info"]["code"], "SHSW-PM");
    }
}

/// The compact example of dossier 6.2, whose members are those of a real device.
#[tokio::test]
async fn a_status_has_the_members_of_the_dossier() {
    let mock = start().await;
    let all = all_status(&mock).await;
    let relay = &all[RELAY];
    for name in [
        "wifi_sta",
        "cloud",
        "mqtt",
        "time",
        "unixtime",
        "serial",
        "has_update",
        "mac",
        "cfg_changed_cnt",
        "actions_stats",
        "relays",
        "meters",
        "inputs",
        "temperature",
        "overtemperature",
        "tmp",
        "update",
        "ram_total",
        "ram_free",
        "fs_size",
        "fs_free",
        "uptime",
        "getinfo",
        "_updated",
        "id",
        "code",
        "_dev_info",
    ] {
        assert!(!relay[name].is_null(), "{name}");
    }
    assert_eq!(relay["getinfo"]["fw_info"]["device"], "shelly1pm-76846A");
    assert_eq!((&relay["mac"], &relay["_updated"]), (&json!("DC4F2276846A"), &json!("2026-01-01 00:00:00")));
    assert_eq!(relay["unixtime"], 1_767_225_600);
    let relay_members =
        ["ison", "has_timer", "timer_started", "timer_duration", "timer_remaining", "overpower", "source"];
    assert_eq!(keys(&relay["relays"][0]), relay_members);
    let switch = &all[SWITCH];
    assert_eq!(
        keys(switch),
        [
            "id",
            "code",
            "serial",
            "_updated",
            "switch:0",
            "input:0",
            "boolean:200",
            "number:200",
            "text:200",
            "enum:200",
            "sys",
            "wifi",
            "cloud",
            "mqtt",
            "ble",
            "_dev_info"
        ]
    );
    let component = ["id", "source", "output", "apower", "voltage", "current", "pf", "freq", "aenergy", "temperature"];
    assert_eq!(keys(&switch["switch:0"]), component);
    assert!(switch["serial"].is_f64() && switch["wifi"]["sta_ip"].is_string());
    let roller = [
        "state",
        "source",
        "power",
        "is_valid",
        "safety_switch",
        "overtemperature",
        "stop_reason",
        "last_direction",
        "current_pos",
        "calibrating",
        "positioning",
    ];
    assert_eq!(keys(&all["e8db84d4b0c3"]["rollers"][0]), roller);
    assert_eq!(
        all["bcff4dfd1a2b"]["emeters"][0],
        json!({"power": 200.1, "reactive": 0.0, "pf": 1.0, "current": 0.87, "voltage": 230.0, "is_valid": true, "total": 0.0, "total_returned": 0.0})
    );
    let cover = &all["08b61fcd1e55"]["cover:0"];
    assert_eq!((&cover["pos_control"], &cover["slat_pos"]), (&json!(true), &json!(50)));
}

#[tokio::test]
async fn one_status_and_the_lists() {
    let mock = start().await;
    let answer = control(&mock, "/device/status", &format!("id={RELAY}")).await.json();
    assert_eq!(
        (&answer["data"]["online"], &answer["data"]["device_status"]["code"]),
        (&json!(true), &json!("SHSW-PM"))
    );
    assert_eq!(answer["data"]["device_status"].get("_dev_info"), None);
    assert_eq!(read(&mock, "/device/status?id=a4cf12f45d01").await.json()["isok"], true, "shared");
    for (body, code) in [
        ("id=a4cf12f45d02", "device_not_found"),
        ("id=x", "device_not_found"),
        (&format!("id={RELAY_DECIMAL}"), "device_not_found"),
        ("", "wrong_parameters"),
    ] {
        let answer = control(&mock, "/device/status", body).await;
        assert_eq!((answer.status, keys(&answer.json()["errors"])), (200, vec![code]), "{body}");
    }
    let list = read(&mock, "/interface/device/list").await.json()["data"].clone();
    assert_eq!(keys(&list), ["devices"]);
    assert_eq!(
        list["devices"][RELAY],
        json!({"id": RELAY, "name": "Desk lamp", "type": "SHSW-PM", "category": "relay", "gen": "G1", "room_id": 1, "cloud_online": true, "channels_count": 1})
    );
    assert_eq!(list["devices"]["1643370677417"]["id"], 1_643_370_677_417_u64);
    assert_eq!(list["devices"]["a4cf12f45d01"]["name"], "Fountain");
    let all = control(&mock, "/interface/device/get_all_lists", "").await.json()["data"].clone();
    assert_eq!(all["devices"], list["devices"]);
    assert_eq!(all["rooms"], json!({"1": {"id": 1, "name": "Living room"}, "2": {"id": 2, "name": "Bedroom"}}));
    let mut client = Client::demo(&mock).await;
    let name = r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"242232438719594","data":{"cmd":"name","name":"Lamp"}}"#;
    assert_eq!(client.ask(name).await["data"]["isok"], true);
    let settings = client.hear_json().await;
    assert_eq!((&settings["event"], &settings["settings"]["name"]), (&json!("Shelly:Settings"), &json!("Lamp")));
    assert_eq!(read(&mock, "/interface/device/list").await.json()["data"]["devices"][RELAY]["name"], "Lamp");
}

#[tokio::test]
async fn a_refused_command_is_a_success_that_says_no() {
    let mock = start().await;
    for (path, body, code) in [
        ("relay", format!("id={RELAY}&channel=0"), "wrong_parameters"),
        ("relay", format!("id={RELAY}&channel=0&turn=maybe"), "wrong_parameters"),
        ("relay", format!("id={RELAY}&channel=4&turn=on"), "device_invalid_channel"),
        ("relay", "channel=0&turn=on".into(), "wrong_parameters"),
        ("relay", "id=a4cf12f45d02&turn=on".into(), "device_not_found"),
        ("relay", "id=ffffff&turn=on".into(), "device_not_found"),
        ("relay", "id=e09806a9b0c1&turn=on".into(), "device_offline"),
        ("relay", "id=b923fa&turn=on".into(), "device_unsupported_command"),
        ("light", format!("id={RELAY}&turn=on"), "device_unsupported_command"),
        ("relay/roller", "id=e8db84d4b0c4&pos=10".into(), "device_failed_command"),
        ("relay/roller", "id=e8db84d4b0c3".into(), "wrong_parameters"),
        ("relay/roller", "id=e8db84d4b0c3&pos=101".into(), "wrong_parameters"),
    ] {
        let answer = control(&mock, &format!("/device/{path}/control"), &body).await;
        let told = answer.json();
        assert_eq!(
            (answer.status, &told["isok"], keys(&told["errors"])),
            (200, &json!(false), vec![code]),
            "{path} {body}"
        );
    }
    // What is shared can be controlled here, as far as anybody knows.
    assert_eq!(control(&mock, "/device/relay/control", "id=a4cf12f45d01&turn=on").await.json()["isok"], true);
}

#[tokio::test]
async fn control_takes_get_and_the_older_key_too() {
    let mock = start().await;
    let target = format!("/device/relay/control?id={RELAY}&channel=0&turn=toggle&auth_key={AUTH_KEY}");
    assert_eq!(get(&mock, &target).await.json()["isok"], true);
    let target = format!("/device/relay/control?id={RELAY}&turn=off");
    let body = format!("turn=on&auth_key={AUTH_KEY}");
    assert_eq!(post_form(&mock, &target, &body).await.json()["isok"], true);
    assert_eq!(all_status(&mock).await[RELAY]["relays"][0]["ison"], true, "the body overrides the query");
    assert_eq!(problems(&mock), ["tolerated undocumented-method"]);
    let strict = start_option(|options| options.strict = true).await;
    assert_eq!(
        get(&strict, &format!("/device/relay/control?id={RELAY}&turn=on&auth_key={AUTH_KEY}")).await.status,
        405
    );
}

#[tokio::test]
async fn many_devices_at_once() {
    let mock = start().await;
    let devices = json!([{"id": RELAY, "channel": 0}, {"id": "062fa0", "channel": 0}, {"id": SWITCH}]);
    let answer = control(&mock, "/device/relay/bulk_control", &format!("turn=on&devices={devices}")).await;
    assert_eq!(answer.body, r#"{"isok":true,"data":{}}"#);
    let all = all_status(&mock).await;
    assert_eq!(
        json!([all[RELAY]["relays"][0]["ison"], all["062fa0"]["relays"][0]["ison"], all[SWITCH]["switch:0"]["output"]]),
        json!([true, true, true])
    );
    let devices = json!([{"id": "c45bbe5f0a11"}, {"id": "e09806a9b0c1", "channel": 0}, {"id": "ffffff", "channel": 3}]);
    let answer = control(&mock, "/device/light/bulk_control", &format!("turn=on&devices={devices}")).await.json();
    assert_eq!(answer["errors"], json!({"e09806a9b0c1_0": "device_offline", "ffffff_3": "device_not_found"}));
    assert_eq!(all_status(&mock).await["c45bbe5f0a11"]["lights"][0]["ison"], true);
    for body in ["turn=on", "turn=on&devices=x", "turn=on&devices=[1]"] {
        let answer = control(&mock, "/device/relay/bulk_control", body).await.json();
        assert_eq!(keys(&answer["errors"]), ["wrong_parameters"], "{body}");
    }
}

#[tokio::test]
async fn the_second_version_reads_and_sets() {
    let mock = start().await;
    let ask = json!({"ids": [RELAY, SWITCH, "XB1234567890123", "ffffff"], "select": ["status", "settings"], "pick": {"status": ["serial"]}});
    let answer = post_json(&mock, "/v2/devices/api/get", &ask).await.json();
    assert_eq!(answer.as_array().unwrap().len(), 3, "the unknown one is left out");
    assert_eq!(
        answer[0],
        json!({"id": RELAY, "type": "relay", "code": "SHSW-PM", "gen": "G1", "online": 1, "status": {"serial": 1},
            "settings": {"name": "Desk lamp", "device": {"type": "SHSW-PM", "mac": "DC4F2276846A"}}})
    );
    let answer = post_json(&mock, "/v2/devices/api/get", &json!({"ids": [RELAY]})).await.json();
    assert_eq!(keys(&answer[0]), ["id", "type", "code", "gen", "online"]);
    let many: Vec<String> = (0..11).map(|n| format!("{n:06}")).collect();
    for (path, body) in [
        ("get", json!({"ids": []})),
        ("get", json!({"ids": many})),
        ("get", json!({})),
        ("get", json!({"ids": [1]})),
        ("set/switch", json!({"channel": 0, "on": true})),
        ("set/switch", json!({"id": SWITCH, "channel": 0})),
        ("set/cover", json!({"id": "08b61fcd1e55", "channel": 0, "position": 101})),
        ("set/groups", json!({})),
        ("set/groups", json!({"switch": {"ids": "x"}})),
    ] {
        let answer = post_json(&mock, &format!("/v2/devices/api/{path}"), &body).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["error"]), (400, &json!("BAD_REQUEST")), "{path} {body}");
        assert!(told["data"]["messages"][0].is_string(), "{told}");
    }
    for (body, code) in [
        (json!({"id": "e09806a9b0c1", "channel": 0, "on": true}), "DEVICE_OFFLINE"),
        (json!({"id": "ffffff", "channel": 0, "on": true}), "DEVICE_NOT_FOUND"),
        (json!({"id": SWITCH, "channel": 5, "on": true}), "DEVICE_INVALID_CHANNEL"),
        (json!({"id": "b923fa", "channel": 0, "on": true}), "DEVICE_UNSUPPORTED_COMMAND"),
    ] {
        let answer = post_json(&mock, "/v2/devices/api/set/switch", &body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(code)), "{body}");
    }
    let failed = json!({"id": "e8db84d4b0c4", "channel": 0, "position": 10});
    let answer = post_json(&mock, "/v2/devices/api/set/cover", &failed).await;
    assert_eq!(answer.json()["error"], "DEVICE_FAILED_COMMAND");
}

#[tokio::test]
async fn groups_of_the_second_version() {
    let mock = start().await;
    let body = json!({
        "switch": {"ids": [format!("{RELAY}_0"), "062fa0_0", "e09806a9b0c1_0", "062fa0_9"], "command": {"on": true}},
        "cover": {"ids": ["08b61fcd1e55_0"], "command": {"position": "close"}},
        "light": {"ids": ["c45bbe5f0a11_0", "ffffff_0"], "command": {"on": true, "brightness": 5}},
    });
    let answer = post_json(&mock, "/v2/devices/api/set/groups", &body).await.json();
    assert_eq!(
        answer["failedCommands"],
        json!({"e09806a9b0c1_0": "DEVICE_OFFLINE", "062fa0_9": "DEVICE_INVALID_CHANNEL", "ffffff_0": "DEVICE_NOT_FOUND"})
    );
    let all = all_status(&mock).await;
    assert_eq!(all[RELAY]["relays"][0]["ison"], true);
    assert_eq!(all["08b61fcd1e55"]["cover:0"]["state"], "closing");
    assert_eq!(all["c45bbe5f0a11"]["lights"][0]["brightness"], 5);
}

#[tokio::test]
async fn the_limit_is_one_call_a_second_and_account() {
    for (form, status) in [(RateLimit::Http401, 401), (RateLimit::Http429, 429)] {
        let mock = start_option(|options| options.rate_limit = form).await;
        let friend = format!("Bearer {}", demo(&mock, "friend_access_token"));
        let code = demo(&mock, "code");
        assert_eq!(read(&mock, "/device/all_status").await.status, 200);
        let body = format!("client_id=shelly-diy&grant_type=code&code={code}");
        for answer in [
            read(&mock, "/device/all_status").await,
            control(&mock, "/device/relay/control", &format!("id={RELAY}&turn=on")).await,
            post_json(&mock, "/v2/devices/api/get", &json!({"ids": [RELAY]})).await,
            post_form(&mock, "/oauth/auth", &body).await,
        ] {
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (status, r#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#)
            );
        }
        assert_eq!(http(&mock, "GET", "/device/all_status", &[("Authorization", &friend)], "").await.status, 200);
        mock.advance(Duration::from_millis(999));
        assert_eq!(read(&mock, "/device/all_status").await.status, status);
        mock.advance(Duration::from_millis(1));
        assert_eq!(post_form(&mock, "/oauth/auth", &body).await.status, 200);
        // The socket has no limit.
        let mut client = Client::demo(&mock).await;
        for turn in ["on", "off", "on"] {
            assert_eq!(client.command(SWITCH_DECIMAL, "relay", json!({"turn": turn, "id": 0})).await["isok"], true);
            client.change(SWITCH_DECIMAL).await;
        }
    }
}

#[tokio::test]
async fn errors_have_the_form_that_is_wanted() {
    for (form, shown) in [
        (ErrorsForm::Map, r#"{"isok":false,"errors":{"device_not_found":"#),
        (ErrorsForm::List, r#"{"isok":false,"errors":["there is no such device"#),
        (ErrorsForm::Empty, r#"{"isok":false,"errors":{}}"#),
        (ErrorsForm::Absent, r#"{"isok":false}"#),
    ] {
        let mock = start_option(|options| options.errors = form).await;
        let answer = control(&mock, "/device/status", "id=ffffff").await;
        assert!(answer.body.starts_with(shown), "{}", answer.body);
    }
    let mock = start_option(|options| (options.errors, options.empty_as_list) = (ErrorsForm::Empty, true)).await;
    assert_eq!(control(&mock, "/device/status", "id=ffffff").await.body, r#"{"isok":false,"errors":[]}"#);
    assert_eq!(all_status(&mock).await[SWITCH]["ble"], json!([]));
    let mock = start_option(|options| options.errors_as_200 = true).await;
    let answer = get(&mock, "/device/all_status").await;
    assert_eq!((answer.status, &answer.json()["isok"]), (200, &json!(false)));
}

#[tokio::test]
async fn calls_can_be_refused_on_demand() {
    let mock = start().await;
    let ask = async || read(&mock, "/device/all_status").await;
    for (body, status, shown) in [
        (json!({"status": 403}), 403, r#"{"isok":false,"errors":{}}"#),
        (
            json!({"status": 429, "code": "max_req"}),
            429,
            r#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#,
        ),
        (
            json!({"status": 502, "code": "bad_gateway"}),
            502,
            r#"{"isok":false,"errors":{"bad_gateway":"refused on demand"}}"#,
        ),
    ] {
        mock.control("refuse-calls", &body).unwrap();
        let answer = ask().await;
        assert_eq!((answer.status, answer.body.as_str()), (status, shown));
        assert_eq!(ask().await.status, 200);
    }
    mock.control("refuse-calls", &json!({"times": 2})).unwrap();
    assert_eq!([ask().await.status, ask().await.status, ask().await.status], [401, 401, 200]);
}

#[tokio::test]
async fn answers_can_be_slow() {
    let mock = start_option(|options| options.http_delay = 1500).await;
    let slow = async { read(&mock, "/device/all_status").await.status };
    let clock = async {
        mock.wait_for(&Query::request(), 1, crate::kit::SOON).await.unwrap();
        mock.advance(Duration::from_millis(1499));
        assert!(mock.journal(&Query::any()).iter().all(|entry| entry["kind"] != "response"));
        mock.advance(Duration::from_millis(1));
    };
    assert_eq!(tokio::join!(slow, clock).0, 200);
}

#[tokio::test]
async fn a_slow_answer_comes_when_the_world_goes_away() {
    for (reset, status) in [(true, 503), (false, 200)] {
        let mock = start_option(|options| options.http_delay = 1500).await;
        let slow = async { read(&mock, "/device/all_status").await.status };
        let end = async {
            mock.wait_for(&Query::request(), 1, crate::kit::SOON).await.unwrap();
            if reset { mock.reset() } else { drop(mock.control("load", &json!({"world": {}})).unwrap()) }
        };
        assert_eq!(tokio::join!(slow, end).0, status);
    }
}

#[tokio::test]
async fn a_call_is_refused_for_what_the_socket_refuses() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (path, form, named) in [
        ("relay", "channel=x&turn=on", "channel"),
        ("relay", "channel=-1&turn=on", "channel"),
        ("relay", "channel=0.5&turn=on", "channel"),
        ("relay", "turn=on&timer=abc", "timer"),
        ("relay", "turn=on&timer=NaN", "timer"),
        ("relay", "turn=on&timer=inf", "timer"),
        ("relay", "turn=on&timer=1e400", "timer"),
        ("relay", "turn=on&timer=-0.4", "timer"),
        ("relay/roller", "direction=sideways", "direction"),
        ("relay/roller", "pos=half", "pos"),
    ] {
        let id = if path == "relay" { RELAY } else { ROLLER };
        let answer = control(&mock, &format!("/device/{path}/control"), &format!("id={id}&{form}")).await;
        let text = answer.json()["errors"]["wrong_parameters"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == 200 && text.contains(&format!("the parameter {named} ")), "{form}: {}", answer.body);
    }
    for (kind, body, named) in [
        ("switch", json!({"id": SWITCH, "on": "yes"}), "on must be true or false"),
        ("switch", json!({"id": SWITCH, "on": true, "toggle_after": "soon"}), "toggle_after is missing, or"),
        ("cover", json!({"id": COVER, "position": "half"}), "position must be open, close, stop or 0 to 100"),
        ("cover", json!({"id": COVER, "slatPosition": 101}), "slatPosition must be 0 to 100"),
    ] {
        let answer = post_json(&mock, &format!("/v2/devices/api/set/{kind}"), &body).await;
        assert!(answer.status == 400 && answer.body.contains(named), "{body}: {}", answer.body);
    }
    let unknown = post_json(&mock, "/v2/devices/api/set/switch", &json!({"id": "ffffff", "on": true})).await;
    assert!(unknown.body.contains("there is no such device in this account\""), "{}", unknown.body);
    assert!(problems(&mock).iter().all(|problem| problem.starts_with("refused ")));
    client.is_silent().await;
}

#[tokio::test]
async fn a_misspelled_parameter_is_told() {
    let mock = start().await;
    let dimmer = demo(&mock, "dimmer");
    for (path, body) in [
        ("/device/light/control", format!("id={dimmer}&turn=on&brightnes=3")),
        ("/v2/devices/api/set/light", json!({"id": dimmer, "on": true, "brightnes": 30}).to_string()),
        ("/v2/devices/api/get", json!({"ids": [dimmer], "select": ["stauts"]}).to_string()),
    ] {
        assert_eq!(control(&mock, path, &body).await.status, 200, "{path}");
    }
    assert_eq!(problems(&mock), ["tolerated unknown-member"; 3]);
    let strict = start_option(|options| options.strict = true).await;
    let refused = control(&strict, "/device/light/control", &format!("id={dimmer}&turn=on&brightnes=3")).await;
    assert_eq!(refused.json()["isok"], false);
    let refused =
        post_json(&strict, "/v2/devices/api/set/light", &json!({"id": dimmer, "on": true, "brightnes": 3})).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("BAD_REQUEST")));
}

#[tokio::test]
async fn browsers_and_strangers() {
    let mock = start().await;
    let answer = read(&mock, "/device/all_status").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let asked = [("Origin", "https://x"), ("Access-Control-Request-Headers", "authorization")];
    let preflight = http(&mock, "OPTIONS", "/device/relay/control", &asked, "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-headers")), (204, Some("authorization")));
    assert!(get(&mock, "/").await.body.contains("/__mock"));
    for path in ["/x", "/device", "/v2/devices/api/set/fan"] {
        assert_eq!(read(&mock, path).await.status, 404, "{path}");
    }
    assert_eq!(http(&mock, "DELETE", "/device/all_status", &[], "").await.status, 405);
}

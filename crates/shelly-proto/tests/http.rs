//! The HTTP calls: exact requests, and what a server reads out of them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use shelly_proto::http::{
    AllStatus, BulkControl, BulkForm, Call, Carrier, Control, ControlForm, Credentials, DevInfo, DeviceStatus,
    Envelope, ExchangeCode, GetDevices, GetStatus, Grant, HttpError, Kind, ListDevices, Login, Params, ReadBy, Refresh,
    Request, Service, Set, SetGroups, TokenRequest, Tokens, code,
};
use shelly_proto::{
    Channel, Command, CommandBody, DeviceId, Direction, Errors, Generation, Kelvin, Light, LightMode, Move, Percent,
    Raw, Relay, Roller, RollerToPos, Shift, Turn,
};

const ZERO: Channel = Channel(0);

fn bearer() -> Credentials {
    Credentials::bearer("secret.access.token")
}

fn key() -> Credentials {
    Credentials::auth_key("secret+key")
}

fn id() -> DeviceId {
    DeviceId::in_frame("146014534893892")
}

fn percent(number: u8) -> Percent {
    Percent::new(number).unwrap()
}

/// Everything of a request, credentials included.
fn whole(request: &Request) -> String {
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let (service, method, target) = (request.service, request.method.as_str(), request.target.expose());
    format!("{service:?} {method} {target} | {} | {}", headers.join(", "), request.body.as_deref().unwrap_or(""))
        .trim_end_matches([' ', '|'])
        .to_owned()
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const JSON: &str = "Content-Type: application/json";
const SIGNED: &str = "Authorization: Bearer secret.access.token";

#[test]
fn requests_are_those_of_the_dossier() {
    let exchange = |carrier| ExchangeCode::new("shelly-diy", "secret.code").by(carrier).request();
    let framework = Carrier::PostAuthorizationCode {
        redirect_uri: "http://h/cb".into(),
        client_secret: Some("secret".to_owned().into()),
    };
    let light = Light::new(ZERO).turn(Turn::On).mode(LightMode::White).brightness(percent(60));
    let light = light.temp(Kelvin::new(2700).unwrap());
    let both = RollerToPos::both(ZERO, Move::To(percent(75)), Move::By(Shift::new(-5).unwrap()));
    for (request, expected) in [
        (
            exchange(Carrier::PostForm),
            format!("Account POST /oauth/auth | {FORM} | client_id=shelly-diy&grant_type=code&code=secret.code"),
        ),
        (
            exchange(Carrier::Get),
            "Account GET /oauth/auth?client_id=shelly-diy&grant_type=code&code=secret.code".to_owned(),
        ),
        (
            exchange(Carrier::PostFormWithoutGrant),
            format!("Account POST /oauth/auth | {FORM} | client_id=shelly-diy&code=secret.code"),
        ),
        (
            exchange(framework),
            format!(
                "Account POST /oauth/auth | {FORM} | {}",
                "client_id=shelly-diy&grant_type=authorization_code&code=secret.code&redirect_uri=http%3A%2F%2Fh%2Fcb&client_secret=secret"
            ),
        ),
        (
            exchange(Carrier::PostQuery),
            "Account POST /oauth/auth?client_id=shelly-diy&grant_type=code&code=secret.code".to_owned(),
        ),
        (
            exchange(Carrier::PostJson),
            format!(
                r#"Account POST /oauth/auth | {JSON} | {{"client_id":"shelly-diy","grant_type":"code","code":"secret.code"}}"#
            ),
        ),
        (
            Refresh::new("shelly-diy", "secret.refresh").request(),
            format!(
                "Account POST /oauth/auth | {FORM} | grant_type=refresh_token&refresh_token=secret.refresh&client_id=shelly-diy"
            ),
        ),
        (
            Login::new("a@example.com", "secret", "shelly-diy").request(),
            format!(
                "Api POST /oauth/login | {FORM} | email=a%40example.com&password={}&client_id=shelly-diy",
                "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"
            ),
        ),
        (
            AllStatus::new(bearer()).request(),
            format!("Account GET /device/all_status?show_info=true&no_shared=true | {SIGNED}"),
        ),
        (
            AllStatus::new(bearer()).with_shared().by(ReadBy::PostForm).request(),
            format!("Account POST /device/all_status | {SIGNED}, {FORM} | show_info=true"),
        ),
        (
            AllStatus::new(bearer()).with_shared().without_info().by(ReadBy::PostForm).request(),
            format!("Account POST /device/all_status | {SIGNED}, {FORM}"),
        ),
        (
            AllStatus::new(key()).without_info().request(),
            "Account GET /device/all_status?no_shared=true&auth_key=secret%2Bkey".to_owned(),
        ),
        (
            GetStatus::new(bearer(), id()).request(),
            format!("Account POST /device/status | {SIGNED}, {FORM} | id=84cca87c0144"),
        ),
        (
            GetStatus::new(bearer(), DeviceId::number(1_643_370_677_417)).by(ReadBy::Get).request(),
            format!("Account GET /device/status?id=1643370677417 | {SIGNED}"),
        ),
        (ListDevices::new(bearer()).request(), format!("Account GET /interface/device/list | {SIGNED}")),
        (
            ListDevices::everything(bearer()).request(),
            format!("Account GET /interface/device/get_all_lists | {SIGNED}"),
        ),
        (
            Control::relay(key(), id(), Relay::new(ZERO, Turn::Toggle).timeout(5)).request(),
            format!(
                "Account POST /device/relay/control | {FORM} | id=84cca87c0144&channel=0&turn=toggle&timer=5&auth_key=secret%2Bkey"
            ),
        ),
        (
            Control::light(bearer(), id(), light).request(),
            format!(
                "Account POST /device/light/control | {SIGNED}, {FORM} | id=84cca87c0144&channel=0&turn=on&mode=white&brightness=60&temp=2700"
            ),
        ),
        (
            Control::roller(bearer(), id(), ZERO, Direction::Up).request(),
            format!(
                "Account POST /device/relay/roller/control | {SIGNED}, {FORM} | id=84cca87c0144&channel=0&direction=open"
            ),
        ),
        (
            Control::stop_roller(bearer(), id(), ZERO).request(),
            format!(
                "Account POST /device/relay/roller/control | {SIGNED}, {FORM} | id=84cca87c0144&channel=0&direction=stop"
            ),
        ),
        (
            Control::roller_to(bearer(), id(), ZERO, percent(75)).request(),
            format!("Account POST /device/relay/roller/control | {SIGNED}, {FORM} | id=84cca87c0144&channel=0&pos=75"),
        ),
        (
            BulkControl::relays(bearer(), Turn::Off, [(id(), ZERO), (DeviceId::in_http("b923fa"), Channel(1))])
                .request(),
            format!(
                "Account POST /device/relay/bulk_control | {SIGNED}, {FORM} | turn=off&devices={}",
                "%5B%7B%22id%22%3A%2284cca87c0144%22%2C%22channel%22%3A0%7D%2C%7B%22id%22%3A%22b923fa%22%2C%22channel%22%3A1%7D%5D"
            ),
        ),
        (
            GetDevices::new(key(), [id()]).unwrap().status().settings().request(),
            format!(
                r#"Account POST /v2/devices/api/get?auth_key=secret%2Bkey | {JSON} | {{"ids":["84cca87c0144"],"select":["status","settings"]}}"#
            ),
        ),
        (
            Set::switch_for(bearer(), id(), ZERO, true, 30).request(),
            format!(
                r#"Account POST /v2/devices/api/set/switch | {SIGNED}, {JSON} | {{"id":"84cca87c0144","channel":0,"on":true,"toggle_after":30}}"#
            ),
        ),
        (
            Set::cover(bearer(), id(), Roller::go_for(ZERO, Direction::Down, 3)).request(),
            format!(
                r#"Account POST /v2/devices/api/set/cover | {SIGNED}, {JSON} | {{"id":"84cca87c0144","channel":0,"position":"close","duration":3}}"#
            ),
        ),
        (
            Set::cover_to(bearer(), id(), both).request(),
            format!(
                r#"Account POST /v2/devices/api/set/cover | {SIGNED}, {JSON} | {{"id":"84cca87c0144","channel":0,"position":75,"slatRelative":-5}}"#
            ),
        ),
        (
            Set::light(bearer(), id(), light).unwrap().request(),
            format!(
                r#"Account POST /v2/devices/api/set/light | {SIGNED}, {JSON} | {{"id":"84cca87c0144","channel":0,"on":true,"mode":"white","temperature":2700,"brightness":60}}"#
            ),
        ),
        (
            SetGroups::new(bearer())
                .covers([(id(), Channel(1))], Roller::stop(ZERO))
                .switches([(id(), ZERO)], true)
                .request(),
            format!(
                r#"Account POST /v2/devices/api/set/groups | {SIGNED}, {JSON} | {{"switch":{{"ids":["84cca87c0144_0"],"command":{{"on":true}}}},"cover":{{"ids":["84cca87c0144_1"],"command":{{"position":"stop"}}}}}}"#
            ),
        ),
    ] {
        assert_eq!(whole(&request), expected);
        assert!(!format!("{request} {request:?}").contains("secret"), "{request}");
    }
    assert_eq!((Service::Api.host(), Service::Account.host()), (Some("api.shelly.cloud"), None));
}

#[test]
fn what_the_second_version_cannot_say_is_not_sent() {
    let toggle = Light::new(ZERO).turn(Turn::Toggle);
    assert!(Set::light(bearer(), id(), toggle).is_err());
    assert!(SetGroups::new(bearer()).lights([(id(), ZERO)], toggle).is_err());
    assert!(GetDevices::new(bearer(), []).is_err());
    assert!(GetDevices::new(bearer(), std::iter::repeat_n(id(), 11)).is_err());
}

/// The parameters of a request as its server finds them.
fn params(request: &Request) -> Params {
    let query = request.target.expose().split_once('?').map_or("", |(_, query)| query);
    let kind =
        request.headers.iter().find(|(name, _)| *name == "Content-Type").map(|(_, value)| value.expose().as_str());
    Params::read(query, kind, request.body.as_deref().unwrap_or("").as_bytes()).unwrap()
}

#[test]
fn every_carrier_says_the_same() {
    for carrier in [
        Carrier::PostForm,
        Carrier::Get,
        Carrier::PostFormWithoutGrant,
        Carrier::PostAuthorizationCode { redirect_uri: "http://h".into(), client_secret: None },
        Carrier::PostQuery,
        Carrier::PostJson,
    ] {
        let grant = match &carrier {
            Carrier::PostFormWithoutGrant => Grant::Absent,
            Carrier::PostAuthorizationCode { .. } => Grant::AuthorizationCode,
            _ => Grant::Code,
        };
        let asked = TokenRequest::read(&params(&ExchangeCode::new("shelly-diy", "a/b+c").by(carrier).request()));
        assert_eq!((asked.grant, asked.client_id.as_deref()), (grant, Some("shelly-diy")));
        assert_eq!((asked.code.unwrap().expose().as_str(), asked.refresh_token), ("a/b+c", None));
    }
    let asked = TokenRequest::read(&params(&Refresh::new("shelly-diy", "r").request()));
    assert_eq!((asked.grant, asked.code), (Grant::RefreshToken, None));
    assert_eq!(asked.refresh_token.unwrap().expose(), "r");
}

#[test]
fn the_body_overrides_the_query() {
    let read = |query, kind, body: &str| Params::read(query, kind, body.as_bytes());
    let merged = read("a=1&b=2&b=3", None, "a=4+5&c=%41").unwrap();
    assert_eq!((merged.get("a"), merged.get("b"), merged.get("c")), (Some("4 5"), Some("3"), Some("A")));
    let json = read("a=1", Some("application/json"), r#" {"a":"x","n":1.50,"no":null,"on":true} "#).unwrap();
    assert_eq!((json.get("a"), json.get("n"), json.get("no")), (Some("x"), Some("1.50"), None));
    assert_eq!((json.flag("on"), json.json("n").unwrap().as_str()), (Some(true), "1.50"));
    // Some clients do not say that it is JSON.
    assert_eq!(read("", Some("text/plain"), r#"{"a":"x"}"#).unwrap().get("a"), Some("x"));
    assert_eq!(read("a=", None, "").unwrap().get("a"), None);
    assert!(read("", Some("application/json"), "a=1").is_err());
    assert!(Params::read("", None, &[0xff]).is_err());
    assert_eq!(format!("{:?}", read("password=secret", None, "").unwrap()), r#"Params["password"]"#);
}

#[test]
fn control_calls_are_understood_in_every_variant() {
    let form = |kind, text: &str| ControlForm::read(kind, &Params::read("", None, text.as_bytes()).unwrap());
    let command = |kind, text: &str| form(kind, text).body.checked();
    let to = |position| RollerToPos::cover(ZERO, Move::To(percent(position)));
    for (kind, text, expected) in [
        (Kind::Relay, "id=b923fa&turn=on", Command::from(Relay::new(ZERO, Turn::On))),
        (Kind::Relay, "id=b923fa&channel=1&turn=on&timer=5", Relay::new(Channel(1), Turn::On).timeout(5).into()),
        (Kind::Roller, "id=b923fa&direction=open", Roller::go(ZERO, Direction::Open).into()),
        (Kind::Roller, "id=b923fa&direction=stop&channel=0", Roller::stop(ZERO).into()),
        (Kind::Roller, "id=b923fa&pos=75", to(75).into()),
        (Kind::Roller, "id=b923fa&go_to_pos=75", to(75).into()),
        (Kind::Light, "id=b923fa&turn=off", Light::new(ZERO).turn(Turn::Off).into()),
    ] {
        assert_eq!(command(kind, text), Ok(expected), "{text}");
        assert_eq!(form(kind, text).device, Some(DeviceId::in_http("b923fa")));
    }
    assert!(command(Kind::Relay, "id=b923fa").is_err());
    assert!(command(Kind::Roller, "pos=101").is_err());
    let v2 = |kind, text: &str| ControlForm::read_v2(kind, &Params::read("", None, text.as_bytes()).unwrap());
    let moved = v2(Kind::Roller, r#"{"id":"b923fa","channel":0,"position":75,"slatRelative":-5}"#);
    let both = RollerToPos::both(ZERO, Move::To(percent(75)), Move::By(Shift::new(-5).unwrap()));
    assert_eq!(moved.body.checked(), Ok(both.into()));
    let gone = v2(Kind::Roller, r#"{"id":"b923fa","position":"open","duration":3}"#);
    assert_eq!(gone.body.checked(), Ok(Roller::go_for(ZERO, Direction::Open, 3).into()));
    let on = v2(Kind::Relay, r#"{"id":"b923fa","on":true,"toggle_after":30}"#);
    assert_eq!(on.body.checked(), Ok(Relay::new(ZERO, Turn::On).timeout(30).into()));
    assert!(matches!(v2(Kind::Light, "{}").body, CommandBody::Light(_)));
}

#[test]
fn what_the_socket_refuses_no_form_may_have() {
    type Read = fn(Kind, &Params) -> ControlForm;
    let v1 = ControlForm::read as Read;
    let v2 = ControlForm::read_v2 as Read;
    for (read, kind, text, flaw) in [
        (v1, Kind::Relay, "turn=on&channel=x", "the parameter channel is missing, or cannot be understood"),
        (v1, Kind::Relay, "turn=on&channel=0.5", "the parameter channel must be a whole number from 0 on"),
        (v1, Kind::Relay, "turn=on&timer=NaN", "the parameter timer is missing, or cannot be understood"),
        (v1, Kind::Relay, "turn=on&timer=-1", "the parameter timer must be 0 or more"),
        (v1, Kind::Roller, "direction=sideways", "the parameter direction must be open, close or stop"),
        (v1, Kind::Roller, "", "the parameter pos is missing, or cannot be understood"),
        (v2, Kind::Relay, r#"{"on":"on"}"#, "the parameter on must be true or false"),
        (v2, Kind::Relay, "{}", "the parameter on is missing, or cannot be understood"),
        (v2, Kind::Roller, r#"{"position":"half"}"#, "the parameter position must be open, close, stop or 0 to 100"),
        (v2, Kind::Roller, r#"{"position":101}"#, "the parameter position must be 0 to 100"),
        (v2, Kind::Roller, r#"{"position":1,"relative":1}"#, "the parameters position and relative exclude each other"),
        (v2, Kind::Light, r#"{"temperature":1}"#, "the parameter temperature must be 2500 to 7500"),
    ] {
        let form = read(kind, &Params::read("", None, text.as_bytes()).unwrap());
        let flaw_found = form.in_its_words(form.body.checked().unwrap_err());
        assert_eq!(flaw_found.to_string(), flaw, "{text}");
    }
    let form = |text: &str| ControlForm::read(Kind::Light, &Params::read("auth_key=k", None, text.as_bytes()).unwrap());
    assert_eq!(form("id=b923fa&channel=0&brightnes=3&brightnes=4&gain=&x=").unknown, ["brightnes"]);
    assert!(form("id=b923fa&brightness=3").unknown.is_empty());
}

#[test]
fn bulk_calls_are_understood() {
    let devices = [(id(), ZERO), (DeviceId::in_http("b923fa"), Channel(1))];
    let form = BulkForm::read(&params(&BulkControl::lights(bearer(), Turn::On, devices.clone()).request()));
    assert_eq!((form.turn.as_deref(), form.devices), (Some("on"), Some(devices.into())));
    for odd in ["", "devices=", "devices=%7B%7D", "devices=%5B1%5D", "devices=x"] {
        let form = BulkForm::read(&Params::read("", None, odd.as_bytes()).unwrap());
        assert_eq!(form.devices, None, "{odd}");
    }
}

#[test]
fn tokens_live_as_long_as_the_best_source_says() {
    // {"exp":1000}
    let mut tokens = Tokens::new("e30.eyJleHAiOjEwMDB9.c2ln");
    assert_eq!((tokens.lifetime(400), tokens.lifetime(2000)), (600, 0));
    tokens.expires_in = Some(43_200);
    assert_eq!(tokens.lifetime(400), 43_200);
    assert_eq!(Tokens::new("opaque").lifetime(0), Tokens::DEFAULT_LIFETIME);
}

#[test]
fn a_status_gets_its_information_once() {
    let status = Raw::new(r#"{"serial":1.50,"_dev_info":{"old":1},"relays":[]}"#).unwrap();
    let info = DevInfo::new(DeviceId::number(1_643_370_677_417), Generation::Virtual, "THERMOSTAT", false);
    let device = DeviceStatus::new("1643370677417", info, &status);
    assert_eq!(
        device.status.as_str(),
        r#"{"serial":1.50,"relays":[],"_dev_info":{"id":1643370677417,"gen":"V1","code":"THERMOSTAT","online":false}}"#
    );
    assert_eq!(device.id(), DeviceId::in_frame("1643370677417"));
}

#[test]
fn envelopes_are_those_of_the_dossier() {
    let limit = Errors::coded(code::MAX_REQ, code::MAX_REQ_TEXT);
    for (envelope, text) in [
        (Envelope::Ok(Raw::new("{}").unwrap()), r#"{"isok":true,"data":{}}"#),
        (Envelope::Refused(limit), r#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#),
        (Envelope::Refused(Errors::text("no")), r#"{"isok":false,"errors":["no"]}"#),
        (Envelope::Refused(Errors::Map(vec![])), r#"{"isok":false,"errors":{}}"#),
        (Envelope::Refused(Errors::Missing), r#"{"isok":false}"#),
        (
            Envelope::Coded { code: code::BAD_REQUEST.into(), messages: vec!["a".into(), "b".into()] },
            r#"{"error":"BAD_REQUEST","data":{"messages":["a","b"]}}"#,
        ),
    ] {
        assert_eq!(envelope.to_json(), text);
    }
    let call = Set::switch(bearer(), id(), ZERO, true);
    let busy = call.answer(429, b"").unwrap_err();
    assert!(busy.is_transient() && busy.errors().is_none());
    let refused = call.answer(400, br#"{"error":"DEVICE_INVALID_CHANNEL","data":{"messages":[]}}"#).unwrap_err();
    assert!(!refused.is_transient());
    assert!(refused.errors().is_some_and(|errors| errors.has(code::DEVICE_INVALID_CHANNEL)));
    assert_eq!(call.answer(200, b"{\"a\":"), Err(HttpError::NotJson { line: 1, column: 5 }));
}

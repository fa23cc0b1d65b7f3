//! The client against the mock, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use futures_util::StreamExt;
use serde_json::{Value, json};
use shelly_client::{
    Account, AccountError, Builder, Channel, Closed, CommandError, CommandKind, ConnectError, DeviceId, Direction,
    Disconnect, Elsewhere, Error, Event, Events, Grant, HostPolicy, Hosts, Light, LimitError, Limits, LoginFailure,
    Move, Percent, Raw, Relay, Roller, RollerToPos, RpcOutcome, Shelly, TokenError, TokenRefusal, Trust, Turn,
};
use shelly_mock::{Direction as Way, Fault, FaultKind, Query, ShellyMock, ShellyMockBuilder, Tls};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_secs(10);
const FIRST: Channel = Channel(0);

/// A mock, and its demo world's ids.
struct Rig {
    mock: ShellyMock,
    demo: Value,
}

impl Rig {
    async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(change: impl FnOnce(ShellyMockBuilder) -> ShellyMockBuilder) -> Self {
        let mock = change(ShellyMock::builder().seed(7).virtual_clock()).start().await.unwrap();
        let demo = mock.demo();
        Self { mock, demo }
    }

    fn text(&self, name: &str) -> &str {
        self.demo[name].as_str().unwrap()
    }

    fn id(&self, name: &str) -> DeviceId {
        DeviceId::in_http(self.text(name))
    }

    /// Without tokens.
    fn fresh(&self) -> Builder {
        Shelly::builder().hosts(Hosts::at(&self.mock.address().to_string())).spacing(Duration::ZERO)
    }

    fn builder(&self) -> Builder {
        let mut grant = Grant::new("shelly-diy", self.text("access_token"));
        grant.refresh_token = Some(self.text("refresh_token").to_owned().into());
        self.fresh().grant(grant)
    }

    async fn connect(&self) -> (Shelly, Events) {
        self.builder().connect().await.unwrap()
    }

    /// Once the devices are known.
    async fn synced(&self) -> (Shelly, Events) {
        let (shelly, mut events) = self.connect().await;
        until(&mut events, |event| matches!(event, Event::Synced { .. })).await;
        (shelly, events)
    }

    fn control(&self, verb: &str, body: Value) -> Value {
        self.mock.control(verb, &body).unwrap()
    }

    async fn seen(&self, query: Query, times: usize) {
        self.mock.wait_for(&query, times, SOON).await.unwrap();
    }
}

async fn event(events: &mut Events) -> Event {
    tokio::time::timeout(SOON, events.next()).await.unwrap().unwrap().unwrap()
}

/// The next event that is one of these.
async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = event(events).await;
        if wanted(&event) {
            return event;
        }
    }
}

fn percent(percent: u8) -> Percent {
    Percent::new(percent).unwrap()
}

fn on() -> Relay {
    Relay::new(FIRST, Turn::On)
}

#[tokio::test]
async fn a_person_logs_in_at_the_page_and_the_program_goes_on() {
    let rig = Rig::start().await;
    let builder = rig.fresh();
    let login = builder.login("http://127.0.0.1:9/callback").unwrap();
    // What a browser does with the page's form.
    let (_, query) = login.url().split_once('?').unwrap();
    let form = format!("{}&email=demo%40example.com&password=demo-password", query.replace("%25", "%"));
    let mut browser = TcpStream::connect(rig.mock.address()).await.unwrap();
    let kind = "content-type: application/x-www-form-urlencoded";
    let length = form.len();
    let head = format!("POST /oauth_login.html HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{kind}");
    browser.write_all(format!("{head}\r\ncontent-length: {length}\r\n\r\n{form}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    browser.read_to_string(&mut answer).await.unwrap();
    let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
    assert!(location.starts_with("http://127.0.0.1:9/callback?state="), "{location}");

    let account = login.finish(location).await.unwrap();
    let (shelly, _events) = account.connect().await.unwrap();
    assert!(shelly.devices().await.unwrap().iter().any(|device| device.id == rig.id("relay")));
    assert_eq!(shelly.close().await, Closed::InGoodOrder);
    rig.seen(Query::gone(), 1).await;
    // The tokens are kept, so the next time nobody needs to log in.
    builder.connect().await.unwrap();
    // Without anybody at a browser.
    rig.fresh().log_in(rig.text("email"), rig.text("password")).await.unwrap().all_status().await.unwrap();
    let wrong = rig.fresh().log_in(rig.text("email"), "wrong").await.unwrap_err();
    assert!(wrong.to_string().contains("wrong_credentials"), "{wrong}");
}

#[tokio::test]
async fn commands_are_answered_and_devices_tell_what_became_of_them() {
    let rig = Rig::start().await;
    let limits = Limits::default().allow(CommandKind::Rpc);
    let (shelly, mut events) = rig.builder().limits(limits).connect().await.unwrap();
    until(&mut events, |event| matches!(event, Event::Synced { .. })).await;
    let response = shelly.relay(&rig.id("relay"), on()).await.unwrap();
    assert_eq!((response.user, response.device_id.as_ref()), (Some(6550), Some(&rig.id("relay"))));
    match event(&mut events).await {
        Event::Status { device, raw, .. } => {
            assert_eq!((device.id.as_str(), device.view().switches[0].on), (rig.text("relay"), Some(true)));
            assert!(raw.contains(rig.text("relay_decimal")), "{raw}");
        }
        other => panic!("{other:?}"),
    }
    shelly.light(&rig.id("light"), Light::new(FIRST).turn(Turn::On).rgb(1, 2, 3)).await.unwrap();
    shelly.roller(&rig.id("roller"), Roller::go(FIRST, Direction::Down)).await.unwrap();
    shelly.roller(&rig.id("roller"), Roller::stop(FIRST)).await.unwrap();
    shelly.roller_to_pos(&rig.id("gen2_cover"), RollerToPos::cover(FIRST, Move::To(percent(30)))).await.unwrap();
    rig.mock.advance(Duration::from_secs(60));
    let params = Raw::new(r#"{"id":0,"on":true}"#).unwrap();
    let answer = shelly.jrpc(&rig.id("gen2_switch"), "Switch.Set", Some(params)).await.unwrap();
    assert!(matches!(answer.outcome(), RpcOutcome::Result(result) if result.as_str() == r#"{"was_on":false}"#));
    let failed = shelly.jrpc(&rig.id("gen2_switch"), "No.Such", None).await;
    assert!(matches!(&failed, Err(Error::Refused(refusal)) if refusal.device_code.is_some()), "{failed:?}");
    // A command of a Gen2 kind over HTTP is told on the socket as well.
    shelly.account().set_light(&rig.id("gen2_light"), Light::new(FIRST).turn(Turn::On)).await.unwrap();
    let told = |event: &Event| matches!(event, Event::Status { device, .. } if device.id == rig.id("gen2_light"));
    until(&mut events, told).await;
    // All of it is in the list, which is the same that HTTP tells.
    let devices = shelly.devices().await.unwrap();
    let known = |name: &str| devices.iter().find(|device| device.id == rig.id(name)).unwrap();
    assert_eq!(known("light").view().lights[0].rgb, Some([1, 2, 3]));
    assert_eq!(known("gen2_cover").view().covers[0].position, Some(30.0));
    let statuses = shelly.account().all_status().await.unwrap();
    assert_eq!(statuses.devices.len(), devices.len());
    for device in &devices {
        let status = statuses.get(&device.id).unwrap();
        // Counts of energy grow without being told.
        let (known, told) = (device.view(), status.view());
        assert_eq!((known.switches, known.lights, known.covers), (told.switches, told.lights, told.covers));
        assert_eq!(device.online, status.info.as_ref().unwrap().online, "{}", device.id);
    }
}

#[tokio::test]
async fn what_the_cloud_or_a_limit_refuses_is_told_apart() {
    let rig = Rig::start().await;
    let (shelly, _events) = rig.connect().await;
    for (name, code) in [("offline", "DEVICE_OFFLINE"), ("foreign", "WRONG_ID"), ("shared", "WRONG_ID")] {
        let refused = shelly.relay(&rig.id(name), on()).await;
        assert!(matches!(&refused, Err(Error::Refused(refusal)) if refusal.has(code)), "{name}: {refused:?}");
    }
    let to = RollerToPos::cover(FIRST, Move::To(percent(30)));
    let refused = shelly.roller_to_pos(&rig.id("uncalibrated"), to).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    let limit = Err(Error::NotTried(CommandError::Limit(LimitError::Kind(CommandKind::Rpc))));
    assert_eq!(shelly.jrpc(&rig.id("gen2_switch"), "Shelly.Reboot", None).await, limit);
    let frame = DeviceId::in_frame(rig.text("gen2_switch"));
    assert_eq!(shelly.relay(&frame, on()).await, Err(Error::NotTried(CommandError::NotAnId(frame))));
    rig.mock.verify(&Query::event("executed"), 0).unwrap();
    rig.mock.verify(&Query::received().containing("Reboot"), 0).unwrap();
    // A device that takes commands and never answers.
    rig.control("silence", json!({"device": rig.text("relay"), "silent": true}));
    let (patient, _events) = rig.builder().command_timeout(Duration::from_millis(50)).connect().await.unwrap();
    assert_eq!(patient.relay(&rig.id("relay"), on()).await, Err(Error::TimedOut));
    rig.mock
        .verify(&Query::received().containing(r#""cmd":"relay""#).containing(rig.text("relay_decimal")), 1)
        .unwrap();
}

#[tokio::test]
async fn a_token_that_ends_is_replaced_and_the_socket_opened_again() {
    let rig = Rig::start().await;
    let (shelly, mut events) = rig.synced().await;
    // The cloud ends the token and the socket with it.
    rig.control("options", json!({"close_at_exp": true}));
    rig.control("expire-token", json!({"token": rig.text("access_token")}));
    let refusal = TokenRefusal::Closed { reason: "Token-Broken".into() };
    match event(&mut events).await {
        Event::Disconnected { why: Disconnect::Refused(why), retry_at: None } => assert_eq!(why, refusal),
        other => panic!("{other:?}"),
    }
    assert_eq!(event(&mut events).await, Event::Ready);
    assert!(matches!(event(&mut events).await, Event::Synced { .. }));
    shelly.relay(&rig.id("relay"), on()).await.unwrap();
    rig.mock.verify(&Query::event("token"), 1).unwrap();
    drop(shelly);
    rig.seen(Query::gone(), 2).await;

    // Both forms of a refused handshake, at the start.
    for form in ["close4401", "http401"] {
        rig.control("refuse-login", json!({"form": form, "times": 1}));
        let (shelly, _events) = rig.builder().connect().await.unwrap();
        shelly.relay(&rig.id("relay"), Relay::new(FIRST, Turn::Off)).await.unwrap();
        // A second time in a row is once too often.
        rig.control("refuse-login", json!({"form": form, "times": 2}));
        let refused = rig.builder().connect().await.map(drop).unwrap_err();
        assert!(matches!(refused, ConnectError::Login(LoginFailure::RefusedAgain(_))), "{refused}");
    }
}

#[tokio::test]
async fn when_no_token_is_taken_somebody_must_log_in_again() {
    let rig = Rig::start().await;
    let (shelly, mut events) = rig.synced().await;
    rig.control("options", json!({"close_at_exp": true}));
    rig.control("expire-token", json!({"user": 6550}));
    let end = until(&mut events, |event| matches!(event, Event::LoginFailed(_))).await;
    assert!(matches!(end, Event::LoginFailed(LoginFailure::NoCredentials(_))), "{end:?}");
    assert!(tokio::time::timeout(SOON, events.next()).await.unwrap().is_none());
    assert_eq!(shelly.relay(&rig.id("relay"), on()).await, Err(Error::Ended));
    assert_eq!(shelly.account().all_status().await, Err(AccountError::LogInAgain));
    let refused = rig.builder().connect().await.map(drop).unwrap_err();
    assert!(matches!(refused, ConnectError::Login(LoginFailure::NoCredentials(_))), "{refused}");
    assert!(refused.to_string().contains("log in again"));
}

#[tokio::test]
async fn a_token_that_is_over_is_replaced_before_it_is_used() {
    let rig = Rig::start().await;
    let mut grant = Grant::new("shelly-diy", rig.text("access_token"));
    grant.refresh_token = Some(rig.text("refresh_token").to_owned().into());
    grant.expires_at = Some(0);
    // It is over by this machine's clock, so another is fetched before anything else.
    let (shelly, _events) = rig.builder().grant(grant).connect().await.unwrap();
    rig.mock.verify(&Query::event("token"), 1).unwrap();
    shelly.account().all_status().await.unwrap();
    rig.mock.verify(&Query::event("token"), 1).unwrap();
}

#[tokio::test]
async fn after_a_cut_nothing_is_sent_again_and_the_devices_are_known_anew() {
    let rig = Rig::start().await;
    let (shelly, mut events) = rig.synced().await;
    rig.mock.fault(Fault::new(Way::In, FaultKind::Cut).containing("CommandRequest").times(1)).unwrap();
    // What happens meanwhile is told by nobody.
    let switch = rig.id("gen2_switch");
    let lost = shelly.relay(&switch, on()).await;
    assert_eq!(lost, Err(Error::Lost { sent: true }));
    rig.control("press", json!({"device": rig.text("gen2_switch")}));
    assert!(matches!(event(&mut events).await, Event::Disconnected { why: Disconnect::Lost, retry_at: Some(_) }));
    assert_eq!(event(&mut events).await, Event::Ready);
    until(&mut events, |event| matches!(event, Event::Synced { .. })).await;
    let devices = shelly.devices().await.unwrap();
    let device = devices.iter().find(|device| device.id == switch).unwrap();
    assert_eq!(device.view().switches[0].on, Some(true));
    rig.mock.verify(&Query::event("executed"), 0).unwrap();
    rig.mock.verify(&Query::received().containing("CommandRequest"), 1).unwrap();
    // Coming and going is told, and known.
    rig.control("online", json!({"device": rig.text("relay"), "online": false}));
    match until(&mut events, |event| matches!(event, Event::Online { .. })).await {
        Event::Online { device, .. } => assert_eq!((device.id, device.online), (rig.id("relay"), Some(false))),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn strange_texts_end_nothing() {
    let rig = Rig::start().await;
    let (shelly, events) = rig.synced().await;
    for form in ["unknown-event", "error", "event-log", "no-event", "not-json"] {
        rig.control("inject", json!({"form": form}));
    }
    let strange = events.take(5).map(|event| match event.unwrap() {
        Event::Message { raw, .. } | Event::Unrecognised { raw } => raw,
        other => panic!("{other:?}"),
    });
    let strange: Vec<String> = tokio::time::timeout(SOON, strange.collect()).await.unwrap();
    assert_eq!(strange.len(), 5);
    for answer in ["foreign_trid", "hex_ids"] {
        rig.control("options", json!({answer: true}));
        let (shelly, mut events) = rig.builder().command_timeout(Duration::from_millis(50)).connect().await.unwrap();
        assert_eq!(shelly.relay(&rig.id("relay"), on()).await, Err(Error::TimedOut), "{answer}");
        until(&mut events, |event| matches!(event, Event::Unmatched { .. })).await;
        rig.control("options", json!({answer: false}));
    }
    for option in ["online_as_bool", "numeric_ids", "omit_user", "empty_as_list", "partial_updates", "metadata"] {
        rig.control("options", json!({option: true}));
    }
    shelly.relay(&rig.id("relay"), Relay::new(FIRST, Turn::Toggle)).await.unwrap();
}

#[tokio::test]
async fn two_clients_of_one_account_see_the_same() {
    let rig = Rig::start().await;
    let ((one, mut first), (_two, mut second)) = (rig.synced().await, rig.synced().await);
    one.relay(&rig.id("relay"), on()).await.unwrap();
    let (first, second) = (event(&mut first).await, event(&mut second).await);
    assert!(matches!(first, Event::Status { .. }));
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_reached_limit_is_told_as_such() {
    let rig = Rig::start().await;
    let account: Account = rig.builder().account().await.unwrap();
    for form in ["http401", "http429"] {
        rig.control("options", json!({"rate_limit": form}));
        rig.mock.advance(Duration::from_secs(2));
        account.all_status().await.unwrap();
        assert_eq!(account.relay(&rig.id("relay"), on()).await, Err(AccountError::RateLimited), "{form}");
        rig.mock.advance(Duration::from_secs(2));
        account.relay(&rig.id("relay"), on()).await.unwrap();
    }
    for (form, account) in [("http401", account), ("http429", rig.builder().account().await.unwrap())] {
        rig.control("options", json!({"rate_limit": "off"}));
        rig.control("refuse-calls", json!({"status": if form == "http401" { 401 } else { 429 }, "code": "max_req"}));
        assert_eq!(account.all_status().await, Err(AccountError::RateLimited));
        account.all_status().await.unwrap();
    }
    rig.mock.verify(&Query::event("token"), 0).unwrap();
}

#[tokio::test]
async fn everything_is_done_over_tls_where_tokens_lead() {
    let rig = Rig::with(|builder| builder.tls(Tls::new())).await;
    let port = rig.mock.address().port();
    rig.control("options", json!({"user_api_url": format!("https://localhost:{port}")}));
    let trust = Trust::only(rig.mock.ca().unwrap()).unwrap();
    // Nothing is named but the port of the socket: the rest is in the code.
    let code = rig.control("token", json!({"user": 6550, "kind": "code"}))["token"].as_str().unwrap().to_owned();
    let hosts = Hosts::by_token().socket(Elsewhere::port(port));
    let builder = Shelly::builder().hosts(hosts).spacing(Duration::ZERO).trust(trust);
    let pinned = builder.exchange_code(code.as_str()).await.map(drop).unwrap_err();
    assert!(matches!(pinned, ConnectError::Account(AccountError::Token(TokenError::Server(_)))), "{pinned}");
    let builder = builder.pin(HostPolicy::Any);
    let (shelly, _events) = builder.exchange_code(code.as_str()).await.unwrap().connect().await.unwrap();
    shelly.relay(&rig.id("relay"), on()).await.unwrap();
    shelly.account().roller(&rig.id("roller"), FIRST, Direction::Up).await.unwrap();
    // An authority that is not named is not trusted.
    let stranger = builder.trust(Trust::default());
    assert!(matches!(stranger.exchange_code(code).await, Err(ConnectError::Account(AccountError::Http(_)))));
    let refused = stranger.connect().await.map(drop).unwrap_err();
    assert!(matches!(refused, ConnectError::Unreachable(Disconnect::Connect(_))), "{refused}");
}

#[tokio::test]
async fn nobody_there_is_no_bad_token() {
    let rig = Rig::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = rig.builder().hosts(Hosts::at(&free.to_string()));
    let unreachable = builder.connect().await.map(drop).unwrap_err();
    assert!(matches!(unreachable, ConnectError::Unreachable(Disconnect::Connect(_))), "{unreachable}");
    let gone = builder.account().await.unwrap().all_status().await.unwrap_err();
    assert!(matches!(gone, AccountError::Http(_)), "{gone}");
    for shown in [format!("{unreachable} {unreachable:?}"), format!("{gone} {gone:?}"), format!("{builder:?}")] {
        assert!(!shown.contains(rig.text("access_token")) && !shown.contains(rig.text("refresh_token")), "{shown}");
    }
}

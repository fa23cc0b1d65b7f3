//! The session, fed by hand: every input and every moment is chosen here.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_session::{
    Action, CloseInfo, ConnectFailure, Input, MatchedBy, Outcome, Session, SessionEvent, Timestamp,
};
use pishock_proto::session::{
    CommandError, Disconnect, Event, HoldEnd, LimitError, Limits, LoginFailure, PishockSession, Reply, SessionCommand,
    SessionConfig,
};
use pishock_proto::{
    Channel, Command, Dialect, DurationMs, Envelope, HubId, Intensity, Login, Mode, Order, ServerMessage, ShareCode,
    ShockerId, UserId, V1Reply,
};
use std::borrow::Cow;
use std::time::Duration;

const HUB: HubId = HubId(1234);
const PING: Channel = Channel::Ping(HUB);
const LOG: Channel = Channel::Log(HUB);

/// A session with a clock; all that it wants and says is collected as text, for reading.
struct Rig {
    session: PishockSession,
    dialect: Dialect,
    now: Timestamp,
}

impl Rig {
    fn new(dialect: Dialect, limits: Limits) -> Self {
        let login = Login::api_key("demo", "the-secret-key");
        let config = SessionConfig::new("ws://h", dialect, &login).unwrap().user(UserId(77)).limits(limits);
        let mut rig = Self { session: PishockSession::new(config), dialect, now: Timestamp::ZERO };
        rig.session.start(rig.now);
        assert!(matches!(rig.actions().as_slice(), [Action::Connect(_)]));
        rig
    }

    fn ready(dialect: Dialect, limits: Limits) -> Self {
        let mut rig = Self::new(dialect, limits);
        rig.log_in();
        rig
    }

    /// Opens the socket and answers the first PING.
    fn log_in(&mut self) {
        self.input(Input::Connected);
        self.sends(&[ping(self.dialect)]);
        self.pong();
        assert_eq!(self.events(), [Event::Ready]);
    }

    fn pong(&mut self) {
        match self.dialect {
            Dialect::V2 => self.hears(&reply("PONG", "PING")),
            Dialect::V1 => self.hears(r#"{"Command":"PING","Payload":["PONG"]}"#),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(self.now, input);
    }

    fn hears(&mut self, text: &str) {
        self.input(Input::Text(Cow::Borrowed(text)));
    }

    fn ask(&mut self, command: SessionCommand) -> dummyload_session::RequestToken {
        self.session.command(self.now, command).unwrap()
    }

    fn refuses(&mut self, command: SessionCommand) -> CommandError {
        self.session.command(self.now, command).unwrap_err()
    }

    fn after(&mut self, by: Duration) {
        let target = self.now + by;
        while let Some(deadline) = self.session.poll_deadline().filter(|deadline| deadline.at <= target) {
            self.now = deadline.at;
            self.session.handle_deadline(self.now);
        }
        self.now = target;
        self.session.handle_deadline(self.now);
    }

    fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.session.poll_action()).collect()
    }

    fn sends(&mut self, texts: &[impl AsRef<str>]) {
        let texts: Vec<_> = texts.iter().map(|text| Action::SendText(text.as_ref().to_owned())).collect();
        assert_eq!(self.actions(), texts);
    }

    /// The one text that goes out.
    fn sent(&mut self) -> String {
        match self.actions().as_slice() {
            [Action::SendText(text)] => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn events(&mut self) -> Vec<Event> {
        let notice = |event| match event {
            SessionEvent::Notice(event) => event,
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| self.session.poll_event()).map(notice).collect()
    }

    fn outcomes(&mut self) -> Vec<Outcome<Reply, String>> {
        let finished = |event: SessionEvent<PishockSession>| match event {
            SessionEvent::Finished { outcome, .. } => Some(match outcome {
                Outcome::Done { reply, matched } => Outcome::Done { reply, matched },
                Outcome::Refused { refusal, matched } => Outcome::Refused { refusal: refusal.to_string(), matched },
                Outcome::TimedOut => Outcome::TimedOut,
                Outcome::Lost { sent } => Outcome::Lost { sent },
            }),
            _ => None,
        };
        std::iter::from_fn(|| self.session.poll_event()).filter_map(finished).collect()
    }
}

fn ping(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => r#"["PING"]"#,
        Dialect::V2 => r#"{"Operation":"PING"}"#,
    }
}

fn reply(message: &str, original: &str) -> String {
    ServerMessage::Envelope(Envelope::success(message, original)).to_text()
}

fn error(code: &str, message: &str, original: &str) -> String {
    ServerMessage::Envelope(Envelope::error(code, message, original)).to_text()
}

fn done(reply: Reply, matched: MatchedBy) -> Outcome<Reply, String> {
    Outcome::Done { reply, matched }
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn vibrate(shocker: u64, ms: u32) -> Order {
    let (intensity, ms) = (Intensity::new(20).unwrap(), DurationMs::new(ms).unwrap());
    Command::vibrate(ShockerId(shocker), intensity, ms).on_hub(HUB)
}

fn stop(shocker: u64) -> Order {
    Command::stop(ShockerId(shocker)).on_hub(HUB)
}

fn publish(shocker: u64) -> SessionCommand {
    SessionCommand::Publish(vec![vibrate(shocker, 1000)])
}

#[test]
fn replies_find_their_requests_by_echo_whatever_their_order() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(publish(1));
    let first = rig.sent();
    assert!(first.contains(r#""l":{"u":77,"#), "the account is put in: {first}");
    rig.ask(publish(2));
    let second = rig.sent();
    rig.hears(&reply("Publish successful.", &second));
    assert_eq!(rig.outcomes(), [done(Reply::Published, MatchedBy::Echo)]);
    // Written again by the broker: the same to a reader, not to the byte.
    rig.hears(&reply("Publish successful.", &first.replace("\":", "\": ")));
    assert_eq!(rig.outcomes(), [done(Reply::Published, MatchedBy::Echo)]);
    // The same once more, and a reply to nothing at all.
    rig.hears(&reply("Publish successful.", &first));
    rig.hears(&reply("PONG", "PING"));
    assert!(matches!(rig.events().as_slice(), [Event::Unmatched { .. }, Event::Unmatched { .. }]));
    // An echo that was cut short leaves only the order.
    rig.ask(publish(3));
    let third = rig.sent();
    rig.hears(&error("PERMISSION_DENIED", "no", &third[..40]));
    let refused = Outcome::Refused { refusal: "PERMISSION_DENIED: no".to_owned(), matched: MatchedBy::Order };
    assert_eq!(rig.outcomes(), [refused]);
}

#[test]
fn v1_replies_go_by_order_and_a_missing_one_ends_the_connection() {
    let mut rig = Rig::ready(Dialect::V1, Limits::default());
    rig.ask(publish(1));
    rig.ask(SessionCommand::Ping);
    rig.actions();
    rig.hears(r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#);
    rig.hears(r#"{"Command":"PING","Payload":["PONG"]}"#);
    let by_order = |reply| done(reply, MatchedBy::Order);
    assert_eq!(rig.outcomes(), [by_order(Reply::Published), by_order(Reply::Pong)]);
    rig.ask(SessionCommand::Subscribe(vec![PING, LOG]));
    // V1 answers a request as a whole, so each channel is one.
    rig.sends(&[r#"["SUBSCRIBE","[\"1234-ping\"]"]"#, r#"["SUBSCRIBE","[\"1234-log\"]"]"#]);
    rig.hears(r#"{"Command":"SUBSCRIBE","Payload":["OK"]}"#);
    assert_eq!(rig.outcomes(), []);
    rig.hears(r#"{"Command":"SUBSCRIBE","Payload":["OK"]}"#);
    assert_eq!(rig.outcomes(), [by_order(Reply::Subscribed { channels: vec![PING, LOG], refused: vec![] })]);
    rig.hears(r#"{"Command":"MESSAGE","Payload":["1234-ping","1700000000"]}"#);
    assert_eq!(rig.events(), [Event::Alive { hub: HUB, time: Some(1_700_000_000), raw: "1700000000".into() }]);

    rig.ask(publish(1));
    rig.after(millis(1));
    rig.ask(publish(2));
    rig.actions();
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut, Outcome::Lost { sent: true }]);
    assert!(matches!(rig.actions().as_slice(), [Action::Close { code: 1000, .. }]));
    rig.input(Input::Closed(CloseInfo { code: Some(1000), reason: String::new() }));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::OrderLost, .. }]));
}

#[test]
fn the_four_forms_of_a_refused_login_are_told_apart_and_never_tried_again() {
    fn refused(mut rig: Rig, expected: &LoginFailure) {
        assert!(rig.session.is_terminated());
        assert_eq!(rig.events(), [Event::LoginFailed(expected.clone())]);
        rig.actions();
        rig.after(secs(3600));
        assert_eq!(rig.actions(), []);
        assert_eq!(rig.refuses(SessionCommand::Ping), CommandError::Ended);
    }
    for dialect in [Dialect::V1, Dialect::V2] {
        let rig = || Rig::new(dialect, Limits::default());
        let mut http = rig();
        http.input(Input::ConnectFailed(ConnectFailure::Refused { status: 401, body: String::new() }));
        refused(http, &LoginFailure::Handshake { status: 401 });

        let mut closed = rig();
        closed.input(Input::Connected);
        closed.input(Input::Closed(CloseInfo { code: Some(1008), reason: "no".into() }));
        refused(closed, &LoginFailure::Closed { reason: "no".into() });

        let mut mute = rig();
        mute.input(Input::Connected);
        mute.after(secs(5));
        refused(mute, &LoginFailure::Mute);
    }
    for code in ["AUTH_ERROR", "API_KEY_ERROR"] {
        let mut rig = Rig::new(Dialect::V2, Limits::default());
        rig.input(Input::Connected);
        rig.hears(&error(code, "who are you?", ""));
        let events = rig.events();
        assert!(matches!(&events[..], [Event::LoginFailed(LoginFailure::Error(refusal))] if refusal.is_login()));
        assert!(rig.session.is_terminated());
    }
}

#[test]
fn a_network_failure_is_tried_again_ever_later() {
    let mut rig = Rig::new(Dialect::V2, Limits::default());
    let mut longest = Duration::ZERO;
    let failures = [
        Input::ConnectFailed(ConnectFailure::Unreachable("nobody there".into())),
        Input::ConnectFailed(ConnectFailure::Refused { status: 503, body: String::new() }),
        Input::ConnectFailed(ConnectFailure::TimedOut),
    ];
    for failure in failures.iter().cycle().take(30) {
        rig.input(failure.clone());
        let events = rig.events();
        let [Event::Disconnected { why: Disconnect::Connect(_), retry_at }] = &events[..] else { panic!("{events:?}") };
        let wait = *retry_at - rig.now;
        longest = longest.max(wait);
        assert!(wait >= millis(100) && wait <= secs(60));
        rig.after(wait);
        assert!(matches!(rig.actions().as_slice(), [Action::Connect(_)]));
    }
    assert!(longest > secs(20), "{longest:?}");
    // A broker that has taken the login before and falls silent is no refusal.
    rig.log_in();
    rig.input(Input::Lost);
    rig.after(secs(60));
    rig.actions();
    rig.input(Input::Connected);
    rig.after(secs(5));
    assert!(!rig.session.is_terminated());
}

#[test]
fn silence_is_asked_about_and_then_left() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.after(millis(29_999));
    assert_eq!(rig.actions(), []);
    rig.after(millis(1));
    rig.sends(&[ping(Dialect::V2)]);
    rig.pong();
    rig.after(secs(20));
    rig.input(Input::Pong); // any sign of life will do
    rig.after(secs(20));
    assert_eq!(rig.actions(), []);
    rig.after(secs(10));
    rig.sends(&[ping(Dialect::V2)]);
    rig.after(secs(5));
    assert!(matches!(rig.actions().as_slice(), [Action::Close { .. }]));
    // The close is not answered either.
    rig.after(secs(2));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::Silence, .. }]));
    rig.after(secs(60));
    assert!(matches!(rig.actions().as_slice(), [Action::Connect(_)]));
}

#[test]
fn wanted_channels_survive_the_connection_and_requests_do_not() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    let foreign = Channel::Log(HubId(9));
    rig.ask(SessionCommand::Subscribe(vec![PING, foreign.clone(), LOG]));
    let text = rig.sent();
    rig.hears(&reply("1234-ping subscribed to.", &text));
    assert_eq!(rig.outcomes(), []);
    rig.hears(&reply("1234-log subscribed to.", &text));
    rig.hears(&error("PERMISSION_ERROR", "Not permitted.", &text));
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::Subscribed { channels, refused }, matched: MatchedBy::Echo }] => {
            assert_eq!((channels.as_slice(), &refused[0].0), (&[PING, LOG][..], &foreign));
        }
        other => panic!("{other:?}"),
    }
    rig.ask(publish(1));
    rig.actions();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    // While there is no connection, wishes are noted.
    rig.ask(SessionCommand::Unsubscribe(vec![LOG]));
    rig.ask(SessionCommand::Subscribe(vec![Channel::Ping(HubId(5))]));
    assert_eq!(rig.outcomes(), [done(Reply::Noted, MatchedBy::Id), done(Reply::Noted, MatchedBy::Id)]);
    assert_eq!(rig.refuses(publish(1)), CommandError::NotConnected);
    rig.after(secs(60));
    rig.actions();
    rig.input(Input::Connected);
    rig.actions();
    rig.pong();
    let text = r#"{"Operation":"SUBSCRIBE","Targets":["5-ping","1234-ping"]}"#;
    rig.sends(&[text]);
    rig.events();
    rig.hears(&error("PERMISSION_ERROR", "Not permitted to subscribe to 5-ping.", text));
    rig.hears(&reply("1234-ping subscribed to.", text));
    assert!(matches!(rig.events().as_slice(), [Event::SubscriptionRefused { channel: Channel::Ping(HubId(5)), .. }]));
    assert_eq!(rig.session.wanted().collect::<Vec<_>>(), [&PING]);
}

#[test]
fn unsubscribing_takes_any_number_of_replies() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::Unsubscribe(vec![PING, LOG]));
    let text = rig.sent();
    rig.hears(&reply("1234-ping unsubscribed from.", &text));
    assert_eq!(rig.outcomes(), [done(Reply::Unsubscribed, MatchedBy::Echo)]);
    rig.hears(&reply("1234-log unsubscribed from.", &text));
    assert_eq!(rig.events(), []);
    rig.hears(&reply("once too often", &text));
    assert!(matches!(rig.events().as_slice(), [Event::Unmatched { .. }]));
    rig.ask(SessionCommand::UnsubscribeAll);
    rig.sends(&[r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#]);
}

#[test]
fn a_late_reply_ends_nothing_twice() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(publish(1));
    let text = rig.sent();
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    rig.hears(&reply("Publish successful.", &text));
    assert!(matches!(rig.events().as_slice(), [Event::Unmatched { .. }]));
    // It was not sent a second time; the broker was asked whether it is still there.
    rig.sends(&[ping(Dialect::V2)]);
}

#[test]
fn a_subscription_without_its_replies_is_made_certain() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::Subscribe(vec![PING, LOG]));
    let text = rig.sent();
    rig.hears(&reply("1234-ping subscribed to.", &text));
    rig.hears(&reply("1234-ping subscribed to.", &text)); // twice, and about nothing
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [done(Reply::Subscribed { channels: vec![PING], refused: vec![] }, MatchedBy::Echo)]);
    let again = r#"{"Operation":"SUBSCRIBE","Targets":["1234-log"]}"#;
    assert!(rig.actions().contains(&Action::SendText(again.into())));
    // No reply at all leaves nobody knowing, so a new connection begins with nothing.
    rig.after(secs(5));
    assert!(matches!(rig.actions().as_slice(), [Action::Close { .. }]));
}

#[test]
fn limits_refuse_the_whole_request_but_never_its_stops() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    let shock = Command::shock(ShockerId(2), Intensity::ZERO, DurationMs::MIN).on_hub(HUB);
    let orders = vec![vibrate(1, 1000), shock, stop(3)];
    let error = rig.refuses(SessionCommand::Publish(orders));
    assert_eq!(error, CommandError::Limit { order: 1, limit: LimitError::Mode(Mode::Shock) });
    let text = rig.sent();
    assert!(text.contains(r#""id":3,"m":"e""#) && !text.contains(r#""id":1"#), "{text}");
    for _ in 0..63 {
        rig.ask(SessionCommand::Ping);
    }
    assert_eq!(rig.refuses(SessionCommand::Ping), CommandError::Busy);
    rig.actions();
    rig.ask(SessionCommand::Publish(vec![stop(1)]));
    assert!(rig.sent().contains(r#""m":"e","i":0,"d":0"#));
}

#[test]
fn a_stop_without_a_connection_waits_for_one_and_goes_first() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::Subscribe(vec![PING]));
    rig.actions();
    rig.input(Input::Lost);
    while rig.session.poll_event().is_some() {}
    rig.ask(SessionCommand::Publish(vec![stop(1)]));
    assert_eq!(rig.actions(), []);
    rig.after(secs(1));
    rig.actions();
    rig.input(Input::Connected);
    rig.actions();
    rig.pong();
    let texts = rig.actions();
    assert!(matches!(&texts[..], [Action::SendText(first), Action::SendText(_)] if first.contains(r#""m":"e""#)));
    // Without a connection for as long as a reply would be waited for, it ends as not sent.
    let mut rig = Rig::new(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::Publish(vec![stop(1)]));
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: false }]);
}

#[test]
fn stopping_all_stops_each_way_by_itself_and_blocks_the_rest() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::StopAll);
    assert_eq!(rig.outcomes(), [done(Reply::NothingToStop, MatchedBy::Id)]);
    rig.ask(SessionCommand::Resume);
    rig.outcomes();
    let shared = Command::beep(ShockerId(2), DurationMs::MIN).on_share(HubId(5), ShareCode::new("CODE"));
    rig.ask(SessionCommand::Publish(vec![vibrate(1, 1000), shared]));
    rig.actions();
    rig.ask(SessionCommand::StopAll);
    let texts = rig.actions();
    let [Action::SendText(own), Action::SendText(shared)] = &texts[..] else { panic!("{texts:?}") };
    assert!(own.contains("c1234-ops") && shared.contains("c5-sops-CODE") && shared.contains(r#""ty":"sc""#));
    assert_eq!(rig.refuses(publish(1)), CommandError::Limit { order: 0, limit: LimitError::Stopped });
    rig.hears(&error("PERMISSION_DENIED", "given back", shared));
    assert_eq!(rig.outcomes(), []);
    rig.hears(&reply("Publish successful.", own));
    // One outcome for all, and the worst.
    assert!(matches!(rig.outcomes().as_slice(), [Outcome::Refused { .. }]));
    rig.ask(SessionCommand::Resume);
    rig.ask(publish(1));
}

#[test]
fn a_held_order_is_refreshed_and_ended_by_one_stop() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    let held = rig.ask(SessionCommand::Hold(vibrate(1, 1500)));
    let pulse = rig.sent();
    assert!(pulse.contains(r#""d":1500,"r":true"#) && pulse.contains(r#""h":true"#), "{pulse}");
    rig.hears(&reply("Publish successful.", &pulse));
    for _ in 0..3 {
        rig.after(millis(999));
        assert_eq!(rig.actions(), []);
        rig.after(millis(1));
        rig.sends(&[&pulse]);
        rig.hears(&reply("Publish successful.", &pulse));
    }
    rig.ask(SessionCommand::Release(held));
    let stop = rig.sent();
    assert!(stop.contains(r#""m":"e","i":0,"d":0"#), "{stop}");
    rig.hears(&reply("Publish successful.", &stop));
    let ends = [done(Reply::Held(HoldEnd::Released), MatchedBy::Echo), done(Reply::Published, MatchedBy::Echo)];
    assert_eq!(rig.outcomes(), ends);
    rig.after(secs(10));
    assert_eq!(rig.actions(), []);
    assert_eq!(rig.refuses(SessionCommand::Release(held)), CommandError::NotHeld);
}

#[test]
fn a_held_order_ends_by_itself_with_its_limit_its_refusal_and_its_connection() {
    let limits = Limits::default().max_hold(secs(2)).cool_down(secs(10));
    let mut rig = Rig::ready(Dialect::V2, limits.clone());
    rig.ask(SessionCommand::Hold(vibrate(1, 1500)));
    rig.after(secs(2));
    let texts = rig.actions();
    let stops = texts.iter().filter(|action| matches!(action, Action::SendText(text) if text.contains(r#""m":"e""#)));
    assert_eq!((texts.len(), stops.count()), (3, 1));
    assert_eq!(rig.outcomes(), [done(Reply::Held(HoldEnd::LongestHold), MatchedBy::Order)]);
    assert!(matches!(
        rig.refuses(SessionCommand::Hold(vibrate(1, 1500))),
        CommandError::Limit { limit: LimitError::CoolDown(_), .. }
    ));

    let mut rig = Rig::ready(Dialect::V2, limits.clone());
    rig.ask(SessionCommand::Hold(vibrate(1, 1500)));
    let pulse = rig.sent();
    rig.hears(&error("PERMISSION_DENIED", "paused", &pulse));
    assert!(matches!(rig.outcomes().as_slice(), [Outcome::Refused { .. }]));
    assert!(rig.sent().contains(r#""m":"e""#));

    let mut rig = Rig::ready(Dialect::V2, limits);
    rig.ask(SessionCommand::Hold(vibrate(1, 1500)));
    rig.actions();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    rig.after(secs(60));
    rig.actions();
    rig.log_in();
    assert_eq!(rig.actions(), []);
    assert_eq!(rig.refuses(SessionCommand::Hold(stop(1))), CommandError::HeldStop);
    assert!(matches!(rig.refuses(SessionCommand::Hold(vibrate(2, 299))), CommandError::HoldTooShort(_)));
}

#[test]
fn a_broker_without_its_bus_is_left_and_met_again() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    for text in ["Redis connection lost", "Socket terminated"] {
        rig.ask(publish(1));
        let request = rig.sent();
        rig.ask(publish(2));
        rig.actions();
        rig.hears(&error("X", text, &request));
        assert!(matches!(rig.outcomes().as_slice(), [Outcome::Refused { .. }, Outcome::Lost { sent: true }]));
        assert!(matches!(rig.actions().as_slice(), [Action::Close { .. }]));
        rig.input(Input::Closed(CloseInfo::default()));
        assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::Broker(_), .. }]));
        rig.after(secs(60));
        rig.actions();
        rig.log_in();
    }
}

#[test]
fn what_is_no_message_does_not_end_the_connection() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    for text in ["", "nonsense", "{}", "[]", "null", r#"{"IsError":3}"#, r#"{"Hello":"World"}"#] {
        rig.hears(text);
        assert_eq!(rig.events(), [Event::Unrecognised { raw: text.into() }]);
    }
    rig.input(Input::Binary(Cow::Borrowed(b"\xff\x00")));
    assert!(matches!(rig.events().as_slice(), [Event::Unrecognised { .. }]));
    assert!(rig.session.is_ready());
    rig.hears(&ServerMessage::Envelope(Envelope::push(&LOG, r#"{"id":1}"#)).to_text());
    assert_eq!(rig.events(), [Event::Log { hub: HUB, raw: r#"{"id":1}"#.into() }]);
    let mut v1 = Rig::ready(Dialect::V1, Limits::default());
    v1.hears(&ServerMessage::V1(V1Reply::new("ERROR", [Cow::Borrowed("not JSON")])).to_text());
    assert!(matches!(v1.events().as_slice(), [Event::Unmatched { .. }]));
}

#[test]
fn shutting_down_leaves_nothing_held_and_nothing_open() {
    let mut rig = Rig::ready(Dialect::V2, Limits::default());
    rig.ask(SessionCommand::Hold(vibrate(1, 1500)));
    rig.ask(SessionCommand::Ping);
    rig.actions();
    rig.session.shutdown(rig.now);
    let texts = rig.actions();
    assert!(
        matches!(&texts[..], [Action::SendText(stop), Action::Close { code: 1000, .. }] if stop.contains(r#""m":"e""#))
    );
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }, Outcome::Lost { sent: true }]);
    assert!(!rig.session.is_terminated());
    rig.input(Input::Closed(CloseInfo::default()));
    assert!(rig.session.is_terminated());
    assert_eq!(rig.events(), [Event::Ended]);
    assert_eq!(rig.refuses(publish(1)), CommandError::Ended);
}

#[test]
fn no_secret_is_shown() {
    let mut rig = Rig::new(Dialect::V2, Limits::default());
    rig.input(Input::ConnectFailed(ConnectFailure::TimedOut));
    assert!(!format!("{:?}", rig.session).contains("the-secret-key"));
    assert!(!format!("{:?}", rig.events()).contains("the-secret-key"));
}

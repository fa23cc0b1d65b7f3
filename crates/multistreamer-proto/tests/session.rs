//! The session against hand-written servers, under virtual time.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_session::{
    Action, CloseInfo, ConnectFailure, Input, Outcome, RequestToken, Session, SessionEvent, Timestamp,
};
use multistreamer_proto::session::{
    CommandError, Disconnect, Event, MultistreamerSession, Reply, SessionCommand, SessionConfig,
};
use multistreamer_proto::{AccountId, StreamId};
use std::borrow::Cow;
use std::time::Duration;

const IDLE: &str = r#"{"type":"status","status":{"data_incoming":false,"data_pulling":false,"data_pushing":false},"accounts":{"0":{"name":"john","ready":true,"live":false,"writable":true,"network":{"name":"irc","displayName":"IRC"}}}}"#;
const LIVE: &str = r#"{"type":"status","status":{"data_incoming":true,"data_pulling":false,"data_pushing":true},"accounts":{"0":{"name":"john","ready":true,"live":false,"writable":true,"network":{"name":"irc","displayName":"IRC"}},"14":{"name":"jprjrdev","ready":true,"live":true,"writable":true,"network":{"name":"twitch","displayName":"Twitch"}},"17":{"name":"gamethattunedev","ready":false,"live":false,"writable":true,"network":{"name":"twitch","displayName":"Twitch"}},"18":{"name":"custom","ready":true,"live":true,"writable":false,"network":{"name":"rtmp","displayName":"Custom RTMP"}}}}"#;
const ASK: &str = r#"{"type":"status"}"#;
const WRITER: &str = r#"{"type":"writer","account_id":17,"cur_stream_account_id":14}"#;
const MADE: &str = r#"{"type":"writerresult","account_id":17,"cur_stream_account_id":14}"#;

struct Kit {
    session: MultistreamerSession,
    now: Timestamp,
}

impl Kit {
    fn new(config: SessionConfig) -> Self {
        let mut kit = Self { session: MultistreamerSession::new(config), now: Timestamp::ZERO };
        kit.session.start(kit.now);
        assert!(matches!(kit.session.poll_action(), Some(Action::Connect(_))));
        kit
    }

    fn connected() -> Self {
        let mut kit = Self::new(SessionConfig::new("ws://127.0.0.1:1", StreamId(21), "s3cret").allow_posting());
        kit.session.handle_input(kit.now, Input::Connected);
        assert_eq!(kit.sent(), [ASK]);
        kit
    }

    fn live() -> Self {
        let mut kit = Self::connected();
        kit.hear(LIVE);
        assert!(matches!(
            kit.events()[..],
            [SessionEvent::Notice(Event::Ready), SessionEvent::Notice(Event::Status(_))]
        ));
        kit
    }

    fn hear(&mut self, text: &str) {
        self.session.handle_input(self.now, Input::Text(Cow::Borrowed(text)));
    }

    fn after(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(deadline) = self.session.poll_deadline().filter(|deadline| deadline.at <= until) {
            self.now = deadline.at;
            self.session.handle_deadline(self.now);
        }
        self.now = until;
    }

    fn sent(&mut self) -> Vec<String> {
        let text = |action| match action {
            Action::SendText(text) => text,
            other => format!("{other:?}"),
        };
        std::iter::from_fn(|| self.session.poll_action()).map(text).collect()
    }

    fn events(&mut self) -> Vec<SessionEvent<MultistreamerSession>> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    fn say(&mut self, account: i64, target: i64, line: &str) -> Result<RequestToken, CommandError> {
        let (account, target) = (AccountId(account), AccountId(target));
        self.session.command(self.now, SessionCommand::Say { account, target, line: line.into() })
    }

    fn want(&mut self) -> RequestToken {
        let command = SessionCommand::Want { account: AccountId(17), target: AccountId(14) };
        self.session.command(self.now, command).unwrap()
    }

    /// How a request has ended; other events are passed over.
    fn outcome(&mut self, wanted: RequestToken) -> Option<Outcome<Reply, multistreamer_proto::session::Refusal>> {
        self.events().into_iter().find_map(|event| match event {
            SessionEvent::Finished { token, outcome } if token == wanted => Some(outcome),
            _ => None,
        })
    }
}

#[test]
fn the_status_is_asked_for_twice_since_the_server_may_miss_the_first_moment() {
    let mut kit = Kit::live();
    kit.after(1);
    assert_eq!(kit.sent(), [ASK]);
    kit.hear(LIVE);
    kit.after(35);
    assert_eq!(kit.sent(), [""; 0]);
}

#[test]
fn what_the_server_would_drop_is_refused_with_the_reason() {
    let mut kit = Kit::connected();
    assert_eq!(kit.say(0, 0, "too early"), Err(CommandError::NotConnected));
    kit.hear(IDLE);
    assert_eq!(kit.say(14, 14, "x"), Err(CommandError::UnknownAccount(AccountId(14))));
    kit.hear(LIVE);
    for (account, target, line, error) in [
        (17, 14, "x", CommandError::NoWriter),
        (14, 17, "x", CommandError::NotLive(AccountId(17))),
        (18, 18, "x", CommandError::NotWritable(AccountId(18))),
        (14, 18, "x", CommandError::OtherNetwork),
        (99, 14, "x", CommandError::UnknownAccount(AccountId(99))),
        (14, 0, "x", CommandError::NotLive(AccountId(0))),
        (14, 14, "", CommandError::Nothing),
        (0, 0, "/msg bob", CommandError::Nothing),
        (0, 0, "/msg  hi", CommandError::Nothing),
    ] {
        assert_eq!(kit.say(account, target, line), Err(error), "{account} {target} {line}");
    }
    assert_eq!(kit.say(0, 0, &"x".repeat(30_001)), Err(CommandError::TooLong { most: 30_000 }));
    assert_eq!(kit.sent(), [""; 0], "and nothing went out");
}

#[test]
fn nothing_goes_to_networks_unless_that_was_allowed() {
    let mut kit = Kit::new(SessionConfig::new("ws://127.0.0.1:1", StreamId(21), "s3cret"));
    kit.session.handle_input(kit.now, Input::Connected);
    kit.hear(LIVE);
    kit.sent();
    assert_eq!(kit.say(14, 14, "x"), Err(CommandError::NotAllowed));
    kit.say(14, 14, "/irc x").unwrap();
    assert_eq!(kit.sent(), [r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":"/irc x"}"#]);
}

#[test]
fn a_line_is_done_when_it_comes_back() {
    let mut kit = Kit::live();
    let token = kit.say(0, 0, "yay").unwrap();
    assert_eq!(kit.sent(), [r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":"yay"}"#]);
    // The same words of somebody else, and of the right one as an emote.
    kit.hear(r#"{"type":"text","account_id":0,"network":"irc","from":{"id":2,"name":"test"},"text":"yay"}"#);
    kit.hear(r#"{"type":"emote","account_id":0,"network":"irc","from":{"id":1,"name":"john"},"text":"yay"}"#);
    assert!(kit.outcome(token).is_none());
    kit.hear(
        r#"{"type":"text","stream_id":21,"account_id":0,"network":"irc","from":{"id":1,"name":"john"},"text":"yay"}"#,
    );
    assert!(kit.outcome(token).unwrap().is_done());
    // Its own account is echoed by the server without an id.
    let token = kit.say(14, 14, "/me waves").unwrap();
    assert_eq!(kit.sent(), [r#"{"type":"emote","account_id":14,"cur_stream_account_id":14,"text":"waves"}"#]);
    kit.hear(r#"{"type":"emote","stream_id":21,"account_id":14,"network":"twitch","from":{"name":"jprjrdev"},"text":"waves"}"#);
    assert!(kit.outcome(token).unwrap().is_done());
    let token = kit.say(0, 0, "/msg bob hi there").unwrap();
    kit.hear(r#"{"type":"text","account_id":0,"network":"irc","from":{"id":1,"name":"john"},"to":{"name":"bob","id":5},"text":"hi there"}"#);
    assert!(kit.outcome(token).unwrap().is_done());
}

#[test]
fn silence_is_how_the_server_says_no() {
    let mut kit = Kit::live();
    let token = kit.say(14, 14, "lost in a network").unwrap();
    kit.after(1);
    kit.hear(LIVE);
    kit.events();
    kit.after(19);
    assert_eq!(kit.outcome(token), Some(Outcome::TimedOut));
    assert!(kit.session.is_ready(), "nothing follows for the connection");
}

#[test]
fn a_writer_is_made_remembered_and_made_again_in_the_next_life() {
    let mut kit = Kit::live();
    let token = kit.want();
    assert_eq!(kit.sent(), [WRITER]);
    kit.hear(MADE);
    assert!(kit.outcome(token).unwrap().is_done());
    // Every status goes on to say that the account is not ready.
    kit.hear(LIVE);
    assert!(kit.say(17, 14, "x").is_ok());
    kit.sent();
    kit.events();
    kit.hear(IDLE);
    let events = kit.events();
    assert!(events.iter().any(|event| matches!(event, SessionEvent::Notice(Event::StreamEnded))), "{events:?}");
    assert!(kit.say(17, 14, "x").is_err());
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [WRITER]);
    kit.hear(MADE);
    assert!(kit.events().iter().any(|event| matches!(event, SessionEvent::Notice(Event::CanWrite { .. }))));
    // And after a loss, since nobody tells whether it is still there.
    kit.session.handle_input(kit.now, Input::Lost);
    kit.after(61);
    assert!(kit.sent()[0].starts_with("Connect"));
    kit.session.handle_input(kit.now, Input::Connected);
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [ASK, WRITER]);
    let forget = SessionCommand::Forget { account: AccountId(17), target: AccountId(14) };
    kit.session.command(kit.now, forget).unwrap();
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [""; 0]);
}

#[test]
fn a_writer_can_be_waited_for_through_ends_and_losses() {
    let mut kit = Kit::connected();
    let wait = |seconds| SessionCommand::WaitForWriter {
        account: AccountId(17),
        target: AccountId(14),
        patience: Duration::from_secs(seconds),
    };
    let (short, long) =
        (kit.session.command(kit.now, wait(60)).unwrap(), kit.session.command(kit.now, wait(500)).unwrap());
    kit.hear(IDLE);
    assert_eq!(kit.sent(), [""; 0]);
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [WRITER]);
    kit.hear(IDLE);
    kit.session.handle_input(kit.now, Input::Lost);
    assert!(kit.outcome(long).is_none());
    kit.after(61);
    assert_eq!(kit.outcome(short), Some(Outcome::TimedOut));
    kit.session.handle_input(kit.now, Input::Connected);
    kit.hear(LIVE);
    kit.hear(MADE);
    assert!(matches!(kit.outcome(long), Some(Outcome::Done { reply: Reply::CanWrite, .. })));
    // What is there already is there at once: the account that streams, and the internal chat.
    for (account, target) in [(17, 14), (14, 14), (0, 0)] {
        let (account, target) = (AccountId(account), AccountId(target));
        kit.session.command(kit.now, SessionCommand::CanSay { account, target }).unwrap();
        let wait = SessionCommand::WaitForWriter { account, target, patience: Duration::from_secs(1) };
        let token = kit.session.command(kit.now, wait).unwrap();
        assert!(kit.outcome(token).unwrap().is_done(), "{account} {target}");
    }
    let token = kit.session.command(kit.now, wait(9)).unwrap();
    assert!(kit.outcome(token).unwrap().is_done());
    let never = SessionCommand::WaitForWriter {
        account: AccountId(99),
        target: AccountId(14),
        patience: Duration::from_secs(99),
    };
    let token = kit.session.command(kit.now, never).unwrap();
    kit.session.shutdown(kit.now);
    assert_eq!(kit.outcome(token), Some(Outcome::Lost { sent: false }));
}

#[test]
fn a_writer_that_may_be_gone_is_asked_for_again() {
    let mut kit = Kit::live();
    kit.want();
    kit.hear(MADE);
    kit.sent();
    let token = kit.say(17, 14, "lost").unwrap();
    kit.after(1);
    kit.hear(LIVE);
    kit.sent();
    kit.after(15);
    assert_eq!(kit.outcome(token), Some(Outcome::TimedOut));
    assert_eq!(kit.say(17, 14, "again"), Err(CommandError::NoWriter));
    assert_eq!(kit.sent(), [WRITER]);
    kit.hear(MADE);
    kit.say(17, 14, "again").unwrap();
}

#[test]
fn a_writer_on_a_stream_that_is_not_live_counts_for_nothing() {
    let mut kit = Kit::live();
    kit.want();
    kit.hear(IDLE);
    kit.after(1);
    kit.hear(IDLE);
    kit.sent();
    kit.events();
    kit.hear(MADE);
    assert_eq!(kit.sent(), [ASK]);
    assert!(kit.events().is_empty());
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [WRITER]);
}

#[test]
fn networks_show_names_and_emotes_in_their_own_way() {
    let mut kit = Kit::live();
    let token = kit.say(14, 14, "hi").unwrap();
    kit.hear(r#"{"type":"text","account_id":14,"network":"twitch","from":{"name":"JprjrDev","id":"1"},"text":"hi"}"#);
    assert!(kit.outcome(token).unwrap().is_done());
    let token = kit.say(14, 14, "/me waves").unwrap();
    kit.hear(
        r#"{"type":"text","account_id":14,"network":"youtube","from":{"name":"jprjrdev","id":"1"},"text":"waves"}"#,
    );
    assert!(kit.outcome(token).is_none());
    kit.hear(
        r#"{"type":"text","account_id":14,"network":"youtube","from":{"name":"jprjrdev","id":"1"},"text":"*waves*"}"#,
    );
    assert!(kit.outcome(token).unwrap().is_done());
}

#[test]
fn a_writer_that_cannot_be_made_now_is_wanted_for_later_and_no_killing_question_is_asked() {
    let mut kit = Kit::connected();
    kit.hear(IDLE);
    let token = kit.want();
    assert!(matches!(kit.outcome(token), Some(Outcome::Done { reply: Reply::Noted, .. })));
    for (account, target) in [(14, 18), (99, 14), (14, 99), (0, 14), (14, 0)] {
        let command = SessionCommand::Want { account: AccountId(account), target: AccountId(target) };
        kit.session.command(kit.now, command).unwrap();
    }
    assert_eq!(kit.sent(), [""; 0]);
    kit.hear(LIVE);
    assert_eq!(kit.sent(), [WRITER]);
}

#[test]
fn a_server_that_is_silent_is_asked_and_then_given_up() {
    let mut kit = Kit::live();
    kit.after(1);
    kit.hear(LIVE);
    kit.sent();
    kit.after(41);
    assert_eq!(kit.sent(), [ASK]);
    kit.events();
    kit.after(10);
    assert!(kit.sent()[0].starts_with("Close"));
    kit.session.handle_input(kit.now, Input::Closed(CloseInfo::default()));
    let events = kit.events();
    let [SessionEvent::Notice(Event::Disconnected { why: Disconnect::Silence, retry_at })] = &events[..] else {
        panic!("{events:?}")
    };
    assert!(*retry_at <= kit.now + Duration::from_secs(5));
}

#[test]
fn refusals_end_it_and_losses_do_not() {
    let refused = || Input::ConnectFailed(ConnectFailure::Refused { status: 403, body: "Not authorized".into() });
    let mut kit = Kit::new(SessionConfig::new("ws://127.0.0.1:1", StreamId(21), "s3cret"));
    kit.session.handle_input(kit.now, refused());
    assert!(kit.session.is_terminated());
    assert!(!format!("{:?}", kit.session).contains("s3cret"));
    let mut kit = Kit::live();
    let token = kit.say(0, 0, "x").unwrap();
    kit.session.handle_input(kit.now, Input::Lost);
    assert_eq!(kit.outcome(token), Some(Outcome::Lost { sent: true }));
    assert!(!kit.session.is_terminated());
    kit.session.shutdown(kit.now);
    assert!(kit.session.is_terminated());
}

#[test]
fn whatever_comes_it_goes_on() {
    let mut kit = Kit::live();
    for odd in [
        "",
        "[]",
        "{}",
        r#"{"stream_id":21,"id":"21"}"#,
        r#"{"type":"status","status":{"data_pushing":false},"stream_id":21}"#,
        r#"{"type":"status","accounts":[]}"#,
        r#"{"type":"writerresult"}"#,
        r#"{"type":"text","text":{}}"#,
        r#"{"type":"later","x":[1]}"#,
    ] {
        kit.hear(odd);
    }
    kit.session.handle_input(kit.now, Input::Binary(Cow::Borrowed(b"\xff")));
    assert!(kit.session.is_ready() && kit.events().len() >= 10);
    kit.hear(LIVE);
    assert!(kit.say(14, 14, "still here").is_ok());
}

#[test]
fn an_injected_status_says_nothing_about_accounts() {
    let mut kit = Kit::live();
    kit.hear(r#"{"type":"status","status":{"data_pushing":false},"stream_id":21,"id":"21"}"#);
    assert!(kit.session.account(AccountId(14)).is_some());
    assert!(!kit.events().iter().any(|event| matches!(event, SessionEvent::Notice(Event::StreamEnded))));
}

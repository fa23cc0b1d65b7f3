//! Anything can happen in any order.

use super::kit::*;
use devicehive_proto::message::{NewCommand, Request};
use devicehive_proto::session::{Credentials, Event, Filter, SessionCommand};
use devicehive_proto::{DeviceId, Kind};
use dummyload_session::{Action, ConnectFailure, Input, RequestToken, Session, SessionEvent};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What can happen to a session.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Text(String),
    /// The server answers the request of this place among those that came.
    Answer(usize, bool),
    Push(u8, i64, i64),
    Connected,
    Pong,
    Lost,
    Failed(u16),
    Info,
    Subscribe(u8),
    Unsubscribe(usize),
    UnsubscribeAll,
    Execute,
    Shutdown,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u64..40_000).prop_map(Step::Wait),
        1 => "\\PC{0,30}".prop_map(Step::Text),
        12 => (0usize..9, proptest::bool::weighted(0.8)).prop_map(|(at, good)| Step::Answer(at, good)),
        6 => (0u8..3, 0i64..4, 0i64..30_000).prop_map(|(kind, id, at)| Step::Push(kind, id, at)),
        6 => Just(Step::Connected),
        2 => Just(Step::Pong),
        2 => Just(Step::Lost),
        1 => prop_oneof![Just(401), Just(500)].prop_map(Step::Failed),
        3 => Just(Step::Info),
        4 => (0u8..3).prop_map(Step::Subscribe),
        2 => (0usize..4).prop_map(Step::Unsubscribe),
        1 => Just(Step::UnsubscribeAll),
        4 => Just(Step::Execute),
        1 => Just(Step::Shutdown),
    ]
}

fn answer(request: &Value, rig: &Rig, number: i64) -> Value {
    match request["action"].as_str().unwrap() {
        "server/info" => json!({"info": {"serverTimestamp": rig.time()}}),
        "token" => json!({"accessToken": access("a"), "refreshToken": refresh("r")}),
        "token/refresh" => json!({"accessToken": access("b")}),
        "command/subscribe" | "notification/subscribe" => json!({"subscriptionId": number}),
        "command/insert" => json!({"command": {"id": number % 4, "timestamp": rig.time(), "lastUpdated": rig.time()}}),
        "command/get" => json!({"command": command(number % 4, 0, rig.millis(), Some("x"))}),
        _ => json!({}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_each_request_ends_once_and_each_item_comes_once(
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut rig = Rig::of(Rig::config(Credentials::login("ann", "pw").and_token(access("one"))));
        let (mut asked, mut ended) = (BTreeSet::new(), Vec::new());
        let mut items: BTreeSet<(RequestToken, bool, i64, String)> = BTreeSet::new();
        let (mut requests, mut names): (Vec<Value>, Vec<RequestToken>) = Default::default();
        // Every subscription of the session's that stands on this connection.
        let mut numbers: BTreeMap<i64, i64> = BTreeMap::new();
        let mut over = false;
        for step in steps {
            let now = rig.now;
            let command = match step {
                Step::Info => Some(SessionCommand::Request(Box::new(Request::ServerInfo))),
                Step::Subscribe(0) => Some(SessionCommand::Subscribe(Filter::commands().device(LAMP))),
                Step::Subscribe(1) => Some(SessionCommand::Subscribe(Filter::updates())),
                Step::Subscribe(_) => Some(SessionCommand::Subscribe(Filter::notifications())),
                Step::Unsubscribe(at) => names.get(at).map(|name| SessionCommand::Unsubscribe(*name)),
                Step::UnsubscribeAll => Some(SessionCommand::UnsubscribeAll(Kind::Command)),
                Step::Execute => {
                    let (device, command) = (DeviceId::new(LAMP), NewCommand::new("on"));
                    Some(SessionCommand::Execute { device, command, patience: secs(45) })
                }
                _ => None,
            };
            let subscribes = matches!(command, Some(SessionCommand::Subscribe(_)));
            if let Some(token) = command.and_then(|command| rig.session.command(now, command).ok()) {
                prop_assert!(asked.insert(token));
                names.extend(subscribes.then_some(token));
            }
            match step {
                Step::Wait(ms) => rig.after(millis(ms)),
                Step::Text(text) => rig.hears(&text),
                Step::Answer(at, good) if at < requests.len() => {
                    let request = requests.remove(at);
                    if good {
                        rig.numbers += 1;
                        let number = (EPOCH + rig.millis()) * 1000 + rig.numbers;
                        numbers.insert(number, 0);
                        let with = answer(&request, &rig, number);
                        rig.accepts(&request, with);
                    } else {
                        rig.refuses(&request, 403, "Access is denied");
                    }
                }
                Step::Push(kind, id, at) => {
                    for number in numbers.keys().copied().collect::<Vec<_>>() {
                        rig.hears(&match kind {
                            0 => insertion(number, id, at),
                            1 => update(number, id, at, at + 10, "done"),
                            _ => notification(number, id, at),
                        });
                    }
                }
                Step::Connected => rig.input(Input::Connected),
                Step::Pong => rig.input(Input::Pong),
                Step::Lost => rig.input(Input::Lost),
                Step::Failed(status) => {
                    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status, body: String::new() }));
                }
                Step::Shutdown => rig.session.shutdown(now),
                _ => {}
            }
            while let Some(event) = rig.session.poll_event() {
                match event {
                    SessionEvent::Finished { token, .. } => ended.push(token),
                    SessionEvent::Notice(Event::Ended | Event::LoginFailed(_)) => {
                        prop_assert!(!over, "it ended twice");
                        over = true;
                    }
                    SessionEvent::Notice(Event::Command { subscription, command }) => {
                        let one = (subscription, false, command.id, command.timestamp.to_string());
                        prop_assert!(items.insert(one), "a command came twice");
                    }
                    SessionEvent::Notice(Event::Update { subscription, command }) => {
                        let one = (subscription, true, command.id, command.last_updated.to_string());
                        prop_assert!(items.insert(one), "an update came twice");
                    }
                    SessionEvent::Notice(Event::Notification { subscription, notification }) => {
                        let one = (subscription, false, notification.id, notification.timestamp.to_string());
                        prop_assert!(items.insert(one), "a notification came twice");
                    }
                    SessionEvent::Notice(_) => {}
                }
            }
            for action in rig.actions() {
                match action {
                    Action::Connect(_) => {
                        requests.clear();
                        numbers.clear();
                    }
                    Action::SendText(text) => requests.push(serde_json::from_str(&text).unwrap()),
                    _ => {}
                }
            }
        }
        rig.session.shutdown(rig.now);
        rig.after(secs(10));
        prop_assert!(rig.session.is_terminated());
        while let Some(event) = rig.session.poll_event() {
            if let SessionEvent::Finished { token, .. } = event {
                ended.push(token);
            }
        }
        let unique: BTreeSet<_> = ended.iter().copied().collect();
        prop_assert_eq!(unique.len(), ended.len(), "a request ended twice");
        prop_assert_eq!(unique, asked);
    }
}

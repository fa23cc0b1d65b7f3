//! Anything can happen in any order.

use super::kit::*;
use dummyload_session::{Action, ConnectFailure, Input, Session, SessionEvent};
use proptest::prelude::*;
use shelly_proto::CommandOutcome;
use shelly_proto::http::DevicesStatus;
use shelly_proto::session::{Event, SessionCommand};

/// What can happen to a session.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Text(String),
    Answer(i64),
    Connected,
    Pong,
    Lost,
    Closed(u16),
    Failed(u16),
    On,
    Stop,
    Devices,
    Token,
    NoToken,
    Status(u64),
    Shutdown,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u64..40_000).prop_map(Step::Wait),
        2 => "\\PC{0,30}".prop_map(Step::Text),
        2 => (0.0..9.0f64, any::<bool>()).prop_map(|(serial, on)| Step::Text(change(serial, on))),
        2 => (1i64..6).prop_map(Step::Answer),
        4 => Just(Step::Connected),
        4 => Just(Step::Pong),
        2 => Just(Step::Lost),
        1 => prop_oneof![Just(4401), Just(1000), Just(1006)].prop_map(Step::Closed),
        1 => prop_oneof![Just(401), Just(403), Just(500)].prop_map(Step::Failed),
        4 => Just(Step::On),
        2 => Just(Step::Stop),
        1 => Just(Step::Devices),
        3 => Just(Step::Token),
        1 => Just(Step::NoToken),
        2 => (0u64..5).prop_map(Step::Status),
        1 => Just(Step::Shutdown),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_each_request_ends_once(steps in proptest::collection::vec(step(), 0..60)) {
        let mut rig = Rig::new();
        let (mut asked, mut ended) = (std::collections::BTreeSet::new(), Vec::new());
        let mut over = false;
        for step in steps {
            let now = rig.now;
            let mut ask = |rig: &mut Rig, command| {
                if let Ok(token) = rig.session.command(now, command) {
                    prop_assert!(asked.insert(token));
                }
                Ok(())
            };
            match step {
                Step::Wait(ms) => rig.after(millis(ms)),
                Step::Text(text) => rig.hears(&text),
                Step::Answer(trid) => rig.answers(response(trid, LAMP, CommandOutcome::Ok)),
                Step::Connected => rig.input(Input::Connected),
                Step::Pong => rig.input(Input::Pong),
                Step::Lost => rig.input(Input::Lost),
                Step::Closed(code) => rig.closes(code),
                Step::Failed(status) => {
                    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status, body: String::new() }));
                }
                Step::On => ask(&mut rig, on())?,
                Step::Stop => ask(&mut rig, stop(BLIND))?,
                Step::Devices => ask(&mut rig, SessionCommand::Devices)?,
                Step::Token => ask(&mut rig, new_token("two"))?,
                Step::NoToken => ask(&mut rig, SessionCommand::NoCredentials)?,
                Step::Status(number) => {
                    let body = DevicesStatus::new([lamp(5.0, true)]);
                    ask(&mut rig, SessionCommand::Status { ask: number, body })?;
                }
                Step::Shutdown => rig.session.shutdown(now),
            }
            while let Some(event) = rig.session.poll_event() {
                match event {
                    SessionEvent::Finished { token, .. } => ended.push(token),
                    SessionEvent::Notice(Event::Ended | Event::LoginFailed(_)) => {
                        prop_assert!(!over, "it ended twice");
                        over = true;
                    }
                    SessionEvent::Notice(_) => {}
                }
            }
            let connects = rig.actions().iter().filter(|action| matches!(action, Action::Connect(_))).count();
            prop_assert!(connects < 600, "it connects all the time");
        }
        rig.session.shutdown(rig.now);
        rig.after(secs(10));
        prop_assert!(rig.session.is_terminated());
        while let Some(event) = rig.session.poll_event() {
            if let SessionEvent::Finished { token, .. } = event {
                ended.push(token);
            }
        }
        let unique: std::collections::BTreeSet<_> = ended.iter().copied().collect();
        prop_assert_eq!(unique.len(), ended.len(), "a request ended twice");
        prop_assert_eq!(unique, asked);
    }
}

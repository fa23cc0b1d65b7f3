//! The devices that are known, and what becomes of them.

use super::kit::*;
use dummyload_session::{Input, Outcome, Session, SessionEvent};
use shelly_proto::http::{AllStatus, Call, Credentials, DevicesStatus};
use shelly_proto::session::{CommandError, Event, Reply, SessionCommand};

#[test]
fn statuses_are_asked_for_at_each_connection_and_events_merged_on_top() {
    let mut rig = Rig::of(Rig::config());
    rig.input(Input::Connected);
    rig.actions();
    // An event is a sign of life as well.
    rig.hears(&change(5.0, false));
    let events = rig.events();
    assert!(matches!(events[..], [Event::Ready, Event::StatusNeeded { ask: 1 }, Event::Status { .. }]), "{events:?}");
    rig.hears(&change(7.0, true));
    rig.hears(&online(BLIND, 0));
    rig.events();
    assert!(!rig.session.is_synced());
    let waiting = rig.ask(SessionCommand::Devices);
    // It was taken between the two.
    rig.brings(1, [lamp(6.0, false)]);
    let mut ends = Vec::new();
    while let Some(event) = rig.session.poll_event() {
        match event {
            SessionEvent::Notice(event) => assert_eq!(event, Event::Synced { devices: 2 }),
            SessionEvent::Finished { token, outcome } => ends.push((token, outcome)),
        }
    }
    match ends.as_slice() {
        [(token, Outcome::Done { reply: Reply::Devices(devices), .. }), (_, Outcome::Done { .. })] => {
            assert_eq!((*token, devices.len()), (waiting, 2));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(rig.device(BLIND).online, Some(false));
    let device = rig.device(LAMP);
    assert_eq!((device.online, device.id.as_str()), (Some(true), LAMP_HEX));
    assert_eq!(device.view().switches[0].on, Some(true));
    assert!(rig.status(LAMP).contains(r#""apower":1.50"#), "{}", rig.status(LAMP));
    // Now every change is merged as it comes.
    rig.hears(&change(8.0, false));
    match rig.events().as_slice() {
        [Event::Status { device, event, raw }] => {
            assert_eq!(device.view().switches[0].on, Some(false));
            assert!(device.status.as_ref().unwrap().as_str().contains("apower"));
            assert!(!event.status.as_ref().unwrap().as_str().contains("apower"));
            assert_eq!(*raw, change(8.0, false));
        }
        other => panic!("{other:?}"),
    }
    rig.ask(SessionCommand::Devices);
    assert!(
        matches!(rig.outcomes().as_slice(), [Outcome::Done { reply: Reply::Devices(devices), .. }] if devices.len() == 2)
    );
}

#[test]
fn what_is_known_grows_old_with_its_connection() {
    let mut rig = Rig::ready();
    rig.brings(1, [lamp(1.0, true)]);
    rig.hears(&online(BLIND, 1));
    assert_eq!(rig.device(BLIND).online, Some(true));
    rig.input(Input::Lost);
    rig.outcomes();
    let known: Vec<_> = rig.session.devices().map(|device| (device.id.to_decimal(), device.online)).collect();
    assert_eq!(known, [(BLIND.to_owned(), None), (LAMP.to_owned(), None)]);
    assert!(!rig.session.is_synced() && rig.device(LAMP).status.is_some());
    rig.after(secs(1));
    rig.actions();
    let ask = rig.opens();
    // The answer to the question of the connection before.
    let old = SessionCommand::Status { ask: ask - 1, body: DevicesStatus::default() };
    assert_eq!(rig.refuses(old), CommandError::Outdated);
    // Nobody answers for a while.
    rig.after(secs(30));
    assert_eq!(rig.events(), [Event::StatusNeeded { ask }]);
    rig.actions();
    // One device is gone, one has come.
    rig.hears(&change(9.0, false));
    rig.events();
    let body = r#"{"isok":true,"data":{"devices_status":{"1643370677417":{"_dev_info":{"gen":"V1","id":1643370677417,"code":"THERMOSTAT","online":false}},"XB1234567890123":{"_dev_info":{"gen":"GBLE","id":"XB1234567890123","code":"SBDW-002C","online":true}}}}}"#;
    let body = AllStatus::new(Credentials::bearer("")).answer(200, body.as_bytes()).unwrap();
    rig.ask(SessionCommand::Status { ask, body });
    let ids: Vec<_> = rig.session.devices().map(|device| device.id.to_decimal()).collect();
    // What was heard of stays, though it is not in the list.
    assert_eq!(ids, ["1643370677417", LAMP, "XB1234567890123"]);
    rig.outcomes();
    rig.after(secs(120));
    assert_eq!(rig.events().iter().filter(|event| matches!(event, Event::StatusNeeded { .. })).count(), 0);
}

#[test]
fn statuses_that_do_not_come_leave_those_who_wait_for_devices() {
    let mut rig = Rig::ready();
    rig.ask(SessionCommand::Devices);
    rig.after(secs(5));
    rig.input(Input::Lost);
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
}

#[test]
fn odd_changes_do_no_harm() {
    let mut rig = Rig::ready();
    rig.brings(1, [lamp(1.0, true)]);
    let before = rig.status(LAMP).to_owned();
    for status in ["7", "[]", "null", "\"x\""] {
        let device = format!(r#"{{"id":"{LAMP}"}}"#);
        rig.hears(&format!(r#"{{"event":"Shelly:StatusOnChange","device":{device},"status":{status}}}"#));
    }
    rig.hears(r#"{"event":"Shelly:StatusOnChange","status":{"serial":1}}"#);
    rig.hears(r#"{"event":"Shelly:Online","deviceId":"12133370"}"#);
    assert_eq!(rig.status(LAMP), before);
    assert_eq!(rig.device(BLIND).online, None);
    // Very many before the statuses come.
    let mut rig = Rig::ready();
    for serial in 0..10_000 {
        rig.hears(&change(f64::from(serial), serial % 2 == 0));
    }
    rig.brings(1, [lamp(9_998.0, true)]);
    assert_eq!(rig.device(LAMP).view().switches[0].on, Some(false));
}

#[test]
fn a_whole_status_ends_what_it_no_longer_names() {
    let mut rig = Rig::ready();
    let whole = |timer: &str, serial: u8| {
        format!(r#"{{"serial":{serial},"switch:0":{{"output":true{timer}}},"sys":{{"uptime":1}},"wifi":{{}}}}"#)
    };
    let info = r#""_dev_info":{"id":"84cca87c0144","gen":"G2","code":"X","online":true},"_updated":"then","#;
    let known = whole(r#","timer_duration":5"#, 1).replacen('{', &format!("{{{info}"), 1);
    let body = format!(r#"{{"isok":true,"data":{{"devices_status":{{"84cca87c0144":{known}}}}}}}"#);
    let body = AllStatus::new(Credentials::bearer("")).answer(200, body.as_bytes()).unwrap();
    rig.ask(SessionCommand::Status { ask: 1, body });
    let mut told = |status: &str| {
        rig.hears(&format!(r#"{{"event":"Shelly:StatusOnChange","device":{{"id":"{LAMP}"}},"status":{status}}}"#));
        rig.status(LAMP).to_owned()
    };
    // A part says nothing of the rest.
    assert!(told(r#"{"serial":2,"switch:0":{"output":false},"sys":{}}"#).contains(r#""timer_duration":5"#));
    assert!(told(&whole(r#","timer_duration":4"#, 3)).contains(r#""timer_duration":4"#));
    let last = told(&whole("", 4));
    assert!(!last.contains("timer_duration") && last.contains(r#""_updated":"then""#), "{last}");
    assert!(last.contains("_dev_info") && last.contains(r#""serial":4"#), "{last}");
}

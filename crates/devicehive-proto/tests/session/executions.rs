//! Commands that are waited for until their devices have updated them.

use super::kit::*;
use devicehive_proto::message::NewCommand;
use devicehive_proto::session::{Reply, SessionCommand};
use devicehive_proto::{DeviceId, Kind};
use dummyload_session::{Input, Outcome, Session};
use serde_json::{Value, json};

fn execute(patience: u64) -> SessionCommand {
    let (device, command) = (DeviceId::new(LAMP), NewCommand::new("on"));
    SessionCommand::Execute { device, command, patience: secs(patience) }
}

fn receipt(id: i64, made: i64) -> Value {
    json!({"command": {"id": id, "timestamp": at(made), "lastUpdated": at(made), "userId": 1}})
}

/// Asks for one command; gives back the number of the subscription behind it, and the insertion.
fn begins(rig: &mut Rig) -> (i64, Value) {
    rig.ask(execute(60));
    let watch = rig.sent();
    assert_eq!((&watch["deviceId"], &watch["returnUpdatedCommands"]), (&json!(LAMP), &json!(true)));
    let number = rig.grants(&watch);
    (number, rig.receives("command/insert"))
}

fn executed(rig: &mut Rig) -> Vec<(i64, Option<String>)> {
    let outcomes = rig.outcomes().into_iter();
    let command = |outcome| match outcome {
        Outcome::Done { reply: Reply::Executed(command), .. } => (command.id, command.status),
        other => panic!("{other:?}"),
    };
    outcomes.map(command).collect()
}

#[test]
fn a_command_is_done_when_its_device_has_updated_it() {
    let mut rig = Rig::ready();
    let (number, insert) = begins(&mut rig);
    assert_eq!((&insert["deviceId"], &insert["command"]), (&json!(LAMP), &json!({"command": "on"})));
    rig.accepts(&insert, receipt(5, 10));
    rig.hears(&update(number, 4, 9, 20, "another"));
    assert_eq!(rig.outcomes(), []);
    rig.hears(&update(number, 5, 10, 20, "done"));
    assert_eq!(executed(&mut rig), [(5, Some("done".into()))]);
    // The next one finds the device watched.
    rig.ask(execute(60));
    let insert = rig.sent();
    assert_eq!(insert["action"], "command/insert");
    // The device is quicker than the reply.
    rig.hears(&update(number, 6, 30, 31, "done"));
    rig.accepts(&insert, receipt(6, 30));
    assert_eq!(executed(&mut rig), [(6, Some("done".into()))]);
    // After a while it need not be watched any more.
    rig.after(millis(29_999));
    assert_eq!(rig.texts().len(), 0);
    rig.after(millis(1));
    let unsubscribe = rig.sent();
    assert_eq!(unsubscribe["subscriptionId"], number);
    rig.accepts(&unsubscribe, json!({}));
    assert_eq!(rig.events(), []);
    assert_eq!(rig.session.wanted().count(), 0);
}

#[test]
fn what_goes_wrong_is_told_apart() {
    // The device cannot be watched.
    let mut rig = Rig::ready();
    rig.ask(execute(60));
    let watch = rig.sent();
    rig.refuses(&watch, 403, "Access is denied");
    assert_eq!(rig.outcomes(), [refused(403, "Access is denied")]);
    // Nobody knows whether it is watched; the command has not gone out.
    rig.ask(execute(60));
    rig.sent();
    rig.after(secs(30));
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: false }]);
    rig.actions();
    // The command is not taken.
    let (_, insert) = begins(&mut rig);
    rig.refuses(&insert, 400, "no");
    assert_eq!(rig.outcomes(), [refused(400, "no")]);
    // Nobody knows whether it is taken.
    rig.ask(execute(60));
    rig.sent();
    rig.after(secs(30));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    // It is taken, and nothing more comes.
    rig.ask(execute(60));
    let insert = rig.texts().pop().unwrap();
    rig.accepts(&insert, receipt(9, 10));
    rig.after(secs(60));
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::NotUpdated(receipt), .. }] => assert_eq!(receipt.id, 9),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_that_was_taken_is_waited_for_over_a_reconnect() {
    let mut rig = Rig::ready();
    let (_, insert) = begins(&mut rig);
    rig.accepts(&insert, receipt(5, 10));
    // Another one is on its way when the connection breaks.
    rig.ask(execute(600));
    rig.sent();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    rig.after(secs(20));
    rig.connects();
    rig.opens();
    let watch = rig.sent();
    assert_eq!((&watch["deviceId"], &watch["returnUpdatedCommands"]), (&json!(LAMP), &json!(true)));
    let number = rig.grants(&watch);
    // The server may not replay it, so it is looked at.
    let look = rig.sent();
    assert_eq!((&look["action"], &look["commandId"]), (&json!("command/get"), &json!(5)));
    rig.accepts(&look, json!({"command": command(5, 10, 10, None)}));
    assert_eq!(rig.outcomes(), []);
    rig.hears(&update(number, 5, 10, 21_000, "done"));
    assert_eq!(executed(&mut rig), [(5, Some("done".into()))]);
    // It was updated while nobody was there.
    let mut rig = Rig::ready();
    let (_, insert) = begins(&mut rig);
    rig.accepts(&insert, receipt(5, 10));
    rig.input(Input::Lost);
    rig.outcomes();
    rig.after(secs(20));
    rig.connects();
    rig.opens();
    let watch = rig.sent();
    let number = rig.grants(&watch);
    let look = rig.sent();
    rig.accepts(&look, json!({"command": command(5, 10, 9_000, Some("done"))}));
    rig.hears(&update(number, 5, 10, 9_000, "done"));
    assert_eq!(executed(&mut rig), [(5, Some("done".into()))]);
}

#[test]
fn who_gives_up_all_subscriptions_still_waits_for_commands() {
    let mut rig = Rig::ready();
    let (_, insert) = begins(&mut rig);
    rig.accepts(&insert, receipt(5, 10));
    rig.ask(SessionCommand::UnsubscribeAll(Kind::Command));
    rig.receives("command/unsubscribe");
    let watch = rig.sent();
    let number = rig.grants(&watch);
    rig.receives("command/get");
    rig.hears(&update(number, 5, 10, 20, "done"));
    assert_eq!(executed(&mut rig), [(5, Some("done".into()))]);
}

#[test]
fn a_watch_that_was_lost_before_it_stood_is_made_again() {
    let mut rig = Rig::ready();
    let (_, insert) = begins(&mut rig);
    rig.accepts(&insert, receipt(5, 10));
    rig.ask(SessionCommand::UnsubscribeAll(Kind::Command));
    rig.texts();
    rig.input(Input::Lost);
    rig.outcomes();
    rig.after(secs(20));
    rig.connects();
    rig.opens();
    let watch = rig.sent();
    let number = rig.grants(&watch);
    rig.receives("command/get");
    rig.hears(&update(number, 5, 10, 21_000, "done"));
    assert_eq!(executed(&mut rig), [(5, Some("done".into()))]);
}

#[test]
fn an_end_tells_of_each_what_is_known() {
    let mut rig = Rig::ready();
    let (_, insert) = begins(&mut rig);
    rig.accepts(&insert, receipt(5, 10));
    rig.ask(execute(60));
    rig.session.shutdown(rig.now);
    let outcomes = rig.outcomes();
    assert!(
        matches!(
            outcomes.as_slice(),
            [Outcome::Lost { sent: true }, Outcome::Done { reply: Reply::NotUpdated(_), .. }]
        ),
        "{outcomes:?}"
    );
}

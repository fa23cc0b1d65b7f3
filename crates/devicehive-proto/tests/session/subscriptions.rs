//! What is wanted: granted, brought once, and again after a reconnect.

use super::kit::*;
use devicehive_proto::session::{CommandError, Event, Filter, Refusal, Reply, SessionCommand};
use devicehive_proto::{Datetime, Kind};
use dummyload_session::{Input, Outcome, Session, SessionEvent};
use serde_json::{Value, json};

fn time(ms: i64) -> Datetime {
    Datetime::from_millis(EPOCH + ms)
}

#[test]
fn a_filter_becomes_a_request_without_what_is_not_said() {
    let mut rig = Rig::ready();
    for (filter, wanted) in [
        (Filter::commands(), json!({"action": "command/subscribe"})),
        (
            Filter::commands().device(LAMP).names(["on", "off"]).since(time(5)).limit(7),
            json!({"action": "command/subscribe", "deviceId": LAMP, "names": ["off", "on"], "timestamp": at(5), "limit": 7}),
        ),
        (
            Filter::updates().networks([2, 1]),
            json!({"action": "command/subscribe", "networkIds": [1, 2], "returnUpdatedCommands": true}),
        ),
        (
            Filter::notifications().device_types([3]).limit(7),
            json!({"action": "notification/subscribe", "deviceTypeIds": [3]}),
        ),
    ] {
        rig.ask(SessionCommand::Subscribe(filter));
        let mut request = rig.sent();
        request.as_object_mut().unwrap().remove("requestId");
        assert_eq!(request, wanted);
    }
}

#[test]
fn pushes_before_the_reply_come_after_it() {
    let mut rig = Rig::ready();
    let name = rig.ask(SessionCommand::Subscribe(Filter::commands().device(LAMP)));
    let request = rig.sent();
    let number = (EPOCH) * 1000 + 1;
    rig.hears(&insertion(number, 1, 10));
    rig.hears(&insertion(number + 5, 2, 11));
    assert_eq!(rig.events(), []);
    rig.accepts(&request, json!({"subscriptionId": number}));
    let events: Vec<_> = std::iter::from_fn(|| rig.session.poll_event()).collect();
    match events.as_slice() {
        [
            SessionEvent::Finished {
                outcome: Outcome::Done { reply: Reply::Subscribed { subscription, id }, .. }, ..
            },
            SessionEvent::Notice(Event::Command { subscription: of, command }),
            // Nobody is waiting for the other one any more.
            SessionEvent::Notice(Event::Unmatched { .. }),
        ] => {
            assert_eq!((*subscription, *of, *id, command.id), (name, name, number, 1));
        }
        other => panic!("{other:?}"),
    }
    // The same again: it came live and out of the store.
    rig.hears(&insertion(number, 1, 10));
    assert_eq!(rig.events(), []);
}

#[test]
fn after_a_reconnect_what_was_missed_comes_once() {
    let mut rig = Rig::ready();
    rig.after(secs(10));
    let (name, number) = rig.subscribes(Filter::commands().device(LAMP));
    rig.after(secs(10));
    rig.hears(&insertion(number, 1, 10_500));
    rig.hears(&insertion(number, 2, 20_000));
    assert_eq!(rig.items(), [1, 2]);
    rig.loses_connection();
    rig.opens();
    let request = rig.sent();
    // From the last item on, a little earlier since they can come out of order.
    assert_eq!(request["timestamp"], at(14_999));
    assert_eq!(request["limit"], 1000);
    let number = rig.grants(&request);
    assert_eq!(rig.events(), [Event::Resubscribed { subscription: name, since: time(14_999), may_miss: false }]);
    // 4.1 replays in any order, and those of the bound, too.
    for (id, made) in [(4, 30_000), (2, 20_000), (3, 15_000), (4, 30_000)] {
        rig.hears(&insertion(number, id, made));
    }
    assert_eq!(rig.items(), [4, 3]);
}

#[test]
fn a_subscription_that_brought_nothing_goes_on_from_its_beginning() {
    let mut rig = Rig::ready();
    rig.after(secs(10));
    rig.subscribes(Filter::notifications());
    rig.loses_connection();
    rig.opens();
    let request = rig.sent();
    assert_eq!((&request["timestamp"], &request["limit"]), (&json!(at(9_999)), &Value::Null));
    rig.grants(&request);
    assert!(matches!(rig.events().as_slice(), [Event::Resubscribed { may_miss: true, .. }]));
    // One with a time of its own never goes back beyond it.
    let mut rig = Rig::ready();
    rig.subscribes(Filter::notifications().device(LAMP).since(time(-50_000)));
    rig.loses_connection();
    rig.opens();
    assert_eq!(rig.sent()["timestamp"], at(-50_001));
}

#[test]
fn an_item_from_the_future_hides_nothing() {
    let mut rig = Rig::ready();
    let (_, number) = rig.subscribes(Filter::notifications().device(LAMP));
    rig.after(secs(20));
    rig.hears(&notification(number, 1, 3_600_000));
    assert_eq!(rig.items(), [1]);
    rig.loses_connection();
    rig.opens();
    let request = rig.sent();
    assert_eq!(request["timestamp"], at(14_999));
    let number = rig.grants(&request);
    rig.hears(&notification(number, 1, 3_600_000));
    rig.hears(&notification(number, 2, 25_000));
    assert_eq!(rig.items(), [2]);
}

#[test]
fn updates_are_told_apart_by_what_they_say_and_replayed_from_the_insertion_on() {
    let mut rig = Rig::ready();
    rig.after(secs(10));
    let (_, number) = rig.subscribes(Filter::updates().device(LAMP));
    rig.hears(&update(number, 1, 9_000, 10_100, "half"));
    // Within the same millisecond.
    rig.hears(&update(number, 1, 9_000, 10_100, "done"));
    rig.hears(&update(number, 1, 9_000, 10_100, "done"));
    assert_eq!(rig.items(), [1, 1]);
    rig.loses_connection();
    rig.opens();
    let request = rig.sent();
    // Server 4.1 looks at the insertion: up to 120 s before (dossier M4.5).
    assert_eq!(request["timestamp"], at(10_000 - 120_000 - 1));
    let number = rig.grants(&request);
    rig.events();
    rig.hears(&update(number, 1, 9_000, 10_100, "done"));
    rig.hears(&update(number, 2, 9_000, 9_500, "before the subscription"));
    rig.hears(&update(number, 3, 9_000, 30_000, "done"));
    rig.hears(&update(number, 1, 9_000, 31_000, "again"));
    assert_eq!(rig.items(), [3, 1]);
}

#[test]
fn the_same_item_comes_once_for_each_subscription() {
    let mut rig = Rig::ready();
    let (first, a) = rig.subscribes(Filter::notifications());
    let (second, b) = rig.subscribes(Filter::notifications());
    assert_ne!(first, second);
    for number in [a, b, a] {
        rig.hears(&notification(number, 1, 5));
    }
    assert_eq!(rig.items(), [1, 1]);
    assert_eq!(rig.session.wanted().count(), 2);
}

#[test]
fn a_refused_subscription_is_none() {
    let mut rig = Rig::ready();
    rig.ask(SessionCommand::Subscribe(Filter::commands().device("x")));
    let request = rig.sent();
    rig.refuses(&request, 403, "Access is denied");
    assert_eq!(rig.outcomes(), [refused(403, "Access is denied")]);
    assert_eq!(rig.session.wanted().count(), 0);
    // Later, after a reconnect, nobody waits for the answer.
    let (name, _) = rig.subscribes(Filter::commands().device(LAMP));
    rig.loses_connection();
    rig.opens();
    let request = rig.sent();
    rig.refuses(&request, 404, "gone");
    let lost = Event::SubscriptionLost { subscription: name, refusal: Refusal::new(404, "gone") };
    assert_eq!(rig.events(), [lost]);
    assert_eq!(rig.session.wanted().count(), 0);
}

#[test]
fn one_that_is_granted_too_late_is_given_up() {
    let mut rig = Rig::ready();
    rig.ask(SessionCommand::Subscribe(Filter::commands().limit(-1)));
    let request = rig.sent();
    rig.after(secs(30));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    rig.actions();
    let number = rig.grants(&request);
    let unsubscribe = rig.sent();
    assert_eq!(
        (&unsubscribe["action"], &unsubscribe["subscriptionId"]),
        (&json!("command/unsubscribe"), &json!(number))
    );
    rig.hears(&insertion(number, 1, 5));
    rig.accepts(&unsubscribe, json!({}));
    assert_eq!(rig.events(), []);
    // One that was taken before is another thing: the server hangs.
    rig.subscribes(Filter::notifications());
    rig.loses_connection();
    rig.opens();
    rig.sent();
    rig.after(secs(30));
    rig.input(Input::Lost);
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { .. }]));
}

#[test]
fn without_a_connection_a_subscription_waits_for_one() {
    let mut rig = Rig::new();
    rig.ask(SessionCommand::Subscribe(Filter::notifications()));
    assert_eq!(rig.actions(), []);
    rig.opens();
    let request = rig.sent();
    rig.grants(&request);
    assert_eq!(rig.outcomes().len(), 1);
    // But not for ever.
    let mut rig = Rig::new();
    rig.ask(SessionCommand::Subscribe(Filter::notifications()));
    rig.after(secs(30));
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: false }]);
    rig.opens();
    assert_eq!(rig.texts().len(), 0);
    // One that is on its way when the connection breaks is lost.
    rig.ask(SessionCommand::Subscribe(Filter::notifications()));
    rig.sent();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    assert_eq!(rig.session.wanted().count(), 0);
}

#[test]
fn what_is_no_longer_wanted_comes_no_more() {
    let mut rig = Rig::ready();
    let (name, number) = rig.subscribes(Filter::notifications());
    rig.ask(SessionCommand::Unsubscribe(name));
    let request = rig.sent();
    assert_eq!(request["subscriptionId"], number);
    // Still on its way.
    rig.hears(&notification(number, 1, 5));
    rig.accepts(&request, json!({}));
    assert_eq!(rig.outcomes(), [done(Reply::Unsubscribed)]);
    assert_eq!(rig.ask_in_vain(SessionCommand::Unsubscribe(name)), CommandError::NotSubscribed);
    rig.loses_connection();
    rig.opens();
    assert_eq!(rig.texts().len(), 0);
    // All of a kind.
    rig.subscribes(Filter::notifications());
    rig.subscribes(Filter::commands());
    rig.ask(SessionCommand::UnsubscribeAll(Kind::Notification));
    let request = rig.sent();
    assert_eq!((&request["action"], request.get("subscriptionId")), (&json!("notification/unsubscribe"), None));
    assert_eq!(rig.session.wanted().count(), 1);
    // While there is no connection, it is done at once.
    rig.input(Input::Lost);
    rig.outcomes();
    rig.ask(SessionCommand::UnsubscribeAll(Kind::Command));
    assert_eq!(rig.outcomes(), [done(Reply::Unsubscribed)]);
    rig.after(secs(60));
    rig.connects();
    rig.opens();
    assert_eq!(rig.texts().len(), 0);
}

#[test]
fn one_that_is_given_up_before_it_is_granted_is_given_up_after() {
    let mut rig = Rig::ready();
    let name = rig.ask(SessionCommand::Subscribe(Filter::notifications()));
    let request = rig.sent();
    rig.ask(SessionCommand::Unsubscribe(name));
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }, done(Reply::Unsubscribed)]);
    let number = rig.grants(&request);
    assert_eq!(rig.sent()["subscriptionId"], number);
    assert_eq!(rig.events(), []);
    rig.after(secs(40));
    assert_eq!(rig.outcomes(), []);
}

//! The client against the mock, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use futures_util::StreamExt;
use pishock_client::{
    AccountError, Builder, Channel, Closed, CommandError, ConnectError, Dialect, Disconnect, DurationMs, Error, Event,
    Events, HoldEnd, Hosts, HubId, Intensity, LimitError, Limits, LoginFailure, Mode, PiShock, Reason, ShareCode,
    ShockerId, Target, UserId,
};
use pishock_mock::{Direction, Fault, FaultKind, PishockMock, Query};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

/// A mock, and its demo world's ids.
struct Rig {
    mock: PishockMock,
    demo: Value,
}

impl Rig {
    async fn start() -> Self {
        let mock = PishockMock::builder().seed(7).virtual_clock().start().await.unwrap();
        let demo = mock.demo();
        Self { mock, demo }
    }

    fn text(&self, name: &str) -> &str {
        self.demo[name].as_str().unwrap()
    }

    fn number(&self, name: &str) -> u64 {
        self.demo[name].as_u64().unwrap()
    }

    fn builder(&self) -> Builder {
        PiShock::builder(self.text("username"), self.text("api_key"))
            .hosts(Hosts::at(&self.mock.address().to_string()))
            .origin("client test")
    }

    fn own(&self) -> Target {
        Target::own(HubId(self.number("hub_id")), ShockerId(self.number("shocker_id")))
    }

    fn shared(&self) -> Target {
        let code = ShareCode::new(self.text("share_code"));
        Target::shared(HubId(self.number("share_hub_id")), code, ShockerId(self.number("share_shocker_id")))
    }

    async fn seen(&self, topic: &str, details: Value) {
        self.mock.wait_for(&Query::event(topic).with(details), 1, SOON).await.unwrap();
    }
}

fn percent(percent: u8) -> Intensity {
    Intensity::new(percent).unwrap()
}

fn ms(ms: u32) -> DurationMs {
    DurationMs::new(ms).unwrap()
}

async fn event(events: &mut Events) -> Event {
    tokio::time::timeout(SOON, events.next()).await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn both_dialects_operate_own_and_shared_shockers() {
    for dialect in [Dialect::V1, Dialect::V2] {
        let rig = Rig::start().await;
        let limits = Limits::default().allow(&Mode::Shock);
        let (pishock, _events) = rig.builder().dialect(dialect).limits(limits).connect().await.unwrap();
        pishock.ping().await.unwrap();
        pishock.vibrate(&rig.own(), percent(20), ms(1000)).await.unwrap();
        rig.seen("executed", json!({"mode": "v", "intensity": 20, "duration": 1000, "origin": "client test"})).await;
        pishock.shock(&rig.shared(), percent(10), ms(300)).await.unwrap();
        rig.seen("executed", json!({"mode": "s", "intensity": 10, "shocker": rig.number("share_shocker_id")})).await;
        pishock.beep(&rig.own(), ms(500)).await.unwrap();
        pishock.stop(&rig.own()).await.unwrap();
        rig.seen("stopped", json!({"shocker": rig.number("shocker_id")})).await;
        assert_eq!(pishock.close().await, Closed::InGoodOrder);
        rig.mock.wait_for(&Query::gone(), 1, SOON).await.unwrap();
    }
}

#[tokio::test]
async fn the_account_is_looked_up_and_shares_are_arranged() {
    let rig = Rig::start().await;
    let account = rig.builder().account().await.unwrap();
    assert_eq!(account.user(), UserId(rig.number("user_id")));
    account.health().await.unwrap();
    let hubs = account.hubs().await.unwrap();
    assert_eq!(
        (hubs[0].id, hubs[0].shockers[0].id),
        (HubId(rig.number("hub_id")), ShockerId(rig.number("shocker_id")))
    );
    assert_eq!(account.shockers().await.unwrap()[0].hub, hubs[0].id);
    let shared = account.shared().await.unwrap();
    assert_eq!(Target::of_share(&shared[0]), Some(rig.shared()));
    assert_eq!(account.links().await.unwrap()[0].id.as_str(), rig.text("link_id"));

    let code = account.create_share(rig.own().shocker()).await.unwrap();
    let friend = PiShock::builder(rig.text("friend_username"), rig.text("friend_api_key"))
        .hosts(Hosts::at(&rig.mock.address().to_string()));
    let friend = friend.account().await.unwrap();
    friend.claim([code.clone()]).await.unwrap();
    let claimed = friend.shared().await.unwrap();
    let claimed = claimed.iter().find(|share| share.code.as_ref() == Some(&code)).unwrap();
    friend.give_back(claimed.id).await.unwrap();
    assert!(friend.shared().await.unwrap().iter().all(|share| share.code.as_ref() != Some(&code)));
    assert!(friend.claim([ShareCode::new("NOSUCHCODE")]).await.unwrap_err().to_string().contains("no such share code"));
}

#[tokio::test]
async fn a_login_that_is_not_taken_says_so_in_each_of_its_forms() {
    let rig = Rig::start().await;
    let hosts = || Hosts::at(&rig.mock.address().to_string());
    let nobody = PiShock::builder("demo", "not a key").hosts(hosts()).connect().await.unwrap_err();
    let ConnectError::LookUp(AccountError::Service(refused)) = nobody else { panic!("{nobody}") };
    assert!(refused.to_string().contains(&Reason::BadCredentials.to_string()));
    // With the number known, the socket is the first to say no.
    for (form, expected) in [
        ("envelope", "the broker refused the login: API_KEY_ERROR"),
        ("http401", "HTTP status 401"),
        ("close", "closed the socket at once (1008"),
        ("mute", "never answers"),
    ] {
        rig.mock.control("options", &json!({"login_failure": form})).unwrap();
        let builder = PiShock::builder("demo", "not a key").hosts(hosts()).user_id(UserId(77));
        let connecting = tokio::spawn(builder.reply_timeout(Duration::from_millis(300)).connect());
        rig.mock.wait_for(&Query::any().containing("/v2"), 1, SOON).await.unwrap();
        rig.mock.advance(Duration::from_secs(1));
        let error = connecting.await.unwrap().unwrap_err();
        assert!(matches!(error, ConnectError::Login(_)) && error.to_string().contains(expected), "{form}: {error}");
        rig.mock.reset();
    }
    let nowhere = PiShock::builder("demo", "k").connect().await.unwrap_err();
    assert_eq!(nowhere, ConnectError::NoHosts);
    let too_old = PiShock::builder("demo", rig.text("old_api_key")).hosts(hosts()).connect().await.unwrap_err();
    assert!(matches!(too_old, ConnectError::Login(LoginFailure::Error(_))), "{too_old}");
    // A port on which nobody listens is no refusal.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = PiShock::builder("demo", "k").hosts(Hosts::at(&free.to_string()));
    assert!(matches!(builder.clone().connect().await, Err(ConnectError::LookUp(AccountError::Http(_)))));
    assert!(matches!(
        builder.user_id(UserId(1)).connect().await,
        Err(ConnectError::Unreachable(Disconnect::Connect(_)))
    ));
}

#[tokio::test]
async fn limits_hold_on_this_side() {
    let rig = Rig::start().await;
    let limits = Limits::default().max_intensity(percent(30)).cool_down(Duration::from_secs(60));
    let (pishock, _events) = rig.builder().limits(limits).connect().await.unwrap();
    let refused = |limit| Err(Error::NotTried(CommandError::Limit { order: 0, limit }));
    let own = rig.own();
    assert_eq!(pishock.shock(&own, percent(1), ms(100)).await, refused(LimitError::Mode(Mode::Shock)));
    assert_eq!(pishock.vibrate(&own, percent(31), ms(100)).await, refused(LimitError::Intensity(percent(30))));
    pishock.vibrate(&own, percent(30), ms(100)).await.unwrap();
    assert!(matches!(
        pishock.vibrate(&own, percent(30), ms(100)).await,
        Err(Error::NotTried(CommandError::Limit { limit: LimitError::CoolDown(_), .. }))
    ));
    pishock.stop(&own).await.unwrap();
    pishock.stop_all().await.unwrap();
    assert_eq!(pishock.beep(&rig.shared(), ms(100)).await, refused(LimitError::Stopped));
    pishock.resume().await.unwrap();
    pishock.beep(&rig.shared(), ms(100)).await.unwrap();
    rig.mock.verify(&Query::event("executed"), 2).unwrap();
}

#[tokio::test]
async fn a_hold_ends_with_one_stop_however_it_is_let_go() {
    let rig = Rig::start().await;
    let limits = Limits::default().max_hold(Duration::from_millis(50));
    let (pishock, _events) = rig.builder().connect().await.unwrap();
    let own = rig.own();
    let hold = pishock.hold_vibration(&own, percent(20)).await.unwrap();
    rig.seen("executed", json!({"duration": 1500})).await;
    hold.release().await.unwrap();
    rig.mock.verify(&Query::event("stopped"), 1).unwrap();
    drop(pishock.hold_beep(&own).await.unwrap());
    rig.mock.wait_for(&Query::event("stopped"), 2, SOON).await.unwrap();
    let (limited, _events) = rig.builder().limits(limits).connect().await.unwrap();
    let mut hold = limited.hold_vibration(&own, percent(20)).await.unwrap();
    assert_eq!(hold.ended().await, Ok(HoldEnd::LongestHold));
    hold.release().await.unwrap();
    rig.mock.wait_for(&Query::event("stopped"), 3, SOON).await.unwrap();
    assert!(matches!(limited.hold_shock(&own, percent(1)).await, Err(Error::NotTried(_))));
}

#[tokio::test]
async fn events_come_as_a_stream_and_channels_come_back_after_a_cut() {
    let rig = Rig::start().await;
    let hub = HubId(rig.number("hub_id"));
    let (pishock, mut events) = rig.builder().connect().await.unwrap();
    let foreign = Channel::Ping(HubId(rig.number("share_hub_id")));
    let subscribed = pishock.subscribe([Channel::Ping(hub), Channel::Log(hub), foreign.clone()]).await.unwrap();
    assert_eq!((subscribed.channels.len(), &subscribed.refused[0].0), (2, &foreign));
    rig.mock.advance(Duration::from_secs(15));
    assert!(matches!(event(&mut events).await, Event::Alive { hub: h, time: Some(_), .. } if h == hub));
    pishock.vibrate(&rig.own(), percent(20), ms(1000)).await.unwrap();
    assert!(matches!(event(&mut events).await, Event::Log { hub: h, raw } if h == hub && raw.contains("client test")));

    // A connection that is lost while a command waits: the command is lost, the channels are not.
    rig.mock.fault(Fault::new(Direction::In, FaultKind::Cut).containing("PUBLISH").times(1)).unwrap();
    let lost = pishock.vibrate(&rig.own(), percent(20), ms(1000)).await;
    assert_eq!(lost, Err(Error::Lost { sent: true }));
    assert!(matches!(event(&mut events).await, Event::Disconnected { why: Disconnect::Lost, .. }));
    assert_eq!(event(&mut events).await, Event::Ready);
    rig.mock.wait_for(&Query::received().containing("SUBSCRIBE"), 2, SOON).await.unwrap();
    rig.mock.wait_for(&Query::sent().containing("-log subscribed to."), 2, SOON).await.unwrap();
    rig.mock.verify(&Query::event("executed"), 1).unwrap();
    pishock.beep(&rig.own(), ms(100)).await.unwrap();
    // As a stream, like any other.
    let log = events.by_ref().filter_map(|event| async { event.ok().filter(|e| matches!(e, Event::Log { .. })) });
    assert!(Box::pin(log).next().await.is_some());
    pishock.unsubscribe([Channel::Log(hub)]).await.unwrap();
    pishock.unsubscribe_all().await.unwrap();
}

#[tokio::test]
async fn a_reply_that_does_not_come_is_a_timeout_and_nothing_is_sent_again() {
    let rig = Rig::start().await;
    let (pishock, _events) = rig.builder().reply_timeout(Duration::from_millis(50)).connect().await.unwrap();
    rig.mock.fault(Fault::new(Direction::Out, FaultKind::Drop).containing("Publish successful")).unwrap();
    assert_eq!(pishock.vibrate(&rig.own(), percent(20), ms(1000)).await, Err(Error::TimedOut));
    rig.mock.clear_faults();
    pishock.ping().await.unwrap();
    rig.mock.verify(&Query::received().containing("PUBLISH"), 1).unwrap();
}

#[tokio::test]
async fn a_token_logs_in_as_well() {
    let rig = Rig::start().await;
    let builder = PiShock::builder_with_token(UserId(rig.number("user_id")), rig.text("token"));
    let hosts = Hosts::at(&rig.mock.address().to_string());
    let (pishock, _events) = builder.hosts(hosts).connect().await.unwrap();
    assert_eq!(pishock.account().hubs().await.unwrap()[0].id, HubId(rig.number("hub_id")));
    pishock.vibrate(&rig.own(), percent(1), ms(100)).await.unwrap();
    assert!(!format!("{pishock:?}").contains(rig.text("token")));
}

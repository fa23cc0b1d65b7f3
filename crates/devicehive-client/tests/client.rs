//! The client against the mock, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use devicehive_client::message::{DeviceList, NetworkList, SortOrder, UserList};
use devicehive_client::{
    AddressError, Closed, CommandChange, Connect, ConnectError, DeviceChange, DeviceHive, Error, Event, Events, Filter,
    Grant, Json, Kind, LoginFailure, NamedChange, NewCommand, NewNotification, Permission, TokenPayload, TokenRequest,
    Trust, UserChange,
};
use devicehive_mock::{
    DeviceHiveMock, DeviceHiveMockBuilder, Direction, Fault, FaultKind, Options, Profile, Query, Tls,
};
use dummyload_session::Secret;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

/// A mock, and its demo world's names and numbers.
struct Rig {
    mock: DeviceHiveMock,
    demo: Value,
}

impl Rig {
    async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(change: impl FnOnce(DeviceHiveMockBuilder) -> DeviceHiveMockBuilder) -> Self {
        let mock = change(DeviceHiveMock::builder().seed(7).virtual_clock()).start().await.unwrap();
        let demo = mock.demo();
        Self { mock, demo }
    }

    fn text(&self, name: &str) -> &str {
        self.demo[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.demo))
    }

    fn number(&self, name: &str) -> i64 {
        self.demo[name].as_i64().unwrap()
    }

    fn hive(&self) -> Connect {
        DeviceHive::connect(self.mock.url()).with_login(self.text("login"), self.text("password"))
    }

    async fn connect(&self) -> (DeviceHive, Events) {
        self.hive().await.unwrap()
    }

    fn control(&self, verb: &str, body: Value) -> Value {
        self.mock.control(verb, &body).unwrap()
    }

    /// Cuts every open connection, when its client says the next thing.
    fn cut_next(&self) {
        self.mock.fault(Fault::new(Direction::In, FaultKind::Cut).times(1)).unwrap();
    }

    async fn seen(&self, query: Query, times: usize) {
        self.mock.wait_for(&query, times, SOON).await.unwrap();
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.unwrap()
}

async fn until(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = soon(events.next()).await.unwrap().unwrap();
        if wanted(&event) {
            return event;
        }
    }
}

fn json(text: &str) -> Option<Json> {
    Some(Json::parse(text).unwrap())
}

#[tokio::test]
async fn a_device_and_an_operator_work_together() {
    let rig = Rig::start().await;
    let (device_side, _events) = rig.connect().await;
    let lamp = device_side.device("lamp-9");
    lamp.register(DeviceChange::new("Lamp")).await.unwrap();
    let mut tasks = lamp.tasks().await.unwrap();

    let (operator, _events) = rig.connect().await;
    let mut told = operator.notifications("lamp-9").await.unwrap();
    let mut command = NewCommand::new("on");
    command.parameters = json(r#"{"dim":0.50}"#);
    let work = async {
        let task = soon(tasks.next()).await.unwrap().unwrap();
        assert_eq!(task.command().name.as_deref(), Some("on"));
        assert_eq!(task.command().parameters, json(r#"{"dim":0.50}"#));
        lamp.notify("state", json(r#"{"on":true}"#)).await.unwrap();
        task.answer("done", json(r#"{"took":3}"#)).await.unwrap();
        task
    };
    let (done, task) = tokio::join!(operator.execute("lamp-9", command, SOON), work);
    let done = done.unwrap();
    assert_eq!((done.id, done.status.as_deref()), (task.command().id, Some("done")));
    assert_eq!(done.result, json(r#"{"took":3}"#));
    let notification = soon(told.next()).await.unwrap().unwrap();
    assert_eq!((notification.name.as_deref(), notification.parameters), (Some("state"), json(r#"{"on":true}"#)));

    // A device that does not answer.
    let waits = operator.execute("lamp-9", NewCommand::new("off"), Duration::from_millis(50)).await;
    assert!(matches!(waits, Err(Error::NotUpdated(receipt)) if receipt.id > 0));
    assert_eq!(operator.close().await, Closed::InGoodOrder);
}

#[tokio::test]
async fn streams_outlive_connections_and_bring_each_item_once() {
    for profile in [Profile::Server41, Profile::Server35, Profile::Spec] {
        let rig = Rig::with(|builder| builder.profile(profile)).await;
        let (hive, mut events) = rig.hive().await.unwrap();
        let device = rig.text("device_id");
        let mut commands = hive.commands(device).await.unwrap();
        let mut updates = hive.updates(device).await.unwrap();
        let notifications = hive.notifications(device).await.unwrap();
        let first = rig.control("command", json!({"device": device, "command": "one"}))["id"].as_i64().unwrap();
        assert_eq!(soon(commands.next()).await.unwrap().unwrap().id, first);
        rig.cut_next();
        let lost = hive.server_info().await.unwrap_err();
        assert_eq!(lost, Error::Lost { sent: true }, "{profile:?}");
        until(&mut events, |event| matches!(event, Event::Disconnected { .. })).await;
        // While nobody is there; the clock stands still, as if all came in one millisecond.
        let second = rig.control("command", json!({"device": device, "command": "two"}))["id"].as_i64().unwrap();
        rig.control("update", json!({"device": device, "id": first, "status": "done"}));
        rig.control("notification", json!({"device": device, "notification": "level"}));
        until(&mut events, |event| matches!(event, Event::Ready)).await;
        assert_eq!(soon(commands.next()).await.unwrap().unwrap().id, second, "{profile:?}");
        let update = soon(updates.next()).await.unwrap().unwrap();
        assert_eq!((update.id, update.status.as_deref()), (first, Some("done")), "{profile:?}");
        // The same as a stream.
        let mut notifications = Box::pin(notifications);
        assert_eq!(soon(StreamExt::next(&mut notifications)).await.unwrap().unwrap().name.as_deref(), Some("level"));
        // And nothing else: what comes next is what happens next.
        let third = rig.control("command", json!({"device": device, "command": "three"}))["id"].as_i64().unwrap();
        assert_eq!(soon(commands.next()).await.unwrap().unwrap().id, third, "{profile:?}");
        rig.control("update", json!({"device": device, "id": third, "status": "done"}));
        assert_eq!(soon(updates.next()).await.unwrap().unwrap().id, third, "{profile:?}");
    }
}

#[tokio::test]
async fn a_subscription_ends_when_it_is_dropped_or_closed() {
    let rig = Rig::start().await;
    let (hive, _events) = rig.connect().await;
    let (device, network) = (rig.text("device_id"), rig.number("network_id"));
    let commands = hive.commands(Filter::default().networks([network]).names(["on"])).await.unwrap();
    let notifications = hive.notifications(device).await.unwrap();
    let listed = hive.subscription_list(None).await.unwrap();
    assert_eq!(listed.len(), 2);
    let listed = hive.subscription_list(Some(Kind::Command)).await.unwrap();
    assert_eq!((listed.len(), listed[0].id), (1, commands.number()));
    notifications.close().await.unwrap();
    drop(commands);
    rig.seen(Query::received().containing("command/unsubscribe"), 1).await;
    assert_eq!(hive.subscription_list(None).await.unwrap(), []);
    // All at once.
    let mut commands = hive.commands(device).await.unwrap();
    hive.unsubscribe_all(Kind::Command).await.unwrap();
    assert_eq!(hive.subscription_list(None).await.unwrap(), []);
    // The stream stands, and brings nothing more before the client ends.
    hive.close().await;
    assert!(soon(commands.next()).await.is_none());
}

#[tokio::test]
async fn every_way_in_leads_in_and_a_bad_one_is_told() {
    let rig = Rig::start().await;
    let url = rig.mock.url();
    for connect in [
        DeviceHive::connect(&url).with_token(rig.text("access_token")),
        DeviceHive::connect(&url).with_token(rig.text("access_token")).by_handshake(),
        DeviceHive::connect(&url).with_refresh_token(rig.text("refresh_token")),
        DeviceHive::connect(&url).with_token("a.b.c").with_refresh_token(rig.text("refresh_token")),
        DeviceHive::connect(&url)
            .with_token("a.b.c")
            .by_handshake()
            .with_login(rig.text("login"), rig.text("password")),
        // The REST service says where the socket is.
        DeviceHive::connect(rig.mock.rest_url()).with_login(rig.text("login"), rig.text("password")),
    ] {
        let shown = format!("{connect:?}");
        let (hive, _events) = connect.await.unwrap_or_else(|error| panic!("{error}: {shown}"));
        assert_eq!(hive.user_get_current().await.unwrap().login.as_deref(), Some(rig.text("login")));
        hive.close().await;
    }
    for (connect, code) in [
        (DeviceHive::connect(&url).with_login(rig.text("login"), "wrong"), 401),
        (DeviceHive::connect(&url).with_login(rig.text("disabled_login"), rig.text("disabled_password")), 401),
        (DeviceHive::connect(&url).with_refresh_token(rig.text("access_token")), 401),
        (DeviceHive::connect(&url).with_token(rig.text("refresh_token")), 401),
    ] {
        match connect.await.map(drop).unwrap_err() {
            ConnectError::Login(LoginFailure::Refused(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("{other}"),
        }
    }
    let handshake = DeviceHive::connect(&url).with_token("a.b.c").by_handshake().await.map(drop).unwrap_err();
    assert_eq!(handshake, ConnectError::Login(LoginFailure::Handshake { status: 401 }));
    let nowhere = DeviceHive::connect("127.0.0.1:1").await.map(drop).unwrap_err();
    assert_eq!(nowhere, ConnectError::Address(AddressError::Scheme));
    let nobody = DeviceHive::connect("ws://127.0.0.1:1/").await.map(drop).unwrap_err();
    assert!(matches!(nobody, ConnectError::Unreachable(_)), "{nobody}");
}

#[tokio::test]
async fn tokens_are_replaced_while_the_socket_goes_on() {
    let mut options = Options::default();
    options.access_token_life = 2;
    let rig = Rig::with(|builder| builder.options(options)).await;
    let (hive, mut events) = rig.connect().await;
    // The session's clock is this machine's, and half of the token's life is over in a second; the shortest use is 10 s, so
    // the server's clock is what makes this quick: the token ends there, and the connection goes on without it.
    rig.mock.advance(Duration::from_secs(10));
    assert_eq!(hive.user_get_current().await.unwrap().id, rig.number("user_id"));
    rig.cut_next();
    hive.server_info().await.unwrap_err();
    // The old one is refused, and the refresh token leads to another.
    let event = until(&mut events, |event| matches!(event, Event::Tokens { .. })).await;
    let Event::Tokens { access, refresh: None } = event else { panic!("{event:?}") };
    until(&mut events, |event| matches!(event, Event::Ready)).await;
    let payload = TokenPayload::read(access.expose()).unwrap();
    assert_eq!(payload.user_id, rig.number("user_id"));
    assert_eq!(hive.rest().access_token(), Some(access));
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let rig = Rig::start().await;
    let client = DeviceHive::connect(rig.mock.url()).with_login(rig.text("client_login"), rig.text("client_password"));
    let (hive, _events) = client.await.unwrap();
    let foreign = rig.text("foreign_device_id");
    let code = |error: Error| error.refusal().map(|refusal| refusal.code);
    assert_eq!(code(hive.device_get(foreign).await.unwrap_err()), Some(403));
    assert_eq!(code(hive.commands(foreign).await.unwrap_err()), Some(403));
    assert_eq!(code(hive.execute(foreign, NewCommand::new("x"), SOON).await.unwrap_err()), Some(403));
    assert_eq!(code(hive.user_list(UserList::default()).await.unwrap_err()), Some(403));
    assert_eq!(code(hive.network_get(rig.number("foreign_network_id")).await.unwrap_err()), Some(403));
    // Nobody at all.
    let (nobody, _events) = DeviceHive::connect(rig.mock.url()).await.unwrap();
    assert_eq!(code(nobody.device_get(foreign).await.unwrap_err()), Some(401));
    assert!(nobody.server_info().await.unwrap().api_version.is_some());
    let tokens = nobody.token(rig.text("login"), rig.text("password")).await.unwrap();
    assert_eq!(nobody.rest().access_token(), None);
    nobody.authenticate(tokens.access_token.expose().as_str()).await.unwrap();
    assert_eq!(nobody.rest().access_token(), Some(tokens.access_token));
    assert_eq!(nobody.device_get(foreign).await.unwrap().id.as_str(), foreign);
}

#[tokio::test]
async fn a_request_that_the_server_leaves_unanswered_times_out() {
    let rig = Rig::start().await;
    let (hive, _events) = rig.hive().reply_timeout(Duration::from_millis(50)).await.unwrap();
    let lost = hive.command_update(rig.text("device_id"), 12345, CommandChange::default()).await;
    assert_eq!(lost, Err(Error::TimedOut));
    hive.server_info().await.unwrap();
    // The documents promise an answer.
    let rig = Rig::with(|builder| builder.profile(Profile::Spec)).await;
    let (hive, _events) = rig.connect().await;
    let refused = hive.command_update(rig.text("device_id"), 12345, CommandChange::default()).await.unwrap_err();
    assert_eq!(refused.refusal().map(|refusal| refusal.code), Some(404));
}

#[tokio::test]
async fn every_message_has_its_method() {
    let rig = Rig::start().await;
    let (hive, _events) = rig.connect().await;
    let device = rig.text("device_id");
    // The server.
    assert_eq!(hive.server_info().await.unwrap().api_version.as_deref(), Some("4.1.0"));
    assert!(hive.server_cache_info().await.unwrap().cache_stats.is_some());
    assert!(hive.cluster_info().await.unwrap().bootstrap_servers.is_some());
    // The configuration.
    assert_eq!(hive.configuration_put("colour", "red").await.unwrap().name, "colour");
    assert_eq!(hive.configuration_get("colour").await.unwrap().value.as_deref(), Some("red"));
    hive.configuration_delete("colour").await.unwrap();
    // Networks and device types.
    let network = hive.network_insert(NamedChange::new("attic")).await.unwrap();
    hive.network_update(network, NamedChange { description: Some("up there".into()), ..NamedChange::default() })
        .await
        .unwrap();
    assert_eq!(hive.network_get(network).await.unwrap().description.as_deref(), Some("up there"));
    let networks =
        hive.network_list(NetworkList { name: Some("attic".into()), ..NetworkList::default() }).await.unwrap();
    assert_eq!((networks.len(), networks[0].id), (1, network));
    assert!(hive.network_count(Default::default()).await.unwrap() > 1);
    let kind = hive.device_type_insert(NamedChange::new("toaster")).await.unwrap();
    hive.device_type_update(kind, NamedChange::new("grill")).await.unwrap();
    assert_eq!(hive.device_type_get(kind).await.unwrap().name, "grill");
    assert!(hive.device_type_list(Default::default()).await.unwrap().iter().any(|one| one.id == kind));
    assert!(hive.device_type_count(Default::default()).await.unwrap() > 1);
    // Devices.
    let change = DeviceChange {
        name: Some("Toaster".into()),
        data: json(r#"{"slots":2}"#),
        network_id: Some(network),
        device_type_id: Some(kind),
        is_blocked: None,
    };
    hive.device_save("toaster-1", change).await.unwrap();
    assert_eq!(hive.device_get("toaster-1").await.unwrap().data, json(r#"{"slots":2}"#));
    let list = DeviceList {
        sort_field: Some("name".into()),
        sort_order: Some(SortOrder::Descending),
        ..DeviceList::default()
    };
    let devices = hive.device_list(list).await.unwrap();
    assert!(devices.is_sorted_by(|a, b| a.name >= b.name) && devices.len() > 2);
    assert_eq!(hive.device_count(Default::default()).await.unwrap(), devices.len() as i64);
    // Commands and notifications.
    let receipt = hive.command_insert(device, NewCommand::new("on")).await.unwrap();
    let change = CommandChange { status: Some("done".into()), result: None };
    hive.command_update(device, receipt.id, change).await.unwrap();
    let command = hive.command_get(device, receipt.id).await.unwrap();
    assert_eq!((command.name.as_deref(), command.status.as_deref()), (Some("on"), Some("done")));
    let list = devicehive_client::message::CommandList::new(device);
    assert_eq!(hive.command_list(list).await.unwrap(), [command]);
    let receipt = hive.notification_insert(device, NewNotification::new("level")).await.unwrap();
    assert_eq!(hive.notification_get(device, receipt.id).await.unwrap().name.as_deref(), Some("level"));
    let list = devicehive_client::message::NotificationList::new(device);
    assert_eq!(hive.notification_list(list).await.unwrap().len(), 1);
    // Users.
    let user = UserChange {
        login: Some("zoe".into()),
        role: Some(1),
        password: Some(Secret::new("zoe-password".into())),
        all_device_types_available: Some(false),
        ..UserChange::default()
    };
    let zoe = hive.user_insert(user).await.unwrap().id;
    hive.user_update(zoe, UserChange { data: json(r#"{"tel":1}"#), ..UserChange::default() }).await.unwrap();
    hive.user_assign_network(zoe, network).await.unwrap();
    assert_eq!(hive.user_get_network(zoe, network).await.unwrap().name, "attic");
    hive.user_assign_device_type(zoe, kind).await.unwrap();
    assert_eq!(hive.user_get_device_type(zoe, kind).await.unwrap().name, "grill");
    assert_eq!(hive.user_get_device_types(zoe).await.unwrap().len(), 1);
    let user = hive.user_get(zoe).await.unwrap();
    assert_eq!((user.data, user.networks.unwrap().len()), (json(r#"{"tel":1}"#), 1));
    hive.user_unassign_device_type(zoe, kind).await.unwrap();
    hive.user_unassign_network(zoe, network).await.unwrap();
    hive.user_allow_all_device_types(zoe).await.unwrap();
    hive.user_disallow_all_device_types(zoe).await.unwrap();
    let users = hive.user_list(UserList { login: Some("zoe".into()), ..UserList::default() }).await.unwrap();
    assert_eq!((users.len(), users[0].id), (1, zoe));
    assert!(hive.user_count(Default::default()).await.unwrap() > 1);
    hive.user_update_current(UserChange { data: json("{}"), ..UserChange::default() }).await.unwrap();
    assert_eq!(hive.user_get_current().await.unwrap().data, json("{}"));
    // Tokens.
    let mut payload = TokenRequest::new(zoe);
    payload.actions = Some(vec![Grant::One(Permission::GetNetwork)]);
    let tokens = hive.token_create(payload).await.unwrap();
    assert_eq!(TokenPayload::read(tokens.access_token.expose()).unwrap().actions, Some(vec![2]));
    let refreshed = hive.token_refresh(tokens.refresh_token.unwrap().into_exposed()).await.unwrap();
    assert_eq!(TokenPayload::read(refreshed.access_token.expose()).unwrap().user_id, zoe);
    hive.token("zoe", "zoe-password").await.unwrap();
    // The end of all that.
    hive.user_delete(zoe).await.unwrap();
    hive.device_delete("toaster-1").await.unwrap();
    hive.device_type_delete(kind, true).await.unwrap();
    hive.network_delete(network, false).await.unwrap();
    // One that nobody knows.
    let other = devicehive_client::message::OtherRequest::new("plugin/list", []);
    let refused = hive.send(devicehive_client::message::Request::Other(other)).await.unwrap_err();
    assert_eq!(refused.refusal().unwrap().error.as_deref(), Some("Illegal argument: plugin/list"));
}

#[tokio::test]
async fn over_tls_only_those_are_trusted_who_are_named() {
    let rig = Rig::with(|builder| builder.tls(Tls::new())).await;
    let refused = rig.hive().await.map(drop).unwrap_err();
    assert!(matches!(refused, ConnectError::Unreachable(_)), "{refused}");
    let trust = Trust::only(rig.mock.ca().unwrap()).unwrap();
    let (hive, _events) = rig.hive().trust(trust.clone()).await.unwrap();
    hive.server_info().await.unwrap();
    // The REST service of a server behind TLS says ws:// (dossier 9); that is no reason to send anything in the open.
    let rest = DeviceHive::connect(rig.mock.rest_url()).with_login(rig.text("login"), rig.text("password"));
    let (hive, _events) = rest.trust(trust).await.unwrap();
    hive.server_info().await.unwrap();
}

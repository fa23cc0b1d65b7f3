//! A session with a clock, and a server whose every word is chosen.

use devicehive_proto::session::{
    CommandError, Credentials, DeviceHiveSession, Event, Filter, Refusal, Reply, SessionCommand, SessionConfig,
};
use devicehive_proto::{Datetime, TokenKey, TokenKind, TokenPayload};
use dummyload_session::{Action, Endpoint, Input, MatchedBy, Outcome, RequestToken, Session, SessionEvent, Timestamp};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::time::Duration;

/// What time it is on the server when the clock of the tests is zero.
pub(super) const EPOCH: i64 = 1_700_000_000_000;
pub(super) const LAMP: &str = "lamp-1";

/// Half an hour, as access tokens live.
pub(super) const HALF_AN_HOUR: i64 = 1_800_000;

/// A token that ends so many milliseconds after [`EPOCH`].
pub(super) fn token(name: &str, kind: TokenKind, end: i64) -> String {
    let payload =
        TokenPayload::access(7, Datetime::from_millis(EPOCH)).with_kind(kind, Datetime::from_millis(EPOCH + end));
    format!("{}secret-{name}", TokenKey::new("devicehive").sign(&payload))
}

pub(super) fn access(name: &str) -> String {
    token(name, TokenKind::Access, HALF_AN_HOUR)
}

pub(super) fn refresh(name: &str) -> String {
    token(name, TokenKind::Refresh, i64::from(u32::MAX))
}

/// A time of the server's.
pub(super) fn at(ms: i64) -> String {
    Datetime::from_millis(EPOCH + ms).to_string()
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A session with a clock; all that it wants and says is collected, for reading.
pub(super) struct Rig {
    pub(super) session: DeviceHiveSession,
    pub(super) now: Timestamp,
    /// The number of the last subscription, and of the last command.
    pub(super) numbers: i64,
}

impl Rig {
    pub(super) fn config(credentials: Credentials) -> SessionConfig {
        let url = "ws://127.0.0.1:4103/dh/websocket";
        SessionConfig::new(Endpoint::new(url.into(), url.into()), credentials)
    }

    pub(super) fn of(config: SessionConfig) -> Self {
        let mut rig = Self { session: DeviceHiveSession::new(config), now: Timestamp::ZERO, numbers: 0 };
        rig.session.start(rig.now);
        rig.connects();
        rig
    }

    /// With an access token.
    pub(super) fn new() -> Self {
        Self::of(Self::config(Credentials::token(access("one"))))
    }

    pub(super) fn ready() -> Self {
        let mut rig = Self::new();
        rig.opens();
        rig
    }

    /// Opens the socket and lets the session in by its access token.
    pub(super) fn opens(&mut self) {
        self.input(Input::Connected);
        self.tells_time();
        let authenticate = self.receives("authenticate");
        self.accepts(&authenticate, json!({}));
        assert_eq!(self.events(), [Event::Ready]);
    }

    pub(super) fn loses_connection(&mut self) {
        self.input(Input::Lost);
        let events = self.events();
        assert!(events.iter().any(|event| matches!(event, Event::Disconnected { .. })), "{events:?}");
        self.after(secs(60));
        self.connects();
    }

    pub(super) fn connects(&mut self) {
        match self.actions().as_slice() {
            [Action::Connect(_)] => {}
            other => panic!("{other:?}"),
        }
    }

    /// Answers the question for the time.
    pub(super) fn tells_time(&mut self) {
        let info = self.receives("server/info");
        self.accepts(
            &info,
            json!({"info": {"apiVersion": "4.1.0", "serverTimestamp": self.time(), "restServerUrl": "x"}}),
        );
    }

    /// The server's time.
    pub(super) fn time(&self) -> String {
        at(self.millis())
    }

    pub(super) fn millis(&self) -> i64 {
        i64::try_from(self.now.since_epoch().as_millis()).unwrap()
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(self.now, input);
    }

    pub(super) fn hears(&mut self, text: &str) {
        self.input(Input::Text(Cow::Borrowed(text)));
    }

    pub(super) fn accepts(&mut self, request: &Value, with: Value) {
        let mut reply = json!({"action": request["action"], "requestId": request["requestId"], "status": "success"});
        reply.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        self.hears(&reply.to_string());
    }

    pub(super) fn refuses(&mut self, request: &Value, code: i64, error: &str) {
        let mut reply = json!({"action": request["action"], "requestId": request["requestId"]});
        reply
            .as_object_mut()
            .unwrap()
            .extend(json!({"code": code, "status": "error", "error": error}).as_object().unwrap().clone());
        self.hears(&reply.to_string());
    }

    pub(super) fn ask(&mut self, command: SessionCommand) -> RequestToken {
        self.session.command(self.now, command).unwrap()
    }

    pub(super) fn ask_in_vain(&mut self, command: SessionCommand) -> CommandError {
        self.session.command(self.now, command).unwrap_err()
    }

    /// Subscribes; the server agrees. Gives back the name and the number.
    pub(super) fn subscribes(&mut self, filter: Filter) -> (RequestToken, i64) {
        let name = self.ask(SessionCommand::Subscribe(filter));
        let request = self.sent();
        let number = self.grants(&request);
        assert_eq!(self.outcomes(), [done(Reply::Subscribed { subscription: name, id: number })]);
        (name, number)
    }

    /// Agrees to a subscription.
    pub(super) fn grants(&mut self, request: &Value) -> i64 {
        self.numbers += 1;
        let number = (EPOCH + self.millis()) * 1000 + self.numbers % 1000;
        self.accepts(request, json!({"subscriptionId": number}));
        number
    }

    pub(super) fn after(&mut self, by: Duration) {
        let target = self.now + by;
        while let Some(deadline) = self.session.poll_deadline().filter(|deadline| deadline.at <= target) {
            self.now = deadline.at;
            self.session.handle_deadline(self.now);
        }
        self.now = target;
        self.session.handle_deadline(self.now);
    }

    pub(super) fn actions(&mut self) -> Vec<Action> {
        std::iter::from_fn(|| self.session.poll_action()).collect()
    }

    /// All texts that go out, but no pings.
    pub(super) fn texts(&mut self) -> Vec<Value> {
        let actions = self.actions().into_iter();
        let text = |action| match action {
            Action::SendText(text) => Some(serde_json::from_str(&text).unwrap()),
            Action::SendPing => None,
            other => panic!("{other:?}"),
        };
        actions.filter_map(text).collect()
    }

    /// The one text that goes out.
    pub(super) fn sent(&mut self) -> Value {
        match self.texts().as_slice() {
            [text] => text.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// The next text that goes out.
    pub(super) fn receives(&mut self, action: &str) -> Value {
        loop {
            match self.session.poll_action() {
                Some(Action::SendPing) => {}
                Some(Action::SendText(text)) => {
                    let text: Value = serde_json::from_str(&text).unwrap();
                    assert_eq!(text["action"], action, "{text}");
                    return text;
                }
                other => panic!("{action}: {other:?}"),
            }
        }
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        let notice = |event| match event {
            SessionEvent::Notice(event) => event,
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| self.session.poll_event()).map(notice).collect()
    }

    pub(super) fn outcomes(&mut self) -> Vec<Outcome<Reply, Refusal>> {
        let finished = |event: SessionEvent<DeviceHiveSession>| match event {
            SessionEvent::Finished { outcome, .. } => Some(outcome),
            _ => None,
        };
        std::iter::from_fn(|| self.session.poll_event()).filter_map(finished).collect()
    }

    /// The numbers of the items that events bring.
    pub(super) fn items(&mut self) -> Vec<i64> {
        self.events().iter().filter_map(item).collect()
    }
}

/// The number of the item that an event brings.
pub(super) fn item(event: &Event) -> Option<i64> {
    match event {
        Event::Command { command, .. } | Event::Update { command, .. } => Some(command.id),
        Event::Notification { notification, .. } => Some(notification.id),
        _ => None,
    }
}

pub(super) fn done(reply: Reply) -> Outcome<Reply, Refusal> {
    Outcome::Done { reply, matched: MatchedBy::Id }
}

pub(super) fn refused(code: i64, error: &str) -> Outcome<Reply, Refusal> {
    Outcome::Refused { refusal: Refusal::new(code, error), matched: MatchedBy::Id }
}

/// A command of the lamp's, updated then.
pub(super) fn command(id: i64, made: i64, updated: i64, status: Option<&str>) -> Value {
    json!({
        "id": id, "command": "on", "timestamp": at(made), "lastUpdated": at(updated), "userId": 1, "deviceId": LAMP,
        "networkId": 1, "deviceTypeId": 1, "parameters": {"x": 1}, "lifetime": null, "status": status, "result": null
    })
}

pub(super) fn insertion(number: i64, id: i64, made: i64) -> String {
    json!({"action": "command/insert", "command": command(id, made, made, None), "subscriptionId": number}).to_string()
}

pub(super) fn update(number: i64, id: i64, made: i64, updated: i64, status: &str) -> String {
    let command = command(id, made, updated, Some(status));
    json!({"action": "command/update", "command": command, "subscriptionId": number}).to_string()
}

pub(super) fn notification(number: i64, id: i64, made: i64) -> String {
    let notification = json!({
        "id": id, "notification": "temp", "deviceId": LAMP, "networkId": 1, "deviceTypeId": 1, "timestamp": at(made),
        "parameters": null
    });
    json!({"action": "notification/insert", "notification": notification, "subscriptionId": number}).to_string()
}

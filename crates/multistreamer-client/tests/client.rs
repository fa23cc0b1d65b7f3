//! The client against the mock, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use futures_util::StreamExt;
use multistreamer_client::{
    AccountId, ApiError, BackoffPolicy, Chat, ChatKind, Closed, CommandError, ConnectError, Disconnect, Error, Event,
    Events, HttpError, Multistreamer, Piece, StreamId, Trust, User,
};
use multistreamer_mock::{
    Direction, Fault, FaultKind, MultistreamerMock, MultistreamerMockBuilder, Options, Profile, Query, Tls,
};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);
const IRC: AccountId = AccountId::IRC;

/// A mock, and its demo world's names and numbers.
struct Rig {
    mock: MultistreamerMock,
    demo: Value,
}

impl Rig {
    async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    async fn with(change: impl FnOnce(MultistreamerMockBuilder) -> MultistreamerMockBuilder) -> Self {
        let mock = change(MultistreamerMock::builder().seed(7).virtual_clock()).start().await.unwrap();
        let demo = mock.demo();
        Self { mock, demo }
    }

    fn text(&self, name: &str) -> &str {
        self.demo[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.demo))
    }

    fn account(&self, name: &str) -> AccountId {
        AccountId(self.demo[name].as_i64().unwrap())
    }

    fn stream(&self) -> StreamId {
        StreamId(self.demo["stream_id"].as_i64().unwrap())
    }

    fn server(&self) -> Multistreamer {
        Multistreamer::at(&self.mock.ws_url().replacen("ws", "http", 1))
    }

    /// Logs in; the prefix names a user of the demo world.
    async fn user(&self, prefix: &str) -> User {
        let member = |name| self.text(&format!("{prefix}{name}")).to_owned();
        self.server().login(&member("username"), &member("password")).await.unwrap()
    }

    /// Opens the chat of the demo world's stream.
    async fn chat(&self, prefix: &str) -> (Chat, Events) {
        let builder = self.user(prefix).await.chat(self.stream()).allow_posting();
        let quick = BackoffPolicy { initial: Duration::from_millis(20), ..BackoffPolicy::default() };
        builder.backoff(quick).connect().await.unwrap()
    }

    fn control(&self, verb: &str, body: Value) {
        self.mock.control(verb, &body).unwrap();
    }

    fn live(&self, on: bool) {
        self.control(if on { "go-live" } else { "end" }, json!({"stream_id": self.stream().0}));
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

/// The next line that says this.
async fn heard(events: &mut Events, text: &str) -> multistreamer_client::ChatMessage<'static> {
    match until(events, |event| matches!(event, Event::Chat(line) if line.text.as_deref() == Some(text))).await {
        Event::Chat(line) => *line,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_logs_in_looks_around_and_talks() {
    let rig = Rig::start().await;
    let john = rig.user("").await;
    assert_eq!(john.profile().await.unwrap().user.username, rig.text("username"));
    assert!(john.users().await.unwrap().iter().any(|user| user.username == rig.text("guest_username")));
    let streams = john.streams().await.unwrap();
    let stream = streams.iter().find(|stream| stream.id == rig.stream()).unwrap();
    assert_eq!((stream.name.as_str(), stream.live), (rig.text("stream_name"), false));
    assert_eq!(john.stream(rig.stream()).await.unwrap().accounts, stream.accounts);
    assert!(john.accounts().await.unwrap().iter().any(|account| account.id == rig.account("account_id")));
    assert_eq!(john.account(rig.account("account_id")).await.unwrap().network, "twitch");
    // A token from an earlier login does as well.
    let again = rig.server().with_token(john.token().expose().as_str());
    assert_eq!(again.profile().await.unwrap().user.id, john.profile().await.unwrap().user.id);

    let ((john, mut told), (guest, mut guest_told)) = tokio::join!(rig.chat(""), rig.chat("guest_"));
    let said = john.say_internally("hello *there*, see http://a.b").await.unwrap();
    assert_eq!((said.kind, said.stream_id, said.account_id), (ChatKind::Text, Some(rig.stream()), Some(IRC)));
    let line = heard(&mut guest_told, "hello *there*, see http://a.b").await;
    assert_eq!(line.from.as_ref().unwrap().name.as_deref(), Some(rig.text("username")));
    let [Piece::Text(text), Piece::Link { url, .. }] = &line.pieces()[..] else { panic!("{line:?}") };
    assert_eq!((&**text, *url), ("hello *there*, see ", "http://a.b"));
    assert_eq!(guest.emote(IRC, IRC, "waves").await.unwrap().kind, ChatKind::Emote);
    assert_eq!(heard(&mut told, "waves").await.kind, ChatKind::Emote);
    // To one only, who hears it on any stream.
    let whispered = guest.whisper(rig.text("username"), "psst").await.unwrap();
    assert!(whispered.is_private() && whispered.stream_id.is_none());
    assert_eq!(heard(&mut told, "psst").await.to.unwrap().name.as_deref(), Some(rig.text("username")));
    assert_eq!(soon(john.close()).await, Closed::InGoodOrder);
    assert!(soon(told.next()).await.is_some_and(|event| matches!(event, Ok(Event::Ended))));
    assert!(soon(told.next()).await.is_none());
}

#[tokio::test]
async fn an_account_writes_when_the_stream_is_live_and_its_writer_is_there() {
    let rig = Rig::start().await;
    let (own, other) = (rig.account("account_id"), rig.account("other_account_id"));
    let user = rig.user("").await;
    let (chat, mut events) = rig.chat("").await;
    assert_eq!(chat.say(own, own, "early").await, Err(Error::NotTried(CommandError::UnknownAccount(own))));
    assert_eq!(chat.want_writer(other, own).await, Ok(false), "that has to wait");
    let status = user.set_live(rig.stream(), true).await.unwrap();
    assert!(status.pushing);
    let live = until(&mut events, |event| matches!(event, Event::Status(status) if status.status.pushing)).await;
    let Event::Status(live) = live else { panic!("{live:?}") };
    assert!(live.accounts.unwrap().by_id[&own].live);
    let made = until(&mut events, |event| matches!(event, Event::CanWrite { .. })).await;
    assert_eq!(made, Event::CanWrite { account: other, target: own });
    // The demo world's viewers are counted, and with the minutes.
    rig.mock.advance(Duration::from_secs(60));
    let count = until(&mut events, |event| matches!(event, Event::ViewCount(_))).await;
    assert!(matches!(count, Event::ViewCount(count) if count.account_id == Some(own) && count.viewers == Some(3)));

    // The account that streams has no number in its echo; another one comes back as anybody's line.
    let said = chat.say(own, own, "from the stream").await.unwrap();
    assert_eq!((said.from.unwrap().id, said.account_id), (None, Some(own)));
    let said = chat.say(other, own, "/me waves").await.unwrap();
    assert_eq!((said.kind, said.account_id), (ChatKind::Emote, Some(own)));
    assert!(said.from.unwrap().id.is_some());
    // Somebody on the network says something with a picture in it.
    rig.control("chat", json!({"account_id": own.0, "nick": "viewer1", "text": "hi Kappa"}));
    let line = heard(&mut events, "hi Kappa").await;
    assert!(matches!(&line.pieces()[..], [Piece::Text(_), Piece::Emote { code, .. }] if code == "Kappa"), "{line:?}");

    assert!(!user.set_live(rig.stream(), false).await.unwrap().pushing);
    until(&mut events, |event| matches!(event, Event::StreamEnded)).await;
    assert_eq!(chat.can_say(other, own).await, Err(Error::NotTried(CommandError::UnknownAccount(other))));
    assert_eq!(chat.can_say(IRC, IRC).await, Ok(()));
    // In the next life of the stream the writer is made again.
    rig.live(true);
    soon(chat.wait_for_writer(other, own, SOON)).await.unwrap();
    assert_eq!(chat.can_say(other, own).await, Ok(()));
    chat.forget_writer(other, own).await.unwrap();
}

#[tokio::test]
async fn a_writer_is_waited_for() {
    let mut options = Options::default();
    options.writer_delay = 3000;
    let rig = Rig::with(|builder| builder.options(options)).await;
    let (own, other) = (rig.account("account_id"), rig.account("other_account_id"));
    let (chat, _events) = rig.chat("").await;
    let waiting = tokio::spawn({
        let chat = chat.clone();
        async move { chat.wait_for_writer(other, own, SOON).await }
    });
    rig.live(true);
    rig.seen(Query::received().containing("writer"), 1).await;
    assert_eq!(chat.can_say(other, own).await, Err(Error::NotTried(CommandError::NoWriter)));
    assert!(!waiting.is_finished());
    rig.mock.advance(Duration::from_secs(3));
    soon(waiting).await.unwrap().unwrap();
    chat.say(other, own, "at last").await.unwrap();
    // One that never comes: the account is on a network without a chat.
    assert_eq!(chat.wait_for_writer(AccountId(18), own, Duration::from_millis(20)).await, Err(Error::TimedOut));
}

#[tokio::test]
async fn a_chat_goes_on_after_a_lost_connection() {
    let rig = Rig::start().await;
    let (own, other) = (rig.account("account_id"), rig.account("other_account_id"));
    rig.live(true);
    let (chat, events) = rig.chat("").await;
    let mut events = Box::pin(events);
    assert_eq!(chat.want_writer(other, own).await, Ok(true));
    rig.mock.fault(Fault::new(Direction::In, FaultKind::Cut).containing("into the dark").times(1)).unwrap();
    assert_eq!(chat.say_internally("into the dark").await, Err(Error::Lost { sent: true }));
    // The same as a stream.
    loop {
        match soon(StreamExt::next(&mut events)).await.unwrap().unwrap() {
            Event::Disconnected { why: Disconnect::Lost, .. } => break,
            Event::Disconnected { why, .. } => panic!("{why}"),
            _ => {}
        }
    }
    // What is wanted is there again, and nothing was said twice.
    until(&mut events, |event| matches!(event, Event::Ready)).await;
    soon(chat.wait_for_writer(other, own, SOON)).await.unwrap();
    chat.say(other, own, "and back").await.unwrap();
    rig.mock.verify(&Query::received().containing("into the dark"), 1).unwrap();
    // The server says goodbye without a reason.
    rig.control("redis-loss", json!({}));
    let gone = until(&mut events, |event| matches!(event, Event::Disconnected { .. })).await;
    assert!(matches!(gone, Event::Disconnected { why: Disconnect::Closed { code: None }, .. }), "{gone:?}");
    until(&mut events, |event| matches!(event, Event::Ready)).await;
    // While nobody is connected nothing goes out.
    rig.mock.fault(Fault::new(Direction::Handshake, FaultKind::Refuse { status: 503 })).unwrap();
    rig.control("redis-loss", json!({}));
    until(&mut events, |event| matches!(event, Event::Disconnected { .. })).await;
    assert_eq!(chat.say_internally("hello?").await, Err(Error::NotTried(CommandError::NotConnected)));
}

#[tokio::test]
async fn a_token_that_is_no_longer_taken_ends_the_chat() {
    let rig = Rig::start().await;
    let (chat, mut events) = rig.chat("guest_").await;
    rig.control("new-token", json!({"user": rig.text("guest_username")}));
    // An open socket goes on; the next one is refused.
    chat.say_internally("still here").await.unwrap();
    rig.control("redis-loss", json!({}));
    let refused = until(&mut events, |event| matches!(event, Event::Refused { .. })).await;
    assert_eq!(refused, Event::Refused { status: 403 });
    assert!(soon(events.next()).await.is_none());
    assert_eq!(chat.say_internally("anybody?").await, Err(Error::Ended));
}

#[tokio::test]
async fn silence_is_told_as_what_it_is() {
    let mut options = Options::default();
    options.mute_writers = true;
    let rig = Rig::with(|builder| builder.options(options)).await;
    let own = rig.account("account_id");
    rig.live(true);
    let builder = rig.user("").await.chat(rig.stream()).echo_timeout(Duration::from_millis(50));
    let (chat, _events) = builder.clone().allow_posting().connect().await.unwrap();
    let lost = chat.whisper("nosuchuser", "hello?").await.unwrap_err();
    assert_eq!(lost, Error::TimedOut);
    assert_eq!(lost.to_string(), "nothing came back in time; the server does not say why");
    assert_eq!(chat.say(own, own, "into nothing").await, Err(Error::TimedOut));
    assert!(chat.status().await.unwrap().status.pushing, "the chat goes on");
    // Nobody posts by accident.
    let (chat, _events) = builder.connect().await.unwrap();
    assert_eq!(chat.say(own, own, "to everybody").await, Err(Error::NotTried(CommandError::NotAllowed)));
    rig.mock.verify(&Query::received().containing("to everybody"), 0).unwrap();
}

#[tokio::test]
async fn whoever_may_not_is_told_so_with_the_next_step() {
    let rig = Rig::start().await;
    let wrong = rig.server().login(rig.text("username"), "wrong").await.unwrap_err();
    assert_eq!(wrong, ApiError::Service(HttpError::Unauthorized));
    assert_eq!(wrong.to_string(), "name, password or token are not valid (HTTP status 401)");
    let unknown = rig.server().with_token("ABC");
    assert_eq!(unknown.streams().await, Err(ApiError::Service(HttpError::Unauthorized)));
    for user in [unknown, rig.user("stranger_").await] {
        let refused = user.chat(rig.stream()).connect().await.map(drop).unwrap_err();
        assert_eq!(refused, ConnectError::Refused { status: 403 });
        assert!(refused.to_string().ends_with("log in again, and look which streams there are"), "{refused}");
    }
    let refused = rig.user("reader_").await.set_live(rig.stream(), true).await.unwrap_err();
    assert!(matches!(refused, ApiError::Service(HttpError::Refused { status: 400, .. })), "{refused}");
    let user = rig.user("").await;
    let nobody = Multistreamer::at("http://127.0.0.1:1").with_token(user.token().expose().as_str());
    assert!(matches!(nobody.profile().await, Err(ApiError::Http(_))));
    let unreachable = nobody.chat(rig.stream()).connect().await.map(drop).unwrap_err();
    assert!(matches!(unreachable, ConnectError::Unreachable(Disconnect::Connect(_))), "{unreachable}");
    // No secret is in what could be printed.
    let printed = format!("{user:?} {:?}", user.chat(rig.stream()));
    assert!(!printed.contains(rig.text("token")), "{printed}");
}

#[tokio::test]
async fn what_is_injected_and_what_is_strange_arrives_as_it_is() {
    let rig = Rig::start().await;
    let (chat, mut events) = rig.chat("").await;
    let mut line = multistreamer_client::ChatMessage::new(ChatKind::Text);
    line.text = Some("from another service".into());
    line.network = Some("elsewhere".into());
    let message = multistreamer_client::ServerMessage::Chat(line);
    rig.user("").await.inject(rig.stream(), message).await.unwrap();
    let line = heard(&mut events, "from another service").await;
    assert_eq!((line.network.as_deref(), line.from.is_none()), (Some("elsewhere"), true));
    for (form, wanted) in [("no-type", "Other"), ("unknown-type", "Other"), ("not-json", "Unrecognised")] {
        rig.control("strange", json!({"form": form, "stream_id": rig.stream().0}));
        until(&mut events, |event| format!("{event:?}").starts_with(wanted)).await;
    }
    chat.say_internally("still here").await.unwrap();
}

#[tokio::test]
async fn what_comes_before_the_first_status_is_not_lost() {
    let rig = Rig::start().await;
    let late = Fault::new(Direction::Out, FaultKind::Reorder).containing(r#""type":"status""#).times(1);
    rig.mock.fault(late).unwrap();
    let user = rig.user("").await;
    let connecting = tokio::spawn(user.chat(rig.stream()).connect());
    rig.seen(Query::received().containing("status"), 1).await;
    let mut line = multistreamer_client::ChatMessage::new(ChatKind::Text);
    line.text = Some("early".into());
    user.inject(rig.stream(), multistreamer_client::ServerMessage::Chat(line)).await.unwrap();
    let (_chat, mut events) = soon(connecting).await.unwrap().unwrap();
    heard(&mut events, "early").await;
    until(&mut events, |event| matches!(event, Event::Status(_))).await;
}

#[tokio::test]
async fn a_server_that_keeps_to_the_documents_is_followed_as_well() {
    let rig = Rig::with(|builder| builder.profile(Profile::Spec)).await;
    let (own, other) = (rig.account("account_id"), rig.account("other_account_id"));
    rig.live(true);
    let (chat, mut events) = rig.chat("").await;
    soon(chat.wait_for_writer(other, own, SOON)).await.unwrap();
    chat.say(other, own, "hello").await.unwrap();
    rig.live(false);
    until(&mut events, |event| matches!(event, Event::StreamEnded)).await;
}

#[tokio::test]
async fn behind_a_prefix_and_tls_only_those_are_trusted_who_are_named() {
    let mut options = Options::default();
    options.http_prefix = "/multistreamer".to_owned();
    let rig = Rig::with(|builder| builder.options(options).tls(Tls::new())).await;
    let server = Multistreamer::at(&format!("{}/multistreamer/", rig.mock.ws_url().replacen("ws", "http", 1)));
    let (name, password) = (rig.text("username"), rig.text("password"));
    assert!(matches!(server.login(name, password).await, Err(ApiError::Http(_))));
    let server = server.trust(Trust::only(rig.mock.ca().unwrap()).unwrap());
    let user = server.login(name, password).await.unwrap();
    let (chat, _events) = user.chat(rig.stream()).connect().await.unwrap();
    chat.say_internally("safe and sound").await.unwrap();
}

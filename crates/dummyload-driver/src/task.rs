//! The task that owns a session and its socket. It decides nothing: what to do and when is the session's business.

use crate::Trust;
use crate::connect::{Socket, connect};
use crate::events::{EventSink, Events, events};
use crate::handle::{Ask, Handle};
use dummyload_session::{
    Action, CloseInfo, ConnectFailure, Endpoint, Input, OutcomeOf, RequestToken, Session, SessionEvent, Timestamp,
};
use futures_util::{SinkExt, StreamExt};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// Bounds of one driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How long opening a WebSocket may take: name, TCP, TLS and handshake together.
    pub connect_time: Duration,
    /// How long a peer may refuse to take bytes before the connection counts as lost.
    pub write_time: Duration,
    /// The largest message taken in, in bytes.
    pub max_message: usize,
    /// Commands that wait for the task; further callers wait.
    pub commands: usize,
    /// Events that wait for their reader; further ones are lost and counted.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_time: Duration::from_secs(10),
            write_time: Duration::from_secs(10),
            max_message: 4 * 1024 * 1024,
            commands: 64,
            events: 1024,
        }
    }
}

/// Starts a session. Must be called on a tokio runtime. The task ends when the session has ended: after
/// [`Handle::close`], after the last handle was dropped, or when the session gives up.
pub fn spawn<S>(session: S, limits: Limits, trust: &Trust) -> (Handle<S>, Events<S::Event>)
where
    S: Session + Send + 'static,
    S::Command: Send,
    S::CommandError: Send,
    S::Reply: Send,
    S::Refusal: Send,
    S::Event: Send,
{
    let (asks, inbox) = mpsc::channel(limits.commands.max(1));
    let (sink, events) = events(limits.events);
    let task = Task {
        session,
        limits,
        trust: trust.clone(),
        epoch: Instant::now(),
        link: Link::None,
        unflushed: false,
        waiting: BTreeMap::new(),
        sink,
        closers: Vec::new(),
    };
    let task = tokio::spawn(task.run(inbox));
    (Handle::new(asks, task.abort_handle()), events)
}

/// How long a peer has to take the last bytes and to close its side.
const LAST_WORDS: Duration = Duration::from_secs(2);

type Connecting = Pin<Box<dyn Future<Output = Result<Socket, ConnectFailure>> + Send>>;

enum Link {
    None,
    Connecting(Connecting),
    Open(Box<Socket>),
    /// A close frame has come; the answer to it still goes out.
    Leaving(Box<Socket>),
}

struct Task<S: Session> {
    session: S,
    limits: Limits,
    trust: Trust,
    /// The session's time is counted from here.
    epoch: Instant,
    link: Link,
    unflushed: bool,
    waiting: BTreeMap<RequestToken, oneshot::Sender<OutcomeOf<S>>>,
    sink: EventSink<S::Event>,
    closers: Vec<oneshot::Sender<()>>,
}

/// What wakes the task.
enum Woken<S: Session> {
    Asked(Option<Ask<S>>),
    Linked(Linked),
    Due,
}

enum Linked {
    Opened(Box<Socket>),
    Failed(ConnectFailure),
    Received(Message),
    Ended,
    Left,
}

impl<S: Session> Task<S> {
    async fn run(mut self, mut inbox: mpsc::Receiver<Ask<S>>) {
        self.session.start(self.now());
        let mut abandoned = false;
        loop {
            self.settle().await;
            if self.session.is_terminated() {
                break;
            }
            let deadline = self.session.poll_deadline().map(|deadline| deadline.at);
            let woken = tokio::select! {
                asked = inbox.recv(), if !abandoned => Woken::Asked(asked),
                linked = next(&mut self.link) => Woken::Linked(linked),
                () = sleep_until(self.epoch, deadline) => Woken::Due,
            };
            let now = self.now();
            match woken {
                Woken::Asked(Some(Ask::Command { command, accepted })) => self.command(now, command, accepted),
                Woken::Asked(Some(Ask::Shutdown(closer))) => {
                    self.closers.push(closer);
                    self.session.shutdown(now);
                }
                Woken::Asked(None) => {
                    abandoned = true;
                    self.session.shutdown(now);
                }
                Woken::Linked(linked) => self.linked(now, linked),
                Woken::Due => self.session.handle_deadline(now),
            }
        }
        if let Link::Open(mut socket) | Link::Leaving(mut socket) = std::mem::replace(&mut self.link, Link::None) {
            let _ = tokio::time::timeout(LAST_WORDS, leave(&mut socket)).await;
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::new(self.epoch.elapsed())
    }

    fn command(&mut self, now: Timestamp, command: S::Command, accepted: oneshot::Sender<crate::handle::Accepted<S>>) {
        let taken = self.session.command(now, command).map(|token| {
            let (sender, outcome) = oneshot::channel();
            self.waiting.insert(token, sender);
            (token, outcome)
        });
        // A caller that has gone away has given up its interest; the request goes on.
        let _ = accepted.send(taken);
    }

    fn linked(&mut self, now: Timestamp, linked: Linked) {
        let input = match linked {
            Linked::Opened(socket) => {
                self.link = Link::Open(socket);
                Input::Connected
            }
            Linked::Failed(failure) => {
                self.link = Link::None;
                Input::ConnectFailed(failure)
            }
            Linked::Received(Message::Text(text)) => {
                tracing::trace!(target: "dummyload::wire", "< {}", self.session.shown(&text));
                return self.session.handle_input(now, Input::Text(Cow::Borrowed(&text)));
            }
            Linked::Received(Message::Binary(bytes)) => {
                return self.session.handle_input(now, Input::Binary(Cow::Borrowed(&bytes)));
            }
            Linked::Received(Message::Pong(_)) => Input::Pong,
            Linked::Received(Message::Close(frame)) => {
                if let Link::Open(socket) = std::mem::replace(&mut self.link, Link::None) {
                    self.link = Link::Leaving(socket);
                }
                let info = frame.map(|frame| (Some(u16::from(frame.code)), frame.reason.as_str().to_owned()));
                let (code, reason) = info.unwrap_or_default();
                Input::Closed(CloseInfo { code, reason })
            }
            // The library has queued the pong.
            Linked::Received(Message::Ping(_) | Message::Frame(_)) => {
                self.unflushed = true;
                return;
            }
            Linked::Ended => {
                self.link = Link::None;
                Input::Lost
            }
            Linked::Left => {
                self.link = Link::None;
                return;
            }
        };
        self.session.handle_input(now, input);
    }

    /// Does what the session asks for, until it asks for nothing more; then sends everything at once.
    async fn settle(&mut self) {
        loop {
            while let Some(action) = self.session.poll_action() {
                self.act(action).await;
            }
            while let Some(event) = self.session.poll_event() {
                match event {
                    SessionEvent::Notice(event) => self.sink.push(event),
                    SessionEvent::Finished { token, outcome } => {
                        if let Some(waiting) = self.waiting.remove(&token) {
                            let _ = waiting.send(outcome);
                        }
                    }
                }
            }
            if !std::mem::take(&mut self.unflushed) || self.write(None).await {
                return;
            }
            // The flush has failed, and the session has more to say about that.
        }
    }

    async fn act(&mut self, action: Action) {
        match action {
            Action::Connect(endpoint) => self.connect(endpoint),
            Action::SendText(text) => {
                tracing::trace!(target: "dummyload::wire", "> {}", self.session.shown(&text));
                self.write(Some(Message::text(text))).await;
            }
            Action::SendPing => {
                self.write(Some(Message::Ping(Bytes::new()))).await;
            }
            Action::Close { code, reason } => {
                let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                self.write(Some(Message::Close(Some(frame)))).await;
            }
        }
    }

    fn connect(&mut self, endpoint: Endpoint) {
        tracing::debug!("connecting to {endpoint}");
        self.link = Link::Connecting(Box::pin(connect(endpoint, self.limits, self.trust.clone())));
    }

    /// Writes a message into the buffer, or flushes the buffer; whether the connection has survived it.
    async fn write(&mut self, message: Option<Message>) -> bool {
        let Link::Open(socket) = &mut self.link else { return true };
        self.unflushed = message.is_some();
        let writing = async {
            match message {
                Some(message) => socket.feed(message).await,
                None => socket.flush().await,
            }
        };
        if matches!(tokio::time::timeout(self.limits.write_time, writing).await, Ok(Ok(()))) {
            return true;
        }
        self.unflushed = false;
        self.link = Link::None;
        self.session.handle_input(self.now(), Input::Lost);
        false
    }
}

/// What the link has to tell next; waits for ever if there is none.
async fn next(link: &mut Link) -> Linked {
    match link {
        Link::None => pending().await,
        Link::Connecting(connecting) => match connecting.await {
            Ok(socket) => Linked::Opened(Box::new(socket)),
            Err(failure) => Linked::Failed(failure),
        },
        Link::Open(socket) => match socket.next().await {
            Some(Ok(message)) => Linked::Received(message),
            Some(Err(error)) => {
                tracing::debug!("the connection has ended: {error}");
                Linked::Ended
            }
            None => Linked::Ended,
        },
        Link::Leaving(socket) => {
            leave(socket).await;
            Linked::Left
        }
    }
}

/// Sends what is left to be sent, and reads on until the peer has closed its side: a socket dropped with unread bytes
/// would take the last bytes of this side with it.
async fn leave(socket: &mut Socket) {
    let _ = socket.flush().await;
    while let Some(Ok(_)) = socket.next().await {}
}

async fn sleep_until(epoch: Instant, deadline: Option<Timestamp>) {
    // A deadline beyond what the clock can tell never comes.
    match deadline.and_then(|at| epoch.checked_add(at.since_epoch())) {
        Some(at) => tokio::time::sleep_until(at).await,
        None => pending().await,
    }
}

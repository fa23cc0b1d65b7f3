//! A small world to test the host with: a chat room that repeats what it hears, with a tick every ten seconds.

use dummyload_host::{
    Admission, CallId, ControlError, Cx, Gone, HttpRequest, HttpResponse, Manners, Message, Mock, MockBuilder, PeerId,
    Problem, ProblemKind, Seed, World,
};
use dummyload_session::{Deadline, Timestamp};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Default)]
pub(crate) struct Room {
    manners: Arc<Manners>,
    peers: BTreeSet<PeerId>,
    waiting: Vec<CallId>,
    next_tick: Option<Timestamp>,
    heard: u64,
}

impl Room {
    pub(crate) fn with(manners: Manners) -> Box<Self> {
        Box::new(Self { manners: Arc::new(manners), ..Self::default() })
    }
}

const TICK: Duration = Duration::from_secs(10);

impl World for Room {
    fn websocket_versions(&self) -> &'static [&'static str] {
        &["13", "8"]
    }

    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        if request.query_value("key").as_deref() != Some("sesame") {
            return Admission::Refuse(HttpResponse::text(401, "wrong key"));
        }
        self.peers.insert(peer);
        self.next_tick.get_or_insert(cx.now() + TICK);
        Admission::accept(&self.manners, "guest")
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        let Message::Text(text) = message else { return };
        self.heard += 1;
        match text {
            "bye" => cx.close(peer, Some(4001), "as you wish"),
            "vanish" => cx.cut(peer),
            "flood" => (0..200).for_each(|n| cx.send(peer, format!("{n} {}", "x".repeat(65_536)))),
            "odd" => cx.problem(peer, Problem::new(ProblemKind::Tolerated, "odd-word", "test", "an odd word")),
            _ => {
                let id = cx.ids().hex(4);
                cx.record(peer, "said", json!({"text": text, "id": id}));
                cx.send_to_all(self.peers.iter().copied(), text);
                for call in self.waiting.drain(..) {
                    cx.respond(call, HttpResponse::text(200, text));
                }
            }
        }
    }

    fn gone(&mut self, _: &mut Cx<'_>, peer: PeerId, _: Gone) {
        self.peers.remove(&peer);
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        match request.path.as_str() {
            "/next" => self.waiting.push(call),
            _ => cx.respond(call, HttpResponse::text(404, "nothing here")),
        }
    }

    fn hung_up(&mut self, cx: &mut Cx<'_>, call: CallId) {
        self.waiting.retain(|waiting| *waiting != call);
        cx.record(call, "hung up", Value::Null);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        self.next_tick = Some(cx.now() + TICK);
        cx.send_to_all(self.peers.iter().copied(), "tick");
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.next_tick.map(|at| Deadline { at, why: "tick" })
    }

    fn control(&mut self, _: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError> {
        match verb {
            "echo" => Ok(body.clone()),
            other => Err(ControlError::NotFound(format!("no verb {other}"))),
        }
    }

    fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        &[("echo", "gives back the body")]
    }

    fn reset(&mut self, _: Seed, _: Timestamp) {
        self.peers.clear();
        self.waiting.clear();
        self.next_tick = None;
        self.heard = 0;
    }

    fn snapshot(&self, _: Timestamp) -> Value {
        json!({"heard": self.heard, "key": "sesame"})
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["key"]
    }
}

pub(crate) async fn start() -> Mock {
    MockBuilder::default().virtual_clock().seed(7).start(Room::with(Manners::default())).await.unwrap()
}

pub(crate) async fn connect(mock: &Mock) -> Socket {
    tokio_tungstenite::connect_async(format!("{}/?key=sesame", mock.url())).await.unwrap().0
}

pub(crate) async fn say(socket: &mut Socket, text: &str) {
    socket.send(Frame::text(text)).await.unwrap();
}

/// The next frame as text, or how the connection ended.
pub(crate) async fn hear(socket: &mut Socket) -> String {
    match tokio::time::timeout(Duration::from_secs(5), socket.next()).await.expect("a frame within 5 s") {
        Some(Ok(Frame::Text(text))) => text.to_string(),
        Some(Ok(Frame::Close(Some(frame)))) => format!("close {} {}", u16::from(frame.code), frame.reason),
        Some(Ok(other)) => format!("{other:?}"),
        Some(Err(tungstenite::Error::ConnectionClosed)) | None => "end".to_owned(),
        Some(Err(e)) => format!("cut: {e}"),
    }
}

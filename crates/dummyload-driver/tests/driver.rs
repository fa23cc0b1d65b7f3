//! The driver between a session of the simplest kind and a server made by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use dummyload_driver::{CallError, Closed, Http, HttpFailure, Limits, Trust, spawn};
use dummyload_session::{
    Action, CloseInfo, ConnectFailure, Deadline, Endpoint, Input, MatchedBy, Outcome, RequestTable, RequestToken,
    Secret, Session, SessionEvent, Timestamp,
};
use futures_util::{SinkExt, StreamExt};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};

/// Sends lines and takes the next line for the answer; tells everything else as text.
#[derive(Default)]
struct Lines {
    url: String,
    requests: RequestTable<()>,
    actions: VecDeque<Action>,
    events: VecDeque<SessionEvent<Self>>,
    ended: bool,
}

impl Lines {
    fn at(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.events.push_back(SessionEvent::Notice(what.into()));
    }

    fn finish(&mut self, outcome: Outcome<String, Infallible>) {
        let oldest = self.requests.iter().next().map(|(token, _)| token);
        match oldest {
            Some(token) => {
                self.requests.remove(token);
                self.events.push_back(SessionEvent::Finished { token, outcome });
            }
            None => self.tell(format!("{outcome:?}")),
        }
    }
}

impl Session for Lines {
    type Command = String;
    type CommandError = Infallible;
    type Reply = String;
    type Refusal = Infallible;
    type Event = String;

    fn start(&mut self, _: Timestamp) {
        self.actions.push_back(Action::Connect(Endpoint::new(self.url.clone(), "there".into())));
    }

    fn handle_input(&mut self, _: Timestamp, input: Input<'_>) {
        match input {
            Input::Connected => self.tell("connected"),
            Input::Text(text) => {
                let reply = text.into_owned();
                self.finish(Outcome::Done { reply, matched: MatchedBy::Order });
            }
            Input::Closed(CloseInfo { code, reason }) => {
                self.tell(format!("closed {code:?} {reason}"));
                self.ended = true;
            }
            Input::Lost => {
                self.tell("lost");
                self.ended = true;
            }
            other => self.tell(format!("{other:?}")),
        }
    }

    fn handle_deadline(&mut self, now: Timestamp) {
        while let Some((token, ())) = self.requests.pop_expired(now) {
            self.events.push_back(SessionEvent::Finished { token, outcome: Outcome::TimedOut });
        }
    }

    fn command(&mut self, now: Timestamp, line: String) -> Result<RequestToken, Infallible> {
        if line == "ping" {
            self.actions.push_back(Action::SendPing);
        } else {
            self.actions.push_back(Action::SendText(line));
        }
        Ok(self.requests.insert(now + Duration::from_secs(5), ()))
    }

    fn shutdown(&mut self, _: Timestamp) {
        self.actions.push_back(Action::Close { code: 1000, reason: "bye".into() });
    }

    fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn poll_event(&mut self) -> Option<SessionEvent<Self>> {
        self.events.pop_front()
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.requests.poll_deadline()
    }

    fn is_terminated(&self) -> bool {
        self.ended
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/?key=opensecret", listener.local_addr().unwrap());
    (listener, url)
}

async fn accept(listener: &TcpListener) -> WebSocketStream<TcpStream> {
    accept_async(listener.accept().await.unwrap().0).await.unwrap()
}

#[tokio::test]
async fn requests_go_out_and_outcomes_come_back() {
    let (listener, url) = listen().await;
    let server = async {
        let mut socket = accept(&listener).await;
        while let Some(Ok(message)) = socket.next().await {
            match message {
                Message::Text(text) => socket.send(Message::text(text.to_uppercase())).await.unwrap(),
                Message::Close(frame) => {
                    while socket.next().await.is_some() {} // the answer goes out with the reading
                    return frame;
                }
                _ => {}
            }
        }
        panic!("no close frame came");
    };
    let client = async {
        let (handle, mut events) = spawn(Lines::at(&url), Limits::default(), &Trust::default());
        assert_eq!(events.next().await, Some(Ok("connected".to_owned())));
        let (a, b) = tokio::join!(handle.call("a".into()), handle.call("b".into()));
        assert_eq!((a.unwrap(), b.unwrap()), ("A".to_owned(), "B".to_owned()));
        let reserved = handle.reserve().await.unwrap();
        assert_eq!(reserved.send("c".into()).await.unwrap(), "C");
        assert_eq!(handle.close(Duration::from_secs(5)).await, Closed::InGoodOrder);
        assert_eq!(events.next().await, Some(Ok("closed Some(1000) bye".to_owned())));
        assert_eq!(events.next().await, None);
    };
    let (frame, ()) = tokio::join!(server, client);
    let frame = frame.unwrap();
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1000, "bye"));
}

#[tokio::test]
async fn the_ends_of_a_connection_are_told_apart() {
    let (listener, url) = listen().await;
    let closing = async {
        let mut socket = accept(&listener).await;
        let frame = CloseFrame { code: CloseCode::from(4401), reason: "expired".into() };
        socket.close(Some(frame)).await.unwrap();
        // The answer to the close frame arrives as well.
        assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
        drop(socket);
        drop(accept(&listener).await);
        let mut socket = accept(&listener).await;
        socket.send(Message::Ping(Bytes::from_static(b"x"))).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Pong(_)))));
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
        socket.send(Message::binary(vec![1, 2])).await.unwrap();
        assert!(matches!(socket.next().await, None | Some(Err(_) | Ok(Message::Close(_)))));
    };
    let client = async {
        for end in ["closed Some(4401) expired", "lost"] {
            let (_handle, mut events) = spawn(Lines::at(&url), Limits::default(), &Trust::default());
            assert_eq!(events.next().await.unwrap().unwrap(), "connected");
            assert_eq!(events.next().await.unwrap().unwrap(), end);
            assert_eq!(events.next().await, None);
        }
        let (handle, mut events) = spawn(Lines::at(&url), Limits::default(), &Trust::default());
        assert_eq!(events.next().await.unwrap().unwrap(), "connected");
        let asked = tokio::spawn({
            let handle = handle.clone();
            async move { handle.call("ping".into()).await }
        });
        let mut seen = [events.next().await.unwrap().unwrap(), events.next().await.unwrap().unwrap()];
        seen.sort();
        assert_eq!(seen, ["Binary([1, 2])", "Pong"]);
        // The last handle but for a weak one: the session is shut down, and whoever waits is told.
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        let weak = handle.downgrade();
        assert!(weak.upgrade().is_some());
        drop(handle);
        assert!(weak.upgrade().is_none());
        while events.next().await.is_some() {}
    };
    tokio::join!(closing, client);
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_explained_without_its_secret() {
    let (listener, url) = listen().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        let _ = socket.read(&mut head).await.unwrap();
        let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 9\r\n\r\nwrong key";
        socket.write_all(answer.as_bytes()).await.unwrap();
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"SSH-2.0-OpenSSH\r\n").await.unwrap();
    };
    let client = async {
        let first = |url: String, limits| async move {
            let (_handle, mut events) = spawn(Lines::at(&url), limits, &Trust::default());
            events.next().await.unwrap().unwrap()
        };
        let refused = ConnectFailure::Refused { status: 401, body: "wrong key".into() };
        assert_eq!(first(url.clone(), Limits::default()).await, format!("{:?}", Input::ConnectFailed(refused)));
        let mut told = vec![first(url.clone(), Limits::default()).await];
        // A port that was free a moment ago.
        let (closed, nobody) = listen().await;
        drop(closed);
        told.push(first(nobody, Limits::default()).await);
        told.push(first("ws://[::1/?key=opensecret".into(), Limits::default()).await);
        told.push(first("http://127.0.0.1/?key=opensecret".into(), Limits::default()).await);
        for text in told {
            assert!(text.contains("Unreachable") && !text.contains("opensecret"), "{text}");
        }
    };
    tokio::join!(server, client);
}

#[tokio::test(start_paused = true)]
async fn time_passes_for_the_session() {
    // A listener that never answers the handshake: the connect ends by time, and so does the request.
    let (_listener, url) = listen().await;
    let mut limits = Limits::default();
    limits.connect_time = Duration::from_secs(3);
    let (handle, mut events) = spawn(Lines::at(&url), limits, &Trust::default());
    let started = tokio::time::Instant::now();
    let pending = handle.begin("nobody hears this".into()).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap(), "ConnectFailed(TimedOut)");
    assert_eq!(started.elapsed().as_secs(), 3);
    assert!(matches!(pending.outcome().await, Err(CallError::TimedOut)));
    assert_eq!(started.elapsed().as_secs(), 5);
    // This session does not end when it is asked to: it is cut off.
    assert_eq!(handle.close(Duration::from_secs(1)).await, Closed::CutOff);
}

#[tokio::test]
async fn http_calls_bring_whole_answers_or_say_why_not() {
    let (listener, _) = listen().await;
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = async {
        for body in ["hello", "far too long for the bound that the caller has set"] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 2048];
            let read = socket.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
            assert!(head.starts_with("post /x?y=z http/1.1\r\n") && head.contains("\r\nx-key: k\r\n"), "{head}");
            let answer =
                format!("HTTP/1.1 203 Fine\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    let client = async {
        let http = Http::new(Duration::from_secs(5), 10, &Trust::default());
        let url = Secret::new(format!("{base}/x?y=z"));
        let headers = [("X-Key", Secret::new("k".to_owned()))];
        let answer = http.send("POST", &url, &headers, Some("{}".into())).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (203, &b"hello"[..]));
        assert_eq!(http.send("POST", &url, &headers, None).await, Err(HttpFailure::Body));
        for (method, url, header) in
            [("G T", url.expose().as_str(), "x"), ("GET", "not an address", "x"), ("GET", &base, "b\n")]
        {
            let headers = [("X-Key", Secret::new(header.to_owned()))];
            let failure = http.send(method, &Secret::new(url.to_owned()), &headers, None).await.unwrap_err();
            assert!(matches!(failure, HttpFailure::Request(_)), "{failure}");
        }
    };
    tokio::join!(server, client);
}

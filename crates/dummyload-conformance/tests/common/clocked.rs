//! A mock with a control plane, made by hand: its time stands still until it is told to move.

use crate::common::listen;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// `{"in":MS,"say":..}` is said so much later, on all connections.
#[derive(Default)]
pub(crate) struct Clocked {
    now: u64,
    due: Vec<(u64, String)>,
    peers: Vec<mpsc::UnboundedSender<String>>,
    pub(crate) resets: usize,
}

impl Clocked {
    fn advance(&mut self, by: u64) {
        self.now += by;
        self.due.sort();
        while self.due.first().is_some_and(|(at, _)| *at <= self.now) {
            let (_, text) = self.due.remove(0);
            self.peers.retain(|peer| peer.send(text.clone()).is_ok());
        }
    }

    /// WebSocket address, control plane address.
    pub(crate) async fn start() -> (Arc<Mutex<Self>>, String, String) {
        let state = Arc::new(Mutex::new(Self::default()));
        let (sockets, control) = (Arc::clone(&state), Arc::clone(&state));
        let sockets = listen(move |stream| speak(Arc::clone(&sockets), stream)).await;
        let control = listen(move |stream| steer(Arc::clone(&control), stream)).await;
        (state, sockets, control)
    }
}

async fn speak(state: Arc<Mutex<Clocked>>, stream: TcpStream) {
    let Ok(mut peer) = accept_async(stream).await else { return };
    let (say, mut said) = mpsc::unbounded_channel();
    state.lock().unwrap().peers.push(say);
    loop {
        tokio::select! {
            // What is to be said goes out before the next ping is answered, as with a real mock.
            biased;
            Some(text) = said.recv() => if peer.send(Message::text(text)).await.is_err() { return },
            message = peer.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let order: Value = serde_json::from_str(&text).unwrap_or_default();
                    let mut state = state.lock().unwrap();
                    let at = state.now + order["in"].as_u64().unwrap_or_default();
                    state.due.push((at, order["say"].to_string()));
                    state.advance(0);
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}

async fn steer(state: Arc<Mutex<Clocked>>, mut stream: TcpStream) {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    // The requests of the suite are small and come in one or two pieces; the body ends with a brace, or there is none.
    while !(request.contains("\r\n\r\n") && (request.starts_with("GET") || request.ends_with('}'))) {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => request.push_str(&String::from_utf8_lossy(&buffer[..n])),
            _ => return,
        }
    }
    let body: Value = serde_json::from_str(request.rsplit("\r\n\r\n").next().unwrap()).unwrap_or_default();
    let answer = {
        let mut state = state.lock().unwrap();
        if request.starts_with("POST /reset") {
            (state.now, state.resets) = (0, state.resets + 1);
            state.due.clear();
            state.peers.clear();
        } else if request.starts_with("POST /clock/advance") {
            state.advance(body["by"].as_u64().unwrap());
        }
        let next = state.due.iter().map(|(at, _)| *at).min();
        json!({"now": state.now as f64 / 1e3, "next": next.map(|at| json!({"at": at as f64 / 1e3}))}).to_string()
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
    let _ = stream.write_all((head + &answer).as_bytes()).await;
}

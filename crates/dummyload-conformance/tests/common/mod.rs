//! Small servers made by hand, good and bad, and cases to judge them by.

use dummyload_conformance::{Filter, Report, RunOptions, Suite, Target, TextOptions};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::future::Future;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// Listens on a free port and serves every connection.
pub(crate) async fn listen<F, S>(serve: S) -> String
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream) -> F + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address.to_string()
}

/// A server of WebSockets that answers each text message as `answer` says.
pub(crate) async fn answering(answer: fn(&str) -> Vec<Message>) -> String {
    listen(move |stream| async move {
        let Ok(mut peer) = accept_async(stream).await else { return };
        while let Some(Ok(message)) = peer.next().await {
            if let Message::Text(text) = message {
                for reply in answer(&text) {
                    let _ = peer.send(reply).await;
                }
            }
        }
    })
    .await
}

/// A mock with a control plane and a time of its own: `{"in":MS,"say":..}` is said so much later, on all connections.
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

/// The suite of `tests/fixtures/room` with these cases, each a name and the steps.
pub(crate) fn suite(cases: &[(&str, &str)]) -> Suite {
    let head = "title = \"It answers\"\nlevel = \"must\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\nsource = \"rules\"\n";
    let mut files = vec![
        ("room/target.toml".to_owned(), include_str!("../fixtures/room/target.toml").to_owned()),
        ("room/sections.toml".to_owned(), include_str!("../fixtures/room/sections.toml").to_owned()),
    ];
    for (name, steps) in cases {
        files.push((format!("room/cases/{name}.toml"), format!("{head}{steps}")));
    }
    Suite::load(files).unwrap_or_else(|errors| panic!("\n{errors}"))
}

pub(crate) fn target(address: &str) -> Target {
    Target::new(&format!("ws://{address}")).unwrap().variable("key", "s3cr/et")
}

/// Runs all cases, and gives the report without what differs from run to run.
pub(crate) async fn report(suite: &Suite, target: &Target, options: &RunOptions) -> (Report, String) {
    let cases = suite.select(&Filter::default());
    let protocol = suite.protocol("room").unwrap();
    let run = dummyload_conformance::run(protocol, &cases, target, options, |_| {}).await.unwrap();
    let report = Report::new(vec![run], options.strict);
    let mut text = Vec::new();
    let mut shown = TextOptions::default();
    shown.verbosity = 1;
    report.write_text(&mut text, &shown).unwrap();
    let text = anstream::adapter::strip_str(std::str::from_utf8(&text).unwrap()).to_string();
    (report, steady(&text))
}

/// Addresses and times replaced.
pub(crate) fn steady(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let end = word.trim_end();
        let space = &word[end.len()..];
        match end {
            _ if end.contains("127.0.0.1:") => out.push_str("ws://ADDRESS"),
            _ if end.parse::<f64>().is_ok() && end.contains('.') => out.push('T'),
            _ => out.push_str(end),
        }
        out.push_str(space);
    }
    let mut lines: Vec<String> = Vec::new();
    for line in out.lines() {
        match line.find(", after ") {
            Some(at) => lines.push(line[..at].to_owned()),
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// The verdict of the only case, and the report.
pub(crate) async fn verdict(address: &str, steps: &str) -> (String, String) {
    let (report, text) = report(&suite(&[("a/case", steps)]), &target(address), &RunOptions::default()).await;
    (report.to_json()["runs"][0]["cases"][0]["verdict"].as_str().unwrap().to_owned(), text)
}

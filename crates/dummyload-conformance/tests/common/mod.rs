//! Small servers made by hand, good and bad, and cases to judge them by.

use dummyload_conformance::{Filter, Report, RunOptions, Suite, Target, TextOptions};
use futures_util::{SinkExt, StreamExt};
use std::future::Future;
use tokio::net::{TcpListener, TcpStream};
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

/// The suite of `tests/fixtures/room` with these cases, each a name and the steps.
pub(crate) fn suite(cases: &[(&str, &str)]) -> Suite {
    suite_with("", cases)
}

/// The same with this besides in `target.toml`.
pub(crate) fn suite_with(more: &str, cases: &[(&str, &str)]) -> Suite {
    let head = "title = \"It answers\"\nlevel = \"must\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\nsource = \"rules\"\n";
    let mut files = vec![
        ("room/target.toml".to_owned(), include_str!("../fixtures/room/target.toml").to_owned() + more),
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
    let report = Report::new(vec![run], options.bar);
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
            env!("CARGO_PKG_VERSION") => out.push_str("VERSION"),
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

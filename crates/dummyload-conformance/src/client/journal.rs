//! What a mock has seen, as its control plane tells it, followed while it happens.

use super::log::Log;
use crate::run::control::Control;
use crate::transcript::Direction;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long one question to the control plane may stay open.
const OPEN: Duration = Duration::from_secs(20);

/// How many entries may wait to be looked at.
const WAITING: usize = 4096;

/// The journal, from its first entry.
pub(super) struct Journal {
    entries: Vec<Value>,
    coming: mpsc::Receiver<Result<Value, String>>,
    /// The number of the last entry that a step has taken.
    at: u64,
    following: JoinHandle<()>,
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Journal {
    pub(super) fn follow(control: Control, log: Log) -> Self {
        let (sender, coming) = mpsc::channel(WAITING);
        let following = tokio::spawn(async move { follow(&control, &log, &sender).await });
        Self { entries: Vec::new(), coming, at: 0, following }
    }

    /// The first entry that no step has taken yet and that `fits`.
    pub(super) fn find(&self, mut fits: impl FnMut(&Value) -> bool) -> Option<&Value> {
        self.rest().find(|entry| fits(entry))
    }

    /// The entries behind the last one that a step has taken.
    pub(super) fn rest(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter().filter(|entry| number(entry) > self.at)
    }

    /// Every entry so far.
    pub(super) fn all(&self) -> &[Value] {
        &self.entries
    }

    /// The next step looks on behind this entry.
    pub(super) fn take(&mut self, number: u64) {
        self.at = number;
    }

    /// Waits until there is one entry more.
    ///
    /// # Errors
    /// When the control plane does not tell any more.
    pub(super) async fn more(&mut self) -> Result<(), String> {
        let entry = self.coming.recv().await.unwrap_or_else(|| Err("the journal has ended".into()))?;
        self.entries.push(entry);
        Ok(())
    }
}

pub(super) fn number(entry: &Value) -> u64 {
    entry["seq"].as_u64().unwrap_or_default()
}

async fn follow(control: &Control, log: &Log, to: &mpsc::Sender<Result<Value, String>>) {
    let mut since = 0;
    loop {
        let body = json!({"match": {}, "since": since, "count": 1, "within": OPEN.as_millis() as u64});
        let answer = control.exchange("POST", "/wait", body.to_string()).run().await;
        let entries = match answer {
            Ok(answer) if answer.status == 408 => continue,
            Ok(answer) if answer.status == 200 => serde_json::from_str(&answer.body).map_err(|e| e.to_string()),
            Ok(answer) => Err(format!("{} {}", answer.status, answer.body)),
            Err(why) => Err(why),
        };
        let entries: Value = match entries {
            Ok(entries) => entries,
            Err(why) => {
                let _ = to.send(Err(format!("the control plane does not tell its journal: {why}"))).await;
                return;
            }
        };
        for entry in entries["entries"].as_array().into_iter().flatten() {
            since = since.max(number(entry));
            note(log, entry);
            if to.send(Ok(entry.clone())).await.is_err() {
                return;
            }
        }
    }
}

/// Writes an entry into the transcript, as seen from the mock's side.
fn note(log: &Log, entry: &Value) {
    let conn = match (entry["conn"].as_u64(), entry["call"].as_u64()) {
        (Some(conn), _) => format!("#{conn}"),
        (_, Some(call)) => format!("call {call}"),
        _ => "mock".into(),
    };
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let direction =
        if entry["kind"] == "sent" || entry["kind"] == "response" { Direction::Sent } else { Direction::Received };
    let (kind, text) = match entry["kind"].as_str().unwrap_or_default() {
        "opened" => ("open", text("target")),
        "refused" => ("refused", format!("{} {}", entry["status"], text("target"))),
        "gone" => ("gone", entry["why"].to_string()),
        "request" => ("http", format!("{} {} {}", text("method"), text("target"), text("body")).trim_end().to_owned()),
        "response" => ("http", format!("{} {}", entry["status"], text("body")).trim_end().to_owned()),
        "problem" => ("problem", format!("{}: {}", text("code"), text("problem"))),
        "fault" => ("fault", format!("{} {}", text("fault"), text("text")).trim_end().to_owned()),
        "received" | "sent" => match frame(entry) {
            Some(frame) => frame,
            None => return,
        },
        // What happens in the simulated world is not between the two.
        _ => return,
    };
    log.note(&conn, direction, kind, text);
}

fn frame(entry: &Value) -> Option<(&'static str, String)> {
    let of = |name: &str| entry[name].as_str().map(str::to_owned);
    let kinds = ["text", "binary", "ping", "pong", "not_utf8"];
    let found = kinds.into_iter().find_map(|kind| Some((kind, of(kind)?)));
    found.or_else(|| entry.get("close").map(|close| ("close", close.to_string())))
}

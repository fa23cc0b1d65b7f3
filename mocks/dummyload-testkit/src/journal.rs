//! The journal of a mock, in short.

use dummyload_host::{Mock, Query};
use serde_json::Value;

/// What happened in the world, oldest first: topic and details.
pub fn events(mock: &Mock) -> Vec<(String, Value)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    of_kind(mock, "event").map(|entry| (word(&entry["topic"]), entry["details"].clone())).collect()
}

/// All problems, oldest first, each as what was done about it and its code: `tolerated spacing`.
pub fn problems(mock: &Mock) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    of_kind(mock, "problem").map(|entry| format!("{} {}", word(&entry["reaction"]), word(&entry["code"]))).collect()
}

fn of_kind(mock: &Mock, kind: &'static str) -> impl Iterator<Item = Value> {
    mock.journal(&Query::any()).into_iter().filter(move |entry| entry["kind"] == kind)
}

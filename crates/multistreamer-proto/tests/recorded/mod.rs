//! The recordings of the real server (`fixtures/multistreamer/captures`), for the tests that hold the codec to them.
#![allow(dead_code, reason = "each test uses a part of it")]

use serde_json::Value;
use std::fs;
use std::path::Path;

/// A whole text frame.
pub(crate) struct Frame {
    pub(crate) place: String,
    pub(crate) sent: bool,
    pub(crate) text: String,
}

/// A request to the JSON API with the answer to it.
pub(crate) struct Exchange {
    pub(crate) place: String,
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// All scenarios: names and lines.
fn scenarios() -> Vec<(String, Vec<Value>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/multistreamer/captures/server-12.3");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| fs::read_to_string(path).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    files.iter().map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(path))).collect()
}

/// The text frames that went as one frame and are text; of broken ones the record holds bytes.
pub(crate) fn frames() -> Vec<Frame> {
    let mut frames = Vec::new();
    for (name, lines) in scenarios() {
        for (at, line) in lines.iter().enumerate() {
            let sent = match line["dir"].as_str() {
                Some("send") => true,
                Some("recv") => false,
                _ => continue,
            };
            if let (None, Some(text)) = (line.get("op"), line["text"].as_str()) {
                frames.push(Frame { place: format!("{name}:{}", at + 1), sent, text: text.to_owned() });
            }
        }
    }
    frames
}

/// All calls of the JSON API whose answers are recorded whole.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for (name, lines) in scenarios() {
        let mut asked = None;
        for (at, line) in lines.iter().enumerate() {
            match line["dir"].as_str() {
                Some("http-req") => asked = Some(line),
                Some("http-res") => {
                    let (Some(request), Some(status)) = (asked.take(), line["status"].as_u64()) else { continue };
                    let body = line["body"].as_str().unwrap_or_default().to_owned();
                    let place = format!("{name}:{}", at + 1);
                    exchanges.push(Exchange { place, request: request.clone(), status: status as u16, body });
                }
                _ => {}
            }
        }
    }
    exchanges
}

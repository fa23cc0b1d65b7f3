//! What had been done on a recorded server before a recording began, and is seen in it.

use super::recording::{Scenario, Setup};
use super::time;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// The content of a `before.toml`, described in `docs/replay.md`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    #[serde(default)]
    before: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The recordings that show it.
    scenarios: Vec<String>,
    /// Only in the folder of this name.
    folder: Option<String>,
    /// How it is known; for readers only.
    #[serde(rename = "source")]
    _source: String,
    #[serde(flatten)]
    done: Done,
}

/// Calls that were made before a recording began.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Done {
    /// When, by the server's clock; in milliseconds since 1970.
    #[serde(deserialize_with = "at")]
    pub(super) at: i64,
    pub(super) setup: Vec<Setup>,
}

fn at<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || D::Error::custom(format!("`at` is {text:?}; write it as 2026-11-22T02:38:15.552"));
    time::parse(&text).ok_or_else(wrong)
}

impl Before {
    /// Reads a `before.toml`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())
    }

    /// The same, for the recordings in a folder of this name.
    #[must_use]
    pub fn for_folder(mut self, name: &str) -> Self {
        self.before.retain(|entry| entry.folder.as_ref().is_none_or(|folder| folder == name));
        self
    }

    /// The scenarios that it names.
    pub fn scenarios(&self) -> impl Iterator<Item = &str> {
        self.before.iter().flat_map(|entry| &entry.scenarios).map(String::as_str)
    }
}

impl Scenario {
    /// The same, begun where this had been done before.
    #[must_use]
    pub fn after(mut self, before: &Before) -> Self {
        let meant = before.before.iter().filter(|entry| entry.scenarios.contains(&self.name));
        self.before = meant.map(|entry| entry.done.clone()).collect();
        self.before.sort_by_key(|done| done.at);
        self
    }

    /// How long before this time of its beginning the first of it was done, in milliseconds.
    pub(super) fn lead(&self, clock: Option<i64>) -> i64 {
        let first = self.before.first().map(|done| done.at);
        first.zip(clock).map_or(0, |(first, clock)| (clock - first).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_comes_first() {
        let text = r#"
            [[before]]
            scenarios = ["a", "b"]
            source = "seen in b"
            at = "1970-01-01T00:00:00.600"
            setup = [{ method = "DELETE", path = "/x" }]
            [[before]]
            scenarios = ["a"]
            folder = "f"
            source = "seen in a"
            at = "1970-01-01T00:00:00.400"
            setup = [{ method = "PUT", path = "/x", body = { v = 1 } }]
        "#;
        let before = Before::parse(text).unwrap();
        assert_eq!(before.scenarios().collect::<Vec<_>>(), ["a", "b", "a"]);
        let scenario = |name: &str, before: &Before| {
            let line = r#"{"t":0,"conn":"-","dir":"ctl","text":"x","clock":1000}"#;
            Scenario::parse(name, line).unwrap().after(before)
        };
        let at = |scenario: &Scenario| scenario.before.iter().map(|done| done.at).collect::<Vec<_>>();
        let lead = |scenario: &Scenario| scenario.lead(scenario.clock);
        let (a, b) = (scenario("a", &before), scenario("b", &before));
        assert_eq!((at(&a), lead(&a), at(&b)), (vec![400, 600], 600, vec![600]));
        assert_eq!(lead(&scenario("c", &before)), 0);
        assert_eq!(lead(&scenario("a", &before.for_folder("g"))), 400);
        let error = Before::parse(&text.replace("at = ", "ago = ")).unwrap_err();
        assert!(error.contains("`at`"), "{error}");
        let error = Before::parse(&text.replace("00:00:00.600", "soon")).unwrap_err();
        assert!(error.contains("write it as 2026-11-22T02:38:15.552"), "{error}");
    }
}

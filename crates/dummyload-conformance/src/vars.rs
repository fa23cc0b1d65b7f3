//! The values behind placeholders: given by the user, and captured from what was received.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Variables and captures by name. Debug output has names only, since values may be secret.
#[derive(Clone, Default)]
pub(crate) struct Vars {
    values: BTreeMap<String, Value>,
    secret: BTreeSet<String>,
}

impl std::fmt::Debug for Vars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Vars {
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// From now on the value under this name is cut out of all reports.
    pub(crate) fn mark_secret(&mut self, name: &str) {
        self.secret.insert(name.to_owned());
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The value as it stands in a text: strings without quotes, the rest as JSON.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        self.secret.iter().filter_map(|name| self.text(name))
    }
}

//! The networks that the server knows (dossier 4.8). What they need for going live is in the recordings for Twitch and rtmp, and
//! for the others as their modules in the server have it.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the server's module for a network can do.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) name: &'static str,
    /// The name for people.
    pub(crate) display_name: &'static str,
    /// Another name in old rows.
    alias: Option<&'static str>,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) counts: bool,
    /// Before the channel in `http_url`; `None`: what the account's owner has typed.
    watch: Option<&'static str>,
    /// Ids of people are numbers.
    pub(crate) numeric_people: bool,
    /// What the streaming account writes comes back from the server itself, and not from the network (dossier 4.5).
    pub(crate) echoes_itself: bool,
    /// What an emote becomes on this network.
    pub(crate) emote: Emote,
    fields: &'static [Field],
    /// What is said when one that is required is missing.
    missing: fn(key: &str) -> String,
}

/// What an emote becomes (dossier 4.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emote {
    /// It stays one.
    Kept,
    /// A text between asterisks.
    Starred,
}

/// Something that can be set for a stream.
#[derive(Debug)]
struct Field {
    key: &'static str,
    kind: &'static str,
    required: bool,
    search: Option<&'static str>,
}

const fn text(key: &'static str) -> Field {
    Field { key, kind: "text", required: true, search: None }
}

const fn area(key: &'static str, required: bool) -> Field {
    Field { key, kind: "textarea", required, search: None }
}

const fn select(key: &'static str, required: bool) -> Field {
    Field { key, kind: "select", required, search: None }
}

const GAME: Field = Field { key: "game", kind: "text", required: true, search: Some("/game") };

const ALL: &[Network] = &[
    Network {
        name: "twitch",
        display_name: "Twitch",
        alias: None,
        reads: true,
        writes: true,
        counts: true,
        watch: Some("https://twitch.tv/"),
        numeric_people: false,
        echoes_itself: true,
        emote: Emote::Kept,
        fields: &[text("title"), GAME],
        missing: |_| "Twitch: missing required settings".to_owned(),
    },
    Network {
        name: "youtube",
        display_name: "YouTube",
        alias: None,
        reads: true,
        writes: true,
        counts: true,
        watch: Some("https://youtu.be/"),
        numeric_people: false,
        echoes_itself: false,
        emote: Emote::Starred,
        fields: &[
            text("title"),
            area("description", true),
            area("tags", false),
            select("privacy", true),
            select("resolution", true),
            select("framerate", true),
            select("category", true),
            select("event", false),
        ],
        missing: |key| format!("YouTube: missing field \"{key}\""),
    },
    Network {
        name: "facebook",
        display_name: "Facebook",
        alias: None,
        reads: true,
        writes: false,
        counts: true,
        watch: Some("https://facebook.com/"),
        numeric_people: false,
        echoes_itself: false,
        emote: Emote::Kept,
        fields: &[text("title"), area("description", true), select("target", true), select("stream_type", true)],
        missing: |key| format!("Facebook: missing field \"{key}\""),
    },
    Network {
        name: "mixer",
        display_name: "Mixer",
        alias: Some("beam"),
        reads: true,
        writes: true,
        counts: true,
        watch: Some("https://mixer.com/"),
        numeric_people: true,
        echoes_itself: false,
        emote: Emote::Kept,
        fields: &[text("title"), GAME, select("audience", true)],
        missing: |key| format!("Beam: missing field \"{key}\""),
    },
    Network { name: "rtmp", display_name: "Custom RTMP", ..Network::NONE },
];

impl Network {
    /// What cannot do anything.
    pub(crate) const NONE: Self = Self {
        name: "",
        display_name: "",
        alias: None,
        reads: false,
        writes: false,
        counts: false,
        watch: None,
        numeric_people: false,
        echoes_itself: false,
        emote: Emote::Kept,
        fields: &[],
        missing: |_| String::new(),
    };

    /// The network of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|network| network.name == name || network.alias == Some(name))
    }

    /// All their names, for people.
    pub(crate) fn names() -> String {
        ALL.iter().map(|network| network.name).collect::<Vec<_>>().join(", ")
    }

    /// Where people watch a channel of it.
    pub(crate) fn watch_url(&self, channel: &str, typed: Option<&str>) -> Option<String> {
        match self.watch {
            Some(start) => Some(format!("{start}{channel}")),
            None => typed.map(str::to_owned),
        }
    }

    /// Whether a stream can go live with these settings.
    pub(crate) fn accepts(&self, settings: &BTreeMap<String, String>) -> Result<(), String> {
        match self.lacking(settings).next() {
            Some(key) => Err((self.missing)(key)),
            None => Ok(()),
        }
    }

    /// The required fields that are not there, or empty.
    pub(crate) fn lacking(&self, settings: &BTreeMap<String, String>) -> impl Iterator<Item = &'static str> {
        let is_there = |key: &str| settings.get(key).is_some_and(|value| !value.is_empty());
        self.fields.iter().filter(move |field| field.required && !is_there(field.key)).map(|field| field.key)
    }

    /// All that can be set. An edit has to give all of it, also what going live does not want (dossier 2).
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.key)
    }

    /// `metadata_fields` of an account within a stream; rtmp has none (dossier 2).
    pub(crate) fn metadata_fields(&self, settings: &BTreeMap<String, String>) -> Option<Value> {
        let field = |field: &Field| {
            let mut out = json!({"type": field.kind, "key": field.key, "required": field.required});
            if let Some(value) = settings.get(field.key) {
                out["value"] = json!(value);
            }
            if let Some(search) = field.search {
                out["search"] = json!(search);
            }
            out
        };
        (!self.fields.is_empty()).then(|| self.fields.iter().map(field).collect())
    }
}

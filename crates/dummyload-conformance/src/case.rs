//! What a case is: who connects, what is sent, what is expected, and how much that weighs.

use crate::choice::{Choice, by_name};
use crate::client::ClientVerb;
use crate::template::Template;
use crate::text::Text;
use crate::vars::Vars;
use crate::verdict::{Evidence, Level, Verdict, ceiling};
use std::time::Duration;

/// What a case may do to the world behind a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hazard {
    /// Nothing that lasts.
    None,
    /// It changes stored data.
    Mutates,
    /// Others can read what it sends.
    PublicPost,
    /// A known defect of a server may end it, or a part of it, until somebody starts it again.
    Breaks,
    /// It acts on a body, on hardware or on mains power.
    Physical,
}

impl Choice for Hazard {
    const ALL: &'static [(&'static str, Self)] = &[
        ("none", Self::None),
        ("mutates", Self::Mutates),
        ("public-post", Self::PublicPost),
        ("breaks", Self::Breaks),
        ("physical", Self::Physical),
    ];
}
by_name!(Hazard);

impl Hazard {
    pub(crate) fn danger(self) -> &'static str {
        match self {
            Self::None => "does nothing that lasts",
            Self::Mutates => "changes stored data",
            Self::PublicPost => "can be read by others",
            Self::Breaks => "may end the server or a part of it until somebody starts it again",
            Self::Physical => "acts on a body, on hardware or on mains power",
        }
    }
}

/// One case of the suite.
#[derive(Clone, Debug)]
pub struct Case {
    pub(crate) id: String,
    pub(crate) protocol: String,
    /// The file, as it was given to the loader.
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) grade: Grade,
    pub(crate) spec: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) needs: Vec<String>,
    pub(crate) hazard: Hazard,
    pub(crate) budget: Duration,
    /// What it does not speak of is passed over.
    pub(crate) asides: bool,
    pub(crate) conns: Vec<ConnSpec>,
    pub(crate) steps: Vec<Step>,
}

impl Case {
    /// The stable name: the path below the fixtures without `cases/` and `.toml`, as in `pishock/v2/ping/pong`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The protocol it belongs to.
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Its file, as it was given to the loader.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// One sentence: what it shows.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How much it demands.
    pub fn level(&self) -> Level {
        self.grade.level
    }

    /// Where its expectation comes from.
    pub fn evidence(&self) -> &[Evidence] {
        &self.grade.evidence
    }

    /// The section keys it covers, each with its protocol.
    pub fn spec(&self) -> &[String] {
        &self.spec
    }

    /// Its tags.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// What it may do to the world behind the server.
    pub fn hazard(&self) -> Hazard {
        self.hazard
    }

    /// Whether anything in it can bring more than a remark.
    pub(crate) fn can_fail(&self) -> bool {
        let weights = self.steps.iter().filter(|step| step.verb.expects()).flat_map(|step| match &step.verb {
            Verb::All(parts) => parts.iter().map(|(_, weight)| weight.within(&step.weight)).collect(),
            _ => vec![step.weight.clone()],
        });
        // The opening of its connections weighs what the case weighs.
        let mut grades = std::iter::once(self.grade.clone()).chain(weights.map(|weight| self.grade_of(&weight)));
        grades.any(|grade| grade.ceiling() == Verdict::Fail)
    }

    /// Whether it can only be played where there is a control plane.
    pub(crate) fn needs_control(&self) -> bool {
        let steers = |step: &Step| matches!(step.verb, Verb::Control(_) | Verb::Advance(_));
        self.needs.iter().any(|need| need == "control") || self.steps.iter().any(steers)
    }

    /// The id without protocol and last name: what reports group by.
    pub(crate) fn group(&self) -> &str {
        group(&self.protocol, &self.id)
    }

    /// Whether one of its placeholders stands for this text.
    pub(crate) fn speaks_of(&self, text: &str, vars: &Vars) -> bool {
        self.texts().any(|with_placeholders| with_placeholders.stands_for(text, vars))
    }

    /// Every text that may have placeholders.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let conns = self.conns.iter().flat_map(|conn| {
            std::iter::once(&conn.endpoint.path).chain(conn.endpoint.headers.iter().map(|(_, text)| text))
        });
        let steps = self.steps.iter().flat_map(|step| {
            let templates = step.templates().into_iter().flat_map(Template::texts);
            step.verb.texts().into_iter().chain(templates)
        });
        conns.chain(steps)
    }

    /// The grade of an expectation: its own, where it has one.
    pub(crate) fn grade_of(&self, weight: &Weight) -> Grade {
        let mut grade = self.grade.clone();
        grade.level = weight.level.unwrap_or(grade.level);
        if !weight.evidence.is_empty() {
            grade.evidence.clone_from(&weight.evidence);
        }
        if weight.source.is_some() {
            grade.source.clone_from(&weight.source);
        }
        grade
    }
}

/// An id without protocol and last name.
pub(crate) fn group<'a>(protocol: &str, id: &'a str) -> &'a str {
    let rest = id.strip_prefix(protocol).unwrap_or(id).trim_start_matches('/');
    rest.rsplit_once('/').map_or("", |(group, _)| group)
}

/// How much an expectation weighs, and why.
#[derive(Clone, Debug)]
pub(crate) struct Grade {
    pub(crate) level: Level,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
}

impl Grade {
    pub(crate) fn ceiling(&self) -> Verdict {
        ceiling(self.level, &self.evidence)
    }
}

/// One connection of a case.
#[derive(Clone, Debug)]
pub(crate) struct ConnSpec {
    pub(crate) name: String,
    pub(crate) endpoint: Endpoint,
    /// Opened before the first step.
    pub(crate) open: bool,
}

/// Where a connection goes: below the server's base URL.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) path: Text,
    pub(crate) headers: Vec<(String, Text)>,
}

/// One step, with the number of the line where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) verb: Verb,
    /// What may come before that which is awaited.
    pub(crate) skip: Option<Template>,
    pub(crate) weight: Weight,
    pub(crate) note: Option<String>,
}

impl Step {
    /// Every template in it.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        self.skip.iter().chain(self.verb.templates()).collect()
    }
}

/// What a step or a part of it says about its grade, over what the case says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Weight {
    pub(crate) level: Option<Level>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
}

impl Weight {
    /// What a part does not say, its step says.
    pub(crate) fn within(&self, step: &Self) -> Self {
        Self {
            level: self.level.or(step.level),
            evidence: if self.evidence.is_empty() { step.evidence.clone() } else { self.evidence.clone() },
            source: self.source.clone().or_else(|| step.source.clone()),
        }
    }
}

/// What a step does. Connections are numbers into [`Case::conns`].
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Send(usize, Sending),
    Receive(Receiving),
    Pong(usize, Text, Duration),
    All(Vec<(Receiving, Weight)>),
    AnyOf(Vec<Alternative>),
    Open(usize, Refusal),
    Reopen(usize),
    Shut(usize, u16),
    Http {
        service: String,
        call: Call,
    },
    /// A call whose answer a later step waits for, under this name.
    Ask {
        service: String,
        call: Call,
        name: String,
    },
    /// The answer to the call of this name.
    Answered(String, Wanted),
    Control(Call),
    Advance(Duration),
    /// Of a case for clients.
    Client(ClientVerb),
}

/// What is sent over a WebSocket.
#[derive(Clone, Debug)]
pub(crate) enum Sending {
    /// What must be JSON once its placeholders are filled.
    Json(Text),
    Text(Text),
    /// One text message of repeated pieces.
    Huge {
        prefix: Text,
        repeat: String,
        times: usize,
        suffix: Text,
    },
    Binary(Vec<u8>),
    Ping(Text),
    /// Bytes under the WebSocket layer, frame headers included.
    Raw(Vec<u8>),
    Fragments {
        parts: Vec<Text>,
        finish: bool,
    },
}

/// Something that is expected to arrive, or not to.
#[derive(Clone, Debug)]
pub(crate) struct Receiving {
    pub(crate) conn: usize,
    pub(crate) what: Awaited,
    /// How long it may take; for silence, how long it must last.
    pub(crate) within: Duration,
}

#[derive(Clone, Debug)]
pub(crate) enum Awaited {
    /// A text message that is JSON like this.
    Message(Template),
    /// A text message that is this text.
    Text(Template),
    /// A close frame of the peer with one of these codes; an empty list takes any.
    Close(Vec<u16>),
    /// The end of the connection without a close frame.
    Cut,
    Silence,
    /// The handshake was answered with one of these instead.
    Refused(Vec<u16>),
}

/// One of several accepted outcomes.
#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    pub(crate) name: String,
    pub(crate) receiving: Receiving,
    /// [`Verdict::Pass`] if the outcome is as good as any.
    pub(crate) verdict: Verdict,
}

/// What an opening handshake has to bring.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    Never,
    Always(Vec<u16>),
    Maybe,
}

/// An HTTP call and what its answer must be.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: Text,
    pub(crate) headers: Vec<(String, Text)>,
    pub(crate) body: Option<Text>,
    pub(crate) wanted: Wanted,
}

/// What an answer must be.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) status: Vec<u16>,
    pub(crate) answer_headers: Vec<(String, Template)>,
    pub(crate) answer: Option<Answer>,
    pub(crate) within: Duration,
}

impl Wanted {
    /// Nothing in particular.
    pub(crate) fn anything() -> Self {
        Self { status: Vec::new(), answer_headers: Vec::new(), answer: None, within: Duration::ZERO }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Json(Template),
    Text(Template),
}

impl Verb {
    /// All expectations about what arrives, for checks over all of them.
    pub(crate) fn receivings(&self) -> Vec<&Receiving> {
        match self {
            Self::Receive(receiving) => vec![receiving],
            Self::All(list) => list.iter().map(|(receiving, _)| receiving).collect(),
            Self::AnyOf(list) => list.iter().map(|alternative| &alternative.receiving).collect(),
            _ => Vec::new(),
        }
    }

    fn wanted(&self) -> Option<&Wanted> {
        match self {
            Self::Http { call, .. } | Self::Control(call) => Some(&call.wanted),
            Self::Answered(_, wanted) => Some(wanted),
            _ => None,
        }
    }

    /// How long it may wait for what is to come.
    pub(crate) fn within(&self) -> Duration {
        let spans = self.receivings().into_iter().map(|receiving| receiving.within);
        let other = match self {
            Self::Pong(_, _, within) => Some(*within),
            Self::Client(verb) => Some(verb.within()),
            _ => self.wanted().map(|wanted| wanted.within),
        };
        spans.chain(other).max().unwrap_or_default()
    }

    /// Every template in it.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        let messages = self.receivings().into_iter().filter_map(|receiving| match &receiving.what {
            Awaited::Message(template) | Awaited::Text(template) => Some(template),
            _ => None,
        });
        let wanted = self.wanted();
        let headers = wanted.into_iter().flat_map(|wanted| wanted.answer_headers.iter().map(|(_, header)| header));
        let answer = wanted.and_then(|wanted| wanted.answer.as_ref());
        let answer = answer.map(|(Answer::Json(template) | Answer::Text(template))| template);
        let client = if let Self::Client(verb) = self { verb.templates() } else { Vec::new() };
        messages.chain(headers).chain(answer).chain(client).collect()
    }

    /// Every text with placeholders in it, outside of templates.
    pub(crate) fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Send(_, Sending::Json(text) | Sending::Text(text) | Sending::Ping(text)) | Self::Pong(_, text, _) => {
                vec![text]
            }
            Self::Send(_, Sending::Huge { prefix, suffix, .. }) => vec![prefix, suffix],
            Self::Send(_, Sending::Fragments { parts, .. }) => parts.iter().collect(),
            Self::Http { call, .. } | Self::Ask { call, .. } | Self::Control(call) => {
                let headers = call.headers.iter().map(|(_, value)| value);
                std::iter::once(&call.path).chain(headers).chain(&call.body).collect()
            }
            Self::Client(verb) => verb.texts(),
            _ => Vec::new(),
        }
    }

    /// What it sends to the service, with sample values: for the signs of hazards.
    pub(crate) fn sent(&self) -> Vec<String> {
        match self {
            Self::Send(_, Sending::Json(text) | Sending::Text(text) | Sending::Ping(text)) => vec![text.sample()],
            Self::Send(_, Sending::Huge { prefix, repeat, suffix, .. }) => {
                vec![prefix.sample() + repeat + &suffix.sample()]
            }
            Self::Send(_, Sending::Binary(bytes) | Sending::Raw(bytes)) => {
                vec![String::from_utf8_lossy(bytes).into_owned()]
            }
            Self::Send(_, Sending::Fragments { parts, .. }) => vec![parts.iter().map(Text::sample).collect()],
            Self::Http { call, .. } | Self::Ask { call, .. } => {
                std::iter::once(&call.path).chain(&call.body).map(Text::sample).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it can be unmet by what the peer does.
    pub(crate) fn expects(&self) -> bool {
        match self {
            Self::Receive(_)
            | Self::Pong(..)
            | Self::All(_)
            | Self::AnyOf(_)
            | Self::Http { .. }
            | Self::Answered(..) => true,
            Self::Open(_, refusal) => matches!(refusal, Refusal::Always(_)),
            Self::Control(call) => call.wanted.answer.is_some(),
            Self::Client(verb) => verb.expects(),
            Self::Send(..) | Self::Reopen(_) | Self::Ask { .. } | Self::Shut(..) | Self::Advance(_) => false,
        }
    }
}

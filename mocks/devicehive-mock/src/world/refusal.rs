//! What comes of a request: an answer, a refusal, or nothing at all.

use crate::profile::Rules;
use devicehive_proto::JsonKind;
use dummyload_host::{Cx, Party, PeerId, Problem, ProblemKind, Text};
use std::borrow::Cow;

/// The way a request came in. What the socket and REST do alike is said once; where they differ, this decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// A message on this connection.
    Socket(dummyload_host::PeerId),
    /// This HTTP call.
    Rest(dummyload_host::CallId),
}

impl Door {
    pub(crate) fn is_socket(self) -> bool {
        matches!(self, Self::Socket(_))
    }
}

/// A request that was carried out.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) answer: Answer,
    /// What goes out behind the answer, in this order.
    pub(crate) after: Vec<(PeerId, Text)>,
}

/// What is in the answer to a request that was carried out.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing: `success` alone, or a status without a body.
    Empty,
    /// A value: on the socket under this name, over REST by itself.
    Value(&'static str, String),
    /// Several members, as the inside of an object.
    Members(String),
    /// The call waits: it is answered with [`super::Woken`].
    Waits,
}

impl Done {
    pub(crate) fn empty() -> Result<Self, Refusal> {
        Ok(Answer::Empty.into())
    }
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self { answer, after: Vec::new() }
    }
}

/// Why a request was not carried out, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An answer that says so.
    Error {
        /// The HTTP status, which is the code on the socket, too.
        code: u16,
        text: Cow<'static, str>,
    },
    /// The same, where the answer keeps the reason to itself.
    Denied(Box<Denied>),
    /// Something goes wrong inside the server, which does not say what.
    Defect(Box<Defect>),
}

/// A refusal with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denied {
    code: u16,
    text: Cow<'static, str>,
    /// For the author of the client: what is missing, without secrets.
    pub(crate) why: String,
}

/// What the server does instead of saying what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Defect {
    /// The code and text that it answers with; none where it never answers.
    pub(crate) seen: Option<(u16, Cow<'static, str>)>,
    /// The answer that would have been right.
    pub(crate) right: (u16, Cow<'static, str>),
    /// The section of the dossier that tells it.
    pub(crate) source: &'static str,
}

impl Refusal {
    pub(crate) fn error(code: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Error { code, text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self::error(400, text)
    }

    pub(crate) fn forbidden(text: impl Into<Cow<'static, str>>) -> Self {
        Self::error(403, text)
    }

    /// The answer says `text`, and the journal `why`.
    pub(crate) fn denied(code: u16, text: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self::Denied(Box::new(Denied { code, text: text.into(), why: why.into() }))
    }

    pub(crate) fn not_found(text: impl Into<Cow<'static, str>>) -> Self {
        Self::error(404, text)
    }

    /// The server answers with `text` and 500, instead of `right` and `code`.
    pub(crate) fn crash(
        text: impl Into<Cow<'static, str>>,
        (code, right): (u16, impl Into<Cow<'static, str>>),
        source: &'static str,
    ) -> Self {
        Self::Defect(Box::new(Defect { seen: Some((500, text.into())), right: (code, right.into()), source }))
    }

    /// The server casts a value to what it is not.
    pub(crate) fn cast(is: JsonKind, wanted: JsonKind) -> Self {
        let (is, wanted) = (is.name(), wanted.name());
        let text = format!(
            "class com.google.gson.{is} cannot be cast to class com.google.gson.{wanted} (com.google.gson.{is} and \
             com.google.gson.{wanted} are in unnamed module of loader {LOADER})"
        );
        Self::crash(text, (400, MALFORMED), "dossier M1.2")
    }

    /// The server never answers, instead of with `right` and `code`.
    pub(crate) fn mute(code: u16, right: impl Into<Cow<'static, str>>, source: &'static str) -> Self {
        Self::Defect(Box::new(Defect { seen: None, right: (code, right.into()), source }))
    }

    /// What the client is told, if anything; where the server does not say what is wrong, the journal does.
    pub(crate) fn told(self, cx: &mut Cx<'_>, party: impl Into<Party>) -> Option<(u16, Cow<'static, str>)> {
        let denied = |code, why: &str| {
            let text = format!("answered with {code}: {why}");
            Problem::new(ProblemKind::Refused, "denied", "dossier 5.2, M2", text)
        };
        match self {
            Self::Error { code, text } => {
                if let 401 | 403 = code {
                    cx.problem(party, denied(code, &text));
                }
                Some((code, text))
            }
            Self::Denied(it) => {
                cx.problem(party, denied(it.code, &it.why));
                Some((it.code, it.text))
            }
            Self::Defect(defect) => {
                let (code, right) = &defect.right;
                let (kind, did) = match &defect.seen {
                    Some(_) => (ProblemKind::Refused, "answers with an error of its own making"),
                    None => (ProblemKind::Dropped, "never answers"),
                };
                let text = format!("the server {did} here; right would be {code}: {right}");
                cx.problem(party, Problem::new(kind, "server-defect", defect.source, text));
                defect.seen
            }
        }
    }

    /// The same, as the server of these rules has it: of a server that repeats no defects there is only the right answer.
    pub(crate) fn under(self, rules: &Rules) -> Self {
        match self {
            Self::Defect(defect) if !rules.repeats_defects => {
                let (code, text) = defect.right;
                Self::Error { code, text }
            }
            Self::Defect(mut defect) => {
                if let Some((_, text)) = defect.seen.as_mut().filter(|(_, text)| text.contains(LOADER)) {
                    *text = text.replace(LOADER, rules.class_loader).into();
                }
                Self::Defect(defect)
            }
            error => error,
        }
    }
}

/// Stands in the text of a class cast for [`Rules::class_loader`].
const LOADER: &str = "{loader}";
/// What every malformed message gets (dossier 4).
pub(crate) const MALFORMED: &str = "Malformed Json received.";
/// What a member gets that is stored as an object and is none, whatever its name (dossier M1.2).
pub(crate) const NOT_AN_OBJECT: &str = "'parameters' must be JSON Object!";
/// What a token gets that does not allow what was asked for (dossier 4).
pub(crate) const ACCESS_DENIED: &str = "Access is denied";
/// What much gets that is wrong (dossier M12).
pub(crate) const INVALID_PARAMETERS: &str = "Invalid request parameters";

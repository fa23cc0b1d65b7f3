//! What in a message is not as the documents show it. Decoding takes it all the same; a mock reports it, or refuses it in
//! strict mode.

use crate::message::parse;
use crate::tree::Node;
use crate::{Body, ClientMessage, Dialect, Mode, PublishCommand, decode_client, decode_server};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// One deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// Where, as a JSON pointer (RFC 6901) that also goes through strings that hold JSON; empty for the whole message.
    pub pointer: String,
    /// What kind it is.
    pub kind: DeviationKind,
    /// How bad it is.
    pub level: Level,
    /// For people: what is there, what should be, and the section of the dossier.
    pub text: String,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the message" } else { &self.pointer };
        write!(f, "{place}: {} [{}]", self.text, self.kind.name())
    }
}

/// How bad a deviation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Another spelling of the same.
    Info,
    /// A variant that clients in the wild send and the broker seems to take.
    Warning,
    /// Nothing sensible can be done with it.
    Error,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $name:literal,)*) => {
        /// The kinds of deviations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DeviationKind {
            $($(#[$doc])* $kind,)*
        }

        impl DeviationKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// A stable name for reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// No JSON, or not the dialect's shape: it cannot be decoded.
    NotAMessage => "not-a-message",
    /// White space or needless escapes.
    Spacing => "spacing",
    /// Members in another order than in the documents.
    MemberOrder => "member-order",
    /// A member that the documents do not have.
    UnknownMember => "unknown-member",
    /// A member that is null instead of absent.
    NullMember => "null-member",
    /// A member that is not there.
    MissingMember => "missing-member",
    /// A member that stands more than once; the last one counts.
    RepeatedMember => "repeated-member",
    /// A number or boolean written in another way: as a text, or with a fraction of zero.
    LooseType => "loose-type",
    /// A member of a type that cannot be understood.
    WrongType => "wrong-type",
    /// An operation that is not in capitals.
    OperationCase => "operation-case",
    /// An operation that is not known.
    UnknownOperation => "unknown-operation",
    /// Something that should be a string with JSON in it, and is plain JSON.
    NotStringified => "not-stringified",
    /// Something that should be plain JSON, and is a string with JSON in it.
    Stringified => "stringified",
    /// Arguments where none belong.
    NeedlessArguments => "needless-arguments",
    /// A mode that is none of v, s, b, e.
    UnknownMode => "unknown-mode",
    /// An intensity or duration out of range.
    OutOfRange => "out-of-range",
    /// A stop with an intensity or duration.
    StopWithValues => "stop-with-values",
    /// A channel to subscribe to that begins with c.
    LeadingC => "leading-c",
}

/// What a client's message has that the documents do not show (dossier 3.1, 3.2, 8.1, 12). Empty for the canonical form,
/// and then cheap.
pub fn lint_client(dialect: Dialect, text: &str) -> Vec<Deviation> {
    let message = match decode_client(dialect, text) {
        Ok(message) => message,
        Err(e) => return unreadable(e.to_string()),
    };
    let mut lint = Lint::default();
    let is_canonical = message.to_text(dialect) == text;
    if !is_canonical || is_incomplete(&message) {
        match (dialect, parse::<Node>(text)) {
            (_, Err(e)) => return unreadable(e.to_string()),
            (Dialect::V2, Ok(node)) => lint.v2(&node),
            (Dialect::V1, Ok(node)) => lint.v1(&node),
        }
        if lint.found.is_empty() && !is_canonical {
            lint.add("", DeviationKind::Spacing, Level::Info, "other white space or escapes than compact JSON (3.1)");
        }
    }
    lint.meaning(dialect, &message);
    lint.found
}

/// What a broker's message has that dossier 4.1 and 8.2 do not show.
pub fn lint_server(dialect: Dialect, text: &str) -> Vec<Deviation> {
    let canonical = match decode_server(dialect, text) {
        Ok(message) => message.to_text(),
        Err(e) => return unreadable(e.to_string()),
    };
    let mut lint = Lint::default();
    match (dialect, parse::<Node>(text)) {
        (_, Err(e)) => return unreadable(e.to_string()),
        (Dialect::V2, Ok(node)) => lint.object("", &node, ENVELOPE),
        (Dialect::V1, Ok(node)) => lint.object("", &node, V1_REPLY),
    };
    if lint.found.is_empty() && canonical != text {
        lint.add("", DeviationKind::Spacing, Level::Info, "other white space or escapes than compact JSON (4.1)");
    }
    lint.found
}

fn unreadable(text: String) -> Vec<Deviation> {
    alloc::vec![Deviation { pointer: String::new(), kind: DeviationKind::NotAMessage, level: Level::Error, text }]
}

/// Whether members can be missing, which the canonical text does not show.
fn is_incomplete(message: &ClientMessage<'_>) -> bool {
    let whole = |body: &Body<'_>| {
        body.id.is_some()
            && body.mode.is_some()
            && body.intensity.is_some()
            && body.duration.is_some()
            && body.replace.is_some()
            && body.log.as_ref().is_some_and(|log| {
                log.user.is_some()
                    && log.access.is_some()
                    && log.warning.is_some()
                    && log.hold.is_some()
                    && log.origin.is_some()
            })
    };
    match message {
        ClientMessage::Publish(commands) => !commands.iter().all(|command| whole(&command.body)),
        ClientMessage::Unknown { .. } | ClientMessage::Link(_) => true,
        _ => false,
    }
}

/// What a member should be.
#[derive(Clone, Copy)]
enum Want {
    Integer,
    Bool,
    Text,
    List,
    Object,
    /// null, a number or a text.
    Code,
}

struct Field {
    name: &'static str,
    want: Want,
    required: bool,
}

const fn field(name: &'static str, want: Want) -> Field {
    Field { name, want, required: true }
}

const fn optional(name: &'static str, want: Want) -> Field {
    Field { name, want, required: false }
}

const ENVELOPE: &[Field] = &[
    field("ErrorCode", Want::Code),
    field("IsError", Want::Bool),
    field("Message", Want::Text),
    field("OriginalCommand", Want::Text),
    optional("Source", Want::Text),
];
const V1_REPLY: &[Field] = &[field("Command", Want::Text), field("Payload", Want::List)];
const REQUEST: &[Field] = &[
    field("Operation", Want::Text),
    optional("Targets", Want::List),
    optional("PublishCommands", Want::List),
    optional("LinkCommand", Want::Object),
];
const COMMAND: &[Field] = &[field("Target", Want::Text), field("Body", Want::Object)];
const BODY: &[Field] = &[
    field("id", Want::Integer),
    field("m", Want::Text),
    field("i", Want::Integer),
    field("d", Want::Integer),
    field("r", Want::Bool),
    field("l", Want::Object),
];
const LOG: &[Field] = &[
    field("u", Want::Integer),
    field("ty", Want::Text),
    field("w", Want::Bool),
    field("h", Want::Bool),
    field("o", Want::Text),
];
const LINK: &[Field] = &[
    field("Mode", Want::Text),
    field("Intensity", Want::Integer),
    field("Duration", Want::Integer),
    field("Replace", Want::Bool),
    field("LogData", Want::Object),
];
const LINK_LOG: &[Field] = &[
    field("Warning", Want::Bool),
    field("Username", Want::Text),
    field("WarningLevel", Want::Integer),
    field("Hold", Want::Bool),
];

#[derive(Default)]
struct Lint {
    found: Vec<Deviation>,
}

impl Lint {
    fn add(&mut self, pointer: &str, kind: DeviationKind, level: Level, text: impl Into<String>) {
        self.found.push(Deviation { pointer: pointer.to_string(), kind, level, text: text.into() });
    }

    fn v2(&mut self, node: &Node) {
        let Some(members) = self.object("", node, REQUEST) else { return };
        let mut operation = "";
        for (name, value) in members {
            match (name.as_str(), value) {
                ("Operation", Node::Text(name)) => operation = name,
                ("PublishCommands", Node::List(commands)) => {
                    for (at, command) in commands.iter().enumerate() {
                        self.command(&format!("/PublishCommands/{at}"), command);
                    }
                }
                ("LinkCommand", link) => {
                    let members = self.object("/LinkCommand", link, LINK);
                    if let Some((_, log)) = members.and_then(|m| m.iter().rev().find(|(name, _)| name == "LogData")) {
                        self.object("/LinkCommand/LogData", log, LINK_LOG);
                    }
                }
                _ => {}
            }
        }
        self.operation("/Operation", operation);
    }

    fn command(&mut self, pointer: &str, node: &Node) {
        let Some(members) = self.object(pointer, node, COMMAND) else { return };
        let Some((_, body)) = members.iter().rev().find(|(name, _)| name == "Body") else { return };
        let pointer = format!("{pointer}/Body");
        match body {
            Node::Text(text) => {
                self.add(&pointer, DeviationKind::Stringified, Level::Warning, "V2 has the body as an object (3.1)");
                match parse::<Node>(text) {
                    Ok(body) => self.body(&pointer, &body),
                    Err(e) => self.add(&pointer, DeviationKind::WrongType, Level::Error, e.to_string()),
                }
            }
            body => self.body(&pointer, body),
        }
    }

    fn body(&mut self, pointer: &str, node: &Node) {
        let Some(members) = self.object(pointer, node, BODY) else { return };
        if let Some((_, log @ Node::Object(_))) = members.iter().rev().find(|(name, _)| name == "l") {
            self.object(&format!("{pointer}/l"), log, LOG);
        }
    }

    fn v1(&mut self, node: &Node) {
        let Node::List(outer) = node else { return };
        let operation = match outer.first() {
            Some(Node::Text(operation)) => operation.as_str(),
            _ => "",
        };
        self.operation("/0", operation);
        if outer.len() > 2 || (outer.len() == 2 && operation.eq_ignore_ascii_case("PING")) {
            let text = "more elements than the operation has (8.1)";
            self.add("", DeviationKind::NeedlessArguments, Level::Warning, text);
        }
        if operation.eq_ignore_ascii_case("PING") {
            return;
        }
        let Some(arguments) = outer.get(1).and_then(|node| self.inside("/1", node)) else { return };
        let Node::List(arguments) = arguments else { return };
        for (at, argument) in arguments.iter().enumerate() {
            let pointer = format!("/1/{at}");
            match argument {
                Node::List(pair) if operation.eq_ignore_ascii_case("PUBLISH") => {
                    let pointer = format!("{pointer}/1");
                    match pair.get(1).map(|body| self.inside(&pointer, body)) {
                        Some(Some(body)) => self.body(&pointer, &body),
                        Some(None) => {}
                        None => {
                            self.add(&pointer, DeviationKind::MissingMember, Level::Error, "the body is missing (8.1)");
                        }
                    }
                }
                Node::Text(_) => {}
                other => {
                    let text = format!("a name is wanted here, this is {} (8.1)", other.kind());
                    self.add(&pointer, DeviationKind::WrongType, Level::Error, text);
                }
            }
        }
    }

    /// The JSON within a string; something that is no string is noted and taken as it is.
    fn inside(&mut self, pointer: &str, node: &Node) -> Option<Node> {
        let Node::Text(text) = node else {
            let text = "V1 wants a string with JSON in it here: JSON.stringify it (8.1)";
            self.add(pointer, DeviationKind::NotStringified, Level::Warning, text);
            return Some(node.clone());
        };
        match parse(text) {
            Ok(node) => Some(node),
            Err(e) => {
                self.add(pointer, DeviationKind::WrongType, Level::Error, e.to_string());
                None
            }
        }
    }

    fn operation(&mut self, pointer: &str, name: &str) {
        const KNOWN: [&str; 4] = ["PING", "SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH"];
        if KNOWN.contains(&name) {
            return;
        }
        match KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => {
                let text = format!("write {known} in capitals (8.1)");
                self.add(pointer, DeviationKind::OperationCase, Level::Warning, text);
            }
            None => {
                let text = "the operations are PING, SUBSCRIBE, UNSUBSCRIBE and PUBLISH (3)";
                self.add(pointer, DeviationKind::UnknownOperation, Level::Error, text);
            }
        }
    }

    /// Checks the members of an object; gives them back if it is one.
    fn object<'a>(&mut self, pointer: &str, node: &'a Node, fields: &[Field]) -> Option<&'a [(String, Node)]> {
        let Node::Object(members) = node else {
            let text = format!("an object is wanted here, this is {}", node.kind());
            self.add(pointer, DeviationKind::WrongType, Level::Error, text);
            return None;
        };
        let mut last_place = 0;
        let mut in_order = true;
        let mut seen = BTreeSet::new();
        for (name, value) in members {
            let here = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            if !seen.insert(name) {
                self.add(&here, DeviationKind::RepeatedMember, Level::Warning, "it stands twice; the last one counts");
            }
            match fields.iter().position(|field| field.name == name) {
                Some(place) => {
                    in_order &= place >= last_place;
                    last_place = place;
                    self.member(&here, value, &fields[place]);
                }
                None => {
                    let text = "the documents have no such member; it is ignored (3.1)";
                    self.add(&here, DeviationKind::UnknownMember, Level::Warning, text);
                }
            }
        }
        if !in_order {
            let text = "members in another order than in the documents (3.1)";
            self.add(pointer, DeviationKind::MemberOrder, Level::Info, text);
        }
        for field in fields.iter().filter(|field| field.required) {
            if !members.iter().any(|(name, _)| name == field.name) {
                let here = format!("{pointer}/{}", field.name);
                self.add(&here, DeviationKind::MissingMember, Level::Warning, "the documents have this member (3.2)");
            }
        }
        Some(members)
    }

    fn member(&mut self, pointer: &str, value: &Node, field: &Field) {
        let loose = |what: &str| (DeviationKind::LooseType, Level::Warning, format!("write {what} (12, row 1)"));
        let (kind, level, text) = match (field.want, value) {
            (Want::Integer, Node::Integer)
            | (Want::Bool, Node::Bool)
            | (Want::Text, Node::Text(_))
            | (Want::List, Node::List(_))
            | (Want::Object, Node::Object(_))
            | (Want::Code, Node::Null | Node::Integer | Node::Text(_)) => return,
            // Judged where it is read.
            (Want::Object, Node::Text(_)) if field.name == "Body" => return,
            (_, Node::Null) => {
                (DeviationKind::NullMember, Level::Warning, "leave it out instead of sending null (3.1)".to_string())
            }
            (Want::Integer, Node::Float(true)) => loose("a number without a fraction"),
            (Want::Integer, Node::Text(text)) if text.trim().parse::<f64>().is_ok() => loose("a number, not a text"),
            (Want::Bool, Node::Text(text)) if ["true", "false"].iter().any(|b| text.eq_ignore_ascii_case(b)) => {
                loose("a boolean, not a text")
            }
            (want, value) => {
                let wanted = match want {
                    Want::Integer => "an integer",
                    Want::Bool => "a boolean",
                    Want::Text => "a text",
                    Want::List => "an array",
                    Want::Object => "an object",
                    Want::Code => "null, a number or a text",
                };
                let text = format!("{wanted} is wanted here, this is {}", value.kind());
                (DeviationKind::WrongType, Level::Error, text)
            }
        };
        self.add(pointer, kind, level, text);
    }

    /// What is well written but makes no sense.
    fn meaning(&mut self, dialect: Dialect, message: &ClientMessage<'_>) {
        let base = if dialect == Dialect::V1 { "/1" } else { "/PublishCommands" };
        match message {
            ClientMessage::Publish(commands) => {
                for (at, PublishCommand { body, .. }) in commands.iter().enumerate() {
                    let pointer = || format!("{base}/{at}/{}", if dialect == Dialect::V1 { "1" } else { "Body" });
                    self.quantities(&pointer, ["m", "i", "d"], body.mode.as_ref(), body.intensity, body.duration);
                }
            }
            ClientMessage::Link(link) => {
                let names = ["Mode", "Intensity", "Duration"];
                let pointer = || "/LinkCommand".to_string();
                self.quantities(&pointer, names, link.mode.as_ref(), link.intensity, link.duration);
            }
            ClientMessage::Subscribe(targets) => {
                for (at, target) in targets.iter().enumerate() {
                    let channel = target.ends_with("-ping") || target.ends_with("-log");
                    if channel && target.starts_with('c') {
                        let list = if dialect == Dialect::V1 { "/1" } else { "/Targets" };
                        let text = "channels to subscribe to have no leading c (12, row 16)";
                        self.add(&format!("{list}/{at}"), DeviationKind::LeadingC, Level::Error, text);
                    }
                }
            }
            _ => {}
        }
    }

    fn quantities(
        &mut self,
        pointer: &dyn Fn() -> String,
        [mode_name, intensity_name, duration_name]: [&str; 3],
        mode: Option<&Mode>,
        intensity: Option<i64>,
        duration: Option<i64>,
    ) {
        let out = |value: Option<i64>, low, high| value.is_some_and(|value| !(low..=high).contains(&value));
        match mode {
            Some(Mode::End) => {
                if out(intensity, 0, 0) || out(duration, 0, 0) {
                    let text = "a stop has intensity 0 and duration 0; others are ignored (12, row 12)";
                    self.add(&pointer(), DeviationKind::StopWithValues, Level::Warning, text);
                }
                return;
            }
            Some(Mode::Other(_)) => {
                let text = "the modes are v, s, b and e (3.2)";
                self.add(&format!("{}/{mode_name}", pointer()), DeviationKind::UnknownMode, Level::Error, text);
            }
            _ => {}
        }
        if out(intensity, 0, 100) {
            let text = "an intensity is 0 to 100 percent (3.3)";
            self.add(&format!("{}/{intensity_name}", pointer()), DeviationKind::OutOfRange, Level::Error, text);
        }
        if out(duration, 100, 15_000) {
            let text = "a duration is 100 to 15000 milliseconds (3.3)";
            self.add(&format!("{}/{duration_name}", pointer()), DeviationKind::OutOfRange, Level::Error, text);
        }
    }
}

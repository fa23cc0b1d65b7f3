//! The members of every object on the socket, in the documents' order (dossier 3, 4.1, 6.6, 8.2).

/// What a member should be.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    Integer,
    Bool,
    Text,
    /// null, a number or a text.
    Code,
    Any,
    Texts,
    Object(&'static [Field]),
    Objects(&'static [Field]),
}

pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) want: Want,
    pub(crate) required: bool,
}

const fn field(name: &'static str, want: Want) -> Field {
    Field { name, want, required: true }
}

const fn optional(name: &'static str, want: Want) -> Field {
    Field { name, want, required: false }
}

pub(crate) const ENVELOPE: &[Field] = &[
    field("ErrorCode", Want::Code),
    field("IsError", Want::Bool),
    field("Message", Want::Text),
    field("OriginalCommand", Want::Text),
    optional("Source", Want::Any),
];
pub(crate) const V1_REPLY: &[Field] = &[field("Command", Want::Text), field("Payload", Want::Texts)];
pub(crate) const REQUEST: &[Field] = &[
    field("Operation", Want::Text),
    optional("Targets", Want::Texts),
    optional("PublishCommands", Want::Objects(COMMAND)),
    optional("LinkCommand", Want::Object(LINK)),
];
pub(crate) const COMMAND: &[Field] = &[field("Target", Want::Text), field("Body", Want::Object(BODY))];
pub(crate) const BODY: &[Field] = &[
    field("id", Want::Integer),
    field("m", Want::Text),
    field("i", Want::Integer),
    field("d", Want::Integer),
    field("r", Want::Bool),
    field("l", Want::Object(LOG)),
];
const LOG: &[Field] = &[
    field("u", Want::Integer),
    field("ty", Want::Text),
    field("w", Want::Bool),
    field("h", Want::Bool),
    field("o", Want::Text),
];
pub(crate) const LINK: &[Field] = &[
    field("Mode", Want::Text),
    field("Intensity", Want::Integer),
    field("Duration", Want::Integer),
    field("Replace", Want::Bool),
    field("LogData", Want::Object(LINK_LOG)),
];
const LINK_LOG: &[Field] = &[
    field("Warning", Want::Bool),
    field("Username", Want::Text),
    field("WarningLevel", Want::Integer),
    field("Hold", Want::Bool),
];

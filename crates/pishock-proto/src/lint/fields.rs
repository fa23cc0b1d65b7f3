//! The members of every object on the socket, in the documents' order (dossier 3, 4.1, 6.6, 8.2).

use dummyload_codec::lint::{field, optional};

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
    Object(&'static Shape),
    Objects(&'static Shape),
}

/// An object of the documents.
pub(crate) struct Shape {
    /// Where the dossier shows it.
    pub(crate) section: &'static str,
    pub(crate) fields: &'static [Field],
}

pub(crate) type Field = dummyload_codec::lint::Field<Want>;

pub(crate) const ENVELOPE: &Shape = &Shape {
    section: "dossier 4.1",
    fields: &[
        field("ErrorCode", Want::Code),
        field("IsError", Want::Bool),
        field("Message", Want::Text),
        field("OriginalCommand", Want::Text),
        optional("Source", Want::Any),
    ],
};
pub(crate) const V1_REPLY: &Shape =
    &Shape { section: "dossier 8.2", fields: &[field("Command", Want::Text), field("Payload", Want::Texts)] };
pub(crate) const REQUEST: &Shape = &Shape {
    section: "dossier 3.1",
    fields: &[
        field("Operation", Want::Text),
        optional("Targets", Want::Texts),
        optional("PublishCommands", Want::Objects(COMMAND)),
        optional("LinkCommand", Want::Object(LINK)),
    ],
};
pub(crate) const COMMAND: &Shape =
    &Shape { section: "dossier 3.1", fields: &[field("Target", Want::Text), field("Body", Want::Object(BODY))] };
pub(crate) const BODY: &Shape = &Shape {
    section: "dossier 3.2",
    fields: &[
        field("id", Want::Integer),
        field("m", Want::Text),
        field("i", Want::Integer),
        field("d", Want::Integer),
        field("r", Want::Bool),
        field("l", Want::Object(LOG)),
    ],
};
const LOG: &Shape = &Shape {
    section: "dossier 3.2",
    fields: &[
        field("u", Want::Integer),
        field("ty", Want::Text),
        field("w", Want::Bool),
        field("h", Want::Bool),
        field("o", Want::Text),
    ],
};
pub(crate) const LINK: &Shape = &Shape {
    section: "dossier 6.6",
    fields: &[
        field("Mode", Want::Text),
        field("Intensity", Want::Integer),
        field("Duration", Want::Integer),
        field("Replace", Want::Bool),
        field("LogData", Want::Object(LINK_LOG)),
    ],
};
const LINK_LOG: &Shape = &Shape {
    section: "dossier 6.6",
    fields: &[
        field("Warning", Want::Bool),
        field("Username", Want::Text),
        field("WarningLevel", Want::Integer),
        field("Hold", Want::Bool),
    ],
};

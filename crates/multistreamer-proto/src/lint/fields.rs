//! The members of every object on the socket (dossier 4). The real server has no order of members, so none is judged.

use dummyload_codec::lint::{field, optional, undocumented};

/// What a member should be.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    Text,
    /// A whole number.
    Integer,
    Boolean,
    /// A number, or a text of digits, as networks have it.
    PersonId,
    Any,
    Object(&'static [Field]),
    /// An object of accounts by their ids.
    Accounts,
}

pub(crate) type Field = dummyload_codec::lint::Field<Want>;

pub(crate) const TYPE_ONLY: &[Field] = &[field("type", Want::Text)];
pub(crate) const WRITER: &[Field] =
    &[field("type", Want::Text), field("account_id", Want::Integer), field("cur_stream_account_id", Want::Integer)];
pub(crate) const SAY: &[Field] = &[
    field("type", Want::Text),
    field("account_id", Want::Integer),
    field("cur_stream_account_id", Want::Integer),
    field("text", Want::Text),
];
pub(crate) const STATUS: &[Field] = &[
    field("type", Want::Text),
    field(
        "status",
        Want::Object(&[
            field("data_incoming", Want::Boolean),
            field("data_pulling", Want::Boolean),
            field("data_pushing", Want::Boolean),
        ]),
    ),
    field("accounts", Want::Accounts),
];
pub(crate) const ACCOUNT: &[Field] = &[
    field("name", Want::Text),
    field("network", Want::Object(&[field("name", Want::Text), field("displayName", Want::Text)])),
    field("ready", Want::Boolean),
    field("live", Want::Boolean),
    field("writable", Want::Boolean),
    optional("http_url", Want::Text),
];
pub(crate) const VIEW_COUNT: &[Field] = &[
    field("type", Want::Text),
    field("account_id", Want::Integer),
    field("stream_id", Want::Integer),
    field("viewer_count", Want::Integer),
];
pub(crate) const PERSON: &[Field] =
    &[field("name", Want::Text), optional("id", Want::PersonId), undocumented("picture", Want::Text)];
pub(crate) const CHAT: &[Field] = &[
    field("type", Want::Text),
    optional("stream_id", Want::Integer),
    field("account_id", Want::Integer),
    undocumented("cur_stream_account_id", Want::Any),
    field("network", Want::Text),
    undocumented("timestamp", Want::Integer),
    field("from", Want::Object(PERSON)),
    optional("to", Want::Object(PERSON)),
    field("text", Want::Text),
    field("markdown", Want::Text),
    undocumented("relay", Want::Boolean),
    undocumented("network_icon", Want::Text),
    undocumented("network_icon_css", Want::Text),
];

//! The members of every object on the socket, in the documents' order (dossier 9, 10, 11.1).

use dummyload_codec::lint::{field, optional, undocumented};

/// What a member should be.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    Text,
    /// A whole number.
    Integer,
    /// 0 or 1.
    Bit,
    /// A decimal text, or a name with X.
    Id,
    /// A number from 1 on.
    Number,
    /// The same, or a text.
    Trid,
    Any,
    /// An object that is not looked into.
    Open,
    List,
    Object(&'static [Field]),
}

pub(crate) type Field = dummyload_codec::lint::Field<Want>;

pub(crate) const DEVICE: &[Field] =
    &[field("id", Want::Id), field("code", Want::Text), field("gen", Want::Text), undocumented("type", Want::Any)];
pub(crate) const STATUS_ON_CHANGE: &[Field] = &[
    field("event", Want::Text),
    field("device", Want::Object(DEVICE)),
    field("status", Want::Open),
    undocumented("metadata", Want::List),
];
pub(crate) const ONLINE: &[Field] =
    &[field("event", Want::Text), field("device", Want::Object(DEVICE)), field("online", Want::Bit)];
pub(crate) const SETTINGS: &[Field] =
    &[field("event", Want::Text), field("device", Want::Object(DEVICE)), field("settings", Want::Open)];
pub(crate) const COMMAND_RESPONSE: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Trid),
    optional("user", Want::Integer),
    field("deviceId", Want::Id),
    field("data", Want::Any),
];
pub(crate) const RPC_RESPONSE: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Trid),
    optional("user", Want::Integer),
    field("deviceId", Want::Id),
    field("response", Want::Open),
];
pub(crate) const ERROR: &[Field] = &[field("event", Want::Text), field("message", Want::Text)];
pub(crate) const ACTION_RESPONSE: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Trid),
    field("user", Want::Text),
    field("data", Want::Object(ACTION_DATA)),
];
const ACTION_DATA: &[Field] = &[
    field("result", Want::Text),
    field("deviceId", Want::Id),
    optional("deviceType", Want::Text),
    optional("deviceCode", Want::Text),
    optional("deviceStatus", Want::Open),
    optional("deviceSettings", Want::Open),
    optional("accessGroups", Want::Text),
    optional("host", Want::Text),
];
pub(crate) const RPC_REQUEST: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Trid),
    field("deviceId", Want::Id),
    field("method", Want::Text),
    optional("params", Want::Open),
];
pub(crate) const ACTION_REQUEST: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Trid),
    field("data", Want::Object(&[field("action", Want::Text), field("deviceId", Want::Id)])),
];
pub(crate) const COMMAND_REQUEST: &[Field] = &[
    field("event", Want::Text),
    field("trid", Want::Number),
    field("deviceId", Want::Id),
    field("data", Want::Object(&[field("cmd", Want::Text), field("params", Want::Open)])),
];

/// The parameters of a command; empty for one that is not known.
pub(crate) fn params(cmd: &str) -> &'static [Field] {
    match cmd {
        "relay" => {
            const { &[field("turn", Want::Text), field("id", Want::Integer), undocumented("timeout", Want::Integer)] }
        }
        "light" => {
            const {
                &[
                    field("id", Want::Integer),
                    optional("turn", Want::Text),
                    optional("mode", Want::Text),
                    optional("timeout", Want::Integer),
                    optional("red", Want::Integer),
                    optional("green", Want::Integer),
                    optional("blue", Want::Integer),
                    optional("white", Want::Integer),
                    optional("gain", Want::Integer),
                    optional("brightness", Want::Integer),
                    optional("effect", Want::Integer),
                    optional("temp", Want::Integer),
                    undocumented("transition", Want::Integer),
                ]
            }
        }
        "roller" => {
            const { &[field("go", Want::Text), optional("duration", Want::Integer), field("id", Want::Integer)] }
        }
        "roller_to_pos" => {
            const {
                &[
                    field("id", Want::Integer),
                    optional("pos", Want::Integer),
                    optional("rel", Want::Integer),
                    optional("slat_pos", Want::Integer),
                    optional("slat_rel", Want::Integer),
                ]
            }
        }
        "ir_emit" => const { &[field("data", Want::Text), field("type", Want::Text)] },
        _ => &[],
    }
}

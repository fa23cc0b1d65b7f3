//! The texts that the broker sends, made by the codec.

use crate::world::Order;
use dummyload_host::Text;
use pishock_proto::{Access, Channel, Dialect, Envelope, ErrorCode, ServerMessage, ShockerId, UserId, V1Reply};
use serde::Serialize;
use std::borrow::Cow;

/// The request that is answered without being decoded.
pub(crate) fn ping(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::V1 => r#"["PING"]"#,
        Dialect::V2 => r#"{"Operation":"PING"}"#,
    }
}

/// The answer to a PING (dossier 4.1, 8.2): always the same text, so it is never built.
pub(crate) fn pong(dialect: Dialect) -> Text {
    Text::from_static(match dialect {
        Dialect::V1 => r#"{"Command":"PING","Payload":["PONG"]}"#,
        Dialect::V2 => r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#,
    })
}

/// V2's success.
pub(crate) fn success(message: &str, original: &str) -> Text {
    ServerMessage::Envelope(Envelope::success(message, original)).to_text().into()
}

/// V2's failure.
pub(crate) fn error(code: ErrorCode<'_>, message: &str, original: &str) -> Text {
    ServerMessage::Envelope(Envelope::error(code, message, original)).to_text().into()
}

/// V1's success: the operation, and its word for it.
pub(crate) fn v1_success(operation: &str) -> Text {
    let word = if operation == "PUBLISH" { "PUBLISH SUCCESS" } else { "OK" };
    ServerMessage::V1(V1Reply::new(operation, [word.into()])).to_text().into()
}

/// V1's failure, of an operation or of a text that is none (dossier 8.2).
pub(crate) fn v1_error(operation: Option<&str>, message: &str) -> Text {
    let reply = match operation {
        Some(operation) => V1Reply::new(operation, ["ERROR".into(), message.into()]),
        None => V1Reply::new("ERROR", [message.into()]),
    };
    ServerMessage::V1(reply).to_text().into()
}

/// What comes on a channel (dossier 5).
pub(crate) fn push(dialect: Dialect, channel: &Channel, message: &str) -> Text {
    let message = match dialect {
        Dialect::V1 => ServerMessage::V1(V1Reply::new("MESSAGE", [channel.to_string().into(), message.into()])),
        Dialect::V2 => ServerMessage::Envelope(Envelope::push(channel, message)),
    };
    message.to_text().into()
}

/// One line of a hub's log (dossier 5; the shape is a guess).
#[derive(Serialize)]
struct LogLine<'a> {
    id: ShockerId,
    m: &'a str,
    i: u8,
    d: u32,
    l: LogData<'a>,
    t: u64,
}

#[derive(Serialize)]
struct LogData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ty: Option<&'a str>,
    w: bool,
    h: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<&'a str>,
}

/// What a hub's log says of an order that was carried out with these values; `seconds` since 1970.
pub(crate) fn log_line(shocker: ShockerId, order: &Order<'_>, intensity: u8, duration: u32, seconds: u64) -> String {
    let line = LogLine {
        id: shocker,
        m: order.mode.letter(),
        i: intensity,
        d: duration,
        l: LogData {
            u: order.user,
            ty: order.access.as_ref().map(Access::as_str),
            w: order.warning,
            h: order.hold,
            o: order.origin.as_ref().map(Cow::as_ref),
        },
        t: seconds,
    };
    // Numbers, booleans and texts can always be written.
    serde_json::to_string(&line).unwrap_or_default()
}

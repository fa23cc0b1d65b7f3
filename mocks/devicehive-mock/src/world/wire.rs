//! Messages as the server writes them (dossier 2, M11).

use devicehive_proto::Json;
use dummyload_host::Text;

/// A message of the server's own accord, but for the number of the subscription that it is for.
#[derive(Debug)]
pub(crate) struct Push {
    text: String,
    /// Where the entity stands in it.
    entity: std::ops::Range<usize>,
}

/// The beginning of such a message, as one text for all who get it.
pub(crate) fn push(action: &str, member: &str, entity: impl FnOnce(&mut Vec<u8>)) -> Push {
    let mut text = Vec::with_capacity(384);
    text.extend_from_slice(b"{\"action\":\"");
    text.extend_from_slice(action.as_bytes());
    text.extend_from_slice(b"\",\"");
    text.extend_from_slice(member.as_bytes());
    text.extend_from_slice(b"\":");
    let start = text.len();
    entity(&mut text);
    let entity = start..text.len();
    text.extend_from_slice(b",\"subscriptionId\":");
    Push { text: into_text(text), entity }
}

impl Push {
    /// The message for one subscription.
    pub(crate) fn to(&self, subscription: i64) -> Text {
        let mut text = String::with_capacity(self.text.len() + 24);
        text.push_str(&self.text);
        text.push_str(&subscription.to_string());
        text.push('}');
        text.into()
    }

    /// The same for somebody without a subscription.
    pub(crate) fn to_nobody(&self) -> Text {
        format!("{}null}}", self.text).into()
    }

    /// The entity by itself.
    pub(crate) fn entity(&self) -> &str {
        &self.text[self.entity.clone()]
    }
}

/// JSON text that was written into bytes.
pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(256);
    write(&mut out);
    into_text(out)
}

/// Items as a JSON array.
pub(crate) fn array<T>(items: impl IntoIterator<Item = T>, write: impl Fn(T, &mut Vec<u8>)) -> String {
    written(|out| {
        out.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write(item, out);
        }
        out.push(b']');
    })
}

fn into_text(bytes: Vec<u8>) -> String {
    // Whatever the codec writes is UTF-8.
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// What a reply echoes of its request; nothing where that could not be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Echo<'a> {
    pub(crate) action: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
}

/// The reply to a request that was carried out: `inside` is what follows the status.
pub(crate) fn success(echo: Echo<'_>, inside: impl FnOnce(&mut String)) -> Text {
    let mut text = String::with_capacity(256);
    open(&mut text, echo);
    text.push_str("\"status\":\"success\"");
    inside(&mut text);
    text.push('}');
    text.into()
}

/// The reply to a request that was refused. Without an echo it has neither action nor request id.
pub(crate) fn error(echo: Option<Echo<'_>>, code: u16, error: &str) -> Text {
    let mut text = String::with_capacity(160);
    match echo {
        Some(echo) => open(&mut text, echo),
        None => text.push('{'),
    }
    text.push_str(&format!("\"code\":{code},\"status\":\"error\",\"error\":{}}}", Json::from(error)));
    text.into()
}

fn open(text: &mut String, echo: Echo<'_>) {
    text.push_str("{\"action\":");
    text.push_str(echo.action.unwrap_or("null"));
    text.push_str(",\"requestId\":");
    text.push_str(echo.request_id.unwrap_or("null"));
    text.push(',');
}

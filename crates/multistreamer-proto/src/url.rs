//! Where the socket is (dossier 3).

use crate::StreamId;
use alloc::format;
use alloc::string::String;
use dummyload_codec::url;

/// The query parameters whose values are secret.
pub const SECRET_PARAMETERS: [&str; 1] = ["token"];

/// The socket of a stream. `base` is the server's address, as `ws://host:port` or with the prefix that its operator has
/// chosen behind that; a slash at its end does not matter.
///
/// ```
/// use multistreamer_proto::{StreamId, redact_url, socket_url};
/// let url = socket_url("ws://127.0.0.1:4104", StreamId(21), "ABC");
/// assert_eq!(url, "ws://127.0.0.1:4104/ws/21?token=ABC");
/// assert_eq!(redact_url(&url), "ws://127.0.0.1:4104/ws/21?token=[redacted]");
/// ```
pub fn socket_url(base: &str, stream: StreamId, token: &str) -> String {
    format!("{}/ws/{stream}?token={}", base.trim_end_matches('/'), url::encoded(token))
}

/// A URL without its secrets, for people to see.
pub fn redact_url(url: &str) -> String {
    url::redacted(url, &SECRET_PARAMETERS)
}

//! URLs that can be shown. A token in a query is of no use to a DeviceHive server but for one call about plugins (dossier 1,
//! 14.1), and people put it there all the same.

use alloc::string::String;
use dummyload_codec::url;
pub(crate) use dummyload_codec::url::encoded;

/// The query parameters whose values are secret; their names have no case.
pub const SECRET_PARAMETERS: &[&str] =
    &["token", "accessToken", "refreshToken", "access_token", "refresh_token", "jwt", "password"];

/// Replaces the values of [`SECRET_PARAMETERS`] in a URL by `[redacted]`.
pub fn redact_url(text: &str) -> String {
    url::redacted(text, SECRET_PARAMETERS)
}

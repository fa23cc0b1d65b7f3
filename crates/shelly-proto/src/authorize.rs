//! The login page and the way back from it (dossier 4.1, 4.3), seen from both sides.

use crate::url::{decoded, encoded};
use alloc::format;
use alloc::string::String;
use core::fmt;
use dummyload_session::Secret;

/// The client id that anybody may use. Its tokens may be restricted in rate.
pub const DIY_CLIENT: &str = "shelly-diy";
/// The path of the login page.
pub const LOGIN_PAGE: &str = "/oauth_login.html";
/// What the page says when `redirect_uri` is missing; the spelling is the page's own.
pub const WRONG_PARAMETERS: &str = "Wrong parameteres provided!";

/// The address of the login page to send a person to. `base` is the page's server, as `https://my.shelly.cloud`.
///
/// The page decodes `state` once and puts it into the redirect as it is. So what has characters with a meaning in a query
/// is encoded twice here, and comes back encoded once, as [`Callback::parse`] takes it.
///
/// ```
/// use shelly_proto::{Callback, authorize_url};
/// let url = authorize_url("http://127.0.0.1:1", "shelly-diy", "http://127.0.0.1:2/cb", Some("a&b"));
/// assert_eq!(url, concat!(
///     "http://127.0.0.1:1/oauth_login.html?client_id=shelly-diy",
///     "&redirect_uri=http%3A%2F%2F127.0.0.1%3A2%2Fcb&state=a%2526b"
/// ));
/// let back = Callback::parse("http://127.0.0.1:2/cb?state=a%26b&code=x.y.z")?;
/// assert!(back.has_state("a&b"));
/// # Ok::<(), shelly_proto::CallbackError>(())
/// ```
pub fn authorize_url(base: &str, client_id: &str, redirect_uri: &str, state: Option<&str>) -> String {
    let base = base.trim_end_matches('/');
    let state = state.map(|state| format!("&state={}", encoded(&encoded(state)))).unwrap_or_default();
    format!("{base}{LOGIN_PAGE}?client_id={}&redirect_uri={}{state}", encoded(client_id), encoded(redirect_uri))
}

/// What the redirect brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Callback {
    /// The authorization code.
    pub code: Secret<String>,
    /// The state, if there is one.
    pub state: Option<Secret<String>>,
}

/// A redirect without a code. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// There is no query.
    NoQuery,
    /// There is no `code`, or it is empty.
    NoCode,
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoQuery => "the callback has no parameters: paste the whole address",
            Self::NoCode => "the callback has no code: the login was not completed",
        })
    }
}

impl core::error::Error for CallbackError {}

impl Callback {
    /// Reads the address that the browser was sent to, or its path with the query. The order of parameters does not
    /// matter; of a repeated one the first counts.
    ///
    /// # Errors
    /// There is no code.
    pub fn parse(url: &str) -> Result<Self, CallbackError> {
        let url = url.trim().split('#').next().unwrap_or_default();
        let (_, query) = url.split_once('?').ok_or(CallbackError::NoQuery)?;
        let value = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| decoded(value))
        };
        let code = value("code").filter(|code| !code.is_empty()).ok_or(CallbackError::NoCode)?;
        Ok(Self { code: Secret::new(code), state: value("state").map(Secret::new) })
    }

    /// Whether the state is this one; takes equally long wherever they differ.
    pub fn has_state(&self, expected: &str) -> bool {
        let given = self.state.as_ref().map(|state| state.expose().as_bytes()).unwrap_or_default();
        let differing = given.iter().zip(expected.as_bytes()).fold(0, |all, (a, b)| all | (a ^ b));
        self.state.is_some() && given.len() == expected.len() && differing == 0
    }
}

/// Where the login page sends the browser: `state` as it is after one decoding, then the code (dossier 4.3).
///
/// # Errors
/// The address has characters that no `Location` header may have, or is none to which a query can be added: it has a
/// blank, or a fragment (RFC 6749, 3.1.2), behind which no program would find the code.
pub fn redirect(redirect_uri: &str, state: Option<&str>, code: &str) -> Result<String, UnsafeRedirect> {
    let between = match redirect_uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, query)) if query.ends_with('&') => "",
        Some(_) => "&",
    };
    let state = state.map(|state| format!("state={state}&")).unwrap_or_default();
    let location = format!("{redirect_uri}{between}{state}code={code}");
    let whole = redirect_uri.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    let safe = whole && location.bytes().all(|b| b.is_ascii() && !b.is_ascii_control());
    if safe { Ok(location) } else { Err(UnsafeRedirect) }
}

/// A redirect has control characters or characters beyond ASCII in it, which would end or spoil the header, or its address
/// has a blank or a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnsafeRedirect;

impl fmt::Display for UnsafeRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the redirect has control characters or characters beyond ASCII in it, or its address has a blank or a fragment; \
             encode the state twice, and leave #... out of redirect_uri",
        )
    }
}

impl core::error::Error for UnsafeRedirect {}

/// What the login page is asked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorize {
    /// `client_id`
    pub client_id: Option<String>,
    /// `redirect_uri`, encoded or not.
    pub redirect_uri: Option<String>,
    /// `state`, decoded once: as it goes into the redirect.
    pub state: Option<String>,
    /// `response_type`, which is ignored.
    pub response_type: Option<String>,
}

impl Authorize {
    /// Reads the query of the login page.
    pub fn parse(query: &str) -> Self {
        let value = |wanted: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.into_iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| decoded(value)).filter(|value| !value.is_empty())
        };
        Self {
            client_id: value("client_id"),
            redirect_uri: value("redirect_uri"),
            state: value("state"),
            response_type: value("response_type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the page makes of a login address.
    fn through_the_page(url: &str, code: &str) -> String {
        let asked = Authorize::parse(url.split_once('?').unwrap().1);
        redirect(&asked.redirect_uri.unwrap(), asked.state.as_deref(), code).unwrap()
    }

    #[test]
    fn a_state_encoded_once_splits() {
        let url = "https://my.shelly.cloud/oauth_login.html?client_id=shelly-diy&redirect_uri=http://127.0.0.1/cb&state=a%26b";
        let location = through_the_page(url, "x.y.z");
        assert_eq!(location, "http://127.0.0.1/cb?state=a&b&code=x.y.z");
        assert!(!Callback::parse(&location).unwrap().has_state("a&b"));
    }

    #[test]
    fn the_way_back_keeps_what_was_there() {
        for (uri, state, location) in [
            ("http://h/cb", None, "http://h/cb?code=c"),
            ("http://h/cb?x=1", Some("s"), "http://h/cb?x=1&state=s&code=c"),
            ("http://h/cb?", Some("s"), "http://h/cb?state=s&code=c"),
            ("http://h/cb?x=1&", None, "http://h/cb?x=1&code=c"),
        ] {
            assert_eq!(redirect(uri, state, "c").unwrap(), location);
        }
        for state in ["a\r\nSet-Cookie: x", "a\0", "ä"] {
            assert_eq!(redirect("http://h/", Some(state), "c"), Err(UnsafeRedirect));
        }
        for uri in ["https://", "https:// ", "https://h/ cb", "https://h/cb#x", "https://h/cb?a#x", "https://h/\u{e4}"]
        {
            assert_eq!(redirect(uri, None, "c").is_ok(), uri == "https://", "{uri}");
        }
        for (url, error) in [
            ("http://h/cb", CallbackError::NoQuery),
            ("http://h/cb?state=s", CallbackError::NoCode),
            ("http://h/cb?code=", CallbackError::NoCode),
            ("http://h/cb#code=x", CallbackError::NoQuery),
        ] {
            assert_eq!(Callback::parse(url), Err(error));
        }
        assert!(!Callback::parse("/?code=c").unwrap().has_state(""));
        assert!(Callback::parse("/?code=c&state=").unwrap().has_state(""));
    }

    proptest! {
        #[test]
        fn any_state_comes_back(state in "[\\PC\\x00-\\x1f&=#%+]{0,30}", uri in "http://h/[a-z]{0,5}(\\?[a-z]=[0-9]&?)?") {
            let url = authorize_url("http://127.0.0.1", DIY_CLIENT, &uri, Some(&state));
            let back = Callback::parse(&through_the_page(&url, "x.y.z")).unwrap();
            prop_assert!(back.has_state(&state) || (state.is_empty() && back.state.is_none()));
            prop_assert_eq!(back.code.expose(), "x.y.z");
        }
    }
}

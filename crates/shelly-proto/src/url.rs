//! The addresses of an account's server: whom to trust with a token, and the socket (dossier 1, 8).

use crate::Claims;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;
use dummyload_codec::url::redacted;
pub(crate) use dummyload_codec::url::{decoded, encoded};
use dummyload_session::{Endpoint, Secret};

/// Which servers get a token. The address of the server stands in the token, unsigned for all that a client can tell, so
/// whoever smuggles in a token could have the next one sent anywhere (dossier 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostPolicy {
    /// `https` and a name below `shelly.cloud`.
    #[default]
    ShellyCloudOnly,
    /// Any. For tests.
    Any,
}

impl HostPolicy {
    /// The server of an account, if this policy agrees with it.
    ///
    /// # Errors
    /// The token names none, or one that must not have it.
    pub fn server_of(self, claims: &Claims) -> Result<Server, ServerError> {
        self.check(claims.user_api_url.as_deref().ok_or(ServerError::Missing)?)
    }

    /// The server of an address like `https://shelly-1-eu.shelly.cloud`, if this policy agrees with it.
    ///
    /// # Errors
    /// It is no such address, or one that must not have a token.
    pub fn check(self, user_api_url: &str) -> Result<Server, ServerError> {
        let server = Server::parse(user_api_url)?;
        let name = server.host.to_ascii_lowercase();
        match self {
            Self::ShellyCloudOnly if !server.secure => Err(ServerError::NotSecure),
            Self::ShellyCloudOnly if !name.ends_with(".shelly.cloud") => Err(ServerError::Foreign),
            _ => Ok(server),
        }
    }
}

/// The address of a server: scheme, host, perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    secure: bool,
    host: String,
    port: Option<u16>,
}

/// Why there is no server to be talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerError {
    /// The token does not say where its account lives.
    Missing,
    /// It does not begin with `https://` or `http://`.
    Scheme,
    /// There is no host name behind the scheme, or something that is none, as a user name.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// There is a path, a query or a fragment.
    Path,
    /// The policy wants `https`.
    NotSecure,
    /// The policy wants a name below `shelly.cloud`.
    Foreign,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "the token does not name the server of its account",
            Self::Scheme => "the server's address must begin with https:// or http://",
            Self::Host => "the server's address has no proper host name",
            Self::Port => "the server's address has no proper port",
            Self::Path => "the server's address must have neither a path nor a query",
            Self::NotSecure => "tokens are sent over https only; allow any host to test without",
            Self::Foreign => "tokens are sent to names below shelly.cloud only; allow any host to test elsewhere",
        })
    }
}

impl core::error::Error for ServerError {}

impl Server {
    /// The port of the socket, whatever port the address has: every client puts it behind the host name (dossier 1).
    pub const SOCKET_PORT: u16 = 6113;
    /// The path of the socket.
    pub const SOCKET_PATH: &'static str = "/shelly/wss/hk_sock";

    fn parse(url: &str) -> Result<Self, ServerError> {
        let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(ServerError::Scheme),
        };
        let authority = rest.trim_end_matches('/');
        if authority.contains(['/', '?', '#']) {
            return Err(ServerError::Path);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, Some(port.parse().ok().filter(|port| *port != 0).ok_or(ServerError::Port)?))
            }
            _ => (authority, None),
        };
        let name = |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        let v6 = |host: &str| host.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
        let proper = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(host) => !host.is_empty() && v6(host),
            None => !host.is_empty() && name(host),
        };
        if proper { Ok(Self { secure, host: host.to_owned(), port }) } else { Err(ServerError::Host) }
    }

    /// The host name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if the address has one.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether it is reached by TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The address in front of the targets of HTTP requests, without a slash at its end.
    pub fn base(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{}{port}", self.host)
    }

    /// The socket of an account with its token: on port 6113 of the host, or elsewhere if told so.
    ///
    /// ```
    /// use shelly_proto::{Elsewhere, HostPolicy};
    /// let server = HostPolicy::ShellyCloudOnly.check("https://shelly-1-eu.shelly.cloud")?;
    /// let endpoint = server.socket("a.b.c", &Elsewhere::default());
    /// assert_eq!(endpoint.url.expose(), "wss://shelly-1-eu.shelly.cloud:6113/shelly/wss/hk_sock?t=a.b.c");
    /// assert_eq!(endpoint.to_string(), "wss://shelly-1-eu.shelly.cloud:6113/shelly/wss/hk_sock?t=[redacted]");
    /// # Ok::<(), shelly_proto::ServerError>(())
    /// ```
    pub fn socket(&self, token: &str, elsewhere: &Elsewhere) -> Endpoint {
        let scheme = if elsewhere.secure.unwrap_or(self.secure) { "wss" } else { "ws" };
        let host = elsewhere.host.as_deref().unwrap_or(&self.host);
        let port = elsewhere.port.unwrap_or(Self::SOCKET_PORT);
        let url = format!("{scheme}://{host}:{port}{}?t={}", Self::SOCKET_PATH, encoded(token));
        let shown = redact_url(&url);
        Endpoint::new(url, shown)
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base())
    }
}

/// Where the socket is instead of port 6113 of the account's server: for tests and mocks. `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elsewhere {
    /// By TLS or not.
    pub secure: Option<bool>,
    /// Another host; an IPv6 address in brackets.
    pub host: Option<String>,
    /// Another port.
    pub port: Option<u16>,
}

impl Elsewhere {
    /// Another host and port, without TLS.
    pub fn plain(host: impl Into<String>, port: u16) -> Self {
        Self { secure: Some(false), host: Some(host.into()), port: Some(port) }
    }

    /// Another port.
    pub fn port(port: u16) -> Self {
        Self { port: Some(port), ..Self::default() }
    }
}

/// The token in the query of a handshake; `None` if there is none, which the cloud treats as a bad one (dossier 8).
pub fn parse_socket_query(query: &str) -> Option<Secret<String>> {
    let found = query.split('&').find_map(|pair| pair.strip_prefix("t="))?;
    Some(decoded(found)).filter(|token| !token.is_empty()).map(Secret::new)
}

/// The names of query parameters and form fields whose values are secret.
pub const SECRET_PARAMETERS: [&str; 8] =
    ["t", "code", "auth_key", "access_token", "refresh_token", "client_secret", "password", "state"];

/// Replaces the values of [`SECRET_PARAMETERS`] in a URL by `[redacted]`.
pub fn redact_url(url: &str) -> String {
    redacted(url, &SECRET_PARAMETERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn tokens_go_to_shelly_only_unless_told_otherwise() {
        let strict = |url| HostPolicy::ShellyCloudOnly.check(url);
        for url in
            ["https://shelly-13-eu.shelly.cloud", "https://SHELLY-1-US.Shelly.Cloud/", "https://a.shelly.cloud:444"]
        {
            assert!(strict(url).is_ok(), "{url}");
            assert_eq!(strict(url), HostPolicy::Any.check(url));
        }
        for (url, error) in [
            ("http://shelly-13-eu.shelly.cloud", ServerError::NotSecure),
            ("https://example.com", ServerError::Foreign),
            ("https://evilshelly.cloud", ServerError::Foreign),
            ("https://shelly.cloud.example.com", ServerError::Foreign),
            ("https://a.shelly.cloud@example.com", ServerError::Host),
            ("https://example.com\\.shelly.cloud", ServerError::Host),
            ("https://example.com/.shelly.cloud", ServerError::Path),
            ("https://example.com?.shelly.cloud", ServerError::Path),
            ("https://example.com#.shelly.cloud", ServerError::Path),
            ("https://", ServerError::Host),
            ("wss://a.shelly.cloud", ServerError::Scheme),
            ("https://a.shelly.cloud:0", ServerError::Port),
            ("https://a.shelly.cloud:x", ServerError::Port),
        ] {
            assert_eq!(strict(url), Err(error), "{url}");
        }
        assert_eq!(HostPolicy::Any.server_of(&Claims::default()), Err(ServerError::Missing));
    }

    #[test]
    fn the_socket_is_on_its_port_or_elsewhere() {
        let local = HostPolicy::Any.check("http://[::1]:8080/").unwrap();
        assert_eq!((local.base().as_str(), local.port(), local.is_secure()), ("http://[::1]:8080", Some(8080), false));
        let url = |elsewhere: &Elsewhere| local.socket("t/1", elsewhere).url.expose().clone();
        assert_eq!(url(&Elsewhere::default()), "ws://[::1]:6113/shelly/wss/hk_sock?t=t%2F1");
        assert_eq!(url(&Elsewhere::port(9)), "ws://[::1]:9/shelly/wss/hk_sock?t=t%2F1");
        assert_eq!(url(&Elsewhere::plain("127.0.0.1", 8)), "ws://127.0.0.1:8/shelly/wss/hk_sock?t=t%2F1");
    }

    #[test]
    fn secrets_in_urls_are_replaced() {
        for (url, shown) in [
            ("wss://h/p?t=abc&x=1", "wss://h/p?t=[redacted]&x=1"),
            ("/oauth/auth?client_id=a&CODE=b", "/oauth/auth?client_id=a&CODE=[redacted]"),
            ("http://127.0.0.1/cb?state=s&code=c", "http://127.0.0.1/cb?state=[redacted]&code=[redacted]"),
            ("/x?%74=abc", "/x?%74=[redacted]"),
            ("/x", "/x"),
        ] {
            assert_eq!(redact_url(url), shown);
        }
    }

    proptest! {
        #[test]
        fn any_token_comes_through(token in "\\PC{1,40}") {
            let endpoint = HostPolicy::Any.check("http://h").unwrap().socket(&token, &Elsewhere::default());
            let query = endpoint.url.expose().split_once('?').unwrap().1;
            prop_assert_eq!(parse_socket_query(query), Some(Secret::new(token)));
            prop_assert!(endpoint.to_string().ends_with("?t=[redacted]"));
        }

        #[test]
        fn no_address_is_too_odd(url in "https?://\\PC{0,30}") {
            if let Ok(server) = HostPolicy::ShellyCloudOnly.check(&url) {
                prop_assert!(server.host().to_ascii_lowercase().ends_with(".shelly.cloud"));
            }
        }
    }
}

//! Where the server is: the socket and the two REST services (dossier 1, 14).

use dummyload_session::{Endpoint, Secret};
use std::fmt;

/// An address split up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    secure: bool,
    socket: bool,
    /// Host and port as they stand.
    authority: String,
    path: String,
}

/// This is no address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// It begins neither with `ws://` or `wss://`, as addresses of sockets do, nor with `http://` or `https://`, as those of
    /// REST services do.
    Scheme,
    /// There is no host behind the scheme, or a name and password before it.
    Host,
    /// A REST service was wanted, and this is a socket.
    NotRest,
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => {
                "the server's address must begin with ws:// or wss:// (the socket, as ws://127.0.0.1:4103/dh/websocket) or with \
                 http:// or https:// (the REST service, as http://127.0.0.1:4103/dh/rest)"
            }
            Self::Host => "the server's address must have a host behind its scheme, and no login in front of it",
            Self::NotRest => "the address of a REST service must begin with http:// or https://",
        })
    }
}

impl std::error::Error for AddressError {}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once("://").ok_or(AddressError::Scheme)?;
        let (secure, socket) = match scheme.to_ascii_lowercase().as_str() {
            "ws" => (false, true),
            "wss" => (true, true),
            "http" => (false, false),
            "https" => (true, false),
            _ => return Err(AddressError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() || authority.contains('@') || authority.starts_with(':') {
            return Err(AddressError::Host);
        }
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        Ok(Self { secure, socket, authority: authority.to_owned(), path: path.to_owned() })
    }

    pub(crate) fn rest(url: &str) -> Result<Self, AddressError> {
        Self::parse(url).and_then(|address| if address.socket { Err(AddressError::NotRest) } else { Ok(address) })
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.socket
    }

    /// Whether both lead to the same port of the same host.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        let port = if self.secure { ":443" } else { ":80" };
        let plain = |address: &Self| address.authority.to_ascii_lowercase().trim_end_matches(port).to_owned();
        plain(self) == plain(other)
    }

    /// The socket at this path, as secure as this address is.
    pub(crate) fn socket_at(&self, other: &Self) -> Self {
        Self { secure: self.secure || other.secure, socket: true, ..other.clone() }
    }

    /// The REST service that servers have beside a socket: `/dh/rest` beside `/dh/websocket`.
    pub(crate) fn rest_beside(&self) -> Self {
        let context = self.path.find("/websocket").map_or("", |at| &self.path[..at]);
        Self { socket: false, path: format!("{context}/rest"), ..self.clone() }
    }

    /// The endpoint of this socket.
    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.to_string(), self.to_string())
    }

    /// What lies at this path below.
    pub(crate) fn join(&self, target: &str) -> Secret<String> {
        Secret::new(format!("{self}{target}"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.socket, self.secure) {
            (true, true) => "wss",
            (true, false) => "ws",
            (false, true) => "https",
            (false, false) => "http",
        };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_service_lies_beside_the_socket() {
        for (socket, rest) in [
            ("ws://127.0.0.1:4103/dh/websocket", "http://127.0.0.1:4103/dh/rest"),
            ("wss://h/api/websocket/", "https://h/api/rest"),
            ("WS://h/websocket?x=1", "http://h/rest"),
            ("ws://h/dh/websocket/client", "http://h/dh/rest"),
            ("ws://h", "http://h/rest"),
        ] {
            assert_eq!(Address::parse(socket).unwrap().rest_beside().to_string(), rest);
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for (url, error) in [
            ("127.0.0.1:4103", AddressError::Scheme),
            ("ftp://h", AddressError::Scheme),
            ("ws://", AddressError::Host),
            ("ws://user:pw@h/", AddressError::Host),
        ] {
            assert_eq!(Address::parse(url), Err(error), "{url}");
        }
        assert_eq!(Address::rest("ws://h"), Err(AddressError::NotRest));
    }

    #[test]
    fn a_socket_is_beside_its_rest_service_whatever_its_scheme_says() {
        let rest = Address::parse("https://Server.example/dh/rest").unwrap();
        let told = Address::parse("ws://server.example/dh/websocket").unwrap();
        assert!(rest.is_beside(&told));
        assert_eq!(rest.socket_at(&told).to_string(), "wss://server.example/dh/websocket");
        assert!(!rest.is_beside(&Address::parse("wss://elsewhere.example/dh/websocket").unwrap()));
    }
}

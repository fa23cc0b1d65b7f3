//! What lies where (dossier 1, 14).

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// The socket.
    Socket {
        /// The path in front of `/websocket`, which the addresses in answers begin with.
        context: &'a str,
    },
    /// A REST resource.
    Rest {
        /// The path in front of `/rest`.
        context: &'a str,
        /// What follows `/rest`: empty, or beginning with a slash.
        resource: &'a str,
    },
    /// The context without its slash, which a server redirects to.
    Root,
    /// Within the context, and nothing there.
    Nothing,
    /// Outside of all contexts.
    Outside,
}

/// The context path of a bare server.
const BARE: &str = "/dh";
/// Those of the packaged images. Each of the mock's serves everything.
const PACKAGED: [&str; 3] = ["/api", "/auth", "/plugin"];
/// Where clients have looked for the socket: the first of them is the only one of a server since 2017.
const SOCKETS: [&str; 6] =
    ["/websocket", "/websocket/", "/websocket/client", "/websocket/device", "/client", "/device"];

/// What this path leads to. Without `aliases` there is only what a bare server has.
pub(crate) fn place(path: &str, aliases: bool) -> Place<'_> {
    let contexts = std::iter::once(BARE).chain(PACKAGED.into_iter().filter(|_| aliases));
    for known in contexts {
        match path.strip_prefix(known) {
            Some("") => return Place::Root,
            Some(rest) if rest.starts_with('/') => {
                return within(&path[..known.len()], rest, aliases).unwrap_or(Place::Nothing);
            }
            _ => {}
        }
    }
    let bare = if aliases { within("", path, true) } else { None };
    bare.unwrap_or(Place::Outside)
}

fn within<'a>(context: &'a str, rest: &'a str, aliases: bool) -> Option<Place<'a>> {
    let sockets = if aliases { &SOCKETS[..] } else { &SOCKETS[..1] };
    if sockets.contains(&rest) {
        return Some(Place::Socket { context });
    }
    let resource = rest.strip_prefix("/rest")?;
    (resource.is_empty() || resource.starts_with('/')).then_some(Place::Rest { context, resource })
}

/// The context of the socket whose REST address has this one: the auth and plugin services have none of their own.
pub(crate) fn socket_context(context: &str) -> &str {
    if matches!(context, "/auth" | "/plugin") { PACKAGED[0] } else { context }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_server_has_one_context() {
        let rest = |resource| Place::Rest { context: "/dh", resource };
        for (path, expected) in [
            ("/dh/websocket", Place::Socket { context: "/dh" }),
            ("/dh/websocket/", Place::Nothing),
            ("/dh/websocket/client", Place::Nothing),
            ("/dh/WebSocket", Place::Nothing),
            ("/dh/client", Place::Nothing),
            ("/dh/", Place::Nothing),
            ("/dh", Place::Root),
            ("/dhx", Place::Outside),
            ("/websocket", Place::Outside),
            ("/api/websocket", Place::Outside),
            ("/rest/info", Place::Outside),
            ("/", Place::Outside),
            ("/dh/rest", rest("")),
            ("/dh/rest/", rest("/")),
            ("/dh/rest/info", rest("/info")),
            ("/dh/resting", Place::Nothing),
        ] {
            assert_eq!(place(path, false), expected, "{path}");
        }
    }

    #[test]
    fn with_aliases_every_address_is_good_that_a_client_has() {
        for (path, context) in [
            ("/websocket", ""),
            ("/client", ""),
            ("/device", ""),
            ("/websocket/device", ""),
            ("/dh/websocket/", "/dh"),
            ("/api/websocket", "/api"),
            ("/api/websocket/client", "/api"),
            ("/api/device", "/api"),
        ] {
            assert_eq!(place(path, true), Place::Socket { context }, "{path}");
        }
        for (path, context) in [
            ("/rest/device", ""),
            ("/dh/rest/device", "/dh"),
            ("/api/rest/device", "/api"),
            ("/auth/rest/device", "/auth"),
            ("/plugin/rest/device", "/plugin"),
        ] {
            assert_eq!(place(path, true), Place::Rest { context, resource: "/device" }, "{path}");
        }
        assert_eq!(place("/nope", true), Place::Outside);
        assert_eq!(place("/api/nope", true), Place::Nothing);
        assert_eq!((socket_context("/auth"), socket_context("/dh"), socket_context("")), ("/api", "/dh", ""));
    }
}

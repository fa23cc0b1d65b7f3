//! Login URLs, made and read (dossier 2).

use crate::{Dialect, LinkId, UrlError, UserId};
use alloc::format;
use alloc::string::String;
use dummyload_codec::url::{decoded_form, encoded, redacted};
use dummyload_session::{Endpoint, Secret};

/// The names of query parameters whose values are secret.
pub(crate) const SECRETS: [&str; 3] = ["ApiKey", "Token", "key"];

/// How to log in. The key and the token are never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// User name and API key; does not expire. The key must have been made on or after 2024-10-15.
    ApiKey {
        /// The account's name.
        username: String,
        /// The key, in GUID form.
        key: Secret<String>,
    },
    /// User number and the website's token, which lives two weeks.
    Token {
        /// The account's number.
        user: UserId,
        /// The token.
        token: Secret<String>,
    },
}

impl Login {
    /// A login by API key.
    pub fn api_key(username: impl Into<String>, key: impl Into<String>) -> Self {
        Self::ApiKey { username: username.into(), key: Secret::new(key.into()) }
    }

    /// A login by website token.
    pub fn token(user: UserId, token: impl Into<String>) -> Self {
        Self::Token { user, token: Secret::new(token.into()) }
    }
}

/// The address of the broker's socket for a login. `base` is `ws://host[:port][/path]`; a slash at its end does not
/// matter.
///
/// # Errors
/// A base that is no such address.
///
/// ```
/// use pishock_proto::{Dialect, Login, endpoint};
/// # fn main() -> Result<(), pishock_proto::UrlError> {
/// let endpoint = endpoint("ws://127.0.0.1:7601", Dialect::V2, &Login::api_key("a b", "key"))?;
/// assert_eq!(endpoint.url.expose(), "ws://127.0.0.1:7601/v2?Username=a%20b&ApiKey=key");
/// assert_eq!(endpoint.to_string(), "ws://127.0.0.1:7601/v2?Username=a%20b&ApiKey=[redacted]");
/// # Ok(())
/// # }
/// ```
pub fn endpoint(base: &str, dialect: Dialect, login: &Login) -> Result<Endpoint, UrlError> {
    let base = checked(base)?;
    let url = match (dialect, login) {
        (Dialect::V2, Login::ApiKey { username, key }) => {
            format!("{base}/v2?Username={}&ApiKey={}", encoded(username), encoded(key.expose()))
        }
        (Dialect::V2, Login::Token { user, token }) => {
            format!("{base}/v2?UserId={user}&Token={}", encoded(token.expose()))
        }
        (Dialect::V1, Login::ApiKey { username, key }) => {
            format!("{base}/?username={}&key={}&api=true", encoded(username), encoded(key.expose()))
        }
        (Dialect::V1, Login::Token { user, token }) => {
            format!("{base}/?username=user{user}&key={}", encoded(token.expose()))
        }
    };
    let shown = redact_url(&url);
    Ok(Endpoint::new(url, shown))
}

/// The address of a public control link's socket; there are no credentials in it.
///
/// # Errors
/// A base that is no `ws://` or `wss://` address.
pub fn link_endpoint(base: &str, link: &LinkId) -> Result<Endpoint, UrlError> {
    let url = format!("{}/Links/{}", checked(base)?, encoded(link.as_str()));
    Ok(Endpoint::new(url.clone(), url))
}

fn checked(base: &str) -> Result<&str, UrlError> {
    let rest = ["ws://", "wss://"].iter().find_map(|scheme| base.strip_prefix(scheme)).ok_or(UrlError::Scheme)?;
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) {
        return Err(UrlError::Host);
    }
    if rest.contains(['?', '#']) {
        return Err(UrlError::Query);
    }
    if rest.contains('@') {
        return Err(UrlError::UserInfo);
    }
    Ok(base.trim_end_matches('/'))
}

/// Replaces the values of `ApiKey`, `Token` and `key` in a URL by `[redacted]`.
pub fn redact_url(url: &str) -> String {
    redacted(url, &SECRETS)
}

/// What a server reads out of the query of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginAttempt {
    /// A whole login, right or wrong.
    Complete(Login),
    /// Something is missing; the text says what.
    Incomplete(&'static str),
}

/// Reads the query of a handshake (dossier 2): names without regard to case, `%XX` and `+` decoded. A user number with a
/// token wins over a name with a key.
pub fn parse_login(dialect: Dialect, query: &str) -> LoginAttempt {
    let value = |wanted: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut matching = pairs.filter(|(name, _)| decoded_form(name).eq_ignore_ascii_case(wanted));
        matching.next().map(|(_, value)| decoded_form(value)).filter(|value| !value.is_empty())
    };
    let complete = |login| LoginAttempt::Complete(login);
    match dialect {
        Dialect::V2 => match (value("UserId"), value("Token"), value("Username"), value("ApiKey")) {
            (Some(user), Some(token), _, _) => match user.parse() {
                Ok(user) => complete(Login::token(user, token)),
                Err(_) => LoginAttempt::Incomplete("UserId is no number"),
            },
            (_, _, Some(username), Some(key)) => complete(Login::api_key(username, key)),
            (_, _, Some(_), None) => LoginAttempt::Incomplete("ApiKey is missing"),
            (Some(_), None, _, _) => LoginAttempt::Incomplete("Token is missing"),
            _ => LoginAttempt::Incomplete("neither Username with ApiKey nor UserId with Token is there"),
        },
        Dialect::V1 => match (value("username"), value("key")) {
            (Some(username), Some(key)) if value("api").is_some_and(|api| api.eq_ignore_ascii_case("true")) => {
                complete(Login::api_key(username, key))
            }
            (Some(username), Some(token)) => match username.strip_prefix("user").map(str::parse) {
                Some(Ok(user)) => complete(Login::token(user, token)),
                _ => LoginAttempt::Incomplete("a name needs api=true, and a token the name user{userid}"),
            },
            (None, _) => LoginAttempt::Incomplete("username is missing"),
            (_, None) => LoginAttempt::Incomplete("key is missing"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_logins_are_those_of_the_documents() {
        let (key, token) = (Login::api_key("puppy", "k-1"), Login::token(UserId(77), "t/1"));
        for (dialect, login, expected) in [
            (Dialect::V2, &key, "ws://h/v2?Username=puppy&ApiKey=k-1"),
            (Dialect::V2, &token, "ws://h/v2?UserId=77&Token=t%2F1"),
            (Dialect::V1, &key, "ws://h/?username=puppy&key=k-1&api=true"),
            (Dialect::V1, &token, "ws://h/?username=user77&key=t%2F1"),
        ] {
            assert_eq!(endpoint("ws://h/", dialect, login).unwrap().url.expose(), expected);
            let query = expected.split_once('?').unwrap().1;
            assert_eq!(parse_login(dialect, query), LoginAttempt::Complete(login.clone()));
        }
        assert_eq!(link_endpoint("wss://h", &LinkId::new("a-b")).unwrap().url.expose(), "wss://h/Links/a-b");
    }

    #[test]
    fn a_server_is_generous_with_queries() {
        let login = LoginAttempt::Complete(Login::api_key("a b+c", "k"));
        for query in
            ["username=a+b%2Bc&apiKey=k", "ApiKey=k&x=1&USERNAME=a%20b%2bc", "Token=&Username=a+b%2Bc&ApiKey=k"]
        {
            assert_eq!(parse_login(Dialect::V2, query), login, "{query}");
        }
        let both = "UserId=7&Token=t&Username=a&ApiKey=k";
        assert_eq!(parse_login(Dialect::V2, both), LoginAttempt::Complete(Login::token(UserId(7), "t")));
        for (dialect, query) in [
            (Dialect::V2, ""),
            (Dialect::V2, "Username=a"),
            (Dialect::V2, "UserId=x&Token=t"),
            (Dialect::V1, "username=a&key=k"),
        ] {
            assert!(matches!(parse_login(dialect, query), LoginAttempt::Incomplete(_)), "{query}");
        }
    }

    #[test]
    fn bad_bases_are_named() {
        let login = Login::api_key("a", "k");
        for (base, error) in [
            ("http://h", UrlError::Scheme),
            ("ws://", UrlError::Host),
            ("ws:///x", UrlError::Host),
            ("ws://h?x", UrlError::Query),
            ("ws://user:password@h", UrlError::UserInfo),
        ] {
            assert_eq!(endpoint(base, Dialect::V2, &login), Err(error));
        }
    }
}

//! Codes and tokens: what they say, who has signed them, and which have ended (dossier 3, 4).

use crate::options::Options;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dummyload_session::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use shelly_proto::{Claims, Raw};
use std::collections::{BTreeMap, BTreeSet};

/// The subject of refresh tokens. Those of the real cloud are opaque; these say whose they are, as codes do.
const REFRESH: &str = "refresh";
/// Members in the order of a recorded token (dossier 3).
const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Access,
    Refresh,
}

/// A token that this cloud, or somebody with its secret, has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) user: u64,
    /// The program that it was made for; empty if it does not say.
    pub(crate) client: String,
    /// When it ends, in seconds since 1970.
    pub(crate) exp: Option<i64>,
    /// Its number; 0 for one that was made elsewhere without one.
    number: u64,
    /// Unlike for any two tokens.
    signature: String,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// There is none.
    Missing,
    /// It is no token, or signed with another secret.
    Unsigned,
    /// It does not say what it must.
    Claims,
    /// It is of another kind.
    Kind,
    Expired,
    Revoked,
    /// A code that was exchanged before.
    Used,
    /// Its account is not there.
    UnknownUser,
}

impl Broken {
    /// The code of the problem.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Missing => "no-token",
            Self::Unsigned => "token-unsigned",
            Self::Claims => "token-claims",
            Self::Kind => "token-kind",
            Self::Expired => "token-expired",
            Self::Revoked => "token-revoked",
            Self::Used => "code-used",
            Self::UnknownUser => "unknown-user",
        }
    }

    /// For the author of the client.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Missing => {
                "there is no token: calls have it in the header Authorization, behind Bearer, and the socket in the parameter t"
            }
            Self::Unsigned => "this is no token of this mock: it is not signed (HS256) with its token_secret",
            Self::Claims => "an access token has sub \"pwd\", user_id as a text of digits, and exp in whole seconds",
            Self::Kind => {
                "a token of another kind: a code is exchanged at /oauth/auth, only an access token opens anything"
            }
            Self::Expired => "the token has expired",
            Self::Revoked => "the token was ended by the control plane, or replaced",
            Self::Used => "the code was exchanged before, and codes work once here (single_use_codes)",
            Self::UnknownUser => "the account of this token is not in this world",
        }
    }
}

/// What is known of tokens beside what they say themselves.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    made: u64,
    ended: BTreeSet<String>,
    used: BTreeSet<String>,
    /// All tokens of an account up to this number have ended.
    ended_until: BTreeMap<u64, u64>,
}

fn mac(secret: &str) -> Hmac<Sha256> {
    // HMAC takes keys of any length (RFC 2104), so there is no error.
    #[allow(clippy::expect_used)]
    Hmac::new_from_slice(secret.as_bytes()).expect("any key")
}

impl Tokens {
    /// Makes a token. `server` is the account's `user_api_url`.
    pub(crate) fn make(
        &mut self,
        options: &Options,
        now: Timestamp,
        kind: Kind,
        user: u64,
        client: &str,
        server: &str,
    ) -> String {
        self.made += 1;
        let seconds = i64::try_from(now.since_epoch().as_secs()).unwrap_or(i64::MAX);
        let mut claims = Claims::default();
        let (sub, life) = match kind {
            Kind::Code => (client, Some(options.code_life).filter(|life| *life > 0)),
            Kind::Access => (Claims::ACCESS, Some(options.token_life)),
            Kind::Refresh => (REFRESH, None),
        };
        claims.sub = Some(sub.to_owned());
        claims.iat = Some(seconds);
        claims.user_id = Some(user.to_string());
        claims.user_api_url = Some(server.to_owned());
        claims.exp = life.map(|life| seconds.saturating_add(life.into()));
        let from = if kind == Kind::Code { Raw::of(&()) } else { Raw::of(client) };
        let extra = [("sn", Raw::of("1")), ("n", Raw::of(&self.made)), ("from", from)];
        for (name, value) in extra {
            // Texts and numbers can always be written; a code has no `from`.
            if let Some(value) = value.ok().filter(|value| value.as_str() != "null") {
                claims.extra.push(name, value);
            }
        }
        let payload = claims.to_json();
        sign(&options.token_secret, &if options.escaped_slashes { payload.replace('/', "\\/") } else { payload })
    }

    /// What a token says, if it is a valid one of this kind.
    pub(crate) fn read(&self, options: &Options, now: Timestamp, text: &str, kinds: &[Kind]) -> Result<Token, Broken> {
        let token = read(&options.token_secret, text)?;
        if !kinds.contains(&token.kind) {
            return Err(Broken::Kind);
        }
        if token.exp.is_some_and(|exp| exp <= i64::try_from(now.since_epoch().as_secs()).unwrap_or(i64::MAX)) {
            return Err(Broken::Expired);
        }
        if self.ended.contains(&token.signature)
            || self.ended_until.get(&token.user).is_some_and(|last| token.number <= *last)
        {
            return Err(Broken::Revoked);
        }
        if self.used.contains(&token.signature) {
            return Err(Broken::Used);
        }
        Ok(token)
    }

    /// The code will not be taken again.
    pub(crate) fn use_up(&mut self, token: &Token) {
        self.used.insert(token.signature.clone());
    }

    pub(crate) fn end(&mut self, token: &Token) {
        self.ended.insert(token.signature.clone());
    }

    /// Ends everything that was made for an account so far: codes, access and refresh tokens.
    pub(crate) fn end_all(&mut self, user: u64) {
        self.ended_until.insert(user, self.made);
    }
}

/// What a token says that is signed with this secret.
fn read(secret: &str, text: &str) -> Result<Token, Broken> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Broken::Missing);
    }
    let (signed, signature) = text.rsplit_once('.').ok_or(Broken::Unsigned)?;
    let bytes = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')).map_err(|_| Broken::Unsigned)?;
    let mut mac = mac(secret);
    mac.update(signed.as_bytes());
    mac.verify_slice(&bytes).map_err(|_| Broken::Unsigned)?;
    if !is_hs256(signed) {
        return Err(Broken::Unsigned);
    }
    let claims = Claims::decode(text).map_err(|_| Broken::Claims)?;
    let user = user_of(signed).ok_or(Broken::Claims)?;
    let sub = claims.sub.as_deref().unwrap_or_default();
    let from = claims.extra.get("from").and_then(|from| from.parse::<String>().ok()).unwrap_or_default();
    let (kind, client) = match sub {
        "" => return Err(Broken::Claims),
        Claims::ACCESS => (Kind::Access, from),
        REFRESH => (Kind::Refresh, from),
        client => (Kind::Code, client.to_owned()),
    };
    if kind == Kind::Access && claims.exp.is_none() {
        return Err(Broken::Claims);
    }
    let number = claims.extra.get("n").and_then(|n| n.parse().ok()).unwrap_or_default();
    Ok(Token { kind, user, client, exp: claims.exp, number, signature: signature.to_owned() })
}

/// The account in a payload whose claims have their types (dossier 3): programs that take others read no real token. The
/// claims of the codec are more generous.
fn user_of(signed: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Typed {
        user_id: String,
        #[serde(default, rename = "exp")]
        _exp: Option<i64>,
    }
    let payload = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let typed: Typed = serde_json::from_slice(&payload).ok()?;
    typed.user_id.parse().ok().filter(|user: &u64| user.to_string() == typed.user_id)
}

fn is_hs256(signed: &str) -> bool {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    let header = signed.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header.trim_end_matches('=')).unwrap_or_default();
    serde_json::from_slice::<Header>(&header).is_ok_and(|header| header.alg == "HS256")
}

/// A compact token with this payload.
pub(crate) fn sign(secret: &str, payload: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload));
    let mut mac = mac(secret);
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(1_700_000_000 + seconds))
    }

    fn make(tokens: &mut Tokens, options: &Options, kind: Kind) -> String {
        tokens.make(options, at(0), kind, 6550, "shelly-diy", "https://shelly-1-eu.shelly.cloud")
    }

    fn payload(token: &str) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn the_signature_is_that_of_rfc_7515() {
        // Computed with the standard library of Python.
        let token = sign("secret", r#"{"a":1}"#);
        assert_eq!(
            token,
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.9TScd9qkG4hNYAnJ_AxvxktsgJfGSrMEMpes8gYunOI"
        );
    }

    #[test]
    fn an_access_token_says_what_the_real_one_says() {
        let (mut tokens, mut options) = (Tokens::default(), Options::default());
        assert_eq!(
            payload(&make(&mut tokens, &options, Kind::Access)),
            r#"{"sub":"pwd","iat":1700000000,"user_id":"6550","sn":"1","user_api_url":"https:\/\/shelly-1-eu.shelly.cloud","n":1,"from":"shelly-diy","exp":1700043200}"#
        );
        options.escaped_slashes = false;
        assert_eq!(
            payload(&make(&mut tokens, &options, Kind::Code)),
            r#"{"sub":"shelly-diy","iat":1700000000,"user_id":"6550","sn":"1","user_api_url":"https://shelly-1-eu.shelly.cloud","n":2}"#
        );
    }

    #[test]
    fn each_kind_opens_its_own_door_for_its_time() {
        let (mut tokens, options) = (Tokens::default(), Options::default());
        let token = make(&mut tokens, &options, Kind::Access);
        let read = |tokens: &Tokens, text: &str, now, kind| tokens.read(&options, now, text, &[kind]).map(|t| t.user);
        assert_eq!(read(&tokens, &token, at(43_199), Kind::Access), Ok(6550));
        assert_eq!(read(&tokens, &token, at(43_200), Kind::Access), Err(Broken::Expired));
        assert_eq!(read(&tokens, &token, at(0), Kind::Code), Err(Broken::Kind));
        assert_eq!(read(&tokens, "", at(0), Kind::Access), Err(Broken::Missing));
        for text in ["x", "a.b.c", &token[..token.len() - 1], &format!("{token}.x"), &token.replace("eyJ0", "eyJ1")] {
            assert_eq!(read(&tokens, text, at(0), Kind::Access), Err(Broken::Unsigned), "{text}");
        }
        let code = make(&mut tokens, &options, Kind::Code);
        assert_eq!(read(&tokens, &code, at(99_999_999), Kind::Code), Ok(6550), "codes live long");
        let read_code = tokens.read(&options, at(0), &code, &[Kind::Code]).unwrap();
        tokens.use_up(&read_code);
        assert_eq!(read(&tokens, &code, at(0), Kind::Code), Err(Broken::Used));
        tokens.end_all(6550);
        assert_eq!(read(&tokens, &token, at(0), Kind::Access), Err(Broken::Revoked));
        let fresh = make(&mut tokens, &options, Kind::Access);
        assert_eq!(read(&tokens, &fresh, at(0), Kind::Access), Ok(6550));
        let fresh_token = tokens.read(&options, at(0), &fresh, &[Kind::Access]).unwrap();
        tokens.end(&fresh_token);
        assert_eq!(read(&tokens, &fresh, at(0), Kind::Access), Err(Broken::Revoked));
    }

    #[test]
    fn who_knows_the_secret_can_make_tokens() {
        let (tokens, options) = (Tokens::default(), Options::default());
        let read = |payload: &str, secret: &str| {
            tokens.read(&options, at(0), &sign(secret, payload), &[Kind::Access]).map(|token| token.user)
        };
        for (payload, expected) in [
            (r#"{"sub":"pwd","user_id":"7","exp":1700000001}"#, Ok(7)),
            (r#"{"exp":1700000001,"user_id":"7","sub":"pwd","x":[]}"#, Ok(7)),
            (r#"{"sub":"pwd","user_id":7,"exp":1700000001}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"+7","exp":1700000001}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"07","exp":1700000001}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"7","exp":"1700000001"}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"7","exp":1700000001.5}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"7"}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"seven","exp":1700000001}"#, Err(Broken::Claims)),
            (r#"{"user_id":"7","exp":1700000001}"#, Err(Broken::Claims)),
            (r#"{"sub":"pwd","user_id":"7","exp":1700000000}"#, Err(Broken::Expired)),
            (r#"[]"#, Err(Broken::Claims)),
        ] {
            assert_eq!(read(payload, "dummyload"), expected, "{payload}");
            assert_eq!(read(payload, "other"), Err(Broken::Unsigned));
        }
    }

    #[test]
    fn a_token_without_a_real_signature_is_none() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"pwd","user_id":"7","exp":1700000001}"#);
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let mut mac = mac("dummyload");
        mac.update(format!("{header}.{payload}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
        for token in [format!("{header}.{payload}.{signature}"), format!("{header}.{payload}.")] {
            assert_eq!(read("dummyload", &token), Err(Broken::Unsigned));
        }
    }
}

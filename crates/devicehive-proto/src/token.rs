//! The tokens: JSON Web Tokens with one claim, `payload`, and a key rule of their own (dossier 8.1).

use crate::{Datetime, Fields, Json};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use core::fmt;
use dummyload_codec::write;
use dummyload_session::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a token says: the members of its claim `payload`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenPayload {
    /// `a`: what it allows, by number. `None` allows nothing; an empty list stands for
    /// [`Permission::CLIENT_DEFAULT`](crate::Permission::CLIENT_DEFAULT), and 0 in it for everything.
    pub actions: Option<Vec<i64>>,
    /// `e`: when it ends.
    pub expiration: Datetime,
    /// `t`
    pub kind: TokenKind,
    /// `u`: whose it is.
    pub user_id: i64,
    /// `n`: the networks, or `*` for all. `None` is none.
    pub network_ids: Option<Vec<String>>,
    /// `dt`: the device types, or `*` for all. `None` leaves it to the user.
    pub device_type_ids: Option<Vec<String>>,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// To authenticate with: `t` is 1, or anything but 0.
    Access,
    /// To get new access tokens with: `t` is 0.
    Refresh,
}

/// Why a text is no token. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// There are not three parts of base64 with dots between them, or the first says that it is something else.
    NotAToken,
    /// It is signed with another secret.
    Signature,
    /// The payload is not what it must be: the member in question.
    Payload(&'static str),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAToken => {
                f.write_str("this is no token: three parts of base64 with dots between them, signed HS256")
            }
            Self::Signature => f.write_str("the token is signed with another secret"),
            Self::Payload(member) => write!(f, "`{member}` in the token's payload is missing or of a wrong type"),
        }
    }
}

impl core::error::Error for TokenError {}

/// What a server signs its tokens with. The key is not the secret's bytes: the secret is read as base64, whatever it is.
///
/// ```
/// use devicehive_proto::{TokenKey, TokenPayload};
/// let token = concat!(
///     "eyJhbGciOiJIUzI1NiJ9.eyJwYXlsb2FkIjp7ImEiOlswXSwiZSI6NDEwMjQ0NDgwMDAwMCwidCI6MSwidSI6NywibiI6WyIqIl0sImR0IjpbIioiXX19",
///     ".owesuSJx9NOoc6rkjNoDIFRpuppMI0-kghL00xxpuZI"
/// );
/// let key = TokenKey::new("devicehive");
/// let payload = key.read(token)?;
/// assert_eq!((payload.user_id, &*key.sign(&payload)), (7, token));
/// # Ok::<(), devicehive_proto::TokenError>(())
/// ```
#[derive(Clone)]
pub struct TokenKey(Secret<Vec<u8>>);

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

const HEADER: &str = r#"{"alg":"HS256"}"#;

impl TokenKey {
    /// The key of this secret: characters outside of base64's alphabet are passed over, and so are those behind the last whole
    /// group of four.
    pub fn new(secret: &str) -> Self {
        let digits: Vec<u8> =
            secret.bytes().filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).collect();
        let whole = digits.len() / 4 * 4;
        Self(Secret::new(STANDARD_NO_PAD.decode(&digits[..whole]).unwrap_or_default()))
    }

    /// A signed token.
    pub fn sign(&self, payload: &TokenPayload) -> String {
        self.sign_json(&payload.to_json())
    }

    /// A signed token with this claim `payload`, whatever it is: for tests of servers.
    pub fn sign_json(&self, payload: &Json) -> String {
        let claims = format!(r#"{{"payload":{}}}"#, payload.as_str());
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.mac(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a token says, if it was signed with this key. Nothing is said about its end.
    ///
    /// # Errors
    /// It is none, signed otherwise, or says too little.
    pub fn read(&self, token: &str) -> Result<TokenPayload, TokenError> {
        self.check(token)?;
        TokenPayload::read(token)
    }

    /// The claim `payload` of a token that was signed with this key, whatever it is: those of plugins say other things.
    ///
    /// # Errors
    /// It is none, signed otherwise, or has no such claim.
    pub fn read_json(&self, token: &str) -> Result<Json, TokenError> {
        self.check(token)?;
        let claims = claims(token)?;
        let claims = Fields::read(&claims).map_err(|_| TokenError::NotAToken)?;
        claims.object("payload").ok().flatten().ok_or(TokenError::Payload("payload"))
    }

    /// Whether a text is a token and signed with this key.
    fn check(&self, token: &str) -> Result<(), TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::NotAToken)?;
        let header = signed.split_once('.').map(|(header, _)| decode(header));
        let header = header.flatten().ok_or(TokenError::NotAToken)?;
        let algorithm =
            Fields::read(&header).ok().and_then(|header| header.text("alg").ok().flatten().map(|alg| alg == "HS256"));
        if algorithm != Some(true) {
            return Err(TokenError::NotAToken);
        }
        let signature = FORGIVING.decode(signature).map_err(|_| TokenError::NotAToken)?;
        self.mac(signed).verify_slice(&signature).map_err(|_| TokenError::Signature)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length, so there is no failure to tell; an empty key would sign with itself.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.expose())
            .unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(signed.as_bytes());
        mac
    }
}

/// Padding is taken, and left out when writing.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The middle part of a token.
fn claims(token: &str) -> Result<String, TokenError> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(TokenError::NotAToken);
    };
    decode(claims).ok_or(TokenError::NotAToken)
}

fn decode(part: &str) -> Option<String> {
    String::from_utf8(FORGIVING.decode(part).ok()?).ok()
}

impl TokenPayload {
    /// An access token of this user until then, with everything allowed everywhere.
    pub fn access(user_id: i64, expiration: Datetime) -> Self {
        Self {
            actions: Some([crate::Permission::ANY].into()),
            expiration,
            kind: TokenKind::Access,
            user_id,
            network_ids: Some([String::from("*")].into()),
            device_type_ids: Some([String::from("*")].into()),
        }
    }

    /// The same for another purpose, until then.
    #[must_use]
    pub fn with_kind(self, kind: TokenKind, expiration: Datetime) -> Self {
        Self { kind, expiration, ..self }
    }

    /// What a token says, without a look at its signature: only its server can check that. An `exp` beside the payload is no
    /// concern of this function.
    ///
    /// # Errors
    /// It is no token, or says too little.
    pub fn read(token: &str) -> Result<Self, TokenError> {
        let claims = claims(token)?;
        let claims = Fields::read(&claims).map_err(|_| TokenError::NotAToken)?;
        let payload = claims.fields("payload").ok().flatten().ok_or(TokenError::Payload("payload"))?;
        Self::of(&payload)
    }

    fn of(payload: &Fields<'_>) -> Result<Self, TokenError> {
        let whole = |name: &'static str| {
            payload.some(name).and_then(|json| json.parse::<i64>().ok()).ok_or(TokenError::Payload(name))
        };
        let kind = if whole("t")? == 0 { TokenKind::Refresh } else { TokenKind::Access };
        let user_id = payload.long("u").ok().flatten().ok_or(TokenError::Payload("u"))?;
        Ok(Self {
            actions: list(payload, "a", |item| item.parse().ok())?,
            expiration: Datetime::from_millis(whole("e")?),
            kind,
            user_id,
            network_ids: list(payload, "n", text)?,
            // Looked at only where it counts, so numbers in it do no harm elsewhere (dossier 5.2).
            device_type_ids: list(payload, "dt", |item| Some(crate::json::plain(item)))?,
        })
    }

    /// The claim, in the server's order.
    pub fn to_json(&self) -> Json {
        Json::trusted(&write::written(|out| {
            let mut object = write::ObjectWriter::<0>::open(out);
            match &self.actions {
                None => object.name("a").extend_from_slice(b"null"),
                Some(actions) => {
                    let out = object.name("a");
                    out.push(b'[');
                    for (at, action) in actions.iter().enumerate() {
                        if at > 0 {
                            out.push(b',');
                        }
                        write::push_number(out, *action);
                    }
                    out.push(b']');
                }
            }
            object.number("e", Some(self.expiration.millis()));
            object.number("t", Some(i64::from(self.kind == TokenKind::Access)));
            object.number("u", Some(self.user_id));
            for (name, list) in [("n", &self.network_ids), ("dt", &self.device_type_ids)] {
                match list {
                    None => object.name(name).extend_from_slice(b"null"),
                    Some(list) => {
                        let out = object.name(name);
                        out.push(b'[');
                        write::push_strings::<0>(out, list);
                        out.push(b']');
                    }
                }
            }
            object.close();
        }))
    }
}

fn text(item: &str) -> Option<String> {
    item.starts_with('"').then(|| crate::json::plain(item))
}

fn list<T>(
    payload: &Fields<'_>,
    name: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<Vec<T>>, TokenError> {
    let Some(json) = payload.some(name) else { return Ok(None) };
    let items: Vec<&serde_json::value::RawValue> = serde_json::from_str(json).map_err(|_| TokenError::Payload(name))?;
    let items = items.into_iter().map(|item| read(item.get())).collect::<Option<Vec<T>>>();
    items.map(Some).ok_or(TokenError::Payload(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(json: &str) -> Result<TokenPayload, TokenError> {
        let key = TokenKey::new("devicehive");
        key.read(&key.sign_json(&Json::parse(json).unwrap()))
    }

    #[test]
    fn the_key_is_the_secret_read_as_base64() {
        assert_eq!(TokenKey::new("devicehive").0.expose()[..], [0x75, 0xeb, 0xe2, 0x71, 0xe8, 0x62]);
        assert_eq!(TokenKey::new("mock-secret").0.expose()[..], [0x9a, 0x87, 0x24, 0xb1, 0xe7, 0x2b]);
        let key = TokenKey::new("mock-secret");
        let token =
            key.sign_json(&Json::parse(r#"{"a":[2,3],"e":4102444800000,"t":0,"u":7,"n":["1"],"dt":["*"]}"#).unwrap());
        assert!(token.ends_with(".d4x1fHbP7iBI-OmTfnugWY_tlGZZ7L3wf5TMGlq5xNw"), "{token}");
        let read = key.read(&token).unwrap();
        assert_eq!((read.kind, read.actions.as_deref()), (TokenKind::Refresh, Some(&[2, 3][..])));
        assert_eq!(TokenKey::new("other secret").read(&token), Err(TokenError::Signature));
        for none in ["", "a.b", "a.b.c", "e30.e30.", &token.replace("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJub25lIn0")] {
            assert_eq!(key.read(none), Err(TokenError::NotAToken), "{none}");
        }
        assert_eq!(TokenKey::new("").sign(&read), TokenKey::new("").sign(&read));
    }

    #[test]
    fn what_a_payload_must_have() {
        // captures/server-4.1/auth-payload-forms
        let with = |json: &str| payload(json).map(|payload| payload.user_id);
        assert_eq!(with(r#"{"a":[0],"e":1,"t":1,"u":"7"}"#), Ok(7));
        assert_eq!(with(r#"{"a":null,"e":1,"t":2,"u":7,"n":null,"dt":[1],"x":5,"tpc":"t"}"#), Ok(7));
        for (json, member) in [
            (r#"{"a":[0],"t":1,"u":7}"#, "e"),
            (r#"{"a":[0],"e":"1","t":1,"u":7}"#, "e"),
            (r#"{"a":[0],"e":1.5,"t":1,"u":7}"#, "e"),
            (r#"{"a":[0],"e":1,"u":7}"#, "t"),
            (r#"{"a":[0],"e":1,"t":1}"#, "u"),
            (r#"{"a":["GetDevice"],"e":1,"t":1,"u":7}"#, "a"),
            (r#"{"a":[null],"e":1,"t":1,"u":7}"#, "a"),
            (r#"{"a":[0],"e":1,"t":1,"u":7,"n":[1]}"#, "n"),
            (r#"{"a":[0],"e":1,"t":1,"u":7,"n":"*"}"#, "n"),
        ] {
            assert_eq!(with(json), Err(TokenError::Payload(member)), "{json}");
        }
    }
}

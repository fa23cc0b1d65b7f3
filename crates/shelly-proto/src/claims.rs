//! What the cloud's tokens say (dossier 3). Nobody but the cloud can check a signature, so all of this is hearsay: before
//! a token is sent to the host that it names, a [`HostPolicy`](crate::HostPolicy) must agree.

use crate::message::{Extra, Raw};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use core::fmt;
use dummyload_codec::members::{self, Slots};

/// The payload of an authorization code or an access token. A refresh token need not be one of these.
///
/// ```
/// use shelly_proto::{Claims, TokenKind};
/// // {"sub":"pwd","user_id":"6550","user_api_url":"https:\/\/shelly-1-eu.shelly.cloud","exp":1700043200}
/// let token = "e30.eyJzdWIiOiJwd2QiLCJ1c2VyX2lkIjoiNjU1MCIsInVzZXJfYXBpX3VybCI6Imh0dHBzOlwvXC9zaGVsbHktMS1ldS5zaGVsbHkuY2xvdWQiLCJleHAiOjE3MDAwNDMyMDB9.c2ln";
/// let claims = Claims::decode(token)?;
/// assert_eq!((claims.kind(), claims.user_id.as_deref()), (TokenKind::Access, Some("6550")));
/// assert_eq!(claims.user_api_url.as_deref(), Some("https://shelly-1-eu.shelly.cloud"));
/// # Ok::<(), shelly_proto::ClaimsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claims {
    /// `sub`: `pwd` in an access token, the client id in a code.
    pub sub: Option<String>,
    /// `user_id`: digits. The real one is a text; a number is taken too.
    pub user_id: Option<String>,
    /// `user_api_url`: the server of this account.
    pub user_api_url: Option<String>,
    /// `exp`: when it ends, in seconds since 1970.
    pub exp: Option<i64>,
    /// `iat`: when it was made, in seconds since 1970.
    pub iat: Option<i64>,
    /// Everything else, as `sn`, `n` and `from`.
    pub extra: Extra<'static>,
}

/// The two kinds of tokens with claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// To be exchanged for an access token.
    Code,
    /// Opens the socket and the HTTP calls.
    Access,
}

/// A text is no token with claims. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimsError {
    /// There are not three parts with dots between them.
    Parts,
    /// The middle part is no base64.
    Base64,
    /// Within it there is no JSON object.
    NotAnObject,
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parts => "a token has three parts with dots between them",
            Self::Base64 => "the middle part of the token is no base64",
            Self::NotAnObject => "the middle part of the token holds no JSON object",
        })
    }
}

impl core::error::Error for ClaimsError {}

/// As tolerant as the engine can be; the second alphabet is mapped before.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Claims {
    /// The subject of access tokens.
    pub const ACCESS: &'static str = "pwd";

    /// Reads a token: base64 of both alphabets, with and without padding.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(token: &str) -> Result<Self, ClaimsError> {
        let mut parts = token.trim().split('.');
        let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(ClaimsError::Parts);
        };
        let payload = payload.replace('+', "-").replace('/', "_");
        let bytes = ENGINE.decode(payload).map_err(|_| ClaimsError::Base64)?;
        let json = String::from_utf8(bytes).map_err(|_| ClaimsError::NotAnObject)?;
        Self::of_json(&json).ok_or(ClaimsError::NotAnObject)
    }

    /// Reads the payload itself.
    fn of_json(json: &str) -> Option<Self> {
        let mut claims = Slots::read(json, &["sub", "user_id", "user_api_url", "exp", "iat"]).ok()?;
        let digits = |json| members::text(json).or_else(|| members::natural(json).map(|_| Cow::Borrowed(json)));
        Some(Self {
            sub: claims.text("sub").map(Cow::into_owned),
            user_id: claims.take("user_id", digits).map(Cow::into_owned),
            user_api_url: claims.text("user_api_url").map(Cow::into_owned),
            exp: claims.take("exp", members::integer),
            iat: claims.take("iat", members::integer),
            extra: claims.rest().into_owned(),
        })
    }

    /// What the token is for; whatever is no access token counts as a code.
    pub fn kind(&self) -> TokenKind {
        if self.sub.as_deref() == Some(Self::ACCESS) { TokenKind::Access } else { TokenKind::Code }
    }

    /// The client id that a code was made for. The vendor's example exchanges the code under this name.
    pub fn client_id(&self) -> Option<&str> {
        self.sub.as_deref().filter(|_| self.kind() == TokenKind::Code)
    }

    /// Whether it has ended at a time in seconds since 1970; a token that does not say when never has.
    pub fn is_expired(&self, now: i64) -> bool {
        self.exp.is_some_and(|exp| exp <= now)
    }

    /// The payload with its members in the order that the cloud has (dossier 3), slashes as they are.
    pub fn to_json(&self) -> String {
        let names = ["sub", "iat", "user_id", "sn", "user_api_url", "n", "from", "exp"];
        crate::escape::written(|out| {
            let mut object = crate::escape::ObjectWriter::open(out);
            for name in names {
                match name {
                    "sub" => object.text(name, self.sub.as_deref()),
                    "iat" => object.number(name, self.iat),
                    "user_id" => object.text(name, self.user_id.as_deref()),
                    "user_api_url" => object.text(name, self.user_api_url.as_deref()),
                    "exp" => object.number(name, self.exp),
                    _ => object.json(name, self.extra.get(name).map(Raw::as_str)),
                }
            }
            let others: Vec<_> = self.extra.iter().filter(|(name, _)| !names.contains(name)).collect();
            for (name, value) in others {
                object.any_name(name).extend_from_slice(value.as_str().as_bytes());
            }
            object.close();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const PAYLOAD: &str = r#"{"sub":"pwd","iat":1700000000,"user_id":"6550","sn":"1","user_api_url":"https:\/\/shelly-13-eu.shelly.cloud","n":7,"from":"shelly-diy","exp":1700043200}"#;

    fn token(payload: &str) -> String {
        format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn an_access_token_as_the_dossier_has_it() {
        let claims = Claims::decode(&token(PAYLOAD)).unwrap();
        assert_eq!(claims.kind(), TokenKind::Access);
        assert_eq!(claims.user_api_url.as_deref(), Some("https://shelly-13-eu.shelly.cloud"));
        assert_eq!((claims.iat, claims.exp), (Some(1_700_000_000), Some(1_700_043_200)));
        assert_eq!(claims.extra.get("from").map(Raw::as_str), Some(r#""shelly-diy""#));
        assert_eq!(claims.to_json(), PAYLOAD.replace("\\/", "/"));
        assert!(!claims.is_expired(1_700_043_199) && claims.is_expired(1_700_043_200));
    }

    #[test]
    fn a_code_and_its_variants() {
        let code = r#"{"sub":"shelly-diy","user_id":6550,"user_api_url":"https://h.shelly.cloud"}"#;
        let claims = Claims::decode(&token(code)).unwrap();
        assert_eq!((claims.kind(), claims.client_id()), (TokenKind::Code, Some("shelly-diy")));
        assert_eq!((claims.user_id.as_deref(), claims.exp), (Some("6550"), None));
        // Some characters that differ between the alphabets, and padding.
        let odd = r#"{"sub":"???>>>~~~"}"#;
        let padded = format!("a.{}.b", STANDARD.encode(odd));
        assert!(padded.contains(['+', '/', '=']), "{padded}");
        assert_eq!(Claims::decode(&padded).unwrap().sub.as_deref(), Some("???>>>~~~"));
    }

    #[test]
    fn what_is_no_token_is_told() {
        for (token, error) in [
            ("", ClaimsError::Parts),
            ("a.b", ClaimsError::Parts),
            ("a.b.c.d", ClaimsError::Parts),
            ("a.!.c", ClaimsError::Base64),
            ("a.W10.c", ClaimsError::NotAnObject),
            ("a._w.c", ClaimsError::NotAnObject),
        ] {
            assert_eq!(Claims::decode(token), Err(error), "{token}");
        }
    }

    proptest! {
        #[test]
        fn claims_come_back(sub in "\\PC{0,9}", user in "[0-9]{1,9}", exp in any::<i64>()) {
            let mut claims = Claims { sub: Some(sub), user_id: Some(user), exp: Some(exp), ..Claims::default() };
            claims.extra.push("n", Raw::trusted("1.50"));
            prop_assert_eq!(Claims::decode(&token(&claims.to_json())).unwrap(), claims);
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,40}|[A-Za-z0-9_.-]{0,60}") {
            let _ = Claims::decode(&text);
        }
    }
}

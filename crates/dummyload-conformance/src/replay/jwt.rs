//! JSON web tokens: those that the recorder made are made again, those of the server are looked into.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// How the key of a signature is made of the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KeyRule {
    /// The bytes of the secret.
    #[default]
    Bytes,
    /// The secret read as Base64: characters outside the alphabet are dropped, and so is an incomplete last group.
    ForgivingBase64,
}

impl KeyRule {
    fn key(self, secret: &str) -> Vec<u8> {
        match self {
            Self::Bytes => secret.as_bytes().to_vec(),
            Self::ForgivingBase64 => {
                let mut kept: Vec<u8> =
                    secret.bytes().filter(|c| c.is_ascii_alphanumeric() || b"+/".contains(c)).collect();
                kept.truncate(kept.len() / 4 * 4);
                let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
                let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
                // Whole groups of the alphabet always decode.
                engine.decode(kept).unwrap_or_default()
            }
        }
    }
}

/// A token with these two texts, signed with HS256 whatever the header says; without a signature if it says `none`.
pub(super) fn sign(header: &str, payload: &str, secret: &str, rule: KeyRule) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    if header.contains("\"none\"") {
        return format!("{signed}.");
    }
    // A key of any length will do; an empty signature would be refused by the server, which is what should be seen then.
    let signature = Hmac::<Sha256>::new_from_slice(&rule.key(secret)).map(|mut mac| {
        mac.update(signed.as_bytes());
        mac.finalize().into_bytes().to_vec()
    });
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap_or_default()))
}

/// Header and payload of a token, as JSON texts.
pub(super) fn open(token: &str) -> Option<(String, String)> {
    let mut parts = token.split('.').map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_the_rule_makes_of_the_secret() {
        assert_eq!(KeyRule::ForgivingBase64.key("devicehive"), [0x75, 0xeb, 0xe2, 0x71, 0xe8, 0x62]);
        assert_eq!(KeyRule::ForgivingBase64.key("ab-cd=e"), KeyRule::ForgivingBase64.key("abcd"));
        assert_eq!(KeyRule::Bytes.key("abc"), b"abc");
    }

    #[test]
    fn a_token_is_signed_and_opened() {
        let (header, payload) = (r#"{"alg":"HS256"}"#, r#"{"payload":{"a":[0],"e":1}}"#);
        let token = sign(header, payload, "devicehive", KeyRule::ForgivingBase64);
        assert_eq!(open(&token), Some((header.to_owned(), payload.to_owned())));
        assert_ne!(token, sign(header, payload, "devicehive", KeyRule::Bytes));
        assert!(sign(r#"{"alg":"none"}"#, payload, "x", KeyRule::Bytes).ends_with('.'));
        assert_eq!(open("no token"), None);
    }
}

//! The signature of notifications, and the wrong ones that are found in the wild.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The words in front of the body that is signed.
const PREFIX: &[u8] = b"hmacsha256=";

/// How a delivery is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signing {
    /// As LinkedIn signs: lower-case hex over `hmacsha256=` and the body.
    #[default]
    Right,
    /// Over the body alone.
    BodyAlone,
    /// Base64 in place of hex.
    Base64,
    /// With a secret of somebody else.
    WrongSecret,
    /// No header at all.
    Missing,
}

impl Signing {
    /// By name, as the control API takes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "" | "right" => Self::Right,
            "body_alone" => Self::BodyAlone,
            "base64" => Self::Base64,
            "wrong_secret" => Self::WrongSecret,
            "missing" => Self::Missing,
            _ => return None,
        })
    }

    /// The header's value; `None` = no header.
    pub(super) fn header(self, secret: &str, body: &[u8]) -> Option<String> {
        let whole = [PREFIX, body].concat();
        Some(match self {
            Self::Right => hex::encode(mac(secret, &whole)),
            Self::BodyAlone => hex::encode(mac(secret, body)),
            Self::Base64 => STANDARD.encode(mac(secret, &whole)),
            Self::WrongSecret => hex::encode(mac("the secret of somebody else", &whole)),
            Self::Missing => return None,
        })
    }
}

/// What a receiver must answer to a challenge.
pub(super) fn challenge_response(secret: &str, code: &str) -> String {
    hex::encode(mac(secret, code.as_bytes()))
}

fn mac(secret: &str, message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message)
}

//! The proof of a delivery: an HMAC over the bytes as they came.

use aws_lc_rs::hmac;
use hub_platform_kit::webhook::{Refusal, Verified, WebhookRequest};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Carries the signature.
const SIGNATURE_HEADER: &str = "x-hub-signature-256";
/// What stands before its digits.
const SCHEME: &str = "sha256=";
/// Hexadecimal digits of a signature.
const DIGITS: usize = 64;
/// The contract's word for an authentic body that is no object.
const NO_OBJECT: &str = "Invalid payload structure";

/// Checks that one of the secrets signed the body, and only then that it is a JSON object. Without a secret nothing is authentic.
pub(crate) fn verify<'a>(
    request: &WebhookRequest,
    secrets: impl Iterator<Item = &'a str>,
) -> Result<Verified, Refusal> {
    let shown = shown(request).ok_or(Refusal::BadSignature)?;
    let mut proven = false;
    for secret in secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        proven |= hmac::verify(&key, &request.body, &shown).is_ok();
    }
    if !proven {
        return Err(Refusal::BadSignature);
    }
    match serde_json::from_slice::<BTreeMap<String, &RawValue>>(&request.body) {
        Ok(_) => Ok(Verified { body: request.body.clone(), account: None }),
        Err(_) => Err(Refusal::Malformed(NO_OBJECT)),
    }
}

/// The signature the request shows, if it shows exactly one and it is well-formed.
fn shown(request: &WebhookRequest) -> Option<Vec<u8>> {
    let digits = request.header(SIGNATURE_HEADER)?.strip_prefix(SCHEME)?;
    let lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if digits.len() != DIGITS || !digits.bytes().all(lower) {
        return None;
    }
    hex::decode(digits).ok()
}

/// The proof that a call comes from the app and not from somebody who found the token.
pub(crate) fn app_proof(secret: &str, token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_proof_fits_the_vector() {
        let proof = super::app_proof("hub-fixture-app-secret-0001", "EAABkWcjFixturePageToken1");
        assert_eq!(proof, "d7a12988916a1151c23f08efd0ec7fd4ead46a53772b0e4aa9f57a0d5145bd91");
    }
}

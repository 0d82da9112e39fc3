//! The keys that tokens are signed with, and the tokens.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use aws_lc_rs::{digest, error::Unspecified};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;

/// Keys that are published at the same time at most.
const MAX_KEYS: usize = 4;

/// A signing key.
#[derive(Clone, Debug)]
pub(in crate::teams) struct SigningKey {
    pub(in crate::teams) kid: String,
    pair: Arc<KeyPair>,
}

impl SigningKey {
    /// A new RSA key of 2,048 bits.
    pub(in crate::teams) fn generate() -> Result<Self, Unspecified> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let public = pair.public_key().as_der()?;
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, public.as_ref());
        Ok(Self { kid: URL_SAFE_NO_PAD.encode(digest), pair: Arc::new(pair) })
    }

    /// As the list of keys tells of it.
    fn shown(&self) -> Value {
        let public = self.pair.public_key();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "x5t": self.kid,
            "n": text(public.modulus().big_endian_without_leading_zero()),
            "e": text(public.exponent().big_endian_without_leading_zero())})
    }

    /// A signed token. The signature is empty where signing fails, which no verifier takes.
    pub(in crate::teams) fn sign(&self, claims: &Value) -> String {
        let head = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid, "x5t": self.kid});
        let message = joined(&head, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        let signature = if signed.is_ok() { URL_SAFE_NO_PAD.encode(signature) } else { String::new() };
        format!("{message}.{signature}")
    }
}

/// A token that nobody signed.
pub(in crate::teams) fn unsigned(claims: &Value) -> String {
    format!("{}.", joined(&json!({"typ": "JWT", "alg": "none"}), claims))
}

fn joined(head: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The keys of now and of before.
#[derive(Clone, Debug, Default)]
pub(in crate::teams) struct KeyRing(Vec<SigningKey>);

impl KeyRing {
    /// Signs with a new key from now on; keys of before stay in the list for a while.
    pub(in crate::teams) fn rotate(&mut self, key: SigningKey) {
        self.0.push(key);
        if self.0.len() > MAX_KEYS {
            self.0.remove(0);
        }
    }

    /// Signs with the key of now.
    pub(in crate::teams) fn sign(&self, claims: &Value) -> String {
        self.0.last().map_or_else(|| unsigned(claims), |key| key.sign(claims))
    }

    /// The published list.
    pub(in crate::teams) fn shown(&self) -> Value {
        json!({"keys": self.0.iter().map(SigningKey::shown).collect::<Vec<_>>()})
    }
}

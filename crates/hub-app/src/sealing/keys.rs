//! One key of the ring and what is derived from it, so that no key serves two purposes.

use super::Field;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use std::fmt;

/// Bytes of every key.
const KEY_BYTES: usize = 32;

pub(super) struct Key {
    /// Tells keys apart in stored values; says nothing about the key.
    pub(super) id: String,
    /// The contract's AES key: the setting's bytes when there are exactly 32, else their SHA-256.
    pub(super) contract: [u8; KEY_BYTES],
    seal: hmac::Key,
    wrap: RandomizedNonceKey,
    mac: hmac::Key,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl Key {
    pub(super) fn derive(secret: &Secret) -> Result<Self, String> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.is_empty() {
            return Err("an encryption key is empty".to_owned());
        }
        let mut contract = [0_u8; KEY_BYTES];
        if bytes.len() == KEY_BYTES {
            contract.copy_from_slice(bytes);
        } else {
            contract.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        }
        let derive = |purpose: &str| expand(&contract, purpose);
        let id = derive("key id").map(|bytes| hex::encode(&bytes[..4]))?;
        let wrap =
            RandomizedNonceKey::new(&AES_256_GCM, &derive("wrap")?).map_err(|_| "key derivation failed".to_owned())?;
        Ok(Self {
            id,
            seal: hmac::Key::new(hmac::HMAC_SHA256, &derive("seal")?),
            wrap,
            mac: hmac::Key::new(hmac::HMAC_SHA256, &derive("mac")?),
            contract,
        })
    }

    pub(super) fn seal(&self, field: &Field<'_>, value: &str) -> [u8; 32] {
        tag(&self.seal, &self.sealed_parts(field, value))
    }

    pub(super) fn verify_seal(&self, field: &Field<'_>, value: &str, mac: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(&self.seal(field, value), mac).is_ok()
    }

    fn sealed_parts<'a>(&'a self, field: &'a Field<'_>, value: &'a str) -> [&'a [u8]; 6] {
        [
            b"v1",
            self.id.as_bytes(),
            field.table.as_bytes(),
            field.column.as_bytes(),
            field.row.as_bytes(),
            value.as_bytes(),
        ]
    }

    pub(super) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = vec![purpose.as_bytes()];
        all.extend_from_slice(parts);
        tag(&self.mac, &all)
    }

    pub(super) fn wrap(&self, context: &str, bytes: &[u8]) -> String {
        let mut sealed = bytes.to_vec();
        // Sealing fails only for input beyond 64 GiB; such a value then opens nowhere.
        let nonce = self.wrap.seal_in_place_append_tag(Aad::from(self.context(context)), &mut sealed);
        let mut body = nonce.map(|n| n.as_ref().to_vec()).unwrap_or_default();
        body.append(&mut sealed);
        format!("g1.{}.{}", self.id, STANDARD_NO_PAD.encode(body))
    }

    pub(super) fn unwrap(&self, context: &str, body: &str) -> Option<Vec<u8>> {
        let body = STANDARD_NO_PAD.decode(body).ok()?;
        let (nonce, sealed) = body.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.wrap.open_in_place(nonce, Aad::from(self.context(context)), &mut sealed).ok()?;
        Some(opened.to_vec())
    }

    fn context(&self, context: &str) -> Vec<u8> {
        format!("g1\0{}\0{context}", self.id).into_bytes()
    }
}

/// HMAC over parts with their lengths, so that no two lists of parts look alike.
fn tag(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0_u8; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

fn expand(key: &[u8], purpose: &str) -> Result<[u8; KEY_BYTES], String> {
    let failed = |_| "key derivation failed".to_owned();
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"messaging-hub sealing v1").extract(key);
    let info = [purpose.as_bytes()];
    let okm = prk.expand(&info, hkdf::HKDF_SHA256).map_err(failed)?;
    let mut out = [0_u8; KEY_BYTES];
    okm.fill(&mut out).map_err(failed)?;
    Ok(out)
}

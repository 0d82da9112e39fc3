//! Encrypting what a notice tells: a fresh key for every item and every try.

use super::certificate::Certificate;
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey};
use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const KEY_LENGTH: usize = 32;
const IV_LENGTH: usize = 16;

/// `encryptedContent` of an item: AES-256-CBC with the start of the key as its IV, HMAC-SHA256 of what comes out, and the key in
/// RSA-OAEP with SHA-1.
pub(super) fn seal(plain: &str, certificate: &Certificate) -> Result<Value, Unspecified> {
    let mut key = [0; KEY_LENGTH];
    rand::fill(&mut key)?;
    let mut iv = [0; IV_LENGTH];
    iv.copy_from_slice(&key[..IV_LENGTH]);
    let mut data = plain.as_bytes().to_vec();
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &key)?)?;
    cipher.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv)))?;
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data);
    let public = OaepPublicEncryptingKey::new(certificate.public().ok_or(Unspecified)?)?;
    let mut sealed_key = vec![0; public.ciphertext_size()];
    let sealed_key = public.encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut sealed_key, None)?;
    Ok(json!({"data": STANDARD.encode(&data), "dataSignature": STANDARD.encode(signature),
        "dataKey": STANDARD.encode(sealed_key), "encryptionCertificateId": certificate.id,
        "encryptionCertificateThumbprint": certificate.thumbprint}))
}

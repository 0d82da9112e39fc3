//! Encrypted content: the key is sealed for our certificate, the content under that key, and a digest proves it.

use crate::values::words;
use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use rcgen::{CertificateParams, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::Value;

/// Bytes of the key under which the content is encrypted.
const KEY_BYTES: usize = 32;
/// Bytes of the block before the first.
const IV_BYTES: usize = 16;
/// Bytes of content that are opened.
const MAX_CONTENT_BYTES: usize = 4 * 1024 * 1024;
/// What the certificate calls itself.
const COMMON_NAME: &str = "messaging-hub";
/// The years of a certificate: nobody checks them, but they should not look odd.
const VALID: (i32, i32) = (2020, 2100);

/// A certificate's private half.
#[derive(Clone)]
pub(in crate::teams) struct Certificate {
    /// Our name of it.
    pub(in crate::teams) id: String,
    /// SHA-1 of the certificate, in upper-case hexadecimal digits.
    pub(in crate::teams) thumbprint: String,
    /// The private key as PKCS#8.
    pub(in crate::teams) key: Vec<u8>,
}

/// A certificate as it was made.
pub(in crate::teams) struct Made {
    pub(in crate::teams) private: Certificate,
    /// The certificate itself.
    pub(in crate::teams) der: Vec<u8>,
}

/// Why content could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is for a certificate that is not ours, or not any more.
    NotOurs,
    /// It is not what was sent.
    Damaged,
}

/// Makes a key and a certificate that its own key signs: the platform looks at the public key and at nothing else. Takes a
/// good part of a second.
pub(in crate::teams) fn make_certificate(id: &str) -> Result<Made> {
    let failed = |_| PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "no certificate could be made");
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(failed)?;
    let mut about = CertificateParams::default();
    about.distinguished_name.push(DnType::CommonName, COMMON_NAME);
    about.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    about.not_before = rcgen::date_time_ymd(VALID.0, 1, 1);
    about.not_after = rcgen::date_time_ymd(VALID.1, 1, 1);
    let certificate = about.self_signed(&key).map_err(failed)?;
    let der = certificate.der().to_vec();
    let private = Certificate { id: id.to_owned(), thumbprint: thumbprint(&der), key: key.serialize_der() };
    Ok(Made { private, der })
}

/// How the platform names a certificate beside our name for it.
pub(in crate::teams) fn thumbprint(der: &[u8]) -> String {
    hex::encode_upper(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der))
}

/// Opens the encrypted content of an item with one of our certificates.
pub(super) fn open(content: &Value, certificates: &[Certificate]) -> Result<Vec<u8>, Closed> {
    let text = |name: &str| words(content.get(name));
    let bytes = |name: &str| text(name).and_then(|text| BASE64.decode(text).ok()).ok_or(Closed::Damaged);
    let (named, thumbprint) = (text("encryptionCertificateId"), text("encryptionCertificateThumbprint"));
    let by_name = certificates.iter().find(|one| named.as_deref() == Some(one.id.as_str()));
    let by_print = || certificates.iter().find(|one| fits(thumbprint.as_deref(), one));
    let certificate = by_name.or_else(by_print).ok_or(Closed::NotOurs)?;
    let (data, signature, sealed_key) = (bytes("data")?, bytes("dataSignature")?, bytes("dataKey")?);
    if data.len() > MAX_CONTENT_BYTES {
        return Err(Closed::Damaged);
    }
    let key = match unseal(&certificate.key, &sealed_key) {
        Some(key) => key,
        // A name may have been used twice; the digest of the certificate tells.
        None if thumbprint.is_some() && !fits(thumbprint.as_deref(), certificate) => return Err(Closed::NotOurs),
        None => return Err(Closed::Damaged),
    };
    // Nothing is decrypted before this.
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data, &signature).map_err(|_| Closed::Damaged)?;
    decrypt(&key, data).ok_or(Closed::Damaged)
}

fn fits(thumbprint: Option<&str>, certificate: &Certificate) -> bool {
    thumbprint.is_some_and(|print| print.eq_ignore_ascii_case(&certificate.thumbprint))
}

fn unseal(private_key: &[u8], sealed: &[u8]) -> Option<[u8; KEY_BYTES]> {
    let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(private_key).ok()?).ok()?;
    let mut room = vec![0; key.min_output_size()];
    key.decrypt(&OAEP_SHA1_MGF1SHA1, sealed, &mut room, None).ok().and_then(|opened| opened.as_ref().try_into().ok())
}

fn decrypt(key: &[u8; KEY_BYTES], mut data: Vec<u8>) -> Option<Vec<u8>> {
    let iv: [u8; IV_BYTES] = key.get(..IV_BYTES)?.try_into().ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let plain = key.decrypt(&mut data, context).ok().map(|plain| plain.len())?;
    data.truncate(plain);
    Some(data)
}

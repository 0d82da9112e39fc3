//! A subscriber's certificate: only its public key is used.

use aws_lc_rs::digest;
use aws_lc_rs::rsa::PublicEncryptingKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

/// Sizes of RSA keys that are taken, in bits.
const KEY_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subscriber's name for it.
    pub id: String,
    /// SHA-1 of the whole certificate, in upper-case hex.
    pub thumbprint: String,
    /// The public key, as `SubjectPublicKeyInfo`.
    pub(super) key: Bytes,
}

impl Certificate {
    /// Reads the base64 text that subscriptions carry; the words say what is wrong.
    pub(super) fn read(id: &str, text: &str) -> Result<Self, &'static str> {
        let der = STANDARD.decode(text.trim()).map_err(|_| "encryptionCertificate is not base64.")?;
        let der = CertificateDer::from(der);
        let certificate = EndEntityCert::try_from(&der).map_err(|_| "encryptionCertificate is not a certificate.")?;
        let key = certificate.subject_public_key_info();
        let public = PublicEncryptingKey::from_der(&key).map_err(|_| "encryptionCertificate has no RSA key.")?;
        if !KEY_BITS.contains(&public.key_size_bits()) {
            return Err("encryptionCertificate must have an RSA key of 2,048 to 4,096 bits.");
        }
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
        Ok(Self { id: id.to_owned(), thumbprint: hex::encode_upper(digest), key: Bytes::copy_from_slice(&key) })
    }

    /// The public key.
    pub(super) fn public(&self) -> Option<PublicEncryptingKey> {
        PublicEncryptingKey::from_der(&self.key).ok()
    }
}

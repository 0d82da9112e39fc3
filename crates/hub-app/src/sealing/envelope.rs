//! The contract's envelope: AES-256-CBC with PKCS#7 padding, `<32 hex digits of IV>:<hex ciphertext>`, and the form a later
//! state of the originals wrote: base64 of nonce, ciphertext and tag under AES-256-GCM.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_256, DecryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Hex digits of the IV.
const IV_DIGITS: usize = 32;
/// Bytes of one AES block.
const BLOCK: usize = 16;
/// Bytes of a GCM tag.
const TAG: usize = 16;

/// What a stored value without a seal looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    /// The contract's envelope.
    Contract,
    /// Base64 long enough for the later form; only a key can tell.
    MaybeLater,
    /// Never encrypted.
    Clear,
}

/// Tells the forms apart by their shape (crypto contract, section 2.2).
pub(super) fn recognise(value: &str) -> Recognised {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some((iv, body)) = value.split_once(':')
        && iv.len() == IV_DIGITS
        && hex(iv)
        && hex(body)
    {
        return Recognised::Contract;
    }
    match STANDARD.decode(value) {
        Ok(bytes) if bytes.len() >= NONCE_LEN + TAG => Recognised::MaybeLater,
        _ => Recognised::Clear,
    }
}

/// Encrypts under a fresh random IV.
pub(super) fn encrypt(key: &[u8; 32], text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let context = UnboundCipherKey::new(&AES_256, key)
        .and_then(PaddedBlockEncryptingKey::cbc_pkcs7)
        .and_then(|key| key.encrypt(&mut bytes));
    let Ok(DecryptionContext::Iv128(iv)) = context else {
        // Only a wrong key length or no randomness ends here; a blank value opens nowhere and hides nothing.
        return String::new();
    };
    format!("{}:{}", hex::encode(iv.as_ref()), hex::encode(bytes))
}

/// Decrypts; `None` for a wrong key, broken padding, invalid hex or invalid UTF-8, all alike.
pub(super) fn decrypt(key: &[u8; 32], value: &str) -> Option<String> {
    let (iv, body) = value.split_once(':')?;
    let iv: [u8; 16] = hex::decode(iv).ok()?.try_into().ok()?;
    let mut bytes = hex::decode(body).ok()?;
    if bytes.is_empty() || bytes.len() % BLOCK != 0 {
        return None;
    }
    let key = UnboundCipherKey::new(&AES_256, key).and_then(PaddedBlockDecryptingKey::cbc_pkcs7).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(&iv));
    let opened = key.decrypt(&mut bytes, context).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

/// Opens the later form.
pub(super) fn open_later(key: &[u8; 32], value: &str) -> Option<String> {
    let body = STANDARD.decode(value).ok()?;
    let (nonce, sealed) = body.split_at_checked(NONCE_LEN)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let mut sealed = sealed.to_vec();
    let opened = key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
    String::from_utf8(opened.to_vec()).ok()
}

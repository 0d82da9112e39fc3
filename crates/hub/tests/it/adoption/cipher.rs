//! What the originals do with keys and tokens, written from the contract's words (crypto.md) and sharing nothing with the
//! hub's own sealing: AES block by block, chained and padded here.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The original's key: exactly 32 bytes, used raw (vector aes-1).
pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";
/// A key nobody has.
pub(super) const LOST_KEY: &str = "another-key-entirely";
/// The key of both originals when none is configured (vector aes-9).
pub(super) const DEFAULT_KEY: &str = "default-key-change-in-production!!";
/// Bytes of an AES block.
const BLOCK: usize = 16;

fn key_bytes(key: &str) -> [u8; 32] {
    match <[u8; 32]>::try_from(key.as_bytes()) {
        Ok(raw) => raw,
        Err(_) => digest::digest(&digest::SHA256, key.as_bytes()).as_ref().try_into().expect("32 bytes"),
    }
}

/// One block after the other, without chaining.
fn blocks(key: &str, bytes: &[u8], encrypt: bool) -> Vec<u8> {
    let key = UnboundCipherKey::new(&AES_256, &key_bytes(key)).expect("a key");
    let mut bytes = bytes.to_vec();
    if encrypt {
        EncryptingKey::ecb(key).expect("a key").encrypt(&mut bytes).expect("encrypted");
        return bytes;
    }
    let key = DecryptingKey::ecb(key).expect("a key");
    key.decrypt(&mut bytes, DecryptionContext::None).expect("decrypted").to_vec()
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    one.iter().zip(other).map(|(a, b)| a ^ b).collect()
}

/// As an original writes a text (crypto contract, section 2.1).
pub(super) fn writes(key: &str, text: &str) -> String {
    let mut iv = [0_u8; BLOCK];
    aws_lc_rs::rand::fill(&mut iv).expect("randomness");
    let mut plain = text.as_bytes().to_vec();
    let padding = BLOCK - plain.len() % BLOCK;
    plain.extend(std::iter::repeat_n(u8::try_from(padding).expect("small"), padding));
    let (mut before, mut sealed) = (iv.to_vec(), Vec::new());
    for block in plain.chunks(BLOCK) {
        before = blocks(key, &xor(block, &before), true);
        sealed.extend_from_slice(&before);
    }
    format!("{}:{}", hex::encode(iv), hex::encode(sealed))
}

/// As both originals read a text: exactly two lower-case hex parts, padding, UTF-8. `None` = they fail.
pub(super) fn reads(key: &str, value: &str) -> Option<String> {
    let (iv, body) = value.split_once(':')?;
    let lower = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if iv.len() != 2 * BLOCK || !lower(iv) || !lower(body) || body.is_empty() || body.len() % (2 * BLOCK) != 0 {
        return None;
    }
    let (mut before, mut plain) = (hex::decode(iv).ok()?, Vec::new());
    for block in hex::decode(body).ok()?.chunks(BLOCK) {
        plain.extend(xor(&blocks(key, block, false), &before));
        before = block.to_vec();
    }
    let padding = usize::from(*plain.last()?);
    let kept = plain.len().checked_sub(padding)?;
    let fine = (1..=BLOCK).contains(&padding) && plain[kept..].iter().all(|b| usize::from(*b) == padding);
    fine.then(|| String::from_utf8(plain[..kept].to_vec()).ok()).flatten()
}

/// As a later state wrote a text (crypto contract, section 2.4).
pub(super) fn writes_later(key: &str, text: &str) -> String {
    let nonce = [7_u8; 12];
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key_bytes(key)).expect("a key"));
    let mut bytes = text.as_bytes().to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes).expect("sealed");
    STANDARD.encode([nonce.as_slice(), &bytes].concat())
}

/// A token as an original signs it: no `jti`, claims in its own order.
pub(super) fn token(secret: &str, user: &str, email: &str, seconds_left: i64) -> String {
    let now = chrono::Utc::now().timestamp();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"userId": user, "email": email, "iat": now - 5, "exp": now + seconds_left});
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// A session string of a person's account as the Node original stored it (crypto contract, section 8).
pub(super) fn session_string() -> String {
    let address = b"149.154.167.50";
    let mut body = vec![2, 0, u8::try_from(address.len()).expect("small")];
    body.extend_from_slice(address);
    body.extend_from_slice(&443_u16.to_be_bytes());
    body.extend((0..=255_u8).map(|byte| byte.wrapping_mul(31).wrapping_add(9)));
    format!("1{}", STANDARD.encode(body))
}

#[test]
fn the_originals_here_are_those_of_the_vectors() {
    let hello = "000102030405060708090a0b0c0d0e0f:8fcda84db5db6caf1316d5bc12953ebb";
    assert_eq!(reads(KEY, hello).as_deref(), Some("Hello, hub!"), "aes-1");
    let fallback = "000102030405060708090a0b0c0d0e0f:9fda39e61d2a98b7b7af85ce47e9536c48910105f719d795df7ae540af5babb4";
    assert_eq!(reads(DEFAULT_KEY, fallback).as_deref(), Some("built-in fallback key"), "aes-9");
    assert_eq!(reads(LOST_KEY, hello), None, "aes-neg-4");
    assert_eq!(reads(KEY, &writes(KEY, "exactly 16 bytes")).as_deref(), Some("exactly 16 bytes"));
}

//! The key part of a sign-in: the keys of the data centres. Whoever has it is the person, so it lives in the sealed token.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of an authorization key.
pub(super) const KEY_BYTES: usize = 256;
/// Data centres a stored sign-in may name.
const MAX_CENTRES: usize = 16;
/// What session strings of the originals begin with.
const ORIGINALS: char = '1';
/// Bytes of the short layout of the originals: data centre, IPv4 address, port, key.
const SHORT_BYTES: usize = 1 + 4 + 2 + KEY_BYTES;

/// An authorization key.
pub(super) type AuthKey = [u8; KEY_BYTES];

/// The keys of a sign-in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KeyPart {
    /// The data centre where the account lives.
    pub(super) home: i32,
    /// Key of each data centre that was spoken with.
    pub(super) keys: BTreeMap<i32, AuthKey>,
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    home: i32,
    keys: BTreeMap<i32, String>,
}

impl KeyPart {
    /// As the token keeps it.
    pub(super) fn write(&self) -> String {
        let keys = self.keys.iter().map(|(centre, key)| (*centre, BASE64_STANDARD.encode(key))).collect();
        serde_json::to_string(&Stored { home: self.home, keys }).unwrap_or_default()
    }

    /// Our own form, or a session string of the originals.
    pub(super) fn read(token: &str) -> Result<Self> {
        let token = token.trim();
        let read = match token.strip_prefix(ORIGINALS) {
            Some(body) => originals(body),
            None => own(token),
        };
        read.ok_or_else(|| PlatformError::new(ErrorKind::ReauthRequired, "the account has no sign-in at Telegram"))
    }

    /// Whether a token is a session string of the originals.
    pub(super) fn is_of_an_original(token: &str) -> bool {
        token.trim().strip_prefix(ORIGINALS).is_some_and(|body| originals(body).is_some())
    }

    /// As a token.
    pub(super) fn token(&self) -> Secret {
        Secret::from(self.write())
    }
}

fn own(text: &str) -> Option<KeyPart> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    if stored.keys.len() > MAX_CENTRES || !stored.keys.contains_key(&stored.home) {
        return None;
    }
    let keys = stored.keys.iter().map(|(centre, key)| Some((*centre, decoded(key)?.try_into().ok()?)));
    Some(KeyPart { home: stored.home, keys: keys.collect::<Option<_>>()? })
}

/// Data centre, address and key; the address is not believed, for Telegram's are known.
fn originals(body: &str) -> Option<KeyPart> {
    let bytes = decoded(body)?;
    let (home, rest) = bytes.split_first()?;
    let key = if bytes.len() == SHORT_BYTES {
        rest.get(6..)?
    } else {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        rest.get(usize::from(u16::from_be_bytes(*length)) + 2..)?
    };
    let home = i32::from(*home);
    Some(KeyPart { home, keys: BTreeMap::from([(home, key.try_into().ok()?)]) })
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part() -> KeyPart {
        KeyPart { home: 4, keys: BTreeMap::from([(2, [2; KEY_BYTES]), (4, [4; KEY_BYTES])]) }
    }

    #[test]
    fn what_is_written_is_read() {
        assert!(KeyPart::read(&part().write()).is_ok_and(|read| read == part()));
    }

    #[test]
    fn session_strings_of_the_originals_are_read_in_both_layouts() {
        let mut long = vec![4, 0, 9];
        long.extend_from_slice(b"127.0.0.1");
        long.extend_from_slice(&443_u16.to_be_bytes());
        long.extend_from_slice(&[7; KEY_BYTES]);
        let mut short = vec![4, 127, 0, 0, 1, 1, 187];
        short.extend_from_slice(&[7; KEY_BYTES]);
        for bytes in [long, short] {
            let session = format!("1{}", BASE64_STANDARD.encode(bytes));
            assert!(KeyPart::is_of_an_original(&session));
            let read = KeyPart::read(&session).unwrap();
            assert_eq!((read.home, read.keys.len(), read.keys[&4]), (4, 1, [7; KEY_BYTES]));
        }
        // A bot's token may begin with the same digit.
        for other in ["123456789:AAtests-only-token-of-nobody_000000000", "1", "", &part().write()] {
            assert!(!KeyPart::is_of_an_original(other), "{other}");
        }
    }

    #[test]
    fn anything_else_needs_a_new_sign_in() {
        for text in
            ["", "1", "1AAAA", "123456:bot-token", "{}", r#"{"home":2,"keys":{}}"#, r#"{"home":2,"keys":{"2":"AA=="}}"#]
        {
            assert_eq!(KeyPart::read(text).err().map(|error| error.kind), Some(ErrorKind::ReauthRequired), "{text}");
        }
    }
}

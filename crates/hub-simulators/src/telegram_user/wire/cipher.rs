//! MTProto 2.0 from the server's side: the client's library offers only its own half, which uses other parts of the key.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use grammers_crypto::aes;

/// Length of an authorization key.
pub(in super::super) const KEY_LENGTH: usize = 256;
/// Where the part of the key for messages from the client begins.
const FROM_CLIENT: usize = 0;
/// The same for messages to the client.
const TO_CLIENT: usize = 8;
/// Key id and message key before the encrypted part.
const HEAD: usize = 24;
/// Blocks of AES.
const BLOCK: usize = 16;
/// Padding is at least this long.
const MIN_PADDING: usize = 12;

/// An authorization key and its name.
#[derive(Clone)]
pub(in super::super) struct Key {
    data: [u8; KEY_LENGTH],
    id: [u8; 8],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Key({})", hex::encode(self.id))
    }
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

impl Key {
    pub(in super::super) fn new(data: [u8; KEY_LENGTH]) -> Self {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&data);
        let mut id = [0; 8];
        id.copy_from_slice(&context.finish().as_ref()[12..20]);
        Self { data, id }
    }

    /// A new one.
    pub(in super::super) fn generate() -> std::io::Result<Self> {
        let mut data = [0; KEY_LENGTH];
        aws_lc_rs::rand::fill(&mut data).map_err(|_| std::io::Error::other("no randomness"))?;
        Ok(Self::new(data))
    }

    pub(in super::super) fn id(&self) -> [u8; 8] {
        self.id
    }

    pub(in super::super) fn data(&self) -> [u8; KEY_LENGTH] {
        self.data
    }

    fn message_key(&self, plain: &[u8], x: usize) -> [u8; 16] {
        let large = sha256(&[&self.data[88 + x..120 + x], plain]);
        let mut key = [0; 16];
        key.copy_from_slice(&large[8..24]);
        key
    }

    /// The key and the initialization vector of one message.
    fn derive(&self, message_key: &[u8; 16], x: usize) -> ([u8; 32], [u8; 32]) {
        let a = sha256(&[message_key, &self.data[x..x + 36]]);
        let b = sha256(&[&self.data[40 + x..76 + x], message_key]);
        let (mut key, mut iv) = ([0; 32], [0; 32]);
        for (out, first, second) in [(&mut key, &a, &b), (&mut iv, &b, &a)] {
            out[..8].copy_from_slice(&first[..8]);
            out[8..24].copy_from_slice(&second[8..24]);
            out[24..].copy_from_slice(&first[24..]);
        }
        (key, iv)
    }

    /// Reads what a client encrypted; `None` when it is not from somebody who has the key.
    pub(super) fn open<'a>(&self, packet: &'a mut [u8]) -> Option<&'a [u8]> {
        if packet.len() <= HEAD || !(packet.len() - HEAD).is_multiple_of(BLOCK) || packet[..8] != self.id {
            return None;
        }
        let mut message_key = [0; 16];
        message_key.copy_from_slice(&packet[8..HEAD]);
        let (key, iv) = self.derive(&message_key, FROM_CLIENT);
        let plain = &mut packet[HEAD..];
        aes::ige_decrypt(plain, &key, &iv);
        (self.message_key(plain, FROM_CLIENT) == message_key).then_some(&*plain)
    }

    /// Encrypts for a client.
    pub(super) fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let padding = MIN_PADDING + (BLOCK - (plain.len() + MIN_PADDING) % BLOCK) % BLOCK;
        let mut body = plain.to_vec();
        body.resize(plain.len() + padding, 0);
        let from = plain.len();
        // What the padding holds does not matter to whoever reads it, only that it is there.
        let _ = aws_lc_rs::rand::fill(&mut body[from..]);
        let message_key = self.message_key(&body, TO_CLIENT);
        let (key, iv) = self.derive(&message_key, TO_CLIENT);
        aes::ige_encrypt(&mut body, &key, &iv);
        let mut packet = Vec::with_capacity(HEAD + body.len());
        packet.extend_from_slice(&self.id);
        packet.extend_from_slice(&message_key);
        packet.append(&mut body);
        packet
    }
}

#[cfg(test)]
mod tests {
    use super::Key;
    use grammers_crypto::{AuthKey, DequeBuffer, decrypt_data_v2, encrypt_data_v2};

    #[test]
    fn the_clients_half_understands_this_half() {
        let key = Key::generate().unwrap();
        let theirs = AuthKey::from_bytes(key.data());
        let plain = b"thirty-two bytes to be encrypted";

        let mut buffer = DequeBuffer::with_capacity(64, 64);
        buffer.extend(plain);
        encrypt_data_v2(&mut buffer, &theirs);
        assert!(key.open(&mut buffer[..]).unwrap().starts_with(plain));

        let mut sealed = key.seal(plain);
        assert!(decrypt_data_v2(&mut sealed, &theirs).unwrap().starts_with(plain));
    }

    #[test]
    fn a_changed_packet_is_refused() {
        let key = Key::generate().unwrap();
        let mut buffer = DequeBuffer::with_capacity(64, 64);
        buffer.extend(b"thirty-two bytes to be encrypted");
        encrypt_data_v2(&mut buffer, &AuthKey::from_bytes(key.data()));
        let last = buffer.len() - 1;
        buffer[last] ^= 1;
        assert!(key.open(&mut buffer[..]).is_none());
    }
}

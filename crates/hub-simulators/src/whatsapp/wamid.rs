//! Ids of messages, built like the platform's own: opaque, case-sensitive, with `=` at the end.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Who wrote it, as the id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Customer,
    Business,
}

/// A new id for a message with somebody.
pub(super) fn make(side: Side, person: &str) -> String {
    /// Bytes of a person's id that find room.
    const MOST: usize = 20;
    let who: Vec<u8> = person.bytes().filter(u8::is_ascii_alphanumeric).take(MOST).collect();
    let random = uuid::Uuid::new_v4().simple().to_string().to_uppercase();
    let mut bytes = vec![0x1c, 0x18, u8::try_from(who.len()).unwrap_or_default()];
    bytes.extend(who);
    bytes.extend([0x15, 0x02, 0x00]);
    bytes.extend(match side {
        Side::Customer => [0x12, 0x18, 0x20],
        Side::Business => [0x11, 0x18, 0x20],
    });
    bytes.extend(random.bytes());
    bytes.push(0);
    format!("wamid.{}", STANDARD.encode(bytes))
}

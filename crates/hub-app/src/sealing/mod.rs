//! Sealing: what is secret leaves this crate only in these forms.
//!
//! Columns of the contract hold the contract's own two-part AES-256-CBC text, so that both originals still read them; an
//! added column beside each holds a seal (encrypt-then-MAC) that binds the text to its table, column and row. Columns of
//! our own hold one AES-256-GCM value.

mod envelope;
mod for_originals;
mod keys;
mod reseal;

use envelope::{Recognised, recognise};
use hub_platform_kit::Secret;
use keys::Key;
pub use reseal::{ResealProgress, ResealReport, reseal};
use uuid::Uuid;

/// Where a value lives. A value moved elsewhere does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Table.
    pub table: &'a str,
    /// Column.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
}

/// A sealed text, in two columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// For the contract's column: `<iv hex>:<ciphertext hex>`.
    pub value: String,
    /// For the column beside it: `v1.<key id>.<mac hex>`.
    pub seal: Option<String>,
}

/// What became of opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Opened, and the seal proves it.
    Text(String),
    /// Opened; written by an original, so nothing proves it.
    Legacy(String),
    /// Was never encrypted; written by an original.
    Clear(String),
    /// No key opens it, or the seal is wrong. Never overwrite it.
    Broken,
}

/// The key both originals use when none is configured (crypto contract, section 1). It opens what they wrote under it, and
/// nothing with a seal: everybody knows it.
pub const DEFAULT_KEY_OF_THE_ORIGINALS: &str = "default-key-change-in-production!!";

/// Seals with the newest key, opens with all of the ring.
#[derive(Debug)]
pub struct Sealer {
    ring: Vec<Key>,
    /// Opens values without a seal when no key of the ring does.
    default_key: Key,
    require_seal: bool,
}

impl Sealer {
    /// Builds the ring; the first key writes. `require_seal` refuses values without a seal.
    pub fn new(keys: &[Secret], require_seal: bool) -> Result<Self, String> {
        if keys.is_empty() {
            return Err("an encryption key is needed".to_owned());
        }
        let ring = keys.iter().map(Key::derive).collect::<Result<Vec<_>, _>>()?;
        let default_key = Key::derive(&Secret::from(DEFAULT_KEY_OF_THE_ORIGINALS))?;
        Ok(Self { ring, default_key, require_seal })
    }

    /// Seals a text for a column of the contract.
    pub fn seal_text(&self, field: Field<'_>, text: &str) -> Sealed {
        let key = self.newest();
        let value = envelope::encrypt(&key.contract, text);
        let seal = format!("v1.{}.{}", key.id, hex::encode(key.seal(&field, &value)));
        Sealed { value, seal: Some(seal) }
    }

    /// Opens a column of the contract. The seal is checked first; there is one answer for everything that fails.
    pub fn open_text(&self, field: Field<'_>, value: &str, seal: Option<&str>) -> Opened {
        let Some(seal) = seal else { return self.open_unsealed(value) };
        let opened = self.sealing_key(seal).and_then(|(key, mac)| {
            key.verify_seal(&field, value, &mac).then(|| envelope::decrypt(&key.contract, value)).flatten()
        });
        opened.map_or(Opened::Broken, Opened::Text)
    }

    fn open_unsealed(&self, value: &str) -> Opened {
        if self.require_seal {
            return Opened::Broken;
        }
        match recognise(value) {
            Recognised::Contract => {
                let keys = self.ring.iter().chain([&self.default_key]);
                let texts = keys.filter_map(|key| envelope::decrypt(&key.contract, value));
                most_like_words(texts).map_or(Opened::Broken, Opened::Legacy)
            }
            // Authenticated: a wrong key opens nothing.
            Recognised::MaybeLater => {
                let mut keys = self.ring.iter().chain([&self.default_key]);
                let text = keys.find_map(|key| envelope::open_later(&key.contract, value));
                text.map_or_else(|| Opened::Clear(value.to_owned()), Opened::Legacy)
            }
            Recognised::Clear => Opened::Clear(value.to_owned()),
        }
    }

    /// True when a seal was made with the newest key.
    pub fn is_newest(&self, seal: Option<&str>) -> bool {
        seal.is_some_and(|seal| seal.starts_with(&self.newest_seal()))
    }

    /// How seals of the newest key begin.
    pub fn newest_seal(&self) -> String {
        format!("v1.{}.", self.newest().id)
    }

    /// How values of our own columns begin that the newest key wrapped.
    pub fn newest_wrap(&self) -> String {
        format!("g1.{}.", self.newest().id)
    }

    fn sealing_key(&self, seal: &str) -> Option<(&Key, Vec<u8>)> {
        let (id, mac) = seal.strip_prefix("v1.")?.split_once('.')?;
        let key = self.ring.iter().find(|key| key.id == id)?;
        Some((key, hex::decode(mac).ok()?))
    }

    /// Seals bytes for a column of our own: `g1.<key id>.<base64>`. `context` names the place.
    pub fn wrap(&self, context: &str, bytes: &[u8]) -> String {
        self.newest().wrap(context, bytes)
    }

    /// Opens what [`Sealer::wrap`] made for the same place; `None` when no key opens it.
    pub fn unwrap(&self, context: &str, value: &str) -> Option<Vec<u8>> {
        let (id, body) = value.strip_prefix("g1.")?.split_once('.')?;
        self.ring.iter().find(|key| key.id == id)?.unwrap(context, body)
    }

    /// A keyed digest for one purpose, such as signing links; the newest key's.
    pub fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.newest().mac(purpose, parts)
    }

    fn newest(&self) -> &Key {
        // `new` refuses an empty ring.
        &self.ring[0]
    }
}

/// True for a text that has the look of the later form (crypto contract, section 2.4). A key that opens it proves it; when none
/// does, it may be somebody's words.
pub(crate) fn has_later_form(value: &str) -> bool {
    recognise(value) == Recognised::MaybeLater
}

/// The contract's envelope proves nothing, so of two million values a wrong key opens one, to rubbish. Of several texts the
/// first without control characters is the right one.
fn most_like_words(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut first = None;
    for text in texts {
        if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Some(text);
        }
        first = first.or(Some(text));
    }
    first
}

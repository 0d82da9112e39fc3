//! Sealing: what is secret leaves this crate only in these forms.
//!
//! Columns of the contract hold the contract's own two-part AES-256-CBC text, so that both originals still read them; an
//! added column beside each holds a seal (encrypt-then-MAC) that binds the text to its table, column and row. Columns of
//! our own hold one AES-256-GCM value.

mod envelope;
mod keys;

use envelope::{Recognised, recognise};
use hub_platform_kit::Secret;
use keys::Key;
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

/// Seals with the newest key, opens with all of the ring.
#[derive(Debug)]
pub struct Sealer {
    ring: Vec<Key>,
    require_seal: bool,
}

impl Sealer {
    /// Builds the ring; the first key writes. `require_seal` refuses values without a seal.
    pub fn new(keys: &[Secret], require_seal: bool) -> Result<Self, String> {
        if keys.is_empty() {
            return Err("an encryption key is needed".to_owned());
        }
        let ring = keys.iter().map(Key::derive).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { ring, require_seal })
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
        let opened = match recognise(value) {
            Recognised::Contract => self.ring.iter().find_map(|key| envelope::decrypt(&key.contract, value)),
            Recognised::MaybeLater => match self.ring.iter().find_map(|key| envelope::open_later(&key.contract, value))
            {
                Some(text) => Some(text),
                None => return Opened::Clear(value.to_owned()),
            },
            Recognised::Clear => return Opened::Clear(value.to_owned()),
        };
        opened.map_or(Opened::Broken, Opened::Legacy)
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

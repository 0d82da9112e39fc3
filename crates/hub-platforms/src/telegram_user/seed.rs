//! The door for tests: a pretend Telegram in place of Telegram's own data centres. Compiled under the feature `test-telegram` only,
//! because whoever may name another address and keys may read along.

use super::TelegramUser;
use super::keys::{AuthKey, KeyPart};
use super::session::{OwnSession, Places};
use grammers_session::types::DcOption;
use hub_platform_kit::transport::{MAX_ANSWER_BYTES, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

/// The data centres.
const CENTRES: std::ops::RangeInclusive<i32> = 1..=5;

/// What tests begin with instead of Telegram's own data centres.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Where every data centre answers.
    pub address: SocketAddrV4,
    /// The data centre to begin with.
    pub home: i32,
    /// Where keys come from.
    pub keys: SeedKeys,
}

/// Keys that both sides know: making them needs Telegram's own private key.
#[derive(Clone, Debug)]
pub enum SeedKeys {
    /// Data centre and key; every sign-in begins with these.
    Known(Vec<(i32, [u8; 256])>),
    /// The pretend Telegram's own address for making a device; every sign-in asks there for keys of its own.
    Asked(String),
}

/// A device as the pretend Telegram tells of it.
#[derive(Deserialize)]
struct Device {
    keys: Vec<DeviceKey>,
}

#[derive(Deserialize)]
struct DeviceKey {
    dc: i32,
    key: String,
}

impl Seed {
    /// Reads `127.0.0.1:4001 http://127.0.0.1:4002`: where MTProto answers, and where devices are made.
    pub fn read(text: &str) -> Option<Self> {
        let (address, control) = text.trim().split_once(' ')?;
        Some(Self { address: address.parse().ok()?, home: 2, keys: SeedKeys::Asked(format!("{control}/_sim/device")) })
    }

    /// The data centres.
    pub(super) fn places(&self) -> Places {
        let ipv6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, self.address.port(), 0, 0);
        let known: HashMap<i32, AuthKey> = match &self.keys {
            SeedKeys::Known(keys) => keys.iter().copied().collect(),
            SeedKeys::Asked(_) => HashMap::new(),
        };
        let centre = |id| (id, DcOption { id, ipv4: self.address, ipv6, auth_key: known.get(&id).copied() });
        Places { home: self.home, centres: CENTRES.map(centre).collect() }
    }

    /// A program that never spoke with the pretend Telegram.
    async fn fresh(&self, places: &Places) -> Result<OwnSession> {
        let SeedKeys::Asked(url) = &self.keys else { return Ok(places.fresh()) };
        let transport = Transport::new()?;
        let request = transport.request(reqwest::Method::POST, url).json(&serde_json::json!({"dc": self.home}));
        let answer = transport.call(request, MAX_ANSWER_BYTES).await?;
        let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the pretend Telegram gives no keys");
        let device: Device = serde_json::from_slice(&answer.body).map_err(|_| odd())?;
        let key = |key: DeviceKey| Some((key.dc, hex::decode(key.key).ok()?.try_into().ok()?));
        let keys = device.keys.into_iter().map(key).collect::<Option<_>>().ok_or_else(odd)?;
        Ok(places.with(&KeyPart { home: self.home, keys }))
    }
}

impl TelegramUser {
    /// Where a new sign-in begins.
    pub(super) async fn fresh(&self) -> Result<OwnSession> {
        match &self.settings.seed {
            Some(seed) => seed.fresh(&self.places).await,
            None => Ok(self.places.fresh()),
        }
    }
}

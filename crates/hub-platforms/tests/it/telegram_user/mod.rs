//! Telegram accounts of people, against the pretend Telegram: everything above the making of keys is the real protocol.

mod files;
mod lines;
mod linking;
mod reading;
mod sending;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{Grant, PlatformHandle, Result, Secret};
use hub_platforms::telegram_user::{Seed, SeedKeys, Settings, TelegramUser};
use hub_simulators::telegram_user::{
    Device, NewAccount, NewPerson, Place, TelegramUserHandle, TelegramUserOptions, start,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The account of most tests.
pub(crate) const ME: i64 = 7_100_000_001;
/// Its number.
pub(crate) const PHONE: &str = "4915550000001";
/// A friend, whose id needs more than 32 bits.
pub(crate) const ALICE: i64 = 7_200_000_002;
/// Another one.
pub(crate) const BOB: i64 = 7_300_000_003;
/// Anything may take this long on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A pretend Telegram with one account that knows two people.
pub(crate) async fn world() -> TelegramUserHandle {
    world_with(TelegramUserOptions::default()).await
}

pub(crate) async fn world_with(options: TelegramUserOptions) -> TelegramUserHandle {
    let telegram = start(options).await.unwrap();
    telegram.create_account(NewAccount::new(ME, PHONE, "Me"));
    telegram.meet(ME, NewPerson { username: Some("alice".to_owned()), ..NewPerson::named(ALICE, "Alice") });
    telegram.meet(ME, NewPerson::named(BOB, "Bob"));
    telegram
}

pub(crate) fn settings() -> Settings {
    Settings::new(Some(12_345), Some(Secret::from("secret")))
}

/// A hub's process whose sign-ins begin with this device.
pub(crate) fn process(device: &Device) -> PlatformHandle {
    let SocketAddr::V4(address) = device.address else { panic!("the pretend Telegram listens on IPv4") };
    let seed = Seed { address, home: device.home_dc, keys: SeedKeys::Known(device.keys.clone()) };
    PlatformHandle::new(Arc::new(TelegramUser::new(settings().with_seed(seed))))
}

/// The permission that linking with this device would have given.
pub(crate) fn grant(device: &Device) -> Grant {
    let keys: BTreeMap<i32, String> = device.keys.iter().map(|(id, key)| (*id, BASE64_STANDARD.encode(key))).collect();
    grant_with(&json!({ "home": device.home_dc, "keys": keys }).to_string())
}

pub(crate) fn grant_with(token: &str) -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::from_u128(1)),
        remote_id: RemoteAccountId::new(ME.to_string()),
        access_token: Secret::from(token.to_owned()),
        refresh_token: None,
        expires_at: None,
        facts: Value::Null,
    }
}

/// Somebody who reads an account, as the hub does.
pub(crate) struct Reader {
    pub(crate) handle: PlatformHandle,
    pub(crate) grant: Grant,
    pub(crate) cursor: Option<String>,
    /// Read, and not looked at yet.
    waiting: VecDeque<Inbound>,
}

impl Reader {
    /// A fresh process with a signed-in device.
    pub(crate) fn on(telegram: &TelegramUserHandle) -> Self {
        let device = telegram.signed_in_device(ME).unwrap();
        Self { handle: process(&device), grant: grant(&device), cursor: None, waiting: VecDeque::new() }
    }

    /// The same account after a restart of the hub, from what was kept.
    pub(crate) async fn restarted(self, telegram: &TelegramUserHandle) -> Self {
        self.restarted_after(telegram, || {}).await
    }

    /// The same, with something that happens while nobody listens.
    pub(crate) async fn restarted_after(self, telegram: &TelegramUserHandle, happens: impl FnOnce()) -> Self {
        let device = telegram.device(2).unwrap();
        drop(self.handle);
        until(|| telegram.listening(ME) == 0).await;
        happens();
        Self { handle: process(&device), grant: self.grant, cursor: self.cursor, waiting: self.waiting }
    }

    /// One page, without keeping how far it got. Its receipt says the same.
    pub(crate) async fn page(&self, wait: Duration) -> Result<HistoryPage> {
        let asked = self.handle.pull(&self.grant, self.cursor.as_deref(), wait);
        let page = tokio::time::timeout(PATIENCE * 2, asked).await.unwrap()?;
        // Something of the hub's own may stand behind it.
        let body = [page.raw.as_ref(), b"behind it"].concat().into();
        let receipt = Verified { body, account: Some(self.grant.remote_id.clone()) };
        let once_more = self.handle.parse(&receipt).unwrap();
        assert_eq!(meaning(&once_more), meaning(&page.events), "the receipt says the same");
        Ok(page)
    }

    /// One page, kept.
    pub(crate) async fn take(&mut self, wait: Duration) -> (Vec<Inbound>, bool) {
        let page = self.page(wait).await.unwrap();
        self.cursor = page.next.or(self.cursor.take());
        (page.events.into_iter().map(event).collect(), page.more)
    }

    /// Everything there is to read before the waiting begins.
    pub(crate) async fn past(&mut self) -> Vec<Inbound> {
        let mut events = Vec::new();
        loop {
            let (more_events, more) = self.take(Duration::ZERO).await;
            events.extend(more_events);
            if !more {
                return events;
            }
        }
    }

    /// The next thing that happens and fits.
    pub(crate) async fn next<T>(&mut self, fits: impl Fn(&InboundBody) -> Option<T>) -> T {
        loop {
            if self.waiting.is_empty() {
                let (events, more) = self.take(PATIENCE).await;
                assert!(more || !events.is_empty(), "nothing happened");
                self.waiting.extend(events);
            }
            if let Some(found) = self.waiting.pop_front().and_then(|event| fits(&event.body)) {
                return found;
            }
        }
    }

    /// The next new message.
    pub(crate) async fn message(&mut self) -> InboundMessage {
        self.next(said).await
    }
}

/// A new message.
pub(crate) fn said(body: &InboundBody) -> Option<InboundMessage> {
    match body {
        InboundBody::Message(message) => Some((**message).clone()),
        _ => None,
    }
}

/// The words of a message.
pub(crate) fn words(message: &InboundMessage) -> &str {
    message.content.text.as_deref().unwrap_or_default()
}

fn event(parsed: Parsed) -> Inbound {
    match parsed {
        Parsed::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

/// Lets others work until something is so.
pub(crate) async fn until(mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it took too long");
}

/// Where Alice and the account talk.
pub(crate) const WITH_ALICE: Place = Place::Person(ALICE);

/// What events say, without names, which Telegram does not repeat each time, and ids that are made up for attachments.
fn meaning(events: &[Parsed]) -> Vec<String> {
    let told = |one: &Parsed| match one {
        Parsed::Event(Inbound { event_key, body, .. }) => match said(body) {
            Some(said) => {
                let files: Vec<_> = said.content.attachments.iter().map(|file| &file.remote_ref).collect();
                let (words, details) = (&said.content.text, &said.content.details);
                let marks = (said.direction, said.sent_at, said.history, said.is_read, &said.reply_to);
                format!("{event_key} {words:?} {files:?} {details:?} {marks:?}")
            }
            None => format!("{event_key} {body:?}"),
        },
        other => format!("{other:?}"),
    };
    events.iter().map(told).collect()
}

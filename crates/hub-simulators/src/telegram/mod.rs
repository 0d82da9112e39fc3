//! The Telegram Bot API (version 10.1) over HTTP: calls, webhooks with their secret, order and repeats, long polling, files,
//! and faults on command. People and chats are made by whoever runs it, through [`TelegramHandle`] or over HTTP at `/_sim/`.

mod answer;
mod control;
mod deliver;
mod faults;
mod files;
mod handle;
mod params;
mod people;
mod polling;
mod sending;
mod server;
mod webhook_calls;
mod world;

pub use faults::Fault;
pub use handle::{TelegramHandle, start};
pub use world::{Delivery, Sent};

use std::time::Duration;

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct TelegramOptions {
    /// Port on loopback; 0 = a free one.
    pub port: u16,
    /// The first pause before a failed delivery is repeated; it doubles up to 60 of it.
    pub retry_unit: Duration,
    /// The first message id of every chat.
    pub first_message_id: i64,
    /// The first update id of every bot.
    pub first_update_id: i64,
}

impl Default for TelegramOptions {
    fn default() -> Self {
        Self { port: 0, retry_unit: Duration::from_secs(1), first_message_id: 1, first_update_id: 481_000_001 }
    }
}

//! Telegram as people use it: MTProto 2.0 over TCP, layer 230 of the API. Accounts with chats, people, files and the counters of
//! the update stream; sign-in with code and password; faults on command. Made through [`TelegramUserHandle`] or over HTTP at
//! `/_sim/`.
//!
//! Making an authorization key needs Telegram's private key, so nobody can play that part. A key that both sides already know
//! skips it: [`Device`] carries one for each data centre, and everything above the handshake is the real protocol. The data
//! centres share one listener and are told apart by the key, which each has its own of.

mod account;
mod acts;
mod calls;
mod chats;
mod control;
mod control_acts;
mod deeds;
mod faults;
mod files;
mod handle;
mod handle_acts;
mod methods;
mod people;
mod pushes;
mod seen;
mod shapes;
mod short;
mod trickle;
mod wire;
mod world;

pub use account::{CodeKind, NewAccount};
pub use calls::Call;
pub use chats::Place;
pub use deeds::{Deed, What};
pub use faults::Fault;
pub use files::{FileKind, NewFile};
pub use handle::{TelegramUserHandle, start};
pub use people::NewPerson;
pub use world::Device;

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct TelegramUserOptions {
    /// Port of MTProto on loopback; 0 = a free one.
    pub port: u16,
    /// Port of `/_sim/` on loopback; 0 = a free one.
    pub control_port: u16,
    /// The application that may call; `None` = any.
    pub api_id: Option<i32>,
    /// Its secret; empty = any.
    pub api_hash: String,
    /// Answers longer than this many bytes are compressed.
    pub gzip_over: usize,
    /// Changes that one answer to `getDifference` holds at most; more come in slices.
    pub difference_slice: usize,
    /// Changes that may be missed at most; more are too many to tell.
    pub difference_most: usize,
    /// Two connections with one key at a time cost the session, as two processes that share it do.
    pub one_connection_per_key: bool,
    /// A second send with the same random id is refused; else it is answered as the first was.
    pub refuse_duplicates: bool,
    /// Plain texts of people and small groups are pushed in the short form, which says nothing of who wrote but an id.
    pub short_pushes: bool,
    /// The first message id of every account and channel.
    pub first_message_id: i32,
    /// Where the counter of every account's changes begins.
    pub first_pts: i32,
}

impl Default for TelegramUserOptions {
    fn default() -> Self {
        Self {
            port: 0,
            control_port: 0,
            api_id: None,
            api_hash: String::new(),
            gzip_over: 512,
            difference_slice: 100,
            difference_most: 5_000,
            one_connection_per_key: true,
            refuse_duplicates: false,
            short_pushes: false,
            first_message_id: 1,
            first_pts: 1,
        }
    }
}

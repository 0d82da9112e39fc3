//! How far an account was read, as the hub keeps it: counters of the update stream, the secret numbers of chats, and what of the past
//! is still to be read. No keys are in it.

use super::peers;
use super::session::OwnSession;
use grammers_session::types::{ChannelState, PeerAuth, PeerId, PeerInfo, PeerKind, UpdatesState};
use hub_platform_kit::platform::ReadSoFar;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use serde::{Deserialize, Serialize};

/// Chats whose secret numbers are kept; beyond that they are learnt again when somebody writes.
const MAX_PEERS: usize = 2_000;
/// Channels whose counters are kept.
const MAX_CHANNELS: usize = 1_000;

/// A chat whose past is still to be read, as Telegram listed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unread {
    /// In the form of the Bot API.
    pub(super) chat: i64,
    /// Up to where the other side has read.
    pub(super) read_by_them: i32,
    /// Up to where the person has read; `None` = Telegram is still to be asked.
    #[serde(default)]
    pub(super) read_by_me: Option<i32>,
    /// The last message; what comes after it was said later. 0 = not known.
    #[serde(default)]
    pub(super) last: i32,
}

/// How far an account was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pts: i32,
    qts: i32,
    date: i32,
    seq: i32,
    /// Channel and its counter.
    channels: Vec<(i64, i32)>,
    /// Chat in the form of the Bot API, and its secret number.
    peers: Vec<(i64, i64)>,
    /// The past that is still to be read, in order.
    #[serde(default)]
    past: Vec<Unread>,
    /// When the line was first opened, in seconds since 1970: what was said later is news, whichever way it comes.
    #[serde(default)]
    pub(super) since: i32,
    /// Too much was missed: the chats must be looked through again.
    #[serde(default)]
    pub(super) lost: bool,
}

impl Cursor {
    /// As the hub kept it.
    pub(super) fn read(text: &str) -> Result<Self> {
        let odd = |_| PlatformError::new(ErrorKind::UnexpectedReply, "the place in the stream cannot be read");
        serde_json::from_str(text).map_err(odd)
    }

    /// As the hub keeps it.
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Heard up to here.
    pub(super) fn heard(&mut self, state: &UpdatesState) {
        (self.pts, self.qts, self.date, self.seq) = (state.pts, state.qts, state.date, state.seq);
        self.channels = state.channels.iter().take(MAX_CHANNELS).map(|channel| (channel.id, channel.pts)).collect();
    }

    /// What was missed by jumping to `state` without a word; for an empty answer only.
    pub(super) fn jumped(&mut self, state: &UpdatesState) {
        self.lost |= state.pts > self.pts;
        for channel in &state.channels {
            let before = self.channels.iter().find(|(id, _)| *id == channel.id);
            if before.is_some_and(|(_, pts)| channel.pts > *pts) {
                self.read_past(Unread { chat: peers::channel_id(channel.id), ..Unread::default() });
            }
        }
    }

    /// Has a chat's past read, once.
    pub(super) fn read_past(&mut self, unread: Unread) {
        if self.past.iter().all(|known| known.chat != unread.chat) {
            self.past.push(unread);
        }
    }

    /// How far reading the past has got once `read` more chats are read.
    pub(super) fn progress(&self, read: u32) -> ReadSoFar {
        ReadSoFar { read, left: Some(u32::try_from(self.past.len()).unwrap_or(u32::MAX)) }
    }

    /// The chat whose past is read next.
    pub(super) fn next_past(&self) -> Option<Unread> {
        self.past.first().copied()
    }

    /// The past of a chat was read.
    pub(super) fn has_read(&mut self, chat: i64) {
        self.past.retain(|unread| unread.chat != chat);
    }

    /// Keeps a chat's secret number.
    pub(super) fn keep_peer(&mut self, session: &OwnSession, chat: i64) {
        let Some(hash) = session.access_hash(chat) else { return };
        if let Some(kept) = self.peers.iter_mut().find(|(id, _)| *id == chat) {
            kept.1 = hash;
        } else if self.peers.len() < MAX_PEERS {
            self.peers.push((chat, hash));
        }
    }

    /// Gives a session what the cursor knows.
    pub(super) fn restore(&self, session: &OwnSession) {
        let channels = self.channels.iter().map(|(id, pts)| ChannelState { id: *id, pts: *pts }).collect();
        let (pts, qts, date, seq) = (self.pts, self.qts, self.date, self.seq);
        session.set_state(UpdatesState { pts, qts, date, seq, channels });
        for (chat, hash) in &self.peers {
            let Some(peer) = PeerId::from_bot_api_dialog_id(*chat) else { continue };
            let (auth, Some(id)) = (Some(PeerAuth::from_hash(*hash)), peer.bare_id()) else { continue };
            match peer.kind() {
                PeerKind::User => session.remember(&PeerInfo::User { id, auth, bot: None, is_self: None }),
                PeerKind::Channel => session.remember(&PeerInfo::Channel { id, auth, kind: None }),
                PeerKind::Chat => {}
            }
        }
    }
}

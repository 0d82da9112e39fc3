//! Chats as one account sees them, and the counters of the update stream.

use super::shapes::{self, ChatParts};
use grammers_tl_types::{enums, types};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Changes remembered of one stream at most.
const MAX_CHANGES: usize = 20_000;
/// Ids of groups in the form of the Bot API are below zero, those of channels below this.
const CHANNELS_BELOW: i64 = -1_000_000_000_000;

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The private chat with a person.
    Person(i64),
    /// A small group.
    Group(i64),
    /// A supergroup or a channel.
    Channel(i64),
}

impl Place {
    /// From the form of the Bot API: `7`, `-7`, `-1000000000007`.
    pub fn from_id(id: i64) -> Self {
        match id {
            id if id < CHANNELS_BELOW => Self::Channel(CHANNELS_BELOW - id),
            id if id < 0 => Self::Group(-id),
            id => Self::Person(id),
        }
    }

    /// In the form of the Bot API.
    pub fn id(self) -> i64 {
        match self {
            Self::Person(id) => id,
            Self::Group(id) => -id,
            Self::Channel(id) => CHANNELS_BELOW - id,
        }
    }

    pub(super) fn peer(self) -> enums::Peer {
        match self {
            Self::Person(user_id) => types::PeerUser { user_id }.into(),
            Self::Group(chat_id) => types::PeerChat { chat_id }.into(),
            Self::Channel(channel_id) => types::PeerChannel { channel_id }.into(),
        }
    }

    pub(super) fn of(peer: &enums::Peer) -> Self {
        match peer {
            enums::Peer::User(user) => Self::Person(user.user_id),
            enums::Peer::Chat(chat) => Self::Group(chat.chat_id),
            enums::Peer::Channel(channel) => Self::Channel(channel.channel_id),
        }
    }
}

/// Something that counts in an update stream.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// The counter after it.
    pub(super) pts: i32,
    pub(super) update: enums::Update,
}

/// An update stream: the account's, or a channel's.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) pts: i32,
    /// Changes up to here are forgotten.
    pub(super) floor: i32,
    pub(super) changes: VecDeque<Change>,
}

impl Default for Stream {
    fn default() -> Self {
        Self { pts: 1, floor: 1, changes: VecDeque::new() }
    }
}

impl Stream {
    /// Counts `count` steps on and remembers the update that `build` makes of the new counter.
    pub(super) fn add(&mut self, count: i32, build: impl FnOnce(i32) -> enums::Update) -> enums::Update {
        self.pts += count;
        let update = build(self.pts);
        self.changes.push_back(Change { pts: self.pts, update: update.clone() });
        if self.changes.len() > MAX_CHANGES
            && let Some(oldest) = self.changes.pop_front()
        {
            self.floor = oldest.pts;
        }
        update
    }

    /// What came after `pts`; `None` when that is no longer known or more than `most`.
    pub(super) fn since(&self, pts: i32, most: usize) -> Option<Vec<Change>> {
        if pts < self.floor {
            return None;
        }
        let missed: Vec<Change> = self.changes.iter().filter(|change| change.pts > pts).cloned().collect();
        (missed.len() <= most).then_some(missed)
    }

    /// Forgets what was before now.
    pub(super) fn forget(&mut self) {
        self.changes.clear();
        self.floor = self.pts;
    }
}

/// A chat.
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
#[derive(Clone, Debug)]
pub(super) struct Chat {
    pub(super) place: Place,
    pub(super) title: String,
    pub(super) access_hash: i64,
    /// Only its owners write.
    pub(super) broadcast: bool,
    /// What happens here counts, and is not pushed: only who asks for it hears of it.
    pub(super) unpushed: bool,
    /// The account may write here.
    pub(super) writable: bool,
    pub(super) members: BTreeSet<i64>,
    pub(super) messages: BTreeMap<i32, enums::Message>,
    pub(super) read_inbox: i32,
    pub(super) read_outbox: i32,
    pub(super) folder: Option<i32>,
    pub(super) pinned: bool,
    pub(super) muted_until: Option<i32>,
    pub(super) photo: Option<(i64, i32)>,
    pub(super) date: i32,
    /// Larger = something happened later.
    pub(super) touched: u64,
    /// Of channels only.
    pub(super) stream: Stream,
    /// Of channels only.
    pub(super) next_message: i32,
}

impl Chat {
    pub(super) fn new(place: Place, title: &str, access_hash: i64, date: i32, first_message: i32) -> Self {
        Self {
            place,
            title: title.to_owned(),
            access_hash,
            broadcast: false,
            unpushed: false,
            writable: true,
            members: BTreeSet::new(),
            messages: BTreeMap::new(),
            read_inbox: 0,
            read_outbox: 0,
            folder: None,
            pinned: false,
            muted_until: None,
            photo: None,
            date,
            touched: 0,
            stream: Stream::default(),
            next_message: first_message,
        }
    }

    /// The group or channel in the API's form; private chats have none.
    pub(super) fn chat(&self) -> Option<enums::Chat> {
        let (Place::Group(id) | Place::Channel(id)) = self.place else { return None };
        let members = i32::try_from(self.members.len()).unwrap_or(i32::MAX);
        let parts = ChatParts {
            id,
            access_hash: self.access_hash,
            title: self.title.clone(),
            members,
            date: self.date,
            photo: self.photo,
        };
        Some(match self.place {
            Place::Channel(_) => shapes::channel(parts, self.broadcast),
            _ => shapes::basic_group(parts),
        })
    }

    /// Messages of others after the last one read.
    pub(super) fn unread(&self) -> i32 {
        let unread = self.messages.range(self.read_inbox + 1..).filter(|(_, message)| !is_out(message)).count();
        i32::try_from(unread).unwrap_or(i32::MAX)
    }

    pub(super) fn top(&self) -> Option<&enums::Message> {
        self.messages.values().next_back()
    }

    /// The chat's line in the list.
    pub(super) fn dialog(&self) -> enums::Dialog {
        let channel = matches!(self.place, Place::Channel(_));
        types::Dialog {
            pinned: self.pinned,
            unread_mark: false,
            view_forum_as_messages: false,
            peer: self.place.peer(),
            top_message: self.messages.keys().next_back().copied().unwrap_or_default(),
            read_inbox_max_id: self.read_inbox,
            read_outbox_max_id: self.read_outbox,
            unread_count: self.unread(),
            unread_mentions_count: 0,
            unread_reactions_count: 0,
            unread_poll_votes_count: 0,
            notify_settings: shapes::notify(self.muted_until),
            pts: channel.then_some(self.stream.pts),
            draft: None,
            folder_id: self.folder,
            ttl_period: None,
        }
        .into()
    }
}

/// The account wrote it.
pub(super) fn is_out(message: &enums::Message) -> bool {
    match message {
        enums::Message::Message(message) => message.out,
        enums::Message::Service(message) => message.out,
        enums::Message::Empty(_) => false,
    }
}

/// Its date.
pub(super) fn date(message: &enums::Message) -> i32 {
    match message {
        enums::Message::Message(message) => message.date,
        enums::Message::Service(message) => message.date,
        enums::Message::Empty(_) => 0,
    }
}

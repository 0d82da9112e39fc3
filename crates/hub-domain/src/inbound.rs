//! What a platform told us, in our words. Adapters make these; the one door (`ingest`) applies them.

use crate::{
    Content, DeliveryStatus, Direction, RemoteAccountId, RemoteConversationId, RemoteMessageId, RemoteParticipantId,
    Timestamp,
};
use serde_json::Value;

/// One thing that happened at a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The accounts it is for, by their id at the platform. Every active account with one of these ids gets it.
    pub accounts: Vec<RemoteAccountId>,
    /// The event's own key, unique among all events of the platform for these accounts. A repeat has no effect.
    pub event_key: String,
    /// What happened.
    pub body: InboundBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum InboundBody {
    /// A message was said. A known id changes nothing.
    Message(Box<InboundMessage>),
    /// A message was changed; the whole new state. An unseen original is created.
    Edited(Box<InboundMessage>),
    /// A message stands, whether or not it was taken back before; the whole state. It counts as changed only if it says so.
    Restored {
        /// The message.
        message: Box<InboundMessage>,
        /// As of when: what was taken back later stays so.
        at: Timestamp,
    },
    /// Messages were taken back by their sender.
    Deleted {
        /// Where.
        conversation: RemoteConversationId,
        /// Which.
        messages: Vec<RemoteMessageId>,
        /// When; `None` when the platform gives no time.
        at: Option<Timestamp>,
    },
    /// Messages were taken back, and the platform does not say where: in one of the account's conversations that do not count their
    /// messages on their own.
    DeletedSomewhere {
        /// Which.
        messages: Vec<RemoteMessageId>,
        /// When; `None` when the platform gives no time.
        at: Option<Timestamp>,
    },
    /// Somebody's reactions to a message changed.
    Reacted {
        /// Where.
        conversation: RemoteConversationId,
        /// To which message.
        message: RemoteMessageId,
        /// Who.
        actor: RemoteParticipantId,
        /// Emoji now standing that were not before.
        added: Vec<String>,
        /// Emoji taken away.
        removed: Vec<String>,
        /// True where a person has one reaction at most: whatever of theirs stood there before goes first.
        replaces: bool,
        /// When.
        at: Timestamp,
    },
    /// All reactions that stand at a message now, where a platform tells the whole and not what changed. Older news than what
    /// is known changes nothing.
    Reactions {
        /// Where.
        conversation: RemoteConversationId,
        /// At which message.
        message: RemoteMessageId,
        /// Who put what there, and when.
        standing: Vec<(RemoteParticipantId, String, Timestamp)>,
        /// As of when.
        at: Timestamp,
    },
    /// The account read what others said up to a point, elsewhere.
    ReadElsewhere {
        /// Where.
        conversation: RemoteConversationId,
        /// Up to which point.
        up_to: UpTo,
        /// When.
        at: Timestamp,
    },
    /// News about a message of ours.
    Status {
        /// Where, if the platform says. An id is looked for in the whole account when it is not found there.
        conversation: Option<RemoteConversationId>,
        /// Which message.
        message: RemoteMessageId,
        /// The hub's own key of that message, where the platform hands it back.
        client_key: Option<String>,
        /// How far it got.
        status: DeliveryStatus,
        /// Why it failed, in the platform's words.
        reason: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// News about everything the account said up to a point.
    StatusUpTo {
        /// Where.
        conversation: RemoteConversationId,
        /// Up to which point.
        up_to: UpTo,
        /// How far it all got.
        status: DeliveryStatus,
        /// When.
        at: Timestamp,
    },
    /// Something happened in a conversation that is not a message: membership, title, pin, a button press, a block.
    Notice {
        /// Where, with what is known of it; an unknown conversation is not made for a notice.
        conversation: ConversationRef,
        /// Its name, such as `member_joined` or `button_pressed`.
        kind: String,
        /// Who did it.
        actor: Option<RemoteParticipantId>,
        /// Further members, as data.
        data: Value,
        /// True when the other person did it in a way that lets the account write freely again.
        opens_window: bool,
        /// When; `None` when the platform gives no time.
        at: Option<Timestamp>,
    },
    /// The other person of a conversation has further or other ids. Unlike after a move, messages keep theirs.
    Reidentified {
        /// The ids so far; any of them finds the conversation.
        from: Vec<RemoteConversationId>,
        /// The ids from now on; the first is the one to write to.
        to: Vec<RemoteConversationId>,
        /// When.
        at: Timestamp,
    },
    /// The name or picture of the other person, known from elsewhere; an unknown conversation is not made for it.
    Contact {
        /// Who, with what is known.
        conversation: ConversationRef,
    },
    /// The platform gave a conversation a new id; its history and future are one.
    Moved {
        /// The old id.
        from: RemoteConversationId,
        /// The new id.
        to: RemoteConversationId,
        /// When.
        at: Timestamp,
    },
    /// Something happened to the account itself, such as `business_connected`.
    AccountNotice {
        /// Its name.
        kind: String,
        /// Further members, as data.
        data: Value,
        /// When.
        at: Option<Timestamp>,
    },
    /// Authentic, understood, and nothing for an inbox. Counted.
    Ignored {
        /// Why, as a short stable word or two: it becomes a counter's label.
        reason: String,
    },
}

/// A point in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpTo {
    /// Everything said at or before this time.
    Time(Timestamp),
    /// This message and everything before it.
    Message(RemoteMessageId),
    /// Everything that counts no higher, by [`InboundMessage::sequence`]; it need not be one that is known.
    Number(i64),
}

/// A conversation as an event names it, with what the event knows of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConversationRef {
    /// Its id at the platform.
    pub id: RemoteConversationId,
    /// Further ids of the same conversation: any of them finds it.
    pub aliases: Vec<RemoteConversationId>,
    /// The other person's name, or the group's title.
    pub name: Option<String>,
    /// The other person's handle: stands in until a name is known.
    pub handle: Option<String>,
    /// The other person's id, or the group's.
    pub participant_id: Option<RemoteParticipantId>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// What an answer must carry beside the id (topic, business scope): kept as given, handed back when sending.
    pub address: Option<Value>,
}

/// A message as a platform tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundMessage {
    /// Where it was said.
    pub conversation: ConversationRef,
    /// Its id at the platform, unique within the conversation.
    pub id: RemoteMessageId,
    /// Orders messages of one instant; larger is later.
    pub sequence: Option<i64>,
    /// Who said it.
    pub sender: Participant,
    /// Incoming, or outgoing when the account wrote it elsewhere.
    pub direction: Direction,
    /// What was said.
    pub content: Content,
    /// The message it answers.
    pub reply_to: Option<RemoteMessageId>,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it was last changed.
    pub edited_at: Option<Timestamp>,
    /// The hub's own key, where the platform hands it back in an echo.
    pub client_key: Option<String>,
    /// True for what is only read back from the past: it rings no bell and opens no window.
    pub history: bool,
    /// True when the account has read it already, there. Where a platform does not tell, what is past counts as read.
    pub is_read: bool,
}

/// A person, bot or channel as an event names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Their id at the platform.
    pub id: RemoteParticipantId,
    /// Display name.
    pub name: Option<String>,
    /// Handle.
    pub username: Option<String>,
    /// True for a bot.
    pub is_bot: bool,
}

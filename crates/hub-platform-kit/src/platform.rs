//! The seam: a platform is a card plus facets. A facet exists because it has a life of its own; finer differences are
//! fields of the card. Nothing has a default body where silence would be wrong.

use crate::card::Card;
use crate::error::Result;
use crate::grant::{Grant, Tokens};
use crate::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use async_trait::async_trait;
use bytes::Bytes;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_domain::content::{Location, SharedContact};
use hub_domain::{
    AccountId, Attachment, ContentKind, Inbound, RemoteAccountId, RemoteConversationId, RemoteMessageId,
    RemoteParticipantId, Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// One platform.
pub trait Platform: Send + Sync {
    /// What it is and allows.
    fn card(&self) -> &Card;
    /// Why it cannot be used, when its settings are missing; `None` = it can.
    fn not_configured(&self) -> Option<String>;
    /// True when ids of messages say nothing outside of this conversation.
    fn counts_apart(&self, _conversation: &RemoteConversationId) -> bool {
        !self.card().unique_message_ids
    }
    /// Link, renew, revoke.
    fn connect(&self) -> &dyn Connect;
    /// Send, mark read.
    fn outbound(&self) -> &dyn Outbound;
    /// They call us.
    fn webhook(&self) -> Option<&dyn Webhook> {
        None
    }
    /// We ask them.
    fn history(&self) -> Option<&dyn History> {
        None
    }
    /// Fetch an attachment.
    fn media(&self) -> Option<&dyn Media> {
        None
    }
    /// Ask who somebody is.
    fn people(&self) -> Option<&dyn People> {
        None
    }
}

/// What linking knows of its surroundings.
#[derive(Clone, Debug)]
pub struct ConnectContext {
    /// One of the card's methods.
    pub method: String,
    /// The single-use key of this attempt, for the redirect's `state`.
    pub state: String,
    /// Where the platform sends the browser back; `None` when the hub has no public address.
    pub redirect_uri: Option<String>,
    /// The front end's base address, without a slash at the end.
    pub frontend_url: Option<String>,
    /// The hub's clock.
    pub now: Timestamp,
}

/// Where linking stands.
#[derive(Clone, Debug)]
pub enum Progress {
    /// The person must do something; `memory` is kept sealed until they have.
    Next {
        /// What to do.
        step: Step,
        /// What the adapter must remember, secrets included.
        memory: Value,
    },
    /// Done.
    Linked {
        /// Who.
        identity: LinkedIdentity,
        /// With which tokens.
        tokens: Tokens,
        /// What proved the person, when the platform would accept it twice; the core lets it pass once.
        proof: Option<String>,
    },
}

/// Link, renew, revoke.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Starts.
    async fn begin(&self, context: &ConnectContext) -> Result<Progress>;
    /// Goes on with what the person answered. `BadInput` means "ask again", with a sentence to show.
    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress>;
    /// Renews the tokens; `Unsupported` when there is nothing to renew.
    async fn refresh(&self, grant: &Grant) -> Result<Tokens>;
    /// Takes the permission back at the platform; `Unsupported` where it cannot be.
    async fn revoke(&self, grant: &Grant) -> Result<()>;
    /// Whom these answers reach outside, who need not be the one who answers: the telephone that gets a code. The core lets that
    /// happen only so often a day. `None` = nobody.
    fn reaches(&self, _context: &ConnectContext, _memory: &Value, _answers: &Answers) -> Option<String> {
        None
    }
    /// For tokens that an original stored: the card's method by which this adapter would have got such a token; `None` when it is
    /// none of this adapter's. Adapters whose published name is theirs alone are never asked.
    fn recognises(&self, _token: &str) -> Option<&'static str> {
        None
    }
}

/// A message to be handed to a platform: within the card's limits, already split.
#[derive(Clone, Debug, Default)]
pub struct OutboundMessage {
    /// To which conversation.
    pub conversation: RemoteConversationId,
    /// What was kept from [`ConversationRef::address`](hub_domain::inbound::ConversationRef::address).
    pub address: Option<Value>,
    /// Words, or the caption of the files.
    pub text: Option<String>,
    /// Files, in order.
    pub attachments: Vec<OutboundFile>,
    /// A place to be sent.
    pub location: Option<Location>,
    /// Address-book entries to be sent.
    pub shared_contacts: Vec<SharedContact>,
    /// Further things to be sent, as the API took them: `template`, `interactive`.
    pub extra: Map<String, Value>,
    /// The tag under which it goes out after the free window ended, one the card names.
    pub tag: Option<String>,
    /// The message it answers.
    pub reply_to: Option<RemoteMessageId>,
    /// Our own key of this message, at most 64 characters: for platforms that drop repeats or hand it back in echoes.
    pub client_key: String,
}

/// A file to be sent.
#[derive(Clone, Debug)]
pub struct OutboundFile {
    /// What it is.
    pub kind: ContentKind,
    /// Name to show.
    pub file_name: String,
    /// Media type.
    pub mime_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// A public address where the platform may fetch it for some minutes; `None` when the hub has none.
    pub link: Option<String>,
}

/// What the platform said it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its ids of the message, at least one; more when files became messages of their own.
    pub messages: Vec<RemoteMessageId>,
    /// When, as the platform says.
    pub at: Option<Timestamp>,
    /// Orders messages of one instant.
    pub sequence: Option<i64>,
    /// The platform's own id of whom it went to, where that differs from the one we used.
    pub recipient: Option<RemoteConversationId>,
}

/// A prepared message the platform keeps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
    /// What it is for, in the platform's word.
    pub category: Option<String>,
    /// Whether it may be sent, in the platform's word (`APPROVED`, `PAUSED`, …).
    pub status: String,
    /// Its parts with their slots, as the platform describes them.
    pub components: Value,
}

/// Send, mark read.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Hands a message over. Never retries by itself.
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent>;
    /// Tells the platform that everything up to `message` was read.
    async fn mark_read(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
    ) -> Result<()>;
    /// Answers a notice of a kind that the card names, given the notice's data. Answering twice changes nothing.
    async fn acknowledge(&self, grant: &Grant, data: &Value) -> Result<()>;
    /// Puts the account's reaction there, or takes it away (`None`). Twice changes nothing.
    async fn react(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
        emoji: Option<&str>,
    ) -> Result<()>;
    /// Shows for some seconds that somebody is typing. `latest` is the newest message of the other person.
    async fn typing(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        latest: Option<&RemoteMessageId>,
    ) -> Result<()>;
    /// The prepared messages that can be sent, at most some hundreds.
    async fn templates(&self, grant: &Grant) -> Result<Vec<Template>>;
}

/// They call us.
#[async_trait]
pub trait Webhook: Send + Sync {
    /// Fetches what [`Webhook::verify`] needs from the platform, such as its published keys; called before it. The adapter
    /// keeps them, and sees to it that strangers cannot make it ask all the time.
    async fn warm(&self, _request: &WebhookRequest) {}
    /// The platform's ids of the subscriptions this delivery says it belongs to, unproven; the core then finds their keys.
    fn subscription_ids(&self, _request: &WebhookRequest) -> Vec<String> {
        Vec::new()
    }
    /// A challenge is answered at once, and that is all. `Ok(None)` = it is no challenge.
    fn greet(&self, request: &WebhookRequest, keys: &Keys) -> std::result::Result<Option<Greeting>, Refusal>;
    /// The SHA-256 digest of the secret the request shows, for platforms whose header is the secret itself; the core then
    /// finds the subscription by it.
    fn shown_secret_digest(&self, request: &WebhookRequest) -> Option<[u8; 32]>;
    /// Proves the origin over the raw bytes, in constant time.
    fn verify(&self, request: &WebhookRequest, keys: &Keys) -> std::result::Result<Verified, Refusal>;
    /// Reads a proven delivery. Pure. Unknown kinds become [`Ignored`](hub_domain::InboundBody::Ignored); one unreadable event
    /// in a batch must not hide its neighbours.
    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>>;
    /// Status and body of a success: the contract's words for this platform.
    fn accepted(&self) -> (u16, &'static str);
    /// Whose deliveries a subscription made with this grant brings: one subscription serves every account behind it.
    fn subscriber(&self, grant: &Grant) -> RemoteAccountId;
    /// Asks the platform to call us.
    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription>;
    /// Asks it to stop; `previous` is the subscription as it was last confirmed.
    async fn unsubscribe(&self, grant: &Grant, previous: Option<&Previous>) -> Result<()>;
    /// Asks how the subscription stands; called every few minutes, so it must be cheap. [`Inspection::Unknown`] where the
    /// platform has no answer.
    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection>;
    /// A callback and secret that the operator fixed for this account in the settings; `None` = a fresh one per account.
    fn fixed_callback_secret(&self, grant: &Grant) -> Option<crate::Secret>;
}

/// One event of a delivery.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are events")]
pub enum Parsed {
    /// Understood.
    Event(Inbound),
    /// Not understood; parked with this reason, its neighbours stand.
    Unreadable(String),
    /// Something happened that this delivery does not tell: read on.
    ReadBack {
        /// Of which account.
        account: RemoteAccountId,
        /// Why, for the operator.
        why: &'static str,
    },
    /// The subscription has ended or must be confirmed now.
    Resubscribe {
        /// Of which account.
        account: RemoteAccountId,
        /// Why, for the operator.
        why: &'static str,
    },
}

/// A page of what happened.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The events, oldest first.
    pub events: Vec<Parsed>,
    /// The bytes they came in, kept as the receipt.
    pub raw: Bytes,
    /// Where to go on; `None` = stay where we were.
    pub next: Option<String>,
    /// Ask again at once.
    pub more: bool,
    /// How far reading what was said before has got with this page, where it is told conversation by conversation. `None` from an
    /// open line = nothing of the past is being read.
    pub progress: Option<ReadSoFar>,
}

/// What one page did for the reading of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSoFar {
    /// Conversations that were read to their end.
    pub read: u32,
    /// Conversations that are left; `None` = the platform has not told yet.
    pub left: Option<u32>,
}

/// We ask them.
#[async_trait]
pub trait History: Send + Sync {
    /// Reads on from `cursor`, waiting up to `wait` for something to happen where the platform can.
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, wait: Duration) -> Result<HistoryPage>;
    /// Makes pulling possible when the platform allows only one way in (takes the webhook away, keeping what waits).
    async fn prepare(&self, grant: &Grant) -> Result<()>;
    /// Reads what was told from its receipt once more: the `raw` of a [`HistoryPage`], with the account it was told to. What is pushed and
    /// what is asked for have one reader where the platform calls: [`Webhook::parse`].
    fn told(&self, _receipt: &crate::webhook::Verified) -> Result<Vec<Parsed>> {
        Err(crate::PlatformError::unsupported("reading a receipt"))
    }
    /// Reads what was lately said everywhere once more, page by page, beside [`History::pull`] and without moving its cursor. `from`
    /// is the `next` of the page before; a page without one is the last. `Unsupported` where the platform tells nothing twice.
    async fn lately(&self, _grant: &Grant, _from: Option<&str>) -> Result<HistoryPage> {
        Err(crate::PlatformError::unsupported("reading back once more"))
    }
    /// Nobody reads the account in this process any more: what was kept open for it is closed before this returns, within a bound, so
    /// that another process may open its own.
    async fn release(&self, _account: AccountId) {}
}

/// A file as it comes in.
#[derive(Debug)]
pub struct Fetched {
    /// The bytes, within the limit that was given.
    pub bytes: Bytes,
    /// Media type by the platform's header; a hint only.
    pub mime_type: Option<String>,
}

/// Who somebody is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Name to show.
    pub name: Option<String>,
    /// Handle.
    pub username: Option<String>,
    /// Address of a picture at the platform; fetched by [`People::picture`], never shown as a link.
    pub picture: Option<String>,
}

/// Ask who somebody is.
#[async_trait]
pub trait People: Send + Sync {
    /// Name and picture; an empty profile when the platform keeps them to itself.
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile>;
    /// The bytes of a picture, refusing more than `max_bytes`.
    async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched>;
}

/// Fetch an attachment.
#[async_trait]
pub trait Media: Send + Sync {
    /// Fetches the bytes, refusing more than `max_bytes`.
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched>;
}

//! The card: what a platform can do and what it allows, as data. Shown by the API, enforced before sending, drawn by the
//! UI, and tested as a promise.

use hub_domain::{Account, ContentKind, DeliveryStatus, PlatformId, text::LengthUnit};
use std::time::Duration;

/// What a platform is and allows.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a card is a list of yes and no")]
pub struct Card {
    /// The adapter's id.
    pub id: PlatformId,
    /// The contract's platform name; adapters may share one.
    pub published_name: &'static str,
    /// Tells adapters with one published name apart; stored in `account_kind`.
    pub account_kind: Option<&'static str>,
    /// Name for people.
    pub display_name: &'static str,
    /// The ways to link an account; the first is the one `GET /api/oauth/connect/{platform}` starts.
    pub connect: &'static [ConnectMethod],
    /// Path of the hub that browsers come back to after a redirect; registered at the platform, so it never changes.
    pub callback_path: &'static str,
    /// How events come in.
    pub intake: Intake,
    /// Rules for words.
    pub text: TextRules,
    /// Rules for files; empty = none can be sent.
    pub attachments: &'static [AttachmentRule],
    /// How many files one message can carry.
    pub max_attachments: usize,
    /// How many of them leave together in one message of the platform; more become several.
    pub album: usize,
    /// Further kinds that can be sent, besides words and files.
    pub sends: &'static [ContentKind],
    /// True when a message's id is unique in the whole account, so that news about it need not name the conversation.
    pub unique_message_ids: bool,
    /// True when a message can answer another one.
    pub replies: bool,
    /// True when a message can be reacted to.
    pub reactions: bool,
    /// True when the other person can be shown that somebody is typing.
    pub typing: bool,
    /// True when names and pictures of people can be asked for.
    pub profiles: bool,
    /// True when the platform keeps prepared messages that can be listed and sent.
    pub templates: bool,
    /// How long after the other person last did something the account may write; `None` = always.
    pub reply_window: Option<ReplyWindow>,
    /// The furthest status the platform reports by itself.
    pub furthest_status: DeliveryStatus,
    /// True when a message counts as delivered once the platform took it; otherwise only its report says so.
    pub taken_is_delivered: bool,
    /// True when the platform can be told that messages were read.
    pub mark_read: bool,
    /// Kinds of notices the platform wants an answer to, because a person's app waits for it.
    pub acknowledges: &'static [&'static str],
    /// Calls allowed, over all accounts of an app and per account.
    pub quota: Quota,
    /// The platform drops repeats of one send, so a cut-off send may be repeated.
    pub resend_is_safe: bool,
    /// Every sign-in is a session of its own at the platform: giving one back ends no other, and one that nobody needs any more stays
    /// in the person's list of devices until it is given back.
    pub own_sessions: bool,
    /// How the account's own messages are signed.
    pub voice: Voice,
    /// What somebody is called whose name is not known yet.
    pub stranger: Option<&'static str>,
    /// When a grant is renewed.
    pub renewal: Renewal,
    /// An original stored tokens of this platform unencrypted, so such a value is read instead of asking for a new sign-in.
    pub reads_clear_tokens: bool,
}

/// How the account's own messages are signed; fixed by the contract, because clients show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// With the account's id and name; unread, as the originals stored it.
    Account,
    /// With this id and name; read.
    Fixed {
        /// Sender id.
        id: &'static str,
        /// Sender name.
        name: &'static str,
    },
}

/// How long the account may write after the other person last did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyWindow {
    /// Anything, this long.
    pub free: Duration,
    /// Under a tag that the sender must ask for, longer.
    pub tagged: Option<TaggedWindow>,
}

/// A longer window under a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaggedWindow {
    /// The tag, as the platform and the API call it.
    pub tag: &'static str,
    /// This long.
    pub within: Duration,
}

/// When a grant is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Never: it does not end, or only a new sign-in prolongs it.
    Never,
    /// Shortly before it ends, if there is a refresh token.
    WithRefreshToken,
    /// By itself, as soon as less than this is left of it: one that has ended cannot be renewed.
    Early {
        /// Left.
        when_left: Duration,
    },
}

/// The signature of one message of the account's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Sender id.
    pub sender_id: String,
    /// Sender name.
    pub sender_name: Option<String>,
    /// Whether the message counts as read.
    pub is_read: bool,
}

/// One way to link an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectMethod {
    /// Its name in requests.
    pub id: &'static str,
    /// Words for people.
    pub label: &'static str,
    /// True when it starts with a redirect of the browser.
    pub redirects: bool,
    /// True when what is linked is all the person has there, not a permission with limits: whoever holds the grant is the person.
    /// Linking then wants a fresh proof of who sits at the hub.
    pub full_access: bool,
    /// What accounts linked this way cannot do although the card says it.
    pub lacks: &'static [Feature],
}

/// Something a card says yes to and one way of linking may say no to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Sending at all.
    Send,
    /// Answering one message.
    Replies,
    /// Reacting to a message.
    Reactions,
    /// Showing that somebody is typing.
    Typing,
    /// Telling that messages were read.
    MarkRead,
    /// Asking who somebody is.
    Profiles,
}

impl Feature {
    /// As the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Replies => "replies",
            Self::Reactions => "reactions",
            Self::Typing => "typing",
            Self::MarkRead => "mark_read",
            Self::Profiles => "profiles",
        }
    }
}

/// How events come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intake {
    /// The platform calls us.
    pub webhook: bool,
    /// We ask: how often, or long-polling when the hub has no public address.
    pub pull: Pull,
    /// A line stays open.
    pub live: bool,
    /// How long the platform keeps and repeats what it could not deliver: after a longer absence the rest is lost, unless it
    /// can be read back. Zero where nothing says that it does.
    pub keeps: Duration,
    /// True when it does so also while it has nobody to call, and tells all of it to whoever subscribes or asks next.
    pub queues: bool,
}

/// When the hub asks by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// Never.
    No,
    /// Every so often.
    Every(Duration),
    /// One waiting request after the other, only while no webhook can reach the hub.
    LongPollWithoutWebhook,
    /// A line is always held: one waiting request after the other, by one process per account.
    Line,
    /// Once after linking, and when somebody asks for it: reads back what there is.
    Backfill,
}

/// Rules for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextRules {
    /// Most units in one message of the platform.
    pub max: usize,
    /// Most units in the caption of a file; 0 = there are no captions, words leave as a message of their own.
    pub max_caption: usize,
    /// How it counts.
    pub unit: LengthUnit,
    /// Longer texts leave as several messages of the platform; otherwise they are refused.
    pub split_longer: bool,
}

/// Rules for one kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttachmentRule {
    /// The kind.
    pub kind: ContentKind,
    /// Largest upload in bytes.
    pub max_bytes: u64,
    /// Media types that are taken, without parameters; empty = any of the kind.
    pub mime_types: &'static [&'static str],
}

/// Calls allowed. Where several windows stand beside each other, all of them hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls of any kind, per account.
    pub per_account: &'static [Window],
    /// Messages sent, per account.
    pub sends: &'static [Window],
    /// Messages sent, over all accounts of the app.
    pub app_sends: &'static [Window],
    /// Messages sent, per conversation.
    pub per_conversation: &'static [Window],
    /// Readings, per account.
    pub pulls: &'static [Window],
}

impl Quota {
    /// No limit that is known beforehand.
    pub const NONE: Self = Self { per_account: &[], sends: &[], app_sends: &[], per_conversation: &[], pulls: &[] };
}

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Calls.
    pub calls: u32,
    /// Time.
    pub per: Duration,
}

impl Card {
    /// How messages of `account` are signed.
    pub fn signature(&self, account: &Account) -> Signature {
        match self.voice {
            Voice::Account => Signature {
                sender_id: account.remote_id.as_str().to_owned(),
                sender_name: account.username.clone(),
                is_read: false,
            },
            Voice::Fixed { id, name } => {
                Signature { sender_id: id.to_owned(), sender_name: Some(name.to_owned()), is_read: true }
            }
        }
    }

    /// Whether an account linked by `method` can do something.
    pub fn offers(&self, feature: Feature, method: Option<&str>) -> bool {
        let said = match feature {
            Feature::Send => true,
            Feature::Replies => self.replies,
            Feature::Reactions => self.reactions,
            Feature::Typing => self.typing,
            Feature::MarkRead => self.mark_read,
            Feature::Profiles => self.profiles,
        };
        let way = self.connect.iter().find(|known| Some(known.id) == method);
        said && way.is_none_or(|way| !way.lacks.contains(&feature))
    }

    /// One of the ways to link.
    pub fn way(&self, method: &str) -> Option<&ConnectMethod> {
        self.connect.iter().find(|way| way.id == method)
    }

    /// The rule for a kind of file, if it can be sent.
    pub fn attachment_rule(&self, kind: ContentKind) -> Option<&AttachmentRule> {
        self.attachments.iter().find(|rule| rule.kind == kind)
    }
}

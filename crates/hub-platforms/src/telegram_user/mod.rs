//! Telegram accounts of people, over MTProto: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod connect;
mod connection;
mod cursor;
mod errors;
mod history;
mod kept;
mod keys;
mod lately;
mod line;
mod lines;
mod mapping;
mod media;
mod outbound;
mod password;
mod past;
mod peers;
mod people;
#[cfg(feature = "test-telegram")]
mod seed;
mod sends;
mod session;
mod settings;
mod uploads;
mod words;

#[cfg(feature = "test-telegram")]
pub use seed::{Seed, SeedKeys};
pub use settings::Settings;

use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId, RemoteConversationId};
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People};
use hub_platform_kit::{ErrorKind, Platform, PlatformError, Result};
use lines::Lines;
use session::Places;
use std::time::Duration;

const MB: u64 = 1024 * 1024;
/// Largest picture that is sent as one, in bytes.
const MAX_PHOTO_BYTES: u64 = 10 * MB;
/// Largest upload of any other kind, in bytes. Telegram takes more; the hub holds a file in memory while it leaves.
const MAX_UPLOAD_BYTES: u64 = 100 * MB;
/// Files of one message of the hub.
const MAX_FILES: usize = 10;

/// Linking with a telephone number.
const PHONE: &str = "phone";

const CARD: Card = Card {
    id: PlatformId::from_static("telegram_user"),
    published_name: "telegram",
    account_kind: Some("user"),
    display_name: "Telegram",
    connect: &[ConnectMethod {
        id: PHONE,
        label: "Sign in with your phone number",
        redirects: false,
        full_access: true,
        lacks: &[],
    }],
    callback_path: "/api/auth/callback/telegram",
    intake: Intake { webhook: false, pull: Pull::Line, live: true, keeps: Duration::ZERO, queues: false },
    text: TextRules { max: 4096, max_caption: 1024, unit: LengthUnit::Utf16, split_longer: true },
    attachments: &[
        AttachmentRule {
            kind: ContentKind::Image,
            max_bytes: MAX_PHOTO_BYTES,
            mime_types: &["image/jpeg", "image/png", "image/webp", "image/gif"],
        },
        AttachmentRule {
            kind: ContentKind::Video,
            max_bytes: MAX_UPLOAD_BYTES,
            mime_types: &["video/mp4", "video/quicktime"],
        },
        AttachmentRule {
            kind: ContentKind::Audio,
            max_bytes: MAX_UPLOAD_BYTES,
            mime_types: &["audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/ogg", "audio/opus"],
        },
        AttachmentRule { kind: ContentKind::File, max_bytes: MAX_UPLOAD_BYTES, mime_types: &[] },
    ],
    max_attachments: MAX_FILES,
    album: 1,
    sends: &[],
    // Channels and supergroups each count on their own.
    unique_message_ids: false,
    replies: true,
    reactions: true,
    typing: true,
    profiles: true,
    templates: false,
    reply_window: None,
    furthest_status: DeliveryStatus::Read,
    taken_is_delivered: true,
    mark_read: true,
    acknowledges: &[],
    quota: Quota {
        sends: &[Window { calls: 30, per: Duration::from_secs(30) }],
        per_conversation: &[Window { calls: 20, per: Duration::from_mins(1) }],
        ..Quota::NONE
    },
    resend_is_safe: true,
    own_sessions: true,
    voice: Voice::Fixed { id: "me", name: "You" },
    stranger: None,
    renewal: Renewal::Never,
    // The originals kept session strings as they were.
    reads_clear_tokens: true,
};

/// The adapter. Holds the open line of every account that this process reads for.
pub struct TelegramUser {
    settings: Settings,
    card: Card,
    places: Places,
    lines: Lines,
    /// Pause between two calls that read the past.
    pace: Duration,
}

impl std::fmt::Debug for TelegramUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TelegramUser").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl TelegramUser {
    /// The adapter with its settings.
    pub fn new(settings: Settings) -> Self {
        #[cfg(feature = "test-telegram")]
        let (places, pace) = match &settings.seed {
            Some(seed) => (seed.places(), Duration::ZERO),
            None => (Places::default(), past::PACE),
        };
        #[cfg(not(feature = "test-telegram"))]
        let (places, pace) = (Places::default(), past::PACE);
        Self { settings, card: CARD, places, lines: Lines::default(), pace }
    }

    /// Where a new sign-in begins.
    #[cfg(not(feature = "test-telegram"))]
    fn fresh(&self) -> impl Future<Output = Result<session::OwnSession>> {
        std::future::ready(Ok(self.places.fresh()))
    }

    /// The operator's application.
    fn application(&self) -> Result<(i32, &str)> {
        let missing =
            || PlatformError::new(ErrorKind::Misconfigured, "TELEGRAM_API_ID or TELEGRAM_API_HASH is not set");
        self.settings.application().ok_or_else(missing)
    }
}

impl Platform for TelegramUser {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        self.application().err().map(|error| error.message)
    }
    /// Channels and supergroups do; private chats and small groups share the account's numbers.
    fn counts_apart(&self, conversation: &RemoteConversationId) -> bool {
        conversation.as_str().parse().is_ok_and(|chat| peers::channel_of(chat).is_some())
    }
    fn connect(&self) -> &dyn Connect {
        self
    }
    fn outbound(&self) -> &dyn Outbound {
        self
    }
    fn history(&self) -> Option<&dyn History> {
        Some(self)
    }
    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
    fn people(&self) -> Option<&dyn People> {
        Some(self)
    }
}

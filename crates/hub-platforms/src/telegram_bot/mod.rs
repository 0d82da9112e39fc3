//! Telegram bots: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod api;
mod connect;
mod errors;
mod history;
mod mapping;
mod media;
mod outbound;
mod settings;
mod webhook;
mod wire;

pub use media::MAX_DOWNLOAD_BYTES;
pub use settings::{DEFAULT_API_BASE_URL, Settings};

use api::Api;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::Platform;
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, Webhook};
use hub_platform_kit::transport::Transport;
use std::time::Duration;

const MB: u64 = 1024 * 1024;
/// Largest picture that is sent as one, in bytes.
const MAX_PHOTO_BYTES: u64 = 10 * MB;
/// Largest upload of any other kind, in bytes.
const MAX_UPLOAD_BYTES: u64 = 50 * MB;
/// Files in one album.
const MAX_ALBUM: usize = 10;

/// Linking by the log-in widget.
const LOGIN_WIDGET: &str = "login_widget";
/// Linking by a bot's token.
const BOT_TOKEN: &str = "bot_token";

/// The notice of a pressed button; it shows as busy until it is answered.
const BUTTON_PRESSED: &str = "button_pressed";

const CARD: Card = Card {
    id: PlatformId::from_static("telegram_bot"),
    published_name: "telegram",
    account_kind: Some("bot"),
    display_name: "Telegram bot",
    connect: &[
        ConnectMethod {
            id: LOGIN_WIDGET,
            label: "Sign in with Telegram",
            redirects: true,
            full_access: false,
            lacks: &[],
        },
        ConnectMethod {
            id: BOT_TOKEN,
            label: "Link a bot by its token",
            redirects: false,
            full_access: false,
            lacks: &[],
        },
    ],
    callback_path: "/api/auth/callback/telegram",
    intake: Intake {
        webhook: true,
        pull: Pull::LongPollWithoutWebhook,
        live: false,
        keeps: Duration::from_hours(24),
        queues: true,
    },
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
    max_attachments: MAX_ALBUM,
    album: MAX_ALBUM,
    sends: &[],
    unique_message_ids: false,
    replies: true,
    reactions: false,
    typing: false,
    profiles: false,
    templates: false,
    reply_window: None,
    furthest_status: DeliveryStatus::Sent,
    taken_is_delivered: true,
    mark_read: false,
    acknowledges: &[BUTTON_PRESSED],
    quota: Quota {
        per_account: &[Window { calls: 30, per: Duration::from_secs(1) }],
        per_conversation: &[Window { calls: 20, per: Duration::from_secs(20) }],
        ..Quota::NONE
    },
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Fixed { id: "me", name: "You" },
    stranger: None,
    renewal: Renewal::Never,
    // The originals kept bot tokens and session strings as they were.
    reads_clear_tokens: true,
};

/// The adapter.
#[derive(Debug)]
pub struct TelegramBot {
    settings: Settings,
    card: Card,
    api: Api,
}

impl TelegramBot {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let api = Api::new(transport, &settings.api_base_url);
        Self { settings, card: CARD, api }
    }
}

impl Platform for TelegramBot {
    fn card(&self) -> &Card {
        &self.card
    }
    /// Never: a bot can always be linked by its token.
    fn not_configured(&self) -> Option<String> {
        None
    }
    fn connect(&self) -> &dyn Connect {
        self
    }
    fn outbound(&self) -> &dyn Outbound {
        self
    }
    fn webhook(&self) -> Option<&dyn Webhook> {
        Some(self)
    }
    fn history(&self) -> Option<&dyn History> {
        Some(self)
    }
    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
}

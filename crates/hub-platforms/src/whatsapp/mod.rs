//! WhatsApp Cloud API: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod api;
mod bodies;
mod connect;
mod errors;
mod lenient;
mod mapping;
mod media;
mod outbound;
mod settings;
mod webhook;
mod wire;

pub use settings::Settings;

use api::Api;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, ReplyWindow, TextRules, Voice, Window,
};
use hub_platform_kit::platform::{Connect, Media, Outbound, Webhook};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{Grant, Platform};
use std::time::Duration;

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;
/// Characters of a text.
const MAX_TEXT: usize = 4096;
/// Characters of a caption.
const MAX_CAPTION: usize = 1024;
/// Files of one message of the hub; each becomes a message of its own.
const MAX_ATTACHMENTS: usize = 10;
/// After this the business may only send templates.
const REPLY_WINDOW: Duration = Duration::from_hours(24);

/// Types that the platform takes as documents; it refuses all others.
const DOCUMENTS: &[&str] = &[
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// Linking by signing in at Facebook.
const FACEBOOK_LOGIN: &str = "facebook_login";
/// Linking by the token of a system user.
const SYSTEM_TOKEN: &str = "system_token";

/// Fact: the business account of the number.
const WABA_FACT: &str = "waba_id";
/// Fact: the number as people dial it.
const NUMBER_FACT: &str = "display_phone_number";
/// Fact: how the account was linked, which decides whether its permission may be taken back.
const LINKED_BY_FACT: &str = "linked_by";

const CARD: Card = Card {
    id: PlatformId::from_static("whatsapp"),
    published_name: "whatsapp",
    account_kind: None,
    display_name: "WhatsApp",
    connect: &[
        ConnectMethod {
            id: FACEBOOK_LOGIN,
            label: "Sign in with Facebook",
            redirects: true,
            full_access: false,
            lacks: &[],
        },
        ConnectMethod {
            id: SYSTEM_TOKEN,
            label: "Link a number by a system user's token",
            redirects: false,
            full_access: false,
            lacks: &[],
        },
    ],
    callback_path: "/api/auth/callback/whatsapp",
    intake: Intake { webhook: true, pull: Pull::No, live: false, keeps: Duration::from_hours(7 * 24), queues: false },
    text: TextRules { max: MAX_TEXT, max_caption: MAX_CAPTION, unit: LengthUnit::Chars, split_longer: true },
    attachments: &[
        AttachmentRule { kind: ContentKind::Image, max_bytes: 5 * MB, mime_types: &["image/jpeg", "image/png"] },
        AttachmentRule { kind: ContentKind::Video, max_bytes: 16 * MB, mime_types: &["video/mp4", "video/3gpp"] },
        AttachmentRule {
            kind: ContentKind::Audio,
            max_bytes: 16 * MB,
            mime_types: &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
        },
        AttachmentRule { kind: ContentKind::File, max_bytes: 100 * MB, mime_types: DOCUMENTS },
        AttachmentRule { kind: ContentKind::Sticker, max_bytes: 500 * KB, mime_types: &["image/webp"] },
    ],
    max_attachments: MAX_ATTACHMENTS,
    album: 1,
    sends: &[ContentKind::Location, ContentKind::Contacts],
    unique_message_ids: true,
    replies: true,
    reactions: true,
    typing: true,
    profiles: false,
    templates: true,
    reply_window: Some(ReplyWindow { free: REPLY_WINDOW, tagged: None }),
    furthest_status: DeliveryStatus::Read,
    taken_is_delivered: false,
    mark_read: true,
    acknowledges: &[],
    quota: Quota {
        per_account: &[Window { calls: 80, per: Duration::from_secs(1) }],
        // One message in six seconds to one customer; small bursts are lent.
        per_conversation: &[Window { calls: 10, per: Duration::from_mins(1) }],
        ..Quota::NONE
    },
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Account,
    stranger: Some("WhatsApp User"),
    renewal: Renewal::Never,
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct WhatsApp {
    settings: Settings,
    card: Card,
    api: Api,
}

impl WhatsApp {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let api = Api::new(transport, &settings.app);
        Self { settings, card: CARD, api }
    }

    /// The business account of a number; rows of the originals do not name it, but the operator may.
    fn waba<'a>(&'a self, grant: &'a Grant) -> Option<&'a str> {
        let operators = self.settings.phone_number_id() == Some(grant.remote_id.as_str());
        grant.fact(WABA_FACT).or_else(|| self.settings.business_account_id().filter(|_| operators))
    }
}

impl Platform for WhatsApp {
    fn card(&self) -> &Card {
        &self.card
    }
    /// Without the app's secret nothing that arrives could be believed.
    fn not_configured(&self) -> Option<String> {
        (!self.settings.app.is_configured()).then(|| "FACEBOOK_APP_ID and FACEBOOK_APP_SECRET are not set".to_owned())
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
    fn media(&self) -> Option<&dyn Media> {
        Some(self)
    }
}

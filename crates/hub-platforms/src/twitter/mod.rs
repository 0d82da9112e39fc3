//! X (Twitter) direct messages: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod api;
mod client;
mod connect;
mod errors;
mod history;
mod hooks;
mod ids;
mod inspection;
mod mapping;
mod media;
mod outbound;
mod people;
mod rotation;
mod settings;
mod uploads;
mod webhook;
mod wire;

pub use settings::{
    Budgets, DEFAULT_API_BASE_URL, DEFAULT_AUTHORIZE_BASE_URL, DEFAULT_RENEWAL_GRACE, DEFAULT_UPLOAD_PATIENCE, Settings,
};

use api::Api;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::Platform;
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People, Webhook};
use hub_platform_kit::transport::Transport;
use rotation::Rotation;
use std::sync::Arc;
use std::time::Duration;
use uploads::Uploads;

const MB: u64 = 1024 * 1024;
/// Characters of a message, with a file or without.
const MAX_TEXT: usize = 10_000;
/// Files of one message of the hub; each becomes a message of its own.
const MAX_ATTACHMENTS: usize = 10;
/// Largest picture.
const MAX_IMAGE_BYTES: u64 = 5 * MB;
/// Largest video. The platform takes more, but what cannot be put there within a send's time cannot be sent.
const MAX_VIDEO_BYTES: u64 = 100 * MB;
/// The budget of readings says how often the hub looks for what it was not told, so there is no other bound.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The platform's two windows.
const QUARTER: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);

/// The one way to link an account.
const SIGN_IN: &str = "sign_in";
/// Fact: what was granted.
const SCOPES_FACT: &str = "scopes";

const CARD: Card = Card {
    id: PlatformId::from_static("twitter"),
    published_name: "twitter",
    account_kind: None,
    display_name: "X",
    connect: &[ConnectMethod { id: SIGN_IN, label: "Sign in with X", redirects: true, full_access: false, lacks: &[] }],
    callback_path: "/api/oauth/callback/twitter",
    intake: Intake { webhook: true, pull: Pull::Every(LOOK_EVERY), live: false, keeps: Duration::ZERO, queues: false },
    text: TextRules { max: MAX_TEXT, max_caption: MAX_TEXT, unit: LengthUnit::Chars, split_longer: false },
    attachments: &[
        AttachmentRule {
            kind: ContentKind::Image,
            max_bytes: MAX_IMAGE_BYTES,
            mime_types: &["image/jpeg", "image/png", "image/webp", "image/gif"],
        },
        AttachmentRule {
            kind: ContentKind::Video,
            max_bytes: MAX_VIDEO_BYTES,
            mime_types: &["video/mp4", "video/quicktime"],
        },
    ],
    max_attachments: MAX_ATTACHMENTS,
    album: 1,
    sends: &[],
    unique_message_ids: true,
    replies: false,
    reactions: false,
    typing: false,
    profiles: true,
    templates: false,
    reply_window: None,
    furthest_status: DeliveryStatus::Read,
    taken_is_delivered: true,
    mark_read: false,
    acknowledges: &[],
    // Filled from the settings.
    quota: Quota::NONE,
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Account,
    stranger: Some("Unknown"),
    renewal: Renewal::WithRefreshToken,
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct Twitter {
    settings: Arc<Settings>,
    card: Card,
    api: Api,
    rotation: Rotation,
    uploads: Uploads,
    looks: inspection::Looks,
}

impl Twitter {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let settings = Arc::new(settings);
        let api = Api::new(transport, settings.clone());
        let card = Card { quota: quota(settings.budgets), ..CARD };
        let rotation = Rotation::new(settings.renewal_grace);
        let uploads = Uploads::new(settings.upload_patience);
        Self { settings, card, api, rotation, uploads, looks: inspection::Looks::default() }
    }
}

/// The budgets as the card has them. A card's lists live as long as the program, so they are made once for every adapter and
/// never given back.
fn quota(budgets: Budgets) -> Quota {
    let window = |calls: u32, per: Duration| Window { calls: calls.max(1), per };
    let (quarter, day) = (window(budgets.sends_per_quarter, QUARTER), window(budgets.sends_per_day, DAY));
    Quota {
        sends: Box::leak(Box::new([quarter, day])),
        app_sends: Box::leak(Box::new([day])),
        pulls: Box::leak(Box::new([window(budgets.reads_per_quarter, QUARTER)])),
        ..Quota::NONE
    }
}

impl Platform for Twitter {
    fn card(&self) -> &Card {
        &self.card
    }
    /// Without the consumer secret nothing that arrives could be believed.
    fn not_configured(&self) -> Option<String> {
        let is_set = self.settings.client_id().is_some() && self.settings.consumer_secret().is_some();
        (!is_set).then(|| "TWITTER_CLIENT_ID and TWITTER_CONSUMER_SECRET are not set".to_owned())
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
    fn people(&self) -> Option<&dyn People> {
        Some(self)
    }
}

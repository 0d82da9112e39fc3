//! Messages of Facebook pages: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod connect;
mod errors;
mod history;
mod outbound;
mod people;
mod settings;
mod webhook;

pub use settings::Settings;

use crate::meta::graph::Graph;
use crate::meta::messaging::Dialect;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::Platform;
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, ReplyWindow, TaggedWindow, TextRules, Voice,
    Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People, Webhook};
use hub_platform_kit::transport::Transport;
use std::time::Duration;

const MB: u64 = 1024 * 1024;
/// Largest picture, in bytes.
const MAX_IMAGE_BYTES: u64 = 8 * MB;
/// Largest file of any other kind, in bytes.
const MAX_FILE_BYTES: u64 = 25 * MB;

/// The one way to link a page.
const FACEBOOK_LOGIN: &str = "facebook_login";
/// The tag under which a person, and no machine, may write for longer.
const HUMAN_AGENT: &str = "HUMAN_AGENT";

/// How deliveries of pages speak.
const DIALECT: Dialect = Dialect { object: "page", shares_are_files: false };

const CARD: Card = Card {
    id: PlatformId::from_static("facebook"),
    published_name: "facebook",
    account_kind: None,
    display_name: "Facebook page",
    connect: &[ConnectMethod {
        id: FACEBOOK_LOGIN,
        label: "Sign in with Facebook",
        redirects: true,
        full_access: false,
        lacks: &[],
    }],
    callback_path: "/api/auth/callback/facebook",
    intake: Intake { webhook: true, pull: Pull::Backfill, live: false, keeps: Duration::from_hours(1), queues: false },
    text: TextRules { max: 2000, max_caption: 0, unit: LengthUnit::Chars, split_longer: true },
    attachments: &[
        AttachmentRule { kind: ContentKind::Image, max_bytes: MAX_IMAGE_BYTES, mime_types: &[] },
        AttachmentRule { kind: ContentKind::Video, max_bytes: MAX_FILE_BYTES, mime_types: &[] },
        AttachmentRule { kind: ContentKind::Audio, max_bytes: MAX_FILE_BYTES, mime_types: &[] },
        AttachmentRule { kind: ContentKind::File, max_bytes: MAX_FILE_BYTES, mime_types: &[] },
    ],
    max_attachments: 10,
    album: 1,
    sends: &[],
    unique_message_ids: true,
    replies: true,
    reactions: true,
    typing: true,
    profiles: true,
    templates: false,
    reply_window: Some(ReplyWindow {
        free: Duration::from_hours(24),
        tagged: Some(TaggedWindow { tag: HUMAN_AGENT, within: Duration::from_hours(7 * 24) }),
    }),
    furthest_status: DeliveryStatus::Read,
    taken_is_delivered: true,
    mark_read: true,
    acknowledges: &[],
    quota: Quota { per_account: &[Window { calls: 200, per: Duration::from_hours(1) }], ..Quota::NONE },
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Account,
    stranger: Some("Facebook User"),
    // A page's token does not end. Rows of the originals hold a person's token, which does, and is traded for the page's.
    renewal: Renewal::Early { when_left: Duration::from_hours(60 * 24) },
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct Facebook {
    settings: Settings,
    card: Card,
    graph: Graph,
}

impl Facebook {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let graph = Graph::new(transport, &settings.app, errors::TABLE);
        Self { settings, card: CARD, graph }
    }
}

impl Platform for Facebook {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        let app = &self.settings.app;
        (!app.is_configured()).then(|| "FACEBOOK_APP_ID and FACEBOOK_APP_SECRET are not set".to_owned())
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

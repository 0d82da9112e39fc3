//! Messages of Instagram's professional accounts: the card and the rooms. How the platform behaves is in `README.md` beside this
//! file.

mod connect;
mod door;
mod errors;
mod history;
mod outbound;
mod people;
mod settings;
mod webhook;

pub use settings::{DEFAULT_DIALOG_BASE_URL, DEFAULT_FIELDS, DEFAULT_GRAPH_BASE_URL, DEFAULT_TOKEN_BASE_URL, Settings};

use crate::meta::graph::Graph;
use crate::meta::messaging::Dialect;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::Platform;
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Feature, Intake, Pull, Quota, Renewal, ReplyWindow, TaggedWindow, TextRules,
    Voice, Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People, Webhook};
use hub_platform_kit::transport::Transport;
use std::time::Duration;

const MB: u64 = 1024 * 1024;
/// Largest picture, in bytes.
const MAX_IMAGE_BYTES: u64 = 8 * MB;
/// Largest file of any other kind, in bytes.
const MAX_FILE_BYTES: u64 = 25 * MB;
/// Pictures in one message.
const MAX_ALBUM: usize = 10;

/// Linking with Instagram's own sign-in.
const INSTAGRAM_LOGIN: &str = "instagram_login";
/// Linking with Facebook, for accounts that stand behind a page.
const FACEBOOK_LOGIN: &str = "facebook_login";
/// The tag under which a person, and no machine, may write for longer.
const HUMAN_AGENT: &str = "HUMAN_AGENT";

/// How deliveries of Instagram speak.
const DIALECT: Dialect = Dialect { object: "instagram", shares_are_files: true };

const CARD: Card = Card {
    id: PlatformId::from_static("instagram"),
    published_name: "instagram",
    account_kind: None,
    display_name: "Instagram",
    connect: &[
        ConnectMethod {
            id: INSTAGRAM_LOGIN,
            label: "Sign in with Instagram",
            redirects: true,
            full_access: false,
            // Their host knows no reply to one message and no sender actions.
            lacks: &[Feature::Replies, Feature::Typing, Feature::MarkRead],
        },
        ConnectMethod {
            id: FACEBOOK_LOGIN,
            label: "Sign in with Facebook (account behind a page)",
            redirects: true,
            full_access: false,
            lacks: &[],
        },
    ],
    callback_path: "/api/auth/callback/instagram",
    intake: Intake { webhook: true, pull: Pull::Backfill, live: false, keeps: Duration::from_hours(1), queues: false },
    text: TextRules { max: 1000, max_caption: 0, unit: LengthUnit::Bytes, split_longer: true },
    attachments: &[
        AttachmentRule {
            kind: ContentKind::Image,
            max_bytes: MAX_IMAGE_BYTES,
            mime_types: &["image/png", "image/jpeg"],
        },
        AttachmentRule {
            kind: ContentKind::Video,
            max_bytes: MAX_FILE_BYTES,
            mime_types: &["video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"],
        },
        AttachmentRule {
            kind: ContentKind::Audio,
            max_bytes: MAX_FILE_BYTES,
            mime_types: &["audio/aac", "audio/mp4", "audio/m4a", "audio/x-m4a", "audio/wav", "audio/x-wav"],
        },
        AttachmentRule { kind: ContentKind::File, max_bytes: MAX_FILE_BYTES, mime_types: &["application/pdf"] },
    ],
    max_attachments: MAX_ALBUM,
    album: MAX_ALBUM,
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
    stranger: Some("Instagram User"),
    // A token of 60 days that is renewed with half of it left is far older than the day it must have lived.
    renewal: Renewal::Early { when_left: Duration::from_hours(30 * 24) },
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct Instagram {
    settings: Settings,
    card: Card,
    /// Instagram's own host.
    graph: Graph,
    /// The host of the pages.
    page_graph: Graph,
    /// Where codes become tokens.
    token_graph: Graph,
}

impl Instagram {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let graph = Graph::new(transport.clone(), &settings.app, errors::TABLE);
        let token_graph = Graph::at(transport.clone(), &settings.token_base_url, &settings.app, errors::TABLE);
        let page_graph = Graph::new(transport, &settings.page_app, errors::TABLE);
        Self { settings, card: CARD, graph, page_graph, token_graph }
    }
}

impl Platform for Instagram {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        let any = self.settings.app.is_configured() || self.settings.page_app.is_configured();
        (!any).then(|| "neither INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET nor those of Facebook are set".to_owned())
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

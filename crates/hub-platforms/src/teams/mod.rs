//! Chats of Microsoft Teams: the card and the rooms. How the platform behaves is in `README.md` beside this file.

mod api;
mod connect;
mod delivery;
mod errors;
mod graph;
mod history;
mod html;
mod mapping;
mod outbound;
mod people;
mod settings;
mod sign_in;
mod subscribing;
mod webhook;
mod wire;

pub use settings::{
    DEFAULT_GRAPH_BASE_URL, DEFAULT_ISSUERS, DEFAULT_LOGIN_BASE_URL, DEFAULT_PUBLISHER_ID, DEFAULT_TENANT, Settings,
};

use api::Api;
use delivery::PublishedKeys;
use hub_domain::text::LengthUnit;
use hub_domain::{ContentKind, DeliveryStatus, PlatformId};
use hub_platform_kit::Platform;
use hub_platform_kit::card::{
    AttachmentRule, Card, ConnectMethod, Intake, Pull, Quota, Renewal, TextRules, Voice, Window,
};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People, Webhook};
use hub_platform_kit::transport::Transport;
use sign_in::SignIn;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// Units of a text: in either encoding less than the 25,000 bytes that surely pass.
const MAX_TEXT: usize = 8_000;
/// Units of words beside a picture; they grow when they are written as HTML.
const MAX_CAPTION: usize = 4_000;
/// Largest picture, in bytes: a call may have four megabytes, and bytes grow by a third when they are written as text.
const MAX_PICTURE_BYTES: u64 = 2_800_000;
/// Pictures of one message of the hub; each becomes a message of its own.
const MAX_PICTURES: usize = 10;

/// The one way to link an account.
const MICROSOFT_LOGIN: &str = "microsoft_login";
/// What an account without a name is called.
const NAMELESS: &str = "Teams User";
/// Fact: the tenant of the person, where it is known.
const TENANT_FACT: &str = "tenant_id";

const CARD: Card = Card {
    id: PlatformId::from_static("teams"),
    published_name: "teams",
    account_kind: None,
    display_name: "Microsoft Teams",
    connect: &[ConnectMethod {
        id: MICROSOFT_LOGIN,
        label: "Sign in with Microsoft",
        redirects: true,
        full_access: false,
        lacks: &[],
    }],
    callback_path: "/api/oauth/callback/teams",
    intake: Intake {
        webhook: true,
        pull: Pull::Every(Duration::from_secs(1)),
        live: false,
        keeps: Duration::from_hours(4),
        queues: false,
    },
    text: TextRules { max: MAX_TEXT, max_caption: MAX_CAPTION, unit: LengthUnit::Utf16, split_longer: true },
    // Other files must lie in OneDrive first, for which the hub asks no permission.
    attachments: &[AttachmentRule {
        kind: ContentKind::Image,
        max_bytes: MAX_PICTURE_BYTES,
        mime_types: &["image/jpeg", "image/png", "image/gif"],
    }],
    max_attachments: MAX_PICTURES,
    album: 1,
    sends: &[],
    unique_message_ids: false,
    replies: true,
    reactions: true,
    typing: false,
    profiles: true,
    templates: false,
    reply_window: None,
    furthest_status: DeliveryStatus::Sent,
    taken_is_delivered: true,
    mark_read: true,
    acknowledges: &[],
    quota: Quota {
        per_account: &[Window { calls: 10_000, per: Duration::from_mins(10) }],
        // Of one tenant; how many of its people are linked is not known beforehand.
        sends: &[Window { calls: 20, per: Duration::from_secs(1) }],
        app_sends: &[Window { calls: 200, per: Duration::from_secs(1) }],
        per_conversation: &[Window { calls: 1, per: Duration::from_secs(1) }],
        pulls: &[Window { calls: 60, per: Duration::from_mins(1) }],
    },
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Account,
    stranger: Some(NAMELESS),
    renewal: Renewal::WithRefreshToken,
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct Teams {
    settings: Settings,
    card: Card,
    api: Api,
    sign_in: SignIn,
    keys: PublishedKeys,
    /// Tenants of people whose account does not say.
    tenants: Mutex<HashMap<String, String>>,
}

impl Teams {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let api = Api::new(transport.clone(), &settings);
        let sign_in = SignIn::new(transport, &settings);
        Self { settings, card: CARD, api, sign_in, keys: PublishedKeys::default(), tenants: Mutex::default() }
    }
}

impl Platform for Teams {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        let is_set = self.settings.client_id().is_some() && self.settings.client_secret().is_some();
        (!is_set).then(|| "MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET are not set".to_owned())
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

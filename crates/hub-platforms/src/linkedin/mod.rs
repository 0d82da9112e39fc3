//! LinkedIn: comments on an organisation's posts, and what LinkedIn lets out of private messages. The card and the rooms; how the
//! platform behaves is in `README.md` beside this file.

mod api;
mod connect;
mod errors;
mod history;
mod limits;
mod mapping;
mod outbound;
mod people;
mod rest;
mod settings;
mod sign_in;
mod urn;
mod webhook;
mod wire;
mod young;

pub use settings::Settings;

use api::Api;
use hub_domain::text::LengthUnit;
use hub_domain::{DeliveryStatus, PlatformId};
use hub_platform_kit::card::{Card, ConnectMethod, Feature, Intake, Pull, Quota, Renewal, TextRules, Voice, Window};
use hub_platform_kit::platform::{Connect, History, Media, Outbound, People, Webhook};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{Grant, Platform};
use std::time::Duration;

/// Linking a page by signing in as one of its administrators.
const PAGE: &str = "page";
/// Linking a member's own messages, where LinkedIn lets them out.
const MEMBER: &str = "member";

/// Fact: who linked the account; subscriptions are made in their name.
const PERSON_FACT: &str = "person";
/// Fact: that person's name; old messages name their writers only so.
const NAME_FACT: &str = "person_name";
/// Fact: the member allowed their messages to be read.
const READS_FACT: &str = "reads_messages";

/// Readings follow each other at least this far apart; how often is a matter of the quota.
const PULL_EVERY: Duration = Duration::from_secs(1);
/// Readings of one account in a day: an app on trial may make a hundred calls a day for one person, answers included.
const PULLS: u32 = 72;
/// The contract's limit for messages of one account in a day; the platform's own are shown to the app's owner only.
const SENDS: u32 = 100;
const DAY: Duration = Duration::from_hours(24);

const PAGE_METHOD: ConnectMethod = ConnectMethod {
    id: PAGE,
    label: "Link an organisation page: comments on its posts",
    redirects: true,
    full_access: false,
    lacks: &[],
};
const READING_MEMBER: ConnectMethod = ConnectMethod {
    id: MEMBER,
    label: "Link your own messages (members in the EEA and Switzerland; read only)",
    redirects: true,
    full_access: false,
    lacks: &[Feature::Send, Feature::Replies],
};
const WRITING_MEMBER: ConnectMethod = ConnectMethod {
    id: MEMBER,
    label: "Link your own messages (approved app)",
    redirects: true,
    full_access: false,
    lacks: &[Feature::Replies],
};

const CARD: Card = Card {
    id: PlatformId::from_static("linkedin"),
    published_name: "linkedin",
    account_kind: None,
    display_name: "LinkedIn",
    connect: &[PAGE_METHOD],
    callback_path: "/api/oauth/callback/linkedin",
    intake: Intake { webhook: true, pull: Pull::Every(PULL_EVERY), live: false, keeps: Duration::ZERO, queues: false },
    // A longer comment is refused: in public several would look like an accident.
    text: TextRules {
        max: settings::DEFAULT_COMMENT_MAX,
        max_caption: 0,
        unit: LengthUnit::Utf16,
        split_longer: false,
    },
    attachments: &[],
    max_attachments: 0,
    album: 0,
    sends: &[],
    unique_message_ids: true,
    replies: true,
    reactions: false,
    typing: false,
    profiles: true,
    templates: false,
    reply_window: None,
    furthest_status: DeliveryStatus::Sent,
    taken_is_delivered: false,
    mark_read: false,
    acknowledges: &[],
    quota: Quota {
        sends: &[Window { calls: SENDS, per: DAY }],
        pulls: &[Window { calls: PULLS, per: DAY }],
        ..Quota::NONE
    },
    resend_is_safe: false,
    own_sessions: false,
    voice: Voice::Account,
    stranger: Some("LinkedIn User"),
    // Partners get a refresh token; everybody else signs in again within sixty days.
    renewal: Renewal::WithRefreshToken,
    reads_clear_tokens: false,
};

/// The adapter.
#[derive(Debug)]
pub struct LinkedIn {
    settings: Settings,
    card: Card,
    api: Api,
}

impl LinkedIn {
    /// The adapter with its settings and its way out.
    pub fn new(settings: Settings, transport: Transport) -> Self {
        let api = Api::new(transport, &settings);
        Self { card: card(&settings), settings, api }
    }
}

/// The card, as the settings make it.
fn card(settings: &Settings) -> Card {
    let connect: &'static [ConnectMethod] = match (settings.links_members(), settings.messages_approved) {
        (false, _) => &[PAGE_METHOD],
        (true, false) => &[PAGE_METHOD, READING_MEMBER],
        (true, true) => &[PAGE_METHOD, WRITING_MEMBER],
    };
    Card { connect, text: TextRules { max: settings.comment_max, ..CARD.text }, ..CARD }
}

/// True for an account that is a page; all others are members.
fn is_page(grant: &Grant) -> bool {
    urn::is_organization(grant.remote_id.as_str())
}

impl Platform for LinkedIn {
    fn card(&self) -> &Card {
        &self.card
    }
    fn not_configured(&self) -> Option<String> {
        (!self.settings.is_configured()).then(|| "LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET are not set".to_owned())
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

//! What the simulator knows. All of it is bounded.

use super::call::LoggedRequest;
use super::chats::hosted::Hosted;
use super::chats::model::Chat;
use super::deeds::Done;
use super::endpoint::Endpoint;
use super::faults::Fault;
use super::login::keys::KeyRing;
use super::login::page::Consent;
use super::login::tokens::{Access, Code, Refresh, Trouble};
use super::notices::deliver::Delivery;
use super::notices::item::{Deletes, Item};
use super::notices::subscription::Subscription;
use super::settings::TeamsOptions;
use bytes::Bytes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Things remembered of each sort at most.
pub(super) const MAX_KEPT: usize = 20_000;

/// A registered app.
#[derive(Clone, Debug)]
pub struct App {
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Whether the secret has run out.
    pub secret_expired: bool,
    /// Its name, for the page.
    pub name: String,
    /// Registered addresses, exactly; none = any.
    pub redirect_uris: Vec<String>,
}

impl App {
    /// An app with a good secret.
    pub fn new(client_id: &str, client_secret: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            secret_expired: false,
            name: "Messaging hub".to_owned(),
            redirect_uris: Vec::new(),
        }
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Content type.
    pub content_type: String,
    /// The picture.
    pub bytes: Bytes,
}

/// Somebody with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: String,
    /// Tenant id.
    pub tenant_id: String,
    /// Name.
    pub display_name: String,
    /// Name they sign in with.
    pub user_principal_name: String,
    /// Mail address.
    pub mail: Option<String>,
    /// Picture.
    pub photo: Option<Photo>,
    /// Whether they are a guest, whom other people cannot look up.
    pub guest: bool,
    /// Whether the authorize page offers them.
    pub signs_in: bool,
}

impl User {
    /// Somebody with a name, without a mail address and a picture.
    pub fn new(id: &str, tenant_id: &str, display_name: &str) -> Self {
        let login = display_name.split_whitespace().next().unwrap_or("nobody").to_lowercase();
        Self {
            id: id.to_owned(),
            tenant_id: tenant_id.to_owned(),
            display_name: display_name.to_owned(),
            user_principal_name: format!("{login}@example.onmicrosoft.com"),
            signs_in: true,
            ..Self::default()
        }
    }
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) options: TeamsOptions,
    own_url: String,
    pub(super) keys: KeyRing,
    /// By client id.
    pub(super) apps: BTreeMap<String, App>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) consent: Consent,
    pub(super) consenting: Option<String>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) access: HashMap<String, Access>,
    pub(super) refresh: HashMap<String, Refresh>,
    /// How often a refresh token was used, by person.
    pub(super) refreshes: HashMap<String, usize>,
    /// By person.
    pub(super) troubles: HashMap<String, Trouble>,
    /// People who must prove their access again, and the claims for it.
    pub(super) challenged: HashMap<String, String>,
    /// By id.
    pub(super) chats: BTreeMap<String, Chat>,
    /// By chat, message and own id.
    pub(super) hosted: HashMap<(String, i64, String), Hosted>,
    /// What people did through the API.
    pub(super) deeds: Vec<Done>,
    /// Chats that were found to be blocked for somebody.
    pub(super) blocked: BTreeSet<(String, String)>,
    /// Lists that begin with an empty page from now on.
    pub(super) empty_pages: u32,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) queue: VecDeque<Item>,
    /// What was delivered last, to be repeated.
    pub(super) delivered: VecDeque<Item>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) duplicate: bool,
    pub(super) hold: bool,
    pub(super) slashes: bool,
    pub(super) deletes: Deletes,
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    /// Own limits: calls per second.
    pub(super) limits: HashMap<Endpoint, u32>,
    /// Window in seconds and calls in it, by what is counted.
    pub(super) used: HashMap<String, (i64, u32)>,
    pub(super) moved_ms: i64,
    pub(super) log: Vec<LoggedRequest>,
}

impl World {
    pub(super) fn new(options: TeamsOptions, own_url: &str) -> Self {
        Self { options, own_url: own_url.to_owned(), ..Self::default() }
    }

    /// Where addresses begin.
    pub(super) fn base(&self) -> &str {
        self.options.public_url.as_deref().unwrap_or(&self.own_url)
    }

    /// What a description of an answer begins with.
    pub(super) fn context(&self, of: &str) -> Value {
        format!("{}/v1.0/$metadata#{of}", self.base()).into()
    }

    /// The platform's clock in Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis() + self.moved_ms
    }

    pub(super) fn take_fault(&mut self, endpoint: Endpoint) -> Option<Fault> {
        [endpoint.name(), "*"].iter().find_map(|name| self.faults.get_mut(*name).and_then(VecDeque::pop_front))
    }
}

/// Letters and digits that nobody has seen before.
pub(super) fn opaque(length: usize) -> String {
    let mut text = String::with_capacity(length + 32);
    while text.len() < length {
        text.push_str(&uuid::Uuid::new_v4().simple().to_string());
    }
    text.truncate(length);
    text
}

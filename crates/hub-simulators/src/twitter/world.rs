//! What the simulator knows. All of it is bounded.

use super::TwitterOptions;
use super::activity::Subscription;
use super::call::LoggedRequest;
use super::deliver::{Delivery, Journalled, Post};
use super::events::DmEvent;
use super::faults::Fault;
use super::ids;
use super::limits::{Bucket, Span, Used};
use super::media::Media;
use super::page::Consent;
use super::spending::Spending;
use super::tokens::{Access, Code, Refresh};
use super::webhooks::Hook;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Things remembered of each sort at most.
pub(super) const MAX_KEPT: usize = 20_000;

/// A developer's app.
#[derive(Clone, Debug)]
pub struct App {
    /// Its numeric id.
    pub id: String,
    /// OAuth 2 client id.
    pub client_id: String,
    /// OAuth 2 client secret; `None` = a public client.
    pub client_secret: Option<String>,
    /// API key, for the app-only token.
    pub consumer_key: String,
    /// API key secret: signs deliveries and answers challenges.
    pub consumer_secret: String,
    /// The app-only token.
    pub bearer: String,
    /// Registered addresses, exactly.
    pub redirect_uris: Vec<String>,
}

impl App {
    /// A confidential app.
    pub fn new(client_id: &str, client_secret: &str, consumer_secret: &str) -> Self {
        Self {
            id: "29820954".to_owned(),
            client_id: client_id.to_owned(),
            client_secret: Some(client_secret.to_owned()),
            consumer_key: format!("key-{client_id}"),
            consumer_secret: consumer_secret.to_owned(),
            bearer: format!("AAAA{client_id}"),
            redirect_uris: Vec::new(),
        }
    }
}

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct User {
    /// Id.
    pub id: String,
    /// Name without `@`.
    pub username: String,
    /// Name.
    pub name: String,
    /// Whether others may write to them.
    pub takes_dms: bool,
    /// Where their picture lies; `None` = an address of the real platform.
    pub picture: Option<String>,
}

impl User {
    /// Somebody who takes DMs.
    pub fn new(id: &str, username: &str, name: &str) -> Self {
        Self { id: id.to_owned(), username: username.to_owned(), name: name.to_owned(), takes_dms: true, picture: None }
    }
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) options: TwitterOptions,
    /// The simulator's own address.
    pub(super) base_url: String,
    /// By client id.
    pub(super) apps: BTreeMap<String, App>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) consent: Consent,
    pub(super) consenting: Option<String>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) access: HashMap<String, Access>,
    pub(super) refresh: HashMap<String, Refresh>,
    /// Oldest first.
    pub(super) events: Vec<DmEvent>,
    /// Members by group.
    pub(super) groups: BTreeMap<String, BTreeSet<String>>,
    pub(super) media: HashMap<String, Media>,
    pub(super) hooks: BTreeMap<String, Hook>,
    pub(super) subscriptions: Vec<Subscription>,
    /// Webhook and person of the account activity API.
    pub(super) accounts: BTreeSet<(String, String)>,
    pub(super) queue: VecDeque<Post>,
    pub(super) journal: Vec<Journalled>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) duplicate: bool,
    pub(super) hold: bool,
    pub(super) faults: HashMap<String, VecDeque<Fault>>,
    pub(super) spending: Spending,
    pub(super) legacy_429: bool,
    pub(super) limits: HashMap<(Bucket, Span), u32>,
    pub(super) used: HashMap<(Bucket, Span, String), Used>,
    pub(super) moved_ms: i64,
    pub(super) log: Vec<LoggedRequest>,
    last_id: u64,
}

impl World {
    pub(super) fn new(options: TwitterOptions, base_url: String) -> Self {
        Self { options, base_url, ..Self::default() }
    }

    /// Adds somebody, or changes whoever has the id.
    pub(super) fn put_user(&mut self, mut user: User) {
        if self.options.own_pictures && user.picture.is_none() {
            user.picture = Some(format!("{}/profile_images/{}/face_normal.png", self.base_url, user.id));
        }
        self.users.insert(user.id.clone(), user);
    }

    /// The platform's clock in Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis() + self.moved_ms
    }

    /// The same in seconds.
    pub(super) fn now(&self) -> i64 {
        self.now_ms() / 1_000
    }

    /// An id that is larger than every one before.
    pub(super) fn new_id(&mut self) -> u64 {
        self.last_id = ids::at(self.now_ms()).max(self.last_id + 1);
        self.last_id
    }

    /// The app of an app-only token.
    pub(super) fn app_of_bearer(&self, bearer: &str) -> Option<&App> {
        self.apps.values().find(|app| app.bearer == bearer)
    }

    pub(super) fn take_fault(&mut self, endpoint: &str) -> Option<Fault> {
        [endpoint, "*"].iter().find_map(|name| self.faults.get_mut(*name).and_then(VecDeque::pop_front))
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

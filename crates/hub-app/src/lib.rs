//! The living room: one file per thing the hub can do. A use case is one async function that takes the [`App`] and a named
//! input. Nothing here knows axum, SQL or any platform by name.

pub mod accounts;
pub mod admin;
pub mod auth;
pub mod channels;
pub mod clock;
pub mod error;
pub mod health;
pub mod housekeeping;
pub mod import;
pub mod inbox;
pub mod jobs;
pub mod ledger;
pub mod measures;
pub mod media;
pub mod outbox;
pub mod sealing;
pub mod settings;
pub mod sync;
pub mod usage;
pub mod work;

pub use auth::{AccessError, Caller};
pub use clock::{Clock, SystemClock};
pub use error::{AppError, Result};
pub use settings::AppSettings;

pub use hub_bus::{Bus, Listener, Signal};
pub use hub_platform_kit::card::{Pull, Window};
pub use hub_platform_kit::platform::OutboundFile;
pub use hub_platform_kit::webhook::WebhookRequest;
pub use hub_platform_kit::{Card, ErrorKind, PlatformError, Secret};
pub use hub_store::{
    DeadJob, FindAccounts, FindConversations, FindMessages, FindUsage, FindUsers, Job, KnownUser, ListConversations,
    ListMessages, Notice, OwnedConversation, Page, Parked, Place, Presence, Receipt, SealedTable, Slice, Span,
    UsageRow,
};

use hub_domain::{Account, Committed, Timestamp};
use hub_platform_kit::{PlatformHandle, Registry};
use hub_store::{NewEvent, Store, Tx};
use sealing::Sealer;
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What an [`App`] is built from.
pub struct Parts {
    /// The cellar.
    pub store: Store,
    /// The bell.
    pub bus: Bus,
    /// The guest wing, behind its guards.
    pub platforms: Registry,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// This installation.
    pub settings: AppSettings,
}

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    bus: Bus,
    platforms: Registry,
    clock: Arc<dyn Clock>,
    settings: AppSettings,
    sealer: Sealer,
    auth: auth::AuthState,
    intake: inbox::lane::Lane,
    outcomes: outbox::outcomes::Outcomes,
    usage: usage::UsageLog,
    signs: channels::Signs,
    deliveries: measures::Deliveries,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("App")
    }
}

impl App {
    /// Builds the house and starts its two background tasks: the intake lane and the usage log. They end with
    /// [`App::shut_down`].
    pub fn new(parts: Parts) -> std::result::Result<Self, String> {
        let Parts { store, bus, platforms, clock, settings } = parts;
        let (intake, deliveries) = inbox::lane::Lane::new();
        let (usage, records) = usage::UsageLog::new();
        let app = Self(Arc::new(Inner {
            sealer: Sealer::new(&settings.encryption_keys, settings.require_seal)?,
            auth: auth::AuthState::new(&settings, clock.clone()),
            outcomes: outbox::outcomes::Outcomes::default(),
            signs: channels::Signs::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            deliveries: measures::Deliveries::default(),
            intake,
            usage,
            store,
            bus,
            platforms,
            clock,
            settings,
        }));
        app.0.tasks.spawn(inbox::lane::run(app.clone(), deliveries));
        app.0.tasks.spawn(usage::run(app.clone(), records));
        Ok(app)
    }

    /// Ends the background tasks after what they hold is stored.
    pub async fn shut_down(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Settings.
    pub fn settings(&self) -> &AppSettings {
        &self.0.settings
    }
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    /// The platforms.
    pub fn platforms(&self) -> &Registry {
        &self.0.platforms
    }
    /// The bell.
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }
    /// The cellar.
    pub fn store(&self) -> &Store {
        &self.0.store
    }
    /// Seals and opens.
    pub fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }
    pub(crate) fn auth_state(&self) -> &auth::AuthState {
        &self.0.auth
    }
    pub(crate) fn intake(&self) -> &inbox::lane::Lane {
        &self.0.intake
    }
    pub(crate) fn outcomes(&self) -> &outbox::outcomes::Outcomes {
        &self.0.outcomes
    }
    pub(crate) fn signs(&self) -> &channels::Signs {
        &self.0.signs
    }
    pub(crate) fn usage_log(&self) -> &usage::UsageLog {
        &self.0.usage
    }
    pub(crate) fn deliveries(&self) -> &measures::Deliveries {
        &self.0.deliveries
    }
    pub(crate) fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The adapter that serves an account.
    pub(crate) fn handle_of(&self, account: &Account) -> Result<&PlatformHandle> {
        self.platforms()
            .of_account(&account.platform_name, account.kind.as_deref())
            .ok_or_else(|| AppError::NotConfigured(account.platform_name.clone()))
    }

    /// Commits with its events and tells everybody.
    pub(crate) async fn commit(&self, tx: Tx, events: Vec<NewEvent>) -> Result<()> {
        let committed: Committed = tx.commit(events).await?;
        self.bus().publish(committed);
        Ok(())
    }
}

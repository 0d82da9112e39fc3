//! An app on a fresh database.

use crate::fake::Fake;
use hub_app::{App, AppSettings, Bus, Card, Parts};
use hub_platform_kit::{Registry, Secret};
use hub_store::{Store, StoreSettings};
use hub_testkit::{Database, Engine, TestClock};
use std::sync::Arc;
use std::time::Duration;

/// An app and what it stands on.
pub(crate) struct TestApp {
    pub(crate) app: App,
    pub(crate) clock: TestClock,
    pub(crate) fake: Arc<Fake>,
    pub(crate) database: Database,
}

impl TestApp {
    /// Changes what no use case changes.
    pub(crate) async fn change(&self, statement: &str) -> u64 {
        self.database.change(statement).await
    }

    /// On SQLite, with `change` applied to the settings.
    pub(crate) async fn start(change: impl FnOnce(&mut AppSettings)) -> Self {
        Self::start_on(Engine::Sqlite, change).await
    }

    pub(crate) async fn start_on(engine: Engine, change: impl FnOnce(&mut AppSettings)) -> Self {
        Self::start_with(engine, change, |_| {}).await
    }

    /// With the platform's card changed as well.
    pub(crate) async fn start_with(
        engine: Engine,
        change: impl FnOnce(&mut AppSettings),
        card: impl FnOnce(&mut Card),
    ) -> Self {
        let database = Database::fresh(engine).await;
        let clock = TestClock::at("2026-01-01T00:00:00Z".parse().expect("a time"));
        let store = Store::connect(&StoreSettings { url: database.url.clone(), ..StoreSettings::default() }).await;
        let store = store.expect("the database opens");
        store.migrate().await.expect("the schema is made");
        let mut settings = AppSettings {
            production: false,
            data_dir: database.folder.path().to_owned(),
            public_url: None,
            frontend_url: None,
            jwt_secret: Secret::from("vector-access-secret"),
            jwt_refresh_secret: Secret::from("vector-refresh-secret"),
            access_lifetime: Duration::from_mins(15),
            refresh_lifetime: Duration::from_hours(168),
            refresh_grace: Duration::from_secs(10),
            step_up_within: Duration::from_mins(10),
            bcrypt_cost: 4,
            encryption_keys: vec![Secret::from("0123456789abcdef0123456789abcdef")],
            require_seal: false,
            auth_limit_per_minute: 1_000,
            send_wait: Duration::from_secs(5),
            send_expiry: Duration::from_hours(24),
            stop_wait: Duration::from_millis(100),
            poll_interval: Duration::from_mins(1),
            probe_interval: Duration::from_mins(5),
            receipt_retention: Duration::from_hours(72),
            max_media_bytes: 1024 * 1024,
        };
        change(&mut settings);
        let fake = Arc::new(Fake::new(card));
        let parts = Parts {
            store,
            bus: Bus::local(),
            platforms: Registry::new(vec![fake.clone()]).expect("a platform"),
            clock: Arc::new(clock.clone()),
            settings,
        };
        Self { app: App::new(parts).expect("the app"), clock, fake, database }
    }
}

/// The contract's vectors.
pub(crate) fn vectors() -> serde_json::Value {
    serde_json::from_str(include_str!("../fixtures/contract_vectors.json")).expect("readable vectors")
}

/// The text of a member.
pub(crate) fn text<'a>(vector: &'a serde_json::Value, member: &str) -> &'a str {
    vector[member].as_str().unwrap_or_else(|| panic!("{member} is missing in {vector}"))
}

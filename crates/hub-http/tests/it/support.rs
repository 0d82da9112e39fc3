//! A hub in this process, on a port of its own.

use hub_app::{App, AppSettings, Bus, Parts, SystemClock};
use hub_http::HttpSettings;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{Registry, Secret};
use hub_platforms::{PlatformSettings, telegram_bot};
use hub_store::{Store, StoreSettings};
use hub_testkit::{Client, Database, Engine};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

pub(crate) const BOT: &str = "481000001:AAtests-only-token-of-nobody_000000000";
pub(crate) const SECRET: &str = "a-secret-for-tests-only-0123456789";
pub(crate) const ORIGIN: &str = "https://inbox.example.com";

/// A running hub; ends when dropped.
pub(crate) struct Hub {
    pub(crate) client: Client,
    pub(crate) base: String,
    stop: CancellationToken,
    database: Database,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Hub {
    /// Gives a user the role.
    pub(crate) async fn make_admin(&self, email: &str) {
        self.database.make_admin(email).await;
    }

    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut HttpSettings)) -> Self {
        let database = Database::fresh(Engine::Sqlite).await;
        let settings = StoreSettings { url: database.url.clone(), ..StoreSettings::default() };
        let store = Store::connect(&settings).await.expect("opens");
        store.migrate().await.expect("migrates");
        let platforms = PlatformSettings {
            telegram_bot: telegram_bot::Settings {
                // Nobody listens there.
                api_base_url: "http://127.0.0.1:9".to_owned(),
                bot_token: Some(Secret::from(BOT)),
                bot_username: Some("tests_bot".to_owned()),
                webhook_secret: Some(Secret::from(SECRET)),
            },
            ..PlatformSettings::default()
        };
        let platforms = hub_platforms::all(&platforms, Transport::new().expect("a client"));
        let settings = AppSettings {
            production: false,
            data_dir: database.folder.path().to_owned(),
            public_url: Some("https://hub.example.com".to_owned()),
            frontend_url: Some(ORIGIN.to_owned()),
            jwt_secret: Secret::from("tests-access-secret"),
            jwt_refresh_secret: Secret::from("tests-refresh-secret"),
            access_lifetime: Duration::from_mins(15),
            refresh_lifetime: Duration::from_hours(168),
            refresh_grace: Duration::from_secs(10),
            step_up_within: Duration::from_mins(10),
            bcrypt_cost: 4,
            encryption_keys: vec![Secret::from("tests-encryption-key")],
            require_seal: false,
            auth_limit_per_minute: 1_000,
            send_wait: Duration::from_millis(100),
            send_expiry: Duration::from_hours(24),
            stop_wait: Duration::from_millis(100),
            poll_interval: Duration::from_mins(1),
            probe_interval: Duration::from_mins(5),
            receipt_retention: Duration::from_hours(1),
            max_media_bytes: 1024,
        };
        let parts = Parts {
            store,
            bus: Bus::local(),
            platforms: Registry::new(platforms).expect("platforms"),
            clock: Arc::new(SystemClock),
            settings,
        };
        let app = App::new(parts).expect("the app");
        let mut http = HttpSettings {
            strict_token_codes: false,
            production: false,
            public_url: Some("https://hub.example.com".to_owned()),
            origins: vec![ORIGIN.to_owned()],
            rate_limit_per_minute: 100,
            trusted_proxies: Vec::new(),
            force_https: false,
            frontend_dist: None,
            metrics_token: None,
            debug_routes: true,
        };
        change(&mut http);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let stop = CancellationToken::new();
        tokio::spawn(hub_http::serve(app, http, listener, stop.clone()));
        Self { client: Client::new(&base), base, stop, database }
    }
}

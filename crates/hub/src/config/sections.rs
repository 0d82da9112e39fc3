//! The settings by concern, with their names in the environment.

use super::{set, set_secret};
use anyhow::Context;
use confique::Config;
use hub_http::{HttpSettings, Network};
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use serde::Deserialize;
use std::net::IpAddr;
use std::path::PathBuf;

/// All settings. Everything has a default; a first start takes none.
#[derive(Config)]
pub(super) struct Sections {
    #[config(nested)]
    pub(super) server: Server,
    #[config(nested)]
    pub(super) storage: Storage,
    #[config(nested)]
    pub(super) access: Access,
    #[config(nested)]
    pub(super) limits: Limits,
    #[config(nested)]
    pub(super) platforms: crate::platform_settings::Platforms,
}

/// What kind of installation this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Environment {
    /// For trying out: secrets are made when missing.
    #[serde(alias = "test", alias = "dev")]
    Development,
    /// Safe starts on.
    #[serde(alias = "prod")]
    Production,
}

/// Which parts run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Front door and workshop.
    All,
    /// Front door only.
    Serve,
    /// Workshop only.
    Worker,
}

/// The process and its addresses.
#[derive(Config)]
pub(super) struct Server {
    /// Port to listen on.
    #[config(env = "PORT", default = 3000)]
    pub(super) port: u16,
    /// Address to listen on.
    #[config(env = "HOST", default = "0.0.0.0")]
    pub(super) host: IpAddr,
    /// Folder for the database, files and made secrets.
    #[config(env = "HUB_DATA_DIR", default = "./data")]
    pub(super) data_dir: PathBuf,
    /// `development` or `production`.
    #[config(env = "HUB_ENV")]
    pub(super) environment: Option<Environment>,
    /// The originals' name of the same; `production` counts.
    #[config(env = "NODE_ENV")]
    pub(super) node_environment: Option<String>,
    /// Which parts run here: `all`, `serve` or `worker`.
    #[config(env = "HUB_ROLE", default = "all")]
    pub(super) role: Role,
    /// The hub's public address. Without one, the hub asks platforms instead of being called, and OAuth cannot be used.
    #[config(env = "WEBHOOK_BASE_URL")]
    pub(super) webhook_base_url: Option<String>,
    /// The front end's address; browsers are sent back there after linking.
    #[config(env = "FRONTEND_URL")]
    pub(super) frontend_url: Option<String>,
    /// Further origins that browsers may call from, separated by commas.
    #[config(env = "CORS_ORIGINS")]
    pub(super) cors_origins: Option<String>,
    /// Folder of a foreign front end to serve instead of the built-in one.
    #[config(env = "FRONTEND_DIST")]
    pub(super) frontend_dist: Option<String>,
    /// Proxies (addresses or networks, separated by commas) whose forwarded headers count.
    #[config(env = "TRUSTED_PROXIES")]
    pub(super) trusted_proxies: Option<String>,
    /// Redirect plain requests to `WEBHOOK_BASE_URL`, which must be HTTPS; needs `TRUSTED_PROXIES`, because the proxy says what
    /// came over TLS.
    #[config(env = "FORCE_HTTPS", default = false)]
    pub(super) force_https: bool,
    /// Who shows this as a bearer token may read the numbers at `/metrics`; without one the route is not there.
    #[config(env = "METRICS_TOKEN")]
    pub(super) metrics_token: Option<Secret>,
    /// Open `/api/debug`; on outside production, where everybody who is signed in may use it; for administrators only in production.
    #[config(env = "HUB_DEBUG_ROUTES")]
    pub(super) debug_routes: Option<bool>,
}

/// Where data rests.
#[derive(Config)]
pub(super) struct Storage {
    /// `postgres://…`, or `sqlite://…`; without one, SQLite in the data folder. A server's certificate is checked.
    #[config(env = "DATABASE_URL")]
    pub(super) database_url: Option<String>,
    /// Connections to the database at most.
    #[config(env = "DATABASE_POOL_SIZE", default = 20)]
    pub(super) database_pool_size: u32,
    /// The zone whose clock stands in PostgreSQL's columns without a zone: that of the machine an original ran on.
    #[config(env = "DATABASE_TIME_ZONE", default = "UTC")]
    pub(super) database_time_zone: String,
    /// The originals' parts of a PostgreSQL address, used when there is no `DATABASE_URL` but a `DB_HOST`.
    #[config(env = "DB_HOST")]
    pub(super) db_host: Option<String>,
    /// Port of PostgreSQL.
    #[config(env = "DB_PORT", default = 5432)]
    pub(super) db_port: u16,
    /// Name of the database.
    #[config(env = "DB_NAME", default = "messaging_hub")]
    pub(super) db_name: String,
    /// User of the database.
    #[config(env = "DB_USER", default = "postgres")]
    pub(super) db_user: String,
    /// Password of that user.
    #[config(env = "DB_PASSWORD")]
    pub(super) db_password: Option<Secret>,
    /// The original's database that `hub import` reads from: `postgres://…`. `--from` wins; here a password stays out of sight.
    #[config(env = "IMPORT_FROM")]
    pub(super) import_from: Option<Secret>,
    /// `redis://…` or `rediss://…`, so that several processes hear of each other at once. Optional.
    #[config(env = "REDIS_URL")]
    pub(super) redis_url: Option<String>,
    /// PEM file of the authority that signed the certificate of a `rediss://…`, if the system does not know it.
    #[config(env = "REDIS_CA_FILE")]
    pub(super) redis_ca_file: Option<String>,
}

/// Secrets and sign-in.
#[derive(Config)]
pub(super) struct Access {
    /// Signs access tokens.
    #[config(env = "JWT_SECRET")]
    pub(super) jwt_secret: Option<Secret>,
    /// Signs refresh tokens; must differ.
    #[config(env = "JWT_REFRESH_SECRET")]
    pub(super) jwt_refresh_secret: Option<Secret>,
    /// Life of an access token: a number with `s`, `m`, `h` or `d`.
    #[config(env = "JWT_EXPIRES_IN", default = "15m")]
    pub(super) jwt_expires_in: String,
    /// Life of a refresh token.
    #[config(env = "JWT_REFRESH_EXPIRES_IN", default = "7d")]
    pub(super) jwt_refresh_expires_in: String,
    /// A refresh token rotated less than this many seconds ago still works; 0 = never.
    #[config(env = "REFRESH_GRACE_SECONDS", default = 10)]
    pub(super) refresh_grace_seconds: u64,
    /// Refuse a bad access token with 403 `FORBIDDEN`, as the originals did; their front end then never renews it.
    #[config(env = "STRICT_TOKEN_CODES", default = false)]
    pub(super) strict_token_codes: bool,
    /// Linking a whole account of a person wants the hub's password given at most this many seconds ago; 0 = any time.
    #[config(env = "STEP_UP_SECONDS", default = 600)]
    pub(super) step_up_seconds: u64,
    /// Cost of new password hashes, 4 to 16.
    #[config(env = "BCRYPT_COST", default = 10)]
    pub(super) bcrypt_cost: u32,
    /// Seals tokens and message texts.
    #[config(env = "ENCRYPTION_KEY")]
    pub(super) encryption_key: Option<Secret>,
    /// Older keys that still open, separated by commas.
    #[config(env = "ENCRYPTION_KEYS_OLD")]
    pub(super) encryption_keys_old: Option<Secret>,
    /// The `ENCRYPTION_KEY` of the original that `hub import` reads from, if it is not one of the hub's.
    #[config(env = "IMPORT_ENCRYPTION_KEY")]
    pub(super) import_encryption_key: Option<Secret>,
    /// Refuse values without a seal; for when every value has been sealed anew.
    #[config(env = "SEAL_REQUIRE", default = false)]
    pub(super) seal_require: bool,
}

/// Limits and waits.
#[derive(Config)]
pub(super) struct Limits {
    /// Requests per user and minute.
    #[config(env = "RATE_LIMIT_PER_MINUTE", default = 100)]
    pub(super) rate_limit_per_minute: u32,
    /// Log-ins, registrations and renewals per address and minute, each.
    #[config(env = "AUTH_LIMIT_PER_MINUTE", default = 20)]
    pub(super) auth_limit_per_minute: u32,
    /// How long a send request waits for the platform, in milliseconds.
    #[config(env = "SEND_WAIT_MS", default = 8000)]
    pub(super) send_wait_ms: u64,
    /// A message that could not be sent for so many hours is given up; 1 to 168.
    #[config(env = "SEND_EXPIRY_HOURS", default = 24)]
    pub(super) send_expiry_hours: u64,
    /// How long running jobs may take to finish when the hub stops, in seconds; what is cut off is handed back. Less than the
    /// time after which whoever stops the hub kills it.
    #[config(env = "STOP_WAIT_SECONDS", default = 20)]
    pub(super) stop_wait_seconds: u64,
    /// How long raw deliveries are kept, in hours.
    #[config(env = "RECEIPT_RETENTION_HOURS", default = 72)]
    pub(super) receipt_retention_hours: u64,
    /// How often platforms are asked that do not tell everything by themselves, in seconds.
    #[config(env = "POLL_INTERVAL_SECONDS", default = 60)]
    pub(super) poll_interval_seconds: u64,
    /// How often each account's platform is asked how its channel stands, in seconds, 1 to 900.
    #[config(env = "HEALTH_PROBE_SECONDS", default = 300)]
    pub(super) health_probe_seconds: u64,
    /// How long a platform may take to answer a call, in seconds, 1 to 90; a send that was not answered stays unconfirmed.
    #[config(env = "PLATFORM_TIMEOUT_SECONDS", default = 30)]
    pub(super) platform_timeout_seconds: u64,
}

impl Sections {
    pub(super) fn production(&self) -> bool {
        match self.server.environment {
            Some(environment) => environment == Environment::Production,
            None => set(self.server.node_environment.as_ref()).as_deref() == Some("production"),
        }
    }

    pub(super) fn public_url(&self) -> Option<String> {
        without_slash(self.server.webhook_base_url.as_ref())
    }

    pub(super) fn frontend_url(&self) -> Option<String> {
        without_slash(self.server.frontend_url.as_ref())
    }

    /// Where the hub is reached while it is being tried out, with neither address set.
    pub(super) fn own_url(&self) -> Option<String> {
        let known = self.public_url().is_none() && !self.production() && self.server.port != 0;
        known.then(|| format!("http://localhost:{}", self.server.port))
    }

    pub(super) fn database_url(&self) -> String {
        let storage = &self.storage;
        if let Some(url) = set(storage.database_url.as_ref()) {
            return url;
        }
        let Some(host) = set(storage.db_host.as_ref()) else {
            return format!("sqlite://{}", self.server.data_dir.join("hub.db").display());
        };
        let Ok(mut url) = url::Url::parse(&format!("postgres://{host}")) else { return format!("postgres://{host}") };
        let _ = url.set_port(Some(storage.db_port));
        let _ = url.set_username(&storage.db_user);
        let password = set_secret(storage.db_password.as_ref());
        let _ = url.set_password(password.as_ref().map(ExposeSecret::expose_secret));
        url.set_path(&storage.db_name);
        url.to_string()
    }

    pub(super) fn older_keys(&self) -> Vec<Secret> {
        let keys = set_secret(self.access.encryption_keys_old.as_ref());
        let keys = keys.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        keys.split(',').filter(|key| !key.is_empty()).map(|key| Secret::from(key.to_owned())).collect()
    }

    /// What the front door needs to know.
    pub(super) fn http(&self) -> anyhow::Result<HttpSettings> {
        let proxies = set(self.server.trusted_proxies.as_ref()).unwrap_or_default();
        let networks = proxies.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::parse::<Network>);
        Ok(HttpSettings {
            strict_token_codes: self.access.strict_token_codes,
            production: self.production(),
            public_url: self.public_url(),
            origins: self.origins(),
            rate_limit_per_minute: self.limits.rate_limit_per_minute,
            trusted_proxies: networks
                .collect::<Result<_, _>>()
                .map_err(anyhow::Error::msg)
                .context("TRUSTED_PROXIES")?,
            force_https: self.server.force_https,
            frontend_dist: set(self.server.frontend_dist.as_ref()).map(PathBuf::from),
            metrics_token: set_secret(self.server.metrics_token.as_ref()),
            debug_routes: self.server.debug_routes.unwrap_or(!self.production()),
        })
    }

    /// Origins that browsers may call from.
    fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = set(self.server.cors_origins.as_ref())
            .unwrap_or_default()
            .split(',')
            .map(|origin| origin.trim().trim_end_matches('/').to_owned())
            .filter(|origin| !origin.is_empty())
            .collect();
        origins.extend(self.frontend_url());
        if origins.is_empty() && !self.production() {
            // The development server of the originals' front end.
            origins.push("http://localhost:5173".to_owned());
        }
        origins
    }
}

fn without_slash(value: Option<&String>) -> Option<String> {
    set(value).map(|url| url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
}

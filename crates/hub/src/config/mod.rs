//! The configuration: the environment names of the originals and our own, with an optional TOML file (`HUB_CONFIG`) below
//! them. Checked whole at the start; [`Config::settings`] is what the rest of the house gets to see.

mod duration;
mod secrets;
mod sections;

pub(crate) use secrets::random_hex;
#[cfg(feature = "demo")]
pub(crate) use secrets::write_private;
pub(crate) use sections::Role;

use anyhow::{Context, bail};
use confique::Config as _;
use hub_app::AppSettings;
use hub_platform_kit::Secret;
use hub_store::StoreSettings;
use secrecy::ExposeSecret;
use sections::Sections;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

/// Largest file the hub copies, in bytes.
const MAX_MEDIA_BYTES: u64 = 50 * 1024 * 1024;
/// The longest a stop may wait for running jobs, in seconds.
const MAX_STOP_WAIT_SECONDS: u64 = 300;
/// The longest a message may wait to be sent, in hours.
const MAX_SEND_EXPIRY_HOURS: u64 = 168;

/// Everything the binary was told, checked.
pub(crate) struct Config {
    sections: Sections,
    secrets: secrets::Secrets,
    /// A pretend Telegram for accounts of people. Builds for tests only.
    #[cfg(feature = "test-telegram")]
    telegram: Option<hub_platforms::telegram_user::Seed>,
}

impl Config {
    /// Reads the environment and the file, makes missing secrets outside production, and refuses what cannot work.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let sections = read_sections()?;
        // For the owner's eyes: addresses and names in the database are not sealed.
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&sections.server.data_dir)
            .with_context(|| format!("the data folder {} cannot be made", sections.server.data_dir.display()))?;
        let secrets = secrets::Secrets::load(&sections)?;
        let config = Self {
            sections,
            secrets,
            #[cfg(feature = "test-telegram")]
            telegram: environment("TELEGRAM_TEST_SEED")
                .and_then(|seed| hub_platforms::telegram_user::Seed::read(&seed)),
        };
        hub_app::auth::secrets::check(&config.settings()?).map_err(anyhow::Error::msg)?;
        if let Some(base) = config.sections.public_url() {
            let url = url::Url::parse(&base).context("WEBHOOK_BASE_URL is not a URL")?;
            if !matches!(url.scheme(), "http" | "https") {
                bail!("WEBHOOK_BASE_URL must begin with https:// (or http:// for a trial)");
            }
        }
        let secure = config.sections.public_url().is_some_and(|url| url.starts_with("https://"));
        if config.sections.server.force_https && !secure {
            bail!("FORCE_HTTPS needs WEBHOOK_BASE_URL with https://, which requests are redirected to");
        }
        Ok(config)
    }

    /// The documented template of all settings.
    pub(crate) fn template() -> String {
        confique::toml::template::<Sections>(confique::toml::FormatOptions::default())
    }

    /// True in production.
    pub(crate) fn production(&self) -> bool {
        self.sections.production()
    }

    /// Where files are kept.
    #[cfg(feature = "demo")]
    pub(crate) fn data_dir(&self) -> &PathBuf {
        &self.sections.server.data_dir
    }

    /// Points the platforms at simulators, and their calls at `hub_url`.
    #[cfg(feature = "demo")]
    pub(crate) fn use_simulators(&mut self, simulated: &crate::platform_settings::Simulated, hub_url: &str) {
        self.sections.server.webhook_base_url = Some(hub_url.to_owned());
        self.sections.platforms.use_simulators(simulated);
        self.telegram = Some(simulated.telegram_user.clone());
    }

    /// Which parts run in this process.
    pub(crate) fn role(&self) -> Role {
        self.sections.server.role
    }

    /// The address to listen on.
    pub(crate) fn listen(&self) -> (std::net::IpAddr, u16) {
        (self.sections.server.host, self.sections.server.port)
    }

    /// How long a platform may take to answer a call.
    pub(crate) fn platform_timeout(&self) -> Duration {
        Duration::from_secs(self.sections.limits.platform_timeout_seconds)
    }

    /// The address of Redis, if there is one.
    pub(crate) fn redis_url(&self) -> Option<String> {
        set(self.sections.storage.redis_url.as_ref())
    }

    /// Who may have signed the certificate of Redis, as PEM; `None` = whoever the system trusts.
    pub(crate) fn redis_authority(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let file = set(self.sections.storage.redis_ca_file.as_ref());
        file.map(|file| std::fs::read(&file).with_context(|| format!("REDIS_CA_FILE {file} cannot be read")))
            .transpose()
    }

    /// Where the data is.
    pub(crate) fn store(&self) -> StoreSettings {
        let storage = &self.sections.storage;
        StoreSettings {
            url: self.sections.database_url(),
            max_connections: storage.database_pool_size,
            time_zone: storage.database_time_zone.clone(),
        }
    }

    /// The original's database, if one is named.
    pub(crate) fn import_from(&self) -> Option<Secret> {
        set_secret(self.sections.storage.import_from.as_ref())
    }

    /// The original's key, if it is not one of ours.
    pub(crate) fn import_key(&self) -> Option<Secret> {
        set_secret(self.sections.access.import_encryption_key.as_ref())
    }

    /// What the use cases need to know.
    pub(crate) fn settings(&self) -> anyhow::Result<AppSettings> {
        let Sections { server, access, limits, .. } = &self.sections;
        let mut encryption_keys = vec![self.secrets.encryption_key.clone()];
        encryption_keys.extend(self.sections.older_keys());
        Ok(AppSettings {
            production: self.production(),
            data_dir: server.data_dir.clone(),
            public_url: self.sections.public_url(),
            frontend_url: self.sections.frontend_url().or_else(|| self.sections.own_url()),
            jwt_secret: self.secrets.jwt_secret.clone(),
            jwt_refresh_secret: self.secrets.jwt_refresh_secret.clone(),
            access_lifetime: duration::parse(&access.jwt_expires_in).context("JWT_EXPIRES_IN")?,
            refresh_lifetime: duration::parse(&access.jwt_refresh_expires_in).context("JWT_REFRESH_EXPIRES_IN")?,
            refresh_grace: Duration::from_secs(access.refresh_grace_seconds),
            step_up_within: Duration::from_secs(access.step_up_seconds),
            bcrypt_cost: access.bcrypt_cost,
            encryption_keys,
            require_seal: access.seal_require,
            auth_limit_per_minute: limits.auth_limit_per_minute,
            send_wait: Duration::from_millis(limits.send_wait_ms),
            receipt_retention: Duration::from_secs(limits.receipt_retention_hours * 3_600),
            send_expiry: Duration::from_secs(limits.send_expiry_hours.clamp(1, MAX_SEND_EXPIRY_HOURS) * 3_600),
            stop_wait: Duration::from_secs(limits.stop_wait_seconds.min(MAX_STOP_WAIT_SECONDS)),
            poll_interval: Duration::from_secs(limits.poll_interval_seconds),
            probe_interval: Duration::from_secs(limits.health_probe_seconds),
            max_media_bytes: MAX_MEDIA_BYTES,
        })
    }

    /// What the platforms were given.
    pub(crate) fn platforms(&self) -> hub_platforms::PlatformSettings {
        let settings = self.sections.platforms.settings(self.production());
        #[cfg(feature = "test-telegram")]
        if let Some(seed) = &self.telegram {
            let telegram_user = settings.telegram_user.with_seed(seed.clone());
            return hub_platforms::PlatformSettings { telegram_user, ..settings };
        }
        settings
    }

    /// What the front door needs to know.
    pub(crate) fn http(&self) -> anyhow::Result<hub_http::HttpSettings> {
        self.sections.http()
    }
}

/// Who signs the tokens is not asked for here, so that `hub config` and the log set-up work before secrets exist.
fn read_sections() -> anyhow::Result<Sections> {
    let mut builder = Sections::builder().env();
    if let Some(file) = environment("HUB_CONFIG") {
        builder = builder.file(PathBuf::from(file));
    }
    let sections = builder.load().map_err(|error| anyhow::anyhow!("{error:#}"))?;
    if !(4..=16).contains(&sections.access.bcrypt_cost) {
        bail!("BCRYPT_COST must be between 4 and 16");
    }
    // Usual silence is learned by the quarter of an hour, so each must be looked at.
    if !(1..=900).contains(&sections.limits.health_probe_seconds) {
        bail!("HEALTH_PROBE_SECONDS must be between 1 and 900");
    }
    if !(1..=90).contains(&sections.limits.platform_timeout_seconds) {
        bail!("PLATFORM_TIMEOUT_SECONDS must be between 1 and 90");
    }
    Ok(sections)
}

/// A value that was really given: an empty one counts as absent, because deployment files often name everything.
fn set(value: Option<&String>) -> Option<String> {
    value.map(String::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The same for a secret; nothing is trimmed.
fn set_secret(value: Option<&Secret>) -> Option<Secret> {
    value.cloned().filter(|secret| !secret.expose_secret().is_empty())
}

/// One variable of the environment.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

//! What the use cases need to know about this installation. The binary reads the environment and fills it.

use hub_platform_kit::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the use cases.
#[derive(Clone, Debug)]
pub struct AppSettings {
    /// `HUB_ENV`/`NODE_ENV` is production: safe starts on.
    pub production: bool,
    /// `HUB_DATA_DIR`: where files are kept.
    pub data_dir: PathBuf,
    /// `WEBHOOK_BASE_URL`: the hub's public address, without a slash at the end.
    pub public_url: Option<String>,
    /// `FRONTEND_URL`, without a slash at the end.
    pub frontend_url: Option<String>,
    /// `JWT_SECRET`.
    pub jwt_secret: Secret,
    /// `JWT_REFRESH_SECRET`.
    pub jwt_refresh_secret: Secret,
    /// `JWT_EXPIRES_IN`.
    pub access_lifetime: Duration,
    /// `JWT_REFRESH_EXPIRES_IN`.
    pub refresh_lifetime: Duration,
    /// `REFRESH_GRACE_SECONDS`; zero = strict.
    pub refresh_grace: Duration,
    /// `STEP_UP_SECONDS`: how long ago the password may have been given when a whole account is linked; zero = any time.
    pub step_up_within: Duration,
    /// `BCRYPT_COST`.
    pub bcrypt_cost: u32,
    /// `ENCRYPTION_KEY`, then the older keys of the ring: the first writes, all read.
    pub encryption_keys: Vec<Secret>,
    /// `SEAL_REQUIRE`: refuse values without a seal.
    pub require_seal: bool,
    /// `AUTH_LIMIT_PER_MINUTE` per address.
    pub auth_limit_per_minute: u32,
    /// `SEND_WAIT_MS`: how long a send request waits for the outcome.
    pub send_wait: Duration,
    /// `SEND_EXPIRY_HOURS`: a message that could not leave for this long is given up.
    pub send_expiry: Duration,
    /// `STOP_WAIT_SECONDS`: how long running jobs may take to finish when the hub stops; then they are handed back.
    pub stop_wait: Duration,
    /// `POLL_INTERVAL_SECONDS`: how often platforms are asked that do not tell everything by themselves.
    pub poll_interval: Duration,
    /// `HEALTH_PROBE_SECONDS`: how often each account's platform is asked how its channel stands.
    pub probe_interval: Duration,
    /// `RECEIPT_RETENTION_HOURS`.
    pub receipt_retention: Duration,
    /// Largest file the hub copies, in bytes.
    pub max_media_bytes: u64,
}

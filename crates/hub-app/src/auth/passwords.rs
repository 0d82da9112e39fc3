//! bcrypt behind a small pool: hashing is heavy on purpose, so only a few run at once and few may wait.

use crate::{AppError, Result};
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

/// bcrypt looks at this many bytes of a password; longer ones are refused at registration instead of cut.
pub(super) const MAX_BYTES: usize = 72;
/// Hashes computed at once.
const AT_ONCE: usize = 2;
/// Requests that may wait for a hash, beside those being computed.
const WAITING: usize = 64;
/// Said to those who come when too many wait.
const COME_AGAIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Passwords {
    cost: u32,
    at_once: Semaphore,
    waiting: Semaphore,
    dummy: OnceCell<String>,
}

impl Passwords {
    pub(super) fn new(cost: u32) -> Self {
        Self {
            cost,
            at_once: Semaphore::new(AT_ONCE),
            waiting: Semaphore::new(AT_ONCE + WAITING),
            dummy: OnceCell::new(),
        }
    }

    /// A new hash, `$2b$`.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String> {
        let (password, cost) = (password.clone(), self.cost);
        self.compute(move || bcrypt::hash(password.expose_secret().as_bytes(), cost)).await?.map_err(failed)
    }

    /// True when the password fits the hash. Only the first 72 bytes count, as in both originals; a hash that is none fits
    /// nothing.
    pub(super) async fn verify(&self, password: &Secret, hash: &str) -> Result<bool> {
        let (password, hash) = (password.clone(), hash.to_owned());
        self.compute(move || {
            let bytes = password.expose_secret().as_bytes();
            bcrypt::verify(&bytes[..bytes.len().min(MAX_BYTES)], &hash).unwrap_or(false)
        })
        .await
    }

    /// A hash of nothing anybody knows, so that an unknown address takes as long as a wrong password.
    pub(super) async fn dummy_hash(&self) -> Result<&str> {
        let make = || async {
            let mut random = [0_u8; 24];
            aws_lc_rs::rand::fill(&mut random).map_err(|_| AppError::Internal("no randomness".to_owned()))?;
            self.hash(&Secret::from(hex::encode(random))).await
        };
        self.dummy.get_or_try_init(make).await.map(String::as_str)
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = AppError::Throttled { retry_after: COME_AGAIN, limit: u32::try_from(WAITING).unwrap_or(u32::MAX) };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy)?;
        let _running = self.at_once.acquire().await.map_err(|_| AppError::Unavailable)?;
        tokio::task::spawn_blocking(work).await.map_err(|e| AppError::Internal(format!("hashing failed: {e}")))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of the error")]
fn failed(error: bcrypt::BcryptError) -> AppError {
    AppError::Internal(format!("hashing failed: {error}"))
}

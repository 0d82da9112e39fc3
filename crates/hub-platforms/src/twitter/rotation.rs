//! Renewing by refresh tokens that count once. X tells the new one a single time: an answer that does not reach the database
//! locks the account out. So the trade goes on when whoever asked is gone, its answer is kept for a while, and whoever comes
//! with the same old token gets the same new ones.
//!
//! What cannot be had back: an answer that was lost on the line. The trade is tried once more at once, because the token may
//! not have arrived; if it had, X refuses the second try. The access token still works until its own end then, so that refusal
//! is told as trouble that passes for as long; only a refusal later than that, or of a token about which there is no doubt, says
//! that the account must be connected again.

use super::api::{Api, Handed};
use aws_lc_rs::digest;
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// Trades remembered at most; the oldest goes first.
const MAX_TRADES: usize = 2_000;
/// How long an answer is kept: about the life of an access token.
const KEPT_FOR: Duration = Duration::from_hours(2);

/// SHA-256 of the old token.
type Name = [u8; 32];

/// The trade of one old token.
#[derive(Debug, Default)]
struct Trade {
    answer: OnceCell<Handed>,
    doubt: Mutex<Doubt>,
}

/// Whether the token may have been spent for an answer that nobody got.
#[derive(Clone, Copy, Debug, Default)]
struct Doubt {
    since: Option<Instant>,
    /// X said since then that it was.
    refused: bool,
}

/// The trades that are under way or were done lately.
#[derive(Debug)]
pub(super) struct Rotation {
    trades: Mutex<HashMap<Name, (Instant, Arc<Trade>)>>,
    grace: Duration,
}

impl Rotation {
    /// With the time for which an access token lives on when it is about to be renewed.
    pub(super) fn new(grace: Duration) -> Self {
        Self { trades: Mutex::default(), grace }
    }

    /// The tokens for an old refresh token.
    pub(super) async fn refresh(&self, api: &Api, token: Secret) -> Result<Handed> {
        let trade = self.trade(name(&token));
        let (api, grace) = (api.clone(), self.grace);
        // A task of its own: it ends even when the caller is cut off.
        let work = async move {
            let answer = trade.answer.get_or_try_init(|| trade.make(&api, &token, grace)).await;
            answer.cloned()
        };
        tokio::spawn(work).await.unwrap_or_else(|_| Err(trouble("the sign-in could not be renewed")))
    }

    fn trade(&self, name: Name) -> Arc<Trade> {
        let now = Instant::now();
        let mut trades = self.trades.lock().unwrap_or_else(PoisonError::into_inner);
        trades.retain(|_, (begun, _)| now.duration_since(*begun) < KEPT_FOR);
        if trades.len() >= MAX_TRADES && !trades.contains_key(&name) {
            let oldest = trades.iter().min_by_key(|(_, (begun, _))| *begun).map(|(name, _)| *name);
            oldest.and_then(|oldest| trades.remove(&oldest));
        }
        trades.entry(name).or_insert_with(|| (now, Arc::default())).1.clone()
    }
}

impl Trade {
    /// Asks at most twice: a second time only when the line broke.
    async fn make(&self, api: &Api, token: &Secret, grace: Duration) -> Result<Handed> {
        if self.is_doubtful(grace, false) && self.doubt().refused {
            return Err(still_works());
        }
        for last in [false, true] {
            let error = match api.refresh(token.expose_secret()).await {
                Ok(handed) => return Ok(handed),
                Err(error) => error,
            };
            match error.kind {
                ErrorKind::ReauthRequired if self.is_doubtful(grace, true) => return Err(still_works()),
                ErrorKind::Transient { maybe_applied } if maybe_applied || error.status.is_some() => self.doubts(),
                ErrorKind::UnexpectedReply => self.doubts(),
                _ => return Err(error),
            }
            // A server in trouble is not asked again at once; a broken line may have lost the question only.
            let line_broke = error.status.is_none_or(|status| status < 300);
            if last || !line_broke {
                return Err(PlatformError { kind: ErrorKind::Transient { maybe_applied: false }, ..error });
            }
            tracing::warn!("the answer to a renewal was lost; it is tried once more");
        }
        Err(still_works())
    }

    fn doubt(&self) -> Doubt {
        *self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubts(&self) {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner).since.get_or_insert_with(Instant::now);
    }

    /// True while the loss of an answer explains a refusal.
    fn is_doubtful(&self, grace: Duration, refused: bool) -> bool {
        let mut doubt = self.doubt.lock().unwrap_or_else(PoisonError::into_inner);
        doubt.refused |= refused;
        doubt.since.is_some_and(|since| since.elapsed() < grace)
    }
}

fn still_works() -> PlatformError {
    trouble("the answer to the last renewal was lost; the account works until its present sign-in ends")
}

fn trouble(words: &str) -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: false }, words)
}

fn name(token: &Secret) -> Name {
    let mut name = [0; 32];
    name.copy_from_slice(digest::digest(&digest::SHA256, token.expose_secret().as_bytes()).as_ref());
    name
}

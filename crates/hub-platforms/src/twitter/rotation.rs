//! Renewing by refresh tokens that count once. X tells the new one a single time: an answer that does not reach the database
//! locks the account out. So the trade goes on when whoever asked is gone, its answer is kept for a while, and whoever comes
//! with the same old token gets the same new ones.
//!
//! What cannot be had back: an answer that was lost on the line. The trade is tried once more at once, because the token may
//! not have arrived; if it had, X refuses the second try. The access token still works until its own end then, so that refusal
//! is told as trouble that passes, and only the next one, of a token that was offered once, says that the account must be
//! connected again.

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
type Trade = Arc<OnceCell<Handed>>;

/// The trades that are under way or were done lately.
#[derive(Debug, Default)]
pub(super) struct Rotation {
    trades: Mutex<HashMap<Name, (Instant, Trade)>>,
}

impl Rotation {
    /// The tokens for an old refresh token.
    pub(super) async fn refresh(&self, api: &Api, token: Secret) -> Result<Handed> {
        let trade = self.trade(name(&token));
        let api = api.clone();
        // A task of its own: it ends even when the caller is cut off.
        let work = tokio::spawn(async move { trade.get_or_try_init(|| refresh(&api, &token)).await.cloned() });
        work.await.unwrap_or_else(|_| Err(trouble("the sign-in could not be renewed")))
    }

    fn trade(&self, name: Name) -> Trade {
        let now = Instant::now();
        let mut trades = self.trades.lock().unwrap_or_else(PoisonError::into_inner);
        trades.retain(|_, (begun, _)| now.duration_since(*begun) < KEPT_FOR);
        if trades.len() >= MAX_TRADES && !trades.contains_key(&name) {
            let oldest = trades.iter().min_by_key(|(_, (begun, _))| *begun).map(|(name, _)| *name);
            oldest.and_then(|oldest| trades.remove(&oldest));
        }
        trades.entry(name).or_insert_with(|| (now, Trade::default())).1.clone()
    }
}

async fn refresh(api: &Api, token: &Secret) -> Result<Handed> {
    let first = match api.refresh(token.expose_secret()).await {
        Err(error) if lost(&error) => error,
        outcome => return outcome,
    };
    tracing::warn!("the answer to a renewal was lost; it is tried once more");
    match api.refresh(token.expose_secret()).await {
        Err(error) if error.kind == ErrorKind::ReauthRequired => Err(harmless(first)),
        Err(error) => Err(harmless(error)),
        outcome => outcome,
    }
}

/// True when the token may have been spent although nobody knows for what.
fn lost(error: &PlatformError) -> bool {
    matches!(error.kind, ErrorKind::Transient { maybe_applied: true } | ErrorKind::UnexpectedReply)
}

fn harmless(error: PlatformError) -> PlatformError {
    PlatformError { kind: ErrorKind::Transient { maybe_applied: false }, ..error }
}

fn trouble(words: &str) -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: false }, words)
}

fn name(token: &Secret) -> Name {
    let mut name = [0; 32];
    name.copy_from_slice(digest::digest(&digest::SHA256, token.expose_secret().as_bytes()).as_ref());
    name
}

//! Tokens that were just made: for some seconds the platform may refuse a good one as revoked.

use aws_lc_rs::digest::{SHA256, digest};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token older than this that is refused is dead.
const YOUNG: Duration = Duration::from_secs(30);
/// Tokens remembered at most.
const MAX_TOKENS: usize = 10_000;

/// When tokens were made, by their digests; only for as long as they are young.
#[derive(Debug, Default)]
pub(super) struct Young {
    made: Mutex<HashMap<Vec<u8>, Instant>>,
}

impl Young {
    /// Notes a token that was just made.
    pub(super) fn note(&self, token: &str) {
        let now = Instant::now();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, at| now.duration_since(*at) < YOUNG);
        if made.len() < MAX_TOKENS {
            made.insert(of(token), now);
        }
    }

    /// True for some seconds after a token was made.
    pub(super) fn is_young(&self, token: &str) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(&of(token)).is_some_and(|at| at.elapsed() < YOUNG)
    }
}

fn of(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::Young;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn nobody_stays_young() {
        let young = Young::default();
        young.note("a");
        assert!(young.is_young("a") && !young.is_young("b"));
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(!young.is_young("a"));
    }
}

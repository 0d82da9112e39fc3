//! The open lines of this process, one per account.

use super::errors;
use super::keys::KeyPart;
use super::line::Line;
use super::{TelegramUser, session};
use hub_domain::AccountId;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Mutex as Gate;

/// A line that nobody reads for this long is closed: another process may have taken the account over, and two at once cost the
/// person their sign-in.
const UNREAD_LIMIT: Duration = Duration::from_secs(100);
/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// When a call that found no line may come again. Every try spends the card's quota, and this is as often as it allows in one
/// conversation.
const COME_AGAIN: Duration = Duration::from_secs(3);

/// A place for one line; the gate keeps two from being opened at once.
type Slot = Arc<Gate<Option<Held>>>;

struct Held {
    line: Arc<Line>,
    /// The sign-in it was opened with: after a new one the old line is of no use.
    keys: KeyPart,
}

/// The open lines of this process.
#[derive(Default)]
pub(super) struct Lines(Mutex<HashMap<AccountId, Slot>>);

impl Lines {
    fn slot(&self, account: AccountId) -> Slot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(account).or_default().clone()
    }

    /// The open line of an account, for what is no reading. That there is none yet is no trouble of Telegram's: whoever asked comes again
    /// soon.
    pub(super) async fn held(&self, grant: &Grant) -> Result<Arc<Line>> {
        let slot = self.slot(grant.account_id);
        let held = slot.lock().await;
        let line = held.as_ref().map(|held| held.line.clone()).filter(|line| line.lives());
        line.ok_or_else(|| {
            let words = "There is no open line to Telegram for this account here at the moment. Please try again in a few seconds.";
            PlatformError::new(ErrorKind::NotHere { retry_after: COME_AGAIN }, words)
        })
    }

    /// Takes the line of a sign-in away; it ends when nobody uses it any more. The line of a newer sign-in stays.
    pub(super) async fn end(&self, account: AccountId, keys: &KeyPart) -> Option<Arc<Line>> {
        let slot = self.slot(account);
        let held = slot.lock().await.take_if(|held| held.keys == *keys);
        held.map(|held| held.line).filter(|line| line.lives())
    }

    /// Closes an account's line. Nobody opens another one meanwhile.
    pub(super) async fn close(&self, account: AccountId) {
        let slot = self.slot(account);
        let mut held = slot.lock().await;
        if let Some(held) = held.take() {
            held.line.close().await;
        }
    }
}

impl TelegramUser {
    /// The open line of an account, opened from `cursor` where there is none; `anew` even where there is one.
    pub(super) async fn line(&self, grant: &Grant, cursor: Option<&str>, anew: bool) -> Result<Arc<Line>> {
        let (api_id, _) = self.application()?;
        let keys = KeyPart::read(grant.token())?;
        let me: i64 = grant.remote_id.as_str().parse().unwrap_or_default();
        let slot = self.lines.slot(grant.account_id);
        let mut held = slot.lock().await;
        if let Some(kept) = held.as_ref().filter(|kept| !anew && kept.line.lives() && kept.keys == keys) {
            return Ok(kept.line.clone());
        }
        // The old one must be gone before a new one opens.
        if let Some(old) = held.take() {
            old.line.close().await;
        }
        let opening = Box::pin(Line::open(self.places.with(&keys), api_id, me, cursor));
        let line = match tokio::time::timeout(session::OPEN_LIMIT, opening).await {
            Ok(line) => Arc::new(line?),
            Err(_) => return Err(errors::line_broke()),
        };
        tokio::spawn(watch(Arc::downgrade(&line)));
        *held = Some(Held { line: line.clone(), keys });
        Ok(line)
    }
}

/// Closes a line that nobody reads.
async fn watch(line: Weak<Line>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match line.upgrade() {
            Some(line) if line.unread_for() > UNREAD_LIMIT => {
                line.close().await;
                return;
            }
            Some(line) if line.lives() => {}
            _ => return,
        }
    }
}

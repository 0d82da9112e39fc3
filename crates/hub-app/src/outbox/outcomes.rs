//! Tells the request that waits for a message what became of it, with the platform's own error. Only a shortcut within one
//! process: the row is the truth, and a request that hears nothing reads it.

use hub_domain::MessageId;
use hub_platform_kit::PlatformError;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// How sending ended.
#[derive(Clone, Debug)]
pub(crate) enum SendOutcome {
    /// The platform took it.
    Sent,
    /// It did not, or nobody knows.
    Failed(PlatformError),
    /// The account cannot send.
    AccountInactive,
    /// The grant is dead.
    NeedsReauth,
}

/// The requests that wait.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    waiting: Mutex<HashMap<MessageId, oneshot::Sender<SendOutcome>>>,
}

/// One waiting request; gives its place up when dropped.
pub(crate) struct Waiting<'a> {
    outcomes: &'a Outcomes,
    message: MessageId,
    pub(crate) outcome: oneshot::Receiver<SendOutcome>,
}

impl Outcomes {
    pub(crate) fn wait_for(&self, message: MessageId) -> Waiting<'_> {
        let (sender, outcome) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(message, sender);
        Waiting { outcomes: self, message, outcome }
    }

    pub(crate) fn tell(&self, message: MessageId, outcome: SendOutcome) {
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&message) {
            let _ = waiting.send(outcome);
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.outcomes.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.message);
    }
}

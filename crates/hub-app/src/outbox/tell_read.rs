//! The job that tells a platform what was read here, where it wants to know. A comfort: it never fails loudly.

use crate::accounts::grants::{call_with, open_grant};
use crate::jobs::{self, Outcome};
use crate::{App, AppError};
use hub_domain::{ConversationId, MessageId};
use hub_platform_kit::card::Feature;
use hub_platform_kit::{ErrorKind, Grant, Remedy};

/// Tells it.
pub async fn tell_read(app: &App, conversation: ConversationId, message: MessageId) -> Outcome {
    let session = app.store().read();
    let found = async {
        let conversation = session.conversations().many(&[conversation]).await?.into_iter().next();
        let message = session.messages().many(&[message]).await?.into_iter().next();
        crate::Result::Ok(conversation.zip(message))
    };
    let ((conversation, _), message) = match found.await {
        Ok(Some(found)) => found,
        Ok(None) => return Outcome::Done,
        Err(error) => return jobs::again(&error),
    };
    let account = match session.accounts().get(conversation.account_id).await {
        Ok(Some(account)) => account,
        Ok(None) => return Outcome::Done,
        Err(error) => return jobs::again(&AppError::from(error)),
    };
    let Ok(handle) = app.handle_of(&account) else { return Outcome::Done };
    if !handle.card().offers(Feature::MarkRead, account.method.as_deref()) || !account.is_active {
        return Outcome::Done;
    }
    let Ok((_, grant)) = open_grant(app, account.id).await else { return Outcome::Done };
    let (place, up_to) = (&conversation.remote_id, &message.remote_id);
    let tell = |grant: Grant| async move { handle.mark_read(&grant, place, up_to).await };
    match call_with(app, &account, &grant, "mark_read", tell).await {
        Ok(()) => Outcome::Done,
        Err(error) => match error.kind.remedy(true) {
            Remedy::RetryLater | Remedy::Unconfirmed => {
                Outcome::Again { after: None, counts: true, why: error.to_string() }
            }
            // Whoever holds the line takes it up; nobody may, for a long time.
            Remedy::RetryAfter(_) if matches!(error.kind, ErrorKind::NotHere { .. }) => {
                Outcome::Again { after: None, counts: true, why: error.to_string() }
            }
            Remedy::RetryAfter(wait) => Outcome::Again { after: Some(wait), counts: false, why: error.to_string() },
            Remedy::Fail | Remedy::MarkAccount | Remedy::RestPlatform => Outcome::Done,
        },
    }
}

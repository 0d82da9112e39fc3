//! The job that takes a reaction to its platform where the process that was asked could not. It tells what stands when it runs.

use crate::accounts::grants::{call_with, open_grant};
use crate::inbox::seal;
use crate::jobs::{self, Outcome};
use crate::{App, AppError, Result};
use hub_domain::{EventBody, Message, MessageId, RemoteParticipantId};
use hub_platform_kit::{ErrorKind, Grant, Remedy};
use hub_store::NewEvent;

/// Takes it there. `last` = it will not be tried again: what cannot be told does not stand here either.
pub async fn tell_reaction(app: &App, id: MessageId, last: bool) -> Outcome {
    match tell(app, id, last).await {
        Ok(outcome) => outcome,
        Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => Outcome::Done,
        Err(error) => jobs::again(&error),
    }
}

async fn tell(app: &App, id: MessageId, last: bool) -> Result<Outcome> {
    let session = app.store().read();
    let Some(stored) = session.messages().many(&[id]).await?.into_iter().next() else { return Ok(Outcome::Done) };
    let message = seal::open(app.sealer(), stored);
    let found = session.conversations().many(&[message.conversation_id]).await?.into_iter().next();
    let Some((conversation, _)) = found else { return Ok(Outcome::Done) };
    let (account, grant) = open_grant(app, conversation.account_id).await?;
    let handle = app.handle_of(&account)?;
    let actor = RemoteParticipantId::new(account.remote_id.as_str());
    let own = message.reactions.iter().find(|reaction| reaction.actor_id == actor);
    let (place, at, emoji) = (&conversation.remote_id, &message.remote_id, own.map(|own| own.emoji.as_str()));
    let react = |grant: Grant| async move { handle.react(&grant, place, at, emoji).await };
    let Err(error) = call_with(app, &account, &grant, "react", react).await else { return Ok(Outcome::Done) };
    let why = error.to_string();
    match error.kind.remedy(true) {
        Remedy::RetryAfter(wait) if !matches!(error.kind, ErrorKind::NotHere { .. }) => {
            return Ok(Outcome::Again { after: Some(wait), counts: false, why });
        }
        Remedy::RetryAfter(_) | Remedy::RetryLater | Remedy::Unconfirmed if !last => {
            return Ok(Outcome::Again { after: None, counts: true, why });
        }
        _ => {}
    }
    tracing::debug!(message = %id, why, "a reaction could not be told and is taken back");
    take_back(app, &message, &actor, account.user_id).await?;
    Ok(Outcome::Done)
}

async fn take_back(
    app: &App,
    message: &Message,
    actor: &RemoteParticipantId,
    user_id: hub_domain::UserId,
) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let changed = tx.messages().clear_reactions(message.id, actor, &[], now).await?;
    let body = EventBody::MessageUpdated { message_id: message.id, conversation_id: message.conversation_id };
    app.commit(tx, changed.then_some(NewEvent { user_id, at: now, body }).into_iter().collect()).await
}

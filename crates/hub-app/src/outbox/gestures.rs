//! What a person does besides writing: reacting, typing, looking through the prepared messages. The platform is asked while
//! the person waits; only a reaction that another process must take there is left to a job.

use crate::accounts::grants::{call_with, open_grant};
use crate::{App, AppError, Caller, Result, jobs};
use hub_domain::{Account, AccountId, Conversation, ConversationId, EventBody, MessageId, RemoteParticipantId};
use hub_platform_kit::card::Feature;
use hub_platform_kit::platform::Template;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, PlatformHandle};
use hub_store::NewEvent;

/// Longest reaction in characters: an emoji may be several.
const MAX_EMOJI_CHARS: usize = 32;

/// Puts the account's reaction to a message there, or takes it away.
pub async fn react(app: &App, caller: &Caller, id: MessageId, emoji: Option<&str>) -> Result<()> {
    if emoji.is_some_and(|emoji| emoji.is_empty() || emoji.chars().count() > MAX_EMOJI_CHARS) {
        return Err(AppError::Invalid("\"emoji\" must be one emoji".to_owned()));
    }
    let message = app.store().read().messages().find(caller.user_id, id).await?;
    let message = message.ok_or(AppError::NotFound("Message"))?;
    let (conversation, account, grant) = open(app, caller, message.conversation_id).await?;
    if message.remote_id.as_str().starts_with("hub:") {
        return Err(AppError::Invalid("This message has not been sent yet.".to_owned()));
    }
    let handle = offering(app, &account, Feature::Reactions, "reacting to messages")?;
    let (place, at) = (&conversation.remote_id, &message.remote_id);
    let react = |grant: Grant| async move { handle.react(&grant, place, at, emoji).await };
    let left = match call_with(app, &account, &grant, "react", react).await {
        Ok(()) => true,
        // A worker of the process that can takes it there.
        Err(error) if matches!(error.kind, ErrorKind::NotHere { .. }) => false,
        Err(error) => return Err(said(&account, error)),
    };
    let actor = RemoteParticipantId::new(account.remote_id.as_str());
    let now = app.now();
    let tx = app.store().begin().await?;
    let keep: Vec<String> = emoji.map(str::to_owned).into_iter().collect();
    let mut changed = tx.messages().clear_reactions(id, &actor, &keep, now).await?;
    if let Some(emoji) = emoji {
        changed |= tx.messages().react(id, &actor, emoji, true, now).await?;
    }
    let body = EventBody::MessageUpdated { message_id: id, conversation_id: conversation.id };
    let told = NewEvent { user_id: caller.user_id, at: now, body };
    if !left {
        tx.jobs().enqueue_many(&[jobs::tell_reaction(id, now)]).await?;
    }
    app.commit(tx, changed.then_some(told).into_iter().collect()).await?;
    if !left {
        app.bus().wake_workers();
    }
    Ok(())
}

/// Shows the other person that somebody is typing.
pub async fn typing(app: &App, caller: &Caller, id: ConversationId) -> Result<()> {
    let (conversation, account, grant) = open(app, caller, id).await?;
    let latest = app.store().read().messages().latest_incoming(id).await?;
    let handle = offering(app, &account, Feature::Typing, "showing that somebody is typing")?;
    let (place, latest) = (&conversation.remote_id, latest.as_ref());
    let show = |grant: Grant| async move { handle.typing(&grant, place, latest).await };
    let outcome = call_with(app, &account, &grant, "show_typing", show).await;
    outcome.map_err(|error| said(&account, error))
}

/// The prepared messages of one of the caller's accounts.
pub async fn templates(app: &App, caller: &Caller, id: AccountId) -> Result<Vec<Template>> {
    let account = app.store().read().accounts().find(caller.user_id, id).await?.ok_or(AppError::AccountNotFound)?;
    if !account.is_active {
        return Err(AppError::AccountNotFound);
    }
    let (account, grant) = open_grant(app, id).await?;
    let handle = app.handle_of(&account)?;
    let list = |grant: Grant| async move { handle.templates(&grant).await };
    let listed = call_with(app, &account, &grant, "list_templates", list).await;
    listed.map_err(|error| said(&account, error))
}

async fn open(app: &App, caller: &Caller, id: ConversationId) -> Result<(Conversation, Account, Grant)> {
    let found = app.store().read().conversations().find(caller.user_id, id).await?;
    let conversation = found.ok_or(AppError::ConversationForbidden)?;
    let (account, grant) = open_grant(app, conversation.account_id).await?;
    Ok((conversation, account, grant))
}

/// The account's platform, if an account linked like this can do it.
fn offering<'a>(app: &'a App, account: &Account, feature: Feature, what: &str) -> Result<&'a PlatformHandle> {
    let handle = app.handle_of(account)?;
    if handle.card().offers(feature, account.method.as_deref()) {
        return Ok(handle);
    }
    Err(said(account, PlatformError::unsupported(what)))
}

fn said(account: &Account, error: PlatformError) -> AppError {
    AppError::Platform { platform: account.platform_name.clone(), error }
}

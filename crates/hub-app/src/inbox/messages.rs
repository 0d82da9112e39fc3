//! Messages as the inbox shows them: opened, with links to their files.

use super::seal;
use crate::media::links::Target;
use crate::{App, AppError, Caller, Result, media};
use hub_domain::{ConversationId, Message, MessageId, UserId};
use hub_store::{ListMessages, Page, StoredMessage};

/// A message, opened, with one signed link per file.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    /// The message.
    pub message: Message,
    /// One link per attachment, in order, relative to the hub.
    pub media_links: Vec<String>,
    /// The message it answers, if that one is known here.
    pub reply_to: Option<MessageId>,
}

/// Opens a stored message for one user.
pub(crate) fn view(app: &App, user: UserId, stored: StoredMessage) -> MessageView {
    let reply_to = stored.reply_to_id;
    let message = seal::open(app.sealer(), stored);
    let media_links =
        message.content.attachments.iter().map(|a| media::links::sign(app, Target::File(a.id), user)).collect();
    MessageView { message, media_links, reply_to }
}

fn page(app: &App, user: UserId, stored: Page<StoredMessage>) -> Page<MessageView> {
    Page { total: stored.total, items: stored.items.into_iter().map(|m| view(app, user, m)).collect() }
}

/// A conversation's messages, newest first.
pub async fn list_messages(
    app: &App,
    caller: &Caller,
    conversation: ConversationId,
    query: &ListMessages,
) -> Result<Page<MessageView>> {
    let stored = app.store().read().messages().list(caller.user_id, conversation, query).await?;
    Ok(page(app, caller.user_id, stored.ok_or(AppError::ConversationForbidden)?))
}

/// The newest messages over all active accounts.
pub async fn list_all_messages(app: &App, caller: &Caller, query: &ListMessages) -> Result<Page<MessageView>> {
    let stored = app.store().read().messages().list_all(caller.user_id, query).await?;
    Ok(page(app, caller.user_id, stored))
}

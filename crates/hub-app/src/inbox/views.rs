//! Turns events into what clients are shown, by reading the rows they name: many events, few queries.

use super::conversations::UnreadCount;
use super::messages::{MessageView, view};
use crate::media::with_avatar;
use crate::{App, Result};
use hub_domain::{Account, AccountId, Conversation, ConversationId, EventBody, HubEvent, MessageId, UserId};
use hub_store::{Notice, StoredMessage};
use std::collections::{HashMap, HashSet};

/// An event with the rows it is about, as they are now.
#[derive(Clone, Debug)]
pub struct EventView {
    /// The event.
    pub event: HubEvent,
    /// The message it is about.
    pub message: Option<MessageView>,
    /// The conversation it is about.
    pub conversation: Option<Conversation>,
    /// The user's unread counts, where the contract sends them.
    pub unread: Option<UnreadCount>,
    /// The notice it is about.
    pub notice: Option<Notice>,
    /// The account it is about.
    pub account: Option<Account>,
}

/// Reads the rows of many events. An event whose row is gone is left out.
pub async fn views(app: &App, events: &[HubEvent]) -> Result<Vec<EventView>> {
    let session = app.store().read();
    let message_ids: HashSet<MessageId> = events.iter().filter_map(|e| e.body.message_id()).collect();
    let conversation_ids: HashSet<ConversationId> = events.iter().filter_map(|e| e.body.conversation_id()).collect();
    let messages: HashMap<MessageId, StoredMessage> = session
        .messages()
        .many(&message_ids.into_iter().collect::<Vec<_>>())
        .await?
        .into_iter()
        .map(|m| (m.id, m))
        .collect();
    // A conversation is shown to its owner only, whatever the event says.
    let conversations: HashMap<(ConversationId, UserId), Conversation> = session
        .conversations()
        .many(&conversation_ids.into_iter().collect::<Vec<_>>())
        .await?
        .into_iter()
        .map(|(conversation, owner)| ((conversation.id, owner), with_avatar(app, owner, conversation)))
        .collect();
    let mut unread: HashMap<UserId, UnreadCount> = HashMap::new();
    let mut accounts: HashMap<AccountId, Account> = HashMap::new();
    let mut notices: HashMap<uuid::Uuid, Notice> = HashMap::new();
    for event in events {
        match &event.body {
            body if counts_unread(body) => {
                if let std::collections::hash_map::Entry::Vacant(slot) = unread.entry(event.user_id) {
                    let rows = session.conversations().unread_by_platform(event.user_id).await?;
                    slot.insert(UnreadCount::from_rows(rows));
                }
            }
            EventBody::AccountChanged { account_id } if !accounts.contains_key(account_id) => {
                if let Some(account) = session.accounts().find(event.user_id, *account_id).await? {
                    accounts.insert(account.id, account);
                }
            }
            EventBody::Notice { notice, .. } => {
                if let Some(found) = session.notices().get(*notice).await? {
                    notices.insert(found.id, found);
                }
            }
            _ => {}
        }
    }
    let mut shown = Vec::with_capacity(events.len());
    for event in events {
        let conversation = event.body.conversation_id().and_then(|id| conversations.get(&(id, event.user_id)).cloned());
        if event.body.conversation_id().is_some() && conversation.is_none() {
            continue;
        }
        let message =
            event.body.message_id().and_then(|id| messages.get(&id).cloned()).map(|m| view(app, event.user_id, m));
        if event.body.message_id().is_some() && message.is_none() {
            continue;
        }
        let account = match &event.body {
            EventBody::AccountChanged { account_id } => match accounts.get(account_id) {
                Some(account) => Some(account.clone()),
                None => continue,
            },
            _ => None,
        };
        let notice = match &event.body {
            EventBody::Notice { notice, .. } => match notices.get(notice) {
                Some(notice) => Some(notice.clone()),
                None => continue,
            },
            _ => None,
        };
        let counts = counts_unread(&event.body).then(|| unread.get(&event.user_id).cloned()).flatten();
        shown.push(EventView { event: event.clone(), message, conversation, unread: counts, notice, account });
    }
    Ok(shown)
}

fn counts_unread(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::MessageReceived { .. } | EventBody::MessageRead { .. } | EventBody::ConversationUpdated { .. }
    )
}

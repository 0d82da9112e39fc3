//! Everybody's messages. What they say is private: the list does not show it, and whoever opens a message or looks for words
//! leaves a line in the log, without the words.
//!
//! Words rest sealed, so that no database can look for them. They are looked for here instead: the messages that fit every
//! other filter are opened, newest first, up to [`MOST_OPENED`] of them at a time; the answer says how many were looked
//! through and where to go on.

use crate::inbox::seal;
use crate::{App, AppError, Caller, Result};
use hub_domain::{Conversation, ConversationId, Message, MessageId, UserId};
use hub_store::{FindMessages, Place, Slice, StoredMessage};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Messages that one search for words opens.
pub const MOST_OPENED: u32 = 5_000;
/// Messages read in one go while words are looked for.
const STRETCH: u32 = 500;
/// After this long a search reads no further stretch and says where it stopped.
const LONGEST: Duration = Duration::from_secs(5);

/// A message with where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageFile {
    /// The message, opened.
    pub message: Message,
    /// Its conversation.
    pub conversation: Conversation,
    /// Whose it is.
    pub user_id: UserId,
    /// Their address.
    pub owner: String,
}

/// What a search brought.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundMessages {
    /// The messages.
    pub slice: Slice<MessageFile>,
    /// How many were opened to look for words; `None` = no words were looked for.
    pub opened: Option<u32>,
}

/// A part of the messages, the newest first; with `words`, those that say them in any case of letters.
pub async fn find_messages(
    app: &App,
    caller: &Caller,
    query: &FindMessages,
    words: Option<&str>,
) -> Result<FoundMessages> {
    let Some(words) = words else {
        let found = app.store().read().admin().messages(query).await?;
        let items = placed(app, opened(app, found.items)).await?;
        return Ok(FoundMessages { slice: Slice { items, next: found.next }, opened: None });
    };
    let (found, next, read) = look_for(app, query, words).await?;
    tracing::info!(admin = %caller.user_id, opened = read, found = found.len(), what = "words looked for", "administration");
    Ok(FoundMessages { slice: Slice { items: placed(app, found).await?, next }, opened: Some(read) })
}

/// One of them, with what it says.
pub async fn open_message(app: &App, caller: &Caller, id: MessageId) -> Result<MessageFile> {
    let stored = app.store().read().admin().message(id).await?.ok_or(AppError::NotFound("Message"))?;
    let file = placed(app, opened(app, vec![stored])).await?.pop().ok_or(AppError::NotFound("Message"))?;
    let user = file.user_id;
    tracing::info!(admin = %caller.user_id, %user, message = %id, what = "message opened", "administration");
    Ok(file)
}

/// Opens stretch after stretch until enough is found, all is read, or a bound is reached.
async fn look_for(app: &App, query: &FindMessages, words: &str) -> Result<(Vec<Message>, Option<Place>, u32)> {
    let words = words.to_lowercase();
    let most = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let mut stretch = FindMessages { limit: STRETCH, ..query.clone() };
    let (mut found, mut read) = (Vec::new(), 0_u32);
    let started = Instant::now();
    loop {
        let part = app.store().read().admin().messages(&stretch).await?;
        let is_last = part.next.is_none();
        for message in opened(app, part.items) {
            stretch.after = Some(Place { at: message.sent_at, id: message.id.0 });
            read = read.saturating_add(1);
            if says(&message, &words) {
                found.push(message);
                if found.len() == most {
                    return Ok((found, stretch.after, read));
                }
            }
        }
        if is_last {
            return Ok((found, None, read));
        }
        if read >= MOST_OPENED || started.elapsed() >= LONGEST {
            return Ok((found, stretch.after, read));
        }
    }
}

/// True when a message, or the name of one of its files, has the words in it.
fn says(message: &Message, words: &str) -> bool {
    let text = message.content.text.as_deref();
    let names = message.content.attachments.iter().filter_map(|file| file.file_name.as_deref());
    text.into_iter().chain(names).any(|said| said.to_lowercase().contains(words))
}

fn opened(app: &App, stored: Vec<StoredMessage>) -> Vec<Message> {
    stored.into_iter().map(|message| seal::open(app.sealer(), message)).collect()
}

/// Adds where messages stand. One whose conversation went meanwhile is left out.
async fn placed(app: &App, messages: Vec<Message>) -> Result<Vec<MessageFile>> {
    let session = app.store().read();
    let mut ids: Vec<ConversationId> = messages.iter().map(|message| message.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let conversations = session.conversations().many(&ids).await?;
    let mut owners: Vec<UserId> = conversations.iter().map(|(_, owner)| *owner).collect();
    owners.sort_unstable();
    owners.dedup();
    let emails: HashMap<UserId, String> = session.admin().emails(&owners).await?.into_iter().collect();
    let places: HashMap<ConversationId, (Conversation, UserId)> =
        conversations.into_iter().map(|(conversation, owner)| (conversation.id, (conversation, owner))).collect();
    let files = messages.into_iter().filter_map(|message| {
        let (conversation, user_id) = places.get(&message.conversation_id)?.clone();
        let owner = emails.get(&user_id).cloned().unwrap_or_default();
        Some(MessageFile { message, conversation, user_id, owner })
    });
    Ok(files.collect())
}

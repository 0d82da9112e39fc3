//! Reading back: the chats with something new, and what changed in them. Brings what no notification told.

use super::Teams;
use super::api::{listed, next};
use super::delivery::{Page, PageChat};
use super::mapping::Chat;
use super::wire::instant;
use async_trait::async_trait;
use chrono::TimeDelta;
use hub_domain::Timestamp;
use hub_platform_kit::platform::{History, HistoryPage, ReadSoFar};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::time::Duration;

/// Pages of messages read in one go; each costs a call.
const PAGES_AT_ONCE: usize = 10;
/// Bytes of answers after which a page is full.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Pages read of one chat in one run, of fifty messages each.
const MAX_PAGES_PER_CHAT: u32 = 40;
/// A run goes back so often to where it has no link to follow.
const MAX_RETURNS: u32 = 8;
/// Chats in which nobody spoke for this long are not looked into for edits and reactions.
const QUIET: TimeDelta = TimeDelta::days(7);
/// What happens while the list is read may be listed nowhere; so much is read again.
const OVERLAP: TimeDelta = TimeDelta::seconds(30);

/// How far reading has got.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Cursor {
    /// Up to when everything was read by an earlier run.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// What `since` becomes when this run is through; `None` = no run is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    then: Option<Timestamp>,
    /// Where the list of chats goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    chats: Option<String>,
    /// Chats still to be read.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    todo: VecDeque<Chat>,
    /// Where the first of them goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<String>,
    /// Pages read of it.
    #[serde(skip_serializing_if = "is_zero")]
    pages: u32,
    /// How often this run went back because a link led nowhere any more.
    #[serde(skip_serializing_if = "is_zero")]
    returns: u32,
}

impl Cursor {
    /// Whether to forget a link that failed: links end, and what lies behind one is found again without it.
    fn goes_back(&mut self, error: &PlatformError) -> bool {
        let leads_nowhere = is_lost(error) || error.kind == ErrorKind::UnexpectedReply;
        let goes_back = leads_nowhere && self.returns < MAX_RETURNS;
        self.returns += u32::from(goes_back);
        goes_back
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[async_trait]
impl History for Teams {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, _wait: Duration) -> Result<HistoryPage> {
        let mut cursor: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let begins = cursor.then.is_none();
        let mut page = Page::new(grant.remote_id.as_str(), cursor.since);
        if cursor.todo.is_empty() {
            self.list(grant, &mut cursor).await?;
        }
        let waiting = cursor.todo.len();
        let (mut found, mut bytes) = (false, 0);
        for turn in 0..PAGES_AT_ONCE {
            if bytes >= MAX_BYTES || cursor.todo.is_empty() {
                break;
            }
            match self.read(grant, &mut cursor).await {
                Ok((chat, size)) => {
                    bytes += size;
                    found |= !chat.messages.is_empty() || chat.chat.read > cursor.since;
                    page.add(chat);
                }
                Err(error) if turn == 0 => return Err(error),
                // What was read so far is kept; the next call starts where this one stopped.
                Err(_) => break,
            }
        }
        let more = !cursor.todo.is_empty() || cursor.chats.is_some();
        let count = |chats: usize| u32::try_from(chats).unwrap_or(u32::MAX);
        // As long as the list goes on nobody knows how many there are.
        let left = cursor.chats.is_none().then(|| count(cursor.todo.len()));
        let progress = Some(ReadSoFar { read: count(waiting.saturating_sub(cursor.todo.len())), left });
        if !more {
            // Nothing happened: nothing is kept, and the next run asks the same.
            if begins && !found && cursor.since.is_some() {
                return Ok(HistoryPage { events: Vec::new(), raw: bytes::Bytes::new(), next: None, more, progress });
            }
            cursor = Cursor { since: cursor.then.max(cursor.since), ..Cursor::default() };
        }
        let spoiled = |_| PlatformError::new(ErrorKind::UnexpectedReply, "the answer cannot be kept");
        Ok(HistoryPage {
            events: page.events(),
            raw: serde_json::to_vec(&page).map_err(spoiled)?.into(),
            next: Some(serde_json::to_string(&cursor).map_err(spoiled)?),
            more,
            progress,
        })
    }

    /// Reading back and being called go together.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }
}

impl Teams {
    /// Reads on in the list of chats, the latest first, as far as there may be something new.
    async fn list(&self, grant: &Grant, cursor: &mut Cursor) -> Result<()> {
        let said = match self.api.chats(grant.token(), cursor.chats.as_deref()).await {
            Err(error) if cursor.chats.is_some() && cursor.goes_back(&error) => {
                self.api.chats(grant.token(), None).await?
            }
            answer => answer?,
        };
        let chats = listed(&said.value)?;
        if cursor.then.is_none() {
            // By the platform's clock: ours may be another.
            let latest = || chats.iter().filter_map(spoken).max();
            cursor.then = Some(said.at.or_else(latest).map_or(Timestamp::UNIX_EPOCH, |at| at - OVERLAP));
        }
        let quiet = |chat: &&Value| {
            let limit = cursor.since.map(|since| since - QUIET);
            matches!((spoken(chat), limit), (Some(at), Some(limit)) if at < limit)
        };
        let ends = chats.iter().any(|chat| quiet(&chat));
        let known = chats.iter().filter(|chat| !quiet(chat));
        cursor.todo.extend(known.filter_map(|chat| Chat::of(chat, grant.remote_id.as_str())));
        cursor.chats = next(&said.value).filter(|_| !ends);
        Ok(())
    }

    /// Reads a page of the first chat that is to be read, and how large it was. One that may not be seen any more is empty.
    async fn read(&self, grant: &Grant, cursor: &mut Cursor) -> Result<(PageChat, usize)> {
        let Some(chat) = cursor.todo.front().cloned() else { return Ok((PageChat::default(), 0)) };
        let first = async |since| self.api.messages(grant.token(), &chat.id, since).await;
        let answer = match &cursor.messages {
            None => first(cursor.since).await,
            Some(link) => match self.api.page(grant.token(), link).await {
                Err(error) if cursor.goes_back(&error) => first(cursor.since).await,
                answer => answer,
            },
        };
        let (messages, following, size) = match answer {
            Ok(said) => (listed(&said.value)?.to_vec(), next(&said.value), said.size),
            Err(error) if is_lost(&error) => (Vec::new(), None, 0),
            Err(error) => return Err(error),
        };
        cursor.pages += 1;
        // The first time one page of each chat is enough: the past is long.
        cursor.messages = following.filter(|_| cursor.since.is_some() && cursor.pages < MAX_PAGES_PER_CHAT);
        if cursor.messages.is_none() {
            cursor.pages = 0;
            cursor.todo.pop_front();
        }
        Ok((PageChat { chat, messages }, size))
    }
}

/// When somebody last said something in a chat.
fn spoken(chat: &Value) -> Option<Timestamp> {
    let preview = chat.get("lastMessagePreview").and_then(|preview| instant(preview, "createdDateTime"));
    preview.or_else(|| instant(chat, "lastUpdatedDateTime"))
}

fn is_lost(error: &PlatformError) -> bool {
    matches!(error.kind, ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::BadInput)
}

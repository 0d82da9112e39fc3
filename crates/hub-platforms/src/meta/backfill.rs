//! Reading conversations back, a few at a time. The platform tells no more than the newest twenty messages of each.

use super::graph::{Graph, plain};
use super::messaging::threads::ReadBack;
use crate::values::{id, words, written_instant};
use hub_domain::Timestamp;
use hub_platform_kit::platform::{HistoryPage, ReadSoFar};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Conversations asked for at once; each costs a further call, and two calls a second are allowed.
const CONVERSATIONS: usize = 10;
/// Bytes of answers after which a page is full.
const MAX_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Whose conversations are read, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mailbox<'a> {
    /// The account's id.
    pub(crate) account: &'a str,
    /// A further id under which the account speaks.
    pub(crate) also: Option<&'a str>,
    /// The thing that has the conversations: a page's id, or `me`.
    pub(crate) owner: &'a str,
    /// The platform's word for these conversations.
    pub(crate) platform: &'static str,
    /// Members of a conversation that are asked for.
    pub(crate) conversation_fields: &'static str,
    /// Members of its messages that are asked for.
    pub(crate) message_fields: &'static str,
}

/// How far reading has got.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Cursor {
    /// The platform's mark of the page being read.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// Conversations of that page that were read already.
    #[serde(skip_serializing_if = "is_zero")]
    skip: usize,
    /// Up to when everything was read by an earlier run.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// What `since` becomes when this run is through.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Reads on from `cursor`.
pub(crate) async fn pull(
    graph: &Graph,
    token: &str,
    mailbox: Mailbox<'_>,
    cursor: Option<&str>,
) -> Result<HistoryPage> {
    let mut cursor: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let listing = conversations(graph, token, mailbox, cursor.after.as_deref()).await?;
    let listed = listed(&listing)?;
    let updated = |one: &Value| written_instant(one.get("updated_time"));
    cursor.newest = cursor.newest.max(listed.iter().filter_map(updated).max());
    let also = mailbox.also.map(str::to_owned).into_iter().collect();
    let mut page = ReadBack::new(mailbox.account, also, cursor.since);
    let (mut done, mut bytes, mut met_the_known) = (0, 0, false);
    for conversation in listed.iter().skip(cursor.skip) {
        if cursor.since.is_some_and(|since| updated(conversation).is_some_and(|at| at < since)) {
            met_the_known = true;
            break;
        }
        if bytes >= MAX_PAGE_BYTES {
            break;
        }
        match messages(graph, token, mailbox, conversation).await {
            Ok(Some((answer, size))) => {
                bytes += size;
                page.add(conversation.clone(), answer);
            }
            Ok(None) => {}
            Err(error) if done == 0 => return Err(error),
            // What was read so far is kept; the next call starts where this one stopped.
            Err(_) => break,
        }
        done += 1;
    }
    let read = cursor.skip + done;
    let through = met_the_known || read >= listed.len();
    let next = next(&listing).filter(|_| !met_the_known && !listed.is_empty());
    let left = match (through, &next) {
        (_, Some(_)) => None,
        (true, None) => Some(0),
        (false, None) => Some(count(listed.len() - read)),
    };
    let (cursor, more) = match (through, next) {
        (false, _) => (Cursor { skip: read, ..cursor }, true),
        (true, Some(after)) => (Cursor { after: Some(after), skip: 0, ..cursor }, true),
        (true, None) => (Cursor { since: cursor.newest.max(cursor.since), ..Cursor::default() }, false),
    };
    let spoiled = |_| PlatformError::new(ErrorKind::UnexpectedReply, "the answer cannot be kept");
    Ok(HistoryPage {
        events: page.events(),
        raw: serde_json::to_vec(&page).map_err(spoiled)?.into(),
        next: Some(serde_json::to_string(&cursor).map_err(spoiled)?),
        more,
        progress: Some(ReadSoFar { read: count(done), left }),
    })
}

fn count(conversations: usize) -> u32 {
    u32::try_from(conversations).unwrap_or(u32::MAX)
}

async fn conversations(graph: &Graph, token: &str, mailbox: Mailbox<'_>, after: Option<&str>) -> Result<Value> {
    let mut call = graph
        .get(format!("{}/conversations", mailbox.owner))
        .query("platform", mailbox.platform)
        .query("fields", mailbox.conversation_fields)
        .query("limit", CONVERSATIONS.to_string());
    if let Some(after) = after {
        call = call.query("after", after);
    }
    call.token(token).account(mailbox.account).ask().await
}

/// The newest messages of a conversation and the size of the answer; `None` when the platform does not tell them any more.
async fn messages(
    graph: &Graph,
    token: &str,
    mailbox: Mailbox<'_>,
    conversation: &Value,
) -> Result<Option<(Value, usize)>> {
    let Some(thread) = conversation.get("id").and_then(id).filter(|id| plain(id).is_ok()) else { return Ok(None) };
    let fields = format!("messages{{{}}}", mailbox.message_fields);
    let call = graph.get(thread).query("fields", fields).token(token).account(mailbox.account);
    match call.ask_raw::<Value>().await {
        Ok((answer, raw)) => Ok(Some((answer, raw.body.len()))),
        Err(error) => match error.kind {
            ErrorKind::NotFound | ErrorKind::BadInput | ErrorKind::Rejected => Ok(None),
            _ => Err(error),
        },
    }
}

/// What a listing lists. An answer without a list is no empty one: it must not look like the end.
pub(crate) fn listed(listing: &Value) -> Result<&[Value]> {
    let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the answer lists nothing");
    listing.get("data").and_then(Value::as_array).map(Vec::as_slice).ok_or_else(odd)
}

/// The mark of the following page. The address beside it holds the token, so it is never used or kept.
pub(crate) fn next(listing: &Value) -> Option<String> {
    let paging = listing.get("paging")?;
    words(paging.get("next"))?;
    words(paging.get("cursors")?.get("after"))
}

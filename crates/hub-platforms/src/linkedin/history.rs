//! Reading: what was said before a page was linked, what a notification kept to itself, and everything that no notification
//! told of. A member's messages come no other way.

use super::api::{COMMENTS, NOTIFICATIONS};
use super::errors::odd_answer;
use super::mapping::{self, Lost, ReadBack};
use super::urn::CommentUrn;
use super::wire::{Comment, elements, has_next, name_of, number, text};
use super::{LinkedIn, NAME_FACT, READS_FACT, is_page};
use async_trait::async_trait;
use bytes::Bytes;
use hub_platform_kit::platform::{History, HistoryPage};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Comments of a page of them whose answers are read; each costs a call.
const MAX_ANSWERED: usize = 10;
/// Pages of notifications read in one run.
const MAX_PAGES: usize = 250;
/// Pages of a post's comments.
const MAX_COMMENT_PAGES: usize = 3;
/// Pages of comments read in one go.
const POSTS_AT_ONCE: usize = 10;
/// Posts that are looked through again and again where notifications cannot be asked for.
const MAX_POSTS_AGAIN: usize = 3;
/// Pages of old private messages.
const MAX_ROW_PAGES: usize = 50;
/// Milliseconds that are read twice, because notifications may come to light late.
const OVERLAP_MS: i64 = 10 * 60 * 1000;

/// How far reading has got.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Cursor {
    /// What was said before the account was linked is read.
    begun: bool,
    /// The run that is under way reads the past from notifications, because posts could not be listed.
    past: bool,
    /// Notifications cannot be asked for: posts are looked through instead.
    by_posts: bool,
    /// Posts whose comments are still to be read, with their titles.
    posts: Vec<(String, Option<String>)>,
    /// Where to go on in the list that is being read.
    start: usize,
    /// Everything until then was read, in milliseconds.
    since: i64,
    /// What `since` becomes when this run is through.
    newest: i64,
}

#[async_trait]
impl History for LinkedIn {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, _wait: Duration) -> Result<HistoryPage> {
        let cursor: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        if !is_page(grant) {
            return self.pull_member(grant, cursor).await;
        }
        let since = cursor.since;
        let outcome = if cursor.begun && !cursor.by_posts {
            self.told(grant, cursor).await
        } else {
            self.said(grant, cursor).await
        };
        match outcome {
            // The sign-in stands, but not for this page any more: whoever looks at the account must hear of that.
            Err(error) if error.kind == ErrorKind::Rejected && error.status == Some(403) => {
                let page = ReadBack::lost(grant.remote_id.as_str(), Lost::PageAccess, since);
                Ok(HistoryPage { next: None, ..finished(&page, &Cursor::default(), false)? })
            }
            other => other,
        }
    }

    /// Reading and being called go together.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }
}

impl LinkedIn {
    /// Reads what was said under the newest posts, some of them at a time.
    async fn said(&self, grant: &Grant, mut cursor: Cursor) -> Result<HistoryPage> {
        let first = !cursor.begun;
        let mut page = ReadBack::new(grant.remote_id.as_str(), first);
        if cursor.posts.is_empty() {
            self.list_posts(grant, &mut cursor).await?;
        }
        for read in 0..POSTS_AT_ONCE {
            let Some((post, title)) = cursor.posts.first().cloned() else { break };
            match self.comments(grant, &post, cursor.start).await {
                Ok((comments, more)) => {
                    page.add_thread(&post, title.as_deref(), comments);
                    if more && cursor.start / COMMENTS + 1 < MAX_COMMENT_PAGES {
                        cursor.start += COMMENTS;
                        continue;
                    }
                }
                // A post that is gone hides no other.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                // What was read so far is kept; the next reading starts where this one stopped.
                Err(_) if read > 0 => break,
                Err(error) => return Err(error),
            }
            cursor.posts.remove(0);
            cursor.start = 0;
        }
        let through = cursor.posts.is_empty();
        cursor.begun |= through;
        // Behind the past comes what was told meanwhile.
        finished(&page, &cursor, first || !through)
    }

    /// Lists the newest posts, whose comments are read next.
    async fn list_posts(&self, grant: &Grant, cursor: &mut Cursor) -> Result<()> {
        match self.api.posts(grant).await {
            Ok((listing, at)) => {
                cursor.posts = elements(&listing, "elements").iter().filter_map(post).collect();
                // From this moment on notifications tell what is new.
                cursor.since = at.map_or(cursor.since, |at| at.timestamp_millis());
                cursor.past = at.is_none();
            }
            // Notifications tell of the past as well.
            Err(error) if !cursor.begun && is_final(&error) => cursor.past = true,
            Err(error) => return Err(error),
        }
        if cursor.begun {
            cursor.posts.truncate(MAX_POSTS_AGAIN);
        }
        Ok(())
    }

    /// Comments of a post with the answers to them, and whether there are more.
    async fn comments(&self, grant: &Grant, post: &str, start: usize) -> Result<(Vec<Value>, bool)> {
        let listing = self.api.comments(grant, post, start).await?;
        let mut comments: Vec<Value> = elements(&listing, "elements").to_vec();
        let read: Vec<Comment> = comments.iter().filter_map(Comment::listed).collect();
        let here = |urn: &CommentUrn| read.iter().filter(|one| one.parent.as_ref() == Some(urn)).count();
        let unread = read.iter().filter(|one| usize::try_from(one.answers).is_ok_and(|all| all > here(&one.urn)));
        for comment in unread.take(MAX_ANSWERED) {
            match self.api.comments(grant, &comment.urn.full(), 0).await {
                Ok(answers) => {
                    let known =
                        |one: &Value| Comment::listed(one).is_some_and(|one| read.iter().any(|it| it.urn == one.urn));
                    comments.extend(elements(&answers, "elements").iter().filter(|one| !known(one)).cloned());
                }
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok((comments, has_next(&listing)))
    }

    /// Reads what the platform told of the page, or wanted to tell, since the last time.
    async fn told(&self, grant: &Grant, mut cursor: Cursor) -> Result<HistoryPage> {
        let mut page = ReadBack::new(grant.remote_id.as_str(), cursor.past);
        let since = cursor.since.saturating_sub(OVERLAP_MS).max(0);
        let listing = match self.api.notifications(grant, since, cursor.start).await {
            Ok(listing) => listing,
            Err(error) if matches!(error.kind, ErrorKind::BadInput | ErrorKind::NotFound) => {
                tracing::warn!(%error, "LinkedIn does not list notifications; the newest posts are looked through instead");
                return self.said(grant, Cursor { by_posts: true, ..cursor }).await;
            }
            Err(error) => return Err(error),
        };
        let told = elements(&listing, "elements");
        let newest = told.iter().filter_map(|one| number(one, "lastModifiedAt")).max();
        cursor.newest = cursor.newest.max(newest.unwrap_or_default());
        for urn in page.add_notifications(told) {
            match self.api.comment(grant, &urn).await {
                Ok(comment) => page.add_comment(comment),
                Err(error) if error.kind == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let more = !told.is_empty() && has_next(&listing) && cursor.start / NOTIFICATIONS + 1 < MAX_PAGES;
        if told.is_empty() && !cursor.past && cursor.start == 0 {
            return Ok(nothing());
        }
        if more {
            cursor.start += NOTIFICATIONS;
        } else {
            cursor = Cursor { begun: true, since: cursor.newest.max(cursor.since), ..Cursor::default() };
        }
        finished(&page, &cursor, more)
    }

    /// Reads a member's old messages first and their log ever after; without their permission nothing is asked.
    async fn pull_member(&self, grant: &Grant, mut cursor: Cursor) -> Result<HistoryPage> {
        if grant.facts.get(READS_FACT).and_then(Value::as_bool) != Some(true) {
            return Ok(nothing());
        }
        let mut page = ReadBack::new(grant.remote_id.as_str(), !cursor.begun);
        if !cursor.begun {
            let rows = self.api.old_messages(grant, cursor.start).await?;
            let more = rows.as_ref().is_some_and(has_next) && cursor.start + 1 < MAX_ROW_PAGES;
            for domain in rows.iter().flat_map(|rows| elements(rows, "elements")) {
                page.add_rows(elements(domain, "snapshotData"), grant.fact(NAME_FACT));
            }
            cursor = Cursor { begun: !more, start: if more { cursor.start + 1 } else { 0 }, ..Cursor::default() };
            return finished(&page, &cursor, true);
        }
        let listing = self.api.log(grant, cursor.since).await?;
        let entries = elements(&listing, "elements");
        page.add_log(entries);
        // The question includes its start, so the last entry comes again; a page of nothing else is the end.
        let Some(latest) = mapping::latest_of_log(entries).filter(|latest| *latest > cursor.since) else {
            return Ok(nothing());
        };
        let total = listing.get("paging").and_then(|paging| number(paging, "total"));
        let more = total.is_some_and(|total| usize::try_from(total).is_ok_and(|all| all > entries.len()));
        cursor.since = latest;
        finished(&page, &cursor, more)
    }
}

/// A page without anything on it.
fn nothing() -> HistoryPage {
    HistoryPage { events: Vec::new(), raw: Bytes::new(), next: None, more: false, progress: None }
}

fn finished(page: &ReadBack, cursor: &Cursor, more: bool) -> Result<HistoryPage> {
    let spoiled = |_| odd_answer();
    Ok(HistoryPage {
        events: page.events(),
        raw: serde_json::to_vec(page).map_err(spoiled)?.into(),
        next: Some(serde_json::to_string(cursor).map_err(spoiled)?),
        more,
        progress: None,
    })
}

/// A no that stays one.
fn is_final(error: &PlatformError) -> bool {
    matches!(error.kind, ErrorKind::NotFound | ErrorKind::BadInput)
}

/// A post's name, and what its thread is called.
fn post(value: &Value) -> Option<(String, Option<String>)> {
    let title = text(value, "commentary").as_deref().and_then(mapping::title);
    Some((name_of(value, "id")?, title))
}

//! Reading back: the last thirty days at first, later only what is new. Newest first, so how far an unfinished run has got and
//! what was known before it are both remembered.

use super::Twitter;
use super::ids;
use super::mapping::ReadBack;
use async_trait::async_trait;
use hub_platform_kit::platform::{History, HistoryPage};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Events of a page, when there is much to read.
const PAGE: u32 = 100;
/// Events of the page that only looks whether there is news: every event that is told costs money.
const LOOK: u32 = 10;

/// How far reading has got.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
struct Cursor {
    /// The platform's mark of the page that comes next.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// The newest event an earlier run had read; everything older is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// What `since` becomes when this run is through.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
}

#[async_trait]
impl History for Twitter {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, _wait: Duration) -> Result<HistoryPage> {
        let before: Cursor = cursor.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let size = if before.since.is_some() && before.page.is_none() { LOOK } else { PAGE };
        let body = match self.api.events(grant.token(), size, before.page.as_deref()).await {
            // A mark the platform no longer knows: the run begins anew, and what it brings twice is known.
            Err(error) if error.kind == ErrorKind::BadInput && before.page.is_some() => {
                return Ok(HistoryPage {
                    events: Vec::new(),
                    raw: bytes::Bytes::from_static(b"{}"),
                    next: Some(written(&Cursor { page: None, ..before })?),
                    more: false,
                    progress: None,
                });
            }
            outcome => outcome?,
        };
        let page = ReadBack::new(grant.remote_id.as_str(), before.since.as_deref(), body);
        let after = before.clone().after(&page);
        let more = after.page.is_some();
        let events = page.events(self.settings.unescape_text);
        let raw = serde_json::to_vec(&page.document()).map_err(|_| spoiled())?.into();
        let next = if after == before { None } else { Some(written(&after)?) };
        Ok(HistoryPage { events, raw, next, more, progress: None })
    }

    /// Reading back and being called go together.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }
}

impl Cursor {
    fn after(self, page: &ReadBack) -> Self {
        let newest = page.ids().max().into_iter().chain(self.newest.as_deref().and_then(ids::number)).max();
        let newest = newest.map(|id| id.to_string());
        match page.next().filter(|_| !page.meets_the_known()) {
            Some(next) => Self { page: Some(next.to_owned()), since: self.since, newest },
            // An account that has nothing yet has read everything all the same: what comes next is news.
            None => {
                Self { page: None, since: newest.max_id(self.since).or_else(|| Some("0".to_owned())), newest: None }
            }
        }
    }
}

/// The larger of two ids, as numbers.
trait MaxId {
    fn max_id(self, other: Self) -> Self;
}

impl MaxId for Option<String> {
    fn max_id(self, other: Self) -> Self {
        let place = |id: &Self| id.as_deref().and_then(ids::number);
        if place(&self) >= place(&other) { self } else { other }
    }
}

fn written(cursor: &Cursor) -> Result<String> {
    serde_json::to_string(cursor).map_err(|_| spoiled())
}

fn spoiled() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "the answer cannot be kept")
}

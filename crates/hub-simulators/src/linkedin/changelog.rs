//! `/rest/memberChangeLogs`: what happened to a member in the last 28 days, from their consent on.

use super::app::PORTABILITY;
use super::authorise::denied;
use super::call::Call;
use super::error::{Outcome, RestError, shown};
use super::handle::Platform;
use super::restli::bad_parameter;
use super::token::{DAY, Grant};
use serde_json::{Value, json};

/// Milliseconds that entries are kept.
const KEPT: i64 = 28 * DAY;
/// Entries of a page: at least, at most, and without a number.
const COUNTS: (i64, i64, i64) = (10, 50, 10);

impl Platform {
    /// The grant of a call about a member's own data, and when they gave it; only the law's members have such.
    pub(super) fn portable(&self, call: &Call) -> Result<(Grant, i64), RestError> {
        let (grant, _) = self.authorise_for(call, &PORTABILITY)?;
        let state = self.state();
        if !state.members.get(&grant.member).is_some_and(|member| member.eea) {
            return Err(denied(call));
        }
        let key = (grant.client_id.clone(), grant.member.clone());
        let since = state.grants.get(&key).map_or(0, |(_, since)| *since);
        Ok((grant, since))
    }

    pub(super) fn changelog(&self, call: &Call) -> Outcome {
        let (grant, since) = self.portable(call)?;
        if call.plain("q")?.as_deref() != Some("memberAndApplication") {
            return Err(bad_parameter("q"));
        }
        let (least, most, otherwise) = COUNTS;
        let count = call.number("count")?.unwrap_or(otherwise);
        if !(least..=most).contains(&count) {
            return Err(bad_parameter("count"));
        }
        let start = call.number("startTime")?.unwrap_or_default();
        let state = self.state();
        let now = state.now_ms();
        let oldest = since.max(now - KEPT).max(start);
        let theirs = state.inbox.events.iter().filter(|event| event.owner == grant.member);
        let mut wanted: Vec<_> = theirs.filter(|event| (oldest..=now).contains(&event.processed_at)).collect();
        wanted.sort_by_key(|event| event.processed_at);
        let total = wanted.len();
        let count = usize::try_from(count).unwrap_or_default();
        let elements: Vec<&Value> = wanted.iter().take(count).map(|event| &event.value).collect();
        let body = json!({
            "paging": {"start": 0, "count": count, "links": [], "total": total}, "elements": elements,
        });
        drop(state);
        Ok(shown(body))
    }
}

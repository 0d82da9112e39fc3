//! `/rest/organizationalEntityNotifications`: what was told of a page in the last 60 days, for apps that missed it.

use super::authorise::ADMIN;
use super::call::Call;
use super::error::{Outcome, shown};
use super::handle::Platform;
use super::organizations::page;
use super::restli::bad_parameter;
use super::token::DAY;
use super::urn;
use serde_json::Value;

/// Milliseconds that notifications are kept.
const KEPT: i64 = 60 * DAY;
/// Everything that is told of a page.
pub(super) const ACTIONS: [&str; 7] =
    ["COMMENT", "ADMIN_COMMENT", "COMMENT_EDIT", "COMMENT_DELETE", "LIKE", "SHARE", "SHARE_MENTION"];

impl Platform {
    pub(super) fn notifications(&self, call: &Call) -> Outcome {
        let (grant, _) = self.authorise_for(call, &ADMIN)?;
        if call.plain("q")?.as_deref() != Some("criteria") {
            return Err(bad_parameter("q"));
        }
        let entity = call.required("organizationalEntity")?;
        let organization = urn::id(&entity, "organization").ok_or_else(|| bad_parameter("organizationalEntity"))?;
        self.must_administer(&grant, organization)?;
        let actions = call.list("actions")?.ok_or_else(|| bad_parameter("actions"))?;
        if actions.iter().any(|action| !ACTIONS.contains(&action.as_str())) {
            return Err(bad_parameter("actions"));
        }
        let range = call.record("timeRange")?.unwrap_or_default();
        let bound = |name: &str, otherwise: i64| match range.get(name) {
            Some(text) => text.parse().map_err(|_| bad_parameter("timeRange")),
            None => Ok(otherwise),
        };
        let (from, to) = (bound("start", 0)?, bound("end", i64::MAX)?);
        let post = call.plain("sourcePost")?;
        let state = self.state();
        let oldest = state.now_ms() - KEPT;
        let wanted = state.notices.iter().rev().filter(|kept| {
            let action = kept.notice["action"].as_str().unwrap_or_default();
            kept.organization == organization
                && kept.at >= oldest.max(from)
                && kept.at < to
                && actions.iter().any(|known| known == action)
                && post.as_deref().is_none_or(|post| kept.notice["sourcePost"] == post)
        });
        let listed = wanted.map(|kept| {
            let mut notice = kept.notice.clone();
            notice["subscriber"] = urn::person(&grant.member).into();
            notice
        });
        let listed: Vec<Value> = listed.collect();
        drop(state);
        Ok(shown(page(call, &listed, "/rest/organizationalEntityNotifications")?))
    }
}

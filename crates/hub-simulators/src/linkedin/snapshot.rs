//! `/rest/memberSnapshotData`: a member's old messages as rows without ids.

use super::call::Call;
use super::error::{Outcome, RestError, shown};
use super::handle::Platform;
use super::inbox::Direct;
use super::restli::bad_parameter;
use super::state::State;
use chrono::DateTime;
use serde_json::{Value, json};

/// Rows of one page.
const ROWS: usize = 100;
/// The domain of messages.
const DOMAIN: &str = "INBOX";

impl Platform {
    pub(super) fn snapshot(&self, call: &Call) -> Outcome {
        let (grant, _) = self.portable(call)?;
        if call.plain("q")?.as_deref() != Some("criteria") {
            return Err(bad_parameter("q"));
        }
        let domain = call.plain("domain")?.unwrap_or_else(|| DOMAIN.to_owned());
        let start = call.number("start")?.unwrap_or_default();
        let start = usize::try_from(start).map_err(|_| bad_parameter("start"))?;
        let state = self.state();
        let inside = |message: &&Direct| {
            let members = state.inbox.threads.get(&message.thread);
            members.is_some_and(|members| members.contains(&grant.member))
        };
        let mut messages: Vec<&Direct> = state.inbox.messages.values().filter(inside).collect();
        messages.sort_by_key(|message| message.created);
        messages.reverse();
        let rows: Vec<Value> =
            messages.iter().skip(start * ROWS).take(ROWS).map(|message| state.row(message)).collect();
        if domain != DOMAIN || rows.is_empty() {
            return Err(RestError::coded(404, 0, "NOT_FOUND", "No data found for this memberId"));
        }
        let mut links = Vec::new();
        if messages.len() > (start + 1) * ROWS {
            let href = format!("/rest/memberSnapshotData?q=criteria&domain={DOMAIN}&start={}&count=10", start + 1);
            links.push(json!({"type": "application/json", "rel": "next", "href": href}));
        }
        drop(state);
        Ok(shown(json!({
            "paging": {"start": start, "count": 10, "links": links},
            "elements": [{"snapshotDomain": DOMAIN, "snapshotData": rows}],
        })))
    }
}

impl State {
    fn row(&self, message: &Direct) -> Value {
        let name = |id: &str| self.members.get(id).map(super::app::Member::name).unwrap_or_default();
        let page = |id: &str| {
            let vanity = self.members.get(id).map(|member| member.vanity_name.clone()).unwrap_or_default();
            format!("https://www.linkedin.com/in/{vanity}")
        };
        let members = self.inbox.threads.get(&message.thread).cloned().unwrap_or_default();
        let others: Vec<&String> = members.iter().filter(|member| **member != message.author).collect();
        let at = DateTime::from_timestamp_millis(message.created).unwrap_or_default();
        json!({
            "CONVERSATION ID": message.thread, "CONVERSATION TITLE": "", "FROM": name(&message.author),
            "SENDER PROFILE URL": page(&message.author),
            "TO": others.iter().map(|id| name(id)).collect::<Vec<_>>().join(","),
            "RECIPIENT PROFILE URLS": others.iter().map(|id| page(id)).collect::<Vec<_>>(),
            "DATE": at.format("%Y-%m-%d %H:%M:%S UTC").to_string(), "SUBJECT": message.subject,
            "CONTENT": message.text, "FOLDER": "INBOX", "ATTACHMENTS": [],
        })
    }
}

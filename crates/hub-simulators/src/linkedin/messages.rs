//! `/v2/messages`: private messages, for approved partners only, to first-degree connections only.

use super::authorise::denied;
use super::call::Call;
use super::error::{Outcome, RestError, created};
use super::handle::Platform;
use super::urn;
use axum::http::Method;
use serde_json::Value;

/// Recipients of one message at most.
const MAX_RECIPIENTS: usize = 50;

impl Platform {
    pub(super) fn messages(&self, call: &Call) -> Outcome {
        let (grant, app) = self.authorise(call)?;
        // Nobody has an endpoint that reads.
        if !app.messages || call.method != Method::POST {
            return Err(denied(call));
        }
        let body = &call.body;
        let text = body["body"].as_str().filter(|text| !text.trim().is_empty());
        let required = "field is required but not found and has no default value";
        let text = text.ok_or_else(|| RestError::field("/body", required))?;
        if body["messageType"] != "MEMBER_TO_MEMBER" {
            return Err(RestError::field("/messageType", "is not MEMBER_TO_MEMBER"));
        }
        let mut state = self.state();
        let thread = match (body["recipients"].as_array(), body["thread"].as_str()) {
            (Some(named), None) if !named.is_empty() && named.len() <= MAX_RECIPIENTS => {
                let members: Vec<&str> =
                    named.iter().filter_map(Value::as_str).filter_map(|it| urn::id(it, "person")).collect();
                let connected =
                    |member: &&str| state.connections.contains(&(grant.member.clone(), (**member).to_owned()));
                if members.len() != named.len() || !members.iter().all(connected) {
                    let words = "Recipients must be first-degree connections of the sender";
                    return Err(RestError::coded(403, 100, "ACCESS_DENIED", words));
                }
                let all: Vec<&str> = members.into_iter().chain([grant.member.as_str()]).collect();
                state.thread_of(&all)
            }
            (None, Some(thread)) => thread.strip_prefix("urn:li:messagingThread:").unwrap_or(thread).to_owned(),
            _ => return Err(RestError::field("/recipients", "exactly one of recipients and thread must be there")),
        };
        let subject = body["subject"].as_str().unwrap_or_default();
        let id = state.write(&grant.member, &thread, text, subject, false);
        let id = id.ok_or_else(|| RestError::missing(&thread))?;
        drop(state);
        self.note_change();
        Ok(created(&format!("urn:li:message:{id}"), None))
    }
}

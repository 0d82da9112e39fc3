//! Lists of chats, and single ones.

use super::model::Chat;
use crate::teams::access::BASIC;
use crate::teams::call::Call;
use crate::teams::login::tokens::Grant;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};

/// What can be told beside a chat.
const EXPANSIONS: [&str; 2] = ["members", "lastMessagePreview"];

/// What is asked for beside chats.
fn expansions(call: &Call) -> Result<Vec<&str>, Problem> {
    let asked = call.list("$expand");
    match asked.iter().find(|name| !EXPANSIONS.contains(name)) {
        Some(wrong) => Err(Problem::bad_request(&format!(
            "Could not find a property named '{wrong}' on type 'microsoft.graph.chat'."
        ))),
        None => Ok(asked),
    }
}

/// The kind that `$filter` leaves; the topic cannot be filtered by here.
fn kind_filter(call: &Call) -> Result<Option<String>, Problem> {
    let Some(filter) = call.asked("$filter") else { return Ok(None) };
    let kind = filter.trim().strip_prefix("chatType eq '").and_then(|rest| rest.strip_suffix('\''));
    kind.map(|kind| Some(kind.to_owned())).ok_or_else(|| Problem::bad_request("The $filter is not supported."))
}

impl World {
    /// The caller and a chat they are in.
    pub(super) fn seat(&self, call: &Call, scopes: &[&str], chat: &str) -> Result<(Grant, &Chat), Problem> {
        let grant = self.person(call, scopes)?;
        let words = "No threads found for the given id.";
        let chat = self.chats.get(chat).ok_or_else(|| Problem::not_found(words))?;
        if !chat.has(&grant.user) {
            return Err(Problem::forbidden("AclCheckFailed-Access is denied."));
        }
        Ok((grant, chat))
    }

    /// `GET /me/chats`
    pub(in crate::teams) fn list_chats(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, BASIC)?.user;
        let expand = expansions(call)?;
        let kind = kind_filter(call)?;
        let by_preview = match call.asked("$orderby").map(str::trim) {
            None => false,
            Some("lastMessagePreview/createdDateTime desc") if expand.contains(&"lastMessagePreview") => true,
            Some(_) => return Err(Problem::bad_request("QueryOptions to order by are not supported.")),
        };
        let place = |chat: &Chat| {
            let last = chat.messages.iter().map(|message| message.created_ms).max().unwrap_or(chat.created_ms);
            (if by_preview { last } else { chat.updated_ms }, chat.id.clone())
        };
        let mine = self.chats.values().filter(|chat| chat.has(&me));
        let mine = mine.filter(|chat| kind.as_ref().is_none_or(|kind| kind == chat.kind.name()));
        let items = mine.map(|chat| (place(chat), chat.id.clone())).collect();
        let page = self.page(call, items)?;
        let chats: Vec<Value> = page
            .items
            .iter()
            .filter_map(|id| self.chats.get(id))
            .map(|chat| self.chat_shown(chat, &me, &expand, call.knows_new_values()))
            .collect();
        let mut body = json!({"@odata.context": self.context("chats"), "@odata.count": chats.len()});
        if let Some(next) = page.next {
            body["@odata.nextLink"] = next.into();
        }
        body["value"] = chats.into();
        Ok((200, body))
    }

    /// `GET /chats/{id}`
    pub(in crate::teams) fn one_chat(&self, call: &Call, id: &str) -> Outcome {
        let (me, chat) = self.seat(call, BASIC, id)?;
        let mut body = self.chat_shown(chat, &me.user, &expansions(call)?, call.knows_new_values());
        body["@odata.context"] = self.context("chats/$entity");
        Ok((200, body))
    }
}

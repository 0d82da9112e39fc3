//! Making chats. Two people have one chat only.

use super::model::{Chat, ChatKind, Member};
use crate::teams::access::CREATE;
use crate::teams::call::Call;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::{MAX_KEPT, World, opaque};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// People of a chat at most.
const MAX_MEMBERS: usize = 250;

/// The id of the chat of two people.
pub(in crate::teams) fn between(one: &str, other: &str) -> String {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    format!("19:{first}_{second}@unq.gbl.spaces")
}

impl World {
    /// Makes a chat, or finds the one of two people. The first one owns it.
    pub(in crate::teams) fn make_chat(&mut self, kind: ChatKind, topic: Option<&str>, people: &[String]) -> String {
        let id = match (kind, people) {
            (ChatKind::OneOnOne, [one, other]) => between(one, other),
            (ChatKind::Meeting, _) => {
                format!("19:meeting_{}@thread.v2", URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().to_string()))
            }
            _ => format!("19:{}@thread.v2", opaque(32)),
        };
        if self.chats.contains_key(&id) {
            return id;
        }
        if self.chats.len() >= MAX_KEPT {
            self.chats.pop_first();
        }
        let now = self.now_ms();
        let owns = |place: usize| kind == ChatKind::OneOnOne || place == 0;
        let members = people.iter().enumerate();
        let chat = Chat {
            id: id.clone(),
            kind,
            topic: topic.map(str::to_owned),
            tenant_id: people
                .first()
                .and_then(|user| self.users.get(user))
                .map(|user| user.tenant_id.clone())
                .unwrap_or_default(),
            created_ms: now,
            updated_ms: now,
            members: members.map(|(place, user)| Member { user: user.clone(), owner: owns(place) }).collect(),
            ..Chat::default()
        };
        self.chats.insert(id.clone(), chat);
        id
    }

    /// `POST /chats`
    pub(in crate::teams) fn create_chat(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, CREATE)?.user;
        let kind = call.text("chatType").and_then(ChatKind::named).filter(|kind| *kind != ChatKind::Meeting);
        let kind = kind.ok_or_else(|| Problem::bad_request("Chat type is required and must be oneOnOne or group."))?;
        let members: Vec<Value> = call.body["members"].as_array().cloned().unwrap_or_default();
        let mut people = Vec::new();
        for member in &members {
            let bound = member["user@odata.bind"].as_str().map(bound_user).or_else(|| member["userId"].as_str());
            let user = bound.ok_or_else(|| Problem::bad_request("Bad format for user@odata.bind."))?;
            if !self.users.contains_key(user) {
                return Err(Problem::not_found(&format!("User '{user}' was not found.")));
            }
            let roles = member["roles"].as_array().is_some_and(|roles| {
                roles.iter().filter_map(Value::as_str).any(|role| matches!(role, "owner" | "guest"))
            });
            if !roles {
                return Err(Problem::bad_request("Invalid role specified for member."));
            }
            people.push(user.to_owned());
        }
        if !people.contains(&me) {
            return Err(Problem::bad_request("The caller must be one of the members."));
        }
        let mut unique = people.clone();
        unique.sort_unstable();
        unique.dedup();
        if unique.len() != people.len() || people.len() > MAX_MEMBERS {
            return Err(Problem::bad_request(
                "Duplicate chat members, or too many, were specified in the request body.",
            ));
        }
        if kind == ChatKind::OneOnOne && (people.len() != 2 || call.text("topic").is_some()) {
            return Err(Problem::bad_request("A oneOnOne chat has two members and no topic."));
        }
        // The caller first: they own a group.
        people.sort_by_key(|user| *user != me);
        let id = self.make_chat(kind, call.text("topic"), &people);
        let mut body =
            self.chats.get(&id).map_or(Value::Null, |chat| self.chat_shown(chat, &me, &[], call.knows_new_values()));
        body["@odata.context"] = self.context("chats/$entity");
        Ok((201, body))
    }
}

/// The id in `…/users('id')` or `…/users/id`.
fn bound_user(text: &str) -> &str {
    let last = text.rsplit_once("users").map_or(text, |(_, last)| last);
    last.trim_matches(['(', ')', '\'', '/'])
}

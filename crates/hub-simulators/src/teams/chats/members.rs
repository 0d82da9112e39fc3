//! Who is in a chat, and how far somebody has read.

use crate::teams::access::{BASIC, WRITE};
use crate::teams::call::Call;
use crate::teams::deeds::Deed;
use crate::teams::moments;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};

impl World {
    /// `GET /chats/{id}/members`
    pub(in crate::teams) fn list_members(&self, call: &Call, id: &str) -> Outcome {
        let (_, chat) = self.seat(call, BASIC, id)?;
        let members: Vec<Value> = chat.members.iter().map(|member| self.member_shown(chat, member)).collect();
        let context = self.context(&format!("chats('{id}')/members"));
        Ok((200, json!({"@odata.context": context, "@odata.count": members.len(), "value": members})))
    }

    /// `POST /chats/{id}/markChatReadForUser` and `…UnreadForUser`: for the caller only.
    pub(in crate::teams) fn mark_read(&mut self, call: &Call, id: &str, unread: bool) -> Outcome {
        let me = self.seat(call, WRITE, id)?.0.user;
        match call.body["user"]["id"].as_str() {
            Some(user) if user == me => {}
            Some(_) => return Err(Problem::forbidden("The user in the body is not the one who calls.")),
            None => return Err(Problem::bad_request("The user is missing.")),
        }
        let now = self.now_ms();
        let at = if unread {
            let told = call.text("lastMessageReadDateTime").and_then(moments::read);
            told.ok_or_else(|| Problem::bad_request("lastMessageReadDateTime is missing."))?
        } else {
            now
        };
        if let Some(chat) = self.chats.get_mut(id) {
            chat.read.insert(me.clone(), at);
        }
        self.did(&me, id, None, if unread { Deed::Unread } else { Deed::Read });
        Ok((204, Value::Null))
    }
}

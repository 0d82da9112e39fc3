//! Chats and messages, as the API tells of them.

use super::model::{Chat, Member, Message, Sender};
use crate::teams::moments::written;
use crate::teams::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

impl World {
    /// A person, as messages name them.
    pub(in crate::teams) fn identity(&self, user: &str) -> Value {
        let known = self.users.get(user);
        json!({"@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": user,
            "displayName": known.map(|user| user.display_name.as_str()), "userIdentityType": "aadUser",
            "tenantId": known.map(|user| user.tenant_id.as_str())})
    }

    /// A person, as reactions and events name them: without a name.
    pub(in crate::teams) fn bare_identity(user: &str) -> Value {
        json!({"application": null, "device": null, "user": {"@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": user, "displayName": null, "userIdentityType": "aadUser"}})
    }

    fn from(&self, sender: &Sender) -> Value {
        match sender {
            Sender::Nobody => Value::Null,
            Sender::User(id) => {
                json!({"application": null, "device": null, "conversation": null, "user": self.identity(id)})
            }
            Sender::App { id, name } => {
                json!({"device": null, "conversation": null, "user": null,
                    "application": {"@odata.type": "#microsoft.graph.teamworkApplicationIdentity", "id": id,
                        "displayName": name, "applicationIdentityType": "bot"}})
            }
        }
    }

    /// A message; `new_values` = whether the caller knows the newer names of kinds.
    pub(in crate::teams) fn message_shown(&self, message: &Message, new_values: bool) -> Value {
        let gone = message.deleted_ms.is_some();
        let kind = match (&message.event, new_values) {
            (None, _) => "message",
            (Some(_), true) => "systemEventMessage",
            (Some(_), false) => "unknownFutureValue",
        };
        let body = if gone {
            json!({"contentType": "html", "content": ""})
        } else {
            json!({"contentType": if message.html { "html" } else { "text" }, "content": message.content})
        };
        let reactions: Vec<Value> = message
            .reactions
            .iter()
            .map(|reaction| {
                json!({"reactionType": reaction.kind, "displayName": name_of(&reaction.kind), "reactionContentUrl": null,
                    "createdDateTime": written(reaction.at_ms), "user": Self::bare_identity(&reaction.user)})
            })
            .collect();
        let unless_gone = |items: &[Value]| if gone { json!([]) } else { json!(items) };
        json!({"id": message.id.to_string(), "replyToId": null, "etag": message.modified_ms.to_string(),
            "messageType": kind, "createdDateTime": written(message.created_ms),
            "lastModifiedDateTime": written(message.modified_ms), "lastEditedDateTime": message.edited_ms.map(written),
            "deletedDateTime": message.deleted_ms.map(written), "subject": null, "summary": null,
            "chatId": message.chat, "importance": "normal", "locale": "en-us", "webUrl": null, "channelIdentity": null,
            "policyViolation": null, "eventDetail": message.event, "from": self.from(&message.from), "body": body,
            "attachments": unless_gone(&message.attachments), "mentions": unless_gone(&message.mentions),
            "reactions": reactions, "messageHistory": []})
    }

    /// A chat with what was asked for beside it.
    pub(super) fn chat_shown(&self, chat: &Chat, me: &str, expand: &[&str], new_values: bool) -> Value {
        let read = chat.read.get(me).copied().map(written);
        let mut told = json!({"id": chat.id, "topic": chat.topic, "createdDateTime": written(chat.created_ms),
            "lastUpdatedDateTime": written(chat.updated_ms), "chatType": chat.kind.name(),
            "webUrl": format!("https://teams.microsoft.com/l/chat/{}/0?tenantId={}", chat.id, chat.tenant_id),
            "tenantId": chat.tenant_id, "onlineMeetingInfo": null, "isHiddenForAllMembers": false,
            "viewpoint": {"isHidden": false, "lastMessageReadDateTime": read.unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned())}});
        if expand.contains(&"members") {
            told["members"] = chat.members.iter().map(|member| self.member_shown(chat, member)).collect();
        }
        if expand.contains(&"lastMessagePreview") {
            let last = chat.messages.iter().max_by_key(|message| message.created_ms);
            told["lastMessagePreview"] = last.map_or(Value::Null, |last| {
                let shown = self.message_shown(last, new_values);
                json!({"id": shown["id"], "createdDateTime": shown["createdDateTime"],
                    "isDeleted": last.deleted_ms.is_some(), "messageType": shown["messageType"],
                    "eventDetail": shown["eventDetail"], "body": shown["body"], "from": shown["from"]})
            });
        }
        told
    }

    /// Somebody in a chat.
    pub(super) fn member_shown(&self, chat: &Chat, member: &Member) -> Value {
        let user = self.users.get(&member.user).cloned().unwrap_or_default();
        let id = STANDARD.encode(format!("MCMjMCMj{}##{}##{}", user.tenant_id, chat.id, member.user));
        let mail = user.mail.clone().unwrap_or_else(|| user.user_principal_name.clone());
        let roles = if user.guest {
            json!(["guest"])
        } else if member.owner {
            json!(["owner"])
        } else {
            json!([])
        };
        json!({"@odata.type": "#microsoft.graph.aadUserConversationMember", "id": id, "roles": roles,
            "displayName": user.display_name, "userId": member.user, "email": mail, "tenantId": user.tenant_id,
            "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z"})
    }
}

/// What the client calls a sign.
fn name_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "👍" | "like" => "Like",
        "❤️" | "❤" | "heart" => "Heart",
        "😆" | "laugh" => "Laugh",
        "😮" | "surprised" => "Surprised",
        "🙁" | "sad" => "Sad",
        "😡" | "angry" => "Angry",
        _ => return None,
    })
}

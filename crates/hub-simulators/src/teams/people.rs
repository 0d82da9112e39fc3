//! People who act: they write, send files and pictures, mention, edit, delete, react, join and leave.

use super::chats::create::between;
use super::chats::hosted::Hosted;
use super::chats::model::{ChatKind, Draft, Member, Message, Sender};
use super::chats::quote::escaped;
use super::notices::item::Change;
use super::world::{User, World};
use bytes::Bytes;
use serde_json::{Value, json};

impl World {
    /// The chat of two people; made where there is none, as are people whom nobody knows.
    pub(super) fn direct(&mut self, one: &str, other: &str) -> String {
        let tenant = [one, other]
            .iter()
            .find_map(|id| self.users.get(*id))
            .map(|user| user.tenant_id.clone())
            .unwrap_or_default();
        for id in [one, other] {
            self.users.entry(id.to_owned()).or_insert_with(|| User::new(id, &tenant, "Somebody Else"));
        }
        let id = between(one, other);
        if self.chats.contains_key(&id) {
            return id;
        }
        self.make_chat(ChatKind::OneOnOne, None, &[one.to_owned(), other.to_owned()])
    }

    /// Somebody writes in a chat. `None` = there is no such chat.
    pub(super) fn write(&mut self, chat: &str, from: Sender, draft: Draft) -> Option<Message> {
        let message = self.keep(chat, from, draft, None)?;
        self.notify(&message, Change::Created);
        Some(message)
    }

    /// Somebody sends a file, which is at an address of theirs.
    pub(super) fn attach_file(
        &mut self,
        chat: &str,
        from: &str,
        words: &str,
        name: &str,
        url: &str,
    ) -> Option<Message> {
        let id = uuid::Uuid::new_v4().to_string();
        let attachment = json!({"id": id, "contentType": "reference", "contentUrl": url, "content": null, "name": name,
            "thumbnailUrl": null, "teamsAppId": null});
        let content = format!("<p>{}</p><attachment id=\"{id}\"></attachment>", escaped(words));
        let draft = Draft { attachments: vec![attachment], ..Draft::html(&content) };
        self.write(chat, Sender::User(from.to_owned()), draft)
    }

    /// Somebody sends a picture between their words.
    pub(super) fn attach_picture(
        &mut self,
        chat: &str,
        from: &str,
        words: &str,
        kind: &str,
        bytes: Bytes,
    ) -> Option<Message> {
        let message = self.keep(chat, Sender::User(from.to_owned()), Draft::html(""), None)?;
        let id = self.host(chat, message.id, Hosted { content_type: kind.to_owned(), bytes });
        let url = self.hosted_url(chat, message.id, &id);
        let content = format!(
            "<div><div>{}<span><img height=\"63\" src=\"{url}\" width=\"67\" style=\"vertical-align:bottom; width:67px; \
             height:63px\"></span></div></div>",
            escaped(words)
        );
        let kept = self.chats.get_mut(chat)?.messages.iter_mut().find(|kept| kept.id == message.id)?;
        kept.content = content;
        let message = kept.clone();
        self.notify(&message, Change::Created);
        Some(message)
    }

    /// The pictures of a message are gone, or are others: `None` = gone.
    pub(super) fn swap_pictures(&mut self, chat: &str, message: i64, bytes: Option<&Bytes>) {
        let is_its = |key: &(String, i64, String)| key.0 == chat && key.1 == message;
        match bytes {
            None => self.hosted.retain(|key, _| !is_its(key)),
            Some(bytes) => {
                for (_, picture) in self.hosted.iter_mut().filter(|(key, _)| is_its(key)) {
                    picture.bytes = bytes.clone();
                }
            }
        }
    }

    /// Somebody mentions somebody.
    pub(super) fn mention(&mut self, chat: &str, from: &str, whom: &str, words: &str) -> Option<Message> {
        let mut user = self.identity(whom);
        let name = user["displayName"].as_str().unwrap_or("somebody").to_owned();
        if let Some(user) = user.as_object_mut() {
            user.remove("tenantId");
        }
        let mention = json!({"id": 0, "mentionText": name, "mentioned": {"application": null, "device": null,
            "conversation": null, "tag": null, "user": user}});
        let content = format!("<p><at id=\"0\">{}</at>&nbsp;{}</p>", escaped(&name), escaped(words));
        let draft = Draft { mentions: vec![mention], ..Draft::html(&content) };
        self.write(chat, Sender::User(from.to_owned()), draft)
    }

    /// Somebody answers a message with a quote of it.
    pub(super) fn answer(&mut self, chat: &str, from: &str, quoted: i64, words: &str) -> Option<Message> {
        let quote = self.quote(self.chats.get(chat)?.message(quoted)?);
        let content = format!("<attachment id=\"{quoted}\"></attachment>\n<p>{}</p>", escaped(words));
        let draft = Draft { attachments: vec![quote], ..Draft::html(&content) };
        self.write(chat, Sender::User(from.to_owned()), draft)
    }

    /// Something happens that is no message: `detail` as the API names it.
    pub(super) fn happen(&mut self, chat: &str, detail: Value) -> Option<Message> {
        let now = self.now_ms();
        self.chats.get_mut(chat)?.updated_ms = now;
        let message = self.keep(chat, Sender::Nobody, Draft::html("<systemEventMessage/>"), Some(detail))?;
        self.notify(&message, Change::Created);
        Some(message)
    }

    /// A chat gets another name.
    pub(super) fn rename(&mut self, chat: &str, by: &str, topic: &str) -> Option<Message> {
        self.chats.get_mut(chat)?.topic = Some(topic.to_owned());
        let detail = json!({"@odata.type": "#microsoft.graph.chatRenamedEventMessageDetail", "chatId": chat,
            "chatDisplayName": topic, "initiator": Self::bare_identity(by)});
        self.happen(chat, detail)
    }

    /// Somebody is taken into a chat.
    pub(super) fn join(&mut self, chat: &str, by: &str, who: &str) -> Option<Message> {
        let kept = self.chats.get_mut(chat)?;
        if !kept.has(who) {
            kept.members.push(Member { user: who.to_owned(), owner: false });
        }
        let member = Self::bare_identity(who)["user"].clone();
        let detail = json!({"@odata.type": "#microsoft.graph.membersAddedEventMessageDetail",
            "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z", "members": [member],
            "initiator": Self::bare_identity(by)});
        self.happen(chat, detail)
    }

    /// Somebody leaves a chat, or is put out of it; they are not told any more.
    pub(super) fn leave(&mut self, chat: &str, by: &str, who: &str) -> Option<Message> {
        self.chats.get_mut(chat)?.members.retain(|member| member.user != who);
        let member = Self::bare_identity(who)["user"].clone();
        let detail = json!({"@odata.type": "#microsoft.graph.membersDeletedEventMessageDetail", "members": [member],
            "initiator": Self::bare_identity(by)});
        self.happen(chat, detail)
    }

    /// A call begins in a chat.
    pub(super) fn call_starts(&mut self, chat: &str, by: &str) -> Option<Message> {
        let detail = json!({"@odata.type": "#microsoft.graph.callStartedEventMessageDetail",
            "callId": uuid::Uuid::new_v4().to_string(), "callEventType": "call", "initiator": Self::bare_identity(by)});
        self.happen(chat, detail)
    }
}

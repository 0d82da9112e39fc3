//! People act: what it does to the thread, and which event tells of it.

use super::super::{Event, Expiry, Meta};
use super::message::Message;
use super::{Act, Inbox, Inboxes, Made, Person, samples};
use serde_json::{Value, json};

/// Edits of a message at most.
const MAX_EDITS: u32 = 5;
/// The id that a Page's stickers carry.
const STICKER: u64 = 369_239_263_222_822;

impl Inboxes {
    /// A person says something; gives the message's id.
    pub fn say(&self, account: &str, person: &str, text: &str) -> String {
        self.act(account, person, Act::Text(text.to_owned()))
    }

    /// A person does something; gives the id of the message it made or was about, or nothing. A person or account nobody
    /// knows: the person is made, an unknown account does nothing.
    pub fn act(&self, account: &str, person: &str, act: Act) -> String {
        self.meet(account, person);
        let (mid, event) = {
            let mut inboxes = self.all();
            let Some(inbox) = inboxes.get_mut(account) else { return String::new() };
            let (mid, key, content) = apply(inbox, person, act, self.meta());
            let content = content.map(|content| inbox.event(person, key, &content, self.meta()));
            (mid, content)
        };
        if let Some(event) = event {
            self.meta().emit(&event);
        }
        self.meta().note_change();
        mid
    }

    /// Any event of an account, as it stands in `messaging` or `standby`.
    pub fn raw_event(&self, account: &str, event: &Value, standby: bool) -> usize {
        let told = {
            let inboxes = self.all();
            let Some(inbox) = inboxes.get(account) else { return 0 };
            let known = event.as_object().and_then(|members| {
                members.keys().find(|key| !matches!(key.as_str(), "sender" | "recipient" | "timestamp"))
            });
            let key = known.map_or("message", String::as_str);
            let key = match key {
                _ if standby => "standby",
                "message" if event["message"]["is_echo"] == json!(true) => "echo",
                key => key,
            };
            inbox.wrapped(key, event, self.meta())
        };
        self.meta().emit(&told)
    }

    fn meet(&self, account: &str, person: &str) {
        let known = self.all().get(account).is_none_or(|inbox| inbox.people.contains_key(person));
        if !known {
            let person = Person { id: person.to_owned(), first_name: "Person".to_owned(), ..Person::default() };
            self.create_person(account, person);
        }
    }
}

impl Inbox {
    /// An event by a person.
    pub(super) fn event(&self, person: &str, key: &str, content: &Value, meta: &Meta) -> Event {
        let mut event =
            json!({"sender": {"id": person}, "recipient": {"id": self.account}, "timestamp": meta.now_ms()});
        event[key] = content.clone();
        self.wrapped(key, &event, meta)
    }

    /// An event in its entry.
    pub(super) fn wrapped(&self, key: &str, event: &Value, meta: &Meta) -> Event {
        let list = if key == "standby" { "standby" } else { "messaging" };
        let mut entry = json!({"id": self.account, "time": meta.now_ms()});
        entry[list] = json!([event]);
        Event {
            object: self.kind.object(),
            asset: self.asset.clone(),
            fields: self.kind.fields(key),
            fields_of_asset: self.kind != super::Kind::PageInstagram,
            entry,
        }
    }
}

/// Changes the thread; gives the message's id, the event's key and its content.
fn apply(inbox: &mut Inbox, person: &str, act: Act, meta: &Meta) -> (String, &'static str, Option<Value>) {
    let at = meta.now_ms();
    let instagram = inbox.kind.is_instagram();
    let opens = !matches!(act, Act::Read | Act::Unsend { .. } | Act::Unreact { .. });
    if opens {
        inbox.thread(person).last_act_ms = Some(at);
    }
    let written = match act {
        Act::Text(text) => json!({ "text": text }),
        Act::Reply { mid, text } if instagram => json!({"text": text, "reply_to": {"mid": mid}}),
        Act::Reply { mid, text } => json!({"text": text, "reply_to": {"mid": mid, "is_self_reply": false}}),
        Act::Files(files) => {
            json!({"attachments": files.iter().map(|made| attachment(made, instagram, meta)).collect::<Vec<_>>()})
        }
        Act::Message(message) => message,
        Act::QuickReply { text, payload } => json!({"text": text, "quick_reply": {"payload": payload}}),
        Act::StoryReply { text } => {
            let url = story(meta);
            json!({"text": text, "reply_to": {"story": {"url": url, "id": super::super::state::digits("17", 17)}}})
        }
        Act::StoryMention => json!({"attachments": [{"type": "story_mention", "payload": {"url": story(meta)}}]}),
        Act::Share if instagram => {
            let payload = json!({"ig_post_media_id": "18139494541428835", "title": "A post", "url": story(meta)});
            json!({"attachments": [{"type": "ig_post", "payload": payload}]})
        }
        Act::Share => {
            let payload = json!({"url": "https://www.facebook.com/permalink.php?story_fbid=1&id=2", "title": "A post"});
            json!({"attachments": [{"type": "post", "payload": payload}]})
        }
        Act::Unsupported => json!({"is_unsupported": true}),
        other => return without_message(inbox, person, other, at),
    };
    let mid = written["mid"].as_str().map_or_else(|| inbox.kind.message_id(), str::to_owned);
    let mut message = Message::new(mid.clone(), false, at);
    message.text = written["text"].as_str().map(str::to_owned);
    message.attachments = written["attachments"].as_array().cloned().unwrap_or_default();
    message.reply_to = written["reply_to"]["mid"].as_str().map(str::to_owned);
    message.unsupported = written["is_unsupported"] == json!(true);
    let thread = inbox.thread(person);
    thread.unread += 1;
    thread.keep(message);
    let mut told = written;
    told["mid"] = mid.clone().into();
    (mid, "message", Some(told))
}

fn without_message(inbox: &mut Inbox, person: &str, act: Act, at: i64) -> (String, &'static str, Option<Value>) {
    let instagram = inbox.kind.is_instagram();
    let made = inbox.kind.message_id();
    let thread = inbox.thread(person);
    match act {
        Act::Postback { title, payload } => {
            let told = json!({"mid": made, "title": title, "payload": payload});
            (made, "postback", Some(told))
        }
        Act::React { mid, emoji } => {
            if let Some(message) = thread.message(&mid) {
                message.reactions.retain(|(who, _)| who != person);
                message.reactions.push((person.to_owned(), emoji.clone()));
            }
            let told = json!({"mid": mid, "action": "react", "reaction": reaction_name(&emoji), "emoji": emoji});
            (mid, "reaction", Some(told))
        }
        Act::Unreact { mid } => {
            if let Some(message) = thread.message(&mid) {
                message.reactions.retain(|(who, _)| who != person);
            }
            let told = json!({"mid": mid, "action": "unreact"});
            (mid, "reaction", Some(told))
        }
        Act::Edit { mid, text } => {
            let Some(message) = thread.message(&mid).filter(|m| !m.from_account && m.edits < MAX_EDITS) else {
                return (String::new(), "message_edit", None);
            };
            message.edits += 1;
            message.text = Some(text.clone());
            let number = if instagram { json!(message.edits.to_string()) } else { json!(message.edits) };
            let told = json!({"mid": mid, "text": text, "num_edit": number});
            (mid, "message_edit", Some(told))
        }
        Act::Unsend { mid } => {
            if let Some(message) = thread.message(&mid) {
                message.deleted = true;
            }
            let told = instagram.then(|| json!({"mid": mid, "is_deleted": true}));
            (mid, "message", told)
        }
        Act::Referral { reference } => {
            let source = if instagram { "https://ig.me/m/shop" } else { "SHORTLINK" };
            let told = json!({"ref": reference, "source": source, "type": "OPEN_THREAD"});
            (String::new(), "referral", Some(told))
        }
        Act::Read => {
            let last = thread.messages.iter().rfind(|message| message.from_account).map(|m| m.mid.clone());
            match last {
                Some(mid) if instagram => (mid.clone(), "read", Some(json!({ "mid": mid }))),
                None if instagram => (String::new(), "read", None),
                last => (last.unwrap_or_default(), "read", Some(json!({ "watermark": at }))),
            }
        }
        _ => (String::new(), "message", None),
    }
}

/// Names that emojis have in events.
fn reaction_name(emoji: &str) -> &'static str {
    match emoji {
        "❤" | "❤️" => "love",
        "😆" => "haha",
        "😮" => "wow",
        "😢" => "sad",
        "😠" => "angry",
        "👍" => "like",
        "👎" => "dislike",
        _ => "other",
    }
}

fn story(meta: &Meta) -> String {
    meta.host_file(samples::file("image"), Expiry { status: 404, ..Expiry::default() })
}

fn attachment(made: &Made, instagram: bool, meta: &Meta) -> Value {
    let file = made.file.clone().unwrap_or_else(|| samples::file(&made.kind));
    let url = meta.host_file(file, Expiry::default());
    if made.kind == "sticker" {
        // Instagram shows stickers as pictures.
        let kind = if instagram { "image" } else { "sticker" };
        let mut payload = json!({ "url": url });
        if !instagram {
            payload["sticker_id"] = STICKER.into();
        }
        return json!({"type": kind, "payload": payload});
    }
    json!({"type": made.kind, "payload": {"url": url}})
}

//! Every recorded delivery becomes exactly the events its index entry names.

use super::fixtures::{self, Fixture};
use super::offline;
use crate::support::expect::Expected;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{Direction, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, Refusal, WebhookRequest};
use serde_json::Value;
use std::collections::HashSet;

/// What stands after a delivery, as the store would keep it.
#[derive(Default)]
pub(crate) struct State {
    messages: Vec<(Inbound, InboundMessage)>,
    /// Edits of messages that no delivery brought.
    updates: Vec<InboundMessage>,
    others: Vec<Inbound>,
    keys: HashSet<String>,
}

impl State {
    pub(crate) fn take(&mut self, parsed: Vec<Parsed>) {
        for one in parsed {
            let Parsed::Event(event) = one else { panic!("unreadable: {one:?}") };
            let new = self.keys.insert(event.event_key.clone());
            match event.body.clone() {
                InboundBody::Message(message) => {
                    if self.find(&message.conversation.id, &message.id).is_none() {
                        assert!(new, "a new message under a used key");
                        self.messages.push((event, *message));
                    }
                }
                InboundBody::Edited(message) => match self.find(&message.conversation.id, &message.id) {
                    Some(known) => {
                        known.content = message.content;
                        known.edited_at = message.edited_at;
                        assert_eq!(known.sent_at, message.sent_at);
                    }
                    None => self.updates.push(*message),
                },
                _ => self.others.push(event),
            }
        }
    }

    fn find(&mut self, conversation: &RemoteConversationId, id: &RemoteMessageId) -> Option<&mut InboundMessage> {
        self.messages.iter_mut().map(|(_, m)| m).find(|m| m.conversation.id == *conversation && m.id == *id)
    }

    /// Compares with the common part of an expectation.
    pub(crate) fn check(self, expected: &mut Expected) {
        let name = expected.whose().to_owned();
        let messages = expected.list("messages");
        assert_eq!(self.messages.len(), messages.len(), "{name}: messages");
        for ((event, message), expected) in self.messages.iter().zip(&messages) {
            check_message(event, message, Expected::of(expected, format!("{name} message")));
        }
        for contact in expected.list("contacts") {
            check_contact(&self.messages, Expected::of(&contact, format!("{name} contact")));
        }
        let updates = expected.list("message_updates");
        assert_eq!(self.updates.len(), updates.len(), "{name}: updates");
        for (edit, expected) in self.updates.iter().zip(&updates) {
            check_update(edit, Expected::of(expected, format!("{name} update")));
        }
        let (mut reactions, mut notices, mut account, mut ignored) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for event in &self.others {
            match &event.body {
                InboundBody::Reacted { .. } => reactions.push(&event.body),
                InboundBody::Notice { .. } => notices.push(event),
                InboundBody::AccountNotice { .. } => account.push(event),
                InboundBody::Ignored { reason } => {
                    assert!(!reason.is_empty() && !reason.contains(' '), "{name}: {reason} is no label");
                    ignored += 1;
                }
                other => panic!("{name}: nobody expects {other:?}"),
            }
        }
        check_reactions(&reactions, &expected.list("reactions"), &name);
        let events = expected.list("conversation_events");
        assert_eq!(notices.len(), events.len(), "{name}: conversation events");
        for (event, expected) in notices.iter().zip(&events) {
            check_notice(event, Expected::of(expected, format!("{name} event")));
        }
        let events = expected.list("account_events");
        assert_eq!(account.len(), events.len(), "{name}: account events");
        for (event, expected) in account.iter().zip(&events) {
            check_account_event(event, Expected::of(expected, format!("{name} account event")));
        }
        // The index words the reason for people; the adapter's is a label.
        assert_eq!(ignored, expected.list("ignored").len(), "{name}: ignored");
    }
}

fn check_message(event: &Inbound, message: &InboundMessage, mut expected: Expected) {
    let chat = message.conversation.id.as_str().to_owned();
    let is_for = |id: &str| event.accounts.iter().any(|account| account.as_str() == id);
    assert!(is_for(expected.take("account_id").as_str().unwrap()));
    if let Some(recipient) = expected.take("recipient_id").as_str() {
        // A private chat: the other side is the person, and accounts with that person's id hear of it too.
        assert!(is_for(recipient) && is_for(&chat), "{}: {:?}", expected.whose(), event.accounts);
        assert_eq!(message.conversation.participant_id.as_ref().unwrap().as_str(), chat);
    } else {
        assert_eq!(event.accounts.len(), 1, "{}: only the bot hears of a group", expected.whose());
    }
    expected.equal("conversation_id", chat.clone());
    expected.message_id("message_id", &chat, Some(&message.id));
    expected.equal("sender_id", message.sender.id.as_str());
    let direction = if message.direction == Direction::Incoming { "inbound" } else { "outbound" };
    expected.equal("direction", direction);
    let content = &message.content;
    let kinds: Vec<Value> = std::iter::once(expected.take("type")).chain(expected.list("type_also_ok")).collect();
    assert!(kinds.contains(&content.kind.as_str().into()), "{}: {:?}", expected.whose(), content.kind);
    let texts: Vec<Value> = std::iter::once(expected.take("text")).chain(expected.list("text_also_ok")).collect();
    assert!(texts.contains(&content.text.clone().into()), "{}: text", expected.whose());
    // Null says that it answers nothing: a topic's first message does not count.
    let answers = expected.take("reply_to_message_id");
    let full = answers.as_str().map(|id| format!("{chat}:{id}"));
    let replied = message.reply_to.as_ref().map(RemoteMessageId::as_str);
    assert!(replied == answers.as_str() || replied == full.as_deref(), "{}: answers {replied:?}", expected.whose());
    expected.instant("sent_at", Some(message.sent_at));
    expected.instant("edited_at", message.edited_at);
    let media = expected.list("media");
    assert_eq!(content.attachments.len(), media.len(), "{}: media", expected.whose());
    for (file, wanted) in content.attachments.iter().zip(&media) {
        let mut wanted = Expected::of(wanted, expected.whose());
        wanted.equal("kind", file.kind.as_str());
        wanted.equal("file_id", file.remote_ref.as_str());
        wanted.equal("file_unique_id", file.remote_unique_ref.clone());
        wanted.equal("mime_type", file.mime_type.clone());
        wanted.equal("filename", file.file_name.clone());
        wanted.equal("size", file.size);
        wanted.equal("width", file.width);
        wanted.equal("height", file.height);
        wanted.equal("duration_s", file.duration_s);
        wanted.equal("voice", file.flavour.as_deref() == Some("voice"));
        wanted.equal("round", file.flavour.as_deref() == Some("round"));
        wanted.equal("animated", file.flavour.as_deref() == Some("animation"));
        wanted.equal("emoji", content.details.emoji.clone());
        wanted.done();
    }
    let details = serde_json::to_value(&content.details).unwrap();
    for (name, own) in [("location", "location"), ("shared_contacts", "shared_contacts")] {
        expected.equal(name, details.get(own).cloned().unwrap_or_default());
    }
    if let Value::Object(origin) = expected.take("forwarded_from") {
        let mut wanted = Expected::new(&origin, expected.whose());
        let actual = content.details.forwarded_from.as_ref().unwrap();
        wanted.equal("type", actual.kind.as_str());
        wanted.equal("chat_id", actual.chat_id.clone());
        wanted.message_id("message_id", actual.chat_id.as_deref().unwrap(), actual.message_id.as_ref());
        wanted.instant("at", actual.at);
        wanted.done();
    }
    if let Value::Object(extra) = expected.take("extra") {
        let mut wanted = Expected::new(&extra, expected.whose());
        wanted.equal("thread_id", content.details.thread_id.clone());
        wanted.done();
    }
    expected.done();
}

/// The other person of a private chat is known by their whole name; a member of a group as messages are signed.
fn check_contact(messages: &[(Inbound, InboundMessage)], mut expected: Expected) {
    let id = expected.take("id");
    let (_, message) = messages.iter().find(|(_, m)| id == *m.sender.id.as_str()).unwrap();
    let sender = &message.sender;
    let username = expected.take("username");
    if !username.is_null() {
        assert_eq!(Value::from(sender.username.clone()), username);
    }
    expected.equal("is_bot", sender.is_bot);
    if message.conversation.participant_id.as_ref() == Some(&sender.id) {
        expected.equal("name", message.conversation.name.clone());
    } else if username.is_null() {
        expected.equal("name", sender.name.clone());
    } else {
        expected.take("name");
    }
    // The contract signs messages with the handle, else with the first name.
    let signed = username.as_str().map_or_else(|| sender.name.clone(), |name| Some(name.to_owned()));
    assert_eq!(sender.name, signed);
    expected.done();
}

fn check_update(edit: &InboundMessage, mut expected: Expected) {
    expected.equal("op", "edit");
    expected.equal("conversation_id", edit.conversation.id.as_str());
    expected.message_id("message_id", edit.conversation.id.as_str(), Some(&edit.id));
    expected.equal("text", edit.content.text.clone());
    expected.instant("at", edit.edited_at);
    assert!(edit.sent_at < edit.edited_at.unwrap(), "the time it was said stays");
    expected.done();
}

fn check_reactions(reactions: &[&InboundBody], expected: &[Value], name: &str) {
    let mut flat = Vec::new();
    for body in reactions {
        let InboundBody::Reacted { conversation, message, actor, added, removed, at, replaces: false } = body else {
            unreachable!()
        };
        flat.extend(removed.iter().map(|e| (conversation, message, actor, "remove", e, *at)));
        flat.extend(added.iter().map(|e| (conversation, message, actor, "add", e, *at)));
    }
    assert_eq!(flat.len(), expected.len(), "{name}: reactions");
    for ((conversation, message, actor, op, emoji, at), expected) in flat.into_iter().zip(expected) {
        let mut expected = Expected::of(expected, format!("{name} reaction"));
        expected.equal("op", op);
        expected.equal("conversation_id", conversation.as_str());
        expected.message_id("target_message_id", conversation.as_str(), Some(message));
        expected.equal("actor_id", actor.as_str());
        expected.equal("emoji", emoji.as_str());
        expected.instant("at", Some(at));
        expected.done();
    }
}

fn check_notice(event: &Inbound, mut expected: Expected) {
    let InboundBody::Notice { conversation, kind, actor, data, at, opens_window: false } = &event.body else {
        unreachable!()
    };
    let chat = conversation.id.as_str();
    expected.equal("type", kind.as_str());
    expected.equal("conversation_id", chat);
    expected.equal("actor_id", actor.as_ref().map(|a| a.as_str().to_owned()));
    expected.instant("at", *at);
    let id = data.get("message_id").and_then(Value::as_str).map(RemoteMessageId::from);
    expected.message_id("message_id", chat, id.as_ref());
    for name in ["member_ids", "title", "data", "callback_id"] {
        expected.equal(name, data.get(name).cloned().unwrap_or_default());
    }
    expected.done();
}

fn check_account_event(event: &Inbound, mut expected: Expected) {
    let InboundBody::AccountNotice { kind, data, at } = &event.body else { unreachable!() };
    expected.equal("type", kind.as_str());
    expected.instant("at", *at);
    for name in ["business_connection_id", "owner_id"] {
        expected.equal(name, data.get(name).cloned().unwrap_or_default());
    }
    expected.done();
}

fn request(fixture: &Fixture, file: &str) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: fixture.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect(),
        body: fixtures::payload(file).into(),
    }
}

#[test]
fn every_recorded_delivery_becomes_what_it_must() {
    let platform = offline();
    let mut seen = 0;
    for fixture in fixtures::all().into_iter().filter(|f| f.kind != "api-response") {
        let files: Vec<(&str, bool)> = match fixture.kind.as_str() {
            "webhook" => vec![(fixture.file.as_str(), false)],
            "webhook-sequence" => fixture.steps.iter().map(|s| (s.file.as_str(), s.redelivery)).collect(),
            other => panic!("unknown kind {other}"),
        };
        let mut expected = Expected::new(&fixture.expect, fixture.file.clone());
        let refused = expected.take("process") == Value::Bool(false);
        let mut state = State::default();
        for (file, redelivery) in files {
            let verified = platform.verify(&request(&fixture, file), &Keys::default());
            if refused {
                assert_eq!(verified.unwrap_err(), Refusal::BadSignature, "{file}");
                assert!(expected.take("http")["status_in"].as_array().unwrap().contains(&401.into()));
                continue;
            }
            let before = state.keys.len();
            state.take(platform.parse(&verified.unwrap()).unwrap());
            assert_eq!(state.keys.len() == before, redelivery, "{file}: a repeat, and only a repeat, has a known key");
        }
        state.check(&mut expected);
        expected.done();
        seen += 1;
    }
    assert_eq!(seen, 37);
}

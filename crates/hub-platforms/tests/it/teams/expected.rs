//! Compares what came of a payload with its entry in the index.

use super::ACCOUNT;
use crate::support::expect::Expected;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{ContentKind, Direction, Timestamp};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};
use std::collections::HashSet;

/// The events of a payload, by kind. Keys that are known already have no effect, as in the hub.
#[derive(Default)]
pub(crate) struct Outcome {
    messages: Vec<(Inbound, &'static str)>,
    reactions: Vec<Inbound>,
    notices: Vec<Inbound>,
    pub(crate) read_back: Vec<&'static str>,
    pub(crate) resubscribe: Vec<&'static str>,
}

impl Outcome {
    pub(crate) fn of(parsed: Vec<Parsed>, known: &mut HashSet<String>) -> Self {
        let mut outcome = Self::default();
        for one in parsed {
            let event = match one {
                Parsed::Event(event) => event,
                Parsed::ReadBack { account, why } => {
                    assert_eq!(account.as_str(), ACCOUNT);
                    outcome.read_back.push(why);
                    continue;
                }
                Parsed::Resubscribe { account, why } => {
                    assert_eq!(account.as_str(), ACCOUNT);
                    outcome.resubscribe.push(why);
                    continue;
                }
                Parsed::Unreadable(why) => panic!("unreadable: {why}"),
            };
            assert!(event.event_key.len() <= 255, "{}", event.event_key);
            assert_eq!(json!(event.accounts), json!([ACCOUNT]));
            if !known.insert(event.event_key.clone()) {
                continue;
            }
            match &event.body {
                InboundBody::Message(_) => outcome.messages.push((event, "create")),
                InboundBody::Edited(_) => outcome.messages.push((event, "edit")),
                InboundBody::Deleted { .. } => outcome.messages.push((event, "delete")),
                InboundBody::Reactions { standing, .. } if standing.is_empty() => {}
                InboundBody::Reactions { .. } => outcome.reactions.push(event),
                InboundBody::Notice { .. } => outcome.notices.push(event),
                InboundBody::Contact { .. } => {}
                other => panic!("nobody expects {other:?}"),
            }
        }
        outcome
    }

    /// Everything the entry names must be there, and nothing else.
    pub(crate) fn check(&self, mut expected: Expected) {
        let name = expected.whose().to_owned();
        let messages = expected.list("messages");
        assert_eq!(self.messages.len(), messages.len(), "{name}: messages");
        for message in &messages {
            let id = message["platform_message_id"].as_str().unwrap();
            let found = self.messages.iter().find(|(event, _)| ids(event).1 == id);
            let (event, op) = found.unwrap_or_else(|| panic!("{name}: no message {id}"));
            check_message(event, op, Expected::of(message, format!("{name} {id}")));
        }
        let activities = expected.list("activities");
        assert_eq!(self.reactions.len() + self.notices.len(), activities.len(), "{name}: activities");
        for activity in &activities {
            self.check_activity(Expected::of(activity, format!("{name} activity")));
        }
        assert!(expected.list("statuses").is_empty(), "{name}: statuses");
        self.check_account(expected.list("account_events"), &expected.list("fetch"), &name);
        expected.take("http");
        let processed = expected.take("process");
        if processed == false {
            let nothing = self.messages.is_empty() && self.reactions.is_empty() && self.notices.is_empty();
            assert!(nothing && self.read_back.is_empty() && self.resubscribe.is_empty(), "{name}: processed");
        }
        expected.done();
    }

    fn check_activity(&self, mut expected: Expected) {
        match expected.take("kind").as_str().unwrap() {
            "reaction" => {
                let InboundBody::Reactions { message, standing, .. } = &self.reactions[0].body else { unreachable!() };
                let [(actor, emoji, _)] = standing.as_slice() else { panic!("{standing:?}") };
                expected.equal("user_id", actor.as_str());
                expected.equal("value", emoji.as_str());
                expected.equal("message_id", message.as_str());
            }
            "system_event" => {
                let InboundBody::Notice { kind, data, actor, .. } = &self.notices[0].body else { unreachable!() };
                assert_eq!(kind, "title_changed");
                assert_eq!(data["title"], "Graph Members");
                assert!(actor.is_some());
                expected.equal("detail", data["event"].clone());
            }
            other => panic!("nobody compares {other}"),
        }
        expected.done();
    }

    /// What must be read or asked for is a job of the core; here it is only said.
    fn check_account(&self, events: Vec<Value>, fetch: &[Value], name: &str) {
        let mut subscribe = 0;
        for event in events {
            match event["kind"].as_str().unwrap() {
                "subscription_reauthorize" | "subscription_removed" => subscribe += 1,
                other => panic!("{name}: nobody compares {other}"),
            }
        }
        assert_eq!(self.resubscribe.len(), subscribe, "{name}: subscriptions");
        let reads = fetch.iter().filter(|one| one["method"] == "GET" || one["what"].is_string()).count();
        assert_eq!(self.read_back.len(), reads, "{name}: what must be read");
    }
}

/// Where an event happened, and to which message.
fn ids(event: &Inbound) -> (String, String) {
    match &event.body {
        InboundBody::Message(message) | InboundBody::Edited(message) => {
            (message.conversation.id.to_string(), message.id.to_string())
        }
        InboundBody::Deleted { conversation, messages, .. } => {
            let [message] = messages.as_slice() else { panic!("{messages:?}") };
            (conversation.to_string(), message.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn check_message(event: &Inbound, op: &str, mut expected: Expected) {
    let (chat, id) = ids(event);
    expected.equal("op", op);
    expected.equal("platform_conversation_id", chat);
    expected.equal("platform_message_id", id);
    match &event.body {
        InboundBody::Message(message) | InboundBody::Edited(message) => check_said(message, expected),
        InboundBody::Deleted { at, .. } => {
            expected.instant("deleted_at", *at);
            // The rest is known from the message itself.
            for known in ["conversation_type", "sender_id", "direction", "type", "text", "media", "sent_at"] {
                expected.take(known);
            }
            expected.done();
        }
        other => panic!("{other:?}"),
    }
}

fn check_said(message: &InboundMessage, mut expected: Expected) {
    let person = message.conversation.participant_id.as_ref().unwrap().as_str();
    let kind = if person == message.conversation.id.as_str() { "group" } else { "direct" };
    expected.equal("conversation_type", kind);
    expected.equal("sender_id", message.sender.id.as_str());
    expected.equal("sender_name", message.sender.name.clone());
    let direction = if message.direction == Direction::Outgoing { "outbound" } else { "inbound" };
    expected.equal("direction", direction);
    expected.equal("type", message.content.kind.as_str());
    let text = message.content.text.clone().unwrap_or_default();
    expected.take("text_also_ok");
    expected.equal("text", text);
    expected.instant("sent_at", Some(message.sent_at));
    expected.instant("edited_at", message.edited_at);
    expected.equal("reply_to_message_id", message.reply_to.as_ref().map(hub_domain::RemoteMessageId::as_str));
    for mention in expected.list("mentions") {
        let told = message.content.details.extra["mentions"].as_array().unwrap();
        assert!(told.contains(&mention), "{}: {mention} is not in {told:?}", expected.whose());
    }
    let media = expected.list("media");
    assert_eq!(message.content.attachments.len(), media.len(), "{}: media", expected.whose());
    for (file, media) in message.content.attachments.iter().zip(media) {
        let mut media = Expected::of(&media, format!("{} media", expected.whose()));
        media.equal("kind", file.kind.as_str());
        media.equal("url", file.remote_ref.as_str());
        media.equal("name", file.file_name.clone());
        // Only what lies at Graph can be fetched with the token; see `files_lie_at_graph_or_nowhere`.
        let needs_auth = file.kind == ContentKind::Image;
        media.equal("needs_auth", needs_auth);
        media.done();
    }
    expected.done();
}

/// The one message among events.
pub(crate) fn only_message(parsed: &[Parsed]) -> &InboundMessage {
    let mut found = parsed.iter().filter_map(|one| match one {
        Parsed::Event(Inbound { body: InboundBody::Message(message), .. }) => Some(&**message),
        _ => None,
    });
    let message = found.next().expect("a message");
    assert!(found.next().is_none(), "several messages");
    message
}

/// When the one deletion among events happened, as far as it is told.
pub(crate) fn deleted_at(parsed: &[Parsed]) -> Option<Timestamp> {
    let one = parsed.iter().find_map(|one| match one {
        Parsed::Event(Inbound { body: InboundBody::Deleted { at, .. }, .. }) => Some(*at),
        _ => None,
    });
    one.expect("a deletion")
}

//! Compares what came of a delivery with its entry in the index.

use crate::support::expect::Expected;
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage};
use hub_domain::{ContentKind, DeliveryStatus, Direction, RemoteConversationId};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

/// The events of a delivery, by kind.
#[derive(Default)]
pub(crate) struct Outcome {
    messages: Vec<(Inbound, InboundMessage)>,
    updates: Vec<Inbound>,
    reactions: Vec<Inbound>,
    statuses: Vec<Inbound>,
    people: Vec<Inbound>,
    contacts: Vec<ConversationRef>,
    account: Vec<Inbound>,
    ignored: usize,
}

impl Outcome {
    pub(crate) fn of(parsed: Vec<Parsed>) -> Self {
        let mut outcome = Self::default();
        let mut keys = std::collections::HashSet::new();
        for one in parsed {
            let Parsed::Event(event) = one else { panic!("unreadable: {one:?}") };
            assert!(keys.insert(event.event_key.clone()), "two events under {}", event.event_key);
            match event.body.clone() {
                InboundBody::Message(message) => outcome.messages.push((event, *message)),
                InboundBody::Edited(message) => {
                    outcome.contacts.push(message.conversation.clone());
                    outcome.updates.push(event);
                }
                InboundBody::Deleted { .. } => outcome.updates.push(event),
                InboundBody::Reacted { .. } => outcome.reactions.push(event),
                InboundBody::Status { .. } => outcome.statuses.push(event),
                InboundBody::Reidentified { .. } => outcome.people.push(event),
                InboundBody::Contact { conversation } => outcome.contacts.push(conversation),
                InboundBody::AccountNotice { .. } => outcome.account.push(event),
                InboundBody::Ignored { .. } => outcome.ignored += 1,
                other => panic!("nobody expects {other:?}"),
            }
        }
        outcome
    }

    /// Everything the entry names must be there, and nothing else; who a status went to may be told besides.
    pub(crate) fn check(&self, mut expected: Expected) {
        let name = expected.whose().to_owned();
        for (event, expected) in pairs(&self.messages, expected.list("messages"), &name, "messages") {
            check_message(&event.0, &event.1, expected);
        }
        for (event, expected) in pairs(&self.updates, expected.list("message_updates"), &name, "updates") {
            check_update(event, expected);
        }
        for (event, expected) in pairs(&self.reactions, expected.list("reactions"), &name, "reactions") {
            check_reaction(event, expected);
        }
        for (event, expected) in pairs(&self.statuses, expected.list("statuses"), &name, "statuses") {
            check_status(event, expected);
        }
        for (event, expected) in pairs(&self.people, expected.list("contact_events"), &name, "contact events") {
            check_person(event, expected);
        }
        for (event, expected) in pairs(&self.account, expected.list("account_events"), &name, "account events") {
            check_account(event, expected);
        }
        let contacts = expected.list("contacts");
        for contact in &contacts {
            self.check_contact(Expected::of(contact, format!("{name} contact")));
        }
        if self.statuses.is_empty() {
            let told = self.contacts.len() + self.messages.iter().filter(|(_, m)| is_new(m)).count();
            assert_eq!(told, contacts.len(), "{name}: contacts");
        }
        assert_eq!(self.ignored, expected.list("ignored").len(), "{name}: ignored");
        expected.done();
    }

    /// The contact as an event of its own, or as the conversation of a message.
    fn check_contact(&self, mut expected: Expected) {
        let (id, aliases) = (expected.take("id"), expected.take("aliases"));
        let said = self.messages.iter().map(|(_, message)| &message.conversation);
        let contact = said.chain(&self.contacts).find(|contact| json!(contact.id) == id).expect("no such contact");
        assert_eq!(json!(ids(contact)), aliases, "{}: aliases", expected.whose());
        expected.equal("name", contact.name.clone());
        let username = expected.take("username");
        for (_, message) in &self.messages {
            assert_eq!(json!(message.sender.username), username, "{}: username", expected.whose());
            assert_eq!(message.sender.name, contact.name, "{}: the sender's name", expected.whose());
        }
        expected.done();
    }
}

fn pairs<'a, T>(
    actual: &'a [T],
    expected: Vec<Value>,
    name: &str,
    what: &str,
) -> impl Iterator<Item = (&'a T, Expected)> {
    assert_eq!(actual.len(), expected.len(), "{name}: {what}");
    let name = format!("{name} {what}");
    actual.iter().zip(expected).map(move |(actual, expected)| (actual, Expected::of(&expected, name.clone())))
}

/// Echoes and history name no contact in the index.
fn is_new(message: &InboundMessage) -> bool {
    message.direction == Direction::Incoming && !message.history
}

fn ids(conversation: &ConversationRef) -> Vec<&RemoteConversationId> {
    std::iter::once(&conversation.id).chain(&conversation.aliases).collect()
}

fn is_for(event: &Inbound, account: &Value) -> bool {
    event.accounts.len() == 1 && json!(event.accounts[0]) == *account
}

fn check_message(event: &Inbound, message: &InboundMessage, mut expected: Expected) {
    let content = &message.content;
    let account = expected.take("account_id");
    assert!(is_for(event, &account), "{}: {:?}", expected.whose(), event.accounts);
    let outgoing = message.direction == Direction::Outgoing;
    expected.equal("direction", if outgoing { "outbound" } else { "inbound" });
    expected.equal("conversation_id", message.conversation.id.as_str());
    let aliases = expected.take("aliases");
    assert_eq!(json!(ids(&message.conversation)), aliases, "{}: aliases", expected.whose());
    assert_eq!(json!(message.conversation.participant_id), json!(message.conversation.id));
    expected.equal("message_id", message.id.as_str());
    expected.equal("sender_id", message.sender.id.as_str());
    let receiver = if outgoing { json!(message.conversation.id) } else { account };
    assert_eq!(expected.take("recipient_id"), receiver, "{}: recipient", expected.whose());
    expected.equal("type", content.kind.as_str());
    assert_eq!(expected.take("text"), json!(content.text), "{}: text", expected.whose());
    expected.instant("sent_at", Some(message.sent_at));
    assert_eq!(expected.take("history").as_bool().unwrap_or_default(), message.history, "{}", expected.whose());
    let media = expected.list("media");
    assert_eq!(content.attachments.len(), media.len(), "{}: media", expected.whose());
    for (file, wanted) in content.attachments.iter().zip(&media) {
        let mut wanted = Expected::of(wanted, expected.whose());
        wanted.equal("kind", file.kind.as_str());
        assert_eq!(file.kind, content.kind);
        wanted.equal("media_id", file.remote_ref.as_str());
        wanted.equal("sha256", file.remote_unique_ref.clone());
        wanted.equal("mime_type", file.mime_type.clone());
        wanted.equal("filename", file.file_name.clone());
        wanted.equal("caption", content.text.clone());
        wanted.equal("voice", file.flavour.as_deref() == Some("voice"));
        wanted.equal("animated", file.flavour.as_deref() == Some("animated"));
        // It ends after five minutes; the id lives for days and names the same file.
        wanted.take("url");
        wanted.done();
    }
    check_details(message, &mut expected);
    expected.done();
}

fn check_details(message: &InboundMessage, expected: &mut Expected) {
    let details = &message.content.details;
    if let place @ Value::Object(_) = expected.take("location") {
        let mut wanted = Expected::of(&place, expected.whose());
        let actual = details.location.as_ref().unwrap();
        wanted.equal("latitude", actual.latitude);
        wanted.equal("longitude", actual.longitude);
        wanted.equal("name", actual.name.clone());
        wanted.equal("address", actual.address.clone());
        wanted.equal("url", details.extra.get("link").map(|link| link["url"].clone()));
        wanted.done();
    } else {
        assert_eq!(details.location, None);
    }
    let shared = expected.list("shared_contacts");
    assert_eq!(details.shared_contacts.len(), shared.len());
    for (actual, wanted) in details.shared_contacts.iter().zip(&shared) {
        let mut wanted = Expected::of(wanted, expected.whose());
        wanted.equal("name", actual.name.as_str());
        wanted.equal("phones", json!([actual.phone]));
        wanted.equal("wa_ids", json!([actual.user_id]));
        wanted.done();
    }
    let mut extra = Value::Object(details.extra.clone());
    extra["source_of_echo"] = extra["source"].take();
    assert_eq!(expected.take("source"), extra["source_of_echo"], "{}: source", expected.whose());
    let unsupported = details.unsupported.is_some();
    assert_eq!(unsupported, message.content.kind == ContentKind::Unsupported);
    let answers = expected.take("reply_to_message_id");
    let replied = json!(message.reply_to);
    let mut optional = false;
    if let Value::Object(wanted) = expected.take("extra") {
        let mut wanted = Expected::new(&wanted, expected.whose());
        let kind = wanted.take("unsupported_kind");
        assert!(kind.is_null() || kind == json!(details.unsupported), "{kind}");
        // A filled form may answer, or not.
        optional = extra["interactive"] == "nfm_reply";
        for name in ["referral", "order", "product"] {
            if let Value::Object(members) = wanted.take(name) {
                for (member, value) in members {
                    assert_eq!(extra[name][&member], value, "{}: {name}.{member}", wanted.whose());
                }
            }
        }
        for name in ["forwarded", "interactive", "id", "button_payload", "error_code"] {
            wanted.equal(name, extra[name].clone());
        }
        wanted.done();
    }
    assert!(replied == answers || optional, "{}: answers {replied}", expected.whose());
}

fn check_update(event: &Inbound, mut expected: Expected) {
    match &event.body {
        InboundBody::Edited(message) => {
            expected.equal("op", "edit");
            expected.equal("message_id", message.id.as_str());
            expected.equal("text", message.content.text.clone());
            expected.instant("at", message.edited_at);
            assert_eq!(message.conversation.id.as_str(), "16505551234");
        }
        InboundBody::Deleted { messages, at, conversation } => {
            expected.equal("op", "delete");
            expected.equal("message_id", messages[0].as_str());
            expected.instant("at", *at);
            assert_eq!((messages.len(), conversation.as_str()), (1, "16505551234"));
        }
        other => panic!("{other:?}"),
    }
    expected.done();
}

fn check_reaction(event: &Inbound, mut expected: Expected) {
    let InboundBody::Reacted { conversation, message, actor, added, removed, replaces: true, at } = &event.body else {
        panic!("{event:?}")
    };
    // One reaction per person: whatever stood there goes, and what is added stands.
    let op = if added.is_empty() { "remove" } else { "add" };
    expected.equal("op", op);
    expected.equal("target_message_id", message.as_str());
    expected.equal("actor_id", actor.as_str());
    assert_eq!(expected.take("emoji"), json!(added.first()), "{}: emoji", expected.whose());
    expected.instant("at", Some(*at));
    assert_eq!((conversation.as_str(), removed.len()), (actor.as_str(), 0));
    expected.done();
}

fn check_status(event: &Inbound, mut expected: Expected) {
    let InboundBody::Status { conversation, message, client_key, status, reason, at } = &event.body else {
        panic!("{event:?}")
    };
    assert!(is_for(event, &expected.take("account_id")), "{}", expected.whose());
    expected.equal("message_id", message.as_str());
    expected.equal("conversation_id", conversation.as_ref().map(|id| id.as_str().to_owned()));
    expected.instant("at", Some(*at));
    expected.equal("callback_data", client_key.clone());
    let word = match expected.take("status").as_str().unwrap() {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        // The hub knows nothing further than read.
        "read" | "played" => DeliveryStatus::Read,
        "failed" => DeliveryStatus::Failed,
        other => panic!("{other}"),
    };
    assert_eq!(*status, word, "{}", expected.whose());
    match expected.take("error") {
        Value::Object(error) => {
            let mut error = Expected::new(&error, expected.whose());
            let reason = reason.as_deref().unwrap();
            assert!(reason.ends_with(&format!("(code {})", error.take("code"))), "{reason}");
            let ours = match error.take("class").as_str().unwrap() {
                "policy_not_delivered" => "held this marketing message back",
                "window_closed" => "24 hours",
                "recipient_unreachable" => "cannot reach this person",
                other => panic!("{other}"),
            };
            assert!(reason.contains(ours), "{reason}");
            // A failed message is over, and says nothing about the account.
            assert_eq!((error.take("retryable"), error.take("reconnect")), (json!(false), json!(false)));
            error.done();
        }
        _ => assert_eq!(*reason, None),
    }
    expected.done();
}

fn check_person(event: &Inbound, mut expected: Expected) {
    let InboundBody::Reidentified { from, to, at } = &event.body else { panic!("{event:?}") };
    expected.equal("type", "identity_changed");
    expected.instant("at", Some(*at));
    for (name, actual) in [("old", from), ("new", to)] {
        let actual: Vec<Value> = actual.iter().map(|id| json!(id)).collect();
        let wanted = expected.list(name);
        assert!(wanted.iter().all(|id| actual.contains(id)), "{}: {name} {actual:?}", expected.whose());
        // Besides, at most the number that stays.
        assert!(actual.iter().all(|id| wanted.contains(id) || id == "16505551234"), "{}: {actual:?}", expected.whose());
    }
    assert_ne!(from, to);
    expected.done();
}

fn check_account(event: &Inbound, mut expected: Expected) {
    let InboundBody::AccountNotice { kind, data, .. } = &event.body else { panic!("{event:?}") };
    expected.equal("type", kind.as_str());
    let account = expected.take("account_id");
    let waba = expected.take("waba_id");
    let account = if account.is_null() { json!(super::WABA) } else { account };
    assert!(is_for(event, &account), "{:?}", event.accounts);
    assert!(waba.is_null() || data["waba_id"] == waba);
    for name in ["template", "language", "status", "code"] {
        expected.equal(name, data[name].clone());
    }
    expected.done();
}

//! Compares what came of a payload with its entry in the index.

use crate::support::expect::Expected;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{ContentKind, Direction};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

/// What came of a payload, by what it is.
#[derive(Default)]
pub(crate) struct Outcome {
    messages: Vec<Inbound>,
    notices: Vec<Inbound>,
}

impl Outcome {
    pub(crate) fn of(parsed: Vec<Parsed>) -> Self {
        let mut outcome = Self::default();
        for one in parsed {
            let Parsed::Event(event) = one else { panic!("{one:?}") };
            match &event.body {
                InboundBody::Message(_) | InboundBody::Edited(_) | InboundBody::Deleted { .. } => {
                    outcome.messages.push(event);
                }
                InboundBody::Notice { .. } => outcome.notices.push(event),
                InboundBody::Ignored { reason } => assert_eq!(reason, "other_resource"),
                other => panic!("{other:?}"),
            }
        }
        outcome
    }

    /// Everything that is expected came of it, and nothing else. Order does not matter.
    pub(crate) fn check(&self, account: &str, mut expected: Expected) {
        let name = expected.whose().to_owned();
        let messages = expected.list("messages");
        assert_eq!(self.messages.len(), messages.len(), "{name}: messages");
        let mut left: Vec<&Inbound> = self.messages.iter().collect();
        for wanted in messages {
            let fits = |event: &&Inbound| id(event).is_some_and(|id| matches_id(&id, &wanted));
            let at = left.iter().position(fits).unwrap_or_else(|| panic!("{name}: no {wanted}"));
            check_message(left.remove(at), account, Expected::of(&wanted, name.clone()));
        }
        let mut activities = expected.list("activities");
        for notice in &self.notices {
            let InboundBody::Notice { kind, actor, opens_window: false, .. } = &notice.body else { panic!() };
            let wanted = activities
                .iter()
                .position(|one| kind.starts_with(one["kind"].as_str().unwrap()) && one["user_id"] == json!(actor));
            activities.remove(wanted.unwrap_or_else(|| panic!("{name}: {notice:?}")));
        }
        assert!(activities.is_empty(), "{name}: {activities:?}");
        for none in ["statuses", "account_events"] {
            assert!(expected.list(none).is_empty());
        }
        // Pages and handshakes are compared where they are asked for.
        for other in ["http", "process", "page"] {
            expected.take(other);
        }
        expected.done();
    }
}

fn id(event: &Inbound) -> Option<String> {
    match &event.body {
        InboundBody::Message(message) | InboundBody::Edited(message) => Some(message.id.to_string()),
        InboundBody::Deleted { messages, .. } => messages.first().map(ToString::to_string),
        _ => None,
    }
}

/// A row of old messages has no id.
fn matches_id(id: &str, wanted: &Value) -> bool {
    wanted["platform_message_id"].as_str().is_none_or(|wanted| wanted == id)
}

fn check_message(event: &Inbound, account: &str, mut expected: Expected) {
    let accounts: Vec<&str> = event.accounts.iter().map(hub_domain::RemoteAccountId::as_str).collect();
    assert_eq!(accounts, [account], "{}", expected.whose());
    expected.take("platform_message_id");
    // The hub needs no word for it: a thread is a conversation like any other.
    let kind = expected.take("conversation_type");
    assert!(kind.is_null() || kind == "post_thread" || kind == "direct", "{kind}");
    match &event.body {
        InboundBody::Message(message) => {
            expected.equal("op", "create");
            check_words(message, expected);
        }
        InboundBody::Edited(message) => {
            expected.equal("op", "edit");
            check_words(message, expected);
        }
        InboundBody::Deleted { conversation, messages, at } => {
            expected.equal("op", "delete");
            assert_eq!(messages.len(), 1);
            expected.equal("platform_conversation_id", conversation.as_str());
            expected.instant("deleted_at", *at);
            assert!(expected.list("media").is_empty());
            for none in ["sender_id", "direction", "text", "sent_at"] {
                assert!(expected.take(none).is_null());
            }
            expected.equal("type", "comment");
            expected.done();
        }
        other => panic!("{other:?}"),
    }
}

fn check_words(message: &InboundMessage, mut expected: Expected) {
    let conversation = message.conversation.id.as_str();
    let also = expected.list("conversation_also_ok");
    let wanted = expected.take("platform_conversation_id");
    assert!(wanted == conversation || also.iter().any(|one| one == conversation), "{conversation}");
    expected.equal("sender_id", message.sender.id.as_str());
    expected.equal("sender_profile_url", message.sender.id.as_str());
    let outgoing = message.direction == Direction::Outgoing;
    expected.equal("direction", if outgoing { "outbound" } else { "inbound" });
    let kind = expected.take("type");
    assert!(kind == "comment" || kind == "text", "{kind}");
    assert_eq!(message.content.kind, ContentKind::Text);
    expected.equal("text", message.content.text.clone());
    assert!(expected.list("media").is_empty() && message.content.attachments.is_empty());
    expected.instant("sent_at", Some(message.sent_at));
    let edited = expected.take("edited_at");
    assert_eq!(edited.is_null(), message.edited_at.is_none(), "{}", expected.whose());
    if let Some(edited) = edited.as_str() {
        let edited = hub_domain::Timestamp::from(chrono::DateTime::parse_from_rfc3339(edited).unwrap());
        assert_eq!(message.edited_at, Some(edited));
    }
    assert_eq!(expected.take("reply_to_message_id"), json!(message.reply_to));
    expected.done();
}

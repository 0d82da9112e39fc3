//! Every recorded delivery becomes exactly the events its index entry names.

use super::{no_keys, offline, request};
use crate::support::expect::Expected;
use crate::support::fixtures::Fixture;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage, UpTo};
use hub_domain::time::to_contract;
use hub_domain::{Attachment, AttachmentState, ContentKind, DeliveryStatus, Direction};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Checks every delivery among the fixtures.
pub(crate) fn check_deliveries(platform: &str, fixtures: Vec<Fixture>, count: usize) {
    let handle = offline(platform);
    let mut checked = 0;
    for fixture in fixtures.into_iter().filter(|f| f.kind != "api-response") {
        assert!(!fixture.event.is_empty() && fixture.request["method"] == "POST");
        let verified = handle.verify(&request(platform, &fixture), &no_keys());
        let verified = verified.unwrap_or_else(|refusal| panic!("{}: {refusal:?}", fixture.file));
        let parsed = handle.parse(&verified).unwrap();
        let mut expected = Expected::new(&fixture.expect, fixture.file.as_str());
        state(parsed, &fixture.file).check(&mut expected);
        expected.done();
        checked += 1;
    }
    assert_eq!(checked, count);
}

/// What came of a delivery.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) messages: Vec<(Inbound, InboundMessage)>,
    updates: Vec<InboundBody>,
    others: Vec<Inbound>,
}

/// Sorts what was parsed; every event has a key of its own.
pub(crate) fn state(parsed: Vec<Parsed>, name: &str) -> State {
    let mut state = State::default();
    let mut keys = BTreeSet::new();
    for one in parsed {
        let Parsed::Event(event) = one else { panic!("{name}: {one:?}") };
        assert!(keys.insert(event.event_key.clone()), "{name}: a key came twice");
        assert!(event.event_key.len() <= 255, "{name}: the key is too long");
        match event.body.clone() {
            InboundBody::Message(message) => state.messages.push((event, *message)),
            update @ (InboundBody::Edited(_) | InboundBody::Deleted { .. }) => state.updates.push(update),
            _ => state.others.push(event),
        }
    }
    state
}

impl State {
    /// The labels of what is no business of an inbox.
    pub(crate) fn ignored(&self) -> Vec<&str> {
        fn label(event: &Inbound) -> &str {
            let InboundBody::Ignored { reason } = &event.body else { panic!("{event:?}") };
            reason
        }
        self.others.iter().map(label).collect()
    }

    pub(crate) fn check(self, expected: &mut Expected) {
        let name = expected.whose().to_owned();
        let messages = expected.list("messages");
        assert_eq!(self.messages.len(), messages.len(), "{name}: messages");
        for ((event, message), expected) in self.messages.iter().zip(&messages) {
            check_message(event, message, Expected::of(expected, format!("{name} message")));
        }
        let updates = expected.list("message_updates");
        assert_eq!(self.updates.len(), updates.len(), "{name}: updates");
        for (update, expected) in self.updates.iter().zip(&updates) {
            check_update(update, Expected::of(expected, format!("{name} update")));
        }
        let mut rest: Vec<&Inbound> = self.others.iter().collect();
        let mut next = |what: &str, fits: fn(&InboundBody) -> bool| {
            let at = rest.iter().position(|event| fits(&event.body));
            rest.remove(at.unwrap_or_else(|| panic!("{name}: no {what}")))
        };
        for expected in expected.list("reactions") {
            let event = next("reaction", |body| matches!(body, InboundBody::Reacted { .. }));
            check_reaction(&event.body, Expected::of(&expected, format!("{name} reaction")));
        }
        for expected in expected.list("conversation_events") {
            let event = next("notice", |body| matches!(body, InboundBody::Notice { .. }));
            check_notice(event, Expected::of(&expected, format!("{name} event")));
        }
        for expected in expected.list("account_events") {
            let event = next("account notice", |body| matches!(body, InboundBody::AccountNotice { .. }));
            check_account_event(event, Expected::of(&expected, format!("{name} account event")));
        }
        for _ in expected.list("ignored") {
            let event = next("ignored", |body| matches!(body, InboundBody::Ignored { .. }));
            let InboundBody::Ignored { reason } = &event.body else { unreachable!() };
            assert!(!reason.is_empty() && !reason.contains(' '), "{name}: {reason} is no label");
        }
        for expected in expected.list("statuses") {
            check_status(&mut rest, Expected::of(&expected, format!("{name} status")));
        }
        assert!(rest.is_empty(), "{name}: nobody expects {rest:?}");
    }
}

pub(crate) fn check_message(event: &Inbound, message: &InboundMessage, mut expected: Expected) {
    let whose = expected.whose().to_owned();
    let accounts: Vec<&str> = event.accounts.iter().map(hub_domain::RemoteAccountId::as_str).collect();
    assert_eq!(json!(accounts), json!([expected.take("account_id")]), "{whose}");
    let incoming = message.direction == Direction::Incoming;
    let person = message.conversation.id.as_str();
    expected.equal("conversation_id", person);
    assert_eq!(message.conversation.participant_id.as_ref().map(hub_domain::RemoteParticipantId::as_str), Some(person));
    expected.equal("message_id", message.id.as_str());
    expected.equal("sender_id", message.sender.id.as_str());
    expected.equal("recipient_id", if incoming { accounts[0] } else { person });
    expected.equal("direction", if incoming { "inbound" } else { "outbound" });
    assert!(incoming || message.sender.name.is_none(), "{whose}: the account's own name is the hub's business");
    let content = &message.content;
    expected.equal("type", content.kind.as_str());
    assert_eq!(json!(content.text), expected.take("text"), "{whose}: text");
    assert_eq!(content.kind == ContentKind::Unsupported, content.details.unsupported.is_some(), "{whose}");
    let reply = message.reply_to.as_ref().map(hub_domain::RemoteMessageId::as_str);
    assert_eq!(json!(reply), expected.take("reply_to_message_id"), "{whose}: reply");
    expected.instant("sent_at", Some(message.sent_at));
    expected.equal("platform_thread_id", message.conversation.aliases.first().map(|id| id.as_str().to_owned()));
    let extra = &content.details.extra;
    let own = |name: &str| extra.get(name).cloned().unwrap_or_default();
    assert_eq!(own("standby").as_bool().unwrap_or(false), expected.take("standby") == true, "{whose}: standby");
    assert_eq!(own("source_app_id"), expected.take("source_app_id"), "{whose}: app");
    assert_eq!(message.client_key.clone().map_or(Value::Null, Value::from), own("metadata"), "{whose}: our key");
    check_media(&content.attachments, &own("link"), &expected.list("media"), &whose);
    let place = json!(content.details.location);
    assert!(holds(&place, &expected.take("location")), "{whose}: location {place}");
    check_extra(content, expected.take("extra"), &whose);
    expected.done();
}

/// Everything that is expected is there; more may be.
fn holds(actual: &Value, expected: &Value) -> bool {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            expected.iter().all(|(name, value)| actual.get(name).is_some_and(|actual| holds(actual, value)))
        }
        (_, Value::Null) => true,
        (actual, expected) => actual == expected,
    }
}

fn check_extra(content: &hub_domain::Content, mut expected: Value, whose: &str) {
    // The picture of a story is a file to be shown for a while and no address to be handed out.
    if let Some(url) = expected.get_mut("story_reply").and_then(Value::as_object_mut).and_then(|s| s.remove("url")) {
        let file = content.attachments.iter().find(|file| file.flavour.as_deref() == Some("story_reply")).unwrap();
        assert_eq!(json!(file.remote_ref), url, "{whose}");
        assert_eq!(file.state, AttachmentState::Remote, "{whose}: a story is never copied");
    }
    let actual = Value::Object(content.details.extra.clone());
    assert!(holds(&actual, &expected), "{whose}: extra is {actual}, not {expected}");
}

fn check_media(files: &[Attachment], link: &Value, expected: &[Value], whose: &str) {
    let of_message = |file: &&Attachment| file.flavour.as_deref() != Some("story_reply");
    let files: Vec<&Attachment> = files.iter().filter(of_message).collect();
    // What is passed on from a page is an address to open and no file.
    if let ([], [expected]) = (files.as_slice(), expected) {
        let mut expected = Expected::of(expected, format!("{whose} share"));
        expected.equal("kind", "share");
        for (name, member) in [("url", "url"), ("title", "title"), ("share_id", "id")] {
            assert_eq!(link[member], expected.take(name), "{whose}");
        }
        return expected.done();
    }
    assert_eq!(files.len(), expected.len(), "{whose}: files");
    for (file, expected) in files.iter().zip(expected) {
        let mut expected = Expected::of(expected, format!("{whose} file"));
        let flavour = file.flavour.as_deref().unwrap_or(file.kind.as_str());
        expected.equal("kind", flavour);
        expected.equal("url", file.remote_ref.as_str());
        expected.equal("sticker_id", file.remote_unique_ref.clone());
        expected.equal("mime_type", file.mime_type.clone());
        expected.equal("size", file.size);
        let share = expected.take("share_id");
        assert!(share.is_null() || (share == link["id"] && json!(file.remote_unique_ref) == share), "{whose}");
        let title = expected.take("title");
        assert!(title.is_null() || title == link["title"], "{whose}");
        let kept = expected.take("store") != false;
        assert_eq!(file.state == AttachmentState::Pending, kept, "{whose}: may it be copied");
        expected.done();
    }
}

fn check_update(update: &InboundBody, mut expected: Expected) {
    match update {
        InboundBody::Edited(message) => {
            expected.equal("op", "edit");
            expected.equal("message_id", message.id.as_str());
            expected.equal("text", message.content.text.clone());
            expected.equal("edit_count", message.content.details.extra.get("edit_count").cloned());
            expected.instant("at", message.edited_at);
        }
        InboundBody::Deleted { messages, at, .. } => {
            expected.equal("op", "delete");
            let [message] = messages.as_slice() else { panic!("{}: {messages:?}", expected.whose()) };
            expected.equal("message_id", message.as_str());
            expected.instant("at", *at);
        }
        other => panic!("{other:?}"),
    }
    expected.done();
}

fn check_reaction(body: &InboundBody, mut expected: Expected) {
    let InboundBody::Reacted { message, actor, added, removed, replaces, at, .. } = body else { unreachable!() };
    assert!(*replaces, "{}: everybody has one reaction at most", expected.whose());
    let emoji = expected.take("emoji");
    match expected.take("op").as_str() {
        Some("add") => assert_eq!((json!(added), removed.len()), (json!([emoji]), 0)),
        Some("remove") => assert_eq!((added.len(), json!(removed.first())), (0, emoji)),
        other => panic!("{other:?}"),
    }
    // The platform's word for it says nothing that the emoji does not.
    let _word = expected.take("name");
    expected.equal("target_message_id", message.as_str());
    expected.equal("actor_id", actor.as_str());
    expected.instant("at", Some(*at));
    expected.done();
}

fn check_notice(event: &Inbound, mut expected: Expected) {
    let InboundBody::Notice { conversation, kind, data, opens_window, at, actor } = &event.body else { unreachable!() };
    expected.equal("type", kind.as_str());
    expected.equal("conversation_id", conversation.id.as_str());
    assert_eq!(*opens_window, kind == "referral", "{}", expected.whose());
    assert!(actor.is_some());
    for name in ["ref", "source", "new_owner_app_id", "previous_owner_app_id"] {
        let expected = expected.take(name);
        assert_eq!(data.get(name).cloned().unwrap_or_default(), expected, "{kind}: {name}");
    }
    assert!(!data.to_string().contains("1111222233334444"), "a token among the data");
    expected.instant("at", *at);
    expected.done();
}

fn check_account_event(event: &Inbound, mut expected: Expected) {
    let InboundBody::AccountNotice { kind, at, .. } = &event.body else { unreachable!() };
    expected.equal("type", kind.as_str());
    expected.equal("account_id", event.accounts[0].as_str());
    expected.instant("at", *at);
    expected.done();
}

/// One expectation may be several events: one per message, and one for everything up to a time.
fn check_status(rest: &mut Vec<&Inbound>, mut expected: Expected) {
    let whose = expected.whose().to_owned();
    let (account, conversation) = (expected.take("account_id"), expected.take("conversation_id"));
    let wanted = expected.take("status");
    let wanted = DeliveryStatus::from_stored(wanted.as_str().unwrap()).unwrap();
    let (mut named, mut up_to, mut at) = (Vec::new(), None, None);
    for event in rest.drain(..) {
        assert_eq!(event.accounts[0].as_str(), account, "{whose}");
        let (place, status, when) = match &event.body {
            InboundBody::Status { conversation, message, status, at, .. } => {
                named.push(message.as_str().to_owned());
                (conversation.clone().unwrap(), *status, *at)
            }
            InboundBody::StatusUpTo { conversation, up_to: mark, status, at } => {
                match mark {
                    UpTo::Time(time) => up_to = Some(to_contract(*time)),
                    UpTo::Message(message) => named.push(message.as_str().to_owned()),
                    UpTo::Number(number) => panic!("{whose}: up to number {number}"),
                }
                (conversation.clone(), *status, *at)
            }
            other => panic!("{whose}: {other:?}"),
        };
        assert_eq!((place.as_str(), status), (conversation.as_str().unwrap(), wanted), "{whose}");
        at = Some(when);
    }
    assert_eq!(json!(named), expected.take("message_ids"), "{whose}: messages");
    assert_eq!(json!(up_to), expected.take("watermark"), "{whose}: watermark");
    expected.instant("at", at);
    expected.done();
}

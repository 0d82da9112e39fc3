//! What happens beside messages: reactions, receipts, referrals, handing over, the platform's own notices.

use super::super::envelope::Unreadable;
use super::messages::referral;
use super::{Told, member_id};
use crate::values::{id, instant, words};
use hub_domain::inbound::{Inbound, InboundBody, UpTo};
use hub_domain::{DeliveryStatus, RemoteMessageId};
use serde_json::{Map, Value, json};

/// Messages that one receipt may name.
const MAX_MIDS: usize = 1000;
/// Members of the handing over of a conversation between apps: the event's, and the hub's name of it.
const HANDOVERS: &[(&str, &str)] = &[
    ("pass_thread_control", "thread_control_passed"),
    ("take_thread_control", "thread_control_taken"),
    ("request_thread_control", "thread_control_requested"),
    ("app_roles", "app_roles"),
];
/// Ids of apps in it; null when nobody has the conversation.
const OWNERS: &[&str] = &["new_owner_app_id", "previous_owner_app_id", "requested_owner_app_id"];
/// Notices and the members that are kept of them. An opt-in's token stays out: it permits sending.
const NOTICES: &[(&str, &[&str])] = &[
    ("optin", &["type", "payload", "title", "ref", "user_token_status"]),
    ("response_feedback", &["feedback", "mid"]),
    ("order", &["products", "source", "note"]),
];
/// Fields of what is said in public; none is for an inbox.
const PUBLIC: &[&str] = &["comments", "live_comments", "mentions", "feed", "story_insights", "leadgen"];

/// Somebody's reaction came or went. Everybody has one at most.
pub(super) fn reaction(told: &Told, reaction: &Map<String, Value>) -> Result<Inbound, Unreadable> {
    let mid = member_id(reaction, "mid").ok_or("a reaction without mid")?;
    let emoji = words(reaction.get("emoji")).or_else(|| words(reaction.get("reaction")));
    let taken_away = match reaction.get("action").and_then(Value::as_str) {
        Some("react") => false,
        Some("unreact") => true,
        _ => return Err("a reaction without a known action".to_owned()),
    };
    if emoji.is_none() && !taken_away {
        return Err("a reaction that shows nothing".to_owned());
    }
    let at = told.at()?;
    let actor = told.actor()?.id;
    let parts = [
        actor.as_str(),
        &mid,
        if taken_away { "unreact" } else { "react" },
        emoji.as_deref().unwrap_or_default(),
        &at.timestamp_millis().to_string(),
    ];
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if taken_away { &mut removed } else { &mut added }.extend(emoji.clone());
    let body = InboundBody::Reacted {
        conversation: told.conversation()?.id,
        message: RemoteMessageId::from(mid.as_str()),
        actor: actor.clone(),
        added,
        removed,
        replaces: true,
        at,
    };
    Ok(told.happened("reaction", &parts, body))
}

/// Messages arrived: those named, and everything up to the watermark.
pub(super) fn delivery(told: &Told, delivery: &Map<String, Value>) -> Result<Vec<Inbound>, Unreadable> {
    let conversation = told.conversation()?.id;
    let watermark = delivery.get("watermark").and_then(instant);
    let at = told.at.or(watermark).ok_or("a receipt without a usable time")?;
    let status = DeliveryStatus::Delivered;
    let mids = delivery.get("mids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut told_of: Vec<Inbound> = mids
        .iter()
        .take(MAX_MIDS)
        .filter_map(id)
        .map(|mid| {
            let body = InboundBody::Status {
                conversation: Some(conversation.clone()),
                message: RemoteMessageId::from(mid.as_str()),
                client_key: None,
                status,
                reason: None,
                at,
            };
            told.happened("delivered", &[conversation.as_str(), &mid], body)
        })
        .collect();
    if let Some(mark) = watermark {
        let up_to = UpTo::Time(mark);
        let body = InboundBody::StatusUpTo { conversation: conversation.clone(), up_to, status, at };
        let mark = mark.timestamp_millis().to_string();
        told_of.push(told.happened("delivered_up_to", &[conversation.as_str(), &mark], body));
    }
    if told_of.is_empty() { Err("a receipt that names nothing".to_owned()) } else { Ok(told_of) }
}

/// The other person read: a time on pages, a message on Instagram.
pub(super) fn seen(told: &Told, seen: &Map<String, Value>) -> Result<Vec<Inbound>, Unreadable> {
    if told.by_account {
        return Ok(told.ignored("read_by_account"));
    }
    let conversation = told.conversation()?.id;
    let watermark = seen.get("watermark").and_then(instant);
    let at = told.at.or(watermark).ok_or("a receipt without a usable time")?;
    let (up_to, mark) = match (member_id(seen, "mid"), watermark) {
        (Some(mid), _) => (UpTo::Message(RemoteMessageId::from(mid.as_str())), mid),
        (None, Some(mark)) => (UpTo::Time(mark), mark.timestamp_millis().to_string()),
        (None, None) => return Err("a receipt that names nothing".to_owned()),
    };
    let parts = [conversation.as_str().to_owned(), mark];
    let body = InboundBody::StatusUpTo { conversation, up_to, status: DeliveryStatus::Read, at };
    Ok(vec![told.happened("read", &[&parts[0], &parts[1]], body)])
}

/// Everything else.
pub(super) fn other(told: &Told) -> Result<Vec<Inbound>, Unreadable> {
    let member = |name: &str| told.members.get(name);
    if let Some(came) = member("referral") {
        return notice(told, "referral", referral(came).unwrap_or_else(|| json!({})), true);
    }
    for (name, kind) in HANDOVERS {
        if let Some(handover) = member(name).and_then(Value::as_object) {
            return notice(told, kind, owners(handover), false);
        }
    }
    for (name, kept) in NOTICES {
        if let Some(notice_of) = member(name).and_then(Value::as_object) {
            let kept = kept.iter().filter_map(|name| Some(((*name).to_owned(), notice_of.get(*name)?.clone())));
            return notice(told, name, Value::Object(kept.collect()), false);
        }
    }
    if let Some(policy) = member("policy_enforcement").and_then(Value::as_object) {
        let kind = match policy.get("action").and_then(Value::as_str) {
            Some("block") => "policy_block",
            Some("unblock") => "policy_unblock",
            Some("warning") => "policy_warning",
            _ => "policy_enforcement",
        };
        let data = json!({ "reason": policy.get("reason").and_then(Value::as_str) });
        let body = InboundBody::AccountNotice { kind: kind.to_owned(), data, at: told.at };
        return Ok(vec![told.happened(kind, &[told.digest], body)]);
    }
    Ok(told.ignored(if member("account_linking").is_some() { "account_linking" } else { "unknown_event" }))
}

/// Why something that is said in public is no business of an inbox. The dashboard's test comes the same way.
pub(super) fn public(change: &Map<String, Value>) -> &'static str {
    match change.get("field").and_then(Value::as_str) {
        Some("messages") => "dashboard_test",
        Some(field) => PUBLIC.iter().find(|known| **known == field).copied().unwrap_or("unknown_change"),
        None => "unknown_change",
    }
}

/// Ids of apps as text; whoever has none is null.
fn owners(handover: &Map<String, Value>) -> Value {
    let owners = OWNERS.iter().filter_map(|name| Some(((*name).to_owned(), json!(id(handover.get(*name)?)))));
    let mut data: Map<String, Value> = owners.collect();
    if let Some(metadata) = words(handover.get("metadata")) {
        data.insert("metadata".to_owned(), metadata.into());
    }
    data.into()
}

/// A notice in a conversation; about nobody we know it is none.
fn notice(told: &Told, kind: &str, data: Value, opens_window: bool) -> Result<Vec<Inbound>, Unreadable> {
    if told.customer.is_none() {
        return Ok(told.ignored("nobody"));
    }
    let actor = Some(told.actor()?.id);
    let conversation = told.conversation()?;
    let body = InboundBody::Notice { conversation, kind: kind.to_owned(), actor, data, opens_window, at: told.at };
    Ok(vec![told.happened(kind, &[told.digest], body)])
}

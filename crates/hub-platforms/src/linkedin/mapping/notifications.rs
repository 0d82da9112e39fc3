//! Notifications about a page.

use super::super::urn;
use super::super::wire::{Comment, Notification};
use super::comments::message;
use super::{event, ignored, unreadable};
use hub_domain::inbound::{ConversationRef, InboundBody};
use hub_domain::{RemoteAccountId, RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use hub_platform_kit::platform::Parsed;
use serde_json::json;

/// Reads one. `found` is the comment as the API tells it, where the notification kept it to itself and it was asked for.
pub(super) fn read(told: &Notification, found: Option<&Comment>) -> Parsed {
    match told.action.as_str() {
        "COMMENT" | "ADMIN_COMMENT" => comment(told, found, false),
        "COMMENT_EDIT" => comment(told, found, true),
        "COMMENT_DELETE" => deleted(told),
        "LIKE" => liked(told),
        "SHARE" => shared(told),
        "SHARE_MENTION" => mentioned(told),
        _ => ignored(Some(&told.organization), &number(told), "other_action"),
    }
}

/// True when the notification is about words that it does not tell.
pub(super) fn keeps_words_back(told: &Notification) -> bool {
    matches!(told.action.as_str(), "COMMENT" | "ADMIN_COMMENT" | "COMMENT_EDIT")
        && told.comment_urn().is_some()
        && told.comment().is_none()
}

fn comment(told: &Notification, found: Option<&Comment>, edited: bool) -> Parsed {
    let Some(urn) = told.comment_urn() else { return unreadable("a comment without an id") };
    let Some(comment) = found.cloned().or_else(|| told.comment()) else {
        let account = RemoteAccountId::from(told.organization.as_str());
        return Parsed::ReadBack { account, why: "a comment without its words" };
    };
    let Some(mut said) = message(&told.organization, &comment, &told.post, told.at, false) else {
        return unreadable("a comment without a time");
    };
    let full = urn.full();
    if edited {
        said.edited_at = told.at.or(said.edited_at);
        let when = told.at.map_or_else(|| number(told), |at| at.timestamp_millis().to_string());
        return event(&told.organization, "edit", &format!("{full}:{when}"), InboundBody::Edited(Box::new(said)));
    }
    event(&told.organization, "comment", &full, InboundBody::Message(Box::new(said)))
}

fn deleted(told: &Notification) -> Parsed {
    let Some(urn) = told.comment_urn() else { return unreadable("a comment without an id") };
    let body = InboundBody::Deleted {
        conversation: RemoteConversationId::from(urn.thread.as_str()),
        messages: vec![RemoteMessageId::from(urn.full())],
        at: told.at,
    };
    event(&told.organization, "delete", &urn.full(), body)
}

/// Likes name who liked: `urn:li:like:(urn:li:person:…,urn:li:activity:…)`.
fn liked(told: &Notification) -> Parsed {
    let inner = told.generated.strip_prefix("urn:li:like:(").and_then(|inner| inner.split(',').next());
    notice(told, "liked", inner.and_then(urn::simple))
}

fn shared(told: &Notification) -> Parsed {
    let owner = told.decorated.get("share").and_then(|share| share.get("owner")?.as_str());
    notice(told, "shared", owner.and_then(urn::simple))
}

/// Something that happened to a post and is no message.
fn notice(told: &Notification, kind: &str, actor: Option<&str>) -> Parsed {
    let Some(post) = told.post.names.first() else {
        return ignored(Some(&told.organization), &number(told), "without_post");
    };
    let conversation = ConversationRef {
        id: RemoteConversationId::from(post.as_str()),
        aliases: told.post.names.iter().skip(1).map(|name| name.as_str().into()).collect(),
        ..ConversationRef::default()
    };
    let body = InboundBody::Notice {
        conversation,
        kind: kind.to_owned(),
        actor: actor.map(RemoteParticipantId::from),
        data: json!({ "activity": told.generated }),
        opens_window: false,
        at: told.at,
    };
    event(&told.organization, kind, &number(told), body)
}

/// Somebody named the page in a post of their own.
fn mentioned(told: &Notification) -> Parsed {
    let data = json!({ "post": told.post.names.first(), "activity": told.generated });
    let body = InboundBody::AccountNotice { kind: "mentioned".to_owned(), data, at: told.at };
    event(&told.organization, "mentioned", &number(told), body)
}

/// The platform's number of a notification, else when it was and of what.
fn number(told: &Notification) -> String {
    let made_up = || {
        let at = told.at.map_or(0, |at| at.timestamp_millis());
        let generated: String = told.generated.chars().take(150).collect();
        format!("{at}:{generated}")
    };
    told.id.map_or_else(made_up, |id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::super::wire::Notification;
    use super::{keeps_words_back, read};
    use hub_platform_kit::platform::Parsed;
    use serde_json::json;

    #[test]
    fn nothing_is_stored_of_words_that_were_kept_back() {
        let told = json!({ "organizationalEntity": "urn:li:organization:1", "action": "COMMENT", "notificationId": 5,
            "generatedActivity": "urn:li:comment:(activity:7456975906406400003,7457003195848458241)" });
        let told = Notification::of(&told).unwrap();
        assert!(keeps_words_back(&told));
        let read = read(&told, None);
        assert!(
            matches!(&read, Parsed::ReadBack { account, .. } if account.as_str() == "urn:li:organization:1"),
            "{read:?}"
        );
    }
}

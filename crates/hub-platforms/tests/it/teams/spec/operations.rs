//! Every call the adapter can make, made once; and calls that are wrong.

use super::{check, shapes, text};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use crate::teams::{ACCOUNT, GROUP, OTHER, PAIR, TENANT, at, grant, linking, ok, sending, subscribing};
use hub_domain::{RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use hub_platform_kit::platform::OutboundMessage;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// All there are; another one must be told here.
const OPERATIONS: &[&str] = &[
    "DELETE subscriptions/{subscription}",
    "GET chats/{chat}",
    "GET chats/{chat}/messages",
    "GET chats/{chat}/messages/{chatMessage}",
    "GET chats/{chat}/messages/{chatMessage}/hostedContents/{chatMessageHostedContent}/$value",
    "GET me",
    "GET me/chats",
    "GET subscriptions",
    "GET users/{user}",
    "GET users/{user}/photos/{profilePhoto}/$value",
    "PATCH subscriptions/{subscription}",
    "POST chats/{chat}/markChatReadForUser",
    "POST chats/{chat}/messages",
    "POST chats/{chat}/messages/replyWithQuote",
    "POST chats/{chat}/messages/{chatMessage}/setReaction",
    "POST chats/{chat}/messages/{chatMessage}/unsetReaction",
    "POST subscriptions",
];

fn bytes() -> Reply {
    Reply { status: 200, headers: vec![("content-type".into(), "image/png".into())], body: b"png".to_vec() }
}

fn message(chat: &str, text: &str, reply_to: Option<&str>) -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::from(chat),
        text: Some(text.to_owned()),
        reply_to: reply_to.map(RemoteMessageId::from),
        ..OutboundMessage::default()
    }
}

/// What linking, reading back, looking people up, sending and fetching ask for.
async fn work() -> Vec<Asked> {
    let me = ok(&json!({ "id": ACCOUNT, "displayName": "Harper Lane" }));
    let (linked, mut asked) =
        linking::resume(&[("code", "a-code")], vec![linking::tokens(), me, ok(&json!({ "value": [] }))]).await;
    linked.unwrap();

    let stand_in = StandIn::start(Vec::new()).await;
    let (platform, grant, chat) = (at(&stand_in.base), grant(), RemoteConversationId::from(GROUP));
    // Everything since some time, of one chat.
    stand_in.give(ok(&json!({ "value": [{ "id": GROUP, "chatType": "group",
        "lastMessagePreview": { "createdDateTime": "2026-11-25T11:30:00Z" } }] })));
    stand_in.give(ok(&json!({ "value": [] })));
    let cursor = json!({ "since": "2026-11-25T11:00:00Z" }).to_string();
    platform.pull(&grant, Some(&cursor), Duration::ZERO).await.unwrap();
    assert!(stand_in.asked()[1].query.contains_key("$filter"));
    // A person with their picture, and a chat.
    stand_in.give(ok(&json!({ "id": OTHER, "displayName": "Robin Kline" })));
    stand_in.give(bytes());
    let profile = platform.profile(&grant, &RemoteParticipantId::from(OTHER)).await.unwrap();
    platform.picture(&grant, &profile.picture.unwrap(), 1000).await.unwrap();
    stand_in.give(ok(&json!({ "id": GROUP, "chatType": "group", "topic": "Topic" })));
    platform.profile(&grant, &RemoteParticipantId::from(GROUP)).await.unwrap();
    // Words, an answer, and an answer with a picture; each in a chat of its own, for the hub's limit is one a second.
    let third = message("19:third@thread.v2", "look", Some("16"));
    let picture = OutboundMessage { attachments: vec![sending::picture(b"png")], ..third };
    for message in [message(GROUP, "hello", None), message(PAIR, "an answer", Some("16")), picture] {
        stand_in.give(Reply::json(201, json!({ "id": "1616991463150" }).to_string()));
        platform.send(&grant, &message).await.unwrap();
    }
    // Another reaction instead of the one that stands there.
    let standing = json!([{ "reactionType": "like", "user": { "user": { "id": ACCOUNT } } }]);
    stand_in.give(ok(&json!({ "id": "16", "reactions": standing })));
    stand_in.give(Reply::json(204, ""));
    stand_in.give(Reply::json(204, ""));
    platform.react(&grant, &chat, &RemoteMessageId::from("16"), Some("👍")).await.unwrap();
    stand_in.give(Reply::json(204, ""));
    platform.mark_read(&grant, &chat, &RemoteMessageId::from("16")).await.unwrap();
    stand_in.give(bytes());
    let hosted = format!("{}/v1.0/chats/{PAIR}/messages/1/hostedContents/aWQ9/$value", stand_in.base);
    platform.fetch(&grant, &sending::file(hosted), 1000).await.unwrap();
    asked.extend(stand_in.asked());
    asked
}

#[test]
fn every_operation_is_described() {
    let mut asked = block_on(work());
    asked.extend(subscribing::life());
    let Some(shapes) = shapes(&asked) else { return };
    let shapes: BTreeSet<&str> = shapes.iter().map(String::as_str).collect();
    assert_eq!(shapes, OPERATIONS.iter().copied().collect());
}

/// The check itself can fail.
#[test]
fn calls_that_are_not_described_are_found() {
    if text().is_none() {
        return;
    }
    let call = |method: &str, path: &str, body: Value| Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        parameters: body.as_object().unwrap().clone(),
        ..Asked::default()
    };
    let messages = format!("/v1.0/chats/{GROUP}/messages");
    let get = |path: &str, name: &str, value: &str| Asked {
        query: [(name.to_owned(), value.to_owned())].into(),
        ..call("GET", path, json!({}))
    };
    let words = || json!({ "body": { "contentType": "text", "content": "x" } });
    let quoting = || json!({ "messageIds": ["1"], "replyMessage": words() });
    let wanted = || {
        json!({ "changeType": "created,updated", "resource": format!("/users/{OTHER}/chats/getAllMessages"),
            "notificationUrl": "https://hub.example", "expirationDateTime": "2026-11-25T11:30:00Z" })
    };
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let subscriptions = "/v1.0/subscriptions";
    let quotes = format!("{messages}/replyWithQuote");
    check(&[
        call("POST", &messages, words()),
        call("POST", &quotes, quoting()),
        call("POST", subscriptions, wanted()),
        get(&messages, "$orderby", "lastModifiedDateTime desc"),
        get("/v1.0/me/chats", "$orderby", "lastMessagePreview/createdDateTime desc"),
    ]);
    let read = format!("/v1.0/chats/{GROUP}/markChatReadForUser");
    for wrong in [
        // Paths and methods.
        call("POST", &messages[5..], words()),
        call("GET", "/v1.0/teams", json!({})),
        call("GET", &format!("/v1.0/chats/{GROUP}/message"), json!({})),
        call("GET", &format!("{messages}/delto"), json!({})),
        call("GET", &format!("{messages}/1/hostedContents/a/$content"), json!({})),
        call("GET", &format!("{messages}/1/$value"), json!({})),
        call("GET", &quotes, json!({})),
        call("POST", &format!("{messages}/replyWithQuotes"), quoting()),
        call("POST", &format!("{messages}/replyWithQuote/1"), quoting()),
        call("POST", &format!("/v1.0/chats/{GROUP}/setReaction"), json!({ "reactionType": "x" })),
        call("PATCH", &messages, words()),
        call("DELETE", subscriptions, json!({})),
        call("GET", &messages, words()),
        // Bodies.
        call("POST", &messages, json!({})),
        call("POST", &messages, with(words(), "body", json!({ "contentType": "markdown" }))),
        call("POST", &messages, with(words(), "body", Value::Null)),
        call("POST", &messages, with(words(), "text", json!("x"))),
        call("POST", &messages, with(words(), "hostedContents", json!([{ "bytes": "x" }]))),
        call("POST", &messages, with(words(), "attachments", json!({}))),
        call("POST", &quotes, json!({ "messageIds": ["1"] })),
        call("POST", &quotes, with(quoting(), "messageIds", json!("1"))),
        call("POST", &quotes, with(quoting(), "messageId", json!("1"))),
        call("POST", &read, json!({ "tenantId": TENANT })),
        call("POST", &read, json!({ "user": ACCOUNT })),
        // Subscriptions.
        call("POST", subscriptions, with(wanted(), "includeResourceData", json!("true"))),
        call("POST", subscriptions, with(wanted(), "changeType", json!("created,changed"))),
        call("POST", subscriptions, with(wanted(), "resource", json!("/users/x/chats/allMessages"))),
        call("POST", subscriptions, with(wanted(), "expirationDateTime", json!("tomorrow"))),
        call("POST", subscriptions, with(wanted(), "secret", json!("x"))),
        call("PATCH", "/v1.0/subscriptions/7", json!({ "expires": "2026-11-25T11:30:00Z" })),
        call("PATCH", "/v1.0/subscriptions/7", json!({ "expirationDateTime": null })),
        // Parameters.
        get(&messages, "$top", "51"),
        get(&messages, "$top", "0"),
        get(&messages, "$limit", "5"),
        get(&messages, "$orderby", "modified desc"),
        get(&messages, "$orderby", "lastModifiedDateTime down"),
        get(&messages, "$orderby", "body desc"),
        get(&messages, "$filter", "lastModifiedDateTime after 2026-11-25T11:30:00Z"),
        get(&messages, "$filter", "lastModifiedDateTime gt 'x'"),
        get(&messages, "$filter", "modified gt 2026-11-25T11:30:00Z"),
        get(&messages, "$expand", "members"),
        get("/v1.0/me/chats", "$expand", "members,lastMessage"),
        get("/v1.0/me", "$top", "5"),
        get("/v1.0/me", "$select", "id,name"),
    ] {
        let (method, path, query) = (wrong.method.clone(), wrong.path.clone(), wrong.query.clone());
        let body = Value::Object(wrong.parameters.clone());
        assert!(std::panic::catch_unwind(|| check(&[wrong])).is_err(), "{method} {path} {query:?} {body}");
    }
}

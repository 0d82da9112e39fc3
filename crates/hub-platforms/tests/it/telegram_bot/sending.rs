//! How messages leave.

use super::calls::typed;
use super::spec::spec;
use super::{TOKEN, block_on, grant, handle, settings};
use crate::support::stand_in::{Asked, Reply, StandIn};
use bytes::Bytes;
use hub_domain::{ContentKind, RemoteConversationId};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};

fn words(conversation: &str, text: &str) -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::from(conversation),
        address: None,
        text: Some(text.to_owned()),
        attachments: Vec::new(),
        reply_to: None,
        client_key: "0190:1".to_owned(),
        ..OutboundMessage::default()
    }
}

fn file(kind: ContentKind, mime: &str) -> OutboundFile {
    OutboundFile {
        kind,
        file_name: "f".to_owned(),
        mime_type: mime.to_owned(),
        bytes: Bytes::from_static(b"b"),
        link: None,
    }
}

fn message(id: i64, chat: i64, kind: &str) -> Value {
    json!({ "message_id": id, "date": 1_790_000_000, "chat": { "id": chat, "type": kind } })
}

fn ok(result: &Value) -> Reply {
    Reply::json(200, json!({ "ok": true, "result": result }).to_string())
}

fn send(message: &OutboundMessage, replies: Vec<Reply>) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let sent = handle(settings(&stand_in.base)).send(&grant(TOKEN), message).await;
        let asked = stand_in.asked();
        for asked in &asked {
            if let Some(spec) = spec() {
                spec.check_call(asked.path.rsplit('/').next().unwrap(), &typed_numbers(asked));
            }
        }
        (sent, asked)
    })
}

/// Numbers travel in forms as text.
fn typed_numbers(asked: &Asked) -> serde_json::Map<String, Value> {
    let mut parameters = typed(asked);
    for name in ["message_thread_id", "direct_messages_topic_id"] {
        if let Some(value) = parameters.get_mut(name)
            && let Some(text) = value.as_str()
        {
            *value = text.parse::<i64>().unwrap().into();
        }
    }
    parameters
}

#[test]
fn an_answer_goes_to_the_topic_or_business_it_came_from() {
    let mut reply = words("-1002087654321:topic:99", "hi");
    reply.address = Some(json!({ "direct_messages_topic_id": 99, "chat_id": "1", "text": "smuggled" }));
    reply.reply_to = Some("77".into());
    let (sent, asked) = send(&reply, vec![ok(&message(78, -1_002_087_654_321, "supergroup"))]);
    let expected = json!({
        "chat_id": "-1002087654321", "text": "hi", "direct_messages_topic_id": 99,
        "reply_parameters": { "message_id": 77, "allow_sending_without_reply": true },
    });
    assert_eq!(Value::Object(asked[0].parameters.clone()), expected);
    let sent = sent.unwrap();
    assert_eq!(sent.messages[0].as_str(), "78");
    assert_eq!(sent.sequence, Some(78));

    let mut business = words("5012345678:business:conn", "hi");
    business.address = Some(json!({ "business_connection_id": "conn" }));
    let (_, asked) = send(&business, vec![ok(&message(1, 5_012_345_678, "private"))]);
    let expected = json!({ "chat_id": "5012345678", "text": "hi", "business_connection_id": "conn" });
    assert_eq!(Value::Object(asked[0].parameters.clone()), expected);

    let mut topic = words("-1002087654321", "hi");
    topic.address = Some(json!({ "message_thread_id": 12 }));
    // What Telegram never named, and what was said before the chat moved, cannot be answered here.
    for unknown in ["unnamed:0190:1:0", "-4012345678:15", "hub:0190", "0"] {
        topic.reply_to = Some(unknown.into());
        let (_, asked) = send(&topic, vec![ok(&message(2, -1_002_087_654_321, "supergroup"))]);
        let expected = json!({ "chat_id": "-1002087654321", "text": "hi", "message_thread_id": 12 });
        assert_eq!(Value::Object(asked[0].parameters.clone()), expected, "{unknown}");
    }
}

#[test]
fn a_message_telegram_sends_later_keeps_the_hubs_own_key() {
    let (sent, _) = send(&words("5", "hi"), vec![ok(&message(0, 5, "private"))]);
    let sent = sent.unwrap();
    assert_eq!((sent.messages[0].as_str(), sent.sequence), ("unnamed:0190:1:0", None));
}

#[test]
fn files_leave_in_order_and_as_few_messages_as_telegram_allows() {
    let mut mixed = words("5", "caption");
    mixed.reply_to = Some("15".into());
    mixed.attachments = vec![
        file(ContentKind::Image, "image/jpeg"),
        file(ContentKind::Video, "video/mp4"),
        file(ContentKind::Image, "image/gif"),
        file(ContentKind::File, "application/pdf"),
        file(ContentKind::Image, "image/svg+xml"),
        file(ContentKind::Audio, "audio/ogg"),
        file(ContentKind::Audio, "audio/ogg"),
        file(ContentKind::Audio, "audio/mpeg"),
    ];
    let one = |id| message(id, 5, "private");
    let replies = vec![
        ok(&json!([one(1), one(2)])),
        ok(&one(3)),
        ok(&json!([one(4), one(5)])),
        ok(&one(6)),
        ok(&one(7)),
        ok(&one(8)),
    ];
    let (sent, asked) = send(&mixed, replies);
    let methods: Vec<&str> = asked.iter().map(|a| a.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(methods, ["sendMediaGroup", "sendAnimation", "sendMediaGroup", "sendVoice", "sendVoice", "sendAudio"]);
    let ids: Vec<String> = sent.unwrap().messages.iter().map(|id| id.as_str().to_owned()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    let first = typed(&asked[0]);
    assert_eq!(
        first["media"],
        json!([
            { "type": "photo", "media": "attach://a", "caption": "caption" },
            { "type": "video", "media": "attach://b" },
        ])
    );
    // Words and reply belong to the first message only.
    assert!(first.contains_key("reply_parameters"));
    for later in &asked[1..] {
        assert!(!later.parameters.contains_key("caption") && !later.parameters.contains_key("reply_parameters"));
    }
}

#[test]
fn an_album_has_at_most_ten_files() {
    let mut many = words("5", "");
    many.text = None;
    many.attachments = vec![file(ContentKind::File, "text/plain"); 11];
    let ten: Vec<Value> = (1..=10).map(|id| message(id, 5, "private")).collect();
    let (sent, asked) = send(&many, vec![ok(&json!(ten)), ok(&message(11, 5, "private"))]);
    assert_eq!(sent.unwrap().messages.len(), 11);
    assert_eq!((asked[0].files.len(), asked[1].files.len()), (10, 1));
}

/// Whatever stops the rest, a repeat would show the first files twice.
#[test]
fn files_that_are_out_are_never_sent_again() {
    let mut two = words("5", "c");
    two.attachments = vec![file(ContentKind::Image, "image/gif"), file(ContentKind::File, "text/plain")];
    let refused = Reply::json(429, r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3"}"#);
    let (sent, _) = send(&two, vec![ok(&message(1, 5, "private")), refused.clone()]);
    let error = sent.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: true });
    assert!(error.message.starts_with("only 1 of 2 files were sent"), "{}", error.message);
    // Before the first is out nothing is in doubt.
    let (sent, _) = send(&two, vec![refused]);
    assert!(
        matches!(sent.unwrap_err().kind, ErrorKind::RateLimited { retry_after: Some(wait) } if wait.as_secs() == 3)
    );
}

#[test]
fn an_empty_message_is_not_sent() {
    let mut empty = words("5", "");
    empty.text = None;
    let (sent, asked) = send(&empty, Vec::new());
    assert_eq!(sent.unwrap_err().kind, ErrorKind::BadInput);
    assert!(asked.is_empty());
}

#[test]
fn a_pressed_button_is_answered() {
    block_on(async {
        let late = r#"{"ok":false,"error_code":400,"description":"Bad Request: query is too old and response timeout expired"}"#;
        let stand_in =
            StandIn::start(vec![Reply::json(200, r#"{"ok":true,"result":true}"#), Reply::json(400, late)]).await;
        let platform = handle(settings(&stand_in.base));
        assert_eq!(platform.card().acknowledges, ["button_pressed"]);
        let press = json!({ "callback_id": "21528746590128347650", "data": "confirm:77" });
        platform.acknowledge(&grant(TOKEN), &press).await.unwrap();
        let asked = stand_in.only();
        assert!(asked.path.ends_with("/answerCallbackQuery"));
        if let Some(spec) = spec() {
            spec.check_call("answerCallbackQuery", &asked.parameters);
        }
        assert_eq!(Value::Object(asked.parameters), json!({ "callback_query_id": "21528746590128347650" }));
        // Too late: there is nothing left to do, so it must not be tried again.
        let error = platform.acknowledge(&grant(TOKEN), &press).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert_eq!(platform.acknowledge(&grant(TOKEN), &json!({})).await.unwrap_err().kind, ErrorKind::BadInput);
        assert_eq!(stand_in.asked().len(), 2);
    });
}

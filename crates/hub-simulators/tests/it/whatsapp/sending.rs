//! What can be sent, to whom, and what is refused.

use super::{ADA, ADA_ID, BEA, NUMBER, Scene, code};
use hub_simulators::whatsapp::{Inbound, Person, WhatsAppOptions};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_names_the_recipient_as_the_platform_knows_them() {
    let scene = Scene::new().await;
    let brazilian = Person { also_dialled: vec!["5511987654321".to_owned()], ..Person::new("551187654321", "Bruna") };
    scene.platform.put_person(brazilian);
    for who in [ADA, BEA, "551187654321"] {
        scene.platform.say(NUMBER, who, "hi");
    }
    let text = json!({"body": "hi"});
    for (address, contact) in [
        (json!({"to": "+1 (650) 555-1234"}), json!({"input": "+1 (650) 555-1234", "wa_id": ADA})),
        (json!({"to": "+55 11 98765-4321"}), json!({"input": "+55 11 98765-4321", "wa_id": "551187654321"})),
        (json!({"recipient": BEA}), json!({"input": BEA, "user_id": BEA})),
        (json!({"recipient": ADA_ID}), json!({"input": ADA_ID, "user_id": ADA_ID})),
        // The number wins.
        (json!({"to": ADA, "recipient": BEA}), json!({"input": ADA, "wa_id": ADA})),
    ] {
        let mut body = address.clone();
        body["type"] = "text".into();
        body["text"] = text.clone();
        let (status, answer) = scene.send(body).await;
        assert_eq!((status, &answer["contacts"][0]), (200, &contact), "{address}");
        assert!(answer["messages"][0]["id"].as_str().is_some_and(|id| id.starts_with("wamid.")), "{answer}");
        assert!(answer["messages"][0].get("message_status").is_none(), "only templates have it");
    }
    let to: Vec<String> = scene.platform.sent(NUMBER).into_iter().map(|sent| sent.to).collect();
    assert_eq!(to, [ADA, "551187654321", BEA, ADA, ADA]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_type_is_taken() {
    let scene = Scene::new().await;
    let asked = scene.ada_writes().await;
    let link = "https://files.example.com/x";
    let button = |id: &str| json!({"type": "reply", "reply": {"id": id, "title": id}});
    let rows = json!([{"id": "r1", "title": "Row", "description": "first"}, {"id": "r2", "title": "Row two"}]);
    let bodies = [
        json!({"text": {"body": "no type is a text", "preview_url": true}}),
        json!({"type": "image", "image": {"link": link, "caption": "c"}}),
        json!({"type": "video", "video": {"link": link, "caption": "c"}}),
        json!({"type": "audio", "audio": {"link": link}}),
        json!({"type": "document", "document": {"link": link, "filename": "quote.pdf", "caption": "c"}}),
        json!({"type": "sticker", "sticker": {"link": link}}),
        json!({"type": "location", "location": {"latitude": "37.4847", "longitude": -122.1486, "name": "HQ", "address": "1"}}),
        json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "A B", "first_name": "A"}, "phones": [{"phone": "+1"}]}]}),
        json!({"type": "interactive", "interactive": {
            "type": "button", "header": {"type": "text", "text": "h"}, "body": {"text": "b"}, "footer": {"text": "f"},
            "action": {"buttons": [button("a"), button("b"), button("c")]}}}),
        json!({"type": "interactive", "interactive": {
            "type": "list", "body": {"text": "b"}, "action": {"button": "Choose", "sections": [{"title": "s", "rows": rows}]}}}),
        json!({"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}),
        json!({"type": "reaction", "reaction": {"message_id": asked, "emoji": "😀"}}),
        json!({"type": "reaction", "reaction": {"message_id": asked, "emoji": ""}}),
        json!({"type": "text", "text": {"body": "quoting"}, "context": {"message_id": asked}}),
        json!({"type": "text", "text": {"body": "quoting nothing"}, "context": {"message_id": "wamid.unknown"}}),
    ];
    let count = bodies.len();
    for body in bodies {
        let (status, answer) = scene.send(body.clone()).await;
        assert_eq!(status, 200, "{body}: {answer}");
    }
    let sent = scene.platform.sent(NUMBER);
    assert_eq!(sent.len(), count);
    assert_eq!(sent[1].text.as_deref(), Some("c"));
    assert_eq!(sent[count - 2].reply_to.as_ref(), Some(&asked));
    assert_eq!(sent[count - 1].reply_to, None, "an unknown message is not quoted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_checked_with_the_platforms_codes() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    let text = |words: String| json!({"type": "text", "text": {"body": words}});
    let image = |image: Value| json!({"type": "image", "image": image});
    let buttons = |buttons: Value| json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "b"}, "action": {"buttons": buttons}}});
    let row = |id: String| json!({"id": id, "title": "t"});
    let many: Vec<Value> = (0..11).map(|n| row(n.to_string())).collect();
    let four: Vec<Value> =
        (0..4).map(|n| json!({"type": "reply", "reply": {"id": n.to_string(), "title": "t"}})).collect();
    let place = |latitude: Value| json!({"type": "location", "location": {"latitude": latitude, "longitude": 1}});
    for (body, expected) in [
        (text("x".repeat(4_097)), 100),
        (text(" ".to_owned()), 131_008),
        (json!({"type": "text"}), 131_008),
        (json!({"type": "text", "text": {"body": 5}}), 131_009),
        (json!({"type": "text", "text": {"body": "x", "colour": "red"}}), 100),
        (json!({"messaging_product": "telegraph", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"to": "nobody", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"to": "", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"recipient": "no-dot", "type": "text", "text": {"body": "x"}}), 100),
        (json!({"to": "15550783881", "type": "text", "text": {"body": "x"}}), 131_021),
        (json!({"type": "poem", "poem": {}}), 100),
        (json!({"type": "poll", "poll": {}}), 131_051),
        (json!({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "o".repeat(513)}), 100),
        (image(json!({})), 131_008),
        (image(json!({"id": "1", "link": "https://example.com/"})), 131_009),
        (image(json!({"link": "ftp://example.com/x"})), 100),
        (image(json!({"link": "https://example.com/x", "caption": "c".repeat(1_025)})), 100),
        (image(json!({"id": "404"})), 131_009),
        (json!({"type": "audio", "audio": {"link": "https://example.com/x", "caption": "no"}}), 100),
        (place(json!(91)), 131_009),
        (place(json!("north")), 131_009),
        (json!({"type": "location", "location": {"latitude": 1}}), 131_008),
        (json!({"type": "contacts", "contacts": []}), 131_009),
        (json!({"type": "contacts", "contacts": [{"name": {}}]}), 131_008),
        (json!({"type": "reaction", "reaction": {"message_id": "x", "emoji": "yes"}}), 131_009),
        (json!({"type": "reaction", "reaction": {"emoji": "👍"}}), 131_008),
        (buttons(json!(four)), 131_009),
        (buttons(json!([{"type": "reply", "reply": {"id": "1", "title": "t".repeat(21)}}])), 131_009),
        (buttons(json!([four[0], four[0]])), 131_009),
        (
            json!({"type": "interactive", "interactive": {"type": "list", "body": {"text": "b"},
                "action": {"button": "Choose", "sections": [{"rows": many}]}}}),
            131_009,
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "b".repeat(1_025)},
                "action": {"buttons": [four[0]]}}}),
            131_009,
        ),
        (json!({"status": "read", "message_id": "wamid.nothing"}), 131_009),
        (json!({"status": "read"}), 131_008),
    ] {
        let (status, answer) = scene.send(body.clone()).await;
        assert_eq!((status, code(&answer)), (400, expected), "{body}: {answer}");
        assert_eq!(answer["error"]["type"], "OAuthException");
        assert!(answer["error"]["fbtrace_id"].is_string());
    }
    assert!(scene.platform.sent(NUMBER).is_empty(), "nothing of it was sent");
    let at_the_limit = scene.send(text("ä".repeat(4_096))).await;
    assert_eq!(at_the_limit.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_and_typing_are_told_once() {
    let scene = Scene::new().await;
    let first = scene.ada_writes().await;
    let second = scene.ada_writes().await;
    let read = |id: &str| json!({"status": "read", "message_id": id, "typing_indicator": {"type": "text"}});
    let (status, answer) = scene.send(read(&second)).await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    // Reading marked the earlier one too, so nobody sees typing for it.
    scene.send(read(&first)).await;
    let kinds: Vec<String> = scene.platform.sent(NUMBER).into_iter().map(|sent| sent.kind).collect();
    assert_eq!(kinds, ["read", "typing", "read"]);
    assert!(scene.receiver.statuses().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outside_the_window_only_templates_arrive() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.meta().advance(Duration::from_hours(25));
    let late = scene.send_text("too late").await;
    let values = scene.receiver.wait("messages", 2).await;
    let failed = &values[1]["statuses"][0];
    assert_eq!((&failed["id"], &failed["status"]), (&json!(late), &json!("failed")));
    assert_eq!(failed["errors"][0]["code"], 131_047);
    assert!(values[1].get("contacts").is_none(), "a failed status introduces nobody");
    scene.send(json!({"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}})).await;
    let values = scene.receiver.wait("messages", 5).await;
    assert_eq!(values[2]["statuses"][0]["status"], "sent");
    assert_eq!(values[2]["statuses"][0]["pricing"]["type"], "regular");

    // A click on an ad opens it for three days.
    scene.platform.write(NUMBER, ADA, &Inbound::text("what is this?").from_ad());
    scene.platform.meta().advance(Duration::from_hours(70));
    scene.send_text("an offer").await;
    let values = scene.receiver.wait("messages", 7).await;
    assert_eq!(values[6]["statuses"][0]["status"], "sent");
    assert_eq!(values[6]["statuses"][0]["pricing"]["type"], "free_entry_point");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_window_can_be_refused_at_once() {
    let options = WhatsAppOptions { refuse_outside_window: true, ..WhatsAppOptions::default() };
    let scene = Scene::with(options).await;
    let (status, answer) = scene.send(json!({"type": "text", "text": {"body": "hi"}})).await;
    assert_eq!((status, code(&answer)), (400, 131_047));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_per_pair_or_for_all() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.say(NUMBER, BEA, "me too");
    scene.platform.too_fast(NUMBER, ADA, 1);
    let text = json!({"type": "text", "text": {"body": "x"}});
    let to_bea = json!({"recipient": BEA, "type": "text", "text": {"body": "x"}});
    assert_eq!(code(&scene.send(text.clone()).await.1), 131_056);
    assert_eq!(scene.send(to_bea.clone()).await.0, 200, "others are not touched");
    assert_eq!(scene.send(text.clone()).await.0, 200, "it passes");
    for (number, status, transient) in [(130_429, 400, false), (131_016, 500, true), (131_031, 403, false)] {
        scene.platform.refuse("messages", number, 1);
        let (got, answer) = scene.send(to_bea.clone()).await;
        assert_eq!((got, code(&answer)), (status, number));
        assert_eq!(answer["error"]["is_transient"] == json!(true), transient);
    }
}

//! What people write, and what the platform tells by itself.

use super::{ACCOUNT, ADA, ADA_ID, BEA, NUMBER, Scene};
use hub_simulators::whatsapp::{Attachment, HistoryMessage, HistoryThread, Inbound, Person, Status};
use serde_json::{Value, json};

/// Writes one message; gives the value that tells of it.
async fn written(scene: &Scene, who: &str, message: &Inbound) -> Value {
    let before = scene.receiver.values("messages").len();
    scene.platform.write(NUMBER, who, message).expect("a number");
    scene.receiver.wait("messages", before + 1).await[before].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_named_by_what_they_show() {
    let scene = Scene::new().await;
    let value = written(&scene, ADA, &Inbound::text("hi").at(1_749_416_383)).await;
    assert_eq!(value["metadata"], json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER}));
    let contact = json!({"profile": {"name": "Sheena Nelson"}, "wa_id": ADA, "user_id": ADA_ID});
    assert_eq!(value["contacts"], json!([contact]));
    let message = &value["messages"][0];
    assert_eq!((&message["from"], &message["from_user_id"]), (&json!(ADA), &json!(ADA_ID)));
    assert_eq!((&message["timestamp"], &message["text"]), (&json!("1749416383"), &json!({"body": "hi"})));

    let hidden = Person {
        parent_user_id: Some("US.ENT.11815799212886844830".to_owned()),
        ..Person::with_username(BEA, "bea", "Bea")
    };
    scene.platform.put_person(hidden);
    let value = written(&scene, BEA, &Inbound::text("hi")).await;
    let contact = json!({
        "profile": {"name": "Bea", "username": "bea"}, "user_id": BEA, "parent_user_id": "US.ENT.11815799212886844830",
    });
    assert_eq!(value["contacts"], json!([contact]));
    let message = &value["messages"][0];
    assert!(message.get("from").is_none());
    assert_eq!(message["from_parent_user_id"], "US.ENT.11815799212886844830");

    scene.platform.put_person(Person::with_number_only("4915100000001", "Old"));
    let value = written(&scene, "+49 151 00000001", &Inbound::text("hi")).await;
    assert_eq!(value["contacts"][0], json!({"profile": {"name": "Old"}, "wa_id": "4915100000001"}));
    assert!(value["messages"][0].get("from_user_id").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_type_has_its_content_under_its_name() {
    let scene = Scene::new().await;
    let ours = {
        scene.ada_writes().await;
        scene.send_text("choose").await
    };
    scene.receiver.wait("messages", 4).await;
    let context = json!({"from": "15550783881", "id": ours});
    for (message, kind, content, quoted) in [
        (Inbound::location(1.5, -2.5, None, None), "location", json!({"latitude": 1.5, "longitude": -2.5}), false),
        (
            Inbound::contact("Lucía Gómez", "+1 (983) 555-2319"),
            "contacts",
            json!([{"name": {"first_name": "Lucía", "last_name": "Gómez", "formatted_name": "Lucía Gómez"},
                "phones": [{"phone": "+1 (983) 555-2319", "wa_id": "19835552319", "type": "MOBILE"}]}]),
            false,
        ),
        (Inbound::reaction(&ours, Some("👍")), "reaction", json!({"message_id": ours, "emoji": "👍"}), false),
        (Inbound::reaction(&ours, None), "reaction", json!({"message_id": ours}), false),
        (
            Inbound::button_reply(&ours, "b", "Cancel"),
            "interactive",
            json!({"type": "button_reply", "button_reply": {"id": "b", "title": "Cancel"}}),
            true,
        ),
        (
            Inbound::list_reply(&ours, "r", "Row", "first"),
            "interactive",
            json!({"type": "list_reply", "list_reply": {"id": "r", "title": "Row", "description": "first"}}),
            true,
        ),
        (
            Inbound::flow_reply(&ours, &json!({"flow_token": "t"})),
            "interactive",
            json!({"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{\"flow_token\":\"t\"}"}}),
            true,
        ),
        (Inbound::quick_reply(&ours, "p", "Stop"), "button", json!({"payload": "p", "text": "Stop"}), true),
        (
            Inbound::order("c1", "", &[("p1", 2, 30.0, "USD")]),
            "order",
            json!({"catalog_id": "c1", "text": "", "product_items": [
                {"product_retailer_id": "p1", "quantity": 2, "item_price": 30.0, "currency": "USD"}]}),
            false,
        ),
        (
            Inbound::edit("wamid.x", "new"),
            "edit",
            json!({"original_message_id": "wamid.x", "message": {"type": "text", "text": {"body": "new"}}}),
            false,
        ),
        (Inbound::revoke("wamid.x"), "revoke", json!({"original_message_id": "wamid.x"}), false),
        (Inbound::text("blue").replying_to(&ours), "text", json!({"body": "blue"}), true),
    ] {
        let value = written(&scene, ADA, &message).await;
        let got = &value["messages"][0];
        assert_eq!((&got["type"], &got[kind]), (&json!(kind), &content));
        assert_eq!(got.get("context"), quoted.then_some(&context), "{kind}");
    }
    let forwarded = written(&scene, ADA, &Inbound::text("x").forwarded()).await;
    assert_eq!(forwarded["messages"][0]["context"], json!({"forwarded": true}));
    let grouped = written(&scene, ADA, &Inbound::text("x").in_group("g1").forwarded()).await;
    assert_eq!(grouped["messages"][0]["group_id"], "g1");
    assert_eq!(grouped["messages"][0]["context"], json!({"forwarded": true}));
    let product = written(&scene, ADA, &Inbound::text("still there?").about_product(&ours, "c1", "p1")).await;
    let about = json!({"catalog_id": "c1", "product_retailer_id": "p1"});
    assert_eq!(product["messages"][0]["context"]["referred_product"], about);
    let ad = written(&scene, ADA, &Inbound::text("x").from_ad()).await;
    assert!(ad["messages"][0]["referral"]["ctwa_clid"].is_string());
    for (message, code) in [(Inbound::unsupported("poll"), 131_051), (Inbound::too_big(), 131_052)] {
        let value = written(&scene, ADA, &message).await;
        assert_eq!(value["messages"][0]["type"], "unsupported");
        assert_eq!(value["messages"][0]["errors"][0]["code"], code);
    }
    let before = scene.receiver.values("messages").len();
    for file in [
        Attachment::image(&b"i"[..], Some("c")),
        Attachment::voice_note(&b"v"[..]),
        Attachment::sticker(&b"s"[..]),
        Attachment::new("video", "video/mp4", &b"f"[..]),
    ] {
        scene.platform.attach(NUMBER, ADA, &file);
    }
    let values = scene.receiver.wait("messages", before + 4).await;
    assert_eq!(values[before]["messages"][0]["image"]["caption"], "c");
    assert_eq!(values[before + 1]["messages"][0]["audio"]["voice"], true);
    assert_eq!(values[before + 2]["messages"][0]["sticker"]["animated"], false);
    assert!(values[before + 3]["messages"][0]["video"].get("voice").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changed_numbers_and_ids_are_told_and_hold() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.change_number(NUMBER, ADA, "12195555358");
    let values = scene.receiver.wait("messages", 2).await;
    let system = &values[1]["messages"][0];
    assert_eq!((&system["type"], &system["from"]), (&json!("system"), &json!(ADA)));
    assert_eq!(system["system"]["wa_id"], "12195555358");
    assert!(values[1].get("contacts").is_none(), "system messages introduce nobody");
    assert!(scene.platform.change_identity(NUMBER, "555000555", "h").is_none(), "nobody has this number");
    scene.platform.change_user_id(NUMBER, "12195555358", "US.777000111");
    let changed = scene.receiver.wait("user_id_update", 1).await;
    let change = &changed[0]["user_id_update"][0];
    assert_eq!(change["user_id"], json!({"previous": ADA_ID, "current": "US.777000111"}));
    let values = scene.receiver.wait("messages", 3).await;
    assert_eq!(values[2]["messages"][0]["system"]["type"], "user_changed_user_id");
    let value = written(&scene, "US.777000111", &Inbound::text("it is me")).await;
    assert_eq!(value["contacts"][0]["wa_id"], "12195555358");
    scene.platform.change_identity(NUMBER, "12195555358", "hash");
    let values = scene.receiver.wait("messages", 5).await;
    assert_eq!(values[4]["messages"][0]["identity"]["hash"], "hash");
    assert_eq!(values[4]["messages"][0]["system"]["type"], "customer_identity_changed");
    // The window came along.
    scene.send(json!({"to": "12195555358", "type": "text", "text": {"body": "hi"}})).await;
    scene.receiver.wait("messages", 8).await;
    assert_eq!(scene.receiver.statuses(), ["sent", "delivered", "read"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_on_the_phone_is_told_too() {
    let scene = Scene::new().await;
    let typed = scene.platform.echo(NUMBER, ADA, &Inbound::text("typed on the phone")).expect("a number");
    scene.platform.echo(NUMBER, ADA, &Inbound::revoke(&typed));
    let echoes = scene.receiver.wait("smb_message_echoes", 2).await;
    let echo = &echoes[0]["message_echoes"][0];
    assert_eq!((&echo["from"], &echo["to"], &echo["to_user_id"]), (&json!("15550783881"), &json!(ADA), &json!(ADA_ID)));
    assert_eq!(echo["text"]["body"], "typed on the phone");
    assert_eq!(echoes[1]["message_echoes"][0]["revoke"], json!({"original_message_id": typed}));

    let said = |words: &str, by_business| HistoryMessage {
        message: Inbound::text(words).at(1_739_230_955),
        by_business,
        status: Status::Read,
    };
    let thread =
        HistoryThread { who: ADA.to_owned(), messages: vec![said("Here it is", true), said("Thanks!", false)] };
    assert!(scene.platform.history(NUMBER, 0, 1, 55, &[thread]));
    scene.platform.history_declined(NUMBER);
    let history = scene.receiver.wait("history", 2).await;
    let told = &history[0]["history"][0];
    assert_eq!(told["metadata"], json!({"phase": 0, "chunk_order": 1, "progress": 55}));
    let messages = &told["threads"][0]["messages"];
    assert_eq!((&messages[0]["from"], &messages[0]["to"]), (&json!("15550783881"), &json!(ADA)));
    assert!(messages[0].get("from_user_id").is_none());
    assert_eq!((&messages[1]["from"], &messages[1]["history_context"]), (&json!(ADA), &json!({"status": "READ"})));
    assert_eq!(history[1]["history"][0]["errors"][0]["code"], 2_593_109);

    scene.platform.state_sync(NUMBER, &[("Ada Example", "+16505551234", "add")]);
    let synced = scene.receiver.wait("smb_app_state_sync", 1).await;
    assert_eq!(synced[0]["state_sync"][0]["contact"]["full_name"], "Ada Example");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_and_numbers_have_news_of_their_own() {
    let scene = Scene::new().await;
    let ban = json!({"ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE", "waba_ban_date": "November 26, 2026"}});
    scene.platform.account_update(ACCOUNT, "DISABLED_UPDATE", &ban);
    let told = scene.receiver.wait("account_update", 1).await;
    assert_eq!((&told[0]["event"], &told[0]["ban_info"]), (&json!("DISABLED_UPDATE"), &ban["ban_info"]));
    scene.platform.number_error(NUMBER, 130_429);
    let values = scene.receiver.wait("messages", 1).await;
    assert_eq!(values[0]["errors"][0]["code"], 130_429);
    let quality = json!({"display_phone_number": "15550783881", "event": "FLAGGED", "current_limit": "TIER_10K"});
    assert!(scene.platform.tell(ACCOUNT, "phone_number_quality_update", &quality));
    assert_eq!(scene.receiver.wait("phone_number_quality_update", 1).await, [quality]);
    assert!(!scene.platform.tell(ACCOUNT, "weather", &json!({})), "there is no such field");
}

//! Messages that are more than words, and deliveries that are no messages (C9, C17, C20).

use super::scene::{PERSON, Scene, binary, everywhere};
use crate::conformance::facebook::Facebook;
use crate::conformance::instagram::Instagram;
use crate::conformance::linkedin::LinkedIn;
use crate::conformance::teams::Teams;
use crate::conformance::telegram::Telegram;
use crate::conformance::twitter::Twitter;
use crate::conformance::whatsapp::WhatsApp;
use crate::support::{BOT_TOKEN, bot_update};
use hub_simulators::telegram::Fault;
use hub_testkit::Engine;
use hub_testkit::conformance::Stage;
use hub_testkit::conformance::subject::{Act, Subject};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// An update whose message carries `members` instead of words.
fn carrying(number: i64, members: &Value) -> Value {
    let mut update = bot_update(number, PERSON, "");
    let message = update["message"].as_object_mut().expect("a message");
    message.remove("text");
    message.extend(members.as_object().expect("members").clone());
    update
}

fn photo() -> Value {
    json!({"photo": [{"file_id": "photo-1", "file_unique_id": "p1", "width": 90, "height": 90, "file_size": 4}]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c09_a_picture_without_words_is_stored() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        scene.hub.platform.put_file(BOT_TOKEN, "photo-1", b"\xff\xd8\xff\xe0");
        scene.hub.deliver(&carrying(2, &photo())).await;
        let message = talk.messages().await.remove(0);
        assert_eq!((&message["message_type"], &message["content"]), (&json!("image"), &json!("")));
        assert!(message["mediaUrl"].is_string(), "the page draws it: {message}");
        assert_eq!(talk.shown().await["unread_count"], 2);
        for kept in scene.database.texts("SELECT content FROM messages").await.into_iter().flatten() {
            assert!(kept.contains(':') && kept.len() >= 65, "the empty text is sealed as well: {kept}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c17_every_kind_of_message_is_one_of_the_four_types() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let file = |id: &str| json!({"file_id": id, "file_unique_id": id, "duration": 1, "width": 9, "height": 9, "length": 9});
        let sticker = json!({"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9,
            "is_animated": false, "is_video": false, "emoji": "👍"});
        for (number, (members, kind)) in [
            (photo(), "image"),
            (json!({"video": file("v")}), "video"),
            (json!({"voice": file("o")}), "file"),
            (json!({"audio": file("a")}), "file"),
            (json!({"document": file("d")}), "file"),
            (json!({ "sticker": sticker }), "image"),
            (json!({"location": {"latitude": 1.5, "longitude": 2.5}}), "text"),
            (json!({"contact": {"phone_number": "1", "first_name": "Bob"}}), "text"),
        ]
        .into_iter()
        .enumerate()
        {
            scene.hub.deliver(&carrying(10 + i64::try_from(number).expect("few"), &members)).await;
            let message = talk.messages().await.remove(0);
            assert_eq!(message["message_type"], kind, "{message}");
        }
        let kept = scene.database.texts("SELECT DISTINCT message_type FROM messages ORDER BY message_type").await;
        let kept: Vec<&str> = kept.iter().flatten().map(String::as_str).collect();
        assert_eq!(kept, ["file", "image", "text", "video"]);
        // What an original wrote is shown as one of the four.
        scene.database.change("UPDATE messages SET message_type = 'sticker' WHERE message_type = 'text'").await;
        for message in talk.messages().await {
            let kind = message["message_type"].as_str().expect("a type");
            assert!(["text", "image", "video", "file"].contains(&kind), "{kind}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c20_whatever_is_authentic_is_taken() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let mut edited = bot_update(1, PERSON, "Hello, changed");
    let message = edited["message"].take();
    edited.as_object_mut().expect("an update").remove("message");
    edited["update_id"] = 20.into();
    edited["edited_message"] = message;
    edited["edited_message"]["edit_date"] = 1_767_225_700.into();
    for update in [
        edited,
        json!({"update_id": 21}),
        json!({"update_id": 22, "poll": {"id": "1", "question": "?"}}),
        json!({"update_id": 23, "something_new": {"a": 1}}),
        json!({"update_id": 24, "message": {"message_id": 9}}),
        json!({"update_id": 25, "message": "text"}),
        json!({}),
        json!([]),
    ] {
        scene.hub.deliver(&update).await; // asserts that it is taken
    }
    let messages = talk.messages().await;
    assert_eq!((messages.len(), &messages[0]["content"]), (1, &json!("Hello, changed")));
    scene.hub.platform.fault("sendMessage", Fault::Html502);
    assert_ne!(talk.send("still here").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    // The same at every platform's address.
    taken_at::<Telegram>().await;
    taken_at::<Facebook>().await;
    taken_at::<Instagram<false>>().await;
    taken_at::<WhatsApp>().await;
    taken_at::<Twitter>().await;
    taken_at::<LinkedIn>().await;
    taken_at::<Teams>().await;
}

/// Deliveries of kinds nobody knows are taken, and so is a change of words where the platform tells of one; what comes then is
/// heard.
async fn taken_at<S: Subject>() {
    let stage = Stage::<S>::linked(binary(), Engine::Sqlite).await;
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    let strange = stage.subject.strange(&account);
    assert!(strange.len() >= 3, "{}", S::CARD);
    for delivery in strange {
        let status = stage.deliver(delivery.to_string().as_bytes()).await;
        assert_eq!(status, Stage::<S>::taken(), "{}: {delivery}", S::CARD);
    }
    let (said, there) = stage.hear(1, "as it was said first").await;
    if stage.subject.act(&account, &person, &Act::Edit(&there, "as it was changed")) {
        assert_eq!(stage.message("as it was changed").await["id"], said["id"], "{}", S::CARD);
    }
    stage.hear(2, "and the platform goes on").await;
}

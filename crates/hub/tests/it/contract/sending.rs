//! Sending (D28, D32, C7, C8).

use super::scene::{NOBODYS, PERSON, Scene, binary, everywhere};
use crate::conformance::instagram::Instagram;
use crate::conformance::twitter::Twitter;
use crate::fixtures::platforms::{PAGE, Page};
use crate::fixtures::stand::Stand;
use crate::support::{BOT_TOKEN, bot_update};
use hub_simulators::meta::inbox::Person;
use hub_simulators::telegram::Fault;
use hub_testkit::Engine;
use hub_testkit::client::answer;
use hub_testkit::conformance::Stage;
use hub_testkit::conformance::subject::Subject;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Who writes to the page.
const STRANGER: &str = "7000000000000007";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d28_a_message_reaches_the_platform_and_then_stands_in_its_conversation() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let words = "  <b>Grüße</b> & 👋 \"wörtlich\" ";
        let (status, sent) = talk.send(words).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        let message = &sent["message"];
        for (key, value) in [
            ("content", json!(words)),
            ("isOutgoing", json!(true)),
            ("messageType", json!("text")),
            ("conversationId", json!(talk.conversation)),
            // What the first original says of a Telegram message of one's own.
            ("senderId", json!("me")),
            ("senderName", json!("You")),
            ("isRead", json!(true)),
        ] {
            assert_eq!(message[key], value, "{key}: {message}");
        }
        assert_eq!(sent["success"], true);
        assert!(message["id"].is_string() && message["sentAt"].is_string());
        let got = scene.hub.platform.sent(BOT_TOKEN);
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].text.as_deref(), Some(words), "word for word");
        assert_eq!(talk.messages().await[0]["id"], message["id"], "newest first");
        let longest = "x".repeat(10_000);
        for (body, status, words) in [
            (json!({}), 400, "Request validation failed"),
            (json!({"content": ""}), 400, "Request validation failed"),
            (json!({"content": 7}), 400, "Request validation failed"),
            (json!({"content": " \n\t "}), 400, "Message content is required"),
            (json!({ "content": format!("{longest}x") }), 400, "Request validation failed"),
            // The second original's further members are no reason to refuse.
            (json!({"content": "hi", "message_type": "text", "media_url": null}), 201, ""),
            (json!({ "content": longest }), 201, ""),
        ] {
            let path = format!("/api/messages/{}/send", talk.conversation);
            let (got, answer) = talk.user.post(&path, &body).await;
            assert_eq!(got.as_u16(), status, "{answer}");
            if status == 400 {
                assert_eq!(answer["message"], words);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d32_a_platforms_401_never_becomes_one_of_ours() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    for (code, status) in [(400, 400), (403, 502), (500, 502)] {
        scene.hub.platform.fault("sendMessage", Fault::Refused { code, description: "Bad Request: no" });
        let (got, body) = talk.send(&format!("refused with {code}")).await;
        if code == 500 {
            // Nobody knows whether it arrived: it waits, and is not told as failed.
            assert!(matches!(got.as_u16(), 201 | 502), "{got} {body}");
            continue;
        }
        assert_eq!((got.as_u16(), &body["error"]["code"]), (status, &json!("PLATFORM_API_ERROR")), "{code} {body}");
        assert!(body["message"].as_str().is_some_and(|words| words.starts_with("telegram API error: ")), "{body}");
    }
    // A dead sign-in at the platform is the account's trouble, not the session's.
    scene.hub.platform.fault("sendMessage", Fault::Refused { code: 401, description: "Unauthorized" });
    let (got, body) = talk.send("refused with 401").await;
    assert!(!matches!(got.as_u16(), 401 | 403) && got.as_u16() >= 400, "{got} {body}");
    assert_eq!(talk.user.get("/api/auth/me").await.0, StatusCode::OK);
    // A disconnected account has a status of its own.
    talk.user.delete(&format!("/api/oauth/disconnect/{}", talk.account)).await;
    let (got, body) = talk.send("to nobody").await;
    assert_eq!((got.as_u16(), &body["error"]["code"]), (409, &json!("ACCOUNT_INACTIVE")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c07_nothing_is_ever_put_into_a_conversation_without_a_name() {
    everywhere(async |engine| {
        let stand = Stand::<Page>::open(engine, "facebook_login").await;
        let watcher = stand.somebody().await;
        let inboxes = stand.platform.0.inboxes();
        inboxes.create_person(PAGE, Person { id: STRANGER.to_owned(), ..Person::default() });
        inboxes.say(PAGE, STRANGER, "what the page knows of them");
        stand.deliver(stand.platform.says_now(1, "Hello").to_string().as_bytes()).await;
        let (_, list) = watcher.user.get("/api/conversations").await;
        let conversation = list["conversations"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/api/messages/{conversation}/send");
        let (status, sent) = watcher.user.post(&path, &json!({"content": "Hi"})).await;
        assert_eq!((status.as_u16(), &sent["message"]["conversation_id"]), (201, &json!(conversation)), "{sent}");
        let (_, asked) = answer(watcher.user.request(Method::POST, "/api/messages/sync").json(&json!({}))).await;
        assert_eq!(asked["success"], true, "{asked}");
        let (_, list) = watcher.user.get("/api/conversations").await;
        assert_eq!(list["total"], 1, "{list}");
        let kept = stand.database.texts("SELECT platform_conversation_id FROM conversations").await;
        assert!(kept.iter().flatten().all(|id| !id.is_empty()), "{kept:?}");

        // What an original left behind is shown, and cannot be written to.
        stand.database.change("UPDATE conversations SET platform_conversation_id = ''").await;
        let (status, body) = watcher.user.post(&path, &json!({"content": "to whom?"})).await;
        assert!(status.is_client_error(), "{status} {body}");
        assert_eq!(watcher.user.get(&format!("/api/messages/{conversation}")).await.0, StatusCode::OK);
    })
    .await;
    sent_and_asked::<Instagram<false>>().await;
    sent_and_asked::<Twitter>().await;
}

/// What is sent, and what is asked for, stands in the conversation it belongs to.
async fn sent_and_asked<S: Subject>() {
    let stage = Stage::<S>::linked(binary(), Engine::Sqlite).await;
    let account = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
    let (heard, _) = stage.hear(1, "Hello").await;
    let conversation = heard["conversation_id"].as_str().expect("an id").to_owned();
    let (status, sent) = stage.send_words(&conversation, "Hi").await;
    assert_eq!((status, &sent["conversation_id"]), (StatusCode::CREATED, &json!(conversation)), "{}", S::CARD);
    for path in [format!("/api/debug/polling/{account}"), "/api/messages/sync".to_owned()] {
        let (status, asked) = stage.user.post(&path, &json!({})).await;
        assert_eq!((status, &asked["success"]), (StatusCode::OK, &json!(true)), "{}: {asked}", S::CARD);
    }
    stage.past_is_read_back().await;
    let (again, _) = stage.hear(1, "Hello again").await;
    assert_eq!(again["conversation_id"], json!(conversation), "{}", S::CARD);
    let kept = stage.database.texts("SELECT platform_conversation_id FROM conversations").await;
    assert!(kept.len() == 1 && kept[0].as_deref().is_some_and(|id| !id.is_empty()), "{}: {kept:?}", S::CARD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c08_a_sent_message_bears_the_platforms_id_and_is_not_stored_again() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let (_, sent) = talk.send("Hi").await;
        let given = scene.hub.platform.sent(BOT_TOKEN)[0].message_id;
        let id = sent["message"]["platform_message_id"].as_str().expect("an id");
        assert_eq!(id.rsplit(':').next(), Some(given.to_string().as_str()), "{id}");
        // The platform tells of it once more.
        let mut told = bot_update(40, PERSON, "Hi");
        told["message"]["message_id"] = given.into();
        scene.hub.deliver(&told).await;
        let words: Vec<Value> = talk.messages().await.iter().map(|message| message["content"].clone()).collect();
        assert_eq!(words, ["Hi", "Hello"]);
        let (status, _) = talk.user.post(&format!("/api/messages/{NOBODYS}/send"), &json!({"content": "x"})).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        #[cfg(feature = "demo")]
        super::telegram::what_a_person_sends_is_stored_once(engine).await;
    })
    .await;
}

//! Sending anew, as clients ask for it.

use crate::support::{BOT_TOKEN, Hub};
use hub_simulators::telegram::Fault;
use hub_testkit::client::answer;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PERSON: i64 = 42;

/// A hub, a user, and a conversation of theirs.
struct Scene {
    hub: Hub,
    user: Client,
    conversation: String,
}

impl Scene {
    async fn on(database: &Database) -> Self {
        let hub = Hub::start(database).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        hub.receive(&user, 1, PERSON, "hello").await;
        let conversation = user.all_messages().await[0]["conversation_id"].as_str().expect("an id").to_owned();
        Self { hub, user, conversation }
    }

    /// Sends words that meet a fault; gives the message's path once it stands so.
    async fn spoiled(&self, words: &str, fault: Fault, status: &str) -> String {
        self.hub.platform.fault("sendMessage", fault);
        let path = format!("/api/messages/{}/send", self.conversation);
        self.user.post(&path, &json!({ "content": words })).await;
        let what = format!("{words:?} is {status}");
        let found = eventually(&what, async || {
            self.user.all_messages().await.into_iter().find(|m| m["content"] == words && m["status"] == status)
        });
        format!("/api/messages/{}/retry", found.await["id"].as_str().expect("an id"))
    }

    /// How often the platform got the words.
    fn got(&self, words: &str) -> usize {
        self.hub.platform.sent(BOT_TOKEN).iter().filter(|sent| sent.text.as_deref() == Some(words)).count()
    }

    async fn status(&self, words: &str) -> Value {
        let all = self.user.all_messages().await;
        let mut found = all.into_iter().filter(|message| message["content"] == words);
        let message = found.next().expect("the message");
        assert!(found.next().is_none(), "the row stays the same");
        message["status"].clone()
    }

    async fn with_key(&self, path: &str, key: &str) -> (StatusCode, Value) {
        answer(self.user.request(Method::POST, path).header("Idempotency-Key", key).json(&json!({}))).await
    }
}

const REFUSED: Fault = Fault::Refused { code: 403, description: "Forbidden: bot was blocked by the user" };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_sent_again_once_and_for_its_owner_only() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let scene = Scene::on(&database).await;
        let path = scene.spoiled("again", REFUSED, "failed").await;
        assert_eq!(scene.hub.client().post(&path, &json!({})).await.0, StatusCode::UNAUTHORIZED);
        let stranger = scene.hub.client().register("eve@example.com").await;
        for body in [json!({}), json!({"force": true})] {
            assert_eq!(stranger.post(&path, &body).await.0, StatusCode::NOT_FOUND);
        }
        let nobodys = "/api/messages/3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21/retry";
        assert_eq!(scene.user.post(nobodys, &json!({})).await.0, StatusCode::NOT_FOUND);
        assert_eq!((scene.got("again"), scene.status("again").await), (0, json!("failed")));

        let (status, sent) = scene.user.post(&path, &json!({})).await;
        assert_eq!((status, &sent["message"]["status"]), (StatusCode::OK, &json!("sent")), "{sent}");
        assert_eq!(sent["message"]["conversationId"], sent["message"]["conversation_id"]);
        for body in [json!({}), json!({"force": true})] {
            let (status, refused) = scene.user.post(&path, &body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        }
        assert_eq!((scene.got("again"), scene.status("again").await), (1, json!("sent")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_tries_once() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let scene = Scene::on(&database).await;
        let path = scene.spoiled("with a key", REFUSED, "failed").await;
        scene.hub.platform.fault("sendMessage", REFUSED);
        assert_eq!(scene.with_key(&path, "one").await.0, StatusCode::BAD_GATEWAY);
        // The platform would take it now, and this key has had its try.
        let (status, shown) = scene.with_key(&path, "one").await;
        assert_eq!((status, &shown["message"]["status"]), (StatusCode::OK, &json!("failed")), "{shown}");
        assert_eq!(scene.got("with a key"), 0);
        for wrong in ["", &"x".repeat(300)] {
            assert_eq!(scene.with_key(&path, wrong).await.0, StatusCode::BAD_REQUEST);
        }
        let (status, sent) = scene.with_key(&path, "two").await;
        assert_eq!((status, &sent["message"]["status"]), (StatusCode::OK, &json!("sent")), "{sent}");
        assert_eq!(scene.got("with a key"), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_have_arrived_is_sent_again_only_when_a_person_insists() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let scene = Scene::on(&database).await;
        let path = scene.spoiled("perhaps", Fault::CutAfter, "unconfirmed").await;
        assert_eq!(scene.got("perhaps"), 1);
        for body in [json!({}), json!({"force": false}), json!({"force": "yes"})] {
            let (status, refused) = scene.user.post(&path, &body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        }
        assert_eq!((scene.got("perhaps"), scene.status("perhaps").await), (1, json!("unconfirmed")));
        let (status, sent) = scene.user.post(&path, &json!({"force": true})).await;
        assert_eq!((status, &sent["message"]["status"]), (StatusCode::OK, &json!("sent")), "{sent}");
        assert_eq!((scene.got("perhaps"), scene.status("perhaps").await), (2, json!("sent")));
    }
}

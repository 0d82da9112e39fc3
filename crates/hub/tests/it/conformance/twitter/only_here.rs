//! What only X does, through the whole house: its recorded deliveries, both activity APIs at once, groups, encrypted chats, tokens
//! that rotate, and an operator who has to pay.

use super::Twitter;
use hub_simulators::twitter::{Bucket, EventKind, Fault as Wrong, Spending};
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_hub"))
}

async fn linked(engine: Engine) -> Stage<Twitter> {
    Stage::linked(binary(), engine).await
}

fn payload(file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hub-platforms/src/twitter/fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

fn instant(value: &Value) -> chrono::DateTime<chrono::FixedOffset> {
    chrono::DateTime::parse_from_rfc3339(text(value)).expect("a time")
}

/// Every recorded delivery is answered as its index says, and every message in it is shown, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_delivery_comes_through_the_front_door() {
    for engine in engines() {
        let stage = linked(engine).await;
        stage.link_account(&stage.user, Twitter::METHOD, 1).await;
        let index: Value = serde_json::from_slice(&payload("index.json")).expect("JSON");
        let deliveries = index["fixtures"].as_array().expect("a list").iter().filter(|one| one["kind"] == "webhook");
        let mut wanted: Vec<Value> = Vec::new();
        for fixture in deliveries {
            // The same twice is the same once.
            for _ in 0..2 {
                let mut request = stage.hub.client().request(Method::POST, "/api/webhooks/twitter");
                for (name, value) in fixture["http"]["headers"].as_object().expect("headers") {
                    request = request.header(name, text(value));
                }
                let body = payload(text(&fixture["file"]));
                let status = request.body(body).send().await.expect("an answer").status().as_u16();
                let allowed = fixture["expect"]["http"]["status_in"].as_array().expect("a list");
                assert!(allowed.contains(&json!(status)), "{}: {status}", fixture["id"]);
            }
            wanted.extend(fixture["expect"]["messages"].as_array().expect("a list").iter().cloned());
        }
        assert!(wanted.len() >= 6, "{wanted:?}");
        let all = stage.user.all_messages().await;
        // One of them is encrypted: it is there by name.
        assert_eq!(all.len(), wanted.len() + 1, "{all:?}");
        let encrypted: Vec<&Value> = all.iter().filter(|one| one["kind"] == "unsupported").collect();
        assert_eq!(encrypted.len(), 1);
        let (_, listed) = stage.user.get("/api/conversations?limit=100").await;
        let conversations = listed["conversations"].as_array().expect("a list");
        for message in &wanted {
            let here = all.iter().find(|one| one["platform_message_id"] == message["platform_message_id"]);
            let here = here.unwrap_or_else(|| panic!("{message}"));
            assert_eq!(here["content"], message["text"], "{here}");
            assert_eq!(here["kind"], message["type"]);
            assert_eq!(here["is_outgoing"], message["direction"] == "outbound");
            assert_eq!(instant(&here["sent_at"]), instant(&message["sent_at"]), "{here}");
            let there = conversations.iter().find(|one| one["id"] == here["conversation_id"]).expect("it is listed");
            assert_eq!(there["platform_conversation_id"], message["platform_conversation_id"]);
        }
        stage.finish().await;
    }
}

/// Both APIs tell of one message, each twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_apis_at_once_are_one_message() {
    for engine in engines() {
        let stage = linked(engine).await;
        let account = stage.subject.account(0);
        stage.subject.platform.also_account_activity(&account);
        stage.subject.platform.duplicate(true);
        stage.hear(1, "told four times").await;
        stage.hear(1, "and so is this").await;
        let told = || stage.subject.platform.deliveries().len();
        eventually("every delivery", async || (told() >= 8).then_some(())).await;
        assert_eq!(stage.all("told four times").await.len(), 1);
        assert_eq!(stage.unread().await, 2);
        stage.finish().await;
    }
}

/// The hub has no keys: it says that somebody wrote, in the conversation with that person, and keeps none of the signs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encrypted_message_is_named_and_can_be_answered() {
    for engine in engines() {
        let stage = linked(engine).await;
        let (account, person) = (stage.subject.account(0), stage.subject.person(1));
        let conversation = stage.conversation_with(1).await;
        stage.subject.platform.say_encrypted(&person, &account);
        let named = eventually("the encrypted message", async || {
            stage.user.all_messages().await.into_iter().find(|one| one["kind"] == "unsupported")
        })
        .await;
        assert_eq!(named["conversation_id"], conversation.as_str());
        assert!(!named.to_string().contains("CwABAAAAEzIw"), "{named}");
        let (status, _) = stage.send_words(&conversation, "please write without encryption").await;
        assert_eq!(status, StatusCode::CREATED);
        stage.finish().await;
    }
}

/// No webhook tells of a group: it is read back, and answered in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_read_back_and_answered() {
    for engine in engines() {
        let stage = linked(engine).await;
        stage.past_is_read_back().await;
        let (account, platform) = (stage.subject.account(0), &stage.subject.platform);
        let (one, other) = (stage.subject.person(1), stage.subject.person(2));
        let group = platform.create_group(&one, &[&account, &other]);
        platform.say(&one, &group, "hello, all of you");
        platform.say(&other, &group, "hello back");
        let (status, answer) = stage.user.post("/api/messages/sync", &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let (first, second) = (stage.message("hello, all of you").await, stage.message("hello back").await);
        assert_eq!(first["conversation_id"], second["conversation_id"]);
        assert_ne!(first["sender_id"], second["sender_id"]);
        let conversation = text(&first["conversation_id"]);
        let (status, sent) = stage.send_words(conversation, "hello from the hub").await;
        assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null), "{sent}");
        let there = platform.events().into_iter().rev().find(|event| event.sender == account).expect("it arrived");
        assert_eq!(there.conversation, group);
        assert!(matches!(there.kind, EventKind::MessageCreate { text, .. } if text == "hello from the hub"));
        stage.finish().await;
    }
}

/// A hub without a public address asks, and hears everything once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_public_address_the_hub_asks() {
    let further: &[(&str, &str)] =
        &[("WEBHOOK_BASE_URL", ""), ("FRONTEND_URL", "http://127.0.0.1:9"), ("POLL_INTERVAL_SECONDS", "1")];
    for engine in engines() {
        // A redirect needs an address to come back to, so the account is linked while there is one.
        let mut stage = Stage::<Twitter>::linked_with(binary(), engine, &[("TWITTER_READS_PER_QUARTER", "900")]).await;
        stage.past_is_read_back().await;
        // As if there had never been one.
        stage.database.change("DELETE FROM hub_subscriptions").await;
        stage.database.change("DELETE FROM hub_jobs").await;
        stage.restart_with(further).await;
        stage.subject.platform.hold(true, false);
        stage.hear(1, "nobody called").await;
        stage.hear(1, "and nobody called again").await;
        assert_eq!(stage.unread().await, 2, "it is news");
        stage.finish().await;
    }
}

/// The person took the permission back: the API says so, and the account asks for a new sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_that_was_taken_back_is_noticed() {
    for engine in engines() {
        let stage = linked(engine).await;
        let id = text(&stage.accounts(&stage.user).await[0]["id"]).to_owned();
        stage.subject.platform.revoke(&stage.subject.account(0));
        eventually("the account asks", async || (stage.health().await == "needs_reauth").then_some(())).await;
        let (_, notices) = stage.user.get(&format!("/api/oauth/accounts/{id}/notices")).await;
        assert!(notices.to_string().contains("authorization_revoked"), "{notices}");
        assert_eq!(stage.link().await, id);
        stage.hear(1, "welcome back").await;
        stage.finish().await;
    }
}

/// A token that ends before its time is renewed once, and nobody notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_early_is_renewed_under_way() {
    for engine in engines() {
        let stage = linked(engine).await;
        let (account, conversation) = (stage.subject.account(0), stage.conversation_with(1).await);
        stage.subject.platform.end_access(&account);
        let (status, sent) = stage.send_words(&conversation, "with a renewed token").await;
        assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null), "{sent}");
        assert_eq!((stage.got_words("with a renewed token").len(), stage.subject.renewals(&account)), (1, Some(1)));
        assert_eq!(stage.health().await, "ok");
        stage.finish().await;
    }
}

/// The answer to a renewal was lost on the line: the account works on as long as its token does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_renewal_accuses_nobody_before_its_time() {
    for engine in engines() {
        let stage = linked(engine).await;
        let conversation = stage.conversation_with(1).await;
        let id = text(&stage.accounts(&stage.user).await[0]["id"]).to_owned();
        let soon = (chrono::Utc::now() + chrono::TimeDelta::minutes(4)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let changed = format!("UPDATE connected_accounts SET token_expires_at = '{soon}'");
        assert_eq!(stage.database.change(changed).await, 1);
        stage.subject.platform.fault(Bucket::Token, Wrong::CutAfter);
        let (status, said) = stage.user.post(&format!("/api/oauth/refresh/{id}"), &json!({})).await;
        assert_eq!((status, stage.health().await.as_str()), (StatusCode::OK, "ok"), "{said}");
        let spent: Vec<Option<u16>> = stage
            .subject
            .platform
            .requests()
            .into_iter()
            .filter(|asked| asked.body["grant_type"] == "refresh_token")
            .map(|asked| asked.status)
            .collect();
        assert_eq!(spent, [None, Some(400)], "the platform had spent it");
        // Nothing but a new sign-in brings another token; the old one still acts.
        let (status, sent) = stage.send_words(&conversation, "as long as it works").await;
        assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null), "{sent}");
        assert_eq!(stage.health().await, "ok");
        stage.link().await;
        assert_eq!(stage.health().await, "ok");
        stage.finish().await;
    }
}

/// A broken webhook is healed by the next look at it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_webhook_is_healed() {
    for engine in engines() {
        let mut stage = linked(engine).await;
        let account = stage.subject.account(0);
        stage.subject.platform.break_webhooks();
        assert!(!stage.subject.is_called(&account));
        stage.restart().await;
        eventually("it is called again", async || stage.subject.is_called(&account).then_some(())).await;
        stage.hear(1, "can you hear me?").await;
        stage.finish().await;
    }
}

/// Credits are the operator's: nobody signs in anew for them, and what waits leaves once there are some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_without_credits_waits_for_its_operator() {
    for engine in engines() {
        let stage = Box::pin(Stage::<Twitter>::linked_with(binary(), engine, &[("SEND_WAIT_MS", "300")])).await;
        let conversation = stage.conversation_with(1).await;
        stage.subject.platform.spending(Spending::CreditsDepleted);
        let (status, sent) = stage.send(&conversation, &json!({"content": "who pays?"})).await;
        assert_eq!((status, &sent["message"]["status"]), (StatusCode::CREATED, &json!("queued")), "{sent}");
        // It rests for half a minute, which this test does not.
        let resting = "kind = 'deliver_message' AND state = 'ready' AND attempts = 1";
        let rests = format!("SELECT kind FROM hub_jobs WHERE {resting}");
        eventually("it rests", async || (stage.database.texts(&rests).await.len() == 1).then_some(())).await;
        assert_eq!((stage.health().await.as_str(), stage.got_words("who pays?").len()), ("ok", 0));
        stage.subject.platform.spending(Spending::Fine);
        let soon = format!("UPDATE hub_jobs SET run_at = '2020-01-01T00:00:00.000000Z' WHERE {resting}");
        assert_eq!(stage.database.change(soon).await, 1, "nobody asked meanwhile");
        let (status, _) = stage.user.patch(&format!("/api/messages/conversation/{conversation}/read")).await;
        assert_eq!(status, StatusCode::OK);
        let message = stage.settled("who pays?").await;
        assert_eq!((&message["status"], stage.got_words("who pays?").len()), (&json!("sent"), 1), "{message}");
        let (_, message) = stage.send_words(&conversation, "the operator did").await;
        assert_eq!(message["failure"], Value::Null, "{message}");
        stage.finish().await;
    }
}

//! What the account says comes back as an echo: before the answer, after it, twice, and for every part.

use crate::fake::took;
use crate::talk::{Talk, deliver, second};
use hub_app::{ErrorKind, PlatformError};
use hub_domain::{DeliveryStatus, MessageId};
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::{Value, json};

fn key(id: MessageId, part: usize) -> String {
    format!("{id}:{part}")
}

fn echo(remote: &str, words: &str, key: Option<&str>) -> Value {
    json!([{"id": remote, "text": words, "out": true, "key": key, "at": 7, "sequence": 9}])
}

fn broken() -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "the line broke")
}

/// A conversation to write to, at a platform that takes long texts apart.
async fn talk(engine: Engine) -> Talk {
    let talk = Talk::start(engine, |card| card.text.split_longer = true).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_before_after_and_twice_is_the_message_itself() {
    for engine in engines() {
        for keyed in [true, false] {
            let talk = talk(engine).await;
            let id = talk.accept("answer").await;
            let own = key(id, 0);
            let told = echo("r1", "answer", keyed.then_some(own.as_str()));
            let (app, early) = (talk.app().clone(), told.clone());
            talk.test.fake.meanwhile(async move { deliver(&app, &early).await });
            talk.test.fake.sends.then(took("r1"));
            talk.work().await;
            for _ in 0..2 {
                talk.told(json!([told[0], {"id": "in", "text": "hello"}])).await;
            }
            assert_eq!(talk.texts().await, ["answer", "hello"]);
            let message = talk.message(id).await;
            assert_eq!(message.status, Some(DeliveryStatus::Sent));
            assert_eq!(message.remote_id.as_str(), "r1");
            assert_eq!(second(message.sent_at), 7, "the platform's clock orders the conversation");
            assert_eq!(talk.unread().await, 1, "what the account says needs no reading");
            let late = talk.accept("another").await;
            talk.test.fake.sends.then(took("r2"));
            talk.work().await;
            let own = key(late, 0);
            talk.told(echo("r2", "another", keyed.then_some(own.as_str()))).await;
            assert_eq!(talk.texts().await, ["another", "answer", "hello"]);
            assert_eq!(talk.test.fake.left(), ["answer", "another"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_part_has_its_echo_and_no_row() {
    for engine in engines() {
        for keyed in [true, false] {
            let talk = talk(engine).await;
            let (one, two) = ("a".repeat(99), "b".repeat(99));
            let id = talk.accept(&format!("{one} {two}")).await;
            let keys = [key(id, 0), key(id, 1)];
            let app = talk.app().clone();
            let first = echo("r1", &one, keyed.then_some(keys[0].as_str()));
            talk.test.fake.meanwhile(async move { deliver(&app, &first).await });
            talk.test.fake.sends.then(took("r1")).then(took("r2"));
            talk.work().await;
            talk.told(echo("r2", &two, keyed.then_some(keys[1].as_str()))).await;
            assert_eq!(talk.messages().await.len(), 2, "the greeting and one answer");
            assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
            assert_eq!(talk.test.fake.left().len(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_words_and_other_keys_are_messages_of_their_own() {
    for engine in engines() {
        let talk = talk(engine).await;
        let other = crate::talk::register(talk.app(), "eve@example.com").await;
        let shop = crate::fake::linked("eves", crate::fake::tokens("another token", None, None));
        talk.test.fake.begins.then(Ok(shop));
        crate::talk::link(talk.app(), &other).await;
        let id = talk.accept("answer").await;
        talk.test.fake.sends.then(Err(broken()));
        talk.work().await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed));
        talk.told(echo("o1", "something else", None)).await;
        talk.told(echo("o2", "unknown key", Some("no key of ours"))).await;
        talk.told(echo("o3", "nobody's", Some(&format!("{}:0", uuid(&talk).await)))).await;
        // Eve's account hears an echo with a key of Ada's.
        let stolen = json!([{"id": "o4", "text": "answer", "out": true, "key": key(id, 0), "account": "eves"}]);
        talk.told(stolen).await;
        let status =
            json!({"kind": "status", "message": "o5", "key": key(id, 0), "status": "failed", "account": "eves"});
        talk.told(json!([status])).await;
        assert_eq!(
            talk.message(id).await.status,
            Some(DeliveryStatus::Unconfirmed),
            "nothing of it was about this one"
        );
        assert_eq!(talk.texts().await, ["answer", "hello", "nobody's", "something else", "unknown key"]);
    }
}

/// An id that is no message.
async fn uuid(talk: &Talk) -> String {
    talk.only().await.id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echo_settles_what_nobody_knew_and_nothing_leaves_twice() {
    for engine in engines() {
        for keyed in [true, false] {
            let talk = talk(engine).await;
            let id = talk.accept("answer").await;
            talk.test.fake.sends.then(Err(broken()));
            talk.work().await;
            assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed));
            let own = key(id, 0);
            talk.told(echo("r1", "answer", keyed.then_some(own.as_str()))).await;
            talk.later(3_600).await;
            assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
            assert_eq!(talk.texts().await, ["answer", "hello"]);
            // The line breaks, but the echo came before it did.
            let second = talk.accept("another").await;
            let own = key(second, 0);
            let (app, early) = (talk.app().clone(), echo("r2", "another", keyed.then_some(own.as_str())));
            talk.test.fake.meanwhile(async move { deliver(&app, &early).await });
            talk.test.fake.sends.then(Err(broken()));
            talk.work().await;
            let settled = talk.message(second).await;
            assert_eq!((settled.status, settled.failure), (Some(DeliveryStatus::Sent), None));
            assert_eq!(talk.test.fake.left(), ["answer", "another"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_on_after_an_unknown_part_goes_on_from_the_evidence() {
    for engine in engines() {
        let talk = talk(engine).await;
        let parts: Vec<String> = ["a", "b", "c"].iter().map(|letter| letter.repeat(99)).collect();
        let id = talk.accept(&parts.join(" ")).await;
        talk.test.fake.sends.then(took("r1")).then(Err(broken()));
        talk.work().await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed));
        talk.told(echo("r1", &parts[0], Some(&key(id, 0)))).await;
        talk.work().await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed), "that was known before");
        talk.told(echo("r2", &parts[1], Some(&key(id, 1)))).await;
        talk.test.fake.sends.then(took("r3"));
        talk.work().await;
        assert_eq!(talk.test.fake.left(), parts, "each once");
        let message = talk.message(id).await;
        assert_eq!((message.status, message.remote_id.as_str()), (Some(DeliveryStatus::Sent), "r1"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_died_is_found_out_by_the_echo() {
    for engine in engines() {
        for told in [true, false] {
            let talk = talk(engine).await;
            let id = talk.accept("answer").await;
            let tx = talk.app().store().begin().await.unwrap();
            let (from, to) = ([DeliveryStatus::Queued], DeliveryStatus::Sending);
            assert!(tx.messages().set_status(id, &from, to, None, talk.app().now()).await.unwrap());
            let _ = tx.commit(Vec::new()).await.unwrap();
            if told {
                talk.told(echo("r1", "answer", None)).await;
            }
            talk.work().await;
            let expected = if told { DeliveryStatus::Sent } else { DeliveryStatus::Unconfirmed };
            assert_eq!(talk.message(id).await.status, Some(expected));
            assert!(talk.test.fake.left().is_empty(), "nothing leaves a second time");
        }
    }
}

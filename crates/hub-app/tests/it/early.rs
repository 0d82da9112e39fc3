//! News that come before their message.

use crate::talk::{Talk, link, register};
use hub_app::housekeeping;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_and_a_deletion_before_their_message_are_right_in_the_end() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"kind": "reacted", "message": "1", "added": ["a"], "at": 1}])).await;
        talk.told(json!([{"kind": "reacted", "message": "1", "added": ["b"], "replaces": true, "at": 2}])).await;
        talk.told(json!([{"kind": "deleted", "message": "2", "at": 3}])).await;
        talk.work().await;
        talk.told(json!([{"id": "1", "text": "one"}, {"id": "2", "text": "two"}])).await;
        talk.work().await;
        let messages = talk.messages().await;
        let [one, two] = messages.as_slice() else { panic!("two messages: {messages:?}") };
        let emoji: Vec<_> = one.reactions.iter().map(|reaction| reaction.emoji.as_str()).collect();
        assert_eq!(emoji, ["b"], "in the order they were told");
        assert_eq!(two.deleted_at.map(crate::talk::second), Some(3));
        assert_eq!(talk.unread().await, 2, "read again, counted once");
        // Nothing is left to be done, and a further message wakes nothing.
        talk.told(json!([{"id": "3", "text": "three"}])).await;
        let due = hub_app::work::claim(talk.app(), "nobody", 10).await.expect("claimed");
        assert!(due.is_empty(), "{due:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_spoke_of_several_is_read_again_for_each_of_them() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.work().await;
        talk.told(json!([
            {"kind": "reacted", "message": "1", "added": ["a"]}, {"kind": "reacted", "message": "2", "added": ["b"]},
        ]))
        .await;
        talk.told(json!([{"id": "1", "text": "one"}])).await;
        // The job of the first is running, and has read before the second comes.
        let running = hub_app::work::claim(talk.app(), "worker", 10).await.expect("claimed");
        assert_eq!(running.len(), 1);
        let outcome = hub_app::jobs::run(talk.app(), &running[0]).await;
        talk.told(json!([{"id": "2", "text": "two"}])).await;
        hub_app::work::settle(talk.app(), "worker", &running[0], &outcome).await.expect("settled");
        talk.work().await;
        for message in talk.messages().await {
            assert_eq!(message.reactions.len(), 1, "{message:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_at_another_account_wakes_nothing() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        let eve = register(talk.app(), "eve@example.com").await;
        let shop = crate::fake::linked("eves", crate::fake::tokens("another token", None, None));
        talk.test.fake.begins.then(Ok(shop));
        link(talk.app(), &eve).await;
        talk.work().await;
        talk.told(json!([{"kind": "reacted", "message": "1", "added": ["a"]}])).await;
        talk.told(json!([{"id": "1", "text": "eve's", "account": "eves"}])).await;
        let due = hub_app::work::claim(talk.app(), "nobody", 10).await.expect("claimed");
        assert!(due.is_empty(), "{due:?}");
        talk.told(json!([{"id": "1", "text": "ada's"}])).await;
        talk.work().await;
        assert_eq!(talk.messages().await[0].reactions.len(), 1, "hers waited for her message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_nobody_can_use_go_with_their_delivery() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"kind": "deleted", "message": "1"}])).await;
        talk.test.clock.advance(Duration::from_hours(73));
        housekeeping::sweep(talk.app()).await.expect("swept");
        talk.told(json!([{"id": "1", "text": "one"}])).await;
        talk.work().await;
        assert_eq!(talk.messages().await[0].deleted_at, None);
        let account = hub_app::accounts::list(talk.app(), &talk.caller).await.expect("listed")[0].id;
        let tx = talk.app().store().begin().await.unwrap();
        assert!(tx.early_news().take(&[(account, &"1".into())]).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_before_the_first_message_of_a_conversation_is_not_lost() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"kind": "up_to", "message": "1", "status": "read", "at": 9}])).await;
        talk.work().await;
        talk.told(json!([{"id": "1", "text": "from the phone", "out": true}])).await;
        talk.work().await;
        let status = talk.messages().await[0].status.map(hub_domain::DeliveryStatus::as_str);
        assert_eq!(status, Some("read"));
    }
}

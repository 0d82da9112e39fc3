//! Several ids of one person: whatever order they come to light in, there is one conversation.

use crate::talk::Talk;
use hub_testkit::database::engines;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn three_ids_in_one_delivery_or_in_many_are_one_conversation() {
    for engine in engines() {
        let first = json!({"id": "1", "text": "one", "conversation": "phone"});
        let second = json!({"id": "2", "text": "two", "conversation": "user", "at": 1});
        let linked = json!({"id": "3", "text": "three", "conversation": "user", "aliases": ["phone"], "at": 2});
        let further = json!({"id": "4", "text": "four", "conversation": "name", "aliases": ["phone"], "at": 3});
        let alone = json!({"id": "5", "text": "five", "conversation": "name", "at": 4});
        let all = [&first, &second, &linked, &further, &alone];
        let batch = Talk::start(engine, |_| {}).await;
        batch.told(json!(all)).await;
        let many = Talk::start(engine, |_| {}).await;
        for event in all {
            many.told(json!([event])).await;
        }
        let backwards = Talk::start(engine, |_| {}).await;
        for event in all.into_iter().rev() {
            backwards.told(json!([event])).await;
        }
        for talk in [&batch, &many, &backwards] {
            let only = talk.only().await;
            assert_eq!(only.unread_count, 5);
            assert_eq!(talk.unread().await, 5);
            assert_eq!(talk.texts().await, ["five", "four", "one", "three", "two"]);
            for (number, id) in ["phone", "user", "name"].into_iter().enumerate() {
                let emoji = format!("e{number}");
                let reaction = json!({"kind": "reacted", "conversation": id, "message": "1", "added": [emoji]});
                talk.told(json!([reaction])).await;
            }
            let reactions = &talk.messages().await[0].reactions;
            assert_eq!(reactions.len(), 3, "each id finds the message: {reactions:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_conversations_knew_one_conversation_knows() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([
            {"id": "1", "text": "one", "conversation": "phone", "at": 10},
            {"id": "2", "text": "two", "conversation": "user", "at": 50},
            {"id": "both", "text": "both", "conversation": "phone", "at": 20},
            {"id": "both", "text": "both", "conversation": "user", "at": 20},
        ]))
        .await;
        talk.told(json!([{"kind": "notice", "conversation": "user"}, {"kind": "notice", "conversation": "phone"}]))
            .await;
        assert_eq!(talk.conversations().await.len(), 2);
        talk.told(json!([{"kind": "reidentified", "from": ["phone"], "to": ["user"]}])).await;
        let only = talk.only().await;
        assert_eq!(only.remote_id.as_str(), "user", "this is where to write to now");
        assert_eq!(only.unread_count, 3);
        let store = talk.app().store().read();
        let acted = store.conversations().customer_at(only.id).await.unwrap().unwrap();
        assert_eq!(crate::talk::second(acted), 50);
        assert_eq!(store.notices().list(talk.caller.user_id, only.id, 10).await.unwrap().len(), 2);
        talk.told(json!([{"id": "3", "text": "three", "conversation": "phone", "at": 60}])).await;
        assert_eq!(talk.only().await.unread_count, 4, "the old id still finds it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_stays_ours_when_its_echo_waits_in_another_conversation() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "1", "text": "hello", "conversation": "phone"}])).await;
        let id = talk.say("answer").await;
        // The echo names an id nobody has linked to this person yet, and is a message of its own until somebody does.
        talk.told(json!([{"id": "m1", "text": "answer", "conversation": "user", "out": true, "at": 1}])).await;
        assert_eq!(talk.conversations().await.len(), 2);
        talk.told(json!([{"id": "2", "text": "again", "conversation": "user", "aliases": ["phone"], "at": 2}])).await;
        talk.only().await;
        assert_eq!(talk.texts().await, ["again", "answer", "hello"]);
        assert_eq!(talk.message(id).await.remote_id.as_str(), "m1");
    }
}

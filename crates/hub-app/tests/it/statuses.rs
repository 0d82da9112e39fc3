//! How far messages got: news in any order, before the answer, by key, and about everything up to a point.

use crate::fake::took;
use crate::talk::{Talk, deliver};
use hub_app::{ErrorKind, PlatformError};
use hub_domain::{DeliveryStatus, MessageId};
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::{Value, json};

fn status(message: &str, status: &str) -> Value {
    json!({"kind": "status", "conversation": "c1", "message": message, "status": status, "at": 20})
}

fn read_up_to(time: i64) -> Value {
    json!([{"kind": "up_to", "time": time, "status": "read", "at": 500}])
}

async fn talk(engine: Engine, unique: bool) -> Talk {
    let talk = Talk::start(engine, |card| {
        card.unique_message_ids = unique;
        card.taken_is_delivered = false;
        card.furthest_status = DeliveryStatus::Read;
    })
    .await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk
}

impl Talk {
    async fn status_of(&self, id: MessageId) -> &'static str {
        self.message(id).await.status.expect("a status").as_str()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_before_the_answer_are_applied_after_it() {
    for engine in engines() {
        for (news, end) in [("delivered", "delivered"), ("failed", "failed")] {
            let talk = talk(engine, false).await;
            let id = talk.accept("answer").await;
            let app = talk.app().clone();
            let told = json!([status("r1", news), status("r1", "sent")]);
            talk.test.fake.meanwhile(async move { deliver(&app, &told).await });
            talk.test.fake.sends.then(took("r1"));
            talk.work().await;
            assert_eq!(talk.status_of(id).await, end);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_by_our_key_alone_settle_the_message() {
    for engine in engines() {
        for (news, end) in [("sent", "sent"), ("read", "read"), ("failed", "failed")] {
            let talk = talk(engine, true).await;
            let id = talk.accept("answer").await;
            let cut_off = PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "the line broke");
            talk.test.fake.sends.then(Err(cut_off));
            talk.work().await;
            assert_eq!(talk.status_of(id).await, "unconfirmed");
            let key = format!("{id}:0");
            talk.told(json!([{"kind": "status", "message": "r1", "key": key, "status": news}])).await;
            assert_eq!(talk.status_of(id).await, end);
            assert_eq!(talk.message(id).await.remote_id.as_str(), "r1");
            // The same while the answer is on its way: it changes nothing any more.
            let second = talk.accept("another").await;
            let told = json!([{"kind": "status", "message": "r2", "key": format!("{second}:0"), "status": news}]);
            let app = talk.app().clone();
            talk.test.fake.meanwhile(async move { deliver(&app, &told).await });
            talk.test.fake.sends.then(took("r2"));
            talk.work().await;
            assert_eq!(talk.status_of(second).await, end);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_and_smaller_news_change_nothing() {
    for engine in engines() {
        let orders: [(&[&str], &str); 4] = [
            (&["failed", "sent"], "failed"),
            (&["failed", "delivered"], "delivered"),
            (&["read", "delivered", "sent"], "read"),
            (&["delivered", "failed"], "delivered"),
        ];
        for (order, end) in orders {
            let talk = talk(engine, false).await;
            talk.test.fake.sends.then(took("r1"));
            let id = talk.say("answer").await;
            for news in order {
                talk.told(json!([status("r1", news)])).await;
            }
            assert_eq!(talk.status_of(id).await, end, "{order:?}");
            // An echo that is repeated after the failure proves nothing new.
            talk.told(json!([{"id": "r1", "text": "answer", "out": true, "key": format!("{id}:0")}])).await;
            assert_eq!(talk.status_of(id).await, end, "{order:?}, then the echo");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_conversation_only_ids_that_are_unique_are_understood() {
    for engine in engines() {
        for unique in [true, false] {
            let talk = talk(engine, unique).await;
            talk.test.fake.sends.then(took("r1"));
            let id = talk.say("answer").await;
            talk.told(json!([{"kind": "status", "message": "r1", "status": "read"}])).await;
            talk.told(json!([{"kind": "reacted", "conversation": "elsewhere", "message": "r1", "added": ["+"]}])).await;
            talk.work().await;
            assert_eq!(talk.status_of(id).await, if unique { "read" } else { "sent" });
            assert_eq!(talk.message(id).await.reactions.len(), usize::from(unique));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_reaches_what_had_left_and_nothing_else() {
    for engine in engines() {
        let talk = talk(engine, false).await;
        let mut ids = Vec::new();
        for name in ["first", "second", "third"] {
            talk.later(100).await;
            ids.push(talk.say(name).await);
        }
        talk.test.fake.sends.then(Err(PlatformError::new(ErrorKind::Rejected, "no")));
        let failed = talk.say("failed").await;
        let queued = talk.accept("queued").await;
        talk.told(read_up_to(200)).await;
        let mut seen = Vec::new();
        for id in ids.iter().chain([&failed, &queued]) {
            seen.push(talk.status_of(*id).await);
        }
        assert_eq!(seen, ["read", "read", "sent", "failed", "queued"]);
        // The platform's watermark is later than our acceptance but earlier than the leaving.
        talk.told(read_up_to(350)).await;
        talk.later(100).await;
        assert_eq!(talk.status_of(queued).await, "sent", "it left at 400");
        assert_eq!(talk.status_of(failed).await, "failed", "what did not leave was not read");
        let third = talk.message(ids[2]).await;
        let news = json!([{"kind": "up_to", "message": third.remote_id, "status": "delivered", "at": 501}]);
        talk.told(news).await;
        assert_eq!(talk.status_of(ids[2]).await, "read", "delivered is no step back");
        let last = talk.message(queued).await.remote_id;
        talk.told(json!([{"kind": "up_to", "message": last, "status": "read", "at": 502}])).await;
        assert_eq!(talk.status_of(queued).await, "read", "up to this message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_before_the_answer_is_applied_after_it() {
    for engine in engines() {
        for by_time in [true, false] {
            let talk = talk(engine, false).await;
            let id = talk.accept("answer").await;
            let app = talk.app().clone();
            let told = if by_time {
                read_up_to(5)
            } else {
                json!([{"kind": "up_to", "message": "r1", "status": "read", "at": 6}])
            };
            talk.test.fake.meanwhile(async move { deliver(&app, &told).await });
            talk.test.fake.sends.then(took("r1"));
            talk.work().await;
            assert_eq!(talk.status_of(id).await, "read", "by time: {by_time}");
        }
    }
}

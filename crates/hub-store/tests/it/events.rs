use crate::support::{at, on_both};
use hub_domain::{AccountId, EventBody, UserId};
use hub_store::NewEvent;
use std::sync::Arc;

fn event(user_id: UserId) -> NewEvent {
    let account_id = AccountId(uuid::Uuid::now_v7());
    NewEvent { user_id, at: at(0), body: EventBody::AccountChanged { account_id } }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_have_no_gaps_however_many_write() {
    on_both(async |test| {
        let users = [test.user().await, test.user().await];
        let test = Arc::new(test);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..10 {
            let test = test.clone();
            tasks.spawn(async move {
                for _ in 0..5 {
                    let tx = test.store.begin().await.unwrap();
                    // Both users, in both orders: no two of these may wait for each other for ever.
                    let mut events = vec![event(users[0]), event(users[1]), event(users[0])];
                    if number % 2 == 0 {
                        events.reverse();
                    }
                    if number == 3 {
                        tx.rollback().await.unwrap();
                    } else {
                        let _ = tx.commit(events).await.unwrap();
                    }
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        for (user, count) in [(users[0], 90), (users[1], 45)] {
            let events = test.store.read().events().after(user, 0, 1_000).await.unwrap();
            let places: Vec<i64> = events.iter().map(|event| event.offset).collect();
            assert_eq!(places, (1..=count).collect::<Vec<i64>>());
            assert_eq!(test.store.read().events().bounds(user).await.unwrap(), (1, count));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_is_known_to_be_gone() {
    on_both(async |test| {
        let user = test.user().await;
        assert_eq!(test.store.read().events().bounds(user).await.unwrap(), (1, 0), "nothing yet");
        for seconds in 0..5 {
            let tx = test.store.begin().await.unwrap();
            let _ = tx.commit(vec![NewEvent { at: at(seconds), ..event(user) }]).await.unwrap();
        }
        let tx = test.store.begin().await.unwrap();
        assert_eq!(tx.events().purge(at(3), 100).await.unwrap(), 3);
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(test.store.read().events().bounds(user).await.unwrap(), (4, 5));
        let left = test.store.read().events().after(user, 3, 100).await.unwrap();
        assert_eq!(left.len(), 2);
    })
    .await;
}

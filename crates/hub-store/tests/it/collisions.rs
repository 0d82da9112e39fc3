//! Several who do the same thing at the same time.

use crate::support::{TestStore, at, message, new, on_both, postgres_url, sqlite};
use hub_store::{ConnectAttempt, NewReceipt, Result, Store, StoreSettings, Tx};
use std::pin::Pin;

const SIDES: usize = 8;

type Answer<'a> = Pin<Box<dyn Future<Output = Result<usize>> + Send + 'a>>;

/// Runs `act` in as many transactions at once; gives the sum of what they counted.
async fn from_many_sides(
    test: &TestStore,
    act: impl for<'a> Fn(&'a Tx) -> Answer<'a> + Clone + Send + 'static,
) -> usize {
    let mut sides = tokio::task::JoinSet::new();
    for _ in 0..SIDES {
        let (store, act) = (test.store.clone(), act.clone());
        sides.spawn(async move {
            let tx = store.begin().await.unwrap();
            let counted = act(&tx).await.unwrap();
            let _ = tx.commit(Vec::new()).await.unwrap();
            counted
        });
    }
    sides.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_used_once_and_forgotten_when_nobody_accepts_it_any_more() {
    on_both(async |test| {
        let used = from_many_sides(&test, |tx| {
            Box::pin(async move { Ok(usize::from(tx.used_proofs().insert("proof", at(60)).await?)) })
        });
        assert_eq!(used.await, 1);
        let tx = test.store.begin().await.unwrap();
        assert_eq!(tx.used_proofs().purge(at(59)).await.unwrap(), 0);
        assert_eq!(tx.used_proofs().purge(at(60)).await.unwrap(), 1);
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_to_link_is_taken_once() {
    on_both(async |test| {
        let attempt = ConnectAttempt {
            state_digest: "d".into(),
            user_id: test.user().await,
            platform_name: "twitter".into(),
            method: "oauth".into(),
            memory: "m".into(),
            browser: Some("b".into()),
            redirect_uri: Some("https://example.com/back".into()),
            expires_at: at(600),
            at: at(0),
        };
        let tx = test.store.begin().await.unwrap();
        tx.connect_attempts().insert(&attempt).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let taken = from_many_sides(&test, |tx| {
            Box::pin(async move { Ok(usize::from(tx.connect_attempts().take("d", at(1)).await?.is_some())) })
        });
        assert_eq!(taken.await, 1);
    })
    .await;
}

fn receipt(digest: &str, seconds: i64) -> NewReceipt {
    NewReceipt {
        id: new(),
        platform: "telegram".into(),
        digest: digest.into(),
        account: None,
        body: "sealed".into(),
        items: 1,
        received_at: at(seconds),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_is_new_once_within_a_batch_and_among_many() {
    on_both(async |test| {
        let new = from_many_sides(&test, |tx| {
            Box::pin(async move {
                Ok(tx.receipts().insert_many(&[receipt("a", 0), receipt("b", 1), receipt("a", 2)]).await?.len())
            })
        });
        assert_eq!(new.await, 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_message_twice_in_a_batch_is_one_row() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let stored = from_many_sides(&test, move |tx| {
            Box::pin(async move {
                let twice = [message(conversation, "1", 1), message(conversation, "1", 1)];
                Ok(tx.messages().insert_many(&twice).await?.len())
            })
        });
        assert_eq!(stored.await, 1);
        let query = hub_store::ListMessages { limit: 9, ..Default::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        assert_eq!((page.items.len(), page.total), (1, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_goes_to_one_of_many() {
    on_both(async |test| {
        let held = from_many_sides(&test, |tx| {
            Box::pin(async move {
                let holder = uuid::Uuid::now_v7().to_string();
                Ok(usize::from(tx.leases().acquire("line", &holder, at(0), at(60)).await?))
            })
        });
        assert_eq!(held.await, 1);
    })
    .await;
}

/// Several processes start on one empty database.
async fn start_together(url: &str) {
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let settings = StoreSettings { url: url.to_owned(), ..StoreSettings::default() };
        starts.spawn(async move { Store::connect(&settings).await.unwrap().migrate().await.unwrap().applied.len() });
    }
    let applied = starts.join_all().await;
    assert_eq!(applied.iter().filter(|count| **count > 0).count(), 1, "one of them did it all: {applied:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_migrate_once() {
    let folder = tempfile::tempdir().unwrap();
    start_together(&format!("sqlite://{}", folder.path().join("hub.db").display())).await;
    if let Some(url) = postgres_url().await {
        start_together(&url).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let test = sqlite().await;
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&test.url).await.unwrap();
    sqlx::query("INSERT INTO hub_migrations (name) VALUES ('9999_later')").execute(&mut connection).await.unwrap();
    assert!(matches!(test.store.migrate().await, Err(hub_store::StoreError::Invalid(_))));
    let _ = test.user().await;
}

//! Values and servers that fail.

use crate::support::{TestStore, at, message, on_both, postgres, postgres_url};
use hub_domain::{AccountId, EventBody};
use hub_store::{Engine, ListMessages, NewEvent, NewMessage, Store, StoreError, StoreSettings};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;

/// More than any of the store's own limits.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn words_an_engine_cannot_hold_are_refused_alone() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let words = "before\0after";
        let bad = NewMessage { content: words.into(), ..message(conversation, "2", 2) };
        let tx = test.store.begin().await.unwrap();
        tx.messages().insert_many(&[message(conversation, "1", 1)]).await.unwrap();
        let alone = tx.nested().await.unwrap();
        let outcome = alone.messages().insert_many(std::slice::from_ref(&bad)).await;
        let refused = test.store.engine() == Engine::Postgres;
        if refused {
            assert!(matches!(outcome, Err(StoreError::Invalid(_))), "{outcome:?}");
            alone.rollback().await.unwrap();
        } else {
            assert_eq!(outcome.unwrap(), [bad.id]);
            let _ = alone.commit(Vec::new()).await.unwrap();
        }
        tx.messages().insert_many(&[message(conversation, "3", 3)]).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let query = ListMessages { limit: 9, ..ListMessages::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        let kept: Vec<_> = page.items.iter().map(|m| m.remote_id.as_str()).collect();
        assert_eq!(kept, if refused { vec!["3", "1"] } else { vec!["3", "2", "1"] });
        assert!(refused || page.items[1].content == words, "whole, not cut at the zero");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_tells_nobody_and_uses_no_place() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        let told = |account_id: AccountId| NewEvent {
            user_id: user,
            at: at(1),
            body: EventBody::AccountChanged { account_id },
        };
        let tx = test.store.begin().await.unwrap();
        tx.messages().insert_many(&[message(conversation, "1", 1)]).await.unwrap();
        tx.rollback().await.unwrap();
        // A commit that fails: its event is for nobody there is.
        let tx = test.store.begin().await.unwrap();
        tx.messages().insert_many(&[message(conversation, "1", 1)]).await.unwrap();
        let nobody = NewEvent { user_id: crate::support::new(), ..told(account) };
        let failed = tx.commit(vec![told(account), nobody]).await;
        assert!(matches!(failed, Err(StoreError::Invalid(_))), "{failed:?}");
        let session = test.store.read();
        assert_eq!(session.events().bounds(user).await.unwrap(), (1, 0));
        assert!(session.messages().id_of(conversation, &"1".into()).await.unwrap().is_none());
        let tx = test.store.begin().await.unwrap();
        let _ = tx.commit(vec![told(account)]).await.unwrap();
        let events = session.events().after(user, 0, 9).await.unwrap();
        assert_eq!(events.iter().map(|event| event.offset).collect::<Vec<_>>(), [1]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unavailable_within_its_limit() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = StoreSettings { url: format!("postgres://hub@127.0.0.1:{free}/hub"), ..StoreSettings::default() };
    let outcome = tokio::time::timeout(PATIENCE, Store::connect(&settings)).await.expect("an answer in time");
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_refused() {
    for url in ["", "mysql://localhost/hub", "sqlite::memory:", "sqlite://", "postgres://[/hub"] {
        let settings = StoreSettings { url: url.to_owned(), ..StoreSettings::default() };
        let outcome = Store::connect(&settings).await;
        assert!(matches!(outcome, Err(StoreError::Invalid(_))), "{url:?}: {outcome:?}");
    }
}

/// Ends every connection of the store, as a server does that restarts.
async fn cut(test: &TestStore) {
    let mut connection = PgConnection::connect(&test.url).await.unwrap();
    let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connection.execute(query).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_loses_the_open_transaction_and_nothing_else() {
    let Some(test) = postgres().await else { return };
    let (user, _, conversation) = test.inbox().await;
    test.store_all(&[message(conversation, "1", 1)]).await;
    let tx = test.store.begin().await.unwrap();
    tx.messages().insert_many(&[message(conversation, "2", 2)]).await.unwrap();
    cut(&test).await;
    let outcome = tx.messages().insert_many(&[message(conversation, "3", 3)]).await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    let ended = tx.commit(Vec::new()).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    // The pool finds its way back by itself.
    let _ = test.store.ping().await;
    assert_eq!(test.store_all(&[message(conversation, "2", 2)]).await.len(), 1);
    let query = ListMessages { limit: 9, ..ListMessages::default() };
    let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
    assert_eq!(page.items.iter().map(|m| m.remote_id.as_str()).collect::<Vec<_>>(), ["2", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loser_of_a_deadlock_hears_of_a_conflict() {
    let Some(test) = postgres().await else { return };
    let (_, account, one) = test.inbox().await;
    let two = test.conversation(account, "43").await;
    let bump = |id| hub_store::Bump { id, unread: 1, last_message_at: None, customer_at: None };
    let (left, right) = (test.store.begin().await.unwrap(), test.store.begin().await.unwrap());
    left.conversations().bump_many(&[bump(one)], at(1)).await.unwrap();
    right.conversations().bump_many(&[bump(two)], at(1)).await.unwrap();
    let other = tokio::spawn(async move {
        let outcome = left.conversations().bump_many(&[bump(two)], at(1)).await;
        let _ = left.rollback().await;
        outcome
    });
    let mine = right.conversations().bump_many(&[bump(one)], at(1)).await;
    let _ = right.rollback().await;
    let outcomes = [mine, other.await.unwrap()];
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Err(StoreError::Conflict(_)))).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_tables_is_no_passing_trouble() {
    let Some(url) = postgres_url().await else { return };
    let store = Store::connect(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
    let outcome = store.read().users().count().await;
    assert!(matches!(outcome, Err(StoreError::Corrupt(_))), "{outcome:?}");
}

//! What is done from time to time: forgetting what is over, finding what is stuck.

use crate::support::{TestStore, at, message, new, on_both};
use hub_domain::{
    AccountId, ConversationId, Counter, DeliveryStatus, Direction, EventBody, JobId, MessageId, UserId, Verdicts,
};
use hub_store::{
    Engine, ListParked, NewEvent, NewJob, NewMessage, NewReceipt, NewRefreshToken, REQUESTS, Reading, StoreError, Tx,
    Usage,
};
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use std::collections::HashSet;
use uuid::Uuid;

fn event(user_id: UserId, seconds: i64) -> NewEvent {
    NewEvent { user_id, at: at(seconds), body: EventBody::AccountChanged { account_id: AccountId(Uuid::now_v7()) } }
}

async fn commit(tx: Tx) {
    let _ = tx.commit(Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn purging_leaves_no_gap_in_a_log_whose_times_are_out_of_order() {
    on_both(async |test| {
        let (one, two) = (test.user().await, test.user().await);
        // Places follow the commits; times follow the clocks of those who wrote.
        for seconds in [1, 9, 2, 3, 9] {
            let tx = test.store.begin().await.unwrap();
            let _ = tx.commit(vec![event(one, seconds), event(two, 1)]).await.unwrap();
        }
        for expected in [4, 2, 0] {
            let tx = test.store.begin().await.unwrap();
            assert_eq!(tx.events().purge(at(5), 4).await.unwrap(), expected, "in bites");
            commit(tx).await;
            for user in [one, two] {
                let session = test.store.read();
                let events = session.events();
                let (oldest, latest) = events.bounds(user).await.unwrap();
                let kept: Vec<i64> = events.after(user, 0, 10).await.unwrap().iter().map(|e| e.offset).collect();
                assert_eq!(kept, (oldest..=latest).collect::<Vec<_>>());
            }
        }
        let session = test.store.read();
        let events = session.events();
        assert_eq!((events.bounds(one).await.unwrap(), events.bounds(two).await.unwrap()), ((2, 5), (6, 5)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_savepoint_are_refused_because_it_may_still_fall() {
    on_both(async |test| {
        let user = test.user().await;
        let tx = test.store.begin().await.unwrap();
        let inner = tx.nested().await.unwrap();
        let told = inner.commit(vec![event(user, 1)]).await;
        assert!(matches!(told, Err(StoreError::Invalid(_))), "{told:?}");
        commit(tx).await;
        assert_eq!(test.store.read().events().bounds(user).await.unwrap().1, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_tokens_go_with_everything_that_is_known_of_them() {
    on_both(async |test| {
        let user_id = test.user().await;
        let tokens: Vec<_> = (0..6)
            .map(|n| NewRefreshToken {
                id: Uuid::now_v7(),
                user_id,
                token: format!("sha256:{n}"),
                family: Uuid::now_v7(),
                expires_at: at(10 - n),
                at: at(0),
            })
            .collect();
        let tx = test.store.begin().await.unwrap();
        for token in &tokens {
            tx.refresh_tokens().insert(token).await.unwrap();
        }
        assert!(tx.refresh_tokens().replace(tokens[0].id, at(3)).await.unwrap());
        assert!(!tx.refresh_tokens().replace(tokens[0].id, at(4)).await.unwrap(), "once");
        assert_eq!(tx.refresh_tokens().delete_expired(at(8), 2).await.unwrap(), 2);
        assert_eq!(tx.refresh_tokens().delete_expired(at(8), 2).await.unwrap(), 1);
        assert_eq!(tx.refresh_tokens().delete_expired(at(8), 2).await.unwrap(), 0);
        commit(tx).await;
        let session = test.store.read();
        let kept = session.refresh_tokens().find(&["raw", "sha256:0"]).await.unwrap().unwrap();
        assert_eq!((kept.family, kept.replaced_at), (Some(tokens[0].family), Some(at(3))));
        assert!(session.refresh_tokens().find(&["sha256:5"]).await.unwrap().is_none());
        assert_eq!(rows(&test, "hub_refresh_families").await, 3);
    })
    .await;
}

async fn rows(test: &TestStore, table: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
    match test.store.engine() {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&test.url).await.unwrap();
            sqlx::query(query).fetch_one(&mut connection).await.unwrap().get(0)
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(&test.url).await.unwrap();
            sqlx::query(query).fetch_one(&mut connection).await.unwrap().get(0)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_wait_for_an_operator_are_kept() {
    on_both(async |test| {
        let receipt = |digest: &str| NewReceipt {
            id: new(),
            platform: "telegram_bot".into(),
            digest: digest.into(),
            account: None,
            body: "sealed".into(),
            items: 1,
            received_at: at(0),
        };
        let (kept, over) = (receipt("a"), receipt("b"));
        let tx = test.store.begin().await.unwrap();
        let new = tx.receipts().insert_many(&[kept.clone(), over.clone(), receipt("a")]).await.unwrap();
        assert_eq!(new.into_iter().collect::<HashSet<_>>(), HashSet::from([kept.id, over.id]), "a repeat is known");
        let reading = |receipt: &NewReceipt, letter: &str| Reading {
            id: receipt.id,
            platform: receipt.platform.clone(),
            before: Verdicts::default(),
            after: Verdicts::from_stored(letter),
            reason: Some("why".to_owned()),
        };
        tx.receipts().settle(&[reading(&kept, "p"), reading(&over, "w")]).await.unwrap();
        tx.ledger().note("telegram_bot", Counter::Known, 1);
        assert_eq!(tx.receipts().purge(at(1), 10).await.unwrap(), 1);
        commit(tx).await;
        let session = test.store.read();
        assert!(session.receipts().get(over.id).await.unwrap().is_none());
        let parked = session.receipts().list_parked(&ListParked { limit: 10, ..ListParked::default() }).await.unwrap();
        assert_eq!(parked.iter().map(|r| (r.id, r.reason.as_deref())).collect::<Vec<_>>(), [(kept.id, Some("why"))]);
        let book = session.ledger().books().await.unwrap().remove("telegram_bot").unwrap();
        assert!(book.balance().is_even(), "{book:?}");
        assert_eq!(
            (book.count(Counter::Waiting), book.count(Counter::Ignored)),
            (0, 1),
            "what never came is not waited for"
        );
        let tx = test.store.begin().await.unwrap();
        for news in [true, false] {
            assert_eq!(tx.receipts().dismiss(kept.id).await.unwrap(), news);
        }
        assert_eq!(tx.receipts().purge(at(1), 10).await.unwrap(), 1, "what is settled need not be kept");
        commit(tx).await;
        let book = test.store.read().ledger().books().await.unwrap().remove("telegram_bot").unwrap();
        assert!(book.balance().is_even() && book.count(Counter::Dismissed) == 1, "{book:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_message_is_found_behind_many_that_are_looked_after() {
    on_both(async |test| {
        let (_, _, conversation) = test.inbox().await;
        let waiting: Vec<_> = (0..5).map(|_| queued(conversation)).collect();
        test.store_all(&waiting).await;
        let tx = test.store.begin().await.unwrap();
        let jobs: Vec<_> = waiting[..4].iter().map(|m| deliver(m.id)).collect();
        tx.jobs().enqueue_many(&jobs).await.unwrap();
        commit(tx).await;
        let stuck = async |before| test.store.read().messages().stuck_sending("deliver", at(before), 2).await.unwrap();
        assert_eq!(stuck(2).await, [waiting[4].id]);
        assert!(stuck(1).await.is_empty(), "not long enough");
        // Settled jobs look after nothing; no more come than were asked for.
        let tx = test.store.begin().await.unwrap();
        for claimed in tx.jobs().claim("w", 9, at(1), chrono::TimeDelta::seconds(60)).await.unwrap() {
            tx.jobs().done(&claimed, "w", at(1)).await.unwrap();
        }
        commit(tx).await;
        assert_eq!(stuck(2).await, [waiting[0].id, waiting[1].id]);
    })
    .await;
}

fn queued(conversation: ConversationId) -> NewMessage {
    let base = message(conversation, "x", 1);
    let remote_id = format!("hub:{}", base.id).into();
    NewMessage { remote_id, direction: Direction::Outgoing, status: Some(DeliveryStatus::Queued), ..base }
}

fn deliver(message: MessageId) -> NewJob {
    NewJob {
        id: new::<JobId>(),
        kind: "deliver".into(),
        payload: "{}".into(),
        lane: None,
        pool: None,
        dedupe: Some(message.to_string()),
        priority: 0,
        run_at: at(0),
        max_attempts: 3,
        at: at(0),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unread_counts_are_found_page_by_page_and_mended_once() {
    on_both(async |test| {
        let user = test.user().await;
        let account = test.account(user, "481000001").await;
        let mut all = Vec::new();
        for number in 0..5 {
            let conversation = test.conversation(account, &number.to_string()).await;
            let rows: Vec<_> = (0..number).map(|n| message(conversation, &format!("{n}"), n)).collect();
            assert_eq!(test.store_all(&rows).await.len() as i64, number);
            all.push(conversation);
        }
        let mut looked = Vec::new();
        let mut after = None;
        loop {
            let page = test.store.read().conversations().look_at_counts(after, 2).await.unwrap();
            looked.extend(page.wrong);
            after = page.last;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(looked, [], "they agree");
        spoil(&test, "UPDATE conversations SET unread_count = 7 WHERE platform_conversation_id IN ('1', '4')").await;
        spoil(&test, "UPDATE conversations SET unread_count = NULL WHERE platform_conversation_id IN ('0', '3')").await;
        let page = test.store.read().conversations().look_at_counts(None, 100).await.unwrap();
        let wrong: HashSet<_> = page.wrong.iter().copied().collect();
        assert_eq!(wrong, HashSet::from([all[1], all[3], all[4]]), "none is zero");
        for changes in [3, 0] {
            let tx = test.store.begin().await.unwrap();
            let mended = tx.conversations().mend_counts(&page.wrong, at(9)).await.unwrap();
            commit(tx).await;
            assert_eq!(mended.len(), changes);
            assert!(mended.iter().all(|(id, owner)| wrong.contains(id) && *owner == user));
        }
        let counts: i64 = test.shown(user).await.iter().map(|c| i64::from(c.unread_count)).sum();
        assert_eq!(counts, 1 + 2 + 3 + 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mending_counts_while_messages_come_and_are_read_spoils_nothing() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let writing = async {
            for n in 0..40_i64 {
                test.store_all(&[message(conversation, &n.to_string(), n)]).await;
                if n % 5 == 0 {
                    let tx = test.store.begin().await.unwrap();
                    tx.conversations().mark_read(user, conversation, at(n)).await.unwrap();
                    commit(tx).await;
                }
            }
        };
        let mending = async {
            for _ in 0..40 {
                let tx = test.store.begin().await.unwrap();
                tx.conversations().mend_counts(&[conversation], at(0)).await.unwrap();
                commit(tx).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(writing, mending);
        assert_eq!(test.shown(user).await[0].unread_count, 4);
        assert_eq!(test.store.read().conversations().look_at_counts(None, 9).await.unwrap().wrong, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_and_calls_are_forgotten_and_the_originals_rows_stay() {
    on_both(async |test| {
        let user = test.user().await;
        let account = test.account(user, "page").await;
        let usage = |platform: &str, seconds| Usage {
            id: Uuid::now_v7(),
            user_id: Some(user),
            account_id: None,
            platform: platform.to_owned(),
            endpoint: "GET /api/messages".to_owned(),
            count: 1,
            at: at(seconds),
        };
        let tx = test.store.begin().await.unwrap();
        let entries =
            [usage(REQUESTS, 1), usage(REQUESTS, 2), usage(REQUESTS, 3), usage(REQUESTS, 8), usage("facebook", 1)];
        tx.usage().insert_many(&entries).await.unwrap();
        let call = Usage { account_id: Some(account), ..usage("facebook", 1) };
        let originals = Usage { id: Uuid::now_v7(), user_id: None, ..call.clone() };
        let nobodys = Usage { id: Uuid::now_v7(), account_id: Some(Uuid::now_v7().into()), ..call.clone() };
        for (call, count) in [(&call, 1), (&call, 2), (&originals, 1), (&nobodys, 1)] {
            tx.usage().count(&Usage { count, ..call.clone() }).await.unwrap();
        }
        commit(tx).await;
        assert_eq!(
            rows(&test, "api_usage_logs").await,
            7,
            "a count grows, and of an account that is gone there is none"
        );
        let tx = test.store.begin().await.unwrap();
        for gone in [2, 2, 0] {
            assert_eq!(tx.usage().purge(at(5), 2).await.unwrap(), gone, "in bites");
        }
        commit(tx).await;
        assert_eq!(rows(&test, "api_usage_logs").await, 3);
    })
    .await;
}

async fn spoil(test: &TestStore, statement: &'static str) {
    match test.store.engine() {
        Engine::Postgres => {
            let mut connection = PgConnection::connect(&test.url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
        Engine::Sqlite => {
            let mut connection = SqliteConnection::connect(&test.url).await.unwrap();
            sqlx::query(statement).execute(&mut connection).await.unwrap();
        }
    }
}

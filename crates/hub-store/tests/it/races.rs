//! Two at the same moment, and work that is cut off in the middle.

use crate::support::{TestStore, at, message, new, on_both, upsert};
use hub_domain::{ConversationId, DeliveryStatus, Direction, EventBody, UserId};
use hub_store::{Bump, Engine, ListMessages, NewEvent, NewJob, NewMessage};
use sqlx::{Connection, PgConnection, Row};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

fn ours(conversation: ConversationId) -> NewMessage {
    let base = message(conversation, "x", 1);
    let remote_id = format!("hub:{}", base.id).into();
    NewMessage { remote_id, direction: Direction::Outgoing, status: Some(DeliveryStatus::Sending), ..base }
}

fn echo(conversation: ConversationId, remote: &str) -> NewMessage {
    let status = Some(DeliveryStatus::Sent);
    NewMessage { direction: Direction::Outgoing, is_read: true, status, ..message(conversation, remote, 1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_of_a_later_part_is_no_message_of_its_own() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let long = ours(conversation);
        test.store_all(std::slice::from_ref(&long)).await;
        // The platform tells others of both parts before it answers us.
        test.store_all(&[echo(conversation, "100"), echo(conversation, "101")]).await;
        for (place, remote) in [(0, "100"), (1, "101")] {
            let tx = test.store.begin().await.unwrap();
            tx.messages().add_part(long.id, (place, 0), &remote.into()).await.unwrap();
            if place == 1 {
                tx.messages().mark_sent(long.id, &"100".into(), None, None, true, at(3)).await.unwrap();
            }
            let _ = tx.commit(Vec::new()).await.unwrap();
        }
        let query = ListMessages { limit: 10, ..ListMessages::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        assert_eq!(page.items.iter().map(|m| m.id).collect::<Vec<_>>(), [long.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_at_the_very_moment_of_the_answer_neither_fails_nor_doubles_the_message() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        for round in 0..40 {
            let message = ours(conversation);
            test.store_all(std::slice::from_ref(&message)).await;
            let remote = format!("r{round}");
            let (answer, intake) = (test.store.clone(), test.store.clone());
            let answered = async {
                let tx = answer.begin().await?;
                tx.messages().add_part(message.id, (0, 0), &remote.as_str().into()).await?;
                tx.messages().mark_sent(message.id, &remote.as_str().into(), None, None, true, at(3)).await?;
                tx.commit(Vec::new()).await.map(|_| ())
            };
            let arrived = async {
                let tx = intake.begin().await?;
                tx.conversations().upsert_many(&[upsert(account, "42")]).await?;
                tx.messages().insert_many(&[echo(conversation, &remote)]).await?;
                tx.commit(Vec::new()).await.map(|_| ())
            };
            let (answered, arrived) = tokio::join!(answered, arrived);
            answered.expect("the platform took it; that must be written down");
            arrived.expect("stored");
        }
        let query = ListMessages { limit: 100, ..ListMessages::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        assert_eq!(page.total, 40);
        assert!(
            page.items.iter().all(|m| m.status == Some(DeliveryStatus::Sent) && m.remote_id.as_str().starts_with('r'))
        );
    })
    .await;
}

fn job(lane: &str) -> NewJob {
    NewJob {
        id: new(),
        kind: "work".into(),
        payload: "{}".into(),
        lane: Some(lane.into()),
        pool: None,
        dedupe: None,
        priority: 0,
        run_at: at(0),
        max_attempts: 3,
        at: at(0),
    }
}

/// Polls `work` so often and no more: cut off wherever it stands then, as when a client hangs up.
async fn cut_off<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

async fn unit_of_work(test: &TestStore, user: UserId, conversation: ConversationId, name: &str) {
    let tx = test.store.begin().await.unwrap();
    let row = message(conversation, name, 1);
    let inner = tx.nested().await.unwrap();
    inner.messages().insert_many(std::slice::from_ref(&row)).await.unwrap();
    let _ = inner.commit(Vec::new()).await.unwrap();
    let bump = Bump { id: conversation, unread: 1, last_message_at: Some(row.sent_at), customer_at: None };
    tx.conversations().bump_many(&[bump], at(1)).await.unwrap();
    tx.jobs().enqueue_many(&[job(name)]).await.unwrap();
    let body = EventBody::MessageReceived { message_id: row.id, conversation_id: conversation };
    let _ = tx.commit(vec![NewEvent { user_id: user, at: at(1), body }]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_cut_off_stands_whole_or_not_at_all_and_holds_nothing() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let mut finished = 0;
        for round in 0..3 {
            for polls in 0..40 {
                let name = format!("{round}-{polls}");
                let work = unit_of_work(&test, user, conversation, &name);
                finished += i32::from(cut_off(polls, work).await.is_some());
                // Whoever comes next finds a free and clean connection.
                unit_of_work(&test, user, conversation, &format!("{name}-next")).await;
            }
        }
        assert!(finished > 0, "every unit was cut off");
        assert!(finished < 120, "none was cut off");
        let session = test.store.read();
        let query = ListMessages { limit: 1, ..ListMessages::default() };
        let messages = session.messages().list(user, conversation, &query).await.unwrap().unwrap().total;
        let shown = &test.shown(user).await[0];
        let jobs = session.jobs().counts(at(1)).await.unwrap().waiting;
        let (_, events) = session.events().bounds(user).await.unwrap();
        assert_eq!((i64::from(shown.unread_count), jobs, events), (messages, messages, messages));
        assert!(messages >= 120 + i64::from(finished));
        if test.store.engine() == Engine::Postgres {
            nothing_left_open(&test).await;
        }
    })
    .await;
}

async fn nothing_left_open(test: &TestStore) {
    let mut connection = PgConnection::connect(&test.url).await.unwrap();
    let query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'";
    let mut open = 1_i64;
    for _ in 0..50 {
        open = sqlx::query(query).fetch_one(&mut connection).await.unwrap().get(0);
        if open == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(open, 0, "connections left in a transaction");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marking_as_read_while_messages_arrive_keeps_the_counter_true() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        let (intake, reader) = (test.store.clone(), test.store.clone());
        let arriving = async {
            for n in 0..60 {
                let tx = intake.begin().await.unwrap();
                tx.conversations().upsert_many(&[upsert(account, "42")]).await.unwrap();
                tx.messages().insert_many(&[message(conversation, &n.to_string(), n)]).await.unwrap();
                let bump = Bump { id: conversation, unread: 1, last_message_at: Some(at(n)), customer_at: None };
                tx.conversations().bump_many(&[bump], at(n)).await.unwrap();
                let _ = tx.commit(Vec::new()).await.unwrap();
            }
        };
        let reading = async {
            for n in 0..40 {
                let query = ListMessages { limit: 1, ..ListMessages::default() };
                let page = reader.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
                let tx = reader.begin().await.unwrap();
                if n % 10 == 9 {
                    tx.conversations().mark_read(user, conversation, at(99)).await.unwrap().unwrap();
                } else if let Some(newest) = page.items.first() {
                    tx.messages().mark_read(user, newest.id, at(99)).await.unwrap().unwrap();
                }
                let _ = tx.commit(Vec::new()).await.unwrap();
            }
        };
        tokio::join!(arriving, reading);
        let query = ListMessages { limit: 100, ..ListMessages::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        let unread = page.items.iter().filter(|m| !m.is_read).count();
        assert_eq!((page.total, test.shown(user).await[0].unread_count), (60, i32::try_from(unread).unwrap()));
    })
    .await;
}

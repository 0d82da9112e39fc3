//! Many rows at once: every statement stays below the engines' limits, and no row of a batch is lost.

use crate::support::{at, message, new, on_both, upsert};
use hub_domain::{Attachment, AttachmentState, ContentKind, UserId, Verdicts};
use hub_store::{Bump, ListConversations, ListMessages, NewEvent, NewJob, NewMessage, NewReceipt, Reading, Usage};

/// More rows than the parameters of one statement allow, for every kind of row.
const MANY: usize = 8_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_may_be_larger_than_a_statement() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        let tx = test.store.begin().await.unwrap();

        let rows: Vec<_> = (0..MANY).map(|n| upsert(account, &format!("c{n}"))).collect();
        assert_eq!(tx.conversations().upsert_many(&rows).await.unwrap().len(), MANY);

        let rows: Vec<_> = (0..MANY)
            .map(|n| NewMessage { attachments: vec![file()], ..message(conversation, &n.to_string(), 1) })
            .collect();
        assert_eq!(tx.messages().insert_many(&rows).await.unwrap().len(), MANY);
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(tx.messages().many(&ids).await.unwrap().iter().filter(|m| m.attachments.len() == 1).count(), MANY);

        let jobs: Vec<_> = (0..MANY).map(|_| job()).collect();
        tx.jobs().enqueue_many(&jobs).await.unwrap();
        assert_eq!(tx.jobs().counts(at(1)).await.unwrap().waiting, MANY as i64);

        let receipts: Vec<_> = (0..MANY).map(receipt).collect();
        assert_eq!(tx.receipts().insert_many(&receipts).await.unwrap().len(), MANY);
        let read = |receipt: &NewReceipt| Reading {
            id: receipt.id,
            platform: receipt.platform.clone(),
            before: Verdicts::default(),
            after: Verdicts::from_stored("a"),
            reason: None,
        };
        tx.receipts().settle(&receipts.iter().map(read).collect::<Vec<_>>()).await.unwrap();

        tx.usage().insert_many(&(0..MANY).map(|_| usage(user)).collect::<Vec<_>>()).await.unwrap();

        let body = hub_domain::EventBody::ConversationUpdated { conversation_id: conversation };
        let events = vec![NewEvent { user_id: user, at: at(1), body }; MANY];
        assert_eq!(tx.commit(events).await.unwrap().events().len(), MANY);
        let query = ListConversations { limit: 1, ..ListConversations::default() };
        assert_eq!(test.store.read().conversations().list(user, &query).await.unwrap().total, MANY as i64 + 1);
    })
    .await;
}

/// Whoever has many messages gets them in the same order as whoever has few, each once, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_many_messages_are_in_order_and_nobody_elses() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let (_, _, foreign) = test.inbox().await;
        let tx = test.store.begin().await.unwrap();
        // Three at each moment, in no order; somebody else's lie between.
        let mine: Vec<_> = (0..MANY)
            .map(|n| NewMessage {
                sequence: Some((n % 2) as i64),
                ..message(conversation, &format!("m{n}"), (n as i64 * 7_919) % (MANY as i64 / 3))
            })
            .collect();
        tx.messages().insert_many(&mine).await.unwrap();
        let others: Vec<_> = (0..100).map(|n| message(foreign, &format!("f{n}"), n * 20)).collect();
        tx.messages().insert_many(&others).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();

        let mut expected: Vec<_> = mine.iter().map(|row| (row.sent_at, row.sequence, row.id)).collect();
        expected.sort_unstable_by(|one, other| other.cmp(one));
        let expected: Vec<_> = expected.into_iter().map(|(_, _, id)| id).collect();
        let session = test.store.read();
        let page = async |query: ListMessages| {
            let page = session.messages().list_all(user, &query).await.unwrap();
            (page.items.iter().map(|message| message.id).collect::<Vec<_>>(), page.total)
        };
        let query = ListMessages { limit: 500, ..ListMessages::default() };
        let mut seen = Vec::new();
        while seen.len() < MANY {
            let (ids, total) = page(ListMessages { before: seen.last().copied(), ..query.clone() }).await;
            assert_eq!((ids.len(), total), (500, MANY as i64));
            seen.extend(ids);
        }
        assert_eq!(seen, expected);
        assert_eq!(page(ListMessages { offset: 7_800, ..query.clone() }).await.0, expected[7_800..]);
        let (ids, total) = page(ListMessages { since: Some(at(600)), ..query }).await;
        let since = mine.iter().filter(|row| row.sent_at >= at(600)).count();
        assert!(since > 5_000, "many: {since}");
        assert_eq!((&ids[..], total), (&expected[..500], since as i64));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_bumps_of_one_conversation_all_count() {
    on_both(async |test| {
        let (user, _, id) = test.inbox().await;
        let bump = |unread, seconds| Bump { id, unread, last_message_at: Some(at(seconds)), customer_at: None };
        let tx = test.store.begin().await.unwrap();
        tx.conversations().bump_many(&[bump(1, 5), bump(2, 9), bump(4, 1)], at(10)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let shown = &test.shown(user).await[0];
        assert_eq!((shown.unread_count, shown.last_message_at), (7, Some(at(9))));
    })
    .await;
}

fn file() -> Attachment {
    Attachment {
        id: new(),
        kind: ContentKind::Image,
        remote_ref: "ref".into(),
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

fn job() -> NewJob {
    NewJob {
        id: new(),
        kind: "work".into(),
        payload: "{}".into(),
        lane: None,
        pool: None,
        dedupe: None,
        priority: 0,
        run_at: at(0),
        max_attempts: 3,
        at: at(0),
    }
}

fn receipt(number: usize) -> NewReceipt {
    NewReceipt {
        id: new(),
        platform: "telegram_bot".into(),
        digest: format!("{number:064x}"),
        account: None,
        body: "sealed".into(),
        items: 1,
        received_at: at(0),
    }
}

fn usage(user: UserId) -> Usage {
    Usage {
        id: uuid::Uuid::now_v7(),
        user_id: Some(user),
        account_id: None,
        platform: "api".into(),
        endpoint: "GET /".into(),
        count: 1,
        at: at(0),
    }
}

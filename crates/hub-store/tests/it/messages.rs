use crate::support::{at, message, new, on_both, upsert};
use hub_domain::{DeliveryStatus, Direction, MessageId};
use hub_store::{ListMessages, MessageEdit, NewMessage, StoreError};
use proptest::prelude::*;
use std::collections::HashSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_messages_from_many_sides_are_stored_once_and_counted_once() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let test = std::sync::Arc::new(test);
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let test = test.clone();
            tasks.spawn(async move {
                let mut new = 0;
                for first in (0..40).step_by(8) {
                    let some: Vec<_> =
                        (first..first + 8).map(|n| message(conversation, &n.to_string(), 100 - i64::from(n))).collect();
                    new += test.store_all(&some).await.len();
                }
                new
            });
        }
        let mut new = 0;
        while let Some(count) = tasks.join_next().await {
            new += count.unwrap();
        }
        assert_eq!(new, 40, "every message was new for exactly one of them");
        let shown = &test.shown(user).await[0];
        assert_eq!(shown.unread_count, 40);
        assert_eq!(shown.last_message_at, Some(at(100)), "the newest time never moves back");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_shows_every_message_once_in_order_however_one_turns_it() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        // Many of one second, out of order.
        let rows: Vec<_> =
            (0..60_i64).map(|n| message(conversation, &((n * 37) % 60).to_string(), (n * 37) % 60 / 7)).collect();
        test.store_all(&rows).await;
        let mut expected: Vec<_> = rows.iter().map(|row| (row.sent_at, row.sequence, row.id)).collect();
        expected.sort_unstable_by(|a, b| b.cmp(a));
        let expected: Vec<MessageId> = expected.into_iter().map(|(_, _, id)| id).collect();
        let page = async |query: ListMessages| {
            let session = test.store.read();
            let page = session.messages().list(user, conversation, &query).await.unwrap().expect("the user's");
            (page.items.iter().map(|m| m.id).collect::<Vec<_>>(), page.total)
        };
        for limit in [1, 7, 60, 100] {
            let mut by_offset = Vec::new();
            let mut by_key = Vec::new();
            loop {
                let offset = by_offset.len() as u32;
                let (ids, total) = page(ListMessages { limit, offset, ..ListMessages::default() }).await;
                assert_eq!(total, 60);
                by_offset.extend(ids.iter().copied());
                let (ids, _) =
                    page(ListMessages { limit, before: by_key.last().copied(), ..ListMessages::default() }).await;
                if ids.is_empty() {
                    break;
                }
                by_key.extend(ids);
            }
            assert_eq!(by_offset, expected, "limit {limit}");
            assert_eq!(by_key, expected, "limit {limit}");
        }
        let (since, total) = page(ListMessages { limit: 100, since: Some(at(8)), ..ListMessages::default() }).await;
        assert_eq!((since.len(), total), (4, 4), "the four of the last second");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        let id = test.store_all(&[message(conversation, "1", 1)]).await[0];
        let stranger = test.user().await;
        let session = test.store.read();
        assert!(session.messages().find(stranger, id).await.unwrap().is_none());
        assert!(session.messages().list(stranger, conversation, &ListMessages::default()).await.unwrap().is_none());
        assert!(session.conversations().find(stranger, conversation).await.unwrap().is_none());
        assert!(session.accounts().find(stranger, account).await.unwrap().is_none());
        assert!(session.messages().find(user, id).await.unwrap().is_some());
        let tx = test.store.begin().await.unwrap();
        assert!(tx.messages().mark_read(stranger, id, at(2)).await.unwrap().is_none());
        assert!(tx.conversations().mark_read(stranger, conversation, at(2)).await.unwrap().is_none());
        tx.rollback().await.unwrap();
        assert_eq!(test.shown(user).await[0].unread_count, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marking_as_read_keeps_the_counter_true() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let rows: Vec<_> = (1..=3).map(|n| message(conversation, &n.to_string(), n)).collect();
        test.store_all(&rows).await;
        let tx = test.store.begin().await.unwrap();
        assert!(tx.messages().mark_read(user, rows[0].id, at(9)).await.unwrap().unwrap().changed);
        assert!(!tx.messages().mark_read(user, rows[0].id, at(9)).await.unwrap().unwrap().changed, "twice is once");
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(test.shown(user).await[0].unread_count, 2);
        let tx = test.store.begin().await.unwrap();
        let read = tx.conversations().mark_read(user, conversation, at(9)).await.unwrap().unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(read, vec![rows[2].id, rows[1].id], "newest first");
        assert_eq!(test.shown(user).await[0].unread_count, 0);
        let counts = test.store.read().conversations().unread_by_platform(user).await.unwrap();
        assert_eq!(counts, vec![("telegram".to_owned(), 0)]);
    })
    .await;
}

fn outgoing(base: NewMessage) -> NewMessage {
    let remote_id = format!("hub:{}", base.id).into();
    NewMessage { remote_id, direction: Direction::Outgoing, status: Some(DeliveryStatus::Queued), ..base }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_ours_that_is_seen_from_outside_is_one_message() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let (first, second) = (outgoing(message(conversation, "a", 1)), outgoing(message(conversation, "b", 2)));
        test.store_all(&[first.clone(), second.clone()]).await;
        // The echo of the first comes before the platform's answer, that of the second after it.
        test.store_all(&[message(conversation, "100", 1)]).await;
        let tx = test.store.begin().await.unwrap();
        for (row, remote) in [(&first, "100"), (&second, "200")] {
            tx.messages().add_part(row.id, (0, 0), &remote.into()).await.unwrap();
            tx.messages().mark_sent(row.id, &remote.into(), Some(1), None, true, at(3)).await.unwrap();
        }
        // A second part of the second one, as long texts have.
        tx.messages().add_part(second.id, (1, 0), &"201".into()).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert!(test.store_all(&[message(conversation, "200", 2), message(conversation, "201", 2)]).await.is_empty());
        let session = test.store.read();
        let query = ListMessages { limit: 10, ..ListMessages::default() };
        let page = session.messages().list(user, conversation, &query).await.unwrap();
        let ids: HashSet<MessageId> = page.unwrap().items.into_iter().map(|m| m.id).collect();
        assert_eq!(ids, HashSet::from([first.id, second.id]));
        assert_eq!(session.messages().id_of(conversation, &"201".into()).await.unwrap(), Some(second.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_key_makes_one_message() {
    on_both(async |test| {
        let (_, _, conversation) = test.inbox().await;
        let keyed =
            |remote: &str| NewMessage { client_key: Some("key".into()), ..outgoing(message(conversation, remote, 1)) };
        let (one, two) = (keyed("a"), keyed("b"));
        assert_eq!(test.store_all(std::slice::from_ref(&one)).await, vec![one.id]);
        assert!(test.store_all(&[two]).await.is_empty());
        let found = test.store.read().messages().by_client_key(conversation, "key").await.unwrap();
        assert_eq!(found.map(|(id, _)| id), Some(one.id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_edit_stands_and_a_status_moves_only_where_it_may() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let row = message(conversation, "1", 1);
        test.store_all(std::slice::from_ref(&row)).await;
        let edit = |text: &str, seconds| MessageEdit {
            id: row.id,
            content: text.to_owned(),
            content_seal: None,
            details: None,
            kind: row.kind,
            has_text: true,
            media_ref: None,
            attachments: Vec::new(),
            edited_at: at(seconds),
        };
        let tx = test.store.begin().await.unwrap();
        assert!(tx.messages().edit(&edit("new", 20)).await.unwrap());
        assert!(!tx.messages().edit(&edit("late", 10)).await.unwrap());
        assert!(tx.messages().react(row.id, &"7".into(), "👍", true, at(3)).await.unwrap());
        assert!(!tx.messages().react(row.id, &"7".into(), "👍", true, at(3)).await.unwrap());
        let ours = outgoing(message(conversation, "x", 2));
        tx.messages().insert_many(std::slice::from_ref(&ours)).await.unwrap();
        let from = [DeliveryStatus::Sent];
        assert!(!tx.messages().set_status(ours.id, &from, DeliveryStatus::Read, None, at(3)).await.unwrap());
        assert!(
            tx.messages()
                .set_status(ours.id, &[DeliveryStatus::Queued], DeliveryStatus::Failed, Some("no"), at(3))
                .await
                .unwrap()
        );
        let _ = tx.commit(Vec::new()).await.unwrap();
        let found = test.store.read().messages().find(user, row.id).await.unwrap().unwrap();
        assert_eq!((found.content.as_str(), found.reactions.len()), ("new", 1));
        let ours = test.store.read().messages().find(user, ours.id).await.unwrap().unwrap();
        assert_eq!((ours.status, ours.failure.as_deref()), (Some(DeliveryStatus::Failed), Some("no")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_moves_keeps_history_and_future_together() {
    on_both(async |test| {
        let (user, account, old) = test.inbox().await;
        test.store_all(&[message(old, "1", 1)]).await;
        // The new chat's first message comes before the word of the move, with an id that the old chat had too.
        let early = test.conversation(account, "-100").await;
        test.store_all(&[message(early, "1", 5)]).await;
        let tx = test.store.begin().await.unwrap();
        assert_eq!(
            tx.conversations().move_remote(account, &"42".into(), &"-100".into(), at(6)).await.unwrap(),
            Some(old)
        );
        let _ = tx.commit(Vec::new()).await.unwrap();
        let shown = test.shown(user).await;
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].id, shown[0].remote_id.as_str(), shown[0].unread_count), (old, "-100", 2));
        assert_eq!(shown[0].last_message_at, Some(at(5)));
        let tx = test.store.begin().await.unwrap();
        let late = tx.conversations().upsert_many(&[upsert(account, "42")]).await.unwrap();
        assert!(late[0].found.moved && late[0].found.id == old, "the old id still leads there");
        tx.rollback().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_savepoint_stands_or_falls_alone_and_a_rollback_leaves_nothing() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let tx = test.store.begin().await.unwrap();
        tx.messages().insert_many(&[message(conversation, "1", 1)]).await.unwrap();
        let inner = tx.nested().await.unwrap();
        inner.messages().insert_many(&[message(conversation, "2", 2)]).await.unwrap();
        inner.rollback().await.unwrap();
        let inner = tx.nested().await.unwrap();
        inner.messages().insert_many(&[message(conversation, "3", 3)]).await.unwrap();
        let _ = inner.commit(Vec::new()).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let gone = test.store.begin().await.unwrap();
        gone.messages().insert_many(&[message(conversation, "4", 4)]).await.unwrap();
        drop(gone);
        let query = ListMessages { limit: 10, ..ListMessages::default() };
        let page = test.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        let kept: Vec<_> = page.items.iter().map(|m| m.remote_id.as_str()).collect();
        assert_eq!(kept, ["3", "1"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_the_schema_refuses_is_told_from_a_database_that_is_away() {
    on_both(async |test| {
        let tx = test.store.begin().await.unwrap();
        // No such conversation.
        let refused = tx.messages().insert_many(&[message(new(), "1", 1)]).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        tx.rollback().await.unwrap();
        test.store.close().await;
        let away = test.store.ping().await;
        assert!(matches!(away, Err(StoreError::Unavailable(_))), "{away:?}");
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_words_come_back_as_they_went_in(words in "\\PC{0,80}") {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let test = crate::support::sqlite().await;
            let (user, _, conversation) = test.inbox().await;
            let row = NewMessage { content: words.clone(), ..message(conversation, "1", 1) };
            test.store_all(std::slice::from_ref(&row)).await;
            let found = test.store.read().messages().find(user, row.id).await.unwrap().unwrap();
            assert_eq!(found.content, words);
        });
    }
}

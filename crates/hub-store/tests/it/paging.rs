//! Pages against a model of them.

use crate::support::{TestStore, at, message, on_both};
use hub_domain::{ConversationId, MessageId, UserId};
use hub_store::{ListMessages, NewMessage};
use proptest::prelude::*;

/// Seconds and place of a message; few of each, so that many are equal.
fn moments() -> impl Strategy<Value = Vec<(bool, i64, Option<i64>)>> {
    proptest::collection::vec((any::<bool>(), 0..4_i64, proptest::option::of(0..3_i64)), 0..25)
}

/// Where to read: one conversation, or all of them.
#[derive(Clone, Copy)]
enum Source {
    One(ConversationId),
    All,
}

async fn page(test: &TestStore, user: UserId, from: Source, query: &ListMessages) -> (Vec<MessageId>, i64) {
    let session = test.store.read();
    let page = match from {
        Source::One(conversation) => session.messages().list(user, conversation, query).await.unwrap().unwrap(),
        Source::All => session.messages().list_all(user, query).await.unwrap(),
    };
    (page.items.iter().map(|m| m.id).collect(), page.total)
}

async fn follow(test: TestStore, moments: &[(bool, i64, Option<i64>)], limit: u32, since: i64) {
    let (user, account, one) = test.inbox().await;
    let other = test.conversation(account, "43").await;
    let stranger = test.user().await;
    let theirs = test.account(stranger, "9").await;
    let theirs = test.conversation(theirs, "42").await;
    let rows: Vec<NewMessage> = moments
        .iter()
        .enumerate()
        .map(|(number, &(first, seconds, sequence))| NewMessage {
            sequence,
            ..message(if first { one } else { other }, &format!("m{number}"), seconds)
        })
        .collect();
    test.store_all(&rows).await;
    test.store_all(&[message(theirs, "1", 1)]).await;
    for from in [Source::One(one), Source::All] {
        for since in [None, Some(since)] {
            let mut expected: Vec<_> = rows
                .iter()
                .filter(|row| matches!(from, Source::All) || row.conversation_id == one)
                .filter(|row| since.is_none_or(|since| row.sent_at >= at(since)))
                .map(|row| (row.sent_at, row.sequence.unwrap_or(-1), row.id))
                .collect();
            expected.sort_unstable_by(|a, b| b.cmp(a));
            let expected: Vec<MessageId> = expected.into_iter().map(|(_, _, id)| id).collect();
            let query = ListMessages { limit, since: since.map(at), ..ListMessages::default() };
            let (mut by_offset, mut by_key) = (Vec::new(), Vec::new());
            // One page more than there are.
            for _ in 0..=expected.len() / limit as usize + 1 {
                let offset = by_offset.len() as u32;
                let (ids, total) = page(&test, user, from, &ListMessages { offset, ..query.clone() }).await;
                assert_eq!(total, expected.len() as i64);
                assert!(ids.len() <= limit as usize);
                by_offset.extend(ids);
                let before = by_key.last().copied();
                by_key.extend(page(&test, user, from, &ListMessages { before, ..query.clone() }).await.0);
                if by_key.len() == expected.len() {
                    break;
                }
            }
            assert_eq!(by_offset, expected, "by offset");
            assert_eq!(by_key, expected, "by the last one shown");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 100, ..ProptestConfig::default() })]
    #[test]
    fn pages_give_every_message_once_in_order(moments in moments(), limit in 1..9_u32, since in 0..4_i64) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(on_both(async |test| follow(test, &moments, limit, since).await));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_while_one_turns_pages_repeats_none() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let rows: Vec<_> = (1..=6).map(|n| message(conversation, &n.to_string(), n)).collect();
        test.store_all(&rows).await;
        let query = ListMessages { limit: 3, ..ListMessages::default() };
        let (first, _) = page(&test, user, Source::One(conversation), &query).await;
        test.store_all(&[message(conversation, "7", 7)]).await;
        let query = ListMessages { before: first.last().copied(), ..query };
        let (second, _) = page(&test, user, Source::One(conversation), &query).await;
        let shown: Vec<_> = first.into_iter().chain(second).collect();
        assert_eq!(shown, rows.iter().rev().map(|row| row.id).collect::<Vec<_>>());
    })
    .await;
}

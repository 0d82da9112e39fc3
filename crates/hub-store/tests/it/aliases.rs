//! Several ids of one person, in any order, and two transactions that each know half of them.

use crate::support::{TestStore, at, message, on_both, postgres, sqlite, upsert};
use hub_domain::{AccountId, DeliveryStatus, Direction};
use hub_store::{Bump, ListMessages, NewMessage, Report, UpsertConversation};
use proptest::collection::vec;
use proptest::prelude::*;

fn named(account: AccountId, ids: &[String]) -> UpsertConversation {
    let aliases = ids[1..].iter().map(|id| id.as_str().into()).collect();
    UpsertConversation { aliases, ..upsert(account, &ids[0]) }
}

impl TestStore {
    /// One transaction: each of these says something under some ids of a person.
    async fn said(&self, account: AccountId, events: &[(Vec<String>, String)]) {
        let tx = self.store.begin().await.unwrap();
        let rows: Vec<_> = events.iter().map(|(ids, _)| named(account, ids)).collect();
        let keys = tx.conversations().upsert_many(&rows).await.unwrap();
        for (ids, text) in events {
            let key = keys.iter().find(|key| key.remote_id.as_str() == ids[0]).unwrap();
            tx.messages().insert_many(&[message(key.found.id, text, 1)]).await.unwrap();
            let bump = Bump { id: key.found.id, unread: 1, last_message_at: Some(at(1)), customer_at: None };
            tx.conversations().bump_many(&[bump], at(1)).await.unwrap();
        }
        let _ = tx.commit(Vec::new()).await.unwrap();
    }

    async fn one_per_person(&self, people: &[Vec<(u8, usize)>], account: AccountId, user: hub_domain::UserId) {
        let shown = self.shown(user).await;
        assert_eq!(shown.len(), people.len());
        for (person, said) in people.iter().enumerate() {
            let first = format!("p{person}-0");
            let found = self.store.read().conversations().by_remote_any(account, &first.as_str().into()).await.unwrap();
            let id = found.expect("the person is known").id;
            let query = ListMessages { limit: 1_000, ..ListMessages::default() };
            let page = self.store.read().messages().list(user, id, &query).await.unwrap().unwrap();
            // What they said, and the two words by which their ids were linked.
            assert_eq!(page.total, i64::try_from(said.len() + 2).unwrap());
            let unread = shown.iter().find(|c| c.id == id).unwrap().unread_count;
            assert_eq!(i64::from(unread), page.total);
        }
    }
}

/// Ids of a person by a mask of three bits, at least one, beginning with the `first`th.
fn subset(person: usize, mask: u8, first: usize) -> Vec<String> {
    let mut ids: Vec<String> =
        (0..3).filter(|bit| mask & (1 << bit) != 0).map(|id| format!("p{person}-{id}")).collect();
    let turn = first % ids.len();
    ids.rotate_left(turn);
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_the_order_there_is_one_conversation_per_person(
        people in vec(vec((1_u8..8, 0_usize..3), 0..6), 1..4),
        order in vec(any::<u32>(), 64),
        batch in 1_usize..5,
    ) {
        let mut events = Vec::new();
        for (person, said) in people.iter().enumerate() {
            let links = [(0b011, 0), (0b110, 1)];
            for (number, (mask, first)) in said.iter().chain(&links).enumerate() {
                events.push((subset(person, *mask, *first), format!("{person}:{number}")));
            }
        }
        let mut shuffled: Vec<_> = events.into_iter().zip(&order).collect();
        shuffled.sort_by_key(|(_, place)| **place);
        let events: Vec<_> = shuffled.into_iter().map(|(event, _)| event).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut stores = vec![sqlite().await];
            stores.extend(postgres().await);
            for test in stores {
                let user = test.user().await;
                let account = test.account(user, "481000001").await;
                for some in events.chunks(batch) {
                    test.said(account, some).await;
                }
                test.one_per_person(&people, account, user).await;
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_each_see_half_of_a_person_make_one() {
    on_both(async |test| {
        let user = test.user().await;
        let account = test.account(user, "481000001").await;
        for round in 0..20 {
            let id = |letter: &str| format!("{letter}{round}");
            let one = [(vec![id("a"), id("b")], format!("x{round}"))];
            let two = [(vec![id("b"), id("c")], format!("y{round}"))];
            tokio::join!(test.said(account, &one), test.said(account, &two));
        }
        assert_eq!(test.shown(user).await.len(), 20);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_changes_five_hundred_at_most_and_survives_a_merge() {
    on_both(async |test| {
        let (_, account, id) = test.inbox().await;
        let ours = |number: usize| NewMessage {
            direction: Direction::Outgoing,
            status: Some(DeliveryStatus::Sent),
            ..message(id, &number.to_string(), 1)
        };
        test.store_all(&(0..600).map(ours).collect::<Vec<_>>()).await;
        let report = Report { status: DeliveryStatus::Read, up_to: at(5).into(), at: at(6) };
        let tx = test.store.begin().await.unwrap();
        let changed = tx.messages().apply_report(id, &[DeliveryStatus::Sent], report).await.unwrap();
        assert_eq!(changed.len(), 500);
        tx.messages().note_report(id, report).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        test.conversation(account, "new").await;
        let tx = test.store.begin().await.unwrap();
        let found = tx.conversations().reidentify(account, &["new".into()], &["42".into()], at(9)).await.unwrap();
        let kept = found.unwrap();
        assert_ne!(kept, id, "the other one was kept");
        assert_eq!(tx.messages().reports(kept).await.unwrap(), [report]);
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_id_that_an_answer_tells_of_makes_one_conversation_of_two() {
    on_both(async |test: TestStore| {
        let user = test.user().await;
        let account = test.account(user, "481000001").await;
        for (id, text) in [("phone", "by number"), ("scoped", "by id")] {
            test.said(account, &[(vec![id.to_owned()], text.to_owned())]).await;
        }
        let scoped =
            test.store.read().conversations().by_remote_any(account, &"scoped".into()).await.unwrap().unwrap().id;
        for _ in 0..2 {
            let tx = test.store.begin().await.unwrap();
            tx.conversations().also_known_as(account, scoped, &"phone".into(), at(2)).await.unwrap();
            let _ = tx.commit(Vec::new()).await.unwrap();
        }
        let shown = test.shown(user).await;
        assert_eq!((shown.len(), shown[0].id, shown[0].unread_count), (1, scoped, 2));
        test.said(account, &[(vec!["phone".to_owned()], "again".to_owned())]).await;
        assert_eq!(test.shown(user).await[0].unread_count, 3);
    })
    .await;
}

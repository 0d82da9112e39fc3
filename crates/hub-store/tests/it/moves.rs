//! Conversations that get a new id at the platform, which counts its messages anew there.

use crate::support::{TestStore, at, message, on_both};
use hub_domain::{AccountId, ConversationId, DeliveryStatus, Direction, UserId};
use hub_store::{ListMessages, NewMessage, StoredMessage};
use std::collections::HashMap;

impl TestStore {
    async fn moves(&self, account: AccountId, from: &str, to: &str) -> Option<ConversationId> {
        let tx = self.store.begin().await.unwrap();
        let moved = tx.conversations().move_remote(account, &from.into(), &to.into(), at(9)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        moved
    }

    async fn by_words(&self, user: UserId, conversation: ConversationId) -> HashMap<String, StoredMessage> {
        let query = ListMessages { limit: 100, ..ListMessages::default() };
        let page = self.store.read().messages().list(user, conversation, &query).await.unwrap().unwrap();
        page.items.into_iter().map(|m| (m.content.clone(), m)).collect()
    }
}

fn said(conversation: ConversationId, remote: &str, words: &str, reply_to: Option<&str>) -> NewMessage {
    NewMessage { content: words.into(), reply_to: reply_to.map(Into::into), ..message(conversation, remote, 1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_the_time_before_carry_the_old_conversation_and_free_their_numbers() {
    on_both(async |test| {
        let (user, account, id) = test.inbox().await;
        test.store_all(&[message(id, "1", 1), message(id, "2", 2)]).await;
        assert_eq!(test.moves(account, "42", "-100").await, Some(id));
        assert_eq!(test.moves(account, "42", "-100").await, None, "told twice, done once");
        assert_eq!(test.moves(account, "-100", "-100").await, None);
        let session = test.store.read();
        assert!(session.messages().id_of(id, &"42:1".into()).await.unwrap().is_some());
        assert!(session.messages().id_of(id, &"1".into()).await.unwrap().is_none());
        assert_eq!(test.store_all(&[message(id, "1", 3)]).await.len(), 1, "the new count starts at one again");
        assert!(test.store_all(&[message(id, "42:1", 3)]).await.is_empty(), "a late repeat of the old first is known");
        let shown = test.shown(user).await;
        assert_eq!((shown.len(), shown[0].unread_count, shown[0].last_message_at), (1, 3, Some(at(3))));
        let old = session.conversations().by_remote_any(account, &"42".into()).await.unwrap().unwrap();
        assert!(old.moved && old.id == id);
        let new = session.conversations().by_remote_any(account, &"-100".into()).await.unwrap().unwrap();
        assert!(!new.moved && new.id == id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_pointing_at_what_it_answered() {
    on_both(async |test| {
        let (user, account, id) = test.inbox().await;
        test.store_all(&[said(id, "1", "question", None), said(id, "2", "answer", Some("1"))]).await;
        let early = test.conversation(account, "-100").await;
        test.store_all(&[said(early, "1", "other", None), said(early, "2", "other answer", Some("1"))]).await;
        test.moves(account, "42", "-100").await;
        let found = test.by_words(user, id).await;
        assert_eq!(found.len(), 4);
        assert_eq!(found["answer"].reply_to_id, Some(found["question"].id));
        assert_eq!(found["other answer"].reply_to_id, Some(found["other"].id));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_move_is_known_after_it_and_not_sent_again() {
    on_both(async |test| {
        let (_, account, id) = test.inbox().await;
        let base = message(id, "x", 1);
        let ours = NewMessage {
            remote_id: format!("hub:{}", base.id).into(),
            direction: Direction::Outgoing,
            status: Some(DeliveryStatus::Sending),
            ..base
        };
        test.store_all(std::slice::from_ref(&ours)).await;
        let tx = test.store.begin().await.unwrap();
        tx.messages().add_part(ours.id, (0, 0), &"7".into()).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        // The conversation moves between the first part and the second.
        test.moves(account, "42", "-100").await;
        let session = test.store.read();
        assert_eq!(session.messages().parts_taken(ours.id).await.unwrap(), 1, "the first part left already");
        let hub_id = format!("hub:{}", ours.id);
        assert_eq!(session.messages().id_of(id, &hub_id.as_str().into()).await.unwrap(), Some(ours.id), "still ours");
        assert!(test.store_all(&[message(id, "42:7", 2)]).await.is_empty(), "its echo comes late");
        assert_eq!(test.store_all(&[message(id, "7", 2)]).await.len(), 1, "another message of the new count");
    })
    .await;
}

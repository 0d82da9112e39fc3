//! What happens to messages after they were stored, and what hangs on them.

use crate::support::{TestStore, at, message, new, on_both, upsert};
use hub_domain::{
    Attachment, AttachmentState, ContentKind, ConversationId, DeliveryStatus, Direction, MessageId, UserId,
};
use hub_store::{MessageEdit, NewMessage, NewNotice, StoredMessage, Subscription};
use uuid::Uuid;

fn file(reference: &str) -> Attachment {
    Attachment {
        id: new(),
        kind: ContentKind::Image,
        remote_ref: reference.into(),
        remote_unique_ref: None,
        mime_type: Some("image/png".into()),
        file_name: None,
        size: Some(1 << 40),
        width: Some(2),
        height: Some(3),
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

fn edit(row: &NewMessage, words: &str, files: &[Attachment], seconds: i64) -> MessageEdit {
    MessageEdit {
        id: row.id,
        content: words.into(),
        content_seal: None,
        details: None,
        kind: ContentKind::Image,
        has_text: true,
        media_ref: None,
        attachments: files.to_vec(),
        edited_at: at(seconds),
    }
}

fn ours(conversation: ConversationId, seconds: i64) -> NewMessage {
    let row = message(conversation, "x", seconds);
    NewMessage {
        remote_id: format!("hub:{}", row.id).into(),
        direction: Direction::Outgoing,
        status: Some(DeliveryStatus::Sending),
        is_read: true,
        ..row
    }
}

impl TestStore {
    async fn found(&self, user: UserId, id: MessageId) -> StoredMessage {
        self.store.read().messages().find(user, id).await.unwrap().expect("the user's")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_stay_with_an_edit_that_keeps_them_and_go_with_one_that_does_not() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let files = [file("one"), file("two")];
        let row = NewMessage { attachments: files.to_vec(), ..message(conversation, "1", 1) };
        let repeat = NewMessage { attachments: vec![file("one")], ..message(conversation, "1", 1) };
        test.store_all(&[row.clone(), repeat]).await;
        assert_eq!(test.found(user, row.id).await.attachments, files, "in order, and none of the repeat");
        let tx = test.store.begin().await.unwrap();
        assert!(tx.attachments().set_ready(files[0].id, "key", "image/webp", 7).await.unwrap());
        assert!(!tx.attachments().set_ready(files[0].id, "key", "image/webp", 7).await.unwrap(), "known");
        assert!(!tx.attachments().set_failed(files[0].id, "late").await.unwrap(), "the bytes are here");
        assert!(tx.attachments().set_failed(files[1].id, "gone").await.unwrap());
        // The same files with new words: what was fetched is not fetched again.
        assert!(tx.messages().edit(&edit(&row, "words", &[file("one"), file("two")], 5)).await.unwrap());
        let kept = tx.attachments().get(files[0].id).await.unwrap().unwrap();
        assert_eq!((kept.blob_key.as_deref(), kept.attachment.state), (Some("key"), AttachmentState::Ready));
        let other = file("three");
        assert!(tx.messages().edit(&edit(&row, "more", std::slice::from_ref(&other), 6)).await.unwrap());
        assert!(tx.attachments().get(files[0].id).await.unwrap().is_none());
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(test.found(user, row.id).await.attachments, std::slice::from_ref(&other));
        let stranger = test.user().await;
        let session = test.store.read();
        assert!(session.attachments().find(stranger, other.id).await.unwrap().is_none());
        assert!(session.attachments().find(user, other.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_taken_back_is_not_changed_any_more() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let row = message(conversation, "1", 1);
        test.store_all(std::slice::from_ref(&row)).await;
        let tx = test.store.begin().await.unwrap();
        assert!(tx.messages().edit(&edit(&row, "first", &[], 5)).await.unwrap());
        assert!(tx.messages().edit(&edit(&row, "same second", &[], 5)).await.unwrap());
        assert!(tx.messages().delete(row.id, at(6)).await.unwrap());
        assert!(!tx.messages().delete(row.id, at(7)).await.unwrap());
        assert!(!tx.messages().edit(&edit(&row, "late", &[], 8)).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();
        let found = test.found(user, row.id).await;
        assert_eq!((found.content.as_str(), found.edited_at), ("same second", Some(at(5))));
        assert_eq!(found.deleted_at, Some(at(6)), "it is marked, not erased");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_are_per_person_and_sign() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let row = message(conversation, "1", 1);
        test.store_all(std::slice::from_ref(&row)).await;
        let tx = test.store.begin().await.unwrap();
        for (actor, emoji, standing, news) in [
            ("7", "👍", true, true),
            ("7", "👍🏽", true, true),
            ("8", "👍", true, true),
            ("8", "👍", true, false),
            ("7", "👍", false, true),
            ("7", "👍", false, false),
        ] {
            let changed = tx.messages().react(row.id, &actor.into(), emoji, standing, at(3)).await.unwrap();
            assert_eq!(changed, news, "{actor} {emoji} {standing}");
        }
        let _ = tx.commit(Vec::new()).await.unwrap();
        let found = test.found(user, row.id).await.reactions;
        let found: Vec<_> = found.iter().map(|r| (r.actor_id.as_str(), r.emoji.as_str())).collect();
        assert_eq!(found, [("7", "👍🏽"), ("8", "👍")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_of_ours_gives_its_reactions_to_the_row_that_stays() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let (row, other) = (ours(conversation, 1), message(conversation, "99", 1));
        let echo = NewMessage { direction: Direction::Outgoing, is_read: true, ..message(conversation, "100", 1) };
        test.store_all(&[row.clone(), other.clone(), echo.clone()]).await;
        let tx = test.store.begin().await.unwrap();
        tx.messages().react(echo.id, &"7".into(), "👍", true, at(2)).await.unwrap();
        tx.messages().mark_sent(row.id, &"100".into(), Some(100), Some(at(3)), true, at(4)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let session = test.store.read();
        assert!(session.messages().find(user, echo.id).await.unwrap().is_none());
        assert!(session.messages().find(user, other.id).await.unwrap().is_some());
        let found = test.found(user, row.id).await;
        assert_eq!((found.remote_id.as_str(), found.sent_at, found.status), ("100", at(3), Some(DeliveryStatus::Sent)));
        assert_eq!(found.delivered_at, Some(at(4)));
        assert_eq!(found.reactions.len(), 1, "nothing is lost with the echo");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_got_further_is_not_set_back_by_the_answer() {
    on_both(async |test| {
        let (user, _, conversation) = test.inbox().await;
        let (row, theirs) = (ours(conversation, 1), message(conversation, "1", 1));
        test.store_all(&[row.clone(), theirs.clone()]).await;
        let tx = test.store.begin().await.unwrap();
        let to = DeliveryStatus::Read;
        assert!(tx.messages().set_status(row.id, &[DeliveryStatus::Sending], to, None, at(2)).await.unwrap());
        tx.messages().mark_sent(row.id, &"100".into(), None, None, true, at(4)).await.unwrap();
        assert!(!tx.messages().set_status(theirs.id, &[DeliveryStatus::Sent], to, None, at(2)).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();
        let found = test.found(user, row.id).await;
        assert_eq!((found.status, found.delivered_at, found.sent_at), (Some(to), Some(at(2)), at(1)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_nobody_looks_after_is_found() {
    on_both(async |test| {
        let (_, _, conversation) = test.inbox().await;
        let (forgotten, kept, young) = (ours(conversation, 1), ours(conversation, 1), ours(conversation, 50));
        test.store_all(&[forgotten.clone(), kept.clone(), young]).await;
        let job = hub_store::NewJob {
            id: new(),
            kind: "deliver".into(),
            payload: "{}".into(),
            lane: None,
            pool: None,
            dedupe: Some(kept.id.to_string()),
            priority: 0,
            run_at: at(0),
            max_attempts: 1,
            at: at(0),
        };
        let tx = test.store.begin().await.unwrap();
        tx.jobs().enqueue_many(&[job]).await.unwrap();
        assert_eq!(tx.messages().stuck_sending("deliver", at(10), 9).await.unwrap(), [forgotten.id]);
        assert_eq!(tx.messages().stuck_sending("other", at(10), 9).await.unwrap().len(), 2);
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_overwrites_nothing_of_a_conversation() {
    on_both(async |test| {
        let (user, account, id) = test.inbox().await;
        let mut told = upsert(account, "42");
        told.avatar_url = Some("https://example.com/a.png".into());
        told.address = Some("{}".into());
        let mut silent = upsert(account, "42");
        (silent.name, silent.participant_id, silent.at) = (None, None, at(9));
        let tx = test.store.begin().await.unwrap();
        tx.conversations().upsert_many(&[told]).await.unwrap();
        let keys = tx.conversations().upsert_many(&[silent, upsert(account, "43")]).await.unwrap();
        assert_eq!(keys.iter().filter(|key| key.found.id == id).count(), 1);
        let _ = tx.commit(Vec::new()).await.unwrap();
        let session = test.store.read();
        let found = session.conversations().find(user, id).await.unwrap().unwrap();
        assert_eq!(found.participant_name.as_deref(), Some("Ada"));
        assert_eq!(found.participant_avatar_url.as_deref(), Some("https://example.com/a.png"));
        assert_eq!(session.conversations().address(id).await.unwrap().as_deref(), Some("{}"));
        assert_eq!(test.shown(user).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_cursors_and_subscriptions_are_kept_once() {
    on_both(async |test| {
        let (user, account, conversation) = test.inbox().await;
        let notice = NewNotice {
            id: Uuid::now_v7(),
            account_id: account,
            conversation_id: Some(conversation),
            event_key: "k".into(),
            kind: "joined".into(),
            actor: Some("7".into()),
            data: "{}".into(),
            at: at(1),
        };
        let mut subscription = Subscription {
            id: Uuid::now_v7(),
            platform: "telegram".into(),
            kind: None,
            remote_id: "7".into(),
            secret_digest: "digest".into(),
            secret: "sealed".into(),
            path_key: "path".into(),
            state: "pending".into(),
            renew_at: Some(at(9)),
            at: at(1),
            remote_subscription: None,
            memory: None,
            account: Some(account),
            address: None,
        };
        let tx = test.store.begin().await.unwrap();
        assert!(tx.notices().insert(&notice).await.unwrap());
        assert!(!tx.notices().insert(&NewNotice { id: Uuid::now_v7(), ..notice.clone() }).await.unwrap());
        assert_eq!(tx.cursors().get(account).await.unwrap(), None);
        tx.cursors().set(account, "1", at(1)).await.unwrap();
        tx.cursors().set(account, "2", at(2)).await.unwrap();
        tx.subscriptions().upsert(&subscription).await.unwrap();
        subscription.state = "active".into();
        tx.subscriptions().upsert(&subscription).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let session = test.store.read();
        assert_eq!(session.notices().list(user, conversation, 9).await.unwrap().len(), 1);
        assert!(session.notices().list(test.user().await, conversation, 9).await.unwrap().is_empty());
        assert_eq!(session.cursors().get(account).await.unwrap().as_deref(), Some("2"));
        let subscriptions = session.subscriptions();
        for found in [
            subscriptions.by_account("telegram", None, &"7".into()).await.unwrap(),
            subscriptions.by_path_key("telegram", "path").await.unwrap(),
            subscriptions.by_secret_digest("telegram", "digest").await.unwrap(),
        ] {
            assert_eq!(found.as_ref(), Some(&subscription));
        }
        assert!(subscriptions.by_path_key("twitter", "path").await.unwrap().is_none());
    })
    .await;
}

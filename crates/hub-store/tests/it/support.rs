//! Fresh databases of both engines, and rows to begin with.

use hub_domain::{
    AccountId, ContentKind, Conversation, ConversationId, Direction, MessageId, RemoteMessageId, Timestamp, UserId,
};
use hub_store::{
    LinkedAccount, ListConversations, NewMessage, NewUser, SealedTokens, Store, StoreSettings, UpsertConversation,
};
use sqlx::{Connection, Executor, PgConnection};
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

/// A migrated database, gone when dropped.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: TempDir,
}

/// Runs a test on every engine there is; SQLite always, PostgreSQL where the runner names a server.
pub(crate) async fn on_both<F: Future<Output = ()>>(test: impl Fn(TestStore) -> F) {
    test(sqlite().await).await;
    if let Some(store) = postgres().await {
        test(store).await;
    }
}

pub(crate) async fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().expect("a folder");
    open(format!("sqlite://{}", folder.path().join("hub.db").display()), folder).await
}

pub(crate) async fn postgres() -> Option<TestStore> {
    let url = postgres_url().await?;
    Some(open(url, tempfile::tempdir().expect("a folder")).await)
}

/// An empty PostgreSQL database; `None`, said out loud, where there is no server.
pub(crate) async fn postgres_url() -> Option<String> {
    let Ok(admin) = std::env::var("HUB_TEST_POSTGRES_URL") else {
        assert!(std::env::var("HUB_TEST_REQUIRE_ALL").is_err(), "HUB_TEST_POSTGRES_URL is not set");
        eprintln!("not run on PostgreSQL: HUB_TEST_POSTGRES_URL is not set");
        return None;
    };
    let name = format!("hub_test_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&admin).await.expect("the server answers");
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database");
    let (server, _) = admin.rsplit_once('/').expect("a database in the address");
    Some(format!("{server}/{name}"))
}

async fn open(url: String, folder: TempDir) -> TestStore {
    let store = Store::connect(&StoreSettings { url: url.clone(), ..StoreSettings::default() }).await.expect("opens");
    store.migrate().await.expect("migrates");
    TestStore { store, url, _folder: folder }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_767_225_600 + seconds, 0).expect("a time")
}

pub(crate) fn new<T: From<Uuid>>() -> T {
    T::from(Uuid::now_v7())
}

impl TestStore {
    pub(crate) async fn user(&self) -> UserId {
        let id: UserId = new();
        let tx = self.store.begin().await.unwrap();
        let user = NewUser { id, email: format!("{id}@example.com"), password_hash: "x".into(), at: at(0) };
        assert!(tx.users().insert(&user).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();
        id
    }

    pub(crate) async fn account(&self, user: UserId, remote: &str) -> AccountId {
        let tokens = SealedTokens {
            access_token: "sealed".into(),
            access_token_seal: Some("seal".into()),
            refresh_token: None,
            refresh_token_seal: None,
            expires_at: None,
        };
        let tx = self.store.begin().await.unwrap();
        let linked = LinkedAccount {
            group: None,
            method: "any".to_owned(),
            grantor: None,
            facts: None,
            id: new(),
            user_id: user,
            platform_name: "telegram".into(),
            kind: Some("bot".into()),
            remote_id: remote.into(),
            username: Some("shop".into()),
            tokens,
            at: at(0),
        };
        let account = tx.accounts().upsert_linked(&linked).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        account.id
    }

    pub(crate) async fn conversation(&self, account: AccountId, remote: &str) -> ConversationId {
        let tx = self.store.begin().await.unwrap();
        let keys = tx.conversations().upsert_many(&[upsert(account, remote)]).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        keys[0].found.id
    }

    /// A user with one account and one conversation.
    pub(crate) async fn inbox(&self) -> (UserId, AccountId, ConversationId) {
        let user = self.user().await;
        let account = self.account(user, "481000001").await;
        let conversation = self.conversation(account, "42").await;
        (user, account, conversation)
    }

    /// Stores messages as the intake does; gives the new ids.
    pub(crate) async fn store_all(&self, messages: &[NewMessage]) -> Vec<MessageId> {
        let tx = self.store.begin().await.unwrap();
        let new = tx.messages().insert_many(messages).await.unwrap();
        let bumps: Vec<_> = messages
            .iter()
            .filter(|message| new.contains(&message.id))
            .map(|message| hub_store::Bump {
                id: message.conversation_id,
                unread: i32::from(message.direction == Direction::Incoming),
                last_message_at: Some(message.sent_at),
                customer_at: None,
            })
            .collect();
        for bump in bumps {
            tx.conversations().bump_many(&[bump], at(0)).await.unwrap();
        }
        let _ = tx.commit(Vec::new()).await.unwrap();
        new
    }

    pub(crate) async fn shown(&self, user: UserId) -> Vec<Conversation> {
        let query = ListConversations { limit: 100, ..ListConversations::default() };
        self.store.read().conversations().list(user, &query).await.unwrap().items
    }
}

pub(crate) fn upsert(account: AccountId, remote: &str) -> UpsertConversation {
    UpsertConversation {
        id: new(),
        account_id: account,
        remote_id: remote.into(),
        aliases: Vec::new(),
        handle: None,
        name: Some("Ada".into()),
        participant_id: Some(remote.into()),
        avatar_url: None,
        address: None,
        at: at(0),
    }
}

pub(crate) fn message(conversation: ConversationId, remote: &str, seconds: i64) -> NewMessage {
    NewMessage {
        id: new(),
        conversation_id: conversation,
        remote_id: RemoteMessageId::new(remote),
        sequence: remote.parse().ok(),
        sender_id: "42".into(),
        sender_name: Some("Ada".into()),
        content: format!("sealed {remote}"),
        content_seal: Some("seal".into()),
        details: None,
        kind: ContentKind::Text,
        has_text: true,
        media_ref: None,
        attachments: Vec::new(),
        direction: Direction::Incoming,
        is_read: false,
        status: None,
        reply_to: None,
        sent_at: at(seconds),
        delivered_at: None,
        edited_at: None,
        client_key: None,
        request_digest: None,
        at: at(seconds),
    }
}

/// A moment that does not matter.
pub(crate) const A_WHILE: Duration = Duration::from_mins(1);

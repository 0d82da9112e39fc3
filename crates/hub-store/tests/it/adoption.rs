//! Databases of the originals: adopted in place, read as they are, left readable for where they came from.

use crate::support::{at, message, new, postgres_url, upsert};
use hub_domain::{AccountId, ContentKind, ConversationId, UserId};
use hub_store::{
    LinkedAccount, ListConversations, ListMessages, NewRefreshToken, NewUser, SealedTokens, Store, StoreSettings, Usage,
};
use sqlx::{Connection, Executor, PgConnection, Row};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const CONVERSATION: Uuid = Uuid::from_u128(3);

/// What differs between the variants (schema contract, section 1).
#[derive(Clone, Copy)]
struct Variant {
    /// `timestamp`, or Django's `timestamptz`.
    time: &'static str,
    /// Django has no defaults and allows no nulls; Node the other way round.
    django: bool,
    revoked_at: bool,
    usage: Option<&'static str>,
}

const N1: Variant = Variant {
    time: "timestamp",
    django: false,
    revoked_at: false,
    usage: Some(
        "id uuid PRIMARY KEY, account_id uuid, platform varchar(50) NOT NULL, endpoint varchar(255) NOT NULL, request_count integer DEFAULT 1, \"timestamp\" timestamp DEFAULT now()",
    ),
};
const N2: Variant = Variant {
    revoked_at: true,
    usage: Some(
        "id uuid PRIMARY KEY, account_id uuid, user_id uuid, platform varchar(50) NOT NULL, endpoint varchar(255) NOT NULL, request_count integer DEFAULT 1, \"timestamp\" timestamp DEFAULT now()",
    ),
    ..N1
};
const D: Variant = Variant { time: "timestamptz", django: true, revoked_at: true, usage: None };

fn schema(variant: Variant) -> Vec<String> {
    let t = variant.time;
    let (id, null, now, yes, no, zero, text) = if variant.django {
        ("uuid PRIMARY KEY", "NOT NULL", "NOT NULL", "NOT NULL", "NOT NULL", "NOT NULL", "NOT NULL")
    } else {
        (
            "uuid PRIMARY KEY DEFAULT gen_random_uuid()",
            "",
            "DEFAULT now()",
            "DEFAULT true",
            "DEFAULT false",
            "DEFAULT 0",
            "DEFAULT 'text'",
        )
    };
    let revoked = if variant.revoked_at { format!(", revoked_at {t}") } else { String::new() };
    let mut made = vec![
        format!(
            "CREATE TABLE users (id {id}, email varchar(255) NOT NULL UNIQUE, password_hash varchar(255) NOT NULL, created_at {t} {now}, updated_at {t} {now})"
        ),
        format!(
            "CREATE TABLE connected_accounts (id {id}, user_id uuid {null} REFERENCES users, platform varchar(50) NOT NULL, platform_user_id varchar(255) NOT NULL, platform_username varchar(255), access_token text NOT NULL, refresh_token text, token_expires_at {t}, is_active boolean {yes}, created_at {t} {now}, updated_at {t} {now}, UNIQUE (user_id, platform, platform_user_id))"
        ),
        format!(
            "CREATE TABLE refresh_tokens (id {id}, user_id uuid {null} REFERENCES users, token text NOT NULL, expires_at {t} NOT NULL, created_at {t} {now}{revoked})"
        ),
        format!(
            "CREATE TABLE conversations (id {id}, account_id uuid {null} REFERENCES connected_accounts, platform_conversation_id varchar(255) NOT NULL, participant_name varchar(255), participant_id varchar(255), participant_avatar_url text, last_message_at {t}, unread_count integer {zero}, created_at {t} {now}, updated_at {t} {now}, UNIQUE (account_id, platform_conversation_id))"
        ),
        format!(
            "CREATE TABLE messages (id {id}, conversation_id uuid {null} REFERENCES conversations, platform_message_id varchar(255) NOT NULL, sender_id varchar(255) NOT NULL, sender_name varchar(255), content text NOT NULL, message_type varchar(50) {text}, media_url text, is_outgoing boolean {no}, is_read boolean {no}, sent_at {t} NOT NULL, delivered_at {t}, created_at {t} {now}, UNIQUE (conversation_id, platform_message_id))"
        ),
        "CREATE TABLE schema_migrations (id serial PRIMARY KEY, migration_name varchar(255) UNIQUE NOT NULL)"
            .to_owned(),
    ];
    made.extend(variant.usage.map(|columns| format!("CREATE TABLE api_usage_logs ({columns})")));
    let when = "'2026-01-02 03:04:05'";
    let hub = "'00000000-0000-0000-0000-0000000000";
    made.extend([
        format!("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES ({hub}01', 'Ada@example.com', 'x', {when}, {when})"),
        format!("INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, access_token, is_active, created_at, updated_at) VALUES ({hub}02', {hub}01', 'telegram', '7', 'clear', true, {when}, {when}), ({hub}12', {hub}01', 'gmail', '8', 'clear', true, {when}, {when})"),
        format!("INSERT INTO conversations (id, account_id, platform_conversation_id, unread_count, created_at, updated_at) VALUES ({hub}03', {hub}02', '42', 7, {when}, {when}), ({hub}13', {hub}12', '43', 1, {when}, {when})"),
        format!("INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, message_type, media_url, is_outgoing, is_read, sent_at, created_at) VALUES ({hub}04', {hub}03', '1', '42', 'words', 'sticker', 'ref', false, false, {when}, {when})"),
    ]);
    made.push(format!("INSERT INTO refresh_tokens (id, user_id, token, expires_at, created_at) VALUES ({hub}06', {hub}01', 'a.clear.token', '2027-01-02 03:04:05', {when})"));
    if !variant.django {
        // Orphans, which nobody can own.
        made.push(format!("INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, access_token) VALUES ({hub}22', NULL, 'telegram', '7', 'clear')"));
        made.push(format!("INSERT INTO conversations (id, account_id, platform_conversation_id) VALUES ({hub}23', NULL, '42'), ({hub}33', {hub}22', '42')"));
        made.push(format!("INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, sent_at) VALUES ({hub}24', NULL, '1', '42', 'words', {when})"));
        made.push(format!("INSERT INTO refresh_tokens (id, user_id, token, expires_at) VALUES ({hub}00', NULL, 'a.clear.token', {when})"));
        // Nulls where Node has defaults.
        made.push(format!("INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, message_type, is_outgoing, is_read, sent_at, created_at) VALUES ({hub}05', {hub}03', '2', '42', 'words', NULL, NULL, NULL, {when}, NULL)"));
        made.push(format!("UPDATE connected_accounts SET is_active = NULL, created_at = NULL WHERE id = {hub}02'"));
    }
    made
}

/// Every column of the originals with its type, whether it takes null, and its default.
async fn types(connection: &mut PgConnection) -> Vec<(String, String, String)> {
    let query = "SELECT table_name::text, column_name::text, \
                 concat_ws(' ', data_type, character_maximum_length, is_nullable, column_default) FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name NOT LIKE 'hub_%' ORDER BY 1, 2";
    let rows = sqlx::query(query).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

async fn adopt(variant: Variant) {
    let Some(url) = postgres_url().await else { return };
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for statement in schema(variant) {
        connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
    let before = types(&mut connection).await;
    let store = Store::connect(&StoreSettings { url, ..StoreSettings::default() }).await.unwrap();
    store.migrate().await.unwrap();
    assert!(store.migrate().await.unwrap().applied.is_empty());
    let after = types(&mut connection).await;
    for column in &before {
        assert!(after.contains(column), "an original's column is as it was: {column:?}");
    }

    let (user, conversation) = (UserId(USER), ConversationId(CONVERSATION));
    let session = store.read();
    assert!(session.users().by_email("ada@example.com").await.unwrap().is_some(), "capitals of an original");
    let accounts = session.accounts().list(user).await.unwrap();
    assert_eq!(accounts.len(), 1, "a platform of a later state is passed over");
    assert!(accounts[0].is_active);
    let query = ListConversations { limit: 10, ..ListConversations::default() };
    assert_eq!(session.conversations().list(user, &query).await.unwrap().items.len(), 1);
    let query = ListMessages { limit: 10, ..ListMessages::default() };
    let page = session.messages().list(user, conversation, &query).await.unwrap().unwrap();
    assert_eq!(page.items.len(), if variant.django { 1 } else { 2 });
    let sticker = page.items.iter().find(|m| m.remote_id.as_str() == "1").unwrap();
    assert_eq!(sticker.kind, ContentKind::File);
    assert_eq!(sticker.sent_at.to_rfc3339(), "2026-01-02T03:04:05+00:00");
    for m in &page.items {
        assert!(!m.is_read && m.status.is_none());
    }

    // Work on it: every column is written, and the wrong counter is set right.
    let tx = store.begin().await.unwrap();
    let new = message(conversation, "3", 0);
    assert_eq!(tx.messages().insert_many(std::slice::from_ref(&new)).await.unwrap(), vec![new.id]);
    assert!(tx.messages().mark_read(user, sticker.id, new.at).await.unwrap().unwrap().changed);
    let _ = tx.commit(Vec::new()).await.unwrap();
    let unread = store.read().conversations().find(user, conversation).await.unwrap().unwrap().unread_count;
    assert_eq!(unread, if variant.django { 1 } else { 2 });
    let read_back: Option<bool> = sqlx::query("SELECT is_outgoing FROM messages WHERE platform_message_id = '3'")
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    assert_eq!(read_back, Some(false));
    work_on(&store).await;
}

/// Signs in and up, links and writes as on a database of our own: no column without a default is left out.
async fn work_on(store: &Store) {
    let (user, now) = (UserId(USER), at(0));
    let tx = store.begin().await.unwrap();
    let tokens = tx.refresh_tokens();
    let old = tokens.find(&["a.clear.token", "hash"]).await.unwrap().expect("a token in clear text");
    assert_eq!((old.id, old.user_id, old.revoked_at, old.family), (Uuid::from_u128(6), user, None, None));
    tokens.adopt(old.id, Uuid::from_u128(77)).await.unwrap();
    assert!(tokens.replace(old.id, now).await.unwrap());
    assert_eq!(tokens.by_id(old.id).await.unwrap().unwrap().replaced_at, Some(now));
    let token = |user_id| NewRefreshToken {
        id: Uuid::now_v7(),
        user_id,
        token: format!("hash of {user_id}"),
        family: Uuid::from_u128(77),
        expires_at: now,
        at: now,
    };
    tokens.insert(&token(user)).await.unwrap();
    let other = NewUser { id: new(), email: "ben@example.com".into(), password_hash: "x".into(), at: now };
    assert!(tx.users().insert(&other).await.unwrap());
    let linked = |remote: &str| LinkedAccount {
        group: None,
        method: "any".to_owned(),
        grantor: None,
        facts: None,
        id: new(),
        user_id: user,
        platform_name: "telegram".into(),
        kind: Some("bot".into()),
        remote_id: remote.into(),
        username: None,
        tokens: SealedTokens {
            access_token: "sealed".into(),
            access_token_seal: None,
            refresh_token: None,
            refresh_token_seal: None,
            expires_at: None,
        },
        at: now,
    };
    assert_eq!(tx.accounts().upsert_linked(&linked("7")).await.unwrap().id, AccountId(Uuid::from_u128(2)), "the same");
    let account = tx.accounts().upsert_linked(&linked("9")).await.unwrap().id;
    let remote = tx.accounts().active_by_remote("telegram", &["7".into(), "9".into()]).await.unwrap();
    assert_eq!(remote.len(), 2, "an orphan is nobody's");
    assert_eq!(tx.accounts().all_active(None, 9).await.unwrap().len(), 2);
    let keys = tx.conversations().upsert_many(&[upsert(account, "50")]).await.unwrap();
    tx.messages().insert_many(&[message(keys[0].found.id, "1", 1)]).await.unwrap();
    let usage = |user_id, account_id| Usage {
        id: Uuid::now_v7(),
        user_id,
        account_id,
        platform: "api".into(),
        endpoint: "GET /".into(),
        count: 1,
        at: now,
    };
    tx.usage().insert_many(&[usage(Some(user), None), usage(None, Some(account))]).await.unwrap();
    assert!(tx.refresh_tokens().delete_expired(at(1), 9).await.unwrap() > 0);
    let _ = tx.commit(Vec::new()).await.unwrap();
    let query = ListMessages { limit: 9, ..ListMessages::default() };
    let words = store.read().messages().list_all(user, &query).await.unwrap();
    assert!(words.items.iter().any(|m| m.conversation_id == keys[0].found.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_nodes_start_up_script_is_adopted() {
    adopt(N1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_nodes_migrations_is_adopted() {
    adopt(N2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_django_is_adopted() {
    adopt(D).await;
}

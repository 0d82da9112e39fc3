//! Rows as the schema contract, section 5, says an existing database may contain them.

use super::cipher::{self, DEFAULT_KEY, KEY, LOST_KEY};
use super::shapes::Shape;
use crate::support::BOT_TOKEN;
use std::fmt::Write as _;

/// The owner of everything, with capitals an original let pass.
pub(super) const ADA: &str = "Ada@Example.com";
/// What they signed up with (vectors bcrypt-1 and bcrypt-2).
pub(super) const PASSWORD: &str = "password123";
/// A password the Node original altered before it hashed it (vector bcrypt-8).
pub(super) const ALTERED_PASSWORD: &str = "Passw0rd<b>x</b>&y";
pub(super) const ADA_ID: &str = "00000000-0000-4000-8000-000000000001";
/// Every user: id, address, hash.
const USERS: [(&str, &str, &str); 5] = [
    ("0001", ADA, "$2b$10$C6UzMDM.H6dfI/f/IKxGhu30DKEHOIZAqVEao6LhdXNuvpJsU9Ecy"),
    ("0002", "ben@example.com", "$2b$12$C6UzMDM.H6dfI/f/IKxGhuBKZQHaV6vAHx2rCp6LrKbtYEfORWbYy"),
    ("0003", "cleo@example.com", "$2b$10$C6UzMDM.H6dfI/f/IKxGhu6fPq1beQI/6JACFZQkWqwXs4wX3TeDi"),
    ("0004", "dan@example.com", "$2y$10$C6UzMDM.H6dfI/f/IKxGhu30DKEHOIZAqVEao6LhdXNuvpJsU9Ecy"),
    ("0005", "eve@example.com", "$2a$10$C6UzMDM.H6dfI/f/IKxGhu30DKEHOIZAqVEao6LhdXNuvpJsU9Ecy"),
];
/// When everything happened.
const WHEN: &str = "2026-01-02 03:04:05.678";
/// The same as the API says it.
pub(super) const WHEN_SHOWN: &str = "2026-01-02T03:04:05.678Z";

/// Ids of rows that tests ask for.
pub(super) const BOT: &str = "00000000-0000-4000-8000-000000000101";
pub(super) const PAGE: &str = "00000000-0000-4000-8000-000000000103";
pub(super) const CLEAR_TOKEN: &str = "00000000-0000-4000-8000-000000000104";
pub(super) const LOST_TOKEN: &str = "00000000-0000-4000-8000-000000000105";
pub(super) const FOREIGN: &str = "00000000-0000-4000-8000-000000000106";
pub(super) const THREAD: &str = "00000000-0000-4000-8000-000000000201";
pub(super) const PHANTOM: &str = "00000000-0000-4000-8000-000000000202";
pub(super) const LOST_MESSAGE: &str = "00000000-0000-4000-8000-000000000304";
pub(super) const FOREIGN_THREAD: &str = "00000000-0000-4000-8000-000000000205";

/// What the thread says, by the message's id at the platform: words, kind, and whether the account said it.
pub(super) const SAID: [(&str, &str, &str, bool); 10] = [
    ("9001", "Hello, hub!", "text", false),
    ("9002", "plain words: never encrypted", "text", true),
    ("9003", "under the built-in key", "text", false),
    ("9004", "[unable to decrypt]", "text", false),
    ("9005", "from a later state", "text", false),
    ("9006", "", "file", false),
    ("9007", "an audio note", "file", false),
    ("9008", "a thing without a file", "text", false),
    ("1767323045678", "sent twice", "text", true),
    ("9009", "sent twice", "text", true),
];
/// Messages of others in it; none was read.
pub(super) const UNREAD: i64 = 7;
/// Words that must never be printed.
pub(super) const SECRETS: [&str; 5] =
    ["clear-linkedin-token", "under the built-in key", "plain words", "nobody can read", "a token of a later state"];

pub(super) struct Rows {
    shape: Shape,
    /// A log-in that stands, in clear text.
    pub(super) refresh_token: String,
    /// One that was revoked, where that can be.
    pub(super) revoked_token: String,
    /// One whose time in the table is over.
    pub(super) ended_token: String,
    /// A token that an original gave out for the API.
    pub(super) access_token: String,
}

fn id(short: &str) -> String {
    format!("'00000000-0000-4000-8000-00000000{short}'")
}

fn null_or(value: Option<&str>) -> String {
    value.map_or("NULL".to_owned(), |value| format!("'{value}'"))
}

impl Rows {
    pub(super) fn of(shape: Shape) -> Self {
        let token = |left| cipher::token(super::JWT_REFRESH_SECRET, ADA_ID, ADA, left);
        Self {
            shape,
            refresh_token: token(604_700),
            revoked_token: token(604_600),
            ended_token: token(604_500),
            access_token: cipher::token(super::JWT_SECRET, ADA_ID, ADA, 800),
        }
    }

    /// The statements that fill the tables.
    pub(super) fn statements(&self) -> String {
        let mut all = String::new();
        for (short, email, hash) in USERS {
            let _ = writeln!(
                all,
                "INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES ({}, '{email}', '{hash}', '{WHEN}', '{WHEN}');",
                id(short)
            );
        }
        Self::accounts(&mut all);
        Self::conversations(&mut all);
        Self::messages(&mut all);
        self.log_ins(&mut all);
        self.calls(&mut all);
        if !self.shape.is_strict() {
            Self::nulls_and_orphans(&mut all);
        }
        all
    }

    fn accounts(all: &mut String) {
        let session = cipher::session_string();
        let rows = [
            ("0101", "telegram", "481000001", cipher::writes(KEY, BOT_TOKEN), None),
            ("0102", "telegram", "700", session, None),
            ("0103", "facebook", "900100", cipher::writes(DEFAULT_KEY, "a page token"), None),
            ("0104", "linkedin", "li-1", "clear-linkedin-token".to_owned(), None),
            ("0105", "instagram", "ig-1", cipher::writes(LOST_KEY, "a token nobody can read"), None),
            ("0106", "gmail", "ada@example.com", "a token of a later state".to_owned(), None),
            ("0107", "twitter", "x-1", cipher::writes_later(KEY, "x token"), Some(cipher::writes(KEY, "x refresh"))),
        ];
        for (short, platform, remote, token, refresh) in rows {
            let _ = writeln!(
                all,
                "INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, platform_username, access_token, refresh_token, is_active, created_at, updated_at) VALUES ({}, {}, '{platform}', '{remote}', 'Ada', '{token}', {}, true, '{WHEN}', '{WHEN}');",
                id(short),
                id("0001"),
                null_or(refresh.as_deref())
            );
        }
        // Disconnected, and erased.
        let _ = writeln!(
            all,
            "INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, access_token, is_active, created_at, updated_at) VALUES ({}, {}, 'telegram', '481000002', '', false, '{WHEN}', '{WHEN}');",
            id("0108"),
            id("0001")
        );
    }

    fn conversations(all: &mut String) {
        // Counters are wrong; the second has no address; the third and fourth are one person under ids of two kinds.
        let rows = [
            ("0201", "0101", "42", 99),
            ("0202", "0101", "", 5),
            ("0203", "0103", "t_100", 0),
            ("0204", "0103", "9001", 3),
            ("0205", "0106", "mail-1", 1),
        ];
        for (short, account, remote, unread) in rows {
            let _ = writeln!(
                all,
                "INSERT INTO conversations (id, account_id, platform_conversation_id, participant_name, participant_id, unread_count, last_message_at, created_at, updated_at) VALUES ({}, {}, '{remote}', 'Somebody', '42', {unread}, '{WHEN}', '{WHEN}', '{WHEN}');",
                id(short),
                id(account)
            );
        }
    }

    fn messages(all: &mut String) {
        let later = cipher::writes_later(KEY, "from a later state");
        // Id, thread, id at the platform, words as stored, type, file, outgoing.
        let rows = [
            ("0301", "0201", "9001", cipher::writes(KEY, SAID[0].1), "text", None, false),
            ("0302", "0201", "9002", SAID[1].1.to_owned(), "text", None, true),
            ("0303", "0201", "9003", cipher::writes(DEFAULT_KEY, SAID[2].1), "text", None, false),
            ("0304", "0201", "9004", cipher::writes(LOST_KEY, "words nobody can read"), "text", None, false),
            ("0305", "0201", "9005", later, "text", None, false),
            ("0306", "0201", "9006", cipher::writes(KEY, ""), "fallback", Some("file-handle"), false),
            ("0307", "0201", "9007", cipher::writes(KEY, SAID[6].1), "audio", Some("audio-handle"), false),
            ("0308", "0201", "9008", cipher::writes(KEY, SAID[7].1), "sticker", None, false),
            ("0309", "0201", "1767323045678", cipher::writes(KEY, "sent twice"), "text", None, true),
            ("0310", "0201", "9009", cipher::writes(KEY, "sent twice"), "text", None, true),
            ("0320", "0202", "a", cipher::writes(KEY, "of one person"), "text", None, false),
            ("0321", "0202", "b", cipher::writes(KEY, "of another person"), "text", None, false),
            ("0330", "0203", "m_1", cipher::writes(KEY, "fetched"), "text", None, false),
            ("0340", "0204", "m_2", cipher::writes(KEY, "delivered"), "text", None, false),
            ("0350", "0205", "mail", cipher::writes_later(KEY, "a mail"), "text", None, false),
        ];
        for (short, thread, remote, content, kind, file, outgoing) in rows {
            let _ = writeln!(
                all,
                "INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, message_type, media_url, is_outgoing, is_read, sent_at, created_at) VALUES ({}, {}, '{remote}', '42', '{content}', '{kind}', {}, {outgoing}, {outgoing}, '{WHEN}', '{WHEN}');",
                id(short),
                id(thread),
                null_or(file)
            );
        }
    }

    fn log_ins(&self, all: &mut String) {
        let mut insert = |short: &str, token: &str, ends: &str| {
            let _ = writeln!(
                all,
                "INSERT INTO refresh_tokens (id, user_id, token, expires_at, created_at) VALUES ({}, {}, '{token}', {ends}, '{WHEN}');",
                id(short),
                id("0001")
            );
        };
        let later = "now() AT TIME ZONE 'UTC' + interval '6 days'";
        insert("0401", &self.refresh_token, later);
        insert("0402", &self.revoked_token, later);
        insert("0403", &self.ended_token, "'2026-01-01 00:00:00'");
        if self.shape.revokes() {
            let _ = writeln!(all, "UPDATE refresh_tokens SET revoked_at = '{WHEN}' WHERE id = {};", id("0402"));
        }
    }

    /// How many noted calls belong to somebody.
    pub(super) fn calls_of_somebody(&self) -> u64 {
        u64::from(self.shape.notes_calls()) + u64::from(self.shape.notes_callers())
    }

    fn calls(&self, all: &mut String) {
        if self.shape.notes_calls() {
            let _ = writeln!(
                all,
                "INSERT INTO api_usage_logs (id, account_id, platform, endpoint, request_count, \"timestamp\") VALUES
                 ({}, {}, 'telegram', '/getUpdates', 3, '{WHEN}'), ({}, NULL, 'telegram', '/getMe', 1, '{WHEN}');",
                id("0501"),
                id("0101"),
                id("0591"),
            );
        }
        if self.shape.notes_callers() {
            let _ = writeln!(
                all,
                "INSERT INTO api_usage_logs (id, user_id, platform, endpoint, request_count, \"timestamp\") VALUES
                 ({}, {}, 'api', 'GET /api/messages', NULL, '{WHEN}');",
                id("0502"),
                id("0001"),
            );
        }
    }

    /// What Node's tables allow.
    fn nulls_and_orphans(all: &mut String) {
        let _ = writeln!(
            all,
            "UPDATE connected_accounts SET is_active = NULL, created_at = NULL, updated_at = NULL WHERE id = {bot};
             UPDATE conversations SET unread_count = NULL, created_at = NULL WHERE id = {thread};
             UPDATE messages SET message_type = NULL, is_outgoing = NULL, is_read = NULL, created_at = NULL WHERE id = {hello};
             INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, access_token) VALUES ({account}, NULL, 'telegram', '481000001', 'x');
             INSERT INTO conversations (id, account_id, platform_conversation_id) VALUES ({lost}, NULL, '42'), ({under}, {account}, '42');
             INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, sent_at) VALUES ({first}, NULL, '1', '42', 'nobody can read this', '{WHEN}'), ({second}, {lost}, '1', '42', 'nobody can read this', '{WHEN}');
             INSERT INTO refresh_tokens (id, user_id, token, expires_at) VALUES ({token}, NULL, 'of.nobody.atall', '{WHEN}');",
            bot = id("0101"),
            thread = id("0201"),
            hello = id("0301"),
            account = id("0191"),
            lost = id("0291"),
            under = id("0292"),
            first = id("0391"),
            second = id("0392"),
            token = id("0491"),
        );
    }
}

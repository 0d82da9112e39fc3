//! The shapes of the originals' databases (schema contract, sections 1 to 4).

/// Who made the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The Node original's start-up script.
    N1,
    /// The same, mended by hand so that renewing log-ins works.
    N1Mended,
    /// The Node original's migrations.
    N2,
    /// The Django original.
    Django,
    /// Django's tables, and then the Node original was started on them.
    NodeOnDjango,
    /// The Node original's migrations, and then Django was told that its own had been run.
    DjangoOnNode,
}

pub(super) const ALL: [Shape; 6] =
    [Shape::N1, Shape::N1Mended, Shape::N2, Shape::Django, Shape::NodeOnDjango, Shape::DjangoOnNode];

impl Shape {
    /// Django's own tables know no defaults and no nulls where Node's do, and cascades happen in the program.
    pub(super) fn is_strict(self) -> bool {
        matches!(self, Self::Django | Self::NodeOnDjango)
    }

    /// Whether log-ins can be revoked.
    pub(super) fn revokes(self) -> bool {
        self != Self::N1
    }

    /// Whether calls are noted.
    pub(super) fn notes_calls(self) -> bool {
        self != Self::Django
    }

    /// Whether it is noted who made them.
    pub(super) fn notes_callers(self) -> bool {
        matches!(self, Self::N2 | Self::DjangoOnNode)
    }

    /// The statements that make its tables.
    pub(super) fn tables(self) -> String {
        let strict = self.is_strict();
        let migrated = self.notes_callers();
        let owner = |table: &str| {
            if strict {
                format!("uuid NOT NULL REFERENCES {table} (id) DEFERRABLE INITIALLY DEFERRED")
            } else {
                format!("uuid REFERENCES {table} (id) ON DELETE CASCADE")
            }
        };
        let filled = [
            ("{id}", if strict { "uuid NOT NULL PRIMARY KEY" } else { "uuid PRIMARY KEY DEFAULT gen_random_uuid()" }),
            ("{ts}", if strict { "timestamptz" } else { "timestamp" }),
            ("{now}", if strict { "NOT NULL" } else { "DEFAULT now()" }),
            ("{true}", if strict { "NOT NULL" } else { "DEFAULT true" }),
            ("{false}", if strict { "NOT NULL" } else { "DEFAULT false" }),
            ("{zero}", if strict { "NOT NULL" } else { "DEFAULT 0" }),
            ("{text}", if strict { "NOT NULL" } else { "DEFAULT 'text'" }),
            ("{token}", if migrated { "varchar(500) UNIQUE NOT NULL" } else { "text NOT NULL" }),
            ("{revoked}", if self.revokes() { ", revoked_at {ts}" } else { "" }),
            ("{users}", &owner("users")),
            ("{accounts}", &owner("connected_accounts")),
            ("{conversations}", &owner("conversations")),
        ];
        let mut made = TABLES.to_owned();
        if self.notes_calls() {
            made.push_str(USAGE);
        }
        if migrated {
            made.push_str(MIGRATED);
        }
        if matches!(self, Self::Django | Self::NodeOnDjango | Self::DjangoOnNode) {
            made.push_str(DJANGO);
        }
        // A value may hold a further mark.
        for _ in 0..2 {
            for (mark, value) in filled {
                made = made.replace(mark, value);
            }
        }
        made
    }
}

const TABLES: &str = "
CREATE TABLE users (id {id}, email varchar(255) NOT NULL UNIQUE, password_hash varchar(255) NOT NULL,
    created_at {ts} {now}, updated_at {ts} {now});
CREATE TABLE connected_accounts (id {id}, user_id {users}, platform varchar(50) NOT NULL,
    platform_user_id varchar(255) NOT NULL, platform_username varchar(255), access_token text NOT NULL,
    refresh_token text, token_expires_at {ts}, is_active boolean {true}, created_at {ts} {now}, updated_at {ts} {now},
    UNIQUE (user_id, platform, platform_user_id));
CREATE TABLE refresh_tokens (id {id}, user_id {users}, token {token}, expires_at {ts} NOT NULL,
    created_at {ts} {now}{revoked});
CREATE TABLE conversations (id {id}, account_id {accounts}, platform_conversation_id varchar(255) NOT NULL,
    participant_name varchar(255), participant_id varchar(255), participant_avatar_url text, last_message_at {ts},
    unread_count integer {zero}, created_at {ts} {now}, updated_at {ts} {now},
    UNIQUE (account_id, platform_conversation_id));
CREATE TABLE messages (id {id}, conversation_id {conversations}, platform_message_id varchar(255) NOT NULL,
    sender_id varchar(255) NOT NULL, sender_name varchar(255), content text NOT NULL, message_type varchar(50) {text},
    media_url text, is_outgoing boolean {false}, is_read boolean {false}, sent_at {ts} NOT NULL, delivered_at {ts},
    created_at {ts} {now}, UNIQUE (conversation_id, platform_message_id));
CREATE INDEX messages_an_operator_named_it ON messages (is_read) WHERE is_read = false;
CREATE INDEX idx_messages_conversation_id ON messages (conversation_id);
";

const USAGE: &str = "
CREATE TABLE api_usage_logs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid REFERENCES connected_accounts (id) ON DELETE CASCADE, platform varchar(50) NOT NULL,
    endpoint varchar(255) NOT NULL, request_count integer DEFAULT 1, \"timestamp\" timestamp DEFAULT now());
";

const MIGRATED: &str = "
ALTER TABLE api_usage_logs ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE CASCADE;
CREATE TABLE schema_migrations (id serial PRIMARY KEY, migration_name varchar(255) UNIQUE NOT NULL,
    applied_at timestamp DEFAULT now());
INSERT INTO schema_migrations (migration_name) VALUES ('001_initial_schema'), ('002_refresh_tokens'),
    ('003_add_user_id_to_api_usage_logs');
";

const DJANGO: &str = "
CREATE TABLE django_migrations (id bigserial PRIMARY KEY, app varchar(255) NOT NULL, name varchar(255) NOT NULL,
    applied timestamptz NOT NULL);
INSERT INTO django_migrations (app, name, applied) VALUES ('accounts', '0001_initial', '2026-01-01T00:00:00Z');
CREATE TABLE auth_user (id serial PRIMARY KEY, username varchar(150) NOT NULL);
";

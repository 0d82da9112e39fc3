-- Who may not sign in any more, and which of a user's sessions still stand: those of the newest generation.
CREATE TABLE hub_user_standing (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    deactivated_at TEXT
) STRICT;
-- What administrators look for in the longest tables.
CREATE INDEX hub_usage_at ON api_usage_logs ("timestamp" DESC, id DESC);
CREATE INDEX hub_messages_trouble ON messages (sent_at DESC, id DESC)
    WHERE status IN ('failed', 'unconfirmed');

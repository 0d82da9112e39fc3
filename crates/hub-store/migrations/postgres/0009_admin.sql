-- Who may not sign in any more, and which of a user's sessions still stand: those of the newest generation.
CREATE TABLE hub_user_standing (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    generation integer NOT NULL,
    deactivated_at timestamp
);
-- What administrators look for in the longest tables.
-- optional
CREATE INDEX hub_usage_at ON api_usage_logs ("timestamp" DESC, id DESC);
-- optional
CREATE INDEX hub_messages_trouble ON messages (sent_at DESC, id DESC)
    WHERE status IN ('failed', 'unconfirmed');

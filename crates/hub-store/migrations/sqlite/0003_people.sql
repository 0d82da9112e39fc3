-- What business pages and numbers need: several ids of one person, reports about many messages, windows, pictures.
ALTER TABLE connected_accounts ADD COLUMN remote_group TEXT;
ALTER TABLE connected_accounts ADD COLUMN grantor TEXT;
ALTER TABLE connected_accounts ADD COLUMN facts TEXT;
ALTER TABLE conversations ADD COLUMN customer_at TEXT;
ALTER TABLE hub_conversation_aliases ADD COLUMN moved INTEGER NOT NULL DEFAULT 1;
CREATE INDEX hub_conversation_aliases_conversation ON hub_conversation_aliases (conversation_id);
CREATE INDEX hub_messages_remote ON messages (platform_message_id);
CREATE INDEX hub_messages_reported ON messages (conversation_id, sent_at DESC)
    WHERE is_outgoing = TRUE AND status IN ('sent', 'delivered');
CREATE INDEX hub_messages_undecided ON messages (conversation_id, created_at) WHERE status IN ('sending', 'unconfirmed');
CREATE INDEX hub_message_parts_remote ON hub_message_parts (remote_id);
CREATE TABLE hub_reports (
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    up_to TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (conversation_id, status)
) STRICT;
CREATE TABLE hub_early_news (
    account_id BLOB NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    receipt_id BLOB NOT NULL REFERENCES hub_receipts (id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    PRIMARY KEY (account_id, remote_id, receipt_id)
) STRICT;
CREATE INDEX hub_early_news_receipt ON hub_early_news (receipt_id);
CREATE TABLE hub_pictures (
    conversation_id BLOB PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    source TEXT,
    blob_key TEXT,
    mime_type TEXT,
    at TEXT NOT NULL
) STRICT;

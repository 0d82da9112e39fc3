-- What business pages and numbers need: several ids of one person, reports about many messages, windows, pictures.
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS remote_group varchar(255);
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS grantor varchar(255);
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS facts text;
ALTER TABLE conversations ADD COLUMN IF NOT EXISTS customer_at timestamp;
ALTER TABLE hub_conversation_aliases ADD COLUMN moved boolean NOT NULL DEFAULT TRUE;
CREATE INDEX hub_conversation_aliases_conversation ON hub_conversation_aliases (conversation_id);
CREATE INDEX hub_messages_remote ON messages (platform_message_id);
CREATE INDEX hub_messages_reported ON messages (conversation_id, sent_at DESC)
    WHERE is_outgoing = TRUE AND status IN ('sent', 'delivered');
CREATE INDEX hub_messages_undecided ON messages (conversation_id, created_at) WHERE status IN ('sending', 'unconfirmed');
CREATE INDEX hub_message_parts_remote ON hub_message_parts (remote_id);
CREATE TABLE hub_reports (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    status varchar(20) NOT NULL,
    up_to timestamp NOT NULL,
    at timestamp NOT NULL,
    PRIMARY KEY (conversation_id, status)
);
CREATE TABLE hub_early_news (
    account_id uuid NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    remote_id varchar(255) NOT NULL,
    receipt_id uuid NOT NULL REFERENCES hub_receipts (id) ON DELETE CASCADE,
    at timestamp NOT NULL,
    PRIMARY KEY (account_id, remote_id, receipt_id)
);
CREATE INDEX hub_early_news_receipt ON hub_early_news (receipt_id);
CREATE TABLE hub_pictures (
    conversation_id uuid PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    source text,
    blob_key varchar(100),
    mime_type varchar(100),
    at timestamp NOT NULL
);

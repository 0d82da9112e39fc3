-- What the hub needs beyond the contract: nullable columns, and tables of its own.
ALTER TABLE connected_accounts ADD COLUMN account_kind TEXT;
ALTER TABLE connected_accounts ADD COLUMN health TEXT;
ALTER TABLE connected_accounts ADD COLUMN access_token_seal TEXT;
ALTER TABLE connected_accounts ADD COLUMN refresh_token_seal TEXT;
ALTER TABLE conversations ADD COLUMN address TEXT;
ALTER TABLE messages ADD COLUMN content_seal TEXT;
ALTER TABLE messages ADD COLUMN details TEXT;
ALTER TABLE messages ADD COLUMN kind TEXT;
ALTER TABLE messages ADD COLUMN has_text INTEGER;
ALTER TABLE messages ADD COLUMN sequence INTEGER;
ALTER TABLE messages ADD COLUMN status TEXT;
ALTER TABLE messages ADD COLUMN failure TEXT;
ALTER TABLE messages ADD COLUMN reply_to TEXT;
ALTER TABLE messages ADD COLUMN edited_at TEXT;
ALTER TABLE messages ADD COLUMN deleted_at TEXT;
ALTER TABLE messages ADD COLUMN client_key TEXT;
ALTER TABLE messages ADD COLUMN request_digest TEXT;
CREATE UNIQUE INDEX hub_messages_client_key ON messages (conversation_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX hub_messages_order ON messages (conversation_id, sent_at DESC, COALESCE(sequence, -1) DESC, id DESC);
CREATE INDEX hub_messages_unread ON messages (conversation_id)
    WHERE (is_read = FALSE OR is_read IS NULL) AND (is_outgoing = FALSE OR is_outgoing IS NULL);
CREATE INDEX hub_messages_sending ON messages (status) WHERE status IN ('queued', 'sending');
CREATE TABLE hub_attachments (
    id BLOB PRIMARY KEY,
    message_id BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    remote_ref TEXT NOT NULL,
    remote_unique_ref TEXT,
    mime_type TEXT,
    file_name TEXT,
    size INTEGER,
    width INTEGER,
    height INTEGER,
    duration_s INTEGER,
    flavour TEXT,
    state TEXT NOT NULL,
    blob_key TEXT,
    failure TEXT
) STRICT;
CREATE INDEX hub_attachments_message ON hub_attachments (message_id);
CREATE TABLE hub_reactions (
    message_id BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    actor_id TEXT NOT NULL,
    emoji TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (message_id, actor_id, emoji)
) STRICT;
CREATE TABLE hub_message_parts (
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    message_id BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, remote_id)
) STRICT;
CREATE INDEX hub_message_parts_message ON hub_message_parts (message_id);
CREATE TABLE hub_conversation_aliases (
    account_id BLOB NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    conversation_id BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, remote_id)
) STRICT;
CREATE TABLE hub_notices (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    conversation_id BLOB REFERENCES conversations (id) ON DELETE CASCADE,
    event_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    data TEXT NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (account_id, event_key)
) STRICT;
CREATE INDEX hub_notices_conversation ON hub_notices (conversation_id, at);
CREATE TABLE hub_event_offsets (
    user_id BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    latest INTEGER NOT NULL
) STRICT;
CREATE TABLE hub_events (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT;
CREATE INDEX hub_events_at ON hub_events (at);
CREATE TABLE hub_receipts (
    id BLOB PRIMARY KEY,
    platform TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    account TEXT,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    received_at TEXT NOT NULL
) STRICT;
CREATE INDEX hub_receipts_state ON hub_receipts (state, received_at);
CREATE TABLE hub_subscriptions (
    id BLOB PRIMARY KEY,
    platform TEXT NOT NULL,
    account_kind TEXT NOT NULL,
    remote_id TEXT NOT NULL,
    secret_digest TEXT NOT NULL,
    secret TEXT NOT NULL,
    path_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    reason TEXT,
    renew_at TEXT,
    at TEXT NOT NULL,
    UNIQUE (platform, account_kind, remote_id)
) STRICT;
CREATE INDEX hub_subscriptions_secret ON hub_subscriptions (platform, secret_digest);
CREATE TABLE hub_cursors (
    account_id BLOB PRIMARY KEY REFERENCES connected_accounts (id) ON DELETE CASCADE,
    value TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE hub_leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_at TEXT NOT NULL
) STRICT;
CREATE TABLE hub_connect_attempts (
    state_digest TEXT PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    method TEXT NOT NULL,
    memory TEXT NOT NULL,
    browser TEXT,
    redirect_uri TEXT,
    expires_at TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TABLE hub_used_proofs (
    digest TEXT PRIMARY KEY,
    until_at TEXT NOT NULL
) STRICT;
CREATE TABLE hub_roles (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT;
CREATE TABLE hub_refresh_families (
    token_id BLOB PRIMARY KEY,
    family BLOB NOT NULL,
    replaced_at TEXT
) STRICT;
CREATE TABLE hub_jobs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    lane TEXT,
    dedupe TEXT,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    run_at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    worker TEXT,
    lease_until TEXT,
    why TEXT,
    at TEXT NOT NULL,
    finished_at TEXT
) STRICT;
CREATE INDEX hub_jobs_due ON hub_jobs (priority, run_at) WHERE state IN ('ready', 'running');
CREATE INDEX hub_jobs_lane ON hub_jobs (lane, place) WHERE lane IS NOT NULL AND state IN ('ready', 'running');
CREATE UNIQUE INDEX hub_jobs_dedupe ON hub_jobs (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ('ready', 'running');
CREATE INDEX hub_jobs_finished ON hub_jobs (finished_at);

-- What the hub needs beyond the contract: nullable columns, and tables of its own.
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS account_kind varchar(20);
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS health varchar(20);
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS access_token_seal text;
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS refresh_token_seal text;
ALTER TABLE conversations ADD COLUMN IF NOT EXISTS address text;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS content_seal text;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS details text;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS kind varchar(20);
ALTER TABLE messages ADD COLUMN IF NOT EXISTS has_text boolean;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS sequence bigint;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS status varchar(20);
ALTER TABLE messages ADD COLUMN IF NOT EXISTS failure text;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS reply_to varchar(255);
ALTER TABLE messages ADD COLUMN IF NOT EXISTS edited_at timestamp;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS deleted_at timestamp;
ALTER TABLE messages ADD COLUMN IF NOT EXISTS client_key varchar(255);
ALTER TABLE messages ADD COLUMN IF NOT EXISTS request_digest varchar(64);
CREATE UNIQUE INDEX hub_messages_client_key ON messages (conversation_id, client_key) WHERE client_key IS NOT NULL;
CREATE INDEX hub_messages_order ON messages (conversation_id, sent_at DESC, COALESCE(sequence, -1) DESC, id DESC);
CREATE INDEX hub_messages_unread ON messages (conversation_id)
    WHERE (is_read = FALSE OR is_read IS NULL) AND (is_outgoing = FALSE OR is_outgoing IS NULL);
CREATE INDEX hub_messages_sending ON messages (status) WHERE status IN ('queued', 'sending');
CREATE TABLE hub_attachments (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    place integer NOT NULL,
    kind varchar(20) NOT NULL,
    remote_ref text NOT NULL,
    remote_unique_ref text,
    mime_type text,
    file_name text,
    size bigint,
    width integer,
    height integer,
    duration_s integer,
    flavour varchar(20),
    state varchar(20) NOT NULL,
    blob_key varchar(64),
    failure text
);
CREATE INDEX hub_attachments_message ON hub_attachments (message_id);
CREATE TABLE hub_reactions (
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    actor_id varchar(255) NOT NULL,
    emoji varchar(255) NOT NULL,
    at timestamp NOT NULL,
    PRIMARY KEY (message_id, actor_id, emoji)
);
CREATE TABLE hub_message_parts (
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    remote_id varchar(255) NOT NULL,
    message_id uuid NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    place bigint NOT NULL,
    PRIMARY KEY (conversation_id, remote_id)
);
CREATE INDEX hub_message_parts_message ON hub_message_parts (message_id);
CREATE TABLE hub_conversation_aliases (
    account_id uuid NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    remote_id varchar(255) NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, remote_id)
);
CREATE TABLE hub_notices (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    conversation_id uuid REFERENCES conversations (id) ON DELETE CASCADE,
    event_key varchar(255) NOT NULL,
    kind varchar(64) NOT NULL,
    actor varchar(255),
    data text NOT NULL,
    at timestamp NOT NULL,
    UNIQUE (account_id, event_key)
);
CREATE INDEX hub_notices_conversation ON hub_notices (conversation_id, at);
CREATE TABLE hub_event_offsets (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    latest bigint NOT NULL
);
CREATE TABLE hub_events (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place bigint NOT NULL,
    at timestamp NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (user_id, place)
);
CREATE INDEX hub_events_at ON hub_events (at);
CREATE TABLE hub_receipts (
    id uuid PRIMARY KEY,
    platform varchar(50) NOT NULL,
    digest varchar(64) NOT NULL UNIQUE,
    account varchar(255),
    body text NOT NULL,
    state varchar(20) NOT NULL,
    reason text,
    received_at timestamp NOT NULL
);
CREATE INDEX hub_receipts_state ON hub_receipts (state, received_at);
CREATE TABLE hub_subscriptions (
    id uuid PRIMARY KEY,
    platform varchar(50) NOT NULL,
    account_kind varchar(20) NOT NULL,
    remote_id varchar(255) NOT NULL,
    secret_digest varchar(64) NOT NULL,
    secret text NOT NULL,
    path_key varchar(64) NOT NULL UNIQUE,
    state varchar(20) NOT NULL,
    reason text,
    renew_at timestamp,
    at timestamp NOT NULL,
    UNIQUE (platform, account_kind, remote_id)
);
CREATE INDEX hub_subscriptions_secret ON hub_subscriptions (platform, secret_digest);
CREATE TABLE hub_cursors (
    account_id uuid PRIMARY KEY REFERENCES connected_accounts (id) ON DELETE CASCADE,
    value text NOT NULL,
    at timestamp NOT NULL
);
CREATE TABLE hub_leases (
    name varchar(255) PRIMARY KEY,
    holder varchar(255) NOT NULL,
    until_at timestamp NOT NULL
);
CREATE TABLE hub_connect_attempts (
    state_digest varchar(64) PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    platform varchar(50) NOT NULL,
    method varchar(50) NOT NULL,
    memory text NOT NULL,
    browser varchar(64),
    redirect_uri text,
    expires_at timestamp NOT NULL,
    at timestamp NOT NULL
);
CREATE TABLE hub_used_proofs (
    digest varchar(64) PRIMARY KEY,
    until_at timestamp NOT NULL
);
CREATE TABLE hub_roles (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role varchar(50) NOT NULL,
    at timestamp NOT NULL,
    PRIMARY KEY (user_id, role)
);
CREATE TABLE hub_refresh_families (
    token_id uuid PRIMARY KEY,
    family uuid NOT NULL,
    replaced_at timestamp
);
CREATE TABLE hub_jobs (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    kind varchar(50) NOT NULL,
    payload text NOT NULL,
    lane varchar(100),
    dedupe varchar(100),
    priority integer NOT NULL,
    state varchar(20) NOT NULL,
    run_at timestamp NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    worker varchar(100),
    lease_until timestamp,
    why text,
    at timestamp NOT NULL,
    finished_at timestamp
);
CREATE INDEX hub_jobs_due ON hub_jobs (priority, run_at) WHERE state IN ('ready', 'running');
CREATE INDEX hub_jobs_lane ON hub_jobs (lane, place) WHERE lane IS NOT NULL AND state IN ('ready', 'running');
CREATE UNIQUE INDEX hub_jobs_dedupe ON hub_jobs (kind, dedupe) WHERE dedupe IS NOT NULL AND state IN ('ready', 'running');
CREATE INDEX hub_jobs_finished ON hub_jobs (finished_at);

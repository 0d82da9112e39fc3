-- The contract's tables as the originals make them.
CREATE TABLE IF NOT EXISTS users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at TEXT,
    updated_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS connected_accounts (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    platform_user_id TEXT NOT NULL,
    platform_username TEXT,
    access_token TEXT NOT NULL,
    refresh_token TEXT,
    token_expires_at TEXT,
    is_active INTEGER DEFAULT 1,
    created_at TEXT,
    updated_at TEXT,
    UNIQUE (user_id, platform, platform_user_id)
) STRICT;
CREATE TABLE IF NOT EXISTS refresh_tokens (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    token TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    created_at TEXT,
    revoked_at TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS conversations (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB REFERENCES connected_accounts (id) ON DELETE CASCADE,
    platform_conversation_id TEXT NOT NULL,
    participant_name TEXT,
    participant_id TEXT,
    participant_avatar_url TEXT,
    last_message_at TEXT,
    unread_count INTEGER DEFAULT 0,
    created_at TEXT,
    updated_at TEXT,
    UNIQUE (account_id, platform_conversation_id)
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    id BLOB NOT NULL PRIMARY KEY,
    conversation_id BLOB REFERENCES conversations (id) ON DELETE CASCADE,
    platform_message_id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT,
    content TEXT NOT NULL,
    message_type TEXT DEFAULT 'text',
    media_url TEXT,
    is_outgoing INTEGER DEFAULT 0,
    is_read INTEGER DEFAULT 0,
    sent_at TEXT NOT NULL,
    delivered_at TEXT,
    created_at TEXT,
    UNIQUE (conversation_id, platform_message_id)
) STRICT;
CREATE TABLE IF NOT EXISTS api_usage_logs (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB REFERENCES connected_accounts (id) ON DELETE CASCADE,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    platform TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    request_count INTEGER DEFAULT 1,
    "timestamp" TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS idx_connected_accounts_user_id ON connected_accounts (user_id);
CREATE INDEX IF NOT EXISTS idx_connected_accounts_platform ON connected_accounts (platform);
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_user_id ON refresh_tokens (user_id);
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_token ON refresh_tokens (token);
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_expires_at ON refresh_tokens (expires_at);
CREATE INDEX IF NOT EXISTS idx_conversations_account_id ON conversations (account_id);
CREATE INDEX IF NOT EXISTS idx_conversations_last_message ON conversations (last_message_at DESC);
CREATE INDEX IF NOT EXISTS idx_messages_conversation_id ON messages (conversation_id);
CREATE INDEX IF NOT EXISTS idx_messages_sent_at ON messages (sent_at DESC);
CREATE INDEX IF NOT EXISTS idx_messages_is_read ON messages (is_read) WHERE is_read = 0;
CREATE INDEX IF NOT EXISTS idx_api_usage_platform_timestamp ON api_usage_logs (platform, "timestamp");
CREATE INDEX IF NOT EXISTS idx_api_usage_user_timestamp ON api_usage_logs (user_id, "timestamp");

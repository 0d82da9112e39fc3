-- The contract's tables in the shape of the originals' migrations, and what older variants of them lack.
CREATE TABLE IF NOT EXISTS users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now()
);
CREATE TABLE IF NOT EXISTS connected_accounts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    platform varchar(50) NOT NULL,
    platform_user_id varchar(255) NOT NULL,
    platform_username varchar(255),
    access_token text NOT NULL,
    refresh_token text,
    token_expires_at timestamp,
    is_active boolean DEFAULT true,
    created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now(),
    UNIQUE (user_id, platform, platform_user_id)
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    token text NOT NULL,
    expires_at timestamp NOT NULL,
    created_at timestamp DEFAULT now(),
    revoked_at timestamp
);
ALTER TABLE refresh_tokens ADD COLUMN IF NOT EXISTS revoked_at timestamp;
CREATE TABLE IF NOT EXISTS conversations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid REFERENCES connected_accounts (id) ON DELETE CASCADE,
    platform_conversation_id varchar(255) NOT NULL,
    participant_name varchar(255),
    participant_id varchar(255),
    participant_avatar_url text,
    last_message_at timestamp,
    unread_count integer DEFAULT 0,
    created_at timestamp DEFAULT now(),
    updated_at timestamp DEFAULT now(),
    UNIQUE (account_id, platform_conversation_id)
);
CREATE TABLE IF NOT EXISTS messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    conversation_id uuid REFERENCES conversations (id) ON DELETE CASCADE,
    platform_message_id varchar(255) NOT NULL,
    sender_id varchar(255) NOT NULL,
    sender_name varchar(255),
    content text NOT NULL,
    message_type varchar(50) DEFAULT 'text',
    media_url text,
    is_outgoing boolean DEFAULT false,
    is_read boolean DEFAULT false,
    sent_at timestamp NOT NULL,
    delivered_at timestamp,
    created_at timestamp DEFAULT now(),
    UNIQUE (conversation_id, platform_message_id)
);
CREATE TABLE IF NOT EXISTS api_usage_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid REFERENCES connected_accounts (id) ON DELETE CASCADE,
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    platform varchar(50) NOT NULL,
    endpoint varchar(255) NOT NULL,
    request_count integer DEFAULT 1,
    "timestamp" timestamp DEFAULT now()
);
ALTER TABLE api_usage_logs ADD COLUMN IF NOT EXISTS user_id uuid REFERENCES users (id) ON DELETE CASCADE;
-- optional
CREATE INDEX IF NOT EXISTS idx_connected_accounts_user_id ON connected_accounts (user_id);
-- optional
CREATE INDEX IF NOT EXISTS idx_connected_accounts_platform ON connected_accounts (platform);
-- optional
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_user_id ON refresh_tokens (user_id);
-- optional
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_token ON refresh_tokens (token);
-- optional
CREATE INDEX IF NOT EXISTS idx_refresh_tokens_expires_at ON refresh_tokens (expires_at);
-- optional
CREATE INDEX IF NOT EXISTS idx_conversations_account_id ON conversations (account_id);
-- optional
CREATE INDEX IF NOT EXISTS idx_conversations_last_message ON conversations (last_message_at DESC);
-- optional
CREATE INDEX IF NOT EXISTS idx_messages_conversation_id ON messages (conversation_id);
-- optional
CREATE INDEX IF NOT EXISTS idx_messages_sent_at ON messages (sent_at DESC);
-- optional
CREATE INDEX IF NOT EXISTS idx_messages_is_read ON messages (is_read) WHERE is_read = false;
-- optional
CREATE INDEX IF NOT EXISTS idx_api_usage_platform_timestamp ON api_usage_logs (platform, "timestamp");
-- optional
CREATE INDEX IF NOT EXISTS idx_api_usage_user_timestamp ON api_usage_logs (user_id, "timestamp");

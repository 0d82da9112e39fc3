-- How each account's channel stands and why, what is usual for it, and the times whose messages cannot be had any more.
CREATE TABLE hub_channels (
    account_id BLOB PRIMARY KEY REFERENCES connected_accounts (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    since TEXT NOT NULL,
    evidence TEXT NOT NULL,
    missed_from TEXT,
    last_event_at TEXT,
    last_success_at TEXT,
    probe_at TEXT,
    pace TEXT
) STRICT;
CREATE INDEX hub_channels_probe ON hub_channels (probe_at);
INSERT INTO hub_channels (account_id, state, since, evidence)
    SELECT id, CASE WHEN is_active = FALSE THEN 'off' WHEN health = 'needs_reauth' THEN 'needs_reauth' ELSE 'ok' END,
        strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'), '' FROM connected_accounts WHERE user_id IS NOT NULL;
CREATE TABLE hub_holes (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    from_at TEXT NOT NULL,
    until_at TEXT NOT NULL,
    why TEXT NOT NULL,
    UNIQUE (account_id, from_at)
) STRICT;
CREATE TABLE hub_signs (
    name TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT;
ALTER TABLE messages ADD COLUMN recovered INTEGER;
ALTER TABLE hub_subscriptions ADD COLUMN address TEXT;
CREATE INDEX hub_notices_account ON hub_notices (account_id, at);
CREATE INDEX hub_notices_kind ON hub_notices (kind, at);

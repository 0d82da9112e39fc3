-- How each account's channel stands and why, what is usual for it, and the times whose messages cannot be had any more.
CREATE TABLE hub_channels (
    account_id uuid PRIMARY KEY REFERENCES connected_accounts (id) ON DELETE CASCADE,
    state varchar(20) NOT NULL,
    since timestamp NOT NULL,
    evidence text NOT NULL,
    missed_from timestamp,
    last_event_at timestamp,
    last_success_at timestamp,
    probe_at timestamp,
    pace text
);
CREATE INDEX hub_channels_probe ON hub_channels (probe_at);
INSERT INTO hub_channels (account_id, state, since, evidence)
    SELECT id, CASE WHEN is_active = FALSE THEN 'off' WHEN health = 'needs_reauth' THEN 'needs_reauth' ELSE 'ok' END,
        now() AT TIME ZONE 'UTC', '' FROM connected_accounts WHERE user_id IS NOT NULL;
CREATE TABLE hub_holes (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES connected_accounts (id) ON DELETE CASCADE,
    from_at timestamp NOT NULL,
    until_at timestamp NOT NULL,
    why text NOT NULL,
    UNIQUE (account_id, from_at)
);
CREATE TABLE hub_signs (
    name varchar(50) PRIMARY KEY,
    at timestamp NOT NULL
);
ALTER TABLE messages ADD COLUMN IF NOT EXISTS recovered boolean;
ALTER TABLE hub_subscriptions ADD COLUMN address text;
CREATE INDEX hub_notices_account ON hub_notices (account_id, at);
CREATE INDEX hub_notices_kind ON hub_notices (kind, at);

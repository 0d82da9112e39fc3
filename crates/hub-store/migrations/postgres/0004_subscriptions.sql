-- What platforms with subscriptions of their own need: the platform's id, what the adapter must remember, how an account was linked.
ALTER TABLE hub_subscriptions ADD COLUMN remote_subscription varchar(255);
ALTER TABLE hub_subscriptions ADD COLUMN memory text;
ALTER TABLE hub_subscriptions ADD COLUMN account_id uuid REFERENCES connected_accounts (id) ON DELETE SET NULL;
CREATE INDEX hub_subscriptions_remote ON hub_subscriptions (platform, remote_subscription);
CREATE INDEX hub_subscriptions_due ON hub_subscriptions (renew_at);
ALTER TABLE connected_accounts ADD COLUMN IF NOT EXISTS connect_method varchar(50);
-- What was taken away is remembered, so that older news cannot bring it back.
ALTER TABLE hub_reactions ADD COLUMN standing boolean NOT NULL DEFAULT TRUE;

-- What platforms with subscriptions of their own need: the platform's id, what the adapter must remember, how an account was linked.
ALTER TABLE hub_subscriptions ADD COLUMN remote_subscription TEXT;
ALTER TABLE hub_subscriptions ADD COLUMN memory TEXT;
ALTER TABLE hub_subscriptions ADD COLUMN account_id BLOB REFERENCES connected_accounts (id) ON DELETE SET NULL;
CREATE INDEX hub_subscriptions_remote ON hub_subscriptions (platform, remote_subscription);
CREATE INDEX hub_subscriptions_due ON hub_subscriptions (renew_at);
ALTER TABLE connected_accounts ADD COLUMN connect_method TEXT;
-- What was taken away is remembered, so that older news cannot bring it back.
ALTER TABLE hub_reactions ADD COLUMN standing INTEGER NOT NULL DEFAULT 1;

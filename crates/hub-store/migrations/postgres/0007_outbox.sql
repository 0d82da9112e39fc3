-- Jobs that share something that may be slow: of one pool only some run at once, so that one slow account leaves room for others.
ALTER TABLE hub_jobs ADD COLUMN pool varchar(100);
CREATE INDEX hub_jobs_pool ON hub_jobs (pool) WHERE pool IS NOT NULL AND state = 'running';
-- How often a job was taken: tells one claim from every other, which the number of attempts does not.
ALTER TABLE hub_jobs ADD COLUMN claims bigint NOT NULL DEFAULT 0;
-- When a message last began to leave: what a platform lists is recognised by it.
ALTER TABLE messages ADD COLUMN IF NOT EXISTS tried_at timestamp;

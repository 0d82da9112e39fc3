-- The books of what came in and what went out, and how every item of a delivery was decided.
CREATE TABLE hub_ledger (
    platform TEXT NOT NULL,
    counter TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (platform, counter)
) STRICT;
ALTER TABLE hub_receipts ADD COLUMN items INTEGER;
ALTER TABLE hub_receipts ADD COLUMN verdicts TEXT;
-- What is under way when the books are opened was accepted before.
INSERT INTO hub_ledger (platform, counter, value)
SELECT a.platform, 'sent', COUNT(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
    JOIN connected_accounts a ON a.id = c.account_id WHERE m.status IN ('queued', 'sending') GROUP BY a.platform;

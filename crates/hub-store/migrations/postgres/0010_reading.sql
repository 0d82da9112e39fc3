-- How far the reading of an account's past has got, and the number up to which a report speaks of one instant.
ALTER TABLE hub_channels ADD COLUMN reading_since timestamp;
ALTER TABLE hub_channels ADD COLUMN reading_done integer;
ALTER TABLE hub_channels ADD COLUMN reading_total integer;
ALTER TABLE hub_channels ADD COLUMN reading_messages bigint;
ALTER TABLE hub_reports ADD COLUMN sequence bigint;

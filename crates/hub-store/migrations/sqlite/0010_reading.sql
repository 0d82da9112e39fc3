-- How far the reading of an account's past has got, and the number up to which a report speaks of one instant.
ALTER TABLE hub_channels ADD COLUMN reading_since TEXT;
ALTER TABLE hub_channels ADD COLUMN reading_done INTEGER;
ALTER TABLE hub_channels ADD COLUMN reading_total INTEGER;
ALTER TABLE hub_channels ADD COLUMN reading_messages INTEGER;
ALTER TABLE hub_reports ADD COLUMN sequence INTEGER;

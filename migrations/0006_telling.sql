-- What happened, where the action alone does not say it: 'unacknowledged'. Code that does not know the column tells of an
-- update, which is true as well.
ALTER TABLE deliveries ADD COLUMN cause TEXT;

-- Destinations that refused what no other body would cure. `fingerprint` is a hash of the configuration that was refused:
-- under another one the row says nothing. `is_broken` is 0 while the refusal may have been about one delivery alone.
-- `healed_at` is set when the destination took something again, until what was parked meanwhile has been sent.
CREATE TABLE broken_destinations (
  destination TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  reason TEXT NOT NULL,
  refused_delivery TEXT NOT NULL,
  is_broken INTEGER NOT NULL,
  since INTEGER NOT NULL,
  probe_at INTEGER NOT NULL,
  healed_at INTEGER
) WITHOUT ROWID;

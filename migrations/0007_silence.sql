-- What is known of a host's rhythm, pulses and losses: JSON, see docs/silence.md. Empty: nothing yet.
ALTER TABLE hosts ADD COLUMN vitals TEXT NOT NULL DEFAULT '';

-- server, laptop or ephemeral: as a person said, and as it was guessed and why. Empty: nobody said, nothing is known.
ALTER TABLE hosts ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN class_guess TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN class_reason TEXT NOT NULL DEFAULT '';

-- Id of the config that the host was last given, and since when it is that one.
ALTER TABLE hosts ADD COLUMN served_config TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN served_config_at INTEGER;

-- Why the host is in its state of silence, for people; the rule id of the alert that is open for it, or empty; when somebody
-- was last told by it.
ALTER TABLE hosts ADD COLUMN silence_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN silence_alert TEXT NOT NULL DEFAULT '';
ALTER TABLE hosts ADD COLUMN silence_told_at INTEGER;

-- Lines that came more than 15 minutes after they were written, since the host last fell silent; lines that its agent said it
-- threw away, ever.
ALTER TABLE hosts ADD COLUMN late_lines INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hosts ADD COLUMN lines_dropped INTEGER NOT NULL DEFAULT 0;

-- When rows of a snapshot query last came from a host, and how often that was noted. The heartbeat is not among them.
CREATE TABLE query_sightings (
  host_id TEXT NOT NULL,
  query TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  PRIMARY KEY (host_id, query)
) WITHOUT ROWID;

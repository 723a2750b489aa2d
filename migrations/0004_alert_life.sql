-- Matches that the alert had before this window: an alert that opens again goes on with a new window.
ALTER TABLE windows ADD COLUMN carried_count INTEGER NOT NULL DEFAULT 0;

-- When the alert opened again, null while it never did; on how many hosts it matched, null while that is its one host or none.
ALTER TABLE alerts ADD COLUMN opened_at INTEGER;
ALTER TABLE alerts ADD COLUMN host_count INTEGER;
-- What is repeated while nobody acknowledges it.
CREATE INDEX alerts_open_critical ON alerts (created_at) WHERE status = 'open' AND severity = 'critical';

-- Hosts of an alert besides the one in its own row.
CREATE TABLE alert_hosts (
  alert_id TEXT NOT NULL,
  host_id TEXT NOT NULL,
  PRIMARY KEY (alert_id, host_id)
) WITHOUT ROWID;

-- How many alerts of one severity a rule opened in its hour, and the storm it is in: alert_id is empty when in none.
CREATE TABLE storms (
  kind TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  severity TEXT NOT NULL,
  hour_started_at INTEGER NOT NULL,
  hour_count INTEGER NOT NULL,
  episode INTEGER NOT NULL,
  alert_id TEXT NOT NULL,
  began_at INTEGER NOT NULL,
  last_held_at INTEGER NOT NULL,
  held_count INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (kind, rule_id, severity)
) WITHOUT ROWID;
CREATE INDEX storms_running ON storms (last_held_at) WHERE alert_id <> '';

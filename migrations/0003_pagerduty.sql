-- Which incident of PagerDuty an alert lies in, and when what PagerDuty last said of it happened: an event that is not newer
-- changes nothing. Several alerts share an incident when somebody merged theirs.
CREATE TABLE pagerduty_incidents (
  alert_id TEXT PRIMARY KEY,
  incident_id TEXT NOT NULL,
  occurred_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX pagerduty_incidents_by_incident ON pagerduty_incidents (incident_id);

-- Webhooks that were applied, so that one that comes again is known. Kept 72 hours: PagerDuty tries again for 48.
CREATE TABLE pagerduty_webhooks (
  webhook_id TEXT PRIMARY KEY,
  received_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX pagerduty_webhooks_by_time ON pagerduty_webhooks (received_at);

-- When a send to the destination ended without an answer, or its consumer did not come back: it may take effect late.
ALTER TABLE deliveries ADD COLUMN ambiguous_at INTEGER;

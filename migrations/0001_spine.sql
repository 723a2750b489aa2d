-- The schema is explained in docs/storage.md. Times are milliseconds since the epoch (UTC) in columns named *_at or *_time.
-- Tables keyed by text are WITHOUT ROWID: a row costs one row written instead of two.

CREATE TABLE hosts (
  host_id TEXT PRIMARY KEY,
  instance_id TEXT NOT NULL DEFAULT '',
  host_identifier TEXT NOT NULL DEFAULT '',
  hostname TEXT NOT NULL DEFAULT '',
  hardware_uuid TEXT NOT NULL DEFAULT '',
  hardware_serial TEXT NOT NULL DEFAULT '',
  platform TEXT NOT NULL DEFAULT '',
  os_name TEXT NOT NULL DEFAULT '',
  os_version TEXT NOT NULL DEFAULT '',
  osquery_version TEXT NOT NULL DEFAULT '',
  enroll_label TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]',
  details TEXT NOT NULL DEFAULT '{}',
  enrolled_at INTEGER NOT NULL,
  enroll_count INTEGER NOT NULL DEFAULT 1,
  revoked_at INTEGER,
  last_enroll_at INTEGER NOT NULL,
  last_config_at INTEGER,
  last_distributed_at INTEGER,
  last_result_at INTEGER,
  last_status_at INTEGER,
  last_pulse_at INTEGER,
  last_seen_at INTEGER NOT NULL,
  silence_state TEXT NOT NULL DEFAULT 'new',
  silence_since INTEGER NOT NULL,
  silence_episode INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Hot events. p_row_id begins with the event time, so the primary key serves time ranges.
CREATE TABLE events (
  p_row_id TEXT PRIMARY KEY,
  p_event_time INTEGER NOT NULL,
  p_parse_time INTEGER NOT NULL,
  p_host_id TEXT NOT NULL,
  p_log_type TEXT NOT NULL,
  name TEXT NOT NULL,
  action TEXT NOT NULL,
  p_pack TEXT NOT NULL,
  p_query TEXT NOT NULL,
  p_table TEXT NOT NULL,
  event TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each (rule, event) that matched or in which the rule threw.
CREATE TABLE matches (
  rule_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('match', 'rule_error')),
  p_row_id TEXT NOT NULL,
  alert_id TEXT NOT NULL,
  p_host_id TEXT NOT NULL,
  p_event_time INTEGER NOT NULL,
  matched_at INTEGER NOT NULL,
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  unique_value TEXT,
  context TEXT NOT NULL DEFAULT '{}',
  event TEXT NOT NULL,
  PRIMARY KEY (rule_id, kind, p_row_id)
) WITHOUT ROWID;
CREATE INDEX matches_by_alert ON matches (alert_id, p_event_time);
-- Tells whether a window has seen a value of a rule that counts distinct values. Matches of other rules are not in it.
CREATE INDEX matches_by_unique_value ON matches (alert_id, unique_value) WHERE unique_value IS NOT NULL;

-- The dedup window of one (kind, rule, dedup string). Fixed from its first match, counted in processing time.
-- `opening` is the alert as its first match would make it, kept until the threshold is met and the alert exists.
-- Rows stay: the episode they count is part of the alert's id.
CREATE TABLE windows (
  group_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  dedup TEXT NOT NULL,
  episode INTEGER NOT NULL,
  alert_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  match_count INTEGER NOT NULL,
  distinct_count INTEGER NOT NULL DEFAULT 0,
  alerted INTEGER NOT NULL DEFAULT 0,
  opening TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE alerts (
  alert_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('match', 'rule_error', 'silence', 'system')),
  rule_id TEXT NOT NULL,
  dedup TEXT NOT NULL,
  episode INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
  severity TEXT NOT NULL,
  title TEXT NOT NULL,
  runbook TEXT NOT NULL DEFAULT '',
  context TEXT NOT NULL DEFAULT '{}',
  host_id TEXT,
  hostname TEXT NOT NULL DEFAULT '',
  query TEXT NOT NULL DEFAULT '',
  pack TEXT NOT NULL DEFAULT '',
  -- p_row_id of the match whose title and context the alert shows; empty when no rule made it.
  first_row_id TEXT NOT NULL DEFAULT '',
  event_count INTEGER NOT NULL,
  first_event_at INTEGER NOT NULL,
  last_event_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  acknowledged_at INTEGER,
  resolved_at INTEGER,
  status_by TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX alerts_by_creation ON alerts (created_at);

-- The outbox: one row for each thing to tell one destination. Written with the alert, in the same transaction.
CREATE TABLE deliveries (
  delivery_id TEXT PRIMARY KEY,
  alert_id TEXT NOT NULL,
  destination TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('trigger', 'update', 'acknowledge', 'resolve')),
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'leased', 'delivered', 'parked', 'superseded')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER NOT NULL,
  lease_token TEXT,
  lease_expires_at INTEGER,
  response_status INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  first_attempt_at INTEGER,
  delivered_at INTEGER
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (state, next_attempt_at);
CREATE INDEX deliveries_by_alert ON deliveries (alert_id, destination, sequence);

-- What happened to an alert and why, in words.
CREATE TABLE timeline (
  alert_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  entry_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (alert_id, at, entry_id)
) WITHOUT ROWID;

-- Per-minute counters. `minute` is minutes since the epoch.
CREATE TABLE counters (
  minute INTEGER NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (minute, name, label)
) WITHOUT ROWID;

-- One row for each Parquet object in the lake.
CREATE TABLE segments (
  segment_key TEXT PRIMARY KEY,
  log_type TEXT NOT NULL,
  min_event_time INTEGER NOT NULL,
  max_event_time INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  byte_count INTEGER NOT NULL,
  hosts TEXT NOT NULL,
  queries TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX segments_by_time ON segments (log_type, min_event_time);

-- What could not be processed, with its reason; the bytes lie in R2 under r2_key.
CREATE TABLE quarantine (
  quarantine_id TEXT PRIMARY KEY,
  quarantined_at INTEGER NOT NULL,
  host_id TEXT,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  position INTEGER,
  byte_count INTEGER NOT NULL,
  r2_key TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX quarantine_by_time ON quarantine (quarantined_at);

-- Small singletons: leases of cron jobs, the feed's silence state.
CREATE TABLE states (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  version INTEGER NOT NULL
) WITHOUT ROWID;

-- Writing 0 here aborts the transaction: how a D1 batch says "only if nothing changed since I read".
CREATE TABLE assertions (ok INTEGER NOT NULL CHECK (ok = 1));

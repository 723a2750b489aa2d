-- What keeps matching alerts from being told for a while. `matchers` is a JSON object; docs/alerting.md explains it.
-- Rows stay: an expired one says who kept what quiet, and when.
CREATE TABLE silences (
  silence_id TEXT PRIMARY KEY,
  matchers TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  author TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Set when somebody ended it before its time; `ends_at` is then that moment.
  expired_at INTEGER,
  expired_by TEXT
) WITHOUT ROWID;
CREATE INDEX silences_by_end ON silences (ends_at);

-- Who asked for what, and when. Its id begins with the time, so the primary key serves ranges of it.
CREATE TABLE audit (
  audit_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER audit_is_written_once BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is only added to');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is only added to');
END;

-- The silence that a delivery last waited for, and until when.
ALTER TABLE deliveries ADD COLUMN silenced_by TEXT;
ALTER TABLE deliveries ADD COLUMN silenced_until INTEGER;
-- When the budget of its destination lets it go, and after how many attempts that was said.
ALTER TABLE deliveries ADD COLUMN slot_at INTEGER;
ALTER TABLE deliveries ADD COLUMN slot_attempts INTEGER;
CREATE INDEX deliveries_by_silence ON deliveries (silenced_by) WHERE silenced_by IS NOT NULL;

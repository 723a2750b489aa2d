-- What joins a match to those of another rule (`sequenceKey` of the rule), and when it happened by the host's clock.
-- Matches of rules that stand in no sequence hold neither and are not in the index.
ALTER TABLE matches ADD COLUMN sequence_key TEXT;
ALTER TABLE matches ADD COLUMN sequence_time INTEGER;
CREATE INDEX matches_by_sequence ON matches (rule_id, sequence_key, sequence_time) WHERE sequence_key IS NOT NULL;

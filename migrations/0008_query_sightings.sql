-- How many pulses of the host there had been when rows of the query last came: what came since is its running time. NULL: not
-- known.
ALTER TABLE query_sightings ADD COLUMN pulses INTEGER;

-- Finds the pairs of a query that were not seen for long, newest first.
CREATE INDEX query_sightings_by_query ON query_sightings (query, last_at);

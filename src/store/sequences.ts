/**
 * Statements about matches that take part in sequences. All go by `matches_by_sequence`, whose rows lie in the order of
 * rule, key and time; each range is read up to a limit, so that a flood of matches costs no more than a few.
 */

/** Matches of the first rule that are read for one of the second. As many as a sequence looks at. */
export const FIRSTS_LIMIT = 20
/** Matches of the second rule that are read for one of the first that came late. */
export const NEXTS_LIMIT = 100
/** Of those, how many are looked at to find such as are not completed yet. */
const NEXTS_SCANNED = 1_000

/** A match found in a range. */
export interface FoundPart {
  readonly sequenceId: string
  readonly ruleId: string
  readonly key: string
  readonly rowId: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly title: string
}

/** A part of time in which matches of one rule with one key are looked for; both ends count. */
export interface PartRange {
  readonly sequenceId: string
  readonly ruleId: string
  readonly key: string
  readonly from: number
  readonly to: number
}

const IN_RANGE = `
  p.rule_id = r.value ->> 'ruleId' AND p.sequence_key = r.value ->> 'key' AND p.sequence_key IS NOT NULL
  AND p.sequence_time BETWEEN r.value ->> 'from' AND r.value ->> 'to'`

/** Latest first. The index ends with the key of the table, so ties cost no sorting. */
const LATEST = `
  SELECT p.p_row_id FROM matches p WHERE ${IN_RANGE}
  ORDER BY p.sequence_time DESC, p.kind DESC, p.p_row_id DESC LIMIT ${FIRSTS_LIMIT}`

/** Earliest first, without those that completed the sequence already. */
const UNCOMPLETED = `
  SELECT e.p_row_id FROM (
    SELECT p.p_row_id FROM matches p WHERE ${IN_RANGE}
    ORDER BY p.sequence_time, p.kind, p.p_row_id LIMIT ${NEXTS_SCANNED}) e
  WHERE NOT EXISTS (SELECT 1 FROM matches d
    WHERE d.rule_id = r.value ->> 'sequenceId' AND d.kind = 'match' AND d.p_row_id = e.p_row_id)
  LIMIT ${NEXTS_LIMIT}`

const PARTS_IN = (rowIds: string) => `
  SELECT r.value ->> 'sequenceId' AS sequenceId, m.rule_id AS ruleId, m.sequence_key AS key, m.p_row_id AS rowId,
    m.sequence_time AS at, m.title AS title
  FROM json_each(?) r CROSS JOIN matches m
    ON m.rule_id = r.value ->> 'ruleId' AND m.kind = 'match' AND m.p_row_id IN (${rowIds})`

/** Reads the latest `FIRSTS_LIMIT` matches of each range, as `FoundPart`. @param ranges  JSON array of `PartRange` */
export function selectLatestParts(db: D1Database, ranges: string): D1PreparedStatement {
  return db.prepare(PARTS_IN(LATEST)).bind(ranges)
}

/**
 * Reads the earliest `NEXTS_LIMIT` matches of each range that have not completed their sequence yet, as `FoundPart`.
 * @param ranges  JSON array of `PartRange`
 */
export function selectUncompletedParts(db: D1Database, ranges: string): D1PreparedStatement {
  return db.prepare(PARTS_IN(UNCOMPLETED)).bind(ranges)
}

/** A range and how many matches were found in it. */
export interface CountedRange extends PartRange {
  readonly count: number
}

/** Refuses the batch when `selectLatestParts` would find another number. @param ranges  JSON array of `CountedRange` */
export function assertLatestParts(db: D1Database, ranges: string): D1PreparedStatement {
  return assertCount(db, LATEST, ranges)
}

/** Refuses the batch when `selectUncompletedParts` would find another number. @param ranges  JSON array of `CountedRange` */
export function assertUncompletedParts(db: D1Database, ranges: string): D1PreparedStatement {
  return assertCount(db, UNCOMPLETED, ranges)
}

function assertCount(db: D1Database, rowIds: string, ranges: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) r WHERE (SELECT count(*) FROM (${rowIds})) <> r.value ->> 'count')`,
    )
    .bind(ranges)
}

/** Reads the events of matches, as `{ rowId, event }`. @param keys  JSON array of `[rule id, p_row_id]` */
export function selectMatchEvents(db: D1Database, keys: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT m.p_row_id AS rowId, m.event AS event
       FROM json_each(?) k CROSS JOIN matches m
         ON m.rule_id = k.value ->> 0 AND m.kind = 'match' AND m.p_row_id = k.value ->> 1`,
    )
    .bind(keys)
}

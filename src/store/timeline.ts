import type { AlertStatus } from './alerts.ts'

/**
 * - `created`: the alert came to be, and why
 * - `routed`: who is told, who is not, and why
 * - `attempt`: something was sent, and what the destination said
 * - `superseded`: something was not sent because it was no longer true
 * - `parked`: something could not be sent and waits for a person
 * - `acknowledged`, `unacknowledged`, `resolved`, `reopened`, `redriven`: who did it, and their note
 * - `incident`: which incident of PagerDuty it lies in
 * - `flapping`: it opens and is resolved all the time
 * - `held`: destinations were not told because its rule is in a storm, and which alert stands for it; or are told later, because
 *   they were within the hour
 * - `repeated`: told again because nobody acknowledged it
 * - `silenced`: something was not sent yet because a silence keeps the alert quiet
 * - `waiting`: something waits for its turn in the budget of its destination
 * - `unconfirmed`: PagerDuty accepted it and told of no incident
 * - `failed_over`: another destination is told because the first has not taken it
 */
type TimelineKind =
  | 'created'
  | 'routed'
  | 'attempt'
  | 'superseded'
  | 'parked'
  | 'acknowledged'
  | 'unacknowledged'
  | 'resolved'
  | 'reopened'
  | 'redriven'
  | 'incident'
  | 'silenced'
  | 'waiting'
  | 'failed_over'
  | 'unconfirmed'
  | 'flapping'
  | 'held'
  | 'repeated'

/** What happened to an alert and why, in words. */
export interface TimelineEntry {
  readonly alertId: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Names the happening within its alert and moment, so that telling it twice changes nothing. */
  readonly entryId: string
  readonly kind: TimelineKind
  readonly detail: string
}

/** Most entries that `timelineOf` gives: 72 hours of attempts for a few destinations. */
const TIMELINE_MAX_ENTRIES = 1000

/** Inserts entries; one that exists stays. @param entries  JSON array of `TimelineEntry` */
export function insertTimeline(db: D1Database, entries: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT value ->> 'alertId', value ->> 'at', value ->> 'entryId', value ->> 'kind', value ->> 'detail'
       FROM json_each(?) WHERE true
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(entries)
}

/** Inserts an entry if the alert has one of the statuses. */
export function insertTimelineWhileStatus(
  db: D1Database,
  entry: TimelineEntry,
  statuses: readonly AlertStatus[],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT ?1, ?2, ?3, ?4, ?5
       WHERE EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1 AND status IN (SELECT value FROM json_each(?6)))
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(entry.alertId, entry.at, entry.entryId, entry.kind, entry.detail, JSON.stringify(statuses))
}

/** Inserts entries if there is no such alert yet. @param entries  JSON array of `TimelineEntry` */
export function insertTimelineOfNewAlert(
  db: D1Database,
  alertId: string,
  entries: string,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO timeline (alert_id, at, entry_id, kind, detail)
       SELECT value ->> 'alertId', value ->> 'at', value ->> 'entryId', value ->> 'kind', value ->> 'detail'
       FROM json_each(?2) WHERE NOT EXISTS (SELECT 1 FROM alerts WHERE alert_id = ?1)
       ON CONFLICT (alert_id, at, entry_id) DO NOTHING`,
    )
    .bind(alertId, entries)
}

/** The latest entries of an alert, oldest first. */
export async function timelineOf(db: D1Database, alertId: string): Promise<readonly TimelineEntry[]> {
  const { results } = await db
    .prepare(
      `SELECT alert_id AS alertId, at, entry_id AS entryId, kind, detail FROM timeline
       WHERE alert_id = ? ORDER BY at DESC, entry_id DESC LIMIT ?`,
    )
    .bind(alertId, TIMELINE_MAX_ENTRIES)
    .all<TimelineEntry>()
  return results.toReversed()
}

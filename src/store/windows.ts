import type { Severity } from '../detect/severity.ts'

/** The alert as the first match of a window would make it, kept while the threshold is not met. */
export interface AlertDraft {
  readonly severity: Severity
  readonly title: string
  readonly runbook: string
  /** JSON text of an object. */
  readonly context: string
  readonly hostId: string
  readonly hostname: string
  readonly query: string
  readonly pack: string
  readonly firstRowId: string
  /** Tags of the host at its first match. */
  readonly hostTags?: readonly string[]
  /** As the rule chose: null leaves it to routing. */
  readonly destinations: readonly string[] | null
}

/** The window in which findings of one kind, rule and dedup string count together. */
export interface Window {
  readonly groupId: string
  readonly kind: 'match' | 'rule_error'
  readonly ruleId: string
  readonly dedup: string
  /** Counts the windows of the group from 1. */
  readonly episode: number
  readonly alertId: string
  /** Milliseconds since the epoch, by our clock. */
  readonly startedAt: number
  /** Matches that the alert had before this window: it opened again. */
  readonly carriedCount: number
  readonly matchCount: number
  /** Of a rule that counts distinct values: how many the window has seen. */
  readonly distinctCount: number
  /** Whether the threshold was met and the alert exists. */
  readonly alerted: boolean
  /** Null once the alert exists. */
  readonly opening: AlertDraft | null
  /** Grows with each write; 0 means that there is no row yet. */
  readonly version: number
}

interface WindowRow extends Omit<Window, 'alerted' | 'opening'> {
  readonly alerted: number
  readonly opening: string
}

/** Reads the windows of groups. @param groupIds  JSON array of group ids */
export function selectWindows(db: D1Database, groupIds: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT w.group_id AS groupId, w.kind AS kind, w.rule_id AS ruleId, w.dedup AS dedup, w.episode AS episode,
         w.alert_id AS alertId, w.started_at AS startedAt, w.carried_count AS carriedCount, w.match_count AS matchCount,
         w.distinct_count AS distinctCount, w.alerted AS alerted, w.opening AS opening, w.version AS version
       FROM json_each(?) g CROSS JOIN windows w ON w.group_id = g.value`,
    )
    .bind(groupIds)
}

/** Reads one row of `selectWindows`. */
export function windowOf(row: unknown): Window {
  // The columns are those that selectWindows names, as our own writes left them.
  const window = row as WindowRow
  // Likewise: `upsertWindows` wrote this text from an AlertDraft.
  const opening = window.opening === '' ? null : (JSON.parse(window.opening) as AlertDraft)
  return { ...window, alerted: window.alerted === 1, opening }
}

/** What `upsertWindows` takes for one window. */
export function windowRowOf(window: Window): WindowRow {
  return {
    ...window,
    alerted: window.alerted ? 1 : 0,
    opening: window.opening === null ? '' : JSON.stringify(window.opening),
  }
}

/** Writes windows as they are now. @param windows  JSON array of what `windowRowOf` gives */
export function upsertWindows(db: D1Database, windows: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO windows (group_id, kind, rule_id, dedup, episode, alert_id, started_at, carried_count, match_count,
         distinct_count, alerted, opening, version)
       SELECT value ->> 'groupId', value ->> 'kind', value ->> 'ruleId', value ->> 'dedup', value ->> 'episode',
         value ->> 'alertId', value ->> 'startedAt', value ->> 'carriedCount', value ->> 'matchCount', value ->> 'distinctCount',
         value ->> 'alerted', value ->> 'opening', value ->> 'version'
       FROM json_each(?) WHERE true
       ON CONFLICT (group_id) DO UPDATE SET episode = excluded.episode, alert_id = excluded.alert_id,
         started_at = excluded.started_at, carried_count = excluded.carried_count, match_count = excluded.match_count,
         distinct_count = excluded.distinct_count, alerted = excluded.alerted, opening = excluded.opening,
         version = excluded.version`,
    )
    .bind(windows)
}

/**
 * Refuses the batch when a window is not at the version that was read.
 * @param versions  JSON array of `[group id, version]`, 0 for a window that was not there
 */
export function assertWindowVersions(db: D1Database, versions: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) v LEFT JOIN windows w ON w.group_id = v.value ->> 0
         WHERE coalesce(w.version, 0) <> v.value ->> 1)`,
    )
    .bind(versions)
}

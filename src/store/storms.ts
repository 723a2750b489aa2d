import type { Severity } from '../detect/severity.ts'
import type { AlertStatus } from './alerts.ts'
import { toldAtSince } from './standings.ts'

/** How many alerts of one severity a rule opens, and whether that is a storm. Times are milliseconds since the epoch. */
export interface Storm {
  readonly kind: 'match' | 'rule_error'
  readonly ruleId: string
  readonly severity: Severity
  readonly hourStartedAt: number
  /** Alerts that were told in the hour. */
  readonly hourCount: number
  /** Counts the storms from 1; 0 when there was none. */
  readonly episode: number
  /** The alert that stands for those that are held back; empty when there is no storm. */
  readonly alertId: string
  readonly beganAt: number
  readonly lastHeldAt: number
  /** Openings held back in this storm. */
  readonly heldCount: number
  /** Grows with each write; 0 means that there is no row yet. */
  readonly version: number
}

/** A storm as it is read: with how its alert stands. */
export interface KnownStorm extends Storm {
  readonly status: AlertStatus | null
  readonly resolvedAt: number | null
  /** Of one that is resolved: when each destination last took word that it opened, as `toldAtSince` writes it. */
  readonly toldAt: string | null
}

/** What the alert of a storm has to say now. */
export interface StormGrowth {
  readonly alertId: string
  /** Text in which `{hosts}` stands for the number of hosts. */
  readonly title: string
  readonly heldCount: number
  readonly at: number
}

const COLUMNS = `
  s.kind AS kind, s.rule_id AS ruleId, s.severity AS severity, s.hour_started_at AS hourStartedAt,
  s.hour_count AS hourCount, s.episode AS episode, s.alert_id AS alertId, s.began_at AS beganAt,
  s.last_held_at AS lastHeldAt, s.held_count AS heldCount, s.version AS version,
  a.status AS status, a.resolved_at AS resolvedAt,
  CASE WHEN a.status = 'resolved' THEN ${toldAtSince('0')} END AS toldAt`

/** Reads the storms of rules as `KnownStorm`. @param rules  JSON array of `[kind, rule id]` */
export function selectStorms(db: D1Database, rules: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM json_each(?) r
       CROSS JOIN storms s ON s.kind = r.value ->> 0 AND s.rule_id = r.value ->> 1
       LEFT JOIN alerts a ON a.alert_id = s.alert_id`,
    )
    .bind(rules)
}

/** Reads storms in which nothing was held since a time, longest quiet first. */
export function selectQuietStorms(db: D1Database, since: number, limit: number): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM storms s LEFT JOIN alerts a ON a.alert_id = s.alert_id
       WHERE s.alert_id <> '' AND s.last_held_at <= ?1 ORDER BY s.last_held_at LIMIT ?2`,
    )
    .bind(since, limit)
}

/**
 * Refuses the batch when a storm is not at the version that was read.
 * @param versions  JSON array of `[kind, rule id, severity, version]`, 0 for one that was not there
 */
export function assertStormVersions(db: D1Database, versions: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) v LEFT JOIN storms s
           ON s.kind = v.value ->> 0 AND s.rule_id = v.value ->> 1 AND s.severity = v.value ->> 2
         WHERE coalesce(s.version, 0) <> v.value ->> 3)`,
    )
    .bind(versions)
}

/** Writes storms as they are now. @param storms  JSON array of `Storm` */
export function upsertStorms(db: D1Database, storms: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO storms (kind, rule_id, severity, hour_started_at, hour_count, episode, alert_id, began_at,
         last_held_at, held_count, version)
       SELECT value ->> 'kind', value ->> 'ruleId', value ->> 'severity', value ->> 'hourStartedAt',
         value ->> 'hourCount', value ->> 'episode', value ->> 'alertId', value ->> 'beganAt',
         value ->> 'lastHeldAt', value ->> 'heldCount', value ->> 'version'
       FROM json_each(?) WHERE true
       ON CONFLICT (kind, rule_id, severity) DO UPDATE SET hour_started_at = excluded.hour_started_at,
         hour_count = excluded.hour_count, episode = excluded.episode, alert_id = excluded.alert_id,
         began_at = excluded.began_at, last_held_at = excluded.last_held_at, held_count = excluded.held_count,
         version = excluded.version`,
    )
    .bind(storms)
}

/** Writes counts and title of the alerts of storms: stands behind their insertion and that of their hosts. @param growths  JSON array of `StormGrowth` */
export function growStorms(db: D1Database, growths: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET host_count = g.hosts, event_count = g.held,
         title = replace(g.title, '{hosts}', g.hosts || CASE g.hosts WHEN 1 THEN ' host' ELSE ' hosts' END),
         last_event_at = max(last_event_at, g.at), updated_at = max(updated_at, g.at)
       FROM (SELECT value ->> 'alertId' AS id, value ->> 'title' AS title, value ->> 'heldCount' AS held,
           value ->> 'at' AS at,
           (SELECT count(*) FROM alert_hosts h WHERE h.alert_id = value ->> 'alertId') AS hosts
         FROM json_each(?)) AS g
       WHERE alerts.alert_id = g.id`,
    )
    .bind(growths)
}

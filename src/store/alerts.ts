import type { AlertKind } from '../detect/alert-kind.ts'
import type { Severity } from '../detect/severity.ts'
import { type Page, pageOf, positionOf } from './page.ts'

export type { AlertKind }

export const ALERT_STATUSES = ['open', 'acknowledged', 'resolved'] as const
export type AlertStatus = (typeof ALERT_STATUSES)[number]

/** What a new alert is made of; it begins open. Times are milliseconds since the epoch. */
export interface NewAlert {
  readonly alertId: string
  readonly kind: AlertKind
  readonly ruleId: string
  readonly dedup: string
  readonly episode: number
  readonly severity: Severity
  readonly title: string
  readonly runbook: string
  /** JSON text of an object. */
  readonly context: string
  readonly hostId: string | null
  readonly hostname: string
  readonly query: string
  readonly pack: string
  /** The match whose title and context these are; empty when no rule made the alert. */
  readonly firstRowId: string
  readonly eventCount: number
  /** When the window began, by our clock: never the time an agent claims. */
  readonly firstEventAt: number
  readonly lastEventAt: number
  readonly createdAt: number
}

export interface Alert extends NewAlert {
  readonly status: AlertStatus
  readonly updatedAt: number
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
  /** When it opened again, null while it never did. */
  readonly openedAt: number | null
  readonly hostCount: number
  /** Who set the status last; empty while nobody has. */
  readonly statusBy: string
}

/** An alert that grew: counts are those of its window, so writing them twice changes nothing. */
export interface AlertGrowth {
  readonly alertId: string
  readonly eventCount: number
  readonly lastEventAt: number
}

export interface AlertFilter {
  readonly status?: AlertStatus | undefined
  readonly severity?: Severity | undefined
  readonly rule?: string | undefined
  readonly host?: string | undefined
}

const COLUMNS = `
  a.alert_id AS alertId, a.kind AS kind, a.rule_id AS ruleId, a.dedup AS dedup, a.episode AS episode,
  a.status AS status, a.severity AS severity, a.title AS title, a.runbook AS runbook, a.context AS context,
  a.host_id AS hostId, a.hostname AS hostname, a.query AS query, a.pack AS pack, a.first_row_id AS firstRowId,
  a.event_count AS eventCount, a.first_event_at AS firstEventAt, a.last_event_at AS lastEventAt,
  a.created_at AS createdAt, a.updated_at AS updatedAt, a.acknowledged_at AS acknowledgedAt,
  a.resolved_at AS resolvedAt, a.opened_at AS openedAt,
  coalesce(a.host_count, a.host_id IS NOT NULL) AS hostCount, a.status_by AS statusBy`

/** Inserts alerts; one that exists stays as it is. @param alerts  JSON array of `NewAlert` */
export function insertAlerts(db: D1Database, alerts: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO alerts (alert_id, kind, rule_id, dedup, episode, status, severity, title, runbook, context,
         host_id, hostname, query, pack, first_row_id, event_count, first_event_at, last_event_at, created_at, updated_at)
       SELECT value ->> 'alertId', value ->> 'kind', value ->> 'ruleId', value ->> 'dedup', value ->> 'episode', 'open',
         value ->> 'severity', value ->> 'title', value ->> 'runbook', value ->> 'context',
         value ->> 'hostId', value ->> 'hostname', value ->> 'query', value ->> 'pack', value ->> 'firstRowId',
         value ->> 'eventCount', value ->> 'firstEventAt', value ->> 'lastEventAt', value ->> 'createdAt',
         value ->> 'createdAt'
       FROM json_each(?) WHERE true
       ON CONFLICT (alert_id) DO NOTHING`,
    )
    .bind(alerts)
}

/** Writes the new counts of alerts that grew. @param growths  JSON array of `AlertGrowth` */
export function growAlerts(db: D1Database, growths: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET event_count = g.value ->> 'eventCount',
         last_event_at = max(last_event_at, g.value ->> 'lastEventAt'),
         updated_at = max(updated_at, g.value ->> 'lastEventAt')
       FROM json_each(?) AS g WHERE alerts.alert_id = g.value ->> 'alertId'`,
    )
    .bind(growths)
}

/** Gives an alert another title, context and count. */
export function extendAlert(
  db: D1Database,
  alert: Pick<NewAlert, 'alertId' | 'title' | 'context'> & { readonly count: number; readonly at: number },
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET title = ?2, context = ?3, event_count = ?4, last_event_at = max(last_event_at, ?5),
         updated_at = max(updated_at, ?5)
       WHERE alert_id = ?1`,
    )
    .bind(alert.alertId, alert.title, alert.context, alert.count, alert.at)
}

/** Gives a resolved alert the title and context of now, before it opens again; any other stays as it is. */
export function retellResolved(
  db: D1Database,
  alert: Pick<NewAlert, 'alertId' | 'title' | 'context'> & { readonly at: number },
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET title = ?2, context = ?3, last_event_at = max(last_event_at, ?4)
       WHERE alert_id = ?1 AND status = 'resolved'`,
    )
    .bind(alert.alertId, alert.title, alert.context, alert.at)
}

/** Marks an open alert as acknowledged; any other stays as it is. */
export function markAcknowledged(
  db: D1Database,
  alertId: string,
  at: number,
  by: string,
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET status = 'acknowledged', acknowledged_at = ?2, updated_at = ?2, status_by = ?3
       WHERE alert_id = ?1 AND status = 'open'`,
    )
    .bind(alertId, at, by)
}

/** Marks an alert as resolved unless it is. */
export function markResolved(db: D1Database, alertId: string, at: number, by: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET status = 'resolved', resolved_at = ?2, updated_at = ?2, status_by = ?3
       WHERE alert_id = ?1 AND status <> 'resolved'`,
    )
    .bind(alertId, at, by)
}

/** Makes an alert open again if it has one of the statuses. */
export function markOpen(
  db: D1Database,
  alertId: string,
  at: number,
  by: string,
  whileStatus: readonly AlertStatus[],
): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET status = 'open', acknowledged_at = NULL, resolved_at = NULL, opened_at = ?2, updated_at = ?2, status_by = ?3
       WHERE alert_id = ?1 AND status IN (SELECT value FROM json_each(?4))`,
    )
    .bind(alertId, at, by, JSON.stringify(whileStatus))
}

/** Reads the alert that a delivery tells of: no row when either is gone. */
export function selectAlertOfDelivery(db: D1Database, deliveryId: string): D1PreparedStatement {
  return db
    .prepare(
      `SELECT ${COLUMNS} FROM deliveries d JOIN alerts a ON a.alert_id = d.alert_id WHERE d.delivery_id = ?`,
    )
    .bind(deliveryId)
}

export async function alertById(db: D1Database, alertId: string): Promise<Alert | null> {
  return db.prepare(`SELECT ${COLUMNS} FROM alerts a WHERE a.alert_id = ?`).bind(alertId).first<Alert>()
}

/**
 * Lists alerts, latest created first.
 * @param cursor  null for the first page, else the `nextCursor` of the page before
 * @returns null when the cursor is not one of ours
 */
export async function listAlerts(
  db: D1Database,
  filter: AlertFilter,
  cursor: string | null,
  limit: number,
): Promise<Page<Alert> | null> {
  const after = positionOf(cursor)
  if (after === null) return null
  const { results } = await db
    .prepare(
      // `created_at <= ?` alone would do for the index; the second line parts rows of the same millisecond.
      `SELECT ${COLUMNS} FROM alerts a
       WHERE a.created_at <= ?1 AND (a.created_at < ?1 OR a.alert_id < ?2)
         AND (?3 IS NULL OR a.status = ?3) AND (?4 IS NULL OR a.severity = ?4)
         AND (?5 IS NULL OR a.rule_id = ?5) AND (?6 IS NULL OR a.host_id = ?6)
       ORDER BY a.created_at DESC, a.alert_id DESC LIMIT ?7`,
    )
    .bind(
      after.time,
      after.id,
      filter.status ?? null,
      filter.severity ?? null,
      filter.rule ?? null,
      filter.host ?? null,
      limit + 1,
    )
    .all<Alert>()
  return pageOf(results, limit, alert => ({ time: alert.createdAt, id: alert.alertId }))
}

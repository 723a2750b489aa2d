import type { AlertStatus } from './alerts.ts'

/** An alert that an incident of PagerDuty concerns, as far as what PagerDuty says of it matters. Times: ms since the epoch. */
export interface IncidentAlert {
  readonly alertId: string
  readonly status: AlertStatus
  readonly statusBy: string
  /** When it opened again; null while it never did. */
  readonly openedAt: number | null
  readonly acknowledgedAt: number | null
  readonly resolvedAt: number | null
  /** When what PagerDuty last said of the alert happened there; null when it said nothing yet. */
  readonly occurredAt: number | null
  /** PagerDuty is being told that it is resolved, or was told so after what is asked about happened: 1, else 0. */
  readonly isClosing: 0 | 1
}

/**
 * Reads the alerts that lie in an incident and have not heard of anything as new: the one whose key it bears, and those
 * of which it was said before. As `IncidentAlert`.
 * @param alertId  of the incident's own key; null when the key is not ours
 * @param knowing  ids of the destinations that are PagerDuty's
 */
export function selectAlertsOfIncident(
  db: D1Database,
  incidentId: string,
  alertId: string | null,
  occurredAt: number,
  limit: number,
  knowing: readonly string[],
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT a.alert_id AS alertId, a.status AS status, a.status_by AS statusBy,
         a.opened_at AS openedAt, a.acknowledged_at AS acknowledgedAt, a.resolved_at AS resolvedAt, p.occurred_at AS occurredAt,
         EXISTS (SELECT 1 FROM deliveries r WHERE r.alert_id = a.alert_id AND r.action = 'resolve'
           AND r.destination IN (SELECT value FROM json_each(?5))
           AND (r.state IN ('pending', 'leased') OR r.delivered_at >= ?3)) AS isClosing
       FROM alerts a LEFT JOIN pagerduty_incidents p ON p.alert_id = a.alert_id
       WHERE a.alert_id IN (SELECT ?1 UNION SELECT alert_id FROM pagerduty_incidents WHERE incident_id = ?2)
         AND (p.occurred_at IS NULL OR p.occurred_at < ?3)
       ORDER BY a.alert_id LIMIT ?4`,
    )
    .bind(alertId, incidentId, occurredAt, limit, JSON.stringify(knowing))
}

/** Refuses the batch when PagerDuty said something of one of the alerts since it was read. */
export function assertNothingSaidSince(
  db: D1Database,
  alerts: readonly Pick<IncidentAlert, 'alertId' | 'occurredAt'>[],
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO assertions SELECT 0 WHERE EXISTS (
         SELECT 1 FROM json_each(?) s LEFT JOIN pagerduty_incidents p ON p.alert_id = s.value ->> 0
         WHERE p.occurred_at IS NOT s.value ->> 1)`,
    )
    .bind(JSON.stringify(alerts.map(({ alertId, occurredAt }) => [alertId, occurredAt])))
}

/** Notes which incident the alerts lie in, and when what was said of them happened. */
export function upsertIncidents(
  db: D1Database,
  alertIds: readonly string[],
  incidentId: string,
  occurredAt: number,
): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO pagerduty_incidents (alert_id, incident_id, occurred_at)
       SELECT value, ?2, ?3 FROM json_each(?1) WHERE true
       ON CONFLICT (alert_id) DO UPDATE
         SET incident_id = excluded.incident_id, occurred_at = excluded.occurred_at`,
    )
    .bind(JSON.stringify(alertIds), incidentId, occurredAt)
}

/** Notes on which hosts alerts matched besides the one of their row; the same host once. @param pairs  JSON array of `[alert id, host id]` */
export function insertAlertHosts(db: D1Database, pairs: string): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO alert_hosts (alert_id, host_id) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
       ON CONFLICT (alert_id, host_id) DO NOTHING`,
    )
    .bind(pairs)
}

/** Counts the hosts of alerts anew: stands behind `insertAlertHosts` in its batch. @param alertIds  JSON array */
export function countAlertHosts(db: D1Database, alertIds: string): D1PreparedStatement {
  return db
    .prepare(
      `UPDATE alerts SET host_count = (host_id IS NOT NULL)
         + (SELECT count(*) FROM alert_hosts h WHERE h.alert_id = alerts.alert_id)
       WHERE alert_id IN (SELECT value FROM json_each(?))`,
    )
    .bind(alertIds)
}

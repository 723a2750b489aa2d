const HOUR_MS = 3_600_000

/** PagerDuty tries again for 48 hours; a day more for what lay in a queue. */
const KEPT_MS = 72 * HOUR_MS

/** Each webhook adds two ids at most, so this keeps up and never holds up D1. */
const REMOVED_AT_ONCE = 100

/** Reads which of the ids are known, as `{ id }`. */
export function selectKnownWebhooks(db: D1Database, ids: readonly string[]): D1PreparedStatement {
  return db
    .prepare(
      'SELECT webhook_id AS id FROM pagerduty_webhooks WHERE webhook_id IN (SELECT value FROM json_each(?))',
    )
    .bind(JSON.stringify(ids))
}

/** Remembers the ids of a webhook that was applied for 72 hours, and forgets those of before. */
export function rememberWebhook(db: D1Database, ids: readonly string[], at: number): D1PreparedStatement[] {
  return [
    db
      .prepare(
        `INSERT INTO pagerduty_webhooks (webhook_id, received_at) SELECT value, ?2 FROM json_each(?1) WHERE true
         ON CONFLICT (webhook_id) DO NOTHING`,
      )
      .bind(JSON.stringify(ids), at),
    db
      .prepare(
        `DELETE FROM pagerduty_webhooks WHERE webhook_id IN (
           SELECT webhook_id FROM pagerduty_webhooks WHERE received_at < ?1 ORDER BY received_at LIMIT ?2)`,
      )
      .bind(at - KEPT_MS, REMOVED_AT_ONCE),
  ]
}

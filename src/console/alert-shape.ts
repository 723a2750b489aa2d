import * as z from 'zod'
import { SEVERITIES } from '../detect/severity.ts'
import { ALERT_STATUSES, type Alert } from '../store/alerts.ts'
import { moment, momentOf, momentOrNull, objectOf, openObject } from './shapes.ts'

/** An alert as lists show it. */
export const alertShape = z.object({
  id: z.string(),
  kind: z.enum(['match', 'rule_error', 'silence', 'system']),
  rule_id: z.string(),
  dedup: z.string(),
  episode: z.int(),
  status: z.enum(ALERT_STATUSES),
  status_by: z.string(),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  host_id: z.string().nullable(),
  hostname: z.string(),
  query: z.string(),
  pack: z.string(),
  event_count: z.int(),
  host_count: z.int().meta({ description: 'Hosts with matches of this alert.' }),
  first_event_at: moment,
  last_event_at: moment,
  created_at: moment,
  updated_at: moment,
  acknowledged_at: moment.nullable(),
  resolved_at: moment.nullable(),
  opened_at: moment.nullable().meta({ description: 'When it opened again; null while it never did.' }),
  runbook: z.string(),
  context: openObject,
})

export function alertItem(alert: Alert): z.input<typeof alertShape> {
  return {
    id: alert.alertId,
    kind: alert.kind,
    rule_id: alert.ruleId,
    dedup: alert.dedup,
    episode: alert.episode,
    status: alert.status,
    status_by: alert.statusBy,
    severity: alert.severity,
    title: alert.title,
    host_id: alert.hostId,
    hostname: alert.hostname,
    query: alert.query,
    pack: alert.pack,
    event_count: alert.eventCount,
    host_count: alert.hostCount,
    first_event_at: momentOf(alert.firstEventAt),
    last_event_at: momentOf(alert.lastEventAt),
    created_at: momentOf(alert.createdAt),
    updated_at: momentOf(alert.updatedAt),
    acknowledged_at: momentOrNull(alert.acknowledgedAt),
    resolved_at: momentOrNull(alert.resolvedAt),
    opened_at: momentOrNull(alert.openedAt),
    runbook: alert.runbook,
    context: objectOf(alert.context),
  }
}

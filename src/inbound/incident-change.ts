import {
  acknowledgeAlert,
  type Change,
  reopenAlert,
  resolveAlert,
  unacknowledgeAlert,
} from '../alerts/lifecycle.ts'
import type { Destination } from '../detect/routing.ts'
import { addToCounters, minuteOf } from '../store/counters.ts'
import { noteConfirming } from '../store/pagerduty-confirmations.ts'
import { assertNothingSaidSince, type IncidentAlert, upsertIncidents } from '../store/pagerduty-incidents.ts'
import { insertTimeline, type TimelineEntry } from '../store/timeline.ts'
import type { IncidentEvent } from './incident-event.ts'

/** Who changed a status, when PagerDuty said so: `pagerduty:` and the name. */
const BY = 'pagerduty'

/**
 * What follows from an event for the alerts of its incident: statements for one D1 batch, which is refused
 * (`isConflict`) when PagerDuty said something of one of them meanwhile.
 * @param alerts  those that have not heard of anything as new, at least one
 * @param now  ms since the epoch, by our clock
 */
export function changeOf(
  db: D1Database,
  event: IncidentEvent,
  alerts: readonly IncidentAlert[],
  destinations: readonly Destination[],
  now: number,
): Change {
  const alertIds = alerts.map(({ alertId }) => alertId)
  const knowing = pagerDutyIds(destinations)
  const changes = alerts
    .filter(alert => !wasChangedSince(alert, event.occurredAt))
    .map(alert => statusChange(db, event, alert, { destinations, knowing, now }))
  const counted = {
    minute: minuteOf(now),
    name: 'pagerduty_webhooks',
    label: event.change,
    value: 1,
  } as const
  return {
    statements: [
      assertNothingSaidSince(db, alerts),
      ...changes.flatMap(({ statements }) => statements),
      ...incidentEntries(db, event, alertIds, now),
      upsertIncidents(db, alertIds, event.nowIn, event.occurredAt),
      addToCounters(db, [counted]),
      ...(event.change === 'triggered' ? [noteConfirming(db, now)] : []),
    ],
    deliveryIds: changes.flatMap(({ deliveryIds }) => deliveryIds),
  }
}

/** The destinations that are PagerDuty's own. */
export function pagerDutyIds(destinations: readonly Destination[]): readonly string[] {
  return destinations.filter(({ type }) => type === 'pagerduty').map(({ id }) => id)
}

/** Somebody changed the status here after it happened there, and PagerDuty is told of that: the later word counts. */
function wasChangedSince(alert: IncidentAlert, occurredAt: number): boolean {
  if (isByPagerDuty(alert)) return false
  const changedAt = { open: alert.openedAt, acknowledged: alert.acknowledgedAt, resolved: alert.resolvedAt }
  return (changedAt[alert.status] ?? 0) > occurredAt
}

function isByPagerDuty({ statusBy }: IncidentAlert): boolean {
  return statusBy === BY || statusBy.startsWith(`${BY}:`)
}

interface Surroundings {
  readonly destinations: readonly Destination[]
  /** Those that are PagerDuty's own: what came from there is not sent back. */
  readonly knowing: readonly string[]
  readonly now: number
}

function statusChange(
  db: D1Database,
  { change, agent, url }: IncidentEvent,
  alert: IncidentAlert,
  { destinations, knowing, now }: Surroundings,
): Change {
  const by = agent === '' ? BY : `${BY}:${agent}`
  const told = destinations.filter(({ id }) => !knowing.includes(id))
  const status = { alertId: alert.alertId, at: now, by, note: url, knowing }
  // What is acknowledged or let go of there is open there: that it was opened again is told late, or never.
  const isOpenAgain = alert.status === 'resolved' && isByPagerDuty(alert)
  switch (change) {
    case 'acknowledged': {
      const acknowledged = acknowledgeAlert(db, told, status)
      return isOpenAgain ? both(reopenAlert(db, told, status), acknowledged) : acknowledged
    }
    case 'unacknowledged':
      return isOpenAgain ? reopenAlert(db, told, status) : unacknowledgeAlert(db, told, status)
    case 'resolved':
      // Here PagerDuty is woken too: what it was sent may still take effect, and then it is told after all.
      return resolveAlert(db, destinations, status)
    case 'reopened':
      return reopenAlert(db, told, status)
    case 'triggered':
      // Something of ours came to PagerDuty behind the resolve, before we heard of that: people are woken there, so the
      // alert is open. Unless it is closed by us already.
      return isOpenAgain && alert.isClosing === 0 ? reopenAlert(db, told, status) : NOTHING
    case 'merged':
      return NOTHING
  }
}

const NOTHING: Change = { statements: [], deliveryIds: [] }

function both(first: Change, second: Change): Change {
  return {
    statements: [...first.statements, ...second.statements],
    deliveryIds: [...first.deliveryIds, ...second.deliveryIds],
  }
}

/** What changes no status is told in the timeline all the same: it says where the page went. */
function incidentEntries(
  db: D1Database,
  { change, incidentId, nowIn, url, agent, eventId }: IncidentEvent,
  alertIds: readonly string[],
  at: number,
): D1PreparedStatement[] {
  if (change !== 'triggered' && change !== 'merged') return []
  const what =
    change === 'triggered'
      ? `PagerDuty opened incident ${incidentId}`
      : `${agent || 'Somebody'} merged incident ${incidentId} of PagerDuty into ${nowIn}`
  const detail = url === '' ? `${what}.` : `${what}: ${url}`
  const entries = alertIds.map(
    (alertId): TimelineEntry => ({ alertId, at, entryId: `incident:${eventId}`, kind: 'incident', detail }),
  )
  return [insertTimeline(db, JSON.stringify(entries))]
}

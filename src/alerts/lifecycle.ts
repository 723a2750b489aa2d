import type { Destination, RoutedAlert, Routing } from '../detect/routing.ts'
import type { Severity } from '../detect/severity.ts'
import {
  type AlertStatus,
  extendAlert,
  insertAlerts,
  markAcknowledged,
  markOpen,
  markResolved,
  type NewAlert,
  retellResolved,
} from '../store/alerts.ts'
import { probeAtOnce } from '../store/broken-destinations.ts'
import {
  deliveryIdOf,
  insertDeliveriesOfNewAlert,
  insertFollowUps,
  insertTimelineOfRedrive,
  insertTriggersAgain,
  newDelivery,
  redriveDelivery,
} from '../store/deliveries.ts'
import { insertUnacknowledged, renewTriggers, unacknowledgedIdOf } from '../store/delivery-openings.ts'
import { insertTimelineOfNewAlert, insertTimelineWhileStatus, type TimelineEntry } from '../store/timeline.ts'
import { planUpdates } from '../store/updates.ts'
import { alertIdOf } from './identity.ts'
import { routeAlert } from './routing.ts'

export { alertIdOf }

/** Statements for one D1 batch, and the deliveries to `wake` once it is committed. Repeating a change does nothing. */
export interface Change {
  readonly statements: D1PreparedStatement[]
  /** May name deliveries that the statements did not have to make; waking those is harmless. */
  readonly deliveryIds: readonly string[]
}

/** An alert that no rule made: a silent host or feed, or trouble in Margay itself. */
export interface AlertSpec {
  readonly kind: 'silence' | 'system'
  readonly ruleId: string
  readonly dedup: string
  /** From 1; each later episode is another alert. */
  readonly episode: number
  readonly severity: Severity
  readonly title: string
  readonly runbook: string
  /** JSON-serializable, shown with the alert. */
  readonly context: Readonly<Record<string, unknown>>
  readonly hostId?: string
  readonly hostname?: string
  readonly hostTags?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** Who changed the status of an alert, when (ms since the epoch), and what they had to say. */
export interface StatusChange {
  readonly alertId: string
  readonly at: number
  readonly by: string
  readonly note: string
  /** Ids of destinations at which the status was changed, so that they know. */
  readonly knowing?: readonly string[]
}

/** Who opens again what begins again. */
const BY_ITSELF = 'margay'
/** Most UTF-16 units of a name or note that the timeline keeps. */
const NOTE_MAX_LENGTH = 2_000

/** Opens the alert of the given episode and tells the destinations that routing finds for it. */
export function openAlert(db: D1Database, routing: Routing, spec: AlertSpec): Change {
  const alert = newAlertOf(spec)
  const { alertId } = alert
  const { destinations, why } = routeAlert(routing, routedOf(spec), null)
  const deliveries = destinations.map(({ id }) => newDelivery(alertId, id, 'trigger', spec.at))
  const entries: readonly TimelineEntry[] = [
    { alertId, at: spec.at, entryId: '1-created', kind: 'created', detail: spec.title },
    { alertId, at: spec.at, entryId: '2-routed', kind: 'routed', detail: why },
  ]
  return {
    // The alert comes last: the others ask whether it is there already.
    statements: [
      insertDeliveriesOfNewAlert(db, alertId, JSON.stringify(deliveries)),
      insertTimelineOfNewAlert(db, alertId, JSON.stringify(entries)),
      insertAlerts(db, JSON.stringify([alert])),
    ],
    deliveryIds: deliveries.map(({ deliveryId }) => deliveryId),
  }
}

/**
 * Opens the alert of the given episode once more: for what was over and begins again so soon that it is the same. Its
 * title and context are those of `spec` from then on: who is told is told of this time, and not of the one before. The
 * destinations that routing finds are told at `dueAt` (ms since the epoch), if the alert is still open then. Opens it for
 * the first time when there was none; does nothing when it is open or acknowledged.
 */
export function openAlertAgain(db: D1Database, routing: Routing, spec: AlertSpec, dueAt: number): Change {
  const alert = newAlertOf(spec)
  const { alertId } = alert
  const { destinations, why } = routeAlert(routing, routedOf(spec), null)
  const deliveries = destinations.map(({ id }) => ({
    ...newDelivery(alertId, id, 'trigger', spec.at),
    dueAt,
  }))
  const told = dueAt > spec.at ? ` Told at ${new Date(dueAt).toISOString()} if it is open by then.` : ''
  const entry = { alertId, at: spec.at, detail: `${spec.title}.${told}` }
  const created: readonly TimelineEntry[] = [
    { ...entry, entryId: '1-created', kind: 'created' },
    { ...entry, entryId: '2-routed', kind: 'routed', detail: why },
  ]
  return {
    // The alert comes last: the others ask how it stands.
    statements: [
      insertTriggersAgain(db, JSON.stringify(deliveries), alertId),
      insertTimelineOfNewAlert(db, alertId, JSON.stringify(created)),
      insertTimelineWhileStatus(db, { ...entry, entryId: '1-reopened', kind: 'reopened' }, ['resolved']),
      insertAlerts(db, JSON.stringify([alert])),
      retellResolved(db, { alertId, title: alert.title, context: alert.context, at: spec.at }),
      markOpen(db, alertId, spec.at, BY_ITSELF, ['resolved']),
    ],
    // A trigger that waits is found when it is due; what is left of a resolve goes before one that doesn't, and wakes it.
    deliveryIds:
      dueAt > spec.at
        ? []
        : deliveries.flatMap(({ destination, deliveryId }) => [
            deliveryIdOf(alertId, destination, 'resolve'),
            deliveryId,
          ]),
  }
}

/**
 * An alert says more than it did: its title, context and count are those of `spec` from now on. One that somebody resolved
 * opens again, or what is added to it would be told to nobody.
 * @param isNews  destinations that know of it hear of what it says now, as of an alert that grew
 */
export function extendOpenAlert(
  db: D1Database,
  routing: Routing,
  spec: AlertSpec,
  count: number,
  isNews = true,
): Change {
  const { statements, deliveryIds } = openAlertAgain(db, routing, spec, spec.at)
  const { alertId, title, context } = newAlertOf(spec)
  return {
    statements: [
      ...statements,
      extendAlert(db, { alertId, title, context, count, at: spec.at }),
      ...(isNews ? [planUpdates(db, JSON.stringify([{ alertId }]), spec.at)] : []),
    ],
    deliveryIds,
  }
}

/** Resolves an alert unless it is resolved, and tells the destinations that were to be told of it. */
export function resolveAlert(db: D1Database, routing: readonly Destination[], change: StatusChange): Change {
  return {
    statements: [
      ...followUps(db, 'resolve', 'resolved', change, ['open', 'acknowledged']),
      markResolved(db, change.alertId, change.at, bounded(change.by)),
    ],
    deliveryIds: routing.map(({ id }) => deliveryIdOf(change.alertId, id, 'resolve')),
  }
}

/** Acknowledges an open alert, and tells the destinations that were to be told of it. */
export function acknowledgeAlert(
  db: D1Database,
  routing: readonly Destination[],
  change: StatusChange,
): Change {
  return {
    statements: [
      ...followUps(db, 'acknowledge', 'acknowledged', change, ['open']),
      markAcknowledged(db, change.alertId, change.at, bounded(change.by)),
    ],
    deliveryIds: routing.map(({ id }) => deliveryIdOf(change.alertId, id, 'acknowledge')),
  }
}

/**
 * Makes an acknowledged alert open again: whoever had it in hand has let go of it. The destinations that were to be told
 * of it hear so, except those that know.
 */
export function unacknowledgeAlert(
  db: D1Database,
  routing: readonly Destination[],
  change: StatusChange,
): Change {
  const { alertId, at, knowing = [] } = change
  return {
    statements: [
      insertUnacknowledged(db, alertId, at, knowing),
      ...opened(db, 'unacknowledged', 'No longer acknowledged', change, ['acknowledged']),
    ],
    deliveryIds: unknowing(routing, change).map(id => unacknowledgedIdOf(alertId, id, at)),
  }
}

/**
 * Makes an alert open again that was resolved or acknowledged. The destinations that were to be told of it are told once
 * more, as when a match opens it again, except those that know.
 */
export function reopenAlert(db: D1Database, routing: readonly Destination[], change: StatusChange): Change {
  const { alertId, at, knowing = [] } = change
  const from = ['acknowledged', 'resolved'] as const
  return {
    statements: [
      renewTriggers(db, alertId, at, from, knowing),
      ...opened(db, 'reopened', 'Opened again', change, from),
    ],
    // What is left of a resolve goes before the trigger, and wakes it.
    deliveryIds: unknowing(routing, change).flatMap(id => [
      deliveryIdOf(alertId, id, 'resolve'),
      deliveryIdOf(alertId, id, 'trigger'),
    ]),
  }
}

function unknowing(routing: readonly Destination[], { knowing = [] }: StatusChange): readonly string[] {
  return routing.map(({ id }) => id).filter(id => !knowing.includes(id))
}

/** Makes a parked delivery due again, also if its destination is broken, and notes who asked; one that is not parked stays as it is. */
export function redrive(
  db: D1Database,
  change: { readonly deliveryId: string; readonly at: number; readonly by: string },
): Change {
  const detail = `${bounded(change.by)} asked for ${change.deliveryId} to be sent again.`
  return {
    statements: [
      insertTimelineOfRedrive(db, change.deliveryId, change.at, detail),
      redriveDelivery(db, change.deliveryId, change.at),
      probeAtOnce(db, change.deliveryId, change.at),
    ],
    deliveryIds: [change.deliveryId],
  }
}

function routedOf({ ruleId, kind, severity, hostId, hostname, hostTags }: AlertSpec): RoutedAlert {
  return {
    ruleId,
    kind,
    severity,
    hostId: hostId ?? null,
    hostname: hostname ?? '',
    hostTags: hostTags ?? [],
  }
}

function newAlertOf(spec: AlertSpec): NewAlert {
  return {
    alertId: alertIdOf(spec.kind, spec.ruleId, spec.dedup, spec.episode),
    kind: spec.kind,
    ruleId: spec.ruleId,
    dedup: spec.dedup,
    episode: spec.episode,
    severity: spec.severity,
    title: spec.title,
    runbook: spec.runbook,
    context: JSON.stringify(spec.context),
    hostId: spec.hostId ?? null,
    hostname: spec.hostname ?? '',
    query: '',
    pack: '',
    firstRowId: '',
    eventCount: 1,
    firstEventAt: spec.at,
    lastEventAt: spec.at,
    createdAt: spec.at,
  }
}

/** What goes before the change of status itself, because it asks what the status was. */
function followUps(
  db: D1Database,
  action: 'acknowledge' | 'resolve',
  kind: 'acknowledged' | 'resolved',
  change: StatusChange,
  whileStatus: readonly AlertStatus[],
): D1PreparedStatement[] {
  const entry = statusEntry(kind, kind === 'resolved' ? 'Resolved' : 'Acknowledged', change)
  return [
    insertFollowUps(db, change.alertId, action, change.at, whileStatus, change.knowing),
    insertTimelineWhileStatus(db, entry, whileStatus),
  ]
}

function opened(
  db: D1Database,
  kind: 'unacknowledged' | 'reopened',
  what: string,
  change: StatusChange,
  whileStatus: readonly AlertStatus[],
): D1PreparedStatement[] {
  return [
    insertTimelineWhileStatus(db, statusEntry(kind, what, change), whileStatus),
    markOpen(db, change.alertId, change.at, bounded(change.by), whileStatus),
  ]
}

function statusEntry(kind: TimelineEntry['kind'], what: string, change: StatusChange): TimelineEntry {
  const { alertId, at, by, note } = change
  const detail = `${what} by ${bounded(by)}${note === '' ? '' : `: ${bounded(note)}`}`
  return { alertId, at, entryId: kind, kind, detail }
}

function bounded(text: string): string {
  return text.slice(0, NOTE_MAX_LENGTH).toWellFormed().replaceAll('\0', '')
}

import { shownText, TEXT_MAX_LENGTH } from '../detect/text.ts'
import { dedupKeyOf } from '../notify/pagerduty-body.ts'

/** What happened to an incident, as far as our alerts follow it. `merged`: it was resolved because it became part of another. */
type IncidentChange = 'triggered' | 'acknowledged' | 'unacknowledged' | 'resolved' | 'reopened' | 'merged'

/** One event of PagerDuty about an incident. */
export interface IncidentEvent {
  readonly kind: 'incident'
  /** The same on every try; empty when PagerDuty gave none. */
  readonly eventId: string
  readonly change: IncidentChange
  /** When it happened there, ms since the epoch. */
  readonly occurredAt: number
  /** Who did it, as one line; empty when nobody is named. */
  readonly agent: string
  readonly incidentId: string
  /** The incident that ours is part of from now on: with `merged` the other, else itself. */
  readonly nowIn: string
  /** Where people see it, an https URL, or empty. */
  readonly url: string
  /** Null when its key is not one of ours. */
  readonly alertId: string | null
}

/** What a webhook says. */
export type WebhookEvent =
  | IncidentEvent
  /** A test of the subscription (`pagey.ping`). */
  | { readonly kind: 'ping' }
  /** Something that changes no alert: `what` is its type or what is wrong with it, for the log. */
  | { readonly kind: 'other'; readonly what: string }

const CHANGES: ReadonlyMap<string, IncidentChange> = new Map([
  ['incident.triggered', 'triggered'],
  ['incident.acknowledged', 'acknowledged'],
  ['incident.unacknowledged', 'unacknowledged'],
  ['incident.resolved', 'resolved'],
  ['incident.reopened', 'reopened'],
])

const NAME_MAX_LENGTH = 100
const ID_MAX_LENGTH = 200
const URL_MAX_LENGTH = 500
const ALERT_ID = /^[0-9a-f]{20}$/
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/**
 * Reads the body of a webhook (PagerDuty webhooks v3, "Webhook payload"). Never throws: what it does not understand is
 * `other`, for new types come and nothing may be refused because of them.
 */
export function readEvent(body: Uint8Array): WebhookEvent {
  const event = member(parsed(body), 'event')
  const type = text(event, 'event_type', ID_MAX_LENGTH)
  if (type === 'pagey.ping') return { kind: 'ping' }
  const change = CHANGES.get(type)
  if (change === undefined) return other(type === '' ? 'not an event' : type)

  const incident = member(event, 'data')
  const incidentId = text(incident, 'id', ID_MAX_LENGTH)
  const occurredAt = timeOf(text(event, 'occurred_at', ID_MAX_LENGTH))
  if (incidentId === '' || occurredAt === null) return other(`${type} without its incident or time`)
  const target = change === 'resolved' ? mergedInto(incident) : ''
  return {
    kind: 'incident',
    eventId: text(event, 'id', ID_MAX_LENGTH),
    change: target === '' ? change : 'merged',
    occurredAt,
    agent: text(member(event, 'agent'), 'summary', TEXT_MAX_LENGTH).slice(0, NAME_MAX_LENGTH).toWellFormed(),
    incidentId,
    nowIn: target || incidentId,
    url: urlOf(text(incident, 'html_url', URL_MAX_LENGTH)),
    alertId: alertIdOfKey(text(incident, 'incident_key', ID_MAX_LENGTH)),
  }
}

/** Merging resolves the incident that is merged, in the name of who merged; nobody said that it is over. */
function mergedInto(incident: unknown): string {
  const reason = member(incident, 'resolve_reason')
  if (text(reason, 'type', ID_MAX_LENGTH) !== 'merge_resolve_reason') return ''
  return text(member(reason, 'incident'), 'id', ID_MAX_LENGTH)
}

/** The alert whose `dedupKeyOf` this is, or null. */
function alertIdOfKey(key: string): string | null {
  const prefix = dedupKeyOf('')
  const alertId = key.slice(prefix.length)
  return key.startsWith(prefix) && ALERT_ID.test(alertId) ? alertId : null
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function other(what: string): WebhookEvent {
  return { kind: 'other', what }
}

function timeOf(iso: string): number | null {
  const time = ISO_TIME.test(iso) ? Date.parse(iso) : Number.NaN
  return Number.isNaN(time) ? null : time
}

function urlOf(address: string): string {
  return /^https:\/\/[!-~]+$/.test(address) ? address : ''
}

/** An own member of an object; undefined of anything else. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return Reflect.get(value, name)
}

/** A member that is a text, fit to be shown; empty when there is none or it is too long to be one of PagerDuty's. */
function text(value: unknown, name: string, maxLength: number): string {
  const found = member(value, name)
  return typeof found === 'string' && found.length <= maxLength ? shownText(found) : ''
}

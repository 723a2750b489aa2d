import type { Row } from '../detect/event.ts'
import type { Severity } from '../detect/severity.ts'
import type { Alert } from '../store/alerts.ts'
import type { DeliveryAction } from '../store/deliveries.ts'
import { utf8Length } from '../store/json-rows.ts'
import { classify, type Outcome } from './classify.ts'
import { cut, line } from './line.ts'
import { type DestinationKind, NO_HEADERS } from './telling.ts'
import { judgeUrl } from './url-policy.ts'

/** Size of a whole body that PagerDuty takes: 512 KB, read the careful way (Events API v2; Alertmanager does the same). */
export const BODY_MAX_BYTES = 512_000
/** Code points of `payload.summary` (Events API v2). */
const SUMMARY_MAX_CODE_POINTS = 1024

/** No limit is documented for the other short fields; this is what a screen shows. */
const FIELD_MAX_CODE_POINTS = 255
const RUNBOOK_MAX_CODE_POINTS = 8_000
/** What the short form keeps: enough to see what happened, and 50 × 2 × 256 code points stay below 400 KB as JSON. */
const SHORT_COLUMNS = 50
const SHORT_VALUE_CODE_POINTS = 256

const SEVERITY_OF = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'info',
} as const satisfies Record<Severity, string>

/** What one body is made of. */
export interface Telling {
  readonly action: DeliveryAction
  readonly alert: Alert
  /** Columns of the match that the alert shows; null when no rule made it or its match is gone. */
  readonly columns: Row | null
  readonly routingKey: string
  /** Origin of this deployment, or null when it is not known. */
  readonly publicUrl: string | null
}

/** The identity by which PagerDuty knows the alert, through all its triggers, acknowledges and resolves. */
export function dedupKeyOf(alertId: string): string {
  return `margay:${alertId}`
}

/**
 * The bodies to try, in order: the second, with nothing in it that could be refused, only after the first was refused
 * as unfit. (PagerDuty Events API v2, POST /v2/enqueue.) Each fits the limits whatever the alert holds.
 */
export function pagerDutyBodies(telling: Telling): readonly string[] {
  const { action, alert, routingKey } = telling
  const identity = { routing_key: routingKey, event_action: action, dedup_key: dedupKeyOf(alert.alertId) }
  if (action !== 'trigger') return [JSON.stringify(identity)]

  const head = { ...identity, client: 'Margay', ...linksOf(telling) }
  const minimal = JSON.stringify({ ...identity, payload: essentialsOf(alert) })
  const forms = [
    () => withDetails(head, alert, detailsOf(alert, telling.columns), alert.context),
    () => withDetails(head, alert, detailsOf(alert, shortened(telling.columns)), null),
  ]
  for (const form of forms) {
    const body = form()
    if (utf8Length(body) <= BODY_MAX_BYTES) return [body, minimal]
  }
  return [minimal]
}

/** Understands PagerDuty's answer: a bad routing key comes as 400, yet no other body would be taken either. */
export function classifyPagerDuty(
  status: number,
  retryAfter: string | null,
  body: string,
  now: number,
): Outcome {
  if (status === 400 && /routing.?key/i.test(body)) {
    return { kind: 'broken', reason: 'HTTP 400: the routing key is refused' }
  }
  return classify(status, retryAfter, now)
}

/** PagerDuty as a destination: PAGERDUTY_ROUTING_KEY and PAGERDUTY_EVENTS_URL. */
export const pagerDuty: DestinationKind = settings => {
  const routingKey = settings.pagerDutyRoutingKey
  if (routingKey === null) {
    return { ok: false, missing: 'PAGERDUTY_ROUTING_KEY is missing or not a routing key' }
  }
  const verdict = judgeUrl(settings.pagerDutyEventsUrl, settings)
  if (!verdict.ok) return { ok: false, missing: `PAGERDUTY_EVENTS_URL ${verdict.reason}` }
  return {
    ok: true,
    url: verdict.url,
    secrets: [routingKey],
    messages: telling =>
      pagerDutyBodies({ ...telling, action: eventActionOf(telling.action), routingKey }).map(body => ({
        body,
        headers: NO_HEADERS,
      })),
    classify: classifyPagerDuty,
  }
}

/** A trigger with the key of an open alert adds to it and wakes nobody: it is how news of an alert is told. */
function eventActionOf(action: Telling['action'] | 'update'): Telling['action'] {
  return action === 'update' ? 'trigger' : action
}

/** What PagerDuty can't do without. */
function essentialsOf(alert: Alert) {
  return {
    summary: summaryOf(alert),
    source: hostOf(alert) || line(alert.hostId ?? '', FIELD_MAX_CODE_POINTS) || 'margay',
    severity: SEVERITY_OF[alert.severity],
    timestamp: new Date(alert.createdAt).toISOString(),
  }
}

/** Host first: it is what tells two pages of one rule apart on a phone. */
function summaryOf(alert: Alert): string {
  const what = line(alert.title, SUMMARY_MAX_CODE_POINTS) || line(alert.ruleId, SUMMARY_MAX_CODE_POINTS)
  const host = hostOf(alert)
  return cut(what.includes(host) ? what : `${host}: ${what}`, SUMMARY_MAX_CODE_POINTS) || 'Alert'
}

/** The name of the host as one line; empty when no host is concerned or its name shows nothing. */
function hostOf({ hostname }: Alert): string {
  return line(hostname, FIELD_MAX_CODE_POINTS)
}

function detailsOf(alert: Alert, columns: Row | null) {
  return {
    host: hostOf(alert),
    host_id: alert.hostId ?? '',
    rule: alert.ruleId,
    kind: alert.kind,
    severity: alert.severity,
    count: alert.eventCount,
    first_seen: new Date(alert.firstEventAt).toISOString(),
    last_seen: new Date(alert.lastEventAt).toISOString(),
    runbook: cut(alert.runbook, RUNBOOK_MAX_CODE_POINTS),
    ...(columns === null ? {} : { columns }),
  }
}

/** @param context  JSON text, put in as it is: it may be large, and reading it here would gain nothing */
function withDetails(head: object, alert: Alert, details: object, context: string | null): string {
  const optional = { component: alert.query, group: alert.pack, class: alert.ruleId }
  const named = Object.entries(optional)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name, line(value, FIELD_MAX_CODE_POINTS)])
  const payload = { ...essentialsOf(alert), ...Object.fromEntries(named) }
  const told = context === null ? { ...details, note: 'Shortened: the alert in Margay has it all.' } : details
  const custom =
    context === null || context === '{}' ? JSON.stringify(told) : withMember(told, 'context', context)
  return withMember(head, 'payload', withMember(payload, 'custom_details', custom))
}

/** Writes an object, which has members already, with one more whose value is JSON text. */
function withMember(object: object, name: string, json: string): string {
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${json}}`
}

function linksOf({ alert, publicUrl }: Telling) {
  const runbook = /^https:\/\/\S+$/.test(alert.runbook) ? [{ href: alert.runbook, text: 'Runbook' }] : []
  if (publicUrl === null) return runbook.length > 0 ? { links: runbook } : {}
  const href = `${publicUrl}/alerts/${encodeURIComponent(alert.alertId)}`
  return { client_url: href, links: [{ href, text: 'Alert in Margay' }, ...runbook] }
}

function shortened(columns: Row | null): Row | null {
  if (columns === null) return null
  const kept = Object.entries(columns)
    .slice(0, SHORT_COLUMNS)
    .map(([name, value]) => [cut(name, SHORT_VALUE_CODE_POINTS), cut(value, SHORT_VALUE_CODE_POINTS)])
  // fromEntries defines own properties, so a column named __proto__ stays a column.
  return Object.fromEntries(kept)
}

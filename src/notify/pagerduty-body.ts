import type { Row } from '../detect/event.ts'
import type { Severity } from '../detect/severity.ts'
import type { Alert } from '../store/alerts.ts'
import { utf8Length } from '../store/json-rows.ts'
import { groundsOf } from './grounds.ts'
import { cut, line } from './line.ts'
import type { Telling } from './telling.ts'

/** Size of a whole body that PagerDuty takes: 512 KB, read the careful way (Events API v2; Alertmanager does the same). */
export const BODY_MAX_BYTES = 512_000
/** Code points of `payload.summary` (Events API v2). */
const SUMMARY_MAX_CODE_POINTS = 1024

/** No limit is documented for the other short fields; this is what a screen shows. */
const FIELD_MAX_CODE_POINTS = 255
const TEXT_MAX_CODE_POINTS = 8_000
/** A rule may name a shelf of pages; whoever is woken reads the first ones. */
const REFERENCES_TOLD = 5
/** What the short form keeps: enough to see what happened, and 50 × 2 × 256 code points stay below 400 KB as JSON. */
const SHORT_COLUMNS = 50
const SHORT_VALUE_CODE_POINTS = 256
const SHORT_TEXT_CODE_POINTS = 1_000

const SEVERITY_OF = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  info: 'info',
} as const satisfies Record<Severity, string>

/** What one body is made of. */
export type PagerDutyTelling = Pick<
  Telling,
  'action' | 'alert' | 'columns' | 'rule' | 'hosts' | 'publicUrl'
> & { readonly routingKey: string }

/** The identity by which PagerDuty knows the alert, through all its triggers, acknowledges and resolves. */
export function dedupKeyOf(alertId: string): string {
  return `margay:${alertId}`
}

/**
 * The bodies to try, in order: the second, with nothing in it that could be refused, only after the first was refused
 * as unfit. (PagerDuty Events API v2, POST /v2/enqueue.) Each fits the limits whatever the alert holds.
 */
export function pagerDutyBodies(telling: PagerDutyTelling): readonly string[] {
  const { alert, columns } = telling
  const identity = {
    routing_key: telling.routingKey,
    event_action: eventActionOf(telling.action),
    dedup_key: dedupKeyOf(alert.alertId),
  }
  if (identity.event_action !== 'trigger') return [JSON.stringify(identity)]

  const head = { ...identity, client: 'Margay', ...linksOf(telling) }
  const minimal = JSON.stringify({ ...identity, payload: essentialsOf(alert) })
  const short = {
    ...detailsOf(telling, SHORT_TEXT_CODE_POINTS),
    ...columnsAs(shortened(columns)),
    note: SHORTENED,
  }
  const forms = [
    () =>
      withDetails(
        head,
        alert,
        { ...detailsOf(telling, TEXT_MAX_CODE_POINTS), ...columnsAs(columns) },
        alert.context,
      ),
    () => withDetails(head, alert, short, alert.context),
    () => withDetails(head, alert, short, '{}'),
  ]
  for (const form of forms) {
    const body = form()
    if (utf8Length(body) <= BODY_MAX_BYTES) return [body, minimal]
  }
  return [minimal]
}

const SHORTENED = 'Shortened: the alert in Margay has it all.'

/** A trigger with the key of an open alert adds to it and wakes nobody: it is how news of an alert is told. */
function eventActionOf(action: Telling['action']): 'trigger' | 'acknowledge' | 'resolve' {
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

/** What helps whoever was just woken, first things first: why, where, since when, how often, what it means, what to do. */
function detailsOf({ alert, rule, hosts }: PagerDutyTelling, maxCodePoints: number): object {
  const field = (text: string) => line(text, FIELD_MAX_CODE_POINTS)
  const grounds = groundsOf(alert)
  return {
    ...(grounds !== null &&
      said({ reason: cut(grounds.reason, maxCodePoints), since: field(grounds.since) })),
    host: hostOf(alert),
    host_id: alert.hostId ?? '',
    ...(hosts !== undefined && { hosts: hosts.map(field) }),
    rule: alert.ruleId,
    kind: alert.kind,
    severity: alert.severity,
    ...(grounds === null && countsOf(alert)),
    ...said({ query: field(alert.query), pack: field(alert.pack) }),
    ...said({
      means: cut(rule?.means ?? '', maxCodePoints),
      check: cut(rule?.check ?? '', maxCodePoints),
      benign: cut(rule?.benign ?? '', maxCodePoints),
    }),
    runbook: cut(alert.runbook, maxCodePoints),
  }
}

function countsOf({ eventCount, firstEventAt, lastEventAt }: Alert) {
  return {
    count: eventCount,
    first_seen: new Date(firstEventAt).toISOString(),
    last_seen: new Date(lastEventAt).toISOString(),
  }
}

/** The fields that say something. */
function said(fields: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, text]) => text !== ''))
}

function columnsAs(columns: Row | null): object {
  return columns === null ? {} : { columns }
}

/** @param context  JSON text, put in as it is: it may be large, and reading it here would gain nothing */
function withDetails(head: object, alert: Alert, details: object, context: string): string {
  const named = said({
    component: line(alert.query, FIELD_MAX_CODE_POINTS),
    group: line(alert.pack, FIELD_MAX_CODE_POINTS),
    class: line(alert.ruleId, FIELD_MAX_CODE_POINTS),
  })
  const custom = context === '{}' ? JSON.stringify(details) : withMember(details, 'context', context)
  const payload = withMember({ ...essentialsOf(alert), ...named }, 'custom_details', custom)
  return withMember(head, 'payload', payload)
}

/** Writes an object, which has members already, with one more whose value is JSON text. */
function withMember(object: object, name: string, json: string): string {
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${json}}`
}

function linksOf({ alert, rule, publicUrl }: PagerDutyTelling) {
  const own = publicUrl === null ? null : `${publicUrl}/alerts/${encodeURIComponent(alert.alertId)}`
  const links = [
    ...(own === null ? [] : [{ href: own, text: 'Alert in Margay' }]),
    ...(/^https:\/\/\S+$/.test(alert.runbook) ? [{ href: alert.runbook, text: 'Runbook' }] : []),
    ...(rule?.references ?? []).slice(0, REFERENCES_TOLD).map(href => ({ href, text: 'About it' })),
  ]
  return { ...(own !== null && { client_url: own }), ...(links.length > 0 && { links }) }
}

function shortened(columns: Row | null): Row | null {
  if (columns === null) return null
  const kept = Object.entries(columns)
    .slice(0, SHORT_COLUMNS)
    .map(([name, value]) => [cut(name, SHORT_VALUE_CODE_POINTS), cut(value, SHORT_VALUE_CODE_POINTS)])
  // fromEntries defines own properties, so a column named __proto__ stays a column.
  return Object.fromEntries(kept)
}

import { Webhook } from 'standardwebhooks'
import { TEST_RULE_ID } from '../detect/alert-kind.ts'
import type { Row } from '../detect/event.ts'
import type { Alert } from '../store/alerts.ts'
import { utf8Length } from '../store/json-rows.ts'
import { classify } from './classify.ts'
import { cut, line } from './line.ts'
import { urlSecrets } from './redact.ts'
import type { DestinationKind, Telling } from './telling.ts'
import { judgeUrl } from './url-policy.ts'

/** Size of a body: Standard Webhooks 1.0.0 asks for "usually smaller than 20kb". */
export const WEBHOOK_BODY_MAX_BYTES = 20_480
/** Grows when a member changes its meaning or goes; new members come without. */
const BODY_VERSION = 1

/** Code points of short fields and of the title; what remains of the body's size is for columns and context. */
const FIELD_MAX = 255
const TITLE_MAX = 1_000
const RUNBOOK_MAX = 4_000
const SHORT_RUNBOOK_MAX = 1_000
const RULE_TEXT_MAX = 2_000
const REFERENCES_MAX = 10
/** What the short form keeps. As JSON a code point is 6 bytes at most, so 24 columns of 2 × 48 stay below 14 KB. */
const SHORT_COLUMNS = 24
const SHORT_VALUE_MAX = 48

const TYPE_OF = {
  trigger: 'alert.triggered',
  update: 'alert.updated',
  acknowledge: 'alert.acknowledged',
  resolve: 'alert.resolved',
} as const

/** Any receiver that verifies Standard Webhooks: WEBHOOK_URL, signed by each secret of WEBHOOK_SECRET. */
export const webhook: DestinationKind = settings => {
  const { webhookUrl, webhookSecrets } = settings
  if (webhookUrl === null) return { ok: false, missing: 'WEBHOOK_URL is missing or not allowed' }
  if (webhookSecrets.length === 0)
    return { ok: false, missing: 'WEBHOOK_SECRET is missing or not a whsec_ secret' }
  const verdict = judgeUrl(webhookUrl, settings)
  if (!verdict.ok) return { ok: false, missing: `WEBHOOK_URL ${verdict.reason}` }
  return {
    ok: true,
    url: verdict.url,
    secrets: [
      ...urlSecrets(verdict.url),
      ...webhookSecrets,
      ...webhookSecrets.map(secret => secret.slice('whsec_'.length)),
    ],
    messages: telling =>
      webhookBodies(telling).map(body => ({
        body,
        headers: signatureHeaders(webhookSecrets, webhookIdOf(telling.deliveryId), telling.now, body),
      })),
    // 410 and redirects are "broken" here, as Standard Webhooks asks.
    classify: (status, retryAfter, _, now) => classify(status, retryAfter, now),
  }
}

/** The same at every attempt, so that a receiver knows what it has seen. It must hold no dot: dots part what is signed. */
function webhookIdOf(deliveryId: string): string {
  return `msg_${deliveryId.replaceAll('.', '_')}`
}

/**
 * The three headers of Standard Webhooks 1.0.0.
 * @param secrets  `whsec_` and base64; each makes a signature, so that a receiver verifies with the old or the new one
 * @param now  ms since the epoch of this attempt
 */
export function signatureHeaders(
  secrets: readonly string[],
  id: string,
  now: number,
  body: string,
): Readonly<Record<string, string>> {
  const at = new Date(now)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map(secret => new Webhook(secret).sign(id, at, body)).join(' '),
  }
}

/** The bodies to try, in order; docs/alerting.md describes them. Each fits the limit whatever the alert holds. */
export function webhookBodies(telling: Telling): readonly string[] {
  const minimal = bodyOf(telling, { ...NOTHING, truncated: true })
  for (const details of formsOf(telling)) {
    const body = bodyOf(telling, details)
    if (utf8Length(body) <= WEBHOOK_BODY_MAX_BYTES) return [body, minimal]
  }
  return [minimal]
}

/** What stands beside the alert itself. */
interface Details {
  readonly columns: Row | null
  /** JSON text of an object. */
  readonly context: string | null
  readonly rule: object | null
  readonly hosts: readonly string[] | null
  readonly truncated: boolean
}

const NOTHING = { columns: null, context: null, rule: null, hosts: null } as const

/** From whole to short. What becomes of an alert is told without what it was about: that was told before. */
function formsOf(telling: Telling): readonly Details[] {
  if (telling.action !== 'trigger') return [{ ...NOTHING, truncated: false }]
  const { alert, columns } = telling
  const hosts = telling.hosts?.map(name => line(name, FIELD_MAX)) ?? null
  const beside = { columns, rule: ruleOf(telling), hosts }
  return [
    { ...beside, context: alert.context, truncated: false },
    { ...beside, context: null, truncated: true },
    { ...NOTHING, columns, truncated: true },
    { ...NOTHING, columns: shortened(columns), truncated: true },
  ]
}

function ruleOf({ rule }: Telling): object | null {
  if (rule === undefined) return null
  const { means, check, benign, references } = rule
  return {
    means: cut(means, RULE_TEXT_MAX),
    check: cut(check, RULE_TEXT_MAX),
    benign: cut(benign, RULE_TEXT_MAX),
    references: references.slice(0, REFERENCES_MAX),
  }
}

function bodyOf(telling: Telling, { context, ...details }: Details): string {
  const { action, alert, deliveryId, news } = telling
  const head = {
    version: BODY_VERSION,
    type: TYPE_OF[action],
    news: news ?? null,
    timestamp: new Date(momentOf(telling)).toISOString(),
    delivery_id: deliveryId,
    test: isTest(alert),
  }
  const data = { alert: alertOf(telling, details.truncated), ...details }
  // The context is JSON already; reading it here would gain nothing.
  return `${JSON.stringify(head).slice(0, -1)},"data":${JSON.stringify(data).slice(0, -1)},"context":${context ?? 'null'}}}`
}

/** When that happened of which is told, which is not when it is told. */
function momentOf({ action, alert }: Telling): number {
  switch (action) {
    case 'trigger':
      return alert.openedAt ?? alert.createdAt
    case 'acknowledge':
      return alert.acknowledgedAt ?? alert.updatedAt
    case 'resolve':
      return alert.resolvedAt ?? alert.updatedAt
    default:
      return alert.updatedAt
  }
}

function alertOf({ alert, publicUrl }: Telling, truncated: boolean): object {
  const id = alert.alertId
  return {
    id,
    kind: alert.kind,
    rule_id: line(alert.ruleId, FIELD_MAX),
    severity: alert.severity,
    status: alert.status,
    status_by: line(alert.statusBy, FIELD_MAX),
    title: line(alert.title, TITLE_MAX),
    host:
      alert.hostId === null
        ? null
        : { id: line(alert.hostId, FIELD_MAX), name: line(alert.hostname, FIELD_MAX) },
    query: line(alert.query, FIELD_MAX),
    pack: line(alert.pack, FIELD_MAX),
    event_count: alert.eventCount,
    first_event_at: new Date(alert.firstEventAt).toISOString(),
    last_event_at: new Date(alert.lastEventAt).toISOString(),
    runbook: cut(alert.runbook, truncated ? SHORT_RUNBOOK_MAX : RUNBOOK_MAX),
    url: publicUrl === null ? null : `${publicUrl}/alerts/${encodeURIComponent(id)}`,
  }
}

function isTest({ kind, ruleId }: Alert): boolean {
  return kind === 'system' && ruleId === TEST_RULE_ID
}

function shortened(columns: Row | null): Row | null {
  if (columns === null) return null
  const kept = Object.entries(columns)
    .slice(0, SHORT_COLUMNS)
    .map(([name, value]) => [cut(name, SHORT_VALUE_MAX), cut(value, SHORT_VALUE_MAX)])
  // fromEntries defines own properties, so a column named __proto__ stays a column.
  return Object.fromEntries(kept)
}

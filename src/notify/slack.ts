import type { Row } from '../detect/event.ts'
import type { Severity } from '../detect/severity.ts'
import type { Alert } from '../store/alerts.ts'
import { classify, type Outcome } from './classify.ts'
import { line } from './line.ts'
import { urlSecrets } from './redact.ts'
import { parseRetryAfter } from './retry-after.ts'
import { type DestinationKind, NO_HEADERS, type Telling } from './telling.ts'
import { judgeUrl } from './url-policy.ts'

/**
 * Most UTF-16 units of each text, as Slack counts them: escaped. Slack takes 3,000 in a section, 2,000 in each of ten
 * fields, and refused messages whose blocks held more than about 13,200 in all; these add up to less, with what frames them.
 */
const LIMIT = { title: 1_000, field: 250, columns: 2_500, runbook: 2_000, footer: 600, text: 2_000 } as const
/** Names and values of columns beyond this are not shown; the alert in Margay has all. */
const COLUMNS_MAX = 30
const COLUMN_VALUE_MAX = 400
/** More of a text is never shown, so it isn't looked at. */
const LINES_MAX_LENGTH = 10_000

const DOT_OF = {
  critical: ':red_circle:',
  high: ':large_orange_circle:',
  medium: ':large_yellow_circle:',
  low: ':large_blue_circle:',
  info: ':white_circle:',
} as const satisfies Record<Severity, string>

const DONE_OF = {
  update: ':arrows_counterclockwise: Still going on',
  acknowledge: ':eyes: Acknowledged',
  resolve: ':white_check_mark: Resolved',
} as const

/** Errors of a webhook that no other body would cure ("Handling errors from incoming webhooks" and the Web API's). */
const BROKEN_ERRORS =
  /^(no_service|no_service_id|no_team|no_active_hooks|team_disabled|invalid_token|invalid_auth|token_revoked|account_inactive|action_prohibited|channel_not_found|channel_is_archived|user_not_found|posting_to_general_channel_denied)$/
/** Errors that pass. */
const PASSING_ERRORS =
  /^(rollup_error|rate_?limited|internal_error|fatal_error|service_unavailable|request_timeout|team_added_to_org)$/

/** Slack as a destination: an incoming webhook, whose URL (SLACK_WEBHOOK_URL) is the secret. */
export const slack: DestinationKind = settings => {
  const text = settings.slackWebhookUrl
  if (text === null) return { ok: false, missing: 'SLACK_WEBHOOK_URL is missing or not allowed' }
  const verdict = judgeUrl(text, settings)
  if (!verdict.ok) return { ok: false, missing: `SLACK_WEBHOOK_URL ${verdict.reason}` }
  return {
    ok: true,
    url: verdict.url,
    secrets: urlSecrets(verdict.url),
    messages: telling => slackBodies(telling).map(body => ({ body, headers: NO_HEADERS })),
    classify: classifySlack,
  }
}

/**
 * The messages to try, in order: blocks, then one line of text without any. An incoming webhook can't change what it
 * posted, so that an acknowledge or resolve is a short message of its own. The delivery id stands in each: after a crash a
 * message may come twice, and this tells.
 */
export function slackBodies(telling: Telling): readonly string[] {
  const text = bounded(summaryOf(telling), LIMIT.text)
  const plain = { text, unfurl_links: false, unfurl_media: false }
  const blocks = telling.action === 'trigger' ? triggerBlocks(telling) : followUpBlocks(telling)
  return [JSON.stringify({ ...plain, blocks }), JSON.stringify(plain)]
}

/**
 * Understands Slack's answer. Success is a 2xx whose body is `ok` or JSON with `"ok": true`: what failed may come as 200
 * too. A 2xx with anything else is from something in between, or its body was lost: the message may have arrived.
 */
export function classifySlack(status: number, retryAfter: string | null, body: string, now: number): Outcome {
  const said = errorIn(body)
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && said === 'ok') return { kind: 'delivered' }
  const reason = `HTTP ${status}`
  if (BROKEN_ERRORS.test(said)) return { kind: 'broken', reason }
  if (PASSING_ERRORS.test(said)) {
    return { kind: 'transient', reason, retryAfterMs: parseRetryAfter(retryAfter, now) }
  }
  if (!isSuccess) return classify(status, retryAfter, now)
  if (isJsonFailure(body)) return { kind: 'rejected', reason: `${reason} with ok: false` }
  return {
    kind: 'transient',
    reason: `${reason} without Slack's "ok"; it may have arrived`,
    retryAfterMs: null,
  }
}

/** The word that Slack answers: `ok`, or the name of an error, bare or in JSON. */
function errorIn(body: string): string {
  const json = jsonIn(body)
  if (json === null) return body.trim()
  if ('ok' in json && json.ok === true) return 'ok'
  return 'error' in json && typeof json.error === 'string' ? json.error : ''
}

function isJsonFailure(body: string): boolean {
  const json = jsonIn(body)
  return json !== null && 'ok' in json && json.ok === false
}

function jsonIn(body: string): object | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function summaryOf({ action, alert }: Telling): string {
  const what = `${alert.severity}: ${titleOf(alert)}`
  if (action === 'trigger') return `${DOT_OF[alert.severity]} ${what}`
  return `${DONE_OF[action]}: ${what}`
}

function triggerBlocks(telling: Telling): readonly object[] {
  const { alert, columns } = telling
  const facts: readonly (readonly [name: string, value: string])[] = [
    ['Severity', alert.severity],
    ['Host', alert.hostname || (alert.hostId ?? '')],
    ['Rule', alert.ruleId],
    ['Query', alert.query],
    ['Pack', alert.pack],
    ['Count', String(alert.eventCount)],
    ['First seen', new Date(alert.firstEventAt).toISOString()],
    ['Last seen', new Date(alert.lastEventAt).toISOString()],
  ]
  const fields = facts
    .filter(([, value]) => line(value, 1) !== '')
    .map(([name, value]) => marked(`*${name}*\n${bounded(value, LIMIT.field)}`))
  return [
    section(`${DOT_OF[alert.severity]} *${headline(telling)}*`),
    { type: 'section', fields },
    ...columnsBlock(columns),
    ...(line(alert.runbook, 1) === ''
      ? []
      : [section(`*Runbook*\n${bounded(alert.runbook, LIMIT.runbook, escapedLines)}`)]),
    footer(telling),
  ]
}

function followUpBlocks(telling: Telling): readonly object[] {
  const { action, alert } = telling
  if (action === 'trigger') return triggerBlocks(telling)
  const by = alert.statusBy === '' || action === 'update' ? '' : ` by ${bounded(alert.statusBy, LIMIT.field)}`
  const count = `${alert.eventCount} ${alert.eventCount === 1 ? 'event' : 'events'}`
  const seen = `${count}, last at ${new Date(alert.lastEventAt).toISOString()}`
  return [section(`${DONE_OF[action]}${by}: *${headline(telling)}*\n${seen}`), footer(telling)]
}

/** The title, with a link to the alert when the deployment knows its address. */
function headline({ alert, publicUrl }: Telling): string {
  const title = bounded(titleOf(alert), LIMIT.title)
  if (publicUrl === null) return title
  // A bar would end the label of the link in Slack's reading only within the address, which has none.
  return `<${publicUrl}/alerts/${encodeURIComponent(alert.alertId)}|${title}>`
}

/** Host first: it is what tells two alerts of one rule apart. */
function titleOf(alert: Alert): string {
  const title = line(alert.title, LIMIT.title) || line(alert.ruleId, LIMIT.field) || 'Alert'
  const host = line(alert.hostname, LIMIT.field)
  return title.includes(host) ? title : `${host}: ${title}`
}

function columnsBlock(columns: Row | null): readonly object[] {
  const shown = Object.entries(columns ?? {})
    .slice(0, COLUMNS_MAX)
    .map(([name, value]) => `${line(name, LIMIT.field)}: ${line(value, COLUMN_VALUE_MAX)}`)
  if (shown.length === 0) return []
  // A row of three backticks would end the block of code.
  const code = bounded(shown.join('\n').replaceAll('```', "'''"), LIMIT.columns, escapedLines)
  return [section(`\`\`\`\n${code}\n\`\`\``)]
}

function footer({ alert, deliveryId }: Telling): object {
  const text = `Margay · alert ${alert.alertId} · delivery ${deliveryId}`
  return { type: 'context', elements: [marked(bounded(text, LIMIT.footer))] }
}

function section(text: string): object {
  return { type: 'section', text: marked(text) }
}

/** `verbatim`: addresses and names that a host sent don't become links and mentions. */
function marked(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true }
}

/** One line, escaped, at most so many units long; what would part an escape or a character is left out whole. */
function bounded(
  text: string,
  max: number,
  escapedForm = (part: string) => escaped(line(part, 2 * max)),
): string {
  const whole = escapedForm(text)
  if (whole.length <= max) return whole
  return `${whole
    .slice(0, max - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`
}

function escapedLines(text: string): string {
  return text
    .slice(0, LINES_MAX_LENGTH)
    .split('\n')
    .map(part => escaped(line(part, LINES_MAX_LENGTH)))
    .join('\n')
}

/** Slack reads these three as markup ("Escaping text"). */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

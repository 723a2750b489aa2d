import type { Row } from '../detect/event.ts'
import type { Severity } from '../detect/severity.ts'
import type { Alert } from '../store/alerts.ts'
import { groundsOf } from './grounds.ts'
import { line } from './line.ts'
import type { Telling } from './telling.ts'

/**
 * Most UTF-16 units of each text, as Slack counts them: escaped. Slack takes 3,000 in a section, 2,000 in each of ten
 * fields, and refused messages whose blocks held more than about 13,200 in all; these add up to less, with what frames them.
 */
const LIMIT = {
  title: 1_000,
  field: 250,
  reason: 800,
  hosts: 500,
  columns: 2_500,
  means: 600,
  check: 1_500,
  benign: 600,
  runbook: 2_000,
  footer: 600,
  text: 2_000,
} as const
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

/**
 * The messages to try, in order: blocks, then one line of text without any. An incoming webhook can't change what it
 * posted, so that an acknowledge or resolve is a short message of its own. The delivery id stands in each: after a crash a
 * message may come twice, and this tells.
 */
export function slackBodies(telling: Telling): readonly string[] {
  const text = bounded(summaryOf(telling), LIMIT.text)
  const plain = { text, unfurl_links: false, unfurl_media: false }
  return [JSON.stringify({ ...plain, blocks: blocksOf(telling) }), JSON.stringify(plain)]
}

const NO_LONGER_ACKNOWLEDGED = ':bell: No longer acknowledged'
const OPENED_AGAIN = 'Opened again'

function summaryOf(telling: Telling): string {
  const { action, alert } = telling
  const what = `${alert.severity}: ${titleOf(alert)}`
  if (action === 'trigger') return `${DOT_OF[alert.severity]} ${againOf(telling, unescaped)}${what}`
  return `${doneOf(action, telling)}: ${what}`
}

function blocksOf(telling: Telling): readonly object[] {
  const { action, alert, news } = telling
  if (action === 'trigger') return triggerBlocks(telling)
  const by = action === 'update' && news !== 'unacknowledged' ? '' : byOf(alert)
  return [section(`${doneOf(action, telling)}${by}: *${headline(telling)}*${seenOf(alert)}`), footer(telling)]
}

/** How many events, on a line of its own; a silence has none. */
function seenOf(alert: Alert): string {
  if (groundsOf(alert) !== null) return ''
  const count = `${alert.eventCount} ${alert.eventCount === 1 ? 'event' : 'events'}`
  return `\n${count}, last at ${new Date(alert.lastEventAt).toISOString()}`
}

function doneOf(action: keyof typeof DONE_OF, { news }: Telling): string {
  return news === 'unacknowledged' ? NO_LONGER_ACKNOWLEDGED : DONE_OF[action]
}

/** Who opened it can be told only until somebody does something else with it. */
function againOf({ news, alert }: Telling, form: (text: string, max: number) => string = bounded): string {
  if (news !== 'opened_again') return ''
  return `${OPENED_AGAIN}${alert.status === 'open' ? byOf(alert, form) : ''}: `
}

function byOf({ statusBy }: Alert, form: (text: string, max: number) => string = bounded): string {
  return statusBy === '' ? '' : ` by ${form(statusBy, LIMIT.field)}`
}

/** Of what is escaped with the rest of its line. */
function unescaped(text: string, max: number): string {
  return line(text, max)
}

function triggerBlocks(telling: Telling): readonly object[] {
  const { alert, columns, rule, hosts } = telling
  const fields = factsOf(telling).map(([name, value]) => marked(`*${name}*\n${bounded(value, LIMIT.field)}`))
  return [
    section(`${DOT_OF[alert.severity]} ${againOf(telling)}*${headline(telling)}*`),
    { type: 'section', fields },
    ...block('Why', groundsOf(alert)?.reason, LIMIT.reason),
    ...block('Hosts', (hosts ?? []).join(', '), LIMIT.hosts),
    ...columnsBlock(columns),
    ...block('What it means', rule?.means, LIMIT.means),
    ...block('Innocent when', rule?.benign, LIMIT.benign),
    ...block('Look', rule?.check, LIMIT.check, code),
    ...block('Runbook', alert.runbook, LIMIT.runbook),
    footer(telling),
  ]
}

function factsOf({ alert }: Telling): readonly (readonly [name: string, value: string])[] {
  const grounds = groundsOf(alert)
  const facts: readonly (readonly [name: string, value: string])[] = [
    ['Severity', alert.severity],
    ['Host', alert.hostname || (alert.hostId ?? '')],
    ['Rule', alert.ruleId],
    ['Query', alert.query],
    ['Pack', alert.pack],
    ...(grounds === null ? countsOf(alert) : [['Since', grounds.since] as const]),
  ]
  return facts.filter(([, value]) => !isBlank(value))
}

function countsOf({ eventCount, firstEventAt, lastEventAt }: Alert) {
  return [
    ['Count', String(eventCount)],
    ['First seen', new Date(firstEventAt).toISOString()],
    ['Last seen', new Date(lastEventAt).toISOString()],
  ] as const
}

/** The title, with a link to the alert when the deployment knows its address. */
function headline({ alert, publicUrl }: Telling): string {
  const title = bounded(titleOf(alert), LIMIT.title)
  if (publicUrl === null) return title
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
  return shown.length === 0 ? [] : [section(code(bounded(shown.join('\n'), LIMIT.columns, codeText)))]
}

/** A heading with text below it; nothing when the text is empty. */
function block(
  heading: string,
  text: string | undefined,
  max: number,
  frame: (text: string) => string = shown => shown,
): readonly object[] {
  if (text === undefined || isBlank(text)) return []
  const shown = bounded(text, max, frame === code ? codeText : escapedLines)
  return [section(`*${heading}*\n${frame(shown)}`)]
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

function code(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``
}

/** A row of three backticks would end the block of code. */
function codeText(text: string): string {
  return escapedLines(text.replaceAll('```', "'''"))
}

/** Escaped, at most so many units long; what would part an escape or a character is left out whole. */
function bounded(text: string, max: number, escapedForm: (text: string) => string = escapedLine): string {
  const whole = escapedForm(text)
  if (whole.length <= max) return whole
  return `${whole
    .slice(0, max - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`
}

function escapedLines(text: string): string {
  return text.slice(0, LINES_MAX_LENGTH).split('\n').map(escapedLine).join('\n')
}

/** Slack reads these three as markup ("Escaping text"). */
function escapedLine(text: string): string {
  return line(text, LINES_MAX_LENGTH).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function isBlank(text: string): boolean {
  return line(text, 1) === ''
}

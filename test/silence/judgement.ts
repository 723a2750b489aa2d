import { elapsed } from '../../src/staleness/elapsed.ts'
import type { SilencePolicy } from '../../src/staleness/policy.ts'
import { CUT_SITE, type FleetHost } from './fleet.ts'
import type { HostFate } from './happenings.ts'
import { HOUR, isWithin, MINUTE, SECOND, WEEK_START } from './span.ts'
import { cronAt, type HostTruth, spanOf, type Told, type Week } from './week.ts'

/** Two evaluations, a minute apart. */
const TWO_EVALUATIONS = 2 * MINUTE
/** A consumer takes up to a minute for a post, and one evaluation a week may fail just then. */
const RETURN_SLACK = 4 * MINUTE

/** A host that asks and doesn't log may have woken just now: it is told when it asked for two heartbeats, up to a third late. */
const CONFIRMATION = 11 * MINUTE

/** Contacts without a heartbeat are written only when what the row says is this old: it may know of an earlier one. */
const UNWRITTEN = 270 * SECOND

/** What must be told of a host that suffers a fate; fates that are no silence are not here. */
const EXPECTED: Readonly<Partial<Record<HostFate, string>>> = {
  'dies-at-night': 'margay.host-silent',
  'dies-in-patience': 'margay.host-silent',
  'dies-after-alert': 'margay.silent-after-alert',
  'logging-breaks': 'margay.host-half-dead',
  'enrolls-in-a-loop': 'margay.host-silent',
}

/** How one seed went: what was to be found, what was found, and each thing that is not as it must be. */
export interface Verdict {
  readonly counts: Readonly<Record<Row, number>>
  readonly problems: readonly string[]
}

export const ROWS = [
  'true silences',
  'told in time',
  'told late',
  'not told',
  'false pages of a server',
  'false pages of a laptop',
  'false pages of an ephemeral host',
  'low alerts about hosts',
  'outage alerts',
  'group alerts',
  'digests',
  'resolves of hosts',
  'pages of the host that comes and goes',
] as const
export type Row = (typeof ROWS)[number]

/** Holds what was told against what was true. */
export function judgeWeek(week: Week, policy: SilencePolicy): Verdict {
  const counts = Object.fromEntries(ROWS.map(row => [row, 0] as const)) as Record<Row, number>
  const problems: string[] = []
  const byHost = Map.groupBy(week.told, ({ about }) => about)
  for (const [host, truth] of week.truths) {
    const told = byHost.get(host.hostId) ?? []
    const openings = told.filter(({ what }) => what !== 'resolves')
    const isPage = ({ severity }: Told) => severity === 'high' || severity === 'critical'
    counts['low alerts about hosts'] += openings.filter(alert => !isPage(alert)).length
    counts['resolves of hosts'] += told.length - openings.length
    const expected = host.fate === null ? undefined : EXPECTED[host.fate]
    if (expected !== undefined) problems.push(...silence(week, policy, host, truth, expected, told, counts))
    else if (host.fate === 'comes-and-goes') problems.push(...comingAndGoing(week, host, told, counts))
    else {
      const pages = openings.filter(isPage)
      counts[FALSE_PAGES[host.kind]] += pages.length
      problems.push(...openings.map(alert => `${host.hostname} (${host.knownBy}): false ${text(alert)}`))
    }
  }
  problems.push(...outage(week, counts), ...group(week, counts))
  counts.digests = week.told.filter(({ ruleId }) => ruleId === 'margay.many-hosts-silent').length
  if (counts.digests > 0) problems.push(`${counts.digests} digests`)
  return { counts, problems }
}

const FALSE_PAGES = {
  server: 'false pages of a server',
  laptop: 'false pages of a laptop',
  ephemeral: 'false pages of an ephemeral host',
} as const satisfies Record<FleetHost['kind'], Row>

/** One true silence: told once, in time, by the right alert, and resolved rightly when it ends. */
function silence(
  week: Week,
  policy: SilencePolicy,
  host: FleetHost,
  truth: HostTruth,
  expected: string,
  told: readonly Told[],
  counts: Record<Row, number>,
): string[] {
  const { lastBefore } = truth
  counts['true silences'] += 1
  const [opening, ...others] = told.filter(({ what }) => what !== 'resolves')
  const resolves = told.filter(({ what }) => what === 'resolves')
  if (opening === undefined || lastBefore === null) {
    counts['not told'] += 1
    return [`${host.fate}: not told`]
  }
  const problems = others.map(alert => `${host.fate}: told again, ${text(alert)}`)
  if (opening.ruleId !== expected) problems.push(`${host.fate}: told as ${text(opening)}`)
  const least = lastBefore + policy.floorMs - UNWRITTEN
  const due = deadline(week, policy, host, truth, lastBefore)
  const latest = due + blindMs(week, due - TWO_EVALUATIONS, opening.at)
  counts[opening.at <= latest ? 'told in time' : 'told late'] += 1
  if (opening.at < least) problems.push(`${host.fate}: told too soon, ${text(opening)}`)
  if (opening.at > latest) {
    problems.push(
      `${host.fate}: ${elapsed(opening.at - latest)} late; last heard ${at(lastBefore)}, ${text(opening)}`,
    )
  }
  return [...problems, ...returns(host, truth, resolves)]
}

/** Minutes of a span in which cron was missed or its evaluation failed: a silence is told by two that took place. */
function blindMs({ happens }: Week, from: number, to: number): number {
  let blind = 0
  for (let minute = minuteOfWeek(from); minute < minuteOfWeek(to); minute++) {
    const how = cronAt(happens, minute)
    if (how === 'missed' || how === 'failing') blind += MINUTE
  }
  return blind
}

function minuteOfWeek(time: number): number {
  return Math.floor((time - WEEK_START) / MINUTE)
}

/** By when a silence must be told. In the patience after the outage hosts are not judged: then at its end. */
function deadline(
  week: Week,
  policy: SilencePolicy,
  { fate }: FleetHost,
  { thresholdMs }: HostTruth,
  lastBefore: number,
): number {
  if (fate === 'dies-after-alert') return lastBefore + policy.floorMs + TWO_EVALUATIONS
  const own = lastBefore + thresholdMs + TWO_EVALUATIONS + (fate === 'logging-breaks' ? CONFIRMATION : 0)
  if (fate !== 'dies-in-patience') return own
  const over = week.told.find(({ ruleId, what }) => ruleId === FEED && what === 'resolves')
  return Math.max(own, (over?.at ?? 0) + policy.patienceMs + TWO_EVALUATIONS)
}

/** A silence that ends is resolved by the second pulse, with its length; one that doesn't is not. */
function returns(host: FleetHost, truth: HostTruth, resolves: readonly Told[]): string[] {
  const { lastBefore, firstAfter, pulsesAfter } = truth
  const second = pulsesAfter[1]
  if (second === undefined || firstAfter === null || lastBefore === null) {
    return resolves.map(alert => `${host.fate}: never came back, ${text(alert)}`)
  }
  const [resolve, ...others] = resolves
  if (resolve === undefined) return [`${host.fate}: not resolved`]
  const problems = others.map(alert => `${host.fate}: resolved again, ${text(alert)}`)
  const apart = pulsesAfter.find(pulse => pulse > (pulsesAfter[0] ?? 0)) ?? second
  if (resolve.at < second || resolve.at > apart + RETURN_SLACK) {
    problems.push(`${host.fate}: second pulse ${at(second)}, ${text(resolve)}`)
  }
  const gap = firstAfter - lastBefore
  const isRight = [0, 1, 2, 3, 4, 4.5].some(more => resolve.reason.includes(elapsed(gap + more * MINUTE)))
  if (!isRight) problems.push(`${host.fate}: the gap was ${elapsed(gap)}, ${text(resolve)}`)
  return problems
}

/** A host that falls again and again is told of, but not more than once an hour, and is resolved in the end. */
function comingAndGoing(
  { happens }: Week,
  host: FleetHost,
  told: readonly Told[],
  counts: Record<Row, number>,
): string[] {
  const span = spanOf(host, happens)
  const openings = told.filter(({ what }) => what !== 'resolves')
  const problems = openings
    .filter(({ at: toldAt }) => span === null || toldAt < span.from || toldAt > span.to)
    .map(alert => `${host.fate}: false ${text(alert)}`)
  const pages = openings
    .filter(page => !told.some(other => isTakenBack(page, other)))
    .map(({ dueAt }) => dueAt)
  counts['pages of the host that comes and goes'] += pages.length
  if (pages.length === 0) problems.push(`${host.fate}: not told`)
  for (const [n, page] of pages.entries()) {
    const before = pages[n - 1]
    if (before !== undefined && page - before < HOUR)
      problems.push(`${host.fate}: pages at ${at(before)} and ${at(page)}`)
  }
  const last = told.at(-1)
  if (last !== undefined && last.what !== 'resolves') problems.push(`${host.fate}: still open, ${text(last)}`)
  return problems
}

/** A page that waits for its time is not sent when the alert has resolved by then. */
function isTakenBack(page: Told, other: Told): boolean {
  return other.what === 'resolves' && other.at >= page.at && other.at < page.dueAt
}

const FEED = 'margay.feed-silent'
/** The whole fleet passes its threshold within a heartbeat of each other; before that no one can tell. */
const OUTAGE_FOUND_WITHIN = 18 * MINUTE

function outage({ told, happens }: Week, counts: Record<Row, number>): string[] {
  const alerts = told.filter(({ ruleId }) => ruleId === FEED)
  const openings = alerts.filter(({ what }) => what !== 'resolves')
  counts['outage alerts'] = openings.length
  const [opening] = openings
  if (opening === undefined || openings.length > 1 || alerts.length !== 2) {
    return [
      `outage ${happens.outage.kind} ${at(happens.outage.from)}: told as ${alerts.map(text).join('; ')}`,
    ]
  }
  const { kind, from, to } = happens.outage
  const latest = kind === 'worker' ? to + TWO_EVALUATIONS : from + OUTAGE_FOUND_WITHIN
  return isWithin({ from, to: latest }, opening.at) ? [] : [`outage ${kind} at ${at(from)}: ${text(opening)}`]
}

function group({ told, happens }: Week, counts: Record<Row, number>): string[] {
  const alerts = told.filter(({ ruleId }) => ruleId === 'margay.group-silent')
  const openings = alerts.filter(({ what }) => what !== 'resolves')
  counts['group alerts'] = openings.length
  const { siteCut } = happens
  if (siteCut === null) return openings.map(alert => `no site was cut: ${text(alert)}`)
  const [opening] = openings
  const isRight =
    opening !== undefined &&
    alerts.length === 2 &&
    opening.about.includes(CUT_SITE) &&
    isWithin(siteCut, opening.at)
  return isRight ? [] : [`site cut at ${at(siteCut.from)}: told as ${alerts.map(text).join('; ')}`]
}

function text({ at: toldAt, what, ruleId, severity, about, reason }: Told): string {
  return `${at(toldAt)} ${what} ${ruleId} ${severity} about ${about}: ${reason}`
}

function at(time: number): string {
  return new Date(time).toISOString().slice(5, 19)
}

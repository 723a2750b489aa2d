import { minuteOf } from '../store/counters.ts'
import type { ParkedDelivery, TroubleCount } from '../store/trouble.ts'
import { type AlertState, type NextAlert, nextAlert } from './reopening.ts'

/** The troubles of Margay itself, each by the rule id of its alert; see docs/alerting.md, "System alerts". */
export const TROUBLES = [
  'margay.quarantine',
  'margay.enroll-failures',
  'margay.dead-letters',
  'margay.parked-deliveries',
  'margay.checks-missed',
  'margay.class-lowered',
] as const
export type Trouble = (typeof TROUBLES)[number]

const MINUTE_MS = 60_000

/**
 * An alert resolves after this long without its trouble, and nothing older opens one. Long enough that a host which
 * posts junk every few minutes is one alert, and that crons which failed for a while miss nothing.
 */
export const QUIET_MINUTES = 30

/**
 * So many failed enrollments within so many minutes are a burst. One host with an old secret fails 12 times in about ten
 * minutes and then gives up (osquery, `tls_enroll_max_attempts`): one such host is no burst, two are.
 */
export const BURST_FAILURES = 20
export const BURST_MINUTES = 10

/** Reason under which a post that ran out of retries lies in quarantine; that is told as a dead letter and no second time. */
export const DEAD_POST = 'dead_letter'

/** What happened within the last `QUIET_MINUTES`. */
export interface RecentTrouble {
  readonly counts: readonly TroubleCount[]
  readonly parked: readonly ParkedDelivery[]
}

/** An alert that is to open, anew or again, with what it is about, or to resolve. */
export type TroubleChange =
  | (NextAlert & {
      readonly trouble: Trouble
      /** Milliseconds since the epoch; what was earlier is not part of it. */
      readonly since: number
      /** What happened since. */
      readonly recent: RecentTrouble
    })
  | { readonly kind: 'resolves'; readonly trouble: Trouble; readonly episode: number }

/**
 * Decides which alerts open or resolve. Total and free of I/O.
 *
 * An alert that a person resolved while its trouble goes on is over: what happens from that minute on opens it again, or
 * another one after a while (`nextAlert`). To have it open and quiet, acknowledge it.
 * @param states  by trouble; one without a state never had an alert
 * @param resolvedAt  when the last alert of a trouble was resolved (ms since the epoch), if it is
 */
export function judgeTroubles(
  states: ReadonlyMap<Trouble, AlertState>,
  recent: RecentTrouble,
  resolvedAt: ReadonlyMap<Trouble, number>,
  now: number,
): readonly TroubleChange[] {
  return TROUBLES.flatMap(trouble => {
    const state = states.get(trouble) ?? { episode: 0, open: false }
    return judge(trouble, state, recent, resolvedAt.get(trouble) ?? null, now) ?? []
  })
}

function judge(
  trouble: Trouble,
  state: AlertState,
  all: RecentTrouble,
  resolvedAt: number | null,
  now: number,
): TroubleChange | null {
  const { opens, holds } = SIGNS[trouble]
  const { episode, open } = state
  const quietMinute = firstMinute(now, QUIET_MINUTES)
  if (open && !holds(from(all, quietMinute))) return { kind: 'resolves', trouble, episode }
  if (open && resolvedAt === null) return null
  const minute = open ? Math.max(quietMinute, minuteOf(resolvedAt ?? 0)) : quietMinute
  const recent = from(all, minute)
  if (!opens(recent, now)) return null
  return { ...nextAlert(state, resolvedAt, now), trouble, since: minute * MINUTE_MS, recent }
}

interface Signs {
  /** There is trouble. */
  readonly opens: (recent: RecentTrouble, now: number) => boolean
  /** Trouble that was told of is not over. Weaker than `opens`, so that an alert doesn't flap. */
  readonly holds: (recent: RecentTrouble) => boolean
}

const SIGNS: Readonly<Record<Trouble, Signs>> = {
  'margay.quarantine': bySum(rejectedRecords),
  'margay.enroll-failures': {
    opens: (recent, now) => enrollFailures(recent, now) >= BURST_FAILURES,
    holds: ({ counts }) => sumOf(counts, isEnrollFailure) >= BURST_FAILURES,
  },
  'margay.dead-letters': bySum(recent => deadPosts(recent) + deadWakeUps(recent)),
  'margay.parked-deliveries': bySum(({ parked }) => parked.length),
  'margay.checks-missed': bySum(minutesMissed),
  'margay.class-lowered': bySum(recent => loweredHosts(recent).length),
}

/** A single one is trouble already. */
function bySum(sum: (recent: RecentTrouble) => number): Signs {
  return { opens: recent => sum(recent) > 0, holds: recent => sum(recent) > 0 }
}

/** Rejected records that are not dead letters, of all reasons. */
export function rejectedRecords({ counts }: RecentTrouble): number {
  return sumOf(counts, isRejection)
}

/** The same by reason, most first. */
export function rejectionsByReason({ counts }: RecentTrouble): readonly (readonly [string, number])[] {
  const sums = new Map<string, number>()
  for (const { label, value } of counts.filter(isRejection)) sums.set(label, (sums.get(label) ?? 0) + value)
  return [...sums].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

/** Failed enrollments within the last `BURST_MINUTES`. */
export function enrollFailures({ counts }: RecentTrouble, now: number): number {
  const first = firstMinute(now, BURST_MINUTES)
  return sumOf(counts, count => isEnrollFailure(count) && count.minute >= first)
}

/** Posts that ran out of retries. */
export function deadPosts({ counts }: RecentTrouble): number {
  return sumOf(counts, ({ name, label }) => name === 'records_rejected' && label === DEAD_POST)
}

/** Wake-ups of deliveries that ran out of retries. */
export function deadWakeUps({ counts }: RecentTrouble): number {
  return sumOf(counts, ({ name }) => name === 'dead_letters')
}

/** Ids of hosts that were taken for servers and, by what they say of themselves, no longer are. */
export function loweredHosts({ counts }: RecentTrouble): readonly string[] {
  return [...new Set(counts.flatMap(({ name, label }) => (name === 'classes_lowered' ? [label] : [])))]
}

/** Minutes in which nobody looked for silence. */
export function minutesMissed({ counts }: RecentTrouble): number {
  return sumOf(counts, ({ name }) => name === 'silence_minutes_missed')
}

/** When somebody looked again for silence, ms since the epoch, to the minute; the last time if there were several. */
export function lookedAgainAt({ counts }: RecentTrouble): number {
  const missed = counts.filter(({ name }) => name === 'silence_minutes_missed')
  return Math.max(0, ...missed.map(({ minute }) => minute)) * MINUTE_MS
}

/** The last `minutes` minutes, the present one included, as minutes since the epoch. */
export function lastMinutes(now: number, minutes: number): readonly number[] {
  const first = firstMinute(now, minutes)
  return Array.from({ length: minutes }, (_, n) => first + n)
}

function firstMinute(now: number, minutes: number): number {
  return minuteOf(now) - minutes + 1
}

function from({ counts, parked }: RecentTrouble, minute: number): RecentTrouble {
  return {
    counts: counts.filter(count => count.minute >= minute),
    parked: parked.filter(({ parkedAt }) => parkedAt >= minute * MINUTE_MS),
  }
}

function isRejection({ name, label }: TroubleCount): boolean {
  return name === 'records_rejected' && label !== DEAD_POST
}

function isEnrollFailure({ name }: TroubleCount): boolean {
  return name === 'enroll_failed'
}

function sumOf(counts: readonly TroubleCount[], isMeant: (count: TroubleCount) => boolean): number {
  return counts.reduce((sum, count) => (isMeant(count) ? sum + count.value : sum), 0)
}

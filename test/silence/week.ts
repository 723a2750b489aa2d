import type { Vitals } from '../../src/staleness/vitals.ts'
import { Seed } from '../simulator/seed.ts'
import type { Agent, Arrival, BufferedPulse } from './agent.ts'
import { type FleetHost, type FleetSize, makeFleet } from './fleet.ts'
import { type Happenings, happenings } from './happenings.ts'
import { vitalsOf } from './history.ts'
import type { LogArrival } from './memory-host.ts'
import { DAY, isWithin, MINUTE, SECOND, WEEK_START } from './span.ts'

/** Something that happened to an alert. */
export interface Told {
  readonly at: number
  readonly what: 'opens' | 'reopens' | 'resolves'
  readonly ruleId: string
  readonly severity: string
  /** The host; for alerts about several, what tells them apart. */
  readonly about: string
  readonly reason: string
  /** When destinations are told, if it is still so by then. */
  readonly dueAt: number
}

/** What came of a host, as the consumer sees it. */
export interface Taken {
  readonly host: FleetHost
  readonly arrival: Arrival
}

/** Where hosts are kept and judged: in memory, or over SQL. Times are ms since the epoch. */
export interface Ledger {
  /** A host that was known before the week, with its posts of those days. */
  remember(host: FleetHost, enrolledAt: number, vitals: Vitals): Promise<void> | void
  /** What arrived in one minute and is processed at its end, in the order of arrival. */
  take(taken: readonly Taken[], now: number): Promise<void> | void
  canaryCameRound(at: number): Promise<void> | void
  /** A match alert of severity high on a host. */
  alarm(host: FleetHost, at: number): Promise<void> | void
  /** One run of cron; `overlapping`: two at once; `failing`: it can't read or write. */
  check(now: number, how: 'well' | 'overlapping' | 'failing'): Promise<readonly Told[]> | readonly Told[]
  thresholdMs(host: FleetHost, now: number): Promise<number> | number
  vitals(host: FleetHost): Promise<Vitals> | Vitals
}

/** What was true of a host, to judge by. */
export interface HostTruth {
  /** Receipt of what came on the log path, ms; the last one before the fate of the host began, and the first after it ended. */
  lastBefore: number | null
  firstAfter: number | null
  /** Receipts of the pulses after its fate ended, one by one. */
  readonly pulsesAfter: number[]
  /** The host's threshold when its fate struck. */
  thresholdMs: number
  /** Pulses that came of a host whose posts are eaten, by `start` and number. */
  readonly arrived: Map<number, Set<number>>
}

export interface Week {
  readonly happens: Happenings
  readonly fleet: readonly FleetHost[]
  readonly told: readonly Told[]
  readonly truths: ReadonlyMap<FleetHost, HostTruth>
}

/** Lives through a week, minute by minute. */
export async function liveThrough(
  week: number,
  days: number,
  size: FleetSize,
  ledgerOf: (fleet: readonly FleetHost[]) => Ledger,
): Promise<Week> {
  const happens = happenings(week, days)
  const fleet = makeFleet(week, days, size, happens)
  const ledger = ledgerOf(fleet)
  const truths = new Map(fleet.map(host => [host, noTruth()] as const))
  const road = new ConsumerRoad(week, happens)
  const told: Told[] = []
  const calendar = new AgentCalendar(fleet)
  const fated = new Set(fleet.filter(host => spanOf(host, happens) !== null))
  let alarmed = false
  for (const [host, posts] of postsBefore(calendar)) {
    await ledger.remember(host, posts[0]?.at ?? host.bornAt, vitalsOf(posts))
  }
  for (let minute = 0; minute < (days * DAY) / MINUTE; minute++) {
    const from = WEEK_START + minute * MINUTE
    const until = from + MINUTE
    calendar.advance(until, (host, arrival) => {
      road.add(host, arrival)
      if (arrival.kind === 'log') note(host, truths.get(host), arrival, spanOf(host, happens))
    })
    const now = evaluationAfter(minute)
    await ledger.take(road.arrivedBy(until), now)
    for (const host of fated) {
      if ((spanOf(host, happens)?.from ?? 0) >= until) continue
      fated.delete(host)
      const truth = truths.get(host)
      if (truth !== undefined) truth.thresholdMs = await ledger.thresholdMs(host, now)
    }
    if (!alarmed && happens.alertAt < until) {
      alarmed = true
      const victim = fleet.find(({ fate }) => fate === 'dies-after-alert')
      if (victim !== undefined) await ledger.alarm(victim, happens.alertAt)
    }
    if (!road.isConsumerDown(now)) await ledger.canaryCameRound(from)
    const how = cronAt(happens, minute)
    if (how !== 'missed') told.push(...(await ledger.check(now, how)))
  }
  return { happens, fleet, told, truths }
}

function postsBefore(calendar: AgentCalendar): ReadonlyMap<FleetHost, LogArrival[]> {
  const posts = new Map<FleetHost, LogArrival[]>()
  calendar.advance(WEEK_START, (host, arrival) => {
    if (arrival.kind !== 'log') return
    const own = posts.get(host) ?? []
    own.push(arrival)
    posts.set(host, own)
  })
  return posts
}

function noTruth(): HostTruth {
  return { lastBefore: null, firstAfter: null, pulsesAfter: [], thresholdMs: 0, arrived: new Map() }
}

/** The span of a host's fate in which it is not heard; null when it always is. */
export function spanOf(host: FleetHost, { spans }: Happenings) {
  return host.fate === null ? null : spans[host.fate]
}

function note(
  host: FleetHost,
  truth: HostTruth | undefined,
  { at, pulses }: { readonly at: number; readonly pulses: readonly BufferedPulse[] },
  span: { readonly from: number; readonly to: number } | null,
): void {
  if (truth === undefined) return
  for (const { start, number } of host.isEaten ? pulses : []) {
    const numbers = truth.arrived.get(start) ?? new Set()
    numbers.add(number)
    truth.arrived.set(start, numbers)
  }
  if (span === null) return
  if (at < span.to && truth.firstAfter === null) truth.lastBefore = at
  if (at < span.to) return
  truth.firstAfter ??= at
  for (const _ of pulses) truth.pulsesAfter.push(at)
}

/** All agents of a fleet, and when something happens next to each of them: most minutes nothing does. */
class AgentCalendar {
  readonly #agents: readonly (readonly [FleetHost, Agent])[]
  readonly #nextAt: Float64Array

  constructor(fleet: readonly FleetHost[]) {
    this.#agents = fleet.flatMap(host => host.agents.map(agent => [host, agent] as const))
    this.#nextAt = Float64Array.from(this.#agents, ([, agent]) => agent.nextAt)
  }

  advance(until: number, emit: (host: FleetHost, arrival: Arrival) => void): void {
    // By index: ten million turns a week.
    for (let n = 0; n < this.#nextAt.length; n++) {
      if ((this.#nextAt[n] ?? 0) >= until) continue
      const [host, agent] = this.#agents[n] ?? NOBODY
      if (host === null || agent === null) continue
      agent.advance(until, arrival => emit(host, arrival))
      this.#nextAt[n] = agent.nextAt
    }
  }
}

const NOBODY = [null, null] as const

/** Cron runs some seconds after the minute. */
function evaluationAfter(minute: number): number {
  return WEEK_START + (minute + 1) * MINUTE + 2 * SECOND
}

/** What becomes of the evaluation at the end of a minute of the week. */
export function cronAt(happens: Happenings, minute: number): 'well' | 'overlapping' | 'failing' | 'missed' {
  const now = evaluationAfter(minute)
  const { outage, deploy, failedMinutes } = happens
  if (outage.kind === 'worker' && isWithin(outage, now)) return 'missed'
  if (isWithin(deploy, now)) return 'missed'
  if (isWithin({ from: deploy.to, to: deploy.to + MINUTE }, now)) return 'overlapping'
  return failedMinutes.has(minute) ? 'failing' : 'well'
}

/** The queue between the log route and the consumer: seconds, as a rule; longer while the consumer is down. */
class ConsumerRoad {
  readonly #happens: Happenings
  readonly #seed: Seed
  #waiting: (Taken & { readonly doneAt: number })[] = []

  constructor(week: number, happens: Happenings) {
    this.#happens = happens
    this.#seed = new Seed(week * 13 + 3)
  }

  isConsumerDown(at: number): boolean {
    const { outage } = this.#happens
    return outage.kind === 'consumer' && isWithin(outage, at)
  }

  add(host: FleetHost, arrival: Arrival): void {
    this.#waiting.push({ host, arrival, doneAt: this.#doneAt(arrival) })
  }

  /** What was processed until then, in the order in which it arrived. */
  arrivedBy(until: number): readonly Taken[] {
    const done = this.#waiting.filter(({ doneAt }) => doneAt <= until)
    this.#waiting = this.#waiting.filter(({ doneAt }) => doneAt > until)
    return done.sort((a, b) => a.arrival.at - b.arrival.at)
  }

  #doneAt({ kind, at }: Arrival): number {
    if (kind !== 'log') return at
    const delay = this.#seed.whole(500, this.#seed.next() < 0.01 ? 45_000 : 8_000)
    return this.isConsumerDown(at) ? this.#happens.outage.to + this.#seed.whole(5, 180) * SECOND : at + delay
  }
}

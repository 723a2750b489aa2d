import type { Seed } from '../simulator/seed.ts'
import type { PowerCut } from './power.ts'
import { HOUR, MINUTE, SECOND } from './span.ts'

/** A line of the heartbeat as it lies in the agent's buffer. */
export interface BufferedPulse {
  /** Of this start of the daemon, from 0. */
  readonly number: number
  /** `start_time` of osquery_info: seconds, by the host's clock. */
  readonly start: number
  /** When it was written, by the host's clock, ms. */
  readonly writtenAt: number
}

/** What a host sends and we notice; `refused` is a post that we answered with an error. `at` is the server's clock, ms. */
export type Arrival =
  | {
      readonly kind: 'log'
      readonly at: number
      readonly pulses: readonly BufferedPulse[]
      readonly results: number
    }
  | { readonly kind: 'config' | 'enroll' | 'refused'; readonly at: number }

/**
 * - `taken`: stored, and the agent forgets the lines
 * - `kept`: nobody answered; the agent keeps them and waits
 * - `refused`: kept as well, because our answer was an error
 * - `taken-again`: stored, but the answer was lost: the agent sends the same lines again
 * - `eaten`: somebody answered in our place; the agent forgets lines that never came
 */
export type Fate = 'taken' | 'kept' | 'refused' | 'taken-again' | 'eaten'

/** What becomes of a request of this agent. */
export type Road = (kind: 'log' | 'config' | 'enroll', at: number) => Fate

/** The facts of one agent that never change. */
export interface AgentPlan {
  readonly seed: Seed
  readonly bornAt: number
  /** Stops for ever; Infinity for one that lives on. */
  readonly diesAt: number
  readonly cuts: readonly PowerCut[]
  /** The host's clock minus ours, ms. */
  readonly clockOffsetMs: number
  /** Other results an hour, on average. */
  readonly resultsPerHour: number
  readonly enrollsEachMinute: { readonly from: number; readonly to: number } | null
  readonly road: Road
}

/** Facts of osquery: docs/architecture.md says which flags are prescribed. */
const HEARTBEAT_MS = 300 * SECOND
const CONFIG_REFRESH_MS = 300 * SECOND
const LOGGER_PERIOD_MS = 10 * SECOND
const MAX_BACK_OFF_MS = 3_600 * SECOND
/** schedule_splay_percent: fixed for a query once drawn. */
const SPLAY = 0.1

/**
 * The clockwork of one osqueryd, reduced to what its silence depends on: when it writes heartbeats, when it sends, and
 * what it keeps when sending fails. Moves from one event to the next, so an hour costs some dozen steps.
 */
export class Agent {
  /** When something happens next, ms. */
  nextAt: number
  /** Pulses of this agent that were eaten, for the account of losses. */
  readonly eaten: BufferedPulse[] = []

  readonly #plan: AgentPlan
  readonly #intervalMs: number
  #cut = 0
  #start = 0
  #number = 0
  #buffer: BufferedPulse[] = []
  #results = 0
  #failures = 0
  #pulseAt = 0
  #configAt = 0
  #resultAt = 0
  #flushAt = Number.POSITIVE_INFINITY
  #enrollAt: number

  constructor(plan: AgentPlan) {
    this.#plan = plan
    this.#intervalMs =
      Math.round((HEARTBEAT_MS / SECOND) * (1 - SPLAY + 2 * SPLAY * plan.seed.next())) * SECOND
    this.#enrollAt = plan.bornAt
    while (this.#cutFrom(this.#cut) <= plan.bornAt && this.#cutTo(this.#cut) <= plan.bornAt) this.#cut += 1
    this.#startDaemon(Math.max(plan.bornAt, this.#isCutAt(plan.bornAt) ? this.#cutTo(this.#cut++) : 0))
    this.nextAt = this.#nextEvent()
  }

  get isDead(): boolean {
    return this.nextAt === Number.POSITIVE_INFINITY
  }

  /** Lives on until `until`, ms; what is taken goes to `emit`. */
  advance(until: number, emit: (arrival: Arrival) => void): void {
    while (this.nextAt < until) {
      this.#step(this.nextAt, emit)
      this.nextAt = this.#nextEvent()
    }
  }

  #nextEvent(): number {
    const next = Math.min(this.#pulseAt, this.#configAt, this.#resultAt, this.#flushAt, this.#enrollAt)
    const cut = this.#cutFrom(this.#cut)
    const at = Math.min(next, cut)
    return at >= this.#plan.diesAt ? Number.POSITIVE_INFINITY : at
  }

  #step(at: number, emit: (arrival: Arrival) => void): void {
    if (at >= this.#cutFrom(this.#cut)) this.#power()
    else if (at === this.#enrollAt) this.#enroll(at, emit)
    else if (at === this.#configAt) this.#askConfig(at, emit)
    else if (at === this.#pulseAt) this.#pulse(at)
    else if (at === this.#resultAt) this.#result(at)
    else this.#flush(at, emit)
  }

  #power(): void {
    const cut = this.#plan.cuts[this.#cut]
    this.#cut += 1
    if (cut === undefined) return
    if (cut.kind === 'restart') {
      this.#startDaemon(cut.to)
      return
    }
    const length = cut.to - cut.from
    this.#pulseAt += length
    this.#configAt += length
    this.#resultAt += length
    this.#flushAt += length
    this.#enrollAt = Math.max(this.#enrollAt, cut.to)
  }

  /** The scheduler counts seconds from the clock at its start, so a query runs when its interval divides them. */
  #startDaemon(at: number): void {
    if (at === Number.POSITIVE_INFINITY) {
      this.#pulseAt = this.#configAt = this.#resultAt = this.#flushAt = at
      return
    }
    const { seed } = this.#plan
    this.#start = Math.floor((at + this.#plan.clockOffsetMs) / SECOND)
    this.#number = 0
    this.#failures = 0
    this.#enrollAt = Math.max(this.#enrollAt, at)
    this.#pulseAt = at + this.#intervalMs - (at % this.#intervalMs)
    this.#configAt = at + seed.whole(500, 3_000)
    this.#resultAt = at + this.#resultWait()
    this.#flushAt = this.#hasLines() ? at + LOGGER_PERIOD_MS : Number.POSITIVE_INFINITY
  }

  #enroll(at: number, emit: (arrival: Arrival) => void): void {
    if (this.#plan.road('enroll', at) !== 'kept') emit({ kind: 'enroll', at })
    const { enrollsEachMinute } = this.#plan
    if (enrollsEachMinute === null) this.#enrollAt = Number.POSITIVE_INFINITY
    else this.#enrollAt = Math.max(at + MINUTE, enrollsEachMinute.from)
    if (enrollsEachMinute !== null && at >= enrollsEachMinute.to) this.#enrollAt = Number.POSITIVE_INFINITY
  }

  #askConfig(at: number, emit: (arrival: Arrival) => void): void {
    if (this.#plan.road('config', at) !== 'kept') emit({ kind: 'config', at })
    this.#configAt = at + CONFIG_REFRESH_MS + this.#plan.seed.whole(50, 1_500)
  }

  #pulse(at: number): void {
    this.#buffer.push({ number: this.#number, start: this.#start, writtenAt: at + this.#plan.clockOffsetMs })
    this.#number += 1
    // The query takes its time and the scheduler's second drifts.
    this.#pulseAt = at + this.#intervalMs + this.#plan.seed.whole(0, 2_000)
    this.#wakeLogger(at)
  }

  #result(at: number): void {
    this.#results += 1
    this.#resultAt = at + this.#resultWait()
    this.#wakeLogger(at)
  }

  #resultWait(): number {
    const { resultsPerHour, seed } = this.#plan
    if (resultsPerHour === 0) return Number.POSITIVE_INFINITY
    return Math.ceil(-Math.log(1 - seed.next()) * (HOUR / resultsPerHour)) + SECOND
  }

  #wakeLogger(at: number): void {
    if (this.#flushAt === Number.POSITIVE_INFINITY)
      this.#flushAt = at + this.#plan.seed.whole(300, LOGGER_PERIOD_MS)
  }

  #flush(at: number, emit: (arrival: Arrival) => void): void {
    const fate = this.#plan.road('log', at)
    if (fate === 'taken' || fate === 'taken-again')
      emit({ kind: 'log', at, pulses: this.#buffer, results: this.#results })
    if (fate === 'refused') emit({ kind: 'refused', at })
    if (fate === 'kept' || fate === 'refused' || fate === 'taken-again') {
      this.#failures += 1
      const wait = Math.min(LOGGER_PERIOD_MS * this.#failures ** 2, MAX_BACK_OFF_MS)
      this.#buffer = [...this.#buffer]
      this.#flushAt = at + wait + this.#plan.seed.whole(0, LOGGER_PERIOD_MS)
      return
    }
    if (fate === 'eaten') this.eaten.push(...this.#buffer)
    this.#buffer = []
    this.#results = 0
    this.#failures = 0
    this.#flushAt = Number.POSITIVE_INFINITY
  }

  #hasLines(): boolean {
    return this.#buffer.length > 0 || this.#results > 0
  }

  #isCutAt(at: number): boolean {
    return this.#cutFrom(this.#cut) <= at && at < this.#cutTo(this.#cut)
  }

  #cutFrom(index: number): number {
    return this.#plan.cuts[index]?.from ?? Number.POSITIVE_INFINITY
  }

  #cutTo(index: number): number {
    return this.#plan.cuts[index]?.to ?? Number.POSITIVE_INFINITY
  }
}

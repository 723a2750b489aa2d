import { alertIdOf } from '../../src/alerts/lifecycle.ts'
import { type Evaluation, evaluate, type FleetAlert } from '../../src/staleness/evaluate.ts'
import { type SilencePolicy, silencePolicy } from '../../src/staleness/policy.ts'
import type { SilenceRecord } from '../../src/staleness/silence-record.ts'
import { thresholdMs } from '../../src/staleness/threshold.ts'
import { NO_VITALS, type Vitals } from '../../src/staleness/vitals.ts'
import type { Alarm, Move } from '../../src/staleness/watched-host.ts'
import { touchIntervals } from '../../src/store/hosts.ts'
import type { FleetHost } from './fleet.ts'
import { type LogArrival, MemoryHost } from './memory-host.ts'
import { surveyOf } from './memory-survey.ts'
import { Roster } from './roster.ts'
import { SETTINGS } from './settings.ts'
import { MinuteCounts } from './traffic.ts'
import type { Ledger, Taken, Told } from './week.ts'

/** The fleet in memory, judged by the pure functions alone. */
export class MemoryLedger implements Ledger {
  readonly #policy: SilencePolicy
  readonly #intervals = touchIntervals(SETTINGS)
  readonly #hosts = new Map<FleetHost, MemoryHost>()
  readonly #roster: Roster
  readonly #byId = new Map<string, MemoryHost>()
  readonly #alarms = new Map<string, Alarm>()
  readonly #counts = new MinuteCounts()
  /** What an alert about many hosts is about, by its id. */
  readonly #fleetAlerts = new Map<string, Pick<Told, 'ruleId' | 'severity' | 'about'>>()
  #record: SilenceRecord | null = null
  #canarySeenAt: number | null = null

  constructor() {
    this.#policy = silencePolicy(SETTINGS)
    this.#roster = new Roster(this.#policy)
  }

  remember(host: FleetHost, enrolledAt: number, vitals: Vitals): void {
    this.#hostOf(host, enrolledAt).remember(vitals)
  }

  take(taken: readonly Taken[]): void {
    const isFlowing = (this.#record?.phase ?? 'flowing') === 'flowing'
    const posts = new Map<MemoryHost, LogArrival[]>()
    for (const { host, arrival } of taken) {
      const known = this.#hostOf(host, arrival.at)
      if (arrival.kind === 'refused') this.#counts.refusal(arrival.at)
      else if (arrival.kind === 'enroll') known.lastEnrollAt = Math.max(known.lastEnrollAt, arrival.at)
      else if (arrival.kind === 'config') known.configured(arrival.at, this.#intervals)
      if (arrival.kind !== 'log') continue
      this.#counts.post(arrival.at)
      const own = posts.get(known)
      if (own === undefined) posts.set(known, [arrival])
      else own.push(arrival)
    }
    for (const [host, own] of posts) host.logged(own, isFlowing, this.#intervals)
  }

  #hostOf(host: FleetHost, at: number): MemoryHost {
    const known = this.#hosts.get(host)
    if (known !== undefined) return known
    const enrolled = new MemoryHost(host, at, this.#roster)
    this.#hosts.set(host, enrolled)
    this.#byId.set(host.hostId, enrolled)
    return enrolled
  }

  canaryCameRound(at: number): void {
    this.#canarySeenAt = at
  }

  alarm({ hostId }: FleetHost, at: number): void {
    this.#alarms.set(hostId, { severity: 'high', at })
  }

  check(now: number, how: 'well' | 'overlapping' | 'failing'): readonly Told[] {
    if (how === 'failing') {
      this.#counts.failedCheck(now)
      return []
    }
    const surroundings = {
      alarms: this.#alarms,
      traffic: this.#counts.traffic(now),
      canarySeenAt: this.#canarySeenAt,
    }
    const survey = surveyOf(this.#roster, surroundings, this.#record, this.#policy, now)
    const evaluation = evaluate(this.#record, survey, this.#policy, now)
    for (const move of [...evaluation.told, ...evaluation.quiet]) {
      this.#byId.get(move.host.hostId)?.move(move)
    }
    const told = [
      ...evaluation.alerts.flatMap(alert => this.#fleetTold(alert, now)),
      ...hostsTold(evaluation, now),
    ]
    this.#record = evaluation.record
    return told
  }

  thresholdMs(host: FleetHost, now: number): number {
    const known = this.#hosts.get(host)
    return known === undefined ? 0 : thresholdMs(known, this.#policy, now)
  }

  vitals(host: FleetHost): Vitals {
    return this.#hosts.get(host)?.vitals ?? NO_VITALS
  }

  #fleetTold(alert: FleetAlert, now: number): Told[] {
    if (alert.kind === 'grows') return []
    if (alert.kind === 'resolves') {
      const known = this.#fleetAlerts.get(alert.change.alertId)
      return known === undefined
        ? []
        : [{ ...known, at: now, what: 'resolves', reason: alert.change.note, dueAt: now }]
    }
    const { kind, ruleId, dedup, episode, severity, title } = alert.spec
    const about = { ruleId, severity, about: dedup }
    this.#fleetAlerts.set(alertIdOf(kind, ruleId, dedup, episode), about)
    const dueAt = alert.kind === 'reopens' ? alert.dueAt : now
    return [{ ...about, at: now, what: alert.kind, reason: title, dueAt }]
  }
}

function hostsTold({ told }: Evaluation, now: number): Told[] {
  return told.flatMap(move => [...resolvedBy(move, now), ...raisedBy(move, now)])
}

function resolvedBy({ host, resolves, reason }: Move, now: number): Told[] {
  if (resolves === null) return []
  return [
    { at: now, what: 'resolves', ruleId: resolves, severity: '', about: host.hostId, reason, dueAt: now },
  ]
}

function raisedBy({ host, raises, reason }: Move, now: number): Told[] {
  if (raises === null) return []
  const { kind, ruleId, severity, dueAt } = raises
  return [{ at: now, what: kind, ruleId, severity, about: host.hostId, reason, dueAt }]
}

import { classOf, type HostClass } from '../../src/staleness/host-class.ts'
import { foldVitals, type LogContact, NO_VITALS, type Vitals } from '../../src/staleness/vitals.ts'
import type {
  Channel,
  HostAlertRule,
  HostState,
  Move,
  WatchedHost,
} from '../../src/staleness/watched-host.ts'
import { alertAfter } from '../../src/staleness/watched-host.ts'
import type { TouchIntervals } from '../../src/store/hosts.ts'
import type { Arrival, BufferedPulse } from './agent.ts'
import type { FleetHost } from './fleet.ts'
import { guessOf } from './host-facts.ts'
import type { Roster } from './roster.ts'
import { MINUTE, SECOND } from './span.ts'

/** A post on the log path. */
export type LogArrival = Arrival & { readonly kind: 'log' }

/**
 * The row of one host in memory. Written by the rules of `planContacts` and of the statement that touches hosts; that
 * these are the same is what the week over SQL shows.
 */
export class MemoryHost implements WatchedHost {
  readonly hostId: WatchedHost['hostId']
  readonly hostname: string
  readonly tags: readonly string[]
  readonly platform: string
  readonly enrolledAt: number
  readonly revokedAt = null
  readonly lateLines = 0
  readonly heard: Record<Channel, number | null> = {
    pulse: null,
    result: null,
    status: null,
    config: null,
    distributed: null,
  }
  class: HostClass
  state: HostState = 'new'
  since: number
  episode = 0
  alert: HostAlertRule | '' = ''
  toldAt: number | null = null
  lastEnrollAt: number
  vitals: Vitals = NO_VITALS
  /** When it last logged, as its row says; 0: never. */
  loggedAt = 0

  readonly #guess: string
  readonly #roster: Roster
  readonly #place: number

  /** @param roster  notes whether the host is well */
  constructor(host: FleetHost, enrolledAt: number, roster: Roster) {
    this.#roster = roster
    this.#place = roster.add(this)
    this.hostId = host.hostId
    this.hostname = host.hostname
    this.tags = host.tags
    this.platform = host.platform
    this.enrolledAt = enrolledAt
    this.lastEnrollAt = enrolledAt
    this.since = enrolledAt
    this.#guess = guessOf(host)?.class ?? ''
    this.class = this.#class()
  }

  /** A host that was known before the week: silent since its last contact. */
  remember(vitals: Vitals): void {
    this.vitals = vitals
    this.loggedAt = vitals.contacts.lastAt ?? 0
    this.heard.pulse = vitals.pulses.lastAt
    this.heard.result = vitals.contacts.lastAt
    this.state = 'stale'
    this.since = this.loggedAt
    this.class = this.#class()
    this.#roster.note(this.#place, this)
  }

  configured(at: number, { config }: TouchIntervals): void {
    if (isDue(this.heard.config, at, config)) this.heard.config = at
  }

  /** Notes posts that were processed together, oldest first. `isFeedFlowing`: nothing is learnt while the feed is away. */
  logged(posts: readonly LogArrival[], isFeedFlowing: boolean, intervals: TouchIntervals): void {
    const last = posts.at(-1)
    if (last === undefined) return
    const frozen = !isFeedFlowing || AWAY.has(this.state)
    let vitals = this.vitals
    let pulseAt: number | null = null
    for (const post of posts) {
      if (post.pulses.length === 0 && post !== last) continue
      vitals = foldVitals(vitals, contactOf(post.at, post.pulses), { frozen, touchMs: MINUTE })
      if (post.pulses.length > 0) pulseAt = post.at
    }
    const isNews = vitals.pulses !== this.vitals.pulses
    const { lastAt } = this.vitals.contacts
    const at = vitals.contacts.lastAt ?? last.at
    const isFolded = isNews || lastAt === null || at - lastAt >= intervals.result
    if (!this.#isWorthWriting(pulseAt, last.at, isFolded && isNews, intervals)) return
    this.heard.result = Math.max(this.heard.result ?? 0, last.at)
    if (pulseAt !== null) this.heard.pulse = Math.max(this.heard.pulse ?? 0, pulseAt)
    if (isFolded) {
      if (vitals.rhythm.days !== this.vitals.rhythm.days) {
        this.vitals = vitals
        this.class = this.#class()
      }
      this.vitals = vitals
    }
    this.loggedAt = Math.max(this.heard.result, this.heard.pulse ?? 0)
    this.#roster.note(this.#place, this)
  }

  #isWorthWriting(pulseAt: number | null, resultAt: number, isNews: boolean, due: TouchIntervals): boolean {
    const { pulse, result } = this.heard
    if (isNews || isDue(result, resultAt, due.result)) return true
    if (pulseAt !== null && isDue(pulse, pulseAt, due.pulse)) return true
    return resultAt >= (pulse ?? 0) + due.pulselessAfter && isDue(result, resultAt, due.pulseless)
  }

  #class(): HostClass {
    return classOf({ set: '', tags: this.tags, guess: this.#guess, rhythm: this.vitals.rhythm })
  }

  /** Writes a move. */
  move(move: Move): void {
    this.alert = alertAfter(move)
    this.state = move.to
    this.since = move.since
    this.episode = move.episode
    this.toldAt = move.toldAt
    this.#roster.note(this.#place, this)
  }
}

const AWAY: ReadonlySet<HostState> = new Set<HostState>(['late', 'stale', 'half-dead'])

function isDue(stored: number | null, at: number, interval: number): boolean {
  return stored === null || at >= stored + interval
}

/** What the heartbeat's rows of one post say. */
export function contactOf(receivedAt: number, pulses: readonly BufferedPulse[]): LogContact {
  return {
    receivedAt,
    pulses: pulses.map(({ number, start, writtenAt }) => ({
      number,
      start: String(start),
      // osquery writes whole seconds.
      time: Math.floor(writtenAt / SECOND) * SECOND,
      version: '5.23.1',
      configId: '0123456789ab',
    })),
  }
}

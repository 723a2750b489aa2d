import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostId } from '../detect/event.ts'
import { takeCensus } from './census.ts'
import { decideFeed, type FeedState } from './feed.ts'
import { silencePolicy } from './policy.ts'
import { CHANNELS, type WatchedHost } from './states.ts'

const START = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const policy = silencePolicy({ silentAfterSeconds: 900 })

/** One alert of the history: the hosts' and the feed's, in the order in which they happened. */
interface Happening {
  readonly about: string
  readonly episode: number
  readonly kind: 'opens' | 'resolves'
}

/** The two machines together over a fleet in memory, as `checkSilence` runs them over D1. */
class Fleet {
  readonly hosts = new Map<string, WatchedHost>()
  readonly happenings: Happening[] = []
  feed: FeedState = { phase: 'flowing', episode: 0 }

  constructor(size: number, now: number) {
    for (let n = 0; n < size; n++) {
      const hostId = `host-${n}` as HostId
      const heard = { pulse: now, result: null, status: null, config: now, distributed: null }
      this.hosts.set(hostId, {
        hostId,
        hostname: hostId,
        tags: '[]',
        state: 'live',
        since: now,
        episode: 0,
        lastEnrollAt: now,
        revokedAt: null,
        heard,
      })
    }
  }

  hear(hostId: string, at: number, channel: (typeof CHANNELS)[number] = 'pulse'): void {
    const host = this.hosts.get(hostId)
    if (host === undefined) return
    this.hosts.set(hostId, { ...host, heard: { ...host.heard, [channel]: at } })
  }

  run(now: number): void {
    const census = takeCensus(policy, now)
    census.add([...this.hosts.values()])
    const findings = census.findings()
    const decision = decideFeed(this.feed, findings.census, policy, now)
    this.feed = decision.next
    if (decision.alert !== null) {
      this.happenings.push({ about: 'feed', episode: decision.next.episode, kind: decision.alert.kind })
    }
    const falls = decision.hosts === 'free' ? findings.falls : []
    for (const { host, to, since, episode } of [...findings.quiet, ...findings.returns, ...falls]) {
      this.hosts.set(host.hostId, { ...host, state: to, since, episode })
      if (to === 'silent') this.happenings.push({ about: host.hostId, episode, kind: 'opens' })
      if (host.state === 'silent')
        this.happenings.push({ about: host.hostId, episode: host.episode, kind: 'resolves' })
    }
  }

  about(subject: string): string[] {
    return this.happenings.filter(({ about }) => about === subject).map(({ kind }) => kind)
  }

  /** Alerts about hosts, by host. */
  get hostAlerts(): Happening[] {
    return this.happenings.filter(({ about }) => about !== 'feed')
  }
}

/** Minute by minute: those that `beats` says send their heartbeat (each host in its own minute of five), then the check. */
function pass(
  fleet: Fleet,
  from: number,
  minutes: number,
  beats: (n: number, minute: number) => boolean,
): number {
  for (let minute = 1; minute <= minutes; minute++) {
    const now = from + minute * MINUTE
    for (let n = 0; n < fleet.hosts.size; n++) {
      if ((minute + n) % 5 === 0 && beats(n, minute)) fleet.hear(`host-${n}`, now - 1_000)
    }
    fleet.run(now)
  }
  return from + minutes * MINUTE
}

describe('a fleet of 100 whose hosts send every five minutes, each in its own minute', () => {
  it('is quiet for a day when all is well', () => {
    const fleet = new Fleet(100, START)
    pass(fleet, START, 24 * 60, () => true)
    expect(fleet.happenings).toEqual([])
  })

  it('alerts once on the one host that dies, in the first minute after its limit', () => {
    const fleet = new Fleet(100, START)
    // Host 7 was last heard one second before minute 28, so its 15 minutes end with minute 43.
    const now = pass(
      fleet,
      pass(fleet, START, 30, () => true),
      12,
      n => n !== 7,
    )
    expect(fleet.happenings).toEqual([])
    const next = pass(fleet, now, 1, n => n !== 7)
    expect(fleet.happenings).toEqual([{ about: 'host-7', episode: 1, kind: 'opens' }])
    pass(fleet, next, 60, n => n !== 7)
    expect(fleet.happenings).toHaveLength(1)
  })

  it('alerts on the feed and on no host when 30 of them stop, though they cross their limits one by one', () => {
    const fleet = new Fleet(100, START)
    pass(
      fleet,
      pass(fleet, START, 30, () => true),
      120,
      n => n >= 30,
    )
    expect(fleet.happenings).toEqual([{ about: 'feed', episode: 1, kind: 'opens' }])
  })

  it('resolves the feed when they are back, and judges only those still silent, after the patience', () => {
    const fleet = new Fleet(100, START)
    let now = pass(fleet, START, 30, () => true)
    now = pass(fleet, now, 40, () => false)
    now = pass(fleet, now, 60, n => n >= 2)
    expect(fleet.happenings.map(({ about, kind }) => `${about} ${kind}`)).toEqual([
      'feed opens',
      'feed resolves',
    ])
    pass(fleet, now, 30, n => n >= 2)
    expect(fleet.hostAlerts.map(({ about }) => about)).toEqual(['host-0', 'host-1'])
  })

  it('lets a host that was silent before the outage return during it', () => {
    const fleet = new Fleet(100, START)
    let now = pass(fleet, START, 40, n => n !== 7)
    now = pass(fleet, now, 30, () => false)
    pass(fleet, now, 5, n => n === 7)
    expect(fleet.about('host-7')).toEqual(['opens', 'resolves'])
  })
})

describe('any history', () => {
  const step = fc.record({
    /** How the clock moves before the run, backwards included. */
    clockMinutes: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 12 }) },
      { weight: 1, arbitrary: fc.integer({ min: -90, max: 180 }) },
    ),
    /** One bit for each host: which are heard. */
    heard: fc.oneof(fc.constant(0), fc.constant(-1), fc.integer()),
    channel: fc.constantFrom(...CHANNELS),
  })
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
  const history = fc.array(step, { minLength: 1, maxLength: 60 })

  function live(steps: readonly Step[], size: number, runs: number): Fleet {
    const fleet = new Fleet(size, START)
    let now = START
    for (const { clockMinutes, heard, channel } of steps) {
      now += clockMinutes * MINUTE
      for (let n = 0; n < size; n++) if ((heard >> n) & 1) fleet.hear(`host-${n}`, now, channel)
      for (let run = 0; run < runs; run++) fleet.run(now)
    }
    return fleet
  }

  it('has for each host, and for the feed, opens and resolves in turn, and one more episode each time', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 24 }), (steps, size) => {
        const fleet = live(steps, size, 1)
        for (const subject of ['feed', ...fleet.hosts.keys()]) {
          const own = fleet.happenings.filter(({ about }) => about === subject)
          own.forEach(({ kind, episode }, index) => {
            expect(kind).toBe(index % 2 === 0 ? 'opens' : 'resolves')
            expect(episode).toBe(Math.floor(index / 2) + 1)
          })
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is the same when every run happens twice', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 24 }), (steps, size) => {
        expect(live(steps, size, 2).happenings).toEqual(live(steps, size, 1).happenings)
      }),
      { numRuns: 200 },
    )
  })

  it('never has a host fall silent while the feed alert is open', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 5, max: 24 }), (steps, size) => {
        let isFeedOpen = false
        for (const { about, kind } of live(steps, size, 1).happenings) {
          if (about === 'feed') isFeedOpen = kind === 'opens'
          else if (kind === 'opens') expect(isFeedOpen).toBe(false)
        }
      }),
      { numRuns: 200 },
    )
  })
})

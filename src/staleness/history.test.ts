import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyMove, CALM_TRAFFIC, surveyFleet } from '../../test/memory-fleet.ts'
import { UNHEARD, vitals, watchedHost } from '../../test/watched-host.ts'
import { alertIdOf } from '../alerts/identity.ts'
import type { HostId } from '../detect/event.ts'
import { evaluate, type FleetAlert } from './evaluate.ts'
import { silencePolicy } from './policy.ts'
import type { SilenceRecord } from './silence-record.ts'
import type { Traffic } from './survey.ts'
import type { Channel, WatchedHost } from './watched-host.ts'

const START = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const policy = silencePolicy({ silentAfterSeconds: 900, heartbeatSeconds: 300, silenceLearningSeconds: 0 })

/** One alert of the history: the hosts' and the fleet's, in the order in which they happened. */
interface Happening {
  readonly about: string
  readonly rule: string
  readonly episode: number
  readonly kind: 'opens' | 'reopens' | 'resolves'
}

/** A fleet in memory, evaluated as `checkSilence` does it over D1. */
class Fleet {
  readonly hosts = new Map<string, WatchedHost>()
  readonly happenings: Happening[] = []
  private readonly open = new Map<string, Happening>()
  record: SilenceRecord | null = null
  traffic: Traffic = CALM_TRAFFIC
  canarySeenAt: number | null = null

  constructor(size: number, now: number, of: (n: number) => Partial<WatchedHost> = () => ({})) {
    for (let n = 0; n < size; n++) {
      const hostId = `host-${n}` as HostId // made up, as the primary key of `hosts` would be
      this.hosts.set(
        hostId,
        watchedHost({
          hostId,
          since: now,
          heard: { ...UNHEARD, pulse: now, config: now },
          vitals: vitals({ pulses: { count: 10, lastAt: now } }),
          ...of(n),
        }),
      )
    }
  }

  hear(id: string, at: number, channel: Channel = 'pulse'): void {
    const host = this.hosts.get(id)
    if (host === undefined) return
    const { vitals } = host
    const next = ({ lastAt }: { readonly lastAt: number | null }) => ({ lastAt: at, previousAt: lastAt })
    const isLog = channel !== 'config' && channel !== 'distributed'
    const contacts = isLog ? next(vitals.contacts) : vitals.contacts
    const pulses =
      channel === 'pulse'
        ? { ...vitals.pulses, ...next(vitals.pulses), count: vitals.pulses.count + 1 }
        : vitals.pulses
    this.hosts.set(id, {
      ...host,
      heard: { ...host.heard, [channel]: at },
      vitals: { ...vitals, contacts, pulses },
    })
  }

  run(now: number): void {
    const { traffic, canarySeenAt } = this
    const survey = surveyFleet(this.hosts.values(), this.record, policy, now, { traffic, canarySeenAt })
    const { record, alerts, told, quiet } = evaluate(this.record, survey, policy, now)
    this.record = record
    for (const alert of alerts) this.noteFleet(alert)
    for (const move of [...quiet, ...told]) {
      const { host, resolves, raises, episode } = move
      this.hosts.set(host.hostId, applyMove(move))
      const own = [
        { rule: resolves, episode: host.episode, kind: 'resolves' as const },
        { rule: raises?.ruleId ?? null, episode, kind: raises?.kind ?? 'opens' },
      ]
      for (const { rule, ...rest } of own) {
        if (rule !== null && rule !== 'margay.many-hosts-silent')
          this.happenings.push({ about: host.hostId, rule, ...rest })
      }
    }
  }

  private noteFleet(alert: FleetAlert): void {
    if (alert.kind === 'grows') return
    if (alert.kind === 'resolves') {
      const of = this.open.get(alert.change.alertId)
      if (of === undefined) throw new Error('resolves what never opened')
      this.happenings.push({ ...of, kind: 'resolves' })
      return
    }
    const { ruleId, dedup, episode } = alert.spec
    const happening = { about: `fleet ${dedup}`, rule: ruleId, episode, kind: alert.kind }
    this.open.set(alertIdOf('silence', ruleId, dedup, episode), happening)
    this.happenings.push(happening)
  }

  /** In words: `host-7 opens margay.host-silent`. */
  get told(): string[] {
    return this.happenings.map(({ about, kind, rule }) => `${about} ${kind} ${rule.replace('margay.', '')}`)
  }

  get hostAlerts(): Happening[] {
    return this.happenings.filter(({ about }) => !about.startsWith('fleet'))
  }
}

/** Minute by minute: those that `beats` says send their heartbeat (each host in its own minute of five), then the check. */
function pass(
  fleet: Fleet,
  from: number,
  minutes: number,
  beats: (n: number, minute: number) => boolean,
  also: (now: number, minute: number) => void = () => {},
): number {
  for (let minute = 1; minute <= minutes; minute++) {
    const now = from + minute * MINUTE
    for (let n = 0; n < fleet.hosts.size; n++) {
      if ((minute + n) % 5 === 0 && beats(n, minute)) fleet.hear(`host-${n}`, now - 1_000)
    }
    also(now, minute)
    fleet.run(now)
  }
  return from + minutes * MINUTE
}

/** A fleet that has run for so long that nothing is held back. */
function settled(size: number, of?: (n: number) => Partial<WatchedHost>): { fleet: Fleet; now: number } {
  const fleet = new Fleet(size, START, of)
  return { fleet, now: pass(fleet, START, 30, () => true) }
}

describe('a fleet of 100 whose hosts send every five minutes, each in its own minute', () => {
  it('is quiet for a day when all is well', () => {
    const fleet = new Fleet(100, START)
    pass(fleet, START, 24 * 60, () => true)
    expect(fleet.happenings).toEqual([])
  })

  it('alerts once on the one host that dies, in the second minute after its limit', () => {
    const { fleet, now } = settled(100)
    // Host 7 was last heard one second before minute 28, so its 15 minutes end with minute 43.
    const next = pass(fleet, now, 13, n => n !== 7)
    expect(fleet.told).toEqual([])
    const after = pass(fleet, next, 1, n => n !== 7)
    expect(fleet.told).toEqual(['host-7 opens host-silent'])
    pass(fleet, after, 60, n => n !== 7)
    expect(fleet.told).toHaveLength(1)
  })

  it('alerts on the feed and on no host when 30 of them stop, though they cross their limits one by one', () => {
    const { fleet, now } = settled(100)
    pass(fleet, now, 120, n => n >= 30)
    expect(fleet.told).toEqual(['fleet feed opens feed-silent'])
  })

  it('resolves the feed when they are back, and judges only those still silent, after the patience', () => {
    const { fleet, now: begin } = settled(100)
    let now = pass(fleet, begin, 40, () => false)
    now = pass(fleet, now, 60, n => n >= 2)
    expect(fleet.told).toEqual(['fleet feed opens feed-silent', 'fleet feed resolves feed-silent'])
    pass(fleet, now, 35, n => n >= 2)
    expect(fleet.hostAlerts.map(({ about }) => about)).toEqual(['host-0', 'host-1'])
  })

  it('holds nothing back for ever for hosts that never return: a day on, who died meanwhile is told', () => {
    const { fleet, now: begin } = settled(100)
    let now = pass(fleet, begin, 60, n => n >= 30)
    now = pass(fleet, now, 23 * 60, n => n > 30)
    expect(fleet.told).toEqual(['fleet feed opens feed-silent'])
    now = pass(fleet, now, 4 * 60, n => n > 30)
    expect(fleet.told.slice(0, 2)).toEqual([
      'fleet feed opens feed-silent',
      'fleet feed resolves feed-silent',
    ])
    // Ten one by one, the others by the digest.
    expect(fleet.told.slice(2).filter(text => text.endsWith('opens host-silent'))).toHaveLength(10)
    expect(fleet.told).toContain('fleet fleet opens many-hosts-silent')
    expect(fleet.hosts.get('host-30')?.state).toBe('stale')
  })

  it('holds a group back no longer than that either', () => {
    const { fleet, now: begin } = settled(100, n => (n < 12 ? { tags: ['eu-1'] } : {}))
    let now = pass(fleet, begin, 60, n => n >= 8)
    now = pass(fleet, now, 23 * 60, n => n > 8)
    expect(fleet.told).toEqual(['fleet eu-1 opens group-silent'])
    now = pass(fleet, now, 4 * 60, n => n > 8)
    expect(fleet.told.slice(0, 2)).toEqual([
      'fleet eu-1 opens group-silent',
      'fleet eu-1 resolves group-silent',
    ])
    expect(fleet.told).toContain('host-8 opens host-silent')
  })

  it('lets a host that was silent before the outage return during it', () => {
    const { fleet, now: begin } = settled(100)
    let now = pass(fleet, begin, 20, n => n !== 7)
    now = pass(fleet, now, 30, () => false)
    pass(fleet, now, 10, n => n === 7)
    expect(fleet.told.filter(text => text.startsWith('host-7'))).toEqual([
      'host-7 opens host-silent',
      'host-7 resolves host-silent',
    ])
  })

  it('judges nobody for a while after crons were missed, and tells nobody of that', () => {
    const { fleet, now } = settled(100)
    const back = now + 60 * MINUTE
    for (const id of fleet.hosts.keys()) if (id !== 'host-7') fleet.hear(id, back - 3 * MINUTE)
    fleet.run(back)
    expect(fleet.record?.phase).toBe('settling')
    const later = pass(fleet, back, 59, n => n !== 7)
    expect(fleet.told).toEqual([])
    pass(fleet, later, 3, n => n !== 7)
    expect(fleet.told).toEqual(['host-7 opens host-silent'])
  })

  it('tells of an outage of everything, cron too, once it looks again: what went missing meanwhile went missing lately', () => {
    const { fleet, now } = settled(100)
    const back = now + 60 * MINUTE
    fleet.run(back)
    pass(fleet, back, 90, (n, minute) => n !== 7 && minute > 5)
    expect(fleet.told).toEqual(['fleet feed opens feed-silent', 'fleet feed resolves feed-silent'])
  })
})

describe('a group of hosts', () => {
  const site = (n: number): Partial<WatchedHost> =>
    n < 12 ? { tags: ['default', 'site-a'] } : { tags: ['default'] }

  it('is one alert when it goes silent alone, and none of its hosts is told of', () => {
    const { fleet, now } = settled(100, site)
    pass(fleet, now, 120, n => n >= 12)
    expect(fleet.told).toEqual(['fleet site-a opens group-silent'])
  })

  it('counts a host for the group that explains most, not for each that it is in', () => {
    const { fleet, now } = settled(100, n => ({
      ...site(n),
      platform: n < 14 ? 'windows' : 'ubuntu',
    }))
    pass(fleet, now, 60, n => n >= 12)
    expect(fleet.told).toEqual(['fleet site-a opens group-silent'])
  })

  it('resolves when they are back, and tells of those that stay away after the patience', () => {
    const { fleet, now: begin } = settled(100, site)
    let now = pass(fleet, begin, 30, n => n >= 12)
    now = pass(fleet, now, 70, n => n > 0)
    expect(fleet.told).toEqual(['fleet site-a opens group-silent', 'fleet site-a resolves group-silent'])
    pass(fleet, now, 20, n => n > 0)
    expect(fleet.told.at(-1)).toBe('host-0 opens host-silent')
    expect(fleet.told).toHaveLength(3)
  })

  it('does not keep a host outside of it from being told of', () => {
    const { fleet, now } = settled(100, site)
    pass(fleet, now, 60, n => n >= 13)
    expect(fleet.told.toSorted()).toEqual(['fleet site-a opens group-silent', 'host-12 opens host-silent'])
  })
})

describe('many hosts that fall silent one after the other', () => {
  it('page ten times an hour and are otherwise one digest, which resolves when all are back', () => {
    const { fleet, now: begin } = settled(200)
    // Two more die every five minutes, far too few at a time for the gates.
    const isDead = (n: number, minute: number) => n < 2 * Math.floor(minute / 5)
    const now = pass(fleet, begin, 75, (n, minute) => !isDead(n, minute))
    const opened = fleet.hostAlerts.filter(({ kind }) => kind === 'opens')
    expect(opened.length).toBe(10)
    expect(fleet.told.filter(text => text.startsWith('fleet'))).toEqual([
      'fleet fleet opens many-hosts-silent',
    ])
    expect(fleet.record?.digest.hosts).toBeGreaterThan(5)
    pass(fleet, now, 15, () => true)
    expect(fleet.told.filter(text => text.startsWith('fleet')).at(-1)).toBe(
      'fleet fleet resolves many-hosts-silent',
    )
    expect([...fleet.hosts.values()].every(({ state, alert }) => state === 'live' && alert === '')).toBe(true)
  })
})

describe('hosts that behave badly', () => {
  it('pages at most once an hour for one that flaps, as one alert', () => {
    const { fleet, now } = settled(100)
    // Silent for 20 minutes, well for 15, all day long.
    pass(fleet, now, 10 * 60, (n, minute) => n !== 7 || minute % 35 > 20)
    const raised = fleet.happenings.filter(({ kind }) => kind !== 'resolves')
    expect(raised.every(({ about }) => about === 'host-7')).toBe(true)
    // Those that reopen are told an hour after the last.
    expect(raised.filter(({ kind }) => kind === 'opens').length).toBeLessThanOrEqual(10)
    expect(raised.some(({ kind }) => kind === 'reopens')).toBe(true)
  })

  it('is not moved by one that is heard and not heard each minute', () => {
    const { fleet, now } = settled(20)
    pass(
      fleet,
      now,
      300,
      n => n !== 3,
      (at, minute) => {
        if (minute % 2 === 0) fleet.hear('host-3', at)
      },
    )
    expect(fleet.told).toEqual([])
  })

  it('tells of one that enrolls in a loop and logs nothing, once', () => {
    const { fleet, now } = settled(20)
    pass(
      fleet,
      now,
      120,
      n => n !== 3,
      at => {
        const host = fleet.hosts.get('host-3')
        if (host !== undefined) fleet.hosts.set('host-3', { ...host, lastEnrollAt: at, enrolledAt: START })
      },
    )
    expect(fleet.told).toEqual(['host-3 opens host-silent'])
  })

  it('hears an identity that two machines share until both are dead', () => {
    const { fleet, now } = settled(20)
    const other = (at: number, minute: number) => {
      if (minute % 5 === 0) fleet.hear('host-3', at)
    }
    const one = pass(fleet, now, 60, n => n !== 3, other)
    expect(fleet.told).toEqual([])
    pass(fleet, one, 20, n => n !== 3)
    expect(fleet.told).toEqual(['host-3 opens host-silent'])
  })

  it('is the same for a host whose clock is years off: only what the server saw counts', () => {
    const { fleet, now } = settled(20)
    const host = fleet.hosts.get('host-3')
    if (host === undefined) throw new Error('no host')
    const pulses = { ...host.vitals.pulses, lagMs: 20 * 365 * 86_400_000, steady: 5 }
    fleet.hosts.set('host-3', { ...host, vitals: { ...host.vitals, pulses } })
    pass(fleet, now, 120, () => true)
    expect(fleet.told).toEqual([])
  })
})

describe('any history', () => {
  const step = fc.record({
    /** How the clock moves before the run, backwards included. */
    clockMinutes: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0, max: 3 }) },
      { weight: 1, arbitrary: fc.integer({ min: -90, max: 180 }) },
    ),
    /** One bit for each host: which are heard. */
    heard: fc.oneof(fc.constant(0), fc.constant(-1), fc.integer()),
    channel: fc.constantFrom<Channel>('pulse', 'result', 'status', 'config', 'distributed'),
    canary: fc.boolean(),
    refused: fc.constantFrom(0, 0, 0, 50),
  })
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
  const history = fc.array(step, { minLength: 1, maxLength: 80 })

  function live(steps: readonly Step[], size: number, runs: number): Fleet {
    const fleet = new Fleet(size, START, n => ({ tags: n % 2 === 0 ? ['even'] : [] }))
    let now = START
    for (const { clockMinutes, heard, channel, canary, refused } of steps) {
      now += clockMinutes * MINUTE
      if (canary) fleet.canarySeenAt = now
      fleet.traffic = { ...CALM_TRAFFIC, recent: { posts: 100, refused, failedChecks: 0 } }
      for (let n = 0; n < size; n++) if ((heard >> n) & 1) fleet.hear(`host-${n}`, now, channel)
      for (let run = 0; run < runs; run++) fleet.run(now)
    }
    return fleet
  }

  it('has for each host, and for the feed, opens and resolves in turn', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 24 }), (steps, size) => {
        const fleet = live(steps, size, 1)
        for (const subject of ['fleet feed', ...fleet.hosts.keys()]) {
          const own = fleet.happenings.filter(({ about }) => about === subject)
          let open: string | null = null
          let episode = 0
          for (const happening of own) {
            const name = `${happening.rule} ${happening.episode}`
            if (happening.kind === 'resolves') expect(open).toBe(name)
            else {
              expect(open).toBe(null)
              expect(happening.episode).toBe(happening.kind === 'opens' ? episode + 1 : episode)
              episode = happening.episode
            }
            open = happening.kind === 'resolves' ? null : name
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('never has a host fall silent while the feed alert is open', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 5, max: 24 }), (steps, size) => {
        let isFeedOpen = false
        for (const { about, kind } of live(steps, size, 1).happenings) {
          if (about === 'fleet feed') isFeedOpen = kind !== 'resolves'
          else if (!about.startsWith('fleet') && kind !== 'resolves') expect(isFeedOpen).toBe(false)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is the same twice', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 24 }), (steps, size) => {
        expect(live(steps, size, 1).happenings).toEqual(live(steps, size, 1).happenings)
      }),
      { numRuns: 50 },
    )
  })
})

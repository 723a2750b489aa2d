import { describe, expect, it } from 'vitest'
import { CALM_TRAFFIC } from '../../test/memory-fleet.ts'
import { vitals, watchedHost } from '../../test/watched-host.ts'
import type { HostId } from '../detect/event.ts'
import { evaluate } from './evaluate.ts'
import { silencePolicy } from './policy.ts'
import { NO_RECORD, readSilenceRecord, type SilenceRecord, silenceRecordText } from './silence-record.ts'
import { type Company, NO_TALLY, type Survey } from './survey.ts'
import type { Move } from './watched-host.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const policy = silencePolicy({ silentAfterSeconds: 900, heartbeatSeconds: 300 })
const record: SilenceRecord = { ...NO_RECORD, evaluatedAt: NOW - MINUTE }

function survey(census: Partial<Survey['census']> = {}, rest: Partial<Survey> = {}): Survey {
  return {
    traffic: CALM_TRAFFIC,
    canarySeenAt: null,
    servers: 1_000,
    groupServers: new Map(),
    census: {
      fleet: NO_TALLY,
      heldGroups: new Map(),
      companies: [],
      covered: 0,
      falls: [],
      fadings: [],
      returns: [],
      ...census,
    },
    ...rest,
  }
}

const NO_CANARY = { canarySeenAt: NOW - 10 * MINUTE }

function fall(n: number, raises: Partial<NonNullable<Move['raises']>> = {}, host = {}): Move {
  const hostId = `h${n}` as HostId // made up
  return {
    host: watchedHost({ hostId, hostname: `web-${n}`, state: 'late', vitals: vitals(), ...host }),
    to: 'stale',
    since: NOW - 20 * MINUTE,
    episode: 1,
    reason: 'No logs.',
    resolves: null,
    raises: { kind: 'opens', ruleId: 'margay.host-silent', severity: 'high', dueAt: NOW, ...raises },
    toldAt: NOW,
  }
}

const falls = (n: number) => Array.from({ length: n }, (_, index) => fall(index))

describe('the feed', () => {
  it('opens one alert and holds every fall while a gate holds; returns go on', () => {
    const back = { ...fall(9), to: 'live', resolves: 'margay.host-silent', raises: null } as const
    const seen = survey({ falls: falls(3), returns: [back] }, NO_CANARY)
    const { alerts, told, record: next } = evaluate(record, seen, policy, NOW)
    expect(alerts).toMatchObject([
      {
        kind: 'opens',
        spec: { ruleId: 'margay.feed-silent', severity: 'critical', context: { gates: ['canary'] } },
      },
    ])
    expect(told).toEqual([back])
    expect(next).toMatchObject({ phase: 'silent', episode: 1, gates: ['canary'] })
  })

  it('resolves after five calm minutes, says for how long it lasted, and waits out the back-off', () => {
    const silent = {
      ...record,
      phase: 'silent',
      since: NOW - 60 * MINUTE,
      episode: 4,
      gates: ['canary'],
    } as const
    const calm = evaluate(silent, survey(), policy, NOW).record
    expect(calm).toMatchObject({ phase: 'silent', clearSince: NOW })
    const later = NOW + 5 * MINUTE
    const { alerts, record: next } = evaluate(
      { ...calm, evaluatedAt: later - MINUTE },
      survey(),
      policy,
      later,
    )
    expect(alerts).toMatchObject([
      { kind: 'resolves', change: { note: expect.stringContaining('1 h 5 min after it was found silent') } },
    ])
    expect(next).toMatchObject({ phase: 'settling', until: later + 75 * MINUTE })
  })

  it('starts the calm minutes anew when a gate holds again', () => {
    const silent = { ...record, phase: 'silent', since: 1, episode: 4, clearSince: NOW - 4 * MINUTE } as const
    expect(evaluate(silent, survey({}, NO_CANARY), policy, NOW).record.clearSince).toBe(null)
  })

  it('goes on as the same alert when it falls silent again at once, told again after a quarter of an hour', () => {
    const settling = {
      ...record,
      phase: 'settling',
      until: NOW + 60 * MINUTE,
      episode: 4,
      toldAt: NOW - 10 * MINUTE,
    } as const
    const { alerts, record: next } = evaluate(settling, survey({}, NO_CANARY), policy, NOW)
    expect(alerts).toMatchObject([{ kind: 'reopens', spec: { episode: 4 }, dueAt: NOW + 5 * MINUTE }])
    expect(next).toMatchObject({ episode: 4, toldAt: NOW + 5 * MINUTE })
  })

  it.each([
    ['four minutes', 4, 15],
    ['half an hour', 30, 30],
    ['a day', 1_440, 75],
  ])('judges nobody for a time after %s without an evaluation, and says nothing', (_, gap, patience) => {
    const before = { ...record, evaluatedAt: NOW - gap * MINUTE }
    const { alerts, told, record: next } = evaluate(before, survey({ falls: falls(3) }), policy, NOW)
    expect([alerts, told]).toEqual([[], []])
    expect(next).toMatchObject({ phase: 'settling', until: NOW + patience * MINUTE, runningSince: NOW })
  })

  it('shortens what a clock that went back would stretch', () => {
    const settling = {
      ...record,
      phase: 'settling',
      until: NOW + 999 * MINUTE,
      evaluatedAt: NOW + 900 * MINUTE,
    } as const
    expect(evaluate(settling, survey(), policy, NOW).record.until).toBe(NOW + 75 * MINUTE)
  })

  it('judges nobody at the first evaluation of all', () => {
    const { told, record: next } = evaluate(null, survey({ falls: falls(3) }), policy, NOW)
    expect(told).toEqual([])
    expect(next).toMatchObject({ phase: 'settling', episode: 0 })
  })
})

describe('groups', () => {
  const company = (groups: readonly string[], lost: number): Company => ({
    groups,
    newlyMissing: lost,
    overdue: lost,
  })
  const opened = (companies: readonly Company[], sizes: Readonly<Record<string, number>>) =>
    evaluate(
      record,
      survey({ companies }, { groupServers: new Map(Object.entries(sizes)) }),
      policy,
      NOW,
    ).record.groups.map(({ name }) => name)

  it.each([
    ['9 of 9', 9, 9, []],
    ['10 of 10', 10, 10, ['site']],
    ['half of 20', 10, 20, ['site']],
    ['9 of 20', 9, 20, []],
    ['the whole fleet', 1_000, 1_000, []],
  ])('%s', (_, lost, size, names) => {
    expect(opened([company(['site'], lost)], { site: size })).toEqual(names)
  })

  it('are no more than twenty at a time', () => {
    const companies = Array.from({ length: 50 }, (_, n) => company([`site-${n}`], 12))
    const sizes = Object.fromEntries(companies.flatMap(({ groups }) => groups.map(name => [name, 12])))
    expect(opened(companies, sizes)).toHaveLength(20)
  })

  it('hold their hosts back, also in the run in which they fall silent', () => {
    const own = fall(1, {}, { tags: ['site'] })
    const seen = survey(
      { companies: [company(['site'], 12)], falls: [own, fall(2)] },
      { groupServers: new Map([['site', 12]]) },
    )
    expect(evaluate(record, seen, policy, NOW).told).toEqual([fall(2)])
  })

  it.each([
    ['a quarter', 5, 'silent'],
    ['less than a quarter', 4, 'settling'],
  ])('with %s of 20 missing', (_, missing, phase) => {
    const group = { name: 'site', phase: 'silent', episode: 3, since: NOW - 60 * MINUTE, until: 0 } as const
    const seen = survey(
      { heldGroups: new Map([['site', { ...NO_TALLY, missing }]]) },
      { groupServers: new Map([['site', 20]]) },
    )
    expect(evaluate({ ...record, groups: [group] }, seen, policy, NOW).record.groups).toMatchObject([
      { phase },
    ])
  })
})

describe('the cap on pages', () => {
  it('lets ten hosts page in an hour and holds the others for the digest', () => {
    const { told, quiet, alerts, record: next } = evaluate(record, survey({ falls: falls(100) }), policy, NOW)
    expect(told).toHaveLength(10)
    expect(quiet.map(({ raises }) => raises?.ruleId)).toEqual(Array(90).fill('margay.many-hosts-silent'))
    expect(alerts).toMatchObject([
      { kind: 'opens', spec: { title: '90 more hosts are silent', dedup: 'fleet' } },
    ])
    expect(next.digest.names).toHaveLength(50)
    expect(next.pages).toHaveLength(10)
  })

  it('counts those of the last hour only', () => {
    const pages = [NOW - 61 * MINUTE, ...Array(9).fill(NOW - 59 * MINUTE)]
    expect(evaluate({ ...record, pages }, survey({ falls: falls(3) }), policy, NOW).told).toHaveLength(1)
  })

  it('tells first of a host that fell silent right after a grave alert', () => {
    const grave = fall(99, { ruleId: 'margay.silent-after-alert', severity: 'critical' })
    const { told } = evaluate(record, survey({ falls: [...falls(50), grave] }), policy, NOW)
    expect(told[0]).toBe(grave)
  })

  it('gives no place to what pages nobody', () => {
    const low = Array.from({ length: 20 }, (_, n) => fall(n, { severity: 'low' }))
    const { told, record: next } = evaluate(record, survey({ falls: low }), policy, NOW)
    expect(told).toHaveLength(20)
    expect(next.pages).toEqual([])
  })

  it('adds to the digest that is open, and resolves it when nobody is left that it stands for', () => {
    const digest = { episode: 2, since: NOW - MINUTE, hosts: 5, names: ['a'] }
    const pages = Array(10).fill(NOW)
    const grown = evaluate({ ...record, pages, digest }, survey({ falls: falls(2), covered: 5 }), policy, NOW)
    expect(grown.alerts).toMatchObject([{ kind: 'grows', hosts: 7, spec: { episode: 2 } }])
    expect(evaluate({ ...record, digest }, survey({ covered: 1 }), policy, NOW).alerts).toEqual([])
    expect(evaluate({ ...record, digest }, survey(), policy, NOW).alerts).toMatchObject([
      { kind: 'resolves' },
    ])
  })

  it('resolves no more than fifty alerts in one run', () => {
    const back = { ...fall(9), to: 'live', resolves: 'margay.host-silent', raises: null } as const
    expect(evaluate(record, survey({ returns: Array(200).fill(back) }), policy, NOW).told).toHaveLength(50)
  })
})

describe('the record', () => {
  it('is read as it was written', () => {
    const { record: next } = evaluate(record, survey({ falls: falls(100) }, NO_CANARY), policy, NOW)
    expect(readSilenceRecord(silenceRecordText(next))).toEqual(next)
  })

  it.each([
    [
      { phase: 'flowing', episode: 3, evaluatedAt: 5 },
      { phase: 'flowing', episode: 3 },
    ],
    [
      { phase: 'silent', since: 4, episode: 3, evaluatedAt: 5 },
      { phase: 'silent', since: 4, gates: [] },
    ],
    [
      { phase: 'settling', until: 9, episode: 3, evaluatedAt: 5 },
      { phase: 'settling', until: 9 },
    ],
  ])('of the version before is understood: %j', (stored, read) => {
    expect(readSilenceRecord(JSON.stringify(stored))).toMatchObject(read)
  })

  it.each(['', '{}', 'null', '{"phase":"asleep","episode":1,"evaluatedAt":1}'])('%j is refused', text => {
    expect(() => readSilenceRecord(text)).toThrow()
  })

  it('drops a gate that only a newer version knows', () => {
    const stored = { ...NO_RECORD, gates: ['canary', 'moon'] }
    expect(readSilenceRecord(JSON.stringify(stored)).gates).toEqual(['canary'])
  })
})

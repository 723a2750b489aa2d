import { describe, expect, it } from 'vitest'
import { CALM_TRAFFIC } from '../../test/memory-fleet.ts'
import { holdingGates } from './gates.ts'
import { silencePolicy } from './policy.ts'
import type { Gate } from './silence-record.ts'
import { NO_TALLY, type Survey, type Tally, type Traffic } from './survey.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const policy = silencePolicy({ silentAfterSeconds: 900, heartbeatSeconds: 300 })

interface Facts {
  readonly traffic?: Partial<Traffic>
  readonly recent?: Partial<Traffic['recent']>
  readonly canaryAgeMs?: number
  readonly fleet?: Partial<Tally>
  readonly servers?: number
}

function survey({ traffic, recent, canaryAgeMs, fleet, servers = 100 }: Facts): Survey {
  return {
    traffic: { ...CALM_TRAFFIC, ...traffic, recent: { ...CALM_TRAFFIC.recent, ...recent } },
    canarySeenAt: canaryAgeMs === undefined ? null : NOW - canaryAgeMs,
    servers,
    groupServers: new Map(),
    census: {
      fleet: { ...NO_TALLY, ...fleet },
      heldGroups: new Map(),
      companies: [],
      covered: 0,
      falls: [],
      fadings: [],
      returns: [],
    },
  }
}

/** Which gates hold, when those held before and evaluations have gone on for so long. */
function gates(facts: Facts, before: readonly Gate[] = [], ranMs = DAY): readonly Gate[] {
  const memory = { gates: before, runningSince: NOW - ranMs }
  return holdingGates(memory, survey(facts), policy, NOW).map(({ gate }) => gate)
}

/** Facts that open each gate; facts between opening and closing it; facts that close it. */
const EACH = [
  ['canary', { canaryAgeMs: 6 * MINUTE }, { canaryAgeMs: 4 * MINUTE }, { canaryAgeMs: 2 * MINUTE }],
  [
    'no-posts',
    { traffic: { posts: 0, usualHours: [4_000, 6_000] } },
    { traffic: { posts: 1, usualHours: [4_000, 6_000] } },
    { traffic: { posts: 20, usualHours: [4_000, 6_000] } },
  ],
  [
    'mass-silence',
    { fleet: { missing: 20, newlyMissing: 20, overdue: 1 } },
    { fleet: { missing: 15, newlyMissing: 15, overdue: 15 } },
    { fleet: { missing: 10, newlyMissing: 10, overdue: 10 } },
  ],
  [
    'own-errors',
    { recent: { posts: 94, refused: 10 } },
    { recent: { posts: 94, refused: 5 } },
    { recent: { posts: 300, refused: 5 } },
  ],
] as const satisfies readonly (readonly [Gate, Facts, Facts, Facts])[]

describe.each(EACH)('%s', (gate, opening, between, closing) => {
  it('takes hold', () => {
    expect(gates(opening)).toEqual([gate])
    expect(gates(opening, [gate])).toEqual([gate])
  })

  it('neither takes hold nor lets go in between', () => {
    expect(gates(between)).toEqual([])
    expect(gates(between, [gate])).toEqual([gate])
  })

  it('lets go', () => {
    expect(gates(closing, [gate])).toEqual([])
  })

  it('says why in words', () => {
    const [held] = holdingGates({ gates: [], runningSince: 0 }, survey(opening), policy, NOW)
    expect(held?.reason).toMatch(/^\S.{30,}\.$/)
  })
})

describe('the canary', () => {
  it('means nothing before one ever came round', () => {
    expect(gates({})).toEqual([])
  })

  it('is not missed for the time in which cron was away, for cron sends it', () => {
    expect(gates({ canaryAgeMs: 60 * MINUTE }, [], 2 * MINUTE)).toEqual([])
    expect(gates({ canaryAgeMs: 60 * MINUTE }, [], 6 * MINUTE)).toEqual(['canary'])
  })

  it('is fresh when it lies in the future: the clock went back', () => {
    expect(gates({ canaryAgeMs: -60 * MINUTE })).toEqual([])
    expect(gates({ canaryAgeMs: -60 * MINUTE }, ['canary'])).toEqual([])
  })
})

describe('posts that no longer come', () => {
  const none = (usualHours: readonly number[], servers = 100) => ({
    traffic: { posts: 0, usualHours },
    servers,
  })

  it('mean nothing without a day to compare with', () => {
    expect(gates(none([]))).toEqual([])
  })

  it('mean nothing where fewer than ten are usual', () => {
    expect(gates(none([199]))).toEqual([])
    expect(gates(none([200]))).toEqual(['no-posts'])
  })

  it.each([
    [
      [4_000],
      'No post came in 3 minutes; at this time of day at least 200 came in as long on the day before.',
    ],
    [
      [6_000, 4_000],
      'No post came in 3 minutes; at this time of day at least 200 came in as long on each of the last 2 days.',
    ],
  ])('are told with what is usual: %j', (usualHours, reason) => {
    const memory = { gates: [], runningSince: 0 }
    expect(holdingGates(memory, survey(none(usualHours)), policy, NOW)).toEqual([
      { gate: 'no-posts', reason },
    ])
  })

  it('are compared with the quietest day, so that a Sunday is not an outage', () => {
    expect(gates(none([4_000, 4_000, 4_000, 4_000, 4_000, 0, 4_000]))).toEqual([])
  })

  it('mean nothing in a fleet without servers, or before three minutes were watched', () => {
    expect(gates(none([4_000], 0))).toEqual([])
    expect(gates(none([4_000]), [], 2 * MINUTE)).toEqual([])
  })
})

describe('many servers at once', () => {
  it.each<[string, Partial<Tally>, number, boolean]>([
    ['four of ten', { missing: 4, newlyMissing: 4, overdue: 4 }, 10, false],
    ['five of ten', { missing: 5, newlyMissing: 5, overdue: 5 }, 10, true],
    ['19 of 100', { missing: 19, newlyMissing: 19, overdue: 1 }, 100, false],
    ['20 of 100, one of them past its limit', { missing: 20, newlyMissing: 20, overdue: 1 }, 100, true],
    ['20 of 100 before any is past its limit', { missing: 20, newlyMissing: 20 }, 100, false],
    ['20 of 100 that have long been missing', { missing: 20, newlyMissing: 4, overdue: 20 }, 100, false],
    [
      '2 more where 18 fell just now',
      { missing: 2, newlyMissing: 2, overdue: 1, recentlyFallen: 18 },
      82,
      true,
    ],
    ['all of 100,000', { missing: 100_000, newlyMissing: 100_000, overdue: 1 }, 100_000, true],
  ])('%s', (_, fleet, servers, holds) => {
    expect(gates({ fleet, servers })).toEqual(holds ? ['mass-silence'] : [])
  })

  it('lets go when only two are missing, however small the fleet', () => {
    const fleet = { missing: 2, newlyMissing: 2, overdue: 2 }
    expect(gates({ fleet, servers: 3 }, ['mass-silence'])).toEqual([])
  })
})

describe('errors of our own', () => {
  it.each<[string, Partial<Traffic['recent']>, boolean]>([
    ['9 of 9 refused', { posts: 0, refused: 9 }, false],
    ['10 of 10 refused', { posts: 0, refused: 10 }, true],
    ['10 of 200 refused', { posts: 190, refused: 10 }, false],
    ['11 of 200 refused', { posts: 189, refused: 11 }, true],
    ['two failed evaluations', { failedChecks: 2 }, false],
    ['three failed evaluations', { failedChecks: 3 }, true],
  ])('%s', (_, recent, holds) => {
    expect(gates({ recent })).toEqual(holds ? ['own-errors'] : [])
  })
})

it('names every gate that holds', () => {
  const facts = { canaryAgeMs: 6 * MINUTE, recent: { posts: 0, refused: 50 } }
  expect(gates(facts)).toEqual(['canary', 'own-errors'])
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testSettings } from '../../test/world.ts'
import { pack } from '../detect/pack.ts'
import type { HostVitalsRow } from '../store/host-vitals.ts'
import type { SilentPair } from '../store/query-sightings.ts'
import { linesLost, oldConfigs } from './agent-trouble.ts'
import { lossOf } from './loss.ts'
import { silencePolicy } from './policy.ts'
import { silentHosts } from './query-silence.ts'
import { snapshotQueries } from './snapshot-queries.ts'
import { NO_VITALS, type Pulses } from './vitals.ts'
import { vitalsText } from './vitals-text.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 10, 24, 12)
const policy = silencePolicy(testSettings({ heartbeatSeconds: 300 }))

const textOf = (pulses: Partial<Pulses>) =>
  vitalsText({ ...NO_VITALS, pulses: { ...NO_VITALS.pulses, ...pulses } })

const stock = pack({
  name: 'stock',
  description: 'Snapshots',
  platform: 'linux',
  tags: ['prod'],
  queries: {
    ports: { query: 'SELECT 1;', interval: 3600, snapshot: true },
    quick: { query: 'SELECT 1;', interval: 60, snapshot: true },
    day: { query: 'SELECT 1;', interval: 86_400, snapshot: true },
  },
})
const queries = snapshotQueries([stock])

function queryNamed(name: string) {
  const query = queries.get(`stock/${name}`)
  if (query === undefined) throw new Error(`no query ${name}`)
  return query
}

/** A host that ran for 36 pulses, three hours, without rows. */
const pulses = { count: 136, configPulses: 200, configId: 'aaaaaaaaaaaa' }
const pair = (overrides: Partial<SilentPair> = {}, beats: Partial<Pulses> = {}): SilentPair => ({
  query: 'stock/ports',
  hostId: 'host-1',
  hostname: 'web-1.example.com',
  lastAt: NOW - 3 * HOUR,
  pulsesThen: 100,
  platform: 'ubuntu',
  tags: '["prod"]',
  state: 'live',
  revokedAt: null,
  lastEnrollAt: 0,
  lastPulseAt: NOW - MINUTE,
  servedConfig: 'aaaaaaaaaaaa',
  vitals: textOf({ ...pulses, ...beats }),
  ...overrides,
})

const silent = (silentPair: SilentPair, name = 'ports') =>
  silentHosts(queryNamed(name), [silentPair], policy, NOW).map(({ isHere }) => isHere)

describe('a query on a host', () => {
  it.each<[string, SilentPair, readonly boolean[], string?]>([
    ['ran for three intervals without rows', pair(), [true]],
    ['ran for almost three', pair({ pulsesThen: 101 }), []],
    [
      'ran for three intervals of running time in less by the clock',
      pair({ lastAt: NOW - 3 * HOUR + 1 }),
      [],
    ],
    ['slept for most of the time', pair({ lastAt: NOW - 30 * HOUR, pulsesThen: 120 }), []],
    ['is a quick query, short of two hours', pair({ pulsesThen: 113 }), [], 'quick'],
    ['is a quick query, after two hours', pair({ pulsesThen: 112 }), [true], 'quick'],
    ['is a query of every day', pair({ lastAt: NOW - 80 * HOUR }), [], 'day'],
    [
      'is a query of every day, after three',
      pair({ lastAt: NOW - 80 * HOUR, pulsesThen: 0 }, { count: 864, configPulses: 864 }),
      [true],
      'day',
    ],
    ['is not known to have pulsed then', pair({ pulsesThen: null }), []],
    ['got its config since', pair({}, { configPulses: 35 }), []],
    ['runs another config than it was given', pair({ servedConfig: 'bbbbbbbbbbbb' }), []],
    ['doesn’t say what it runs', pair({ servedConfig: '' }, { configId: '' }), []],
    ['is a platform that isn’t served it', pair({ platform: 'windows' }), []],
    ['lost its tag', pair({ tags: '["lab"]' }), []],
    ['has tags that can’t be read', pair({ tags: '["prod"' }), []],
    ['sends what it buffered', pair({}, { lagMs: HOUR }), []],
    ['has a clock that is off', pair({}, { lagMs: HOUR, steady: 3 }), [true]],
    ['is revoked', pair({ revokedAt: NOW, lastEnrollAt: NOW }), []],
    ['was revoked and let in again', pair({ revokedAt: 1, lastEnrollAt: 2 }), [true]],
    ['is away', pair({ lastPulseAt: NOW - HOUR }), [false]],
    ['is silent altogether', pair({ state: 'stale' }), [false]],
    ['has vitals that can’t be read', pair({ vitals: '{"pulses":' }), []],
  ])('that %s', (_, silentPair, hosts, name = 'ports') => {
    expect(silent(silentPair, name)).toEqual(hosts)
  })

  it('is judged without an error whatever its row says', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.anything(), (vitals, tags, value) => {
        expect(silent(pair({ vitals, tags }))).toEqual([])
        expect(() => silent(pair({ vitals: JSON.stringify({ pulses: value }) ?? '' }))).not.toThrow()
      }),
    )
  })
})

describe('which snapshots are watched', () => {
  it('is not the heartbeat, nor what is differential or found by discovery', () => {
    const other = pack({
      name: 'other',
      description: '',
      queries: { diff: { query: 'SELECT 1;', interval: 60 } },
    })
    const found = pack({
      name: 'found',
      description: '',
      discovery: ['SELECT 1;'],
      queries: { snap: { query: 'SELECT 1;', interval: 60, snapshot: true } },
    })
    const margay = pack({
      name: 'margay',
      description: '',
      queries: { heartbeat: { query: 'SELECT 1;', interval: 60, snapshot: true } },
    })
    expect([...snapshotQueries([other, found, margay, stock]).keys()]).toEqual([
      'stock/ports',
      'stock/quick',
      'stock/day',
    ])
  })
})

const row = (beats: Partial<Pulses>, overrides: Partial<HostVitalsRow> = {}): HostVitalsRow => ({
  hostId: 'host-1',
  hostname: 'web-1.example.com',
  lastPulseAt: NOW,
  lastConfigAt: NOW,
  servedConfig: 'bbbbbbbbbbbb',
  servedConfigAt: NOW - 2 * HOUR,
  vitals: textOf({ count: 90, lastAt: NOW, configId: 'aaaaaaaaaaaa', configPulses: 40, ...beats }),
  ...overrides,
})

describe('a host that was given another config', () => {
  it.each<[string, HostVitalsRow, boolean]>([
    ['two hours ago', row({}), true],
    ['an hour ago', row({}, { servedConfigAt: NOW - HOUR }), true],
    ['less than an hour ago', row({}, { servedConfigAt: NOW - HOUR + 1 }), false],
    ['and has it', row({ configId: 'bbbbbbbbbbbb' }), false],
    ['and was not heard since', row({ lastAt: NOW - 110 * MINUTE }), false],
    ['and sent two pulses of the old one', row({ configPulses: 2 }), false],
    ['and sends what it buffered', row({ lagMs: HOUR }), false],
    ['and has a clock that is off', row({ lagMs: HOUR, steady: 9 }), true],
    ['never', row({}, { servedConfig: '', servedConfigAt: null }), false],
    ['and has vitals that can’t be read', row({}, { vitals: 'x' }), false],
  ])('%s', (_, host, isOld) => {
    expect(oldConfigs([host], policy) !== null).toBe(isOld)
  })

  it('and never says what it runs is foreign: listed with others, no trouble of its own', () => {
    const foreign = row({ configId: '' }, { hostId: 'host-9' })
    expect(oldConfigs([foreign], policy)).toBeNull()
    expect(oldConfigs([foreign, row({})], policy)).toMatchObject({
      hosts: [{ hostId: 'host-1' }],
      foreign: [{ hostId: 'host-9' }],
    })
  })
})

describe('lost lines', () => {
  const gap = { from: NOW - 5 * HOUR, to: NOW - 4 * HOUR, pulses: 11 }
  const drop = (minutesAgo: number, lines = 4) => ({
    hostId: 'host-2',
    hostname: 'web-2.example.com',
    lines,
    firstMinute: NOW / MINUTE - minutesAgo,
    lastMinute: NOW / MINUTE - minutesAgo,
  })
  const since = NOW - 30 * MINUTE

  it('are pulses given up since, and lines that hosts say they dropped', () => {
    const loser = row({ lost: 20, lostAt: NOW - MINUTE, gaps: [gap] })
    expect(linesLost([loser], [drop(3)], since)).toMatchObject({
      hosts: [
        { hostId: 'host-2', droppedLines: 4, gap: null },
        { hostId: 'host-1', droppedLines: 0, gap, toldAt: NOW - MINUTE },
      ],
    })
  })

  it('of one host are one', () => {
    const loser = row({ lost: 20, lostAt: NOW - 9 * MINUTE, gaps: [gap] }, { hostId: 'host-2' })
    expect(linesLost([loser], [drop(3)], since)?.hosts).toEqual([
      expect.objectContaining({ hostId: 'host-2', droppedLines: 4, gap, toldAt: NOW - 2 * MINUTE - 1 }),
    ])
  })

  it('of before are none', () => {
    expect(linesLost([row({ lost: 20, lostAt: since - 1, gaps: [gap] })], [drop(31)], since)).toBeNull()
    expect(linesLost([row({})], [drop(1, 0)], since)).toBeNull()
  })

  it('are summed up for a host', () => {
    const vitals = { ...NO_VITALS, pulses: { ...NO_VITALS.pulses, lost: 20, lostAt: 7, gaps: [gap, gap] } }
    expect(lossOf(vitals, 3)).toEqual({
      lostPulses: 20,
      lostAt: 7,
      gaps: [gap, gap],
      droppedLines: 3,
      minutesAtRisk: 120,
    })
    expect(lossOf(NO_VITALS, Number.NaN)).toMatchObject({ lostPulses: 0, droppedLines: 0, minutesAtRisk: 0 })
  })
})

import { describe, expect, it } from 'vitest'
import { packs, rules } from '../../rules/index.ts'
import { createEngine } from '../../src/detect/engine.ts'
import type { HostId, OsqueryEvent } from '../../src/detect/event.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import { type HostProfile, hostProfile } from './host-profile.ts'
import { HOSTILE_ROWS, LOOKALIKE_ROWS, suspectLine } from './hostile-rows.ts'
import { batchLine, calendarTime, eventLine, snapshotEventLine, snapshotLine } from './result-line.ts'
import { activityLine, headOf, heartbeatLine, QUIET_MESSAGES } from './rows.ts'
import { Seed } from './seed.ts'

const NOW_S = Date.UTC(2026, 10, 24, 12) / 1000
const HOST_ID = 'simulated-host' as HostId // any text is a host id below the agent routes
const engine = createEngine(rules)

/** The events that the Worker makes of a line. */
function eventsOf(line: string): OsqueryEvent[] {
  const events: OsqueryEvent[] = []
  const post = createNormalizer(packs).post({ hostId: HOST_ID, receivedAt: NOW_S * 1000 })
  expect(post.add(JSON.parse(line), false, events)).toBeNull()
  return events
}

/** Ids of the built-in rules that find something in a line. */
function rulesThatFire(line: string, host: HostProfile): string[] {
  const facts = { id: HOST_ID, name: host.hostname, platform: host.platform, tags: [] }
  return eventsOf(line).flatMap(event =>
    engine.evaluate(event, facts).map(finding => `${finding.kind} ${finding.ruleId}`),
  )
}

const fleet = () => {
  const seed = new Seed(5)
  return Array.from({ length: 12 }, (_, index) => hostProfile(seed, index))
}
const hostFor = (platforms: readonly HostProfile['platform'][]) => {
  const host = fleet().find(({ platform }) => platforms.includes(platform))
  if (host === undefined) throw new Error('no host of that platform')
  return host
}

describe('simulated rows', () => {
  it('are the same for the same seed and differ for another', () => {
    const lines = (seed: number) => {
      const random = new Seed(seed)
      const host = hostProfile(random, 0)
      return Array.from({ length: 50 }, (_, n) => activityLine(host, random, NOW_S, n))
    }
    expect(lines(1)).toEqual(lines(1))
    expect(lines(1)).not.toEqual(lines(2))
  })

  it.each(QUIET_MESSAGES)('leave every rule quiet, as does the message of the agent: %s', message => {
    const [host] = fleet()
    if (host === undefined) throw new Error('the fleet is empty')
    const status = { severity: 1, filename: 'scheduler.cpp', line: 7, message, version: '5.23.1' }
    const line = JSON.stringify({ hostIdentifier: 'x', calendarTime: '', unixTime: NOW_S, ...status })
    expect(eventsOf(line)).toMatchObject([{ p_log_type: 'Osquery.Status', message }])
    expect(rulesThatFire(line, host)).toEqual([])
  })

  it('are never the same twice on one host', () => {
    const random = new Seed(3)
    const host = hostProfile(random, 0)
    const lines = Array.from({ length: 500 }, (_, n) => activityLine(host, random, NOW_S, n))
    expect(new Set(lines).size).toBe(500)
  })

  it('are about as large as real ones and come from ten tables and more', () => {
    const random = new Seed(4)
    const lines = fleet().flatMap(host =>
      Array.from({ length: 100 }, (_, n) => activityLine(host, random, NOW_S, n)),
    )
    const mean = lines.reduce((sum, line) => sum + line.length, 0) / lines.length
    expect(mean).toBeGreaterThan(380)
    expect(mean).toBeLessThan(600)
    const tables = new Set(lines.flatMap(eventsOf).map(({ p_table }) => p_table))
    expect(tables.size).toBeGreaterThanOrEqual(10)
  })

  it('of everyday life wake no rule', () => {
    const random = new Seed(6)
    for (const host of fleet()) {
      for (let n = 0; n < 100; n += 1) {
        expect(rulesThatFire(activityLine(host, random, NOW_S, n), host)).toEqual([])
      }
      const pulse = heartbeatLine(host, 'pack_margay_heartbeat', NOW_S, { uptimeSeconds: 60 })
      expect(rulesThatFire(pulse, host)).toEqual([])
      expect(eventsOf(pulse)[0]).toMatchObject({ p_pack: 'margay', p_query: 'heartbeat' })
    }
  })

  it.each(HOSTILE_ROWS)('of $what wake $rule and nothing else', row => {
    const host = hostFor(row.platforms)
    expect(rulesThatFire(suspectLine(row, host, NOW_S, 1), host)).toEqual([`match ${row.rule}`])
  })

  it.each(LOOKALIKE_ROWS)('of $what wake no rule', row => {
    const host = hostFor(row.platforms)
    expect(rulesThatFire(suspectLine(row, host, NOW_S, 1), host)).toEqual([])
  })
})

describe('result lines', () => {
  const head = headOf(hostProfile(new Seed(1), 0), 'q', NOW_S, 2)
  const members = (line: string) => Object.keys(JSON.parse(line) as object)
  const common = [
    'name',
    'hostIdentifier',
    'calendarTime',
    'unixTime',
    'epoch',
    'counter',
    'numerics',
    'decorations',
  ]

  it('have osquery’s members in osquery’s order, columns sorted', () => {
    const line = eventLine(head, 'added', { b: '1', a: '2' })
    expect(members(line)).toEqual([...common, 'columns', 'action'])
    expect(line).toContain('"columns":{"a":"2","b":"1"}')
    expect(members(batchLine(head, [], [{ a: '1' }]))).toEqual(['diffResults', ...common])
    expect(members(snapshotLine(head, []))).toEqual(['snapshot', 'action', ...common])
  })

  it('of snapshots count from nothing', () => {
    expect(JSON.parse(snapshotEventLine(head, {}))).toMatchObject({ counter: 0, action: 'snapshot' })
  })

  it('pad the day with a space', () => {
    expect(calendarTime(1_767_225_661)).toBe('Thu Jan  1 00:01:01 2026 UTC')
    expect(calendarTime(NOW_S)).toBe('Tue Nov 24 12:00:00 2026 UTC')
  })
})

import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { failingD1 } from '../../test/faults.ts'
import { eventAt, hostId, matchOf } from '../../test/findings.ts'
import { freshStorage } from '../../test/storage.ts'
import { worldFor } from '../../test/world.ts'
import { createEngine } from '../detect/engine.ts'
import type { Finding, RuleMatch } from '../detect/finding.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { query, type Rule, rule } from '../detect/rule.ts'
import { type SequenceDefinition, sequence } from '../detect/sequence.ts'
import type { World } from '../env.ts'
import { listAlerts } from '../store/alerts.ts'
import { intakeFindings, isConflict } from './intake.ts'

const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})
const START = Date.UTC(2026, 10, 24, 10)
const SECOND = 1_000
const MINUTE = 60 * SECOND

function part(id: string): Rule {
  return rule({
    id,
    title: id,
    severity: 'info',
    on: query(id),
    detect: ({ columns }) => columns['yes'] === '1',
    sequenceKey: () => 'key',
    ...described,
    tests: [
      { name: 'yes', match: true, columns: { yes: '1' } },
      { name: 'no', match: false },
    ],
  })
}

const failed = part('test.failed')
const success = part('test.success')

function sequenceOf(change: Partial<SequenceDefinition>) {
  return sequence({
    id: 'test.pair',
    title: 'Pair',
    severity: 'high',
    first: failed,
    next: success,
    within: '1m',
    alertTitle: ({ key, host, firsts, columns }) =>
      `${key} on ${host} after ${firsts.length}: ${columns['command']}`,
    context: ({ firsts }) => ({ before: firsts.map(({ title }) => title) }),
    ...described,
    tests: [
      { name: 'yes', match: true, steps: [] },
      { name: 'no', match: false, steps: [] },
    ],
    ...change,
  })
}

const { sequences } = createEngine(
  [failed, success],
  [],
  [sequenceOf({}), sequenceOf({ id: 'test.three', atLeast: 3, within: '2m' })],
)

beforeEach(freshStorage)

/** A silent match at this second; its row id tells rule, second and key apart. */
function mark(ruleId: string, second: number, key = 'k', twin = 0): RuleMatch {
  const at = START + second * SECOND
  const event = eventAt(at * 1000 + (ruleId === failed.id ? 0 : 500) + twin, {
    p_event_time: at,
    columns: { command: `${ruleId} ${second}` },
  })
  return matchOf(0, { ruleId, event, title: `${ruleId} ${second}`, alert: false, sequence: { key, at } })
}
const first = (second: number, key?: string, twin?: number) => mark(failed.id, second, key, twin)
const next = (second: number, key?: string, twin?: number) => mark(success.id, second, key, twin)

/** What the ingest consumer does: plan, commit, and begin again when someone else was quicker. */
async function commit(world: World, findings: readonly Finding[]): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const { statements } = await intakeFindings(world, findings, routing, new Map(), sequences)
    if (statements.length === 0) return
    try {
      await world.db.batch(statements)
      return
    } catch (error) {
      if (!isConflict(error)) throw error
    }
  }
  throw new Error('never came through')
}

/** Row ids of the matches that a sequence made. */
async function completed(id = 'test.pair'): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(
    'SELECT p_row_id AS rowId FROM matches WHERE rule_id = ? ORDER BY 1',
  )
    .bind(id)
    .all<{ rowId: string }>()
  return results.map(({ rowId }) => rowId)
}

const rowIds = (...findings: readonly RuleMatch[]) =>
  findings.map(({ event }) => event.p_row_id as string).sort()
const alerts = async () => (await listAlerts(env.DB, {}, null, 100))?.items ?? []

describe('a sequence', () => {
  it('is completed within one chunk', async () => {
    await commit(worldFor(env), [next(10), first(0)])
    expect(await completed()).toEqual(rowIds(next(10)))
    expect(await alerts()).toMatchObject([
      {
        ruleId: 'test.pair',
        title: 'k on web-1.example.com after 1: test.success 10',
        dedup: 'k',
        context: '{"before":["test.failed 0"]}',
        firstRowId: next(10).event.p_row_id,
      },
    ])
  })

  it('is completed by a later chunk', async () => {
    const world = worldFor(env)
    await commit(world, [first(0)])
    expect(await completed()).toEqual([])
    await commit(world, [next(10)])
    expect(await completed()).toEqual(rowIds(next(10)))
    expect((await alerts())[0]?.title).toBe('k on web-1.example.com after 1: test.success 10')
  })

  it('is completed by a first match that comes late, with the same match', async () => {
    const world = worldFor(env)
    await commit(world, [next(10)])
    await commit(world, [first(0)])
    expect(await completed()).toEqual(rowIds(next(10)))
    expect(await alerts()).toMatchObject([
      { title: 'k on web-1.example.com after 1: test.success 10', hostId: 'host-1' },
    ])
    const stored = await env.DB.prepare(
      "SELECT event FROM matches WHERE rule_id = 'test.pair'",
    ).first<string>('event')
    expect(JSON.parse(stored ?? '')).toEqual(next(10).event)
  })

  it('names the host as its row does', async () => {
    const facts = { id: hostId('host-1'), name: 'web-1', platform: 'ubuntu', tags: [] }
    const hosts = new Map([[facts.id, facts]])
    const { statements } = await intakeFindings(worldFor(env), [first(0), next(1)], routing, hosts, sequences)
    await env.DB.batch(statements)
    expect((await alerts())[0]?.title).toBe('k on web-1 after 1: test.success 1')
  })

  it.each([
    ['at the same moment', 0, 1],
    ['exactly as long as it may take', 60, 1],
    ['a second longer', 61, 0],
    ['in the wrong order', -1, 0],
  ])('is or is not one: %s', async (_name, second, count) => {
    const world = worldFor(env)
    await commit(world, [first(0)])
    await commit(world, [next(second)])
    expect(await completed()).toHaveLength(count)
  })

  it('is none with different keys', async () => {
    await commit(worldFor(env), [first(0, 'a'), next(1, 'b')])
    expect(await completed()).toEqual([])
  })

  it('takes as many as it says, from chunks in whatever order', async () => {
    const world = worldFor(env)
    await commit(world, [first(2)])
    await commit(world, [next(3)])
    await commit(world, [first(1)])
    expect(await completed('test.three')).toEqual([])
    await commit(world, [first(0)])
    expect(await completed('test.three')).toEqual(rowIds(next(3)))
  })

  it('shares the window of its key: a second one appends', async () => {
    const world = worldFor(env)
    await commit(world, [first(0), next(1)])
    await commit(world, [next(2)])
    expect(await alerts()).toMatchObject([{ eventCount: 2 }])
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM deliveries WHERE action = 'trigger'").first('n'),
    ).toBe(1)
  })

  it('is counted as a match of its own', async () => {
    await commit(worldFor(env), [first(0), next(1)])
    const { results } = await env.DB.prepare(
      "SELECT label, value FROM counters WHERE name = 'rule_matches'",
    ).all()
    expect(results).toEqual([{ label: 'test.pair', value: 1 }])
  })

  it('costs nothing where no match takes part', async () => {
    const { store, calls } = failingD1(env.DB, { failAt: 99 })
    await intakeFindings(worldFor({ ...env, DB: store }), [matchOf(1)], routing, new Map(), sequences)
    expect(calls()).toBe(1)
  })
})

describe('a chunk that comes again', () => {
  it('adds nothing', async () => {
    const world = worldFor(env)
    await commit(world, [first(0), next(1)])
    await commit(world, [next(2)])
    const before = await completed()
    world.advance(3 * 60 * MINUTE)
    for (const chunk of [[first(0), next(1)], [next(2)], [first(0)], [next(1), next(2)]])
      await commit(world, chunk)
    expect(await completed()).toEqual(before)
    expect(await alerts()).toHaveLength(1)
  })

  it('adds nothing when its answer was lost', async () => {
    await commit(worldFor(env), [first(0)])
    // Two reads, then the write: it is done, and its answer is lost.
    const { store } = failingD1(env.DB, { failAt: 2, after: true })
    await expect(commit(worldFor({ ...env, DB: store }), [next(1)])).rejects.toThrow(
      'Network connection lost',
    )
    expect(await completed()).toHaveLength(1)
    await commit(worldFor(env), [next(1)])
    expect(await completed()).toHaveLength(1)
  })
})

describe('two chunks at the same time', () => {
  it('see each other: neither goes without the pair that they make', async () => {
    const world = worldFor(env)
    const one = await intakeFindings(world, [first(0)], routing, new Map(), sequences)
    const other = await intakeFindings(world, [next(1)], routing, new Map(), sequences)
    await env.DB.batch(one.statements)
    await expect(env.DB.batch(other.statements)).rejects.toSatisfy(isConflict)
    await commit(world, [next(1)])
    expect(await completed()).toEqual(rowIds(next(1)))
  })

  it('see each other the other way round', async () => {
    const world = worldFor(env)
    const one = await intakeFindings(world, [first(0)], routing, new Map(), sequences)
    const other = await intakeFindings(world, [next(1)], routing, new Map(), sequences)
    await env.DB.batch(other.statements)
    await expect(env.DB.batch(one.statements)).rejects.toSatisfy(isConflict)
    await commit(world, [first(0)])
    expect(await completed()).toEqual(rowIds(next(1)))
  })

  it('that each bring one of the firsts that are missing see each other', async () => {
    const world = worldFor(env)
    await commit(world, [first(0), next(3)])
    const one = await intakeFindings(world, [first(1)], routing, new Map(), sequences)
    const other = await intakeFindings(world, [first(2)], routing, new Map(), sequences)
    await env.DB.batch(one.statements)
    await expect(env.DB.batch(other.statements)).rejects.toSatisfy(isConflict)
    await commit(world, [first(2)])
    expect(await completed('test.three')).toEqual(rowIds(next(3)))
  })

  it('do not hold each other up once the sequence is complete', async () => {
    const world = worldFor(env)
    const one = await intakeFindings(world, [first(0), next(2)], routing, new Map(), sequences)
    await commit(world, [first(1)])
    const pairOnly = createEngine([failed, success], [], [sequenceOf({})]).sequences
    const other = await intakeFindings(world, [first(5), next(9)], routing, new Map(), pairOnly)
    await commit(world, [first(6)])
    await env.DB.batch(other.statements)
    await expect(env.DB.batch(one.statements)).rejects.toSatisfy(isConflict) // `test.three` still counts
    expect(await completed()).toEqual(rowIds(next(9)))
  })
})

describe('a flood', () => {
  it('of firsts costs one look, and the sequence is found', async () => {
    const world = worldFor(env)
    const flood = Array.from({ length: 2_000 }, (_, index) => first(index % 50, 'k', index))
    await commit(world, flood)
    await commit(world, [next(50)])
    expect(await completed()).toHaveLength(1)
    expect((await alerts()).map(({ title }) => title)).toContain(
      'k on web-1.example.com after 20: test.success 50',
    )
  })

  it('of nexts before a late first makes a hundred matches and one alert for each sequence', async () => {
    const world = worldFor(env)
    await commit(
      world,
      Array.from({ length: 300 }, (_, index) => next(10, 'k', index)),
    )
    await commit(world, [first(0)])
    expect(await completed()).toHaveLength(100)
    expect(await alerts()).toHaveLength(1)
  })
})

interface Play {
  readonly marks: readonly { readonly isFirst: boolean; readonly second: number; readonly key: string }[]
  readonly chunkOf: readonly number[]
  readonly together: boolean
}

const plays: fc.Arbitrary<Play> = fc.record({
  marks: fc.array(
    fc.record({ isFirst: fc.boolean(), second: fc.nat(90), key: fc.constantFrom('a', 'a', 'b') }),
    {
      minLength: 3,
      maxLength: 12,
    },
  ),
  chunkOf: fc.array(fc.nat(4), { minLength: 12, maxLength: 12 }),
  together: fc.boolean(),
})

describe('whatever comes in whatever order, in whatever company, at once or again', () => {
  it('makes the matches that the pairs there are make', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(plays, async ({ marks, chunkOf, together }) => {
        run += 1
        const world = worldFor(env)
        const findings = marks.map(({ isFirst, second, key }, index) =>
          (isFirst ? first : next)(run * 10_000 + second, `${run} ${key}`, index),
        )
        const chunks = [0, 1, 2, 3, 4].map(chunk => findings.filter((_, index) => chunkOf[index] === chunk))
        // Every other chunk brings something that was there before.
        const overlapping = chunks.map((chunk, index) =>
          index % 2 === 0 ? chunk : [...chunk, ...(chunks[index - 1] ?? [])],
        )
        if (together) await Promise.all(overlapping.map(chunk => commit(world, chunk)))
        else for (const chunk of overlapping) await commit(world, chunk)

        for (const [id, atLeast, within] of [
          ['test.pair', 1, MINUTE],
          ['test.three', 3, 2 * MINUTE],
        ] as const) {
          const expected = findings.filter(found => {
            if (found.ruleId !== success.id) return false
            const { key, at } = found.sequence ?? { key: '', at: 0 }
            const before = findings.filter(
              ({ ruleId, sequence: mine }) =>
                ruleId === failed.id && mine?.key === key && mine.at <= at && at - mine.at <= within,
            )
            return before.length >= atLeast
          })
          const ofRun = new Set(rowIds(...findings))
          expect((await completed(id)).filter(rowId => ofRun.has(rowId))).toEqual(rowIds(...expected))
        }
      }),
      { numRuns: 25 },
    )
  })
})

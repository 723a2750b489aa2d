import { describe, expect, it } from 'vitest'
import { exception } from '../../src/detect/exception.ts'
import { routing } from '../../src/detect/routing.ts'
import { query, type Rule, rule } from '../../src/detect/rule.ts'
import { sequence } from '../../src/detect/sequence.ts'
import { described } from '../../test/described.ts'
import type { Line } from './lines.ts'
import { type Registry, Replay } from './replay.ts'

function part(name: string): Rule {
  return rule({
    id: `test.${name}`,
    title: name,
    severity: 'info',
    alert: false,
    on: query(name),
    detect: ({ columns }) => columns['user'] !== '',
    sequenceKey: ({ hostId, columns }) => `${hostId} ${columns['user']}`,
    ...described,
    tests: [
      { name: 'yes', match: true, columns: { user: 'ada' } },
      { name: 'no', match: false, columns: { user: '' } },
    ],
  })
}

const failed = part('failed')
const success = part('success')
const brokenIn = sequence({
  id: 'test.broken-in',
  title: 'Broken in',
  severity: 'high',
  first: failed,
  next: success,
  within: '1m',
  ...described,
  replaces: ['Other.BrokenIn'],
  tests: [
    { name: 'yes', match: true, steps: [] },
    { name: 'no', match: false, steps: [] },
  ],
})

const line = (name: string, unixTime: number) =>
  `${JSON.stringify({ name, action: 'added', hostIdentifier: 'web-1', unixTime, counter: 1, columns: { user: 'ada' } })}\n`

async function replay(log: string, change: Partial<Registry> = {}): Promise<readonly Line[]> {
  const registry = {
    rules: [failed, success],
    sequences: [brokenIn],
    packs: [],
    routing: routing({ destinations: [] }),
    ...change,
  }
  const run = new Replay({ events: false, matches: true, alerts: true }, registry, Date.UTC(2026, 10, 24))
  const lines: Line[] = []
  const bytes = async function* () {
    yield Buffer.from(log)
  }
  for await (const one of run.file('log', bytes())) lines.push(one)
  return [...lines, ...run.end()]
}

describe('a replay', () => {
  const inOrder = `${line('failed', 1_700_000_000)}${line('success', 1_700_000_060)}`
  const reversed = `${line('success', 1_700_000_060)}${line('failed', 1_700_000_000)}`

  it.each([
    ['as they happened', inOrder],
    ['the other way round', reversed],
  ])('finds pairs of matches that lie in a file %s, and alerts on them', async (_name, log) => {
    const lines = await replay(log)
    expect(lines.filter(({ rule: id }) => id === 'test.broken-in')).toMatchObject([
      { kind: 'match', replaces: ['Other.BrokenIn'] },
      { kind: 'alert' },
    ])
  })

  it('leaves out what is excepted today', async () => {
    const excepted = (expires: string) => [
      exception({ rule: 'test.failed', host: 'web-1', reason: 'A test.', expires }),
    ]
    expect(await replay(inOrder, { exceptions: excepted('2026-11-24') })).toHaveLength(1)
    expect(await replay(inOrder, { exceptions: excepted('2026-11-23') })).toHaveLength(4)
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { agentClient } from '../../test/agent-client.ts'
import { failingD1 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { worldFor } from '../../test/world.ts'
import { enrollFailures, noteFailure } from './enroll-failures.ts'

beforeEach(freshStorage)

const wrong = JSON.stringify({ enroll_secret: 'a guess', host_identifier: 'web-01.example.com' })
const from = (address: string) => ({ headers: { 'cf-connecting-ip': address } })

async function counted(address: string): Promise<number | null> {
  return await env.DB.prepare('SELECT sum(value) AS n FROM counters WHERE name = ? AND label = ?')
    .bind('enroll_failed', address)
    .first<number>('n')
}

describe('an address that is shut out and goes on', () => {
  it('is counted at each doubling, so that a flood costs a handful of writes', async () => {
    const world = worldFor(env)
    const send = agentClient(world)
    const counts: (number | null)[] = []
    for (let tries = 1; tries <= 80; tries++) {
      await send('/api/v1/osquery/enroll', wrong, from('192.0.2.1'))
      if ([10, 19, 20, 39, 40, 79, 80].includes(tries)) counts.push(await counted('192.0.2.1'))
    }
    expect(counts).toEqual([10, 10, 20, 20, 40, 40, 80])
  })

  it('from everywhere is counted for all together, so that addresses are not as many writes', async () => {
    const { store, calls } = failingD1(env.DB, { failAt: 0, lasting: true })
    const sick = worldFor(env, { db: store })
    const failures = enrollFailures(sick)
    for (let n = 0; n < 999; n++) await noteFailure(sick, failures, `198.51.${n >> 8}.${n & 255}`)
    expect(calls()).toBe(500)
    await noteFailure({ ...sick, db: env.DB }, failures, '203.0.113.1')
    const { results } = await env.DB.prepare('SELECT name, label, value FROM counters').all()
    expect(results).toEqual([{ name: 'enroll_failed', label: 'others', value: 500 }])
  })

  it('does not count against the others', async () => {
    const send = agentClient(worldFor(env))
    for (let i = 0; i < 600; i++) await send('/api/v1/osquery/enroll', wrong, from('192.0.2.1'))
    // Were all shut out after one failure, the second would be answered by 429.
    for (let i = 0; i < 2; i++) {
      expect((await send('/api/v1/osquery/enroll', wrong, from('192.0.2.2'))).status).toBe(403)
    }
    expect(await counted('192.0.2.2')).toBe(2)
  })
})

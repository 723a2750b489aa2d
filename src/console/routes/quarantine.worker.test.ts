import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'

beforeEach(freshStorage)

async function quarantine(id: string, host: string | null, reason: string, at: number): Promise<void> {
  await env.DB.prepare('INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .bind(id, at, host, reason, 'column 17', 3, 1024, `quarantine/${id}`)
    .run()
}

describe('GET /quarantine', () => {
  it('lists what could not be processed, latest first, by page', async () => {
    for (const n of [1, 2, 3]) await quarantine(`q${n}`, 'host-1', 'not_json', TEST_NOW + n)
    const console = testConsole()
    const first = await console.get('/quarantine?limit=2')
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(['q3', 'q2'])
    const second = await console.get(`/quarantine?limit=2&cursor=${first.body.next_cursor}`)
    expect(second.body).toEqual({
      items: [
        {
          id: 'q1',
          quarantined_at: '2026-11-24T12:00:00.001Z',
          host_id: 'host-1',
          reason: 'not_json',
          detail: 'column 17',
          position: 3,
          byte_count: 1024,
          r2_key: 'quarantine/q1',
        },
      ],
      next_cursor: null,
    })
  })

  it.each([
    ['host=host-1', 1],
    ['reason=too_large', 1],
    ['host=host-1&reason=too_large', 0],
    [`reason=${encodeURIComponent("' OR 1=1 --")}`, 0],
  ])('with %s finds %d', async (query, count) => {
    await quarantine('q1', 'host-1', 'not_json', TEST_NOW)
    await quarantine('q2', null, 'too_large', TEST_NOW)
    expect((await testConsole().get(`/quarantine?${query}`)).body.items).toHaveLength(count)
  })

  it.each([
    ['host=a%20b', 'host'],
    ['cursor=x', 'cursor'],
    ['limit=x', 'limit'],
  ])('refuses %s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/quarantine?${query}`)
    expect([reply.status, reply.body.error.field]).toEqual([400, field])
  })
})

describe('GET /quarantine/:id', () => {
  it('shows one', async () => {
    await quarantine('q1', null, 'too_large', TEST_NOW)
    expect((await testConsole().get('/quarantine/q1')).body).toMatchObject({ id: 'q1', host_id: null })
  })

  it('answers 404 for one that is not there, 400 for what is no id', async () => {
    expect((await testConsole().get('/quarantine/q9')).status).toBe(404)
    expect((await testConsole().get('/quarantine/..%2F..%2Fstate')).status).toBe(400)
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import {
  indexQuarantine,
  insertQuarantine,
  putQuarantine,
  putQuarantineUnindexed,
  QUARANTINE_RECORDS_MAX,
  type QuarantineItem,
} from './quarantine.ts'

beforeEach(freshStorage)

const bytes = (text: string) => new TextEncoder().encode(text)
const item = (changes: Partial<QuarantineItem> = {}): QuarantineItem => ({
  hostId: 'host-one' as HostId,
  reason: 'not_json',
  detail: 'breaks off at byte 7',
  position: null,
  bytes: bytes('{"cut": '),
  at: TEST_NOW,
  ...changes,
})
const stored = async () => (await env.DB.prepare('SELECT * FROM quarantine ORDER BY position').all()).results
const text = async (key: string) => (await env.BUCKET.get(key))?.text()

describe('putQuarantine', () => {
  it('keeps a whole post as it came', async () => {
    const [row] = await putQuarantine(worldFor(env), [item({ byteCount: 1000 })])
    expect(row).toMatchObject({
      quarantineId: expect.stringMatching(/^20261124-[0-9a-f]{32}$/),
      quarantinedAt: TEST_NOW,
      hostId: 'host-one',
      reason: 'not_json',
      detail: 'breaks off at byte 7',
      position: null,
      byteCount: 1000,
      r2Key: expect.stringMatching(/^quarantine\/2026-11-24\//),
    })
    expect(await text(row?.r2Key ?? '')).toBe('{"cut": ')
    const object = await env.BUCKET.head(row?.r2Key ?? '')
    expect(object?.customMetadata).toEqual({ host: 'host-one', reason: 'not_json', bytes: '1000' })
  })

  it('keeps the records of a post together, each as text or in base64', async () => {
    const rows = await putQuarantine(worldFor(env), [
      item({ position: 3, bytes: bytes('{"a":1}') }),
      item({ position: 5, bytes: Uint8Array.of(0xff, 0x00) }),
    ])
    expect(new Set(rows.map(({ r2Key }) => r2Key)).size).toBe(1)
    const lines = (await text(rows[0]?.r2Key ?? ''))
      ?.trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines).toEqual([
      { id: rows[0]?.quarantineId, position: 3, reason: 'not_json', text: '{"a":1}' },
      { id: rows[1]?.quarantineId, position: 5, reason: 'not_json', base64: '/wA=' },
    ])
  })

  it('never keeps a node key or an enroll secret', async () => {
    const leaky = bytes('{"node_key" : "k2.host.abc\\"def", "enroll_secret":"s3cret", "x": 1')
    const [post] = await putQuarantine(worldFor(env), [item({ bytes: leaky })])
    const [record] = await putQuarantine(worldFor(env), [item({ bytes: leaky, position: 0 })])
    for (const row of [post, record]) {
      const kept = await text(row?.r2Key ?? '')
      expect(kept).not.toMatch(/abc|def|s3cret/)
      expect(kept).toContain('x')
    }
  })

  it('refuses more records than it can list', async () => {
    const many = Array.from({ length: QUARANTINE_RECORDS_MAX + 1 }, (_, position) => item({ position }))
    await expect(putQuarantine(worldFor(env), many)).rejects.toThrow(RangeError)
  })
})

describe('rows', () => {
  it('are the same when a post comes again, and one for each of two like records', async () => {
    const items = [item({ position: 0 }), item({ position: 1 }), item({ position: 2, reason: 'no_name' })]
    for (let i = 0; i < 2; i++) {
      await insertQuarantine(env.DB, await putQuarantine(worldFor(env), items)).run()
    }
    expect(await stored()).toMatchObject([
      { host_id: 'host-one', position: 0, reason: 'not_json', byte_count: 8 },
      { host_id: 'host-one', position: 1 },
      { host_id: 'host-one', position: 2, reason: 'no_name' },
    ])
    const { objects } = await env.BUCKET.list()
    expect(objects).toHaveLength(1)
  })

  it('differ by host, by reason and by day', async () => {
    const items = [
      item(),
      item({ hostId: null }),
      item({ reason: 'other' }),
      item({ at: TEST_NOW + 86_400_000 }),
      item({ byteCount: 9 }),
    ]
    const rows = await putQuarantine(worldFor(env), items)
    expect(new Set(rows.map(({ quarantineId }) => quarantineId)).size).toBe(items.length)
  })
})

describe('what was kept without D1', () => {
  it('gets its row later, once', async () => {
    const world = worldFor(env)
    for (let i = 0; i < 2; i++) await putQuarantineUnindexed(world, item({ detail: 'not ASCII: é' }))
    const rows = await indexQuarantine(world)
    expect(rows).toMatchObject([{ hostId: 'host-one', detail: 'not ASCII: ?' }])
    expect(await text(rows[0]?.r2Key ?? '')).toBe('{"cut": ')
    expect(await indexQuarantine(world)).toEqual([])
    expect(await stored()).toHaveLength(1)
  })

  it('waits while D1 or R2 fails, and gets no second row when the note could not be removed', async () => {
    await putQuarantineUnindexed(worldFor(env), item())
    const d1Down = worldFor(env, { db: failingD1(env.DB, { failAt: 1 }).store })
    await expect(indexQuarantine(d1Down)).rejects.toThrow()
    const deleteFails = worldFor(env, { bucket: failingR2(env.BUCKET, { failAt: 1 }).store })
    await expect(indexQuarantine(deleteFails)).rejects.toThrow()
    expect(await indexQuarantine(worldFor(env))).toEqual([])
    expect(await stored()).toHaveLength(1)
  })

  it('is not held up by a note that can not be read', async () => {
    await env.BUCKET.put('quarantine-inbox/a', '', { customMetadata: { row: 'nonsense' } })
    await env.BUCKET.put('quarantine-inbox/b', '')
    await putQuarantineUnindexed(worldFor(env), item())
    const world = worldFor(env)
    expect(await indexQuarantine(world)).toHaveLength(1)
    expect(world.logged).toHaveLength(2)
    expect((await env.BUCKET.list({ prefix: 'quarantine-inbox/' })).objects).toEqual([])
  })
})

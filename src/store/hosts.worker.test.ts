import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import {
  type Enrollment,
  enrollHost,
  hostsById,
  revokeHost,
  type Touch,
  touchHosts,
  touchIntervals,
} from './hosts.ts'

const one = 'host-one' as HostId
const two = 'host-two' as HostId
const MINUTE = 60_000

beforeEach(freshStorage)

const enrollment = (changes: Partial<Enrollment> = {}): Enrollment => ({
  hostId: one,
  instanceId: 'instance',
  hostIdentifier: 'identifier',
  hostname: 'web-01.example.com',
  hardwareUuid: 'uuid',
  hardwareSerial: 'serial',
  platform: 'ubuntu',
  osName: 'Ubuntu',
  osVersion: '22.04',
  osqueryVersion: '5.23.1',
  label: 'default',
  details: '{"a":"\\"quoted\\" \\u0000"}',
  at: TEST_NOW,
  ...changes,
})

const rowOf = (id: HostId) => env.DB.prepare('SELECT * FROM hosts WHERE host_id = ?').bind(id).first()
const touch = (...touches: Touch[]) => touchHosts(env.DB, touches).run()

describe('enrollHost', () => {
  it('says under which label the host was before', async () => {
    expect(await enrollHost(env.DB, enrollment())).toEqual({ previousLabel: null })
    expect(await enrollHost(env.DB, enrollment({ label: 'red' }))).toEqual({ previousLabel: 'default' })
  })

  it('leaves revocation, silence and signs of life as they are', async () => {
    await enrollHost(env.DB, enrollment())
    await touch({ hostId: one, channel: 'result', at: TEST_NOW + MINUTE })
    await env.DB.prepare(
      "UPDATE hosts SET revoked_at = 5, silence_state = 'stale', silence_episode = 3",
    ).run()
    await enrollHost(env.DB, enrollment({ at: TEST_NOW + 10 }))
    expect(await rowOf(one)).toMatchObject({
      revoked_at: 5,
      silence_state: 'stale',
      silence_episode: 3,
      silence_since: TEST_NOW,
      last_result_at: TEST_NOW + MINUTE,
      last_seen_at: TEST_NOW + MINUTE,
      last_enroll_at: TEST_NOW + 10,
    })
  })
})

describe('hostsById', () => {
  it('knows a host by its hostname, else by what it calls itself, else by its id', async () => {
    await enrollHost(env.DB, enrollment())
    await enrollHost(env.DB, enrollment({ hostId: two, hostname: '' }))
    await touch({ hostId: 'host-three' as HostId, channel: 'status', at: TEST_NOW })
    const hosts = await hostsById(env.DB, [one, two, 'host-three' as HostId, 'nobody' as HostId])
    expect([...hosts.values()].map(({ id, name }) => [id, name])).toEqual([
      ['host-one', 'web-01.example.com'],
      ['host-three', 'host-three'],
      ['host-two', 'identifier'],
    ])
    expect(hosts.get(one)).toEqual({
      id: one,
      name: 'web-01.example.com',
      names: expect.arrayContaining(['identifier', 'web-01.example.com']),
      platform: 'ubuntu',
      tags: ['default'],
      revokedAt: null,
      lastEnrollAt: TEST_NOW,
    })
  })

  it('looks up by the primary key', async () => {
    const sql = 'EXPLAIN QUERY PLAN SELECT * FROM hosts WHERE host_id IN (SELECT value FROM json_each(?1))'
    const { results } = await env.DB.prepare(sql).bind('[]').all()
    expect(results.map(row => row['detail'])).toContain('SEARCH hosts USING PRIMARY KEY (host_id=?)')
  })
})

describe('touchHosts', () => {
  it('notes the latest of many signs of life, each on its channel', async () => {
    await enrollHost(env.DB, enrollment({ at: TEST_NOW - MINUTE }))
    await touch(
      { hostId: one, channel: 'result', at: TEST_NOW + 2 },
      { hostId: one, channel: 'result', at: TEST_NOW + 1 },
      { hostId: one, channel: 'pulse', at: TEST_NOW + 1 },
      { hostId: two, channel: 'status', at: TEST_NOW },
    )
    expect(await rowOf(one)).toMatchObject({
      last_result_at: TEST_NOW + 2,
      last_pulse_at: TEST_NOW + 1,
      last_status_at: null,
      last_config_at: null,
      last_seen_at: TEST_NOW + 2,
      enroll_count: 1,
    })
  })

  it('gives a host whose row was lost a bare one', async () => {
    await touch({ hostId: two, channel: 'result', at: TEST_NOW })
    expect(await rowOf(two)).toMatchObject({
      hostname: '',
      enroll_count: 0,
      enrolled_at: TEST_NOW,
      last_result_at: TEST_NOW,
      last_seen_at: TEST_NOW,
      silence_state: 'new',
      silence_since: TEST_NOW,
    })
  })

  it.each([
    ['pulse', MINUTE],
    ['result', 5.5 * MINUTE],
    ['status', 5.5 * MINUTE],
    ['config', 4.5 * MINUTE],
    ['distributed', 10 * MINUTE],
  ] as const)(
    'writes nothing while a %s is younger than %i ms, and nothing when repeated',
    async (channel, age) => {
      await touch({ hostId: one, channel, at: TEST_NOW }, { hostId: one, channel: 'pulse', at: TEST_NOW })
      for (const at of [TEST_NOW, TEST_NOW + age - 1, TEST_NOW - age]) {
        expect((await touch({ hostId: one, channel, at })).meta.rows_written).toBe(0)
      }
      expect((await touch({ hostId: one, channel, at: TEST_NOW + age })).meta.rows_written).toBe(1)
      expect(await rowOf(one)).toMatchObject({ [`last_${channel}_at`]: TEST_NOW + age })
    },
  )

  it('takes the newer times of all channels along with any write', async () => {
    await touch(
      { hostId: one, channel: 'result', at: TEST_NOW },
      { hostId: one, channel: 'pulse', at: TEST_NOW },
    )
    await touch(
      { hostId: one, channel: 'result', at: TEST_NOW + MINUTE + 1 },
      { hostId: one, channel: 'pulse', at: TEST_NOW + MINUTE },
    )
    expect(await rowOf(one)).toMatchObject({
      last_result_at: TEST_NOW + MINUTE + 1,
      last_pulse_at: TEST_NOW + MINUTE,
      last_seen_at: TEST_NOW + MINUTE + 1,
    })
  })

  it('writes results each minute of a host that has no pulse', async () => {
    await touch({ hostId: one, channel: 'result', at: TEST_NOW })
    const later = (ms: number) => touch({ hostId: one, channel: 'result', at: TEST_NOW + ms })
    expect((await later(MINUTE - 1)).meta.rows_written).toBe(0)
    expect((await later(MINUTE)).meta.rows_written).toBe(1)
    await touch({ hostId: one, channel: 'pulse', at: TEST_NOW + MINUTE })
    expect((await later(3 * MINUTE)).meta.rows_written).toBe(0)
    await touch({ hostId: one, channel: 'result', at: TEST_NOW + 15 * MINUTE })
    expect((await later(15 * MINUTE)).meta.rows_written).toBe(0)
    expect((await later(16 * MINUTE)).meta.rows_written).toBe(1)
  })

  it('notes which config was given, and since when it is that one', async () => {
    const config = (ms: number, servedConfig: string) =>
      touch({ hostId: one, channel: 'config', at: TEST_NOW + ms, servedConfig })
    await config(0, 'aaaaaaaaaaaa')
    await config(5 * MINUTE, 'aaaaaaaaaaaa')
    expect(await rowOf(one)).toMatchObject({ served_config: 'aaaaaaaaaaaa', served_config_at: TEST_NOW })
    await config(5 * MINUTE + 1, 'bbbbbbbbbbbb')
    const row = { served_config: 'bbbbbbbbbbbb', served_config_at: TEST_NOW + 5 * MINUTE + 1 }
    expect(await rowOf(one)).toMatchObject(row)
    await config(MINUTE, 'aaaaaaaaaaaa')
    await touch({ hostId: one, channel: 'pulse', at: TEST_NOW + 10 * MINUTE })
    expect(await rowOf(one)).toMatchObject(row)
  })

  it('writes vitals with whatever is written, and by themselves when they are news', async () => {
    const vital = (ms: number, vitals: string, isNews: boolean) =>
      touch({ hostId: one, channel: 'result', at: TEST_NOW + ms, vitals, isNews })
    await touch({ hostId: one, channel: 'pulse', at: TEST_NOW })
    expect((await vital(0, '{"a":1}', false)).results).toEqual([{ host_id: one }])
    expect((await vital(1, '{"a":2}', false)).results).toEqual([])
    expect(await rowOf(one)).toMatchObject({ vitals: '{"a":1}' })
    expect((await vital(2, '{"a":3}', true)).results).toEqual([{ host_id: one }])
    await touch({ hostId: one, channel: 'pulse', at: TEST_NOW + MINUTE })
    expect(await rowOf(one)).toMatchObject({ vitals: '{"a":3}', last_result_at: TEST_NOW + 2 })
  })

  it('writes sooner where silence is told sooner', async () => {
    const intervals = touchIntervals({ silentAfterSeconds: 12, heartbeatSeconds: 4 })
    await touch({ hostId: one, channel: 'pulse', at: TEST_NOW })
    const later = (ms: number) =>
      touchHosts(env.DB, [{ hostId: one, channel: 'pulse', at: TEST_NOW + ms }], intervals).run()
    expect((await later(1_999)).meta.rows_written).toBe(0)
    expect((await later(2_000)).meta.rows_written).toBe(1)
  })

  it('notes a channel for the first time at once', async () => {
    await touch({ hostId: one, channel: 'result', at: TEST_NOW })
    await touch({ hostId: one, channel: 'config', at: TEST_NOW + 1 })
    expect(await rowOf(one)).toMatchObject({ last_result_at: TEST_NOW, last_config_at: TEST_NOW + 1 })
  })

  it('takes hundreds of hosts in one statement', async () => {
    const touches = Array.from({ length: 500 }, (_, i): Touch => {
      return { hostId: `host-${i}` as HostId, channel: 'result', at: TEST_NOW }
    })
    await touch(...touches)
    expect(await env.DB.prepare('SELECT count(*) AS n FROM hosts').first('n')).toBe(500)
  })
})

describe('revokeHost', () => {
  it('knows who is not there', async () => {
    expect(await revokeHost(worldFor(env), one)).toBe('unknown_host')
  })

  it('writes the row and the mirror', async () => {
    await enrollHost(env.DB, enrollment())
    expect(await revokeHost(worldFor(env), one)).toBe('revoked')
    expect((await hostsById(env.DB, [one])).get(one)?.revokedAt).toBe(TEST_NOW)
    const mirror = await env.BUCKET.get('state/revocations.json')
    expect(await mirror?.json()).toEqual({ 'host-one': TEST_NOW })
  })
})

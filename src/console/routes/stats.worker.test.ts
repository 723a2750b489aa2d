import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consoleDeps, testConsole } from '../../../test/console.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW, testSettings } from '../../../test/world.ts'
import { openAlert } from '../../alerts/lifecycle.ts'
import type { HostId } from '../../detect/event.ts'
import { checkSilence } from '../../staleness/check.ts'
import { addToCounters, minuteOf } from '../../store/counters.ts'
import { touchHosts } from '../../store/hosts.ts'
import { putSpool } from '../../store/spool.ts'

beforeEach(freshStorage)

const MINUTE = 60_000

async function count(name: 'posts' | 'events_stored', label: string, minutesAgo: number, value: number) {
  const minute = minuteOf(TEST_NOW - minutesAgo * MINUTE)
  await addToCounters(env.DB, [{ minute, name, label, value }]).run()
}

describe('GET /stats', () => {
  it('sums the counters of the last hour, minute by minute', async () => {
    await count('posts', '', 1, 5)
    await count('posts', '', 60, 7)
    await count('posts', '', 61, 1_000)
    await count('events_stored', 'Osquery.Snapshot', 1, 50)
    const { body } = await testConsole().get('/stats')
    expect(body).toMatchObject({
      from: '2026-11-24T11:00:00.000Z',
      to: '2026-11-24T12:00:00.000Z',
      bucket_seconds: 60,
      truncated: false,
      series: [
        { name: 'events_stored', label: 'Osquery.Snapshot', total: 50 },
        {
          name: 'posts',
          label: '',
          total: 12,
          points: [
            { at: '2026-11-24T11:00:00.000Z', value: 7 },
            { at: '2026-11-24T11:59:00.000Z', value: 5 },
          ],
        },
      ],
    })
  })

  it('makes buckets so long that a chart can show them, and loses no count', async () => {
    for (let minutesAgo = 1; minutesAgo <= 600; minutesAgo += 7) await count('posts', '', minutesAgo, 1)
    const { body } = await testConsole().get('/stats?from=2026-11-24T02:00:00Z&to=2026-11-24T12:00:00Z')
    const [{ total, points }] = body.series
    expect(body.bucket_seconds).toBe(180)
    expect(total).toBe(86)
    expect(points.reduce((sum: number, point: { value: number }) => sum + point.value, 0)).toBe(86)
  })

  it('leaves out the running count of the day, which is no count of a minute', async () => {
    const minute = minuteOf(TEST_NOW - MINUTE)
    await env.DB.prepare("INSERT INTO counters VALUES (?, 'hot_events_of_day', '', 99)").bind(minute).run()
    expect((await testConsole().get('/stats')).body.series).toEqual([])
  })

  it('tells what waits', async () => {
    const settings = testSettings({ problems: ['PUBLIC_URL is not a URL: alerts carry no links.'] })
    const console = testConsole({ settings })
    for (const episode of [1, 2, 3]) {
      const spec = {
        kind: 'system',
        ruleId: 'margay.test',
        dedup: 'd',
        severity: 'high',
        title: 'A test',
      } as const
      const at = TEST_NOW + episode * MINUTE
      const alert = { ...spec, runbook: '', context: {}, episode, at }
      await env.DB.batch(openAlert(env.DB, consoleDeps.routing, alert).statements)
    }
    await env.DB.prepare("UPDATE deliveries SET state = 'parked' WHERE created_at = ?")
      .bind(TEST_NOW + 3 * MINUTE)
      .run()
    await env.DB.prepare("INSERT INTO quarantine VALUES ('q', 0, NULL, 'r', '', NULL, 1, 'k')").run()
    const hostId = 'host-1' as HostId // any text is the id of a host to the stores
    await touchHosts(env.DB, [{ hostId, channel: 'result', at: TEST_NOW }]).run()
    await putSpool(env.BUCKET, { postId: 'p1', hostId, receivedAt: TEST_NOW - MINUTE }, new Uint8Array(3))
    await env.DB.prepare(`INSERT INTO states VALUES ('feed', ?, 1)`)
      .bind(JSON.stringify({ phase: 'flowing', episode: 0, evaluatedAt: TEST_NOW }))
      .run()

    expect((await console.get('/stats')).body).toMatchObject({
      backlog: {
        pending_deliveries: 2,
        oldest_undelivered_at: '2026-11-24T12:01:00.000Z',
        parked_deliveries: 1,
        quarantined: 1,
        quarantined_capped: false,
        spooled_posts: 1,
        spooled_posts_capped: false,
        oldest_spooled_at: '2026-11-24T11:59:00.000Z',
      },
      hosts: [{ state: 'new', hosts: 1 }],
      feed: { phase: 'flowing', evaluated_at: '2026-11-24T12:00:00.000Z' },
      problems: ['PUBLIC_URL is not a URL: alerts carry no links.'],
    })
  })

  it('reads the feed as the silence check writes it', async () => {
    const console = testConsole()
    await checkSilence(console.world, consoleDeps.routing)
    expect((await console.get('/stats')).body.feed).toEqual({
      phase: 'settling',
      evaluated_at: '2026-11-24T12:00:00.000Z',
    })
  })

  it.each([
    ['from=2026-11-24T12:00:00Z&to=2026-11-24T12:00:00Z', 'from'],
    ['from=2026-10-01T00:00:00Z&to=2026-11-24T12:00:00Z', 'from'],
    ["from=' OR 1=1", 'from'],
    ['to=soon', 'to'],
    ['from=999999999999999&to=1', 'from'],
  ])('refuses %s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/stats?${encodeURI(query)}`)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_parameter',
      field,
    ])
  })
})

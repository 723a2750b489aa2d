import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { packs, rules } from '../rules/index.ts'
import { createEngine } from '../src/detect/engine.ts'
import { consumeIngest } from '../src/ingest/consume.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { createNormalizer } from '../src/ingest/normalize.ts'
import { alerts, freshAlerting, newWorld, pagerDuty, routing, run } from './alerting.ts'
import { queued } from './ingest-batch.ts'
import { TEST_NOW } from './world.ts'

beforeEach(freshAlerting)

/**
 * Messages as released versions wrote them, byte for byte: they lie in queues while a deploy goes on, so every later
 * version has to take them. Add to this list when a version changes; never change what is in it.
 */
const POST_V1 =
  'H4sIAAAAAAAC/zWOu27DMAxFf0Xg3AiWG7eI105dOjlTERiKxMaCZdHQo0lg+N8jOe3Ge3hA3gUcaexHvEPLYBR84J5P8MLA0qWP9xkL9xiSjYVqGWUm3ws4OW27Waqxv5DV6PoU0IeiDRTiZybR/Bj0RbvieSc43uQ0W+SKth9KWnRa+s48b3UJ2Rf9snrPhGibQ1tVrK7qN3bsPoqfnLn9ueL90DS1aPZV5jiTGjIss6Lk4vbzdUs2TS7ktEBp99/6WRjWrEgVDbkCpdaoYT2tD+hp6N4WAQAA'
const GOLDEN_POSTS = {
  'v1, inline': { v: 1, kind: 'inline', postId: 'p-golden', hostId: 'h-golden', receivedAt: TEST_NOW },
  'v1, spooled': {
    v: 1,
    kind: 'spooled',
    postId: 'p-golden',
    hostId: 'h-golden',
    receivedAt: TEST_NOW,
    key: 'spool/1795521600000-p-golden',
  },
} as const
/** The delivery it names was written by migrations/0001_spine.sql. */
const GOLDEN_WAKE_UP = { v: 1, deliveryId: '0123456789abcdef0123.pagerduty.trigger' }

const detection = {
  normalizer: createNormalizer(packs),
  engine: createEngine(rules),
  routing: { destinations: routing, routes: [] },
}
const gzip = Uint8Array.from(atob(POST_V1), character => character.charCodeAt(0))

describe('F17: messages of every released version', () => {
  it.each(Object.entries(GOLDEN_POSTS))('a post of %s becomes its event', async (_, golden) => {
    // The queue gives what it was given, whichever version wrote it.
    const body = (golden.kind === 'inline' ? { ...golden, gzip } : golden) as unknown as IngestMessage
    if (golden.kind === 'spooled') await env.BUCKET.put(golden.key, gzip)
    const message = queued(body)
    await consumeIngest({ messages: [message] }, newWorld({ sleep: async () => {} }), detection)
    expect(message.fate()).toEqual({ kind: 'acked' })
    const row = await env.DB.prepare('SELECT p_host_id, name, action, event FROM events').first()
    expect(row).toMatchObject({ p_host_id: 'h-golden', name: 'pack_golden_users', action: 'added' })
    expect(JSON.parse(String(row?.['event']))).toMatchObject({ columns: { username: 'golden' } })
  })

  it('a wake-up of v1 delivers a row of the first schema, after every later migration', async () => {
    const [first, ...later] = env.TEST_MIGRATIONS
    expect([first?.name, later.length > 3]).toEqual(['0001_spine.sql', true])
    await reset()
    await applyD1Migrations(env.DB, first === undefined ? [] : [first])
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO alerts (alert_id, kind, rule_id, dedup, episode, status, severity, title, event_count,
           first_event_at, last_event_at, created_at, updated_at)
         VALUES ('0123456789abcdef0123', 'system', 'margay.golden', 'd', 1, 'open', 'high', 'Golden', 1, ?1, ?1, ?1, ?1)`,
      ).bind(TEST_NOW),
      env.DB.prepare(
        `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
         VALUES ('0123456789abcdef0123.pagerduty.trigger', '0123456789abcdef0123', 'pagerduty', 'trigger', 1,
           'pending', ?1, ?1)`,
      ).bind(TEST_NOW),
    ])
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
    expect(await run(newWorld(), GOLDEN_WAKE_UP)).toEqual(['acked'])
    expect(pagerDuty.incidents).toMatchObject([{ summary: 'Golden' }])
    expect(alerts.waiting).toEqual([])
  })
})

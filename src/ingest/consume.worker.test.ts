import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  consumeAll,
  detectionOf,
  eventNames,
  fates,
  lakeRows,
  lines,
  rowsOf,
  stored,
  testWorld,
} from '../../test/consumer.ts'
import { failingD1 } from '../../test/faults.ts'
import { batchOf, gzipPost, gzipText, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings } from '../../test/world.ts'
import type { HostId } from '../detect/event.ts'
import { putSpool } from '../store/spool.ts'
import { consumeIngest } from './consume.ts'

const detection = detectionOf()

async function spool(gzip: Uint8Array, postId = 'spooled-1') {
  const post = { postId, hostId: 'host-1' as HostId, receivedAt: TEST_NOW }
  const key = await putSpool(env.BUCKET, post, gzip)
  return { v: 1, kind: 'spooled', ...post, key }
}

beforeEach(freshStorage)

describe('a post', () => {
  it('becomes hot events, lake rows, counters and a sign of life', async () => {
    const message = queued(inlinePost(gzipPost(lines('a', 'b'))))
    await consumeIngest(batchOf(message), testWorld(), detection)
    expect(message.fate()).toEqual({ kind: 'acked' })
    expect(await eventNames()).toEqual(['a', 'b'])
    expect((await lakeRows()).map(row => row['name']).toSorted()).toEqual(['a', 'b'])
    expect(await rowsOf('SELECT name, label, value FROM counters ORDER BY name')).toEqual([
      { name: 'events_stored', label: 'Osquery.Differential', value: 2 },
      { name: 'hot_events_of_day', label: '', value: 2 },
      { name: 'post_bytes', label: '', value: (message.body as { gzip: Uint8Array }).gzip.byteLength },
      { name: 'posts', label: '', value: 1 },
    ])
    expect(await rowsOf('SELECT host_id, last_result_at FROM hosts')).toEqual([
      { host_id: 'host-1', last_result_at: TEST_NOW },
    ])
  })

  it('has a row in the segment index for each object in the lake', async () => {
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost(lines('a', 'b'))))])
    const [segment, ...others] = await rowsOf('SELECT * FROM segments')
    expect(others).toEqual([])
    const object = await env.BUCKET.head(String(segment?.['segment_key']))
    expect(segment).toMatchObject({
      log_type: 'Osquery.Differential',
      row_count: 2,
      byte_count: object?.size,
      hosts: '["host-1"]',
      created_at: TEST_NOW,
    })
  })

  it('touches the channel that its lines came by', async () => {
    await consumeAll(testWorld(), [
      queued(
        inlinePost(
          gzipPost(
            [
              {
                severity: 0,
                filename: 'a',
                line: '1',
                message: 'm',
                hostIdentifier: 'h',
                calendarTime: '',
                unixTime: 1,
                version: '5',
              },
            ],
            'status',
          ),
          { host: 'status' },
        ),
      ),
      queued(inlinePost(gzipPost(lines('pack/margay/heartbeat')), { host: 'pulse' })),
      queued(inlinePost(gzipPost(lines('pack/other/heartbeat')), { host: 'result' })),
      queued(inlinePost(gzipText('junk'), { host: 'junk' })),
    ])
    expect(
      await rowsOf(
        'SELECT host_id, last_status_at AS status, last_pulse_at AS pulse, last_result_at AS result FROM hosts ORDER BY 1',
      ),
    ).toEqual([
      { host_id: 'junk', status: null, pulse: null, result: TEST_NOW },
      { host_id: 'pulse', status: null, pulse: TEST_NOW, result: null },
      { host_id: 'result', status: null, pulse: null, result: TEST_NOW },
      { host_id: 'status', status: TEST_NOW, pulse: null, result: null },
    ])
  })

  it('pages: a match has its alert and a delivery that is woken', async () => {
    const world = testWorld()
    await consumeAll(world, [queued(inlinePost(gzipPost(lines('evil', 'good'))))])
    expect(await rowsOf('SELECT rule_id, kind FROM matches')).toEqual([
      { rule_id: 'test.evil', kind: 'match' },
    ])
    expect(await rowsOf('SELECT event_count, status FROM alerts')).toEqual([
      { event_count: 1, status: 'open' },
    ])
    const [delivery] = await rowsOf('SELECT delivery_id FROM deliveries')
    expect(world.woken).toEqual([{ v: 1, deliveryId: delivery?.['delivery_id'] }])
    expect(await rowsOf("SELECT label, value FROM counters WHERE name = 'rule_matches'")).toEqual([
      { label: 'test.evil', value: 1 },
    ])
  })

  it('is stored in many transactions when it is large, and acknowledged after the last', async () => {
    const names = Array.from({ length: 7_000 }, (_, index) => `q${index}`)
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost(lines(...names))))])
    expect(await rowsOf('SELECT count(*) AS n FROM events')).toEqual([{ n: 7_000 }])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'posts'")).toEqual([{ value: 1 }])
    expect(await rowsOf('SELECT count(*) AS n, max(row_count) AS most FROM segments')).toEqual([
      { n: 3, most: 3_000 },
    ])
  })
})

describe('what comes twice', () => {
  it('changes nothing at all when it is the same batch', async () => {
    const bodies = [
      inlinePost(gzipPost(lines('a', 'evil', 'b'))),
      inlinePost(gzipPost(lines('c')), { host: 'host-2' }),
      inlinePost(gzipText(`{"data":[${JSON.stringify(lines('d')[0])},{"broken"]}`)),
      { v: 2, future: true },
    ]
    const world = testWorld()
    await consumeAll(world, bodies.map(queued))
    const before = await stored()
    expect(before['counters']).toContainEqual(expect.objectContaining({ name: 'records_rejected' }))
    await consumeAll(world, bodies.map(queued))
    await consumeAll(world, bodies.toReversed().map(queued))
    expect({ ...(await stored()), segments: before['segments'] }).toEqual(before)
  })

  it('gives the same objects in R2 when it is the same batch', async () => {
    const bodies = [inlinePost(gzipPost(lines('a', 'b'))), inlinePost(gzipText('junk'))]
    await consumeAll(testWorld(), bodies.map(queued))
    const before = (await env.BUCKET.list()).objects.map(({ key, etag }) => [key, etag])
    await consumeAll(testWorld(), bodies.map(queued))
    expect((await env.BUCKET.list()).objects.map(({ key, etag }) => [key, etag])).toEqual(before)
  })

  it('counts only the new lines of a superset, as osquery sends after a lost answer', async () => {
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost(lines('a', 'evil'))))])
    await consumeAll(testWorld(), [
      queued(inlinePost(gzipPost(lines('a', 'evil', 'b')), { receivedAt: TEST_NOW + 10_000 })),
    ])
    expect(await eventNames()).toEqual(['a', 'b', 'evil'])
    expect(
      await rowsOf(
        "SELECT name, sum(value) AS n FROM counters WHERE name != 'post_bytes' GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      { name: 'events_stored', n: 3 },
      { name: 'hot_events_of_day', n: 3 },
      { name: 'posts', n: 1 },
      { name: 'rule_matches', n: 1 },
    ])
    expect(await rowsOf('SELECT event_count FROM alerts')).toEqual([{ event_count: 1 }])
  })

  it('is folded within one batch too', async () => {
    await consumeAll(testWorld(), [
      queued(inlinePost(gzipPost(lines('a')))),
      queued(inlinePost(gzipPost(lines('a', 'b')))),
    ])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'events_stored'")).toEqual([{ value: 2 }])
    expect(await lakeRows()).toHaveLength(2)
  })

  it('is two events when two hosts say the same', async () => {
    await consumeAll(testWorld(), [
      queued(inlinePost(gzipPost(lines('a')), { host: 'host-1' })),
      queued(inlinePost(gzipPost(lines('a')), { host: 'host-2' })),
    ])
    expect(await rowsOf('SELECT p_host_id FROM events ORDER BY 1')).toEqual([
      { p_host_id: 'host-1' },
      { p_host_id: 'host-2' },
    ])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'posts'")).toEqual([{ value: 2 }])
  })

  it('is two events when one host says it twice in one post', async () => {
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost(lines('a', 'a'))))])
    expect(await eventNames()).toEqual(['a', 'a'])
  })
})

describe('what can not be processed', () => {
  it.each([
    ['another version', { ...inlinePost(gzipPost(lines('x'))), v: 2 }],
    ['no version', { hostId: 'host-1' }],
    ['a text', 'hello'],
    ['nothing', null],
    ['no bytes', { ...inlinePost(new Uint8Array()), gzip: 'aGVsbG8=' }],
    ['no host', { ...inlinePost(gzipPost(lines('x'))), hostId: '' }],
    ['no time', { ...inlinePost(gzipPost(lines('x'))), receivedAt: Number.NaN }],
    ['big integers', { v: 1n }],
  ])('goes to quarantine and costs its neighbours nothing: %s', async (_what, body) => {
    const messages = [
      queued(inlinePost(gzipPost(lines('a')))),
      queued(body),
      queued(inlinePost(gzipPost(lines('b')))),
    ]
    await consumeIngest(batchOf(...messages), testWorld(), detection)
    expect(fates(messages)).toEqual(['acked', 'acked', 'acked'])
    expect(await eventNames()).toEqual(['a', 'b'])
    const [row, ...others] = await rowsOf('SELECT reason, host_id, r2_key FROM quarantine')
    expect([row?.['reason'], row?.['host_id'], others]).toEqual(['poison_message', null, []])
    expect(await env.BUCKET.head(String(row?.['r2_key']))).not.toBeNull()
  })

  it('keeps the record with its reason and place while the rest of the post goes on', async () => {
    const good = lines('a', 'b').map(line => JSON.stringify(line))
    const gzip = gzipText(`{"node_key":"k","data":[${good[0]},17,${good[1]}]}`)
    await consumeAll(testWorld(), [queued(inlinePost(gzip))])
    expect(await eventNames()).toEqual(['a', 'b'])
    expect(await rowsOf('SELECT host_id, reason, position FROM quarantine')).toEqual([
      { host_id: 'host-1', reason: 'not_an_object', position: 1 },
    ])
    expect(await rowsOf("SELECT label, value FROM counters WHERE name = 'records_rejected'")).toEqual([
      { label: 'not_an_object', value: 1 },
    ])
  })

  it('counts a rejection when it is made, however long ago the post was received, and once', async () => {
    const post = inlinePost(gzipText('{"data":[17]}'), { receivedAt: TEST_NOW - 7_200_000 })
    const world = testWorld()
    for (let i = 0; i < 2; i++) await consumeAll(world, [queued(post)])
    world.advance(60_000)
    await consumeAll(world, [queued(post)])
    expect(await rowsOf("SELECT minute, value FROM counters WHERE name = 'records_rejected'")).toEqual([
      { minute: TEST_NOW / 60_000, value: 1 },
    ])
  })

  it('counts a post that is all rubbish as a post', async () => {
    await consumeAll(testWorld(), [queued(inlinePost(gzipText('rubbish')))])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'posts'")).toEqual([{ value: 1 }])
  })

  it('keeps a post whole when too much of it is bad, without its node key, counting every record', async () => {
    const bad = Array.from({ length: 600 }, (_, index) => index)
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost([...lines('a'), ...bad])))])
    expect(await eventNames()).toEqual(['a'])
    const [row, ...others] = await rowsOf('SELECT reason, r2_key FROM quarantine')
    expect([row?.['reason'], others]).toEqual(['many_rejected', []])
    expect(await rowsOf("SELECT label, value FROM counters WHERE name = 'records_rejected'")).toEqual([
      { label: 'not_an_object', value: 600 },
    ])
    const object = await env.BUCKET.get(String(row?.['r2_key']))
    const text = await new Response(object?.body.pipeThrough(new DecompressionStream('gzip'))).text()
    expect(JSON.parse(text).data).toHaveLength(601)
    expect(text).not.toContain('node-key-that-must-not-be-kept')
  })

  it('quarantines what a host sent after it was revoked, and only that', async () => {
    await env.DB.prepare(
      `INSERT INTO hosts (host_id, enrolled_at, last_enroll_at, last_seen_at, silence_since, revoked_at) VALUES
       ('revoked', 0, 0, 0, 0, ?1), ('readmitted', 0, ?1 + 1, 0, 0, ?1)`,
    )
      .bind(TEST_NOW - 1_000)
      .run()
    await consumeAll(testWorld(), [
      queued(inlinePost(gzipPost(lines('after')), { host: 'revoked' })),
      queued(inlinePost(gzipPost(lines('before')), { host: 'revoked', receivedAt: TEST_NOW - 2_000 })),
      queued(inlinePost(gzipPost(lines('again')), { host: 'readmitted' })),
    ])
    expect(await eventNames()).toEqual(['again', 'before'])
    const [row, ...others] = await rowsOf('SELECT host_id, reason, r2_key FROM quarantine')
    expect(row).toMatchObject({ host_id: 'revoked', reason: 'host_revoked' })
    expect(others).toEqual([])
    expect(await rowsOf("SELECT last_result_at FROM hosts WHERE host_id = 'revoked'")).toEqual([
      { last_result_at: TEST_NOW - 2_000 },
    ])
  })

  it('parts a message that can never be committed from its neighbours', async () => {
    const poison = detectionOf({ throwOn: 'cursed' })
    const messages = [
      queued(inlinePost(gzipPost(lines('a')))),
      queued(inlinePost(gzipPost(lines('cursed')))),
      queued(inlinePost(gzipPost(lines('b')))),
    ]
    await consumeIngest(batchOf(...messages), testWorld(), poison)
    expect(fates(messages)).toEqual(['acked', 'retried', 'acked'])
    expect(await eventNames()).toEqual(['a', 'b'])
  })
})

describe('a spooled post', () => {
  it('is read from R2 and removed once it is stored', async () => {
    const pointer = await spool(gzipPost(lines('a')))
    await consumeAll(testWorld(), [queued(pointer)])
    expect(await eventNames()).toEqual(['a'])
    expect((await env.BUCKET.list({ prefix: 'spool/' })).objects).toEqual([])
  })

  it('is acknowledged when it is gone, for then it was stored before', async () => {
    const pointer = await spool(gzipPost(lines('a')))
    const [first, second] = [queued(pointer), queued(pointer)]
    await consumeIngest(batchOf(first), testWorld(), detection)
    await consumeIngest(batchOf(second), testWorld(), detection)
    expect(fates([first, second])).toEqual(['acked', 'acked'])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'posts_missing'")).toEqual([{ value: 1 }])
    expect(await eventNames()).toEqual(['a'])
  })

  it('stays in R2 as long as it is not stored', async () => {
    const pointer = await spool(gzipPost(lines('a')))
    const message = queued(pointer)
    const { store } = failingD1(env.DB, { failAt: 1, lasting: true }) // after the hosts are read
    await consumeIngest(batchOf(message), testWorld({ db: store }), detection)
    expect(message.fate().kind).toBe('retried')
    expect(await env.BUCKET.head(pointer.key)).not.toBeNull()
  })

  it('is acknowledged although it can not be removed; the sweep comes by again', async () => {
    const pointer = await spool(gzipPost(lines('a')))
    const bucket = new Proxy(env.BUCKET, {
      get(target, name) {
        if (name === 'delete') return () => Promise.reject(new Error('no'))
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    const [first, second] = [queued(pointer), queued(pointer)]
    await consumeIngest(batchOf(first), testWorld({ bucket }), detection)
    await consumeIngest(batchOf(second), testWorld(), detection)
    expect(fates([first, second])).toEqual(['acked', 'acked'])
    expect(await rowsOf("SELECT value FROM counters WHERE name = 'events_stored'")).toEqual([{ value: 1 }])
    expect(await env.BUCKET.head(pointer.key)).toBeNull()
  })
})

describe('size', () => {
  it('keeps a giant event short in D1 and whole in the lake', async () => {
    const command = 'x'.repeat(3_000_000)
    const giant = lines('b').map(line => ({ ...line, columns: { command } }))
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost([...lines('a'), ...giant])))])
    const [row] = await rowsOf("SELECT event FROM events WHERE name = 'b'")
    expect(JSON.parse(String(row?.['event']))).toMatchObject({
      columns: { command: 'x'.repeat(4_096) },
      p_flags: ['cut_in_hot_store'],
    })
    const whole = (await lakeRows()).find(lakeRow => lakeRow['name'] === 'b')
    expect(JSON.parse(String(whole?.['columns']))).toMatchObject({ command })
  })

  it('keeps only matched events hot beyond the budget of the day; the lake keeps all', async () => {
    const world = testWorld({ settings: testSettings({ hotEventsPerDay: 2 }) })
    await consumeAll(world, [queued(inlinePost(gzipPost(lines('a', 'b'))))])
    await consumeAll(world, [queued(inlinePost(gzipPost(lines('c', 'evil', 'd'))))])
    expect(await eventNames()).toEqual(['a', 'b', 'evil'])
    expect(await lakeRows()).toHaveLength(5)
    expect(
      await rowsOf(
        "SELECT name, sum(value) AS n FROM counters WHERE name GLOB 'events_*' GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      { name: 'events_lake_only', n: 2 },
      { name: 'events_stored', n: 3 },
    ])
    world.advance(24 * 3_600_000)
    await consumeAll(world, [queued(inlinePost(gzipPost(lines('e'))))])
    expect(await eventNames()).toContain('e')
  })
})

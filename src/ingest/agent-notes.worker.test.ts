import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { detectionOf, rowsOf, testWorld } from '../../test/consumer.ts'
import { failingD1 } from '../../test/faults.ts'
import { batchOf, gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import { pack } from '../detect/pack.ts'
import { snapshotQueries } from '../staleness/snapshot-queries.ts'
import { removeSightings } from '../store/query-sightings.ts'
import { consumeIngest } from './consume.ts'
import { createNormalizer } from './normalize.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const stock = pack({
  name: 'stock',
  description: 'A snapshot and a differential query',
  queries: {
    ports: { query: 'SELECT * FROM listening_ports;', interval: 3600, snapshot: true },
    users: { query: 'SELECT * FROM users;', interval: 3600 },
  },
})
const margay = pack({
  name: 'margay',
  description: 'The pulse',
  queries: { heartbeat: { query: 'SELECT 1;', interval: 300, snapshot: true } },
})
const found = pack({
  name: 'found',
  description: 'Runs where it finds something',
  discovery: ['SELECT 1;'],
  queries: { apps: { query: 'SELECT * FROM apps;', interval: 3600, snapshot: true } },
})
const packs = [stock, margay, found]
const detection = {
  ...detectionOf(),
  normalizer: createNormalizer(packs),
  snapshots: snapshotQueries(packs),
}

const row = (name: string, action: string, at = TEST_NOW) => ({
  name,
  hostIdentifier: 'h',
  calendarTime: '',
  unixTime: Math.floor(at / 1000),
  epoch: 0,
  counter: 0,
  action,
  columns: { port: '22' },
})
const said = (message: string) => ({
  hostIdentifier: 'h',
  calendarTime: '',
  unixTime: TEST_NOW / 1000,
  severity: 1,
  filename: 'x.cpp',
  line: 1,
  message,
  version: '5.23.1',
})

const post = (records: readonly unknown[], receivedAt = TEST_NOW, host = 'host-1', type = 'result') =>
  queued(inlinePost(gzipPost(records, type), { receivedAt, host }))

const sightings = () => rowsOf('SELECT * FROM query_sightings ORDER BY host_id, query')
const ports = (seen: number, lastAt: number, pulses = 0) => ({
  host_id: 'host-1',
  query: 'stock/ports',
  last_at: lastAt,
  seen,
  pulses,
})

beforeEach(freshStorage)

describe('rows of a snapshot query', () => {
  it('are noted once a post, and those of other queries, unknown names and the heartbeat are not', async () => {
    const message = post([
      row('pack_stock_ports', 'snapshot'),
      row('pack_stock_ports', 'snapshot'),
      row('pack_stock_users', 'added'),
      row('pack_margay_heartbeat', 'snapshot'),
      row('pack_found_apps', 'snapshot'),
      row('invented', 'snapshot'),
    ])
    await consumeIngest(batchOf(message), testWorld(), detection)
    expect(await sightings()).toEqual([ports(1, TEST_NOW, 1)])
  })

  it('are noted once an hour at most, a little early too, and with the pulses there were', async () => {
    const world = testWorld()
    const come = (at: number) =>
      consumeIngest(batchOf(post([row('pack_stock_ports', 'snapshot', at)], at)), world, detection)
    await come(TEST_NOW)
    await come(TEST_NOW + 53 * MINUTE)
    expect(await sightings()).toEqual([ports(1, TEST_NOW)])
    await env.DB.prepare(`UPDATE hosts SET vitals = '{"pulses":{"count":41}}'`).run()
    await come(TEST_NOW + 59 * MINUTE)
    expect(await sightings()).toEqual([ports(2, TEST_NOW + 59 * MINUTE, 41)])
    await env.DB.prepare("UPDATE hosts SET vitals = '{broken'").run()
    await come(TEST_NOW + 3 * HOUR)
    expect(await sightings()).toEqual([ports(3, TEST_NOW + 3 * HOUR)])
  })

  it('count once however often they come, and never go back in time', async () => {
    const later = post([row('pack_stock_ports', 'snapshot')], TEST_NOW + 5 * HOUR)
    const earlier = post([row('pack_stock_ports', 'snapshot')], TEST_NOW)
    await consumeIngest(batchOf(later), testWorld(), detection)
    await consumeIngest(batchOf(queued(later.body), earlier), testWorld(), detection)
    expect(await sightings()).toEqual([ports(1, TEST_NOW + 5 * HOUR)])
  })

  it('are forgotten after 35 days, so many at a time', async () => {
    const hosts = ['a', 'b', 'c', 'd']
    const insert = env.DB.prepare('INSERT INTO query_sightings VALUES (?1, ?2, ?3, 3, NULL)')
    await env.DB.batch(
      hosts.flatMap((host, n) => [
        insert.bind(host, 'stock/ports', TEST_NOW - (n < 3 ? 36 : 34) * DAY),
        insert.bind(host, 'gone/away', TEST_NOW - (n < 1 ? 36 : 34) * DAY),
      ]),
    )
    const removed = async (limit: number) =>
      (await removeSightings(env.DB, TEST_NOW, limit).run()).meta.changes
    expect(await removed(2)).toBe(2)
    expect(await removed(10)).toBe(2)
    expect(await removed(10)).toBe(0)
    expect((await sightings()).map(({ host_id, query }) => `${host_id} ${query}`)).toEqual([
      'b gone/away',
      'c gone/away',
      'd gone/away',
      'd stock/ports',
    ])
  })
})

describe('lines that a host threw away', () => {
  const messages = [
    'Linesize exceeds TLS logger maximum: 1200000',
    'Line exceeds TLS logger max: 1200001',
    'Purging buffered logs limit (1000000) exceeded: 1000004',
    // Nothing was thrown away, or no number says how much.
    'Purging buffered logs limit (1000000) exceeded: 4',
    'Purging buffered logs limit (x) exceeded: y',
    'Executing scheduled query pack_stock_ports',
  ]
  const dropped = async () => [
    await rowsOf('SELECT host_id, lines_dropped FROM hosts'),
    await rowsOf("SELECT label, value FROM counters WHERE name = 'lines_dropped'"),
  ]
  const six = [[{ host_id: 'host-1', lines_dropped: 6 }], [{ label: 'host-1', value: 6 }]]

  /** Of a host that has a row, as every one that enrolled has. */
  async function tell(world = testWorld()): Promise<ReturnType<typeof post>> {
    await consumeIngest(batchOf(post([row('x', 'added')])), testWorld(), detection)
    const message = post(messages.map(said), TEST_NOW, 'host-1', 'status')
    await consumeIngest(batchOf(message), world, detection)
    return message
  }

  it('are counted by what it says', async () => {
    await tell()
    expect(await dropped()).toEqual(six)
  })

  it('count once however often it says so', async () => {
    const message = await tell()
    await consumeIngest(batchOf(queued(message.body)), testWorld(), detection)
    expect(await dropped()).toEqual(six)
  })

  it.each([false, true])('count once when D1 fails (after its effect: %s)', async after => {
    const calls = 6
    for (let failAt = 0; failAt < calls; failAt++) {
      await freshStorage()
      const { store } = failingD1(env.DB, { failAt, after })
      const message = await tell(testWorld({ db: store }))
      await consumeIngest(batchOf(queued(message.body)), testWorld(), detection)
      expect(await dropped()).toEqual(six)
    }
  })

  it('are no number that a host may choose to be endless', async () => {
    await tell()
    const huge = said('Purging buffered logs limit (1) exceeded: 999999999999999')
    await consumeIngest(batchOf(post([huge], TEST_NOW, 'host-1', 'status')), testWorld(), detection)
    expect((await dropped())[0]).toEqual([{ host_id: 'host-1', lines_dropped: 10_000_006 }])
  })
})

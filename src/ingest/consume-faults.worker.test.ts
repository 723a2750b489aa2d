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
import { failingD1, failingR2 } from '../../test/faults.ts'
import { batchOf, gzipPost, inlinePost, queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import { consumeIngest } from './consume.ts'

const detection = detectionOf()

/** The same line of the next run of its query. */
const again = (line: Record<string, unknown>) => ({ ...line, counter: 2 })

beforeEach(freshStorage)

describe('when D1 or R2 fail', () => {
  const bodies = () => [
    inlinePost(gzipPost(lines('a', 'evil'))),
    inlinePost(gzipPost([...lines('b'), 17]), { host: 'host-2' }),
    inlinePost(gzipPost(lines('a', 'evil', 'c'))),
  ]

  /** What must not depend on faults. Alerts may grow in two steps instead of one. */
  async function outcome(): Promise<unknown> {
    const { events, counters, quarantine, hosts, matches } = await stored()
    const lake = new Set((await lakeRows()).map(row => row['p_row_id']))
    const alerts = await rowsOf('SELECT alert_id, event_count, status FROM alerts')
    const deliveries = await rowsOf('SELECT delivery_id, state FROM deliveries')
    return { events, counters, quarantine, hosts, matches, alerts, deliveries, lake: [...lake].toSorted() }
  }

  async function undisturbed(posts: readonly unknown[]): Promise<{ expected: unknown; calls: number[] }> {
    const d1 = failingD1(env.DB, { failAt: -1 })
    const r2 = failingR2(env.BUCKET, { failAt: -1 })
    await consumeAll(testWorld({ db: d1.store, bucket: r2.store }), posts.map(queued))
    return { expected: await outcome(), calls: [d1.calls(), r2.calls()] }
  }

  it.each([
    ['before its effect, once', { after: false, lasting: false }],
    ['after its effect, once', { after: true, lasting: false }],
    ['before its effect, and from then on', { after: false, lasting: true }],
    ['after its effect, and from then on', { after: true, lasting: true }],
  ])(
    'stores every line once with exact counts, whichever call fails: %s',
    async (_when, plan) => {
      const posts = bodies()
      const { expected, calls } = await undisturbed(posts)
      const [d1Calls = 0, r2Calls = 0] = calls
      expect([d1Calls >= 3, r2Calls >= 2]).toEqual([true, true])
      for (let failAt = 0; failAt < d1Calls + r2Calls; failAt += 1) {
        await freshStorage()
        const faulty =
          failAt < d1Calls
            ? { db: failingD1(env.DB, { ...plan, failAt }).store }
            : { bucket: failingR2(env.BUCKET, { ...plan, failAt: failAt - d1Calls }).store }
        const messages = posts.map(queued)
        await consumeIngest(batchOf(...messages), testWorld(faulty), detection)
        expect(fates(messages)).not.toContain('untouched')
        const back = messages.filter(message => message.fate().kind === 'retried')
        if (plan.lasting && failAt < d1Calls) expect(back).not.toEqual([])
        await consumeAll(
          testWorld(),
          back.map(({ body }) => queued(body)),
        )
        expect(await outcome()).toEqual(expected)
      }
    },
    60_000,
  ) // many runs, each on a database of its own

  it('tries again after 15 to 120 seconds, not all at the same time', async () => {
    const messages = Array.from({ length: 30 }, (_, index) =>
      queued(inlinePost(gzipPost(lines(`q${index}`)))),
    )
    const { store, calls } = failingD1(env.DB, { failAt: 0, lasting: true })
    await consumeIngest(batchOf(...messages), testWorld({ db: store }), detection)
    const delays = messages.map(message => {
      const fate = message.fate()
      return fate.kind === 'retried' ? (fate.delaySeconds ?? 0) : -1
    })
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(15)
    expect(Math.max(...delays)).toBeLessThanOrEqual(120)
    expect(new Set(delays).size).toBeGreaterThan(10)
    expect(calls()).toBeLessThan(5) // an outage is not hammered on
  })

  it('acknowledges nothing that shares a transaction with what failed', async () => {
    const messages = [queued(inlinePost(gzipPost(lines('a')))), queued(inlinePost(gzipPost(lines('b'))))]
    const { store } = failingD1(env.DB, { failAt: 0, lasting: true })
    await consumeIngest(batchOf(...messages), testWorld({ db: store }), detection)
    expect(fates(messages)).toEqual(['retried', 'retried'])
    expect(await eventNames()).toEqual([])
  })

  it('looks again at the windows when another consumer was quicker, and counts both', async () => {
    const rival = queued(inlinePost(gzipPost(lines('evil')), { receivedAt: TEST_NOW - 1 }))
    const late = queued(inlinePost(gzipPost([...lines('evil'), ...lines('evil').map(again)])))
    let batches = 0
    const db = new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name !== 'batch') return member.bind(target)
        return async (statements: D1PreparedStatement[]) => {
          batches += 1
          // The first batch reads hosts, the second windows; the rival commits between that and the third, which writes.
          if (batches === 3) await consumeIngest(batchOf(rival), testWorld(), detection)
          return await target.batch(statements)
        }
      },
    })
    const world = testWorld({ db })
    await consumeIngest(batchOf(late), world, detection)
    expect(fates([rival, late])).toEqual(['acked', 'acked'])
    expect(world.logged).toEqual([]) // a conflict is no failure
    expect(batches).toBe(6)
    expect(await rowsOf('SELECT event_count FROM alerts')).toEqual([{ event_count: 2 }])
    expect(await rowsOf("SELECT sum(value) AS n FROM counters WHERE name = 'rule_matches'")).toEqual([
      { n: 2 },
    ])
  })

  it('lets a host whose row others write all the time cost its neighbours nothing', async () => {
    await consumeAll(testWorld(), [queued(inlinePost(gzipPost(lines('first'))))])
    const rivalled = new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        if (name !== 'batch') return member.bind(target)
        return async (statements: D1PreparedStatement[]) => {
          // Whoever reads the row, somebody writes it before they do.
          await target
            .prepare(`UPDATE hosts SET vitals = '{"rival": ' || (length(vitals) + 1) || printf('%*s', length(vitals), '}')
              WHERE host_id = 'host-1'`)
            .run()
          return await target.batch(statements)
        }
      },
    })
    const posts = [1, 2, 3].map(n => queued(inlinePost(gzipPost(lines(`loud${n}`)))))
    const neighbour = queued(inlinePost(gzipPost(lines('quiet')), { host: 'host-2' }))
    const world = testWorld({ db: rivalled })
    await consumeIngest(batchOf(...posts, neighbour), world, detection)
    expect(fates([...posts, neighbour])).toEqual(['retried', 'retried', 'retried', 'acked'])
    // All of them together, then the first that is contended for alone; its others come again without being tried.
    expect(world.logged.map(({ event }) => event)).toEqual(['ingest_failed', 'ingest_failed'])
    await consumeAll(
      testWorld(),
      posts.map(({ body }) => queued(body)),
    )
    expect((await eventNames()).toSorted()).toEqual(['first', 'loud1', 'loud2', 'loud3', 'quiet'])
  })

  it('says why in the log, and never a secret', async () => {
    const world = testWorld({ db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    await consumeIngest(batchOf(queued(inlinePost(gzipPost(lines('a'))))), world, detection)
    expect(world.logged[0]).toMatchObject({
      event: 'ingest_failed',
      fields: { error: 'Network connection lost.' },
    })
    expect(JSON.stringify(world.logged)).not.toContain('node-key-that-must-not-be-kept')
  })
})

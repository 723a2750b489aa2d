import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { packs, rules } from '../../rules/index.ts'
import { alertRouting } from '../../rules/routing.ts'
import { AlertsQueue, batchOf } from '../../test/alerts-queue.ts'
import { failingD1, failingR2 } from '../../test/faults.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { queued } from '../../test/ingest-batch.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, testSettings, worldFor } from '../../test/world.ts'
import { createEngine } from '../detect/engine.ts'
import type { World } from '../env.ts'
import { consumeIngest } from '../ingest/consume.ts'
import type { Detection } from '../ingest/detection.ts'
import type { IngestMessage } from '../ingest/message.ts'
import { createNormalizer } from '../ingest/normalize.ts'
import { deliver } from '../notify/deliver.ts'
import { type CanaryRound, selectCanary } from '../store/canary.ts'
import { watchCanary } from './canary.ts'

beforeEach(freshStorage)

const MINUTE = 60_000
const URL = 'https://heartbeat.example.com/ping/0123456789abcdef'
const detection: Detection = {
  normalizer: createNormalizer(packs),
  engine: createEngine(rules),
  routing: alertRouting,
}

/** What is broken from one minute on. */
interface Broken {
  readonly cron?: true
  readonly ingest?: Queue<IngestMessage>
  readonly ingestConsumer?: true
  readonly detection?: Detection
  readonly consumerWorld?: Partial<World>
  readonly alertsQueue?: true
  readonly alertsConsumer?: true
  readonly cronWorld?: Partial<World>
}

/** Clones what it is sent as the queue does, which by default writes JSON. */
function cloning(held: Queue<IngestMessage>): Queue<IngestMessage> {
  return {
    ...held,
    send: (body, options) =>
      held.send(options?.contentType === 'v8' ? structuredClone(body) : JSON.parse(JSON.stringify(body))),
  }
}

class Margay {
  readonly beats: number[] = []
  readonly ingest = heldQueue<IngestMessage>()
  readonly alerts = new AlertsQueue()
  readonly world = worldFor(
    { ...env, ALERTS: this.alerts.queue },
    {
      ingest: cloning(this.ingest.queue),
      settings: testSettings({ heartbeatUrl: URL }),
      fetch: async url => {
        expect(url).toBe(URL)
        this.beats.push(this.world.now())
        return new Response('OK')
      },
    },
  )

  async minute(broken: Broken = {}): Promise<void> {
    const { ingest = this.world.ingest, consumerWorld, cronWorld } = broken
    this.alerts.broken = broken.alertsQueue === true
    if (broken.cron !== true) await this.#cron({ ...this.world, ingest, ...cronWorld })
    const posts = this.ingest.sent.splice(0).map(body => queued(body))
    if (broken.ingestConsumer !== true) {
      const world = { ...this.world, sleep: async () => {}, ...consumerWorld }
      await consumeIngest({ messages: posts }, world, broken.detection ?? detection)
    }
    const { batch } = batchOf(this.alerts.takeAll().map(({ body }) => body))
    if (broken.alertsConsumer !== true) await deliver(batch, this.world, alertRouting.destinations)
    this.world.advance(MINUTE)
  }

  /** As cron does: a job that fails is due again. */
  async #cron(world: World): Promise<void> {
    try {
      await watchCanary(world)
    } catch (error) {
      this.world.log('job_failed', { error: String(error) })
    }
  }
}

const down = { failAt: 0, lasting: true }
const refusing: Queue<IngestMessage> = {
  ...heldQueue<IngestMessage>().queue,
  send: () => Promise.reject(new Error('Queue is overloaded.')),
}
const STAGES: readonly (readonly [string, () => Broken])[] = [
  ['cron', () => ({ cron: true })],
  ['D1, as cron sees it', () => ({ cronWorld: { db: failingD1(env.DB, down).store } })],
  ['an ingest queue that refuses', () => ({ ingest: refusing })],
  ['an ingest queue that loses', () => ({ ingest: heldQueue<IngestMessage>().queue })],
  ['the ingest consumer', () => ({ ingestConsumer: true })],
  [
    'normalization',
    () => ({ detection: { ...detection, normalizer: { post: () => ({ add: () => 'not_json' as never }) } } }),
  ],
  [
    'the rules',
    () => ({
      detection: {
        ...detection,
        engine: {
          ...detection.engine,
          evaluate: () => {
            throw new Error('bad deploy')
          },
        },
      },
    }),
  ],
  ['R2', () => ({ consumerWorld: { bucket: failingR2(env.BUCKET, down).store } })],
  ['D1, as the consumer sees it', () => ({ consumerWorld: { db: failingD1(env.DB, down).store } })],
  ['the alerts queue', () => ({ alertsQueue: true })],
  ['the alerts consumer', () => ({ alertsConsumer: true })],
]

describe('F21: the heartbeat', () => {
  it('is given each minute while everything works', async () => {
    const margay = new Margay()
    for (let n = 0; n < 5; n++) await margay.minute()
    expect(margay.beats).toEqual([1, 2, 3, 4].map(minute => TEST_NOW + minute * MINUTE))
  })

  it.each(STAGES)('stops within three minutes without %s, and comes back with it', async (_, breaking) => {
    const margay = new Margay()
    for (let n = 0; n < 3; n++) await margay.minute()
    const brokenAt = margay.world.now()
    for (let n = 0; n < 10; n++) await margay.minute(breaking())
    const mendedAt = margay.world.now()
    expect(margay.beats.filter(at => at >= brokenAt + 3 * MINUTE)).toEqual([])
    for (let n = 0; n < 3; n++) await margay.minute()
    expect(margay.beats.filter(at => at >= mendedAt).length).toBeGreaterThanOrEqual(2)
  })

  it('is not told by a canary that comes after all, too late', async () => {
    const margay = new Margay()
    await margay.minute({ ingestConsumer: true })
    await watchCanary(margay.world)
    const [late] = margay.ingest.sent.splice(0)
    margay.world.advance(10 * MINUTE)
    await consumeIngest({ messages: late === undefined ? [] : [queued(late)] }, margay.world, detection)
    await deliver(
      batchOf(margay.alerts.takeAll().map(({ body }) => body)).batch,
      margay.world,
      alertRouting.destinations,
    )
    await watchCanary(margay.world)
    expect(margay.beats).toEqual([])
  })

  it('needs no URL: how old the canary is is known all the same', async () => {
    const margay = new Margay()
    const silent = { cronWorld: { settings: testSettings() } }
    for (let n = 0; n < 3; n++) await margay.minute(silent)
    expect(margay.beats).toEqual([])
    expect(await selectCanary(env.DB).first<CanaryRound>()).toEqual({
      storedAt: TEST_NOW + 2 * MINUTE,
      seenAt: TEST_NOW + 2 * MINUTE,
    })
  })

  it.each([
    ['fails', () => Promise.reject(new Error(`connect ${URL}`))],
    ['is refused', async () => new Response('', { status: 404 })],
  ])('that %s is logged without its URL', async (_, fetch) => {
    const margay = new Margay()
    await margay.minute()
    await margay.minute({ cronWorld: { fetch } })
    const logged = margay.world.logged.filter(({ event }) => event === 'heartbeat_failed')
    expect(logged).toHaveLength(1)
    expect(JSON.stringify(margay.world.logged)).not.toContain('heartbeat.example.com')
  })
})

describe('the canary', () => {
  it('leaves two rows and one object, however long it flies', async () => {
    const margay = new Margay()
    for (let n = 0; n < 5; n++) await margay.minute()
    const tables = [
      'events',
      'hosts',
      'counters',
      'matches',
      'alerts',
      'deliveries',
      'segments',
      'quarantine',
    ]
    for (const table of tables) {
      expect([table, await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first('n')]).toEqual([
        table,
        0,
      ])
    }
    expect((await env.BUCKET.list()).objects.map(({ key }) => key)).toEqual(['state/canary'])
    const { results } = await env.DB.prepare('SELECT name FROM states').all()
    expect(results).toEqual([{ name: 'canary' }])
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import { runJobs } from '../src/cron.ts'
import type { World } from '../src/env.ts'
import { consumeIngest } from '../src/ingest/consume.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { deliver } from '../src/notify/deliver.ts'
import { dedupKeyOf } from '../src/notify/pagerduty-body.ts'
import { agentClient } from './agent-client.ts'
import { KEY } from './alerting.ts'
import { detectionOf, lakeRows, rowsOf } from './consumer.ts'
import { type Fate, fatedD1, fatedQueue, fatedR2 } from './faults.ts'
import { ManualQueue } from './manual-queue.ts'
import { SimulatedAgent } from './simulator/agent.ts'
import { enrollmentOf, hostProfile } from './simulator/host-profile.ts'
import { PagerDutyModel } from './simulator/pagerduty.ts'
import { eventLine } from './simulator/result-line.ts'
import { headOf } from './simulator/rows.ts'
import { Seed } from './simulator/seed.ts'
import type { Transport } from './simulator/wire.ts'
import { freshStorage } from './storage.ts'
import { TEST_NOW, testSettings, worldFor } from './world.ts'

/**
 * A small fleet before the real routes, consumers and cron, with everything failing at random: connections, D1, R2, both
 * queues, PagerDuty; messages come twice and in any order, isolates forget. Then all is well again, and nothing may be
 * missing, counted twice, untold or told wrongly.
 */

const SEEDS = Array.from({ length: 50 }, (_, n) => n + 1)
const AGENTS = 2
const TURNS = 4
/** How likely a call fails while things are bad; the last is an outage. */
const FAULTS = [0, 0.1, 0.4, 0.95] as const
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const SECRET = testSettings().enrollSecrets[0]?.secret ?? ''
const detection = detectionOf()

beforeEach(freshStorage)

/** Deadlines don't strike; the consumers' pauses, which are between them, take no time. */
const sleep: World['sleep'] = ms =>
  (ms > 1_000 && ms < 2_000) || ms < 500 ? Promise.resolve() : new Promise(() => {})

const pause: World['sleep'] = ms => (ms < 2_000 ? Promise.resolve() : sleep(ms))

class SmallWorld {
  readonly seed: Seed
  readonly pagerDuty = new PagerDutyModel([KEY])
  readonly ingest = new ManualQueue<IngestMessage>(() => this.now)
  readonly alerts = new ManualQueue<AlertWakeUp>(() => this.now)
  readonly agents: readonly SimulatedAgent[]
  readonly logged: string[] = []
  now = TEST_NOW
  /** How likely a call of a store, a queue or PagerDuty fails. */
  badness = 0
  /** How likely a request breaks on its way here, or the answer on its way back. */
  roadBadness = 0
  world: World
  lines = 0
  evilLines = 0
  #send: ReturnType<typeof agentClient>

  constructor(seed: number) {
    this.seed = new Seed(seed)
    this.world = this.#newIsolate()
    this.#send = agentClient(this.world)
    this.agents = Array.from({ length: AGENTS }, (_, index) => {
      const enrollment = enrollmentOf(hostProfile(new Seed(seed), index), SECRET)
      const flags = { logCompress: index % 2 === 0, logMaxLines: this.seed.pick([3, 10, 1_024]) }
      return new SimulatedAgent(
        enrollment,
        { now: () => this.now, sleep: async ms => this.advance(ms), send: this.#road },
        flags,
      )
    })
  }

  advance(ms: number): void {
    this.now += ms
  }

  restart(): void {
    this.world = this.#newIsolate()
    this.#send = agentClient(this.world)
  }

  /** Each agent logs some lines, told apart by their number; some of them are evil. */
  log(): void {
    for (const [index, agent] of this.agents.entries()) {
      for (let n = this.seed.whole(0, 4); n > 0; n -= 1) {
        const isEvil = this.seed.next() < 0.3
        this.lines += 1
        if (isEvil) this.evilLines += 1
        const profile = hostProfile(new Seed(1), index)
        const head = headOf(profile, isEvil ? 'evil' : 'q', Math.floor(this.now / 1000), 1)
        agent.logResult(eventLine(head, 'added', { n: `line-${this.lines}` }))
      }
    }
  }

  async deliverIngest(): Promise<number> {
    return await this.ingest.deliver(
      this.seed.whole(1, 20),
      // Its pauses may be of any length below two seconds, also that of a deadline elsewhere.
      messages => consumeIngest({ messages }, { ...this.world, sleep: pause }, detection),
      due => this.#inAnyWay(due),
    )
  }

  async deliverAlerts(): Promise<number> {
    return await this.alerts.deliver(
      10,
      messages => deliver(batchOf(messages), this.world, detection.routing.destinations, new Map()),
      due => this.#inAnyWay(due),
    )
  }

  async cron(): Promise<void> {
    await runJobs(this.world, detection.routing)
  }

  /** Consumes until both queues are empty, moving the clock to what is due next. */
  async drain(): Promise<void> {
    for (let round = 0; round < 400; round += 1) {
      if ((await this.deliverIngest()) + (await this.deliverAlerts()) > 0) continue
      const due = [this.ingest.nextDueAt, this.alerts.nextDueAt].filter(at => at !== null)
      if (due.length === 0) return
      this.now = Math.max(this.now, Math.min(...due))
    }
    throw new Error(`the queues never empty: ${this.logged.slice(-5).join('\n')}`)
  }

  /** While things are bad: any order, some twice. */
  #inAnyWay<Message>(due: readonly Message[]): readonly Message[] {
    if (this.badness === 0) return due
    const shuffled = due.toSorted(() => this.seed.next() - 0.5)
    return shuffled.flatMap(message => (this.seed.next() < 0.1 ? [message, message] : [message]))
  }

  #fate = (badness = this.badness): Fate => {
    if (this.seed.next() >= badness) return 'works'
    return this.seed.pick(['fails', 'unheard'])
  }

  #road: Transport = async request => {
    const fate = this.#fate(this.roadBadness)
    if (fate === 'fails') return { kind: 'broken' }
    const headers = Object.fromEntries(request.headers)
    const reply = await this.#send(request.path, request.body as Uint8Array<ArrayBuffer>, { headers }) // never shared
    if (fate === 'unheard') return { kind: this.seed.pick(['broken', 'timeout']) }
    return { kind: 'answered', status: reply.status, body: reply.text }
  }

  #newIsolate(): World {
    const world = worldFor(
      { DB: env.DB, BUCKET: env.BUCKET, INGEST: this.ingest.queue, ALERTS: this.alerts.queue },
      {
        now: () => this.now,
        randomBytes: length => Uint8Array.from({ length }, () => this.seed.whole(0, 255)),
        sleep,
        settings: testSettings({ inlineMaxBytes: this.seed.pick([0, 600, 120_000]) }),
        db: fatedD1(env.DB, () => this.#fate()),
        bucket: fatedR2(env.BUCKET, () => this.#fate()),
        ingest: fatedQueue(this.ingest.queue, () => this.#fate()),
        alerts: fatedQueue(this.alerts.queue, () => this.#fate()),
        fetch: (_, init) => this.#pagerDuty(String(init.body)),
        log: (event, fields) => this.logged.push(JSON.stringify({ event, ...fields })),
      },
    )
    return world
  }

  async #pagerDuty(body: string): Promise<Response> {
    const fate = this.#fate()
    if (fate === 'fails') {
      const status = this.seed.pick([0, 429, 500, 503])
      if (status === 0) throw new Error('Network connection lost.')
      return new Response('no', { status, headers: { 'retry-after': '30' } })
    }
    const reply = this.pagerDuty.enqueue(body, this.now)
    if (fate === 'unheard') throw new Error('Network connection lost.')
    return Response.json(reply.body, { status: reply.status })
  }
}

function batchOf(messages: readonly Message<AlertWakeUp>[]): MessageBatch<AlertWakeUp> {
  return {
    queue: 'alerts',
    messages,
    metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    ackAll() {},
    retryAll() {},
  }
}

/** Things go wrong, each turn more or less. */
async function badTimes(small: SmallWorld): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    small.badness = small.seed.pick(FAULTS)
    small.roadBadness = small.seed.pick([0, 0.3])
    small.log()
    for (const agent of small.agents) await agent.flush()
    if (small.seed.next() < 0.7) await small.deliverIngest()
    if (small.seed.next() < 0.7) await small.deliverAlerts()
    if (small.seed.next() < 0.2) await small.cron()
    if (small.seed.next() < 0.2) small.restart()
    small.advance(small.seed.whole(0, 3 * MINUTE_MS))
  }
}

/** All is well again: hosts get rid of their lines, sweepers find what was left lying. */
async function goodTimes(small: SmallWorld): Promise<void> {
  small.badness = 0
  small.roadBadness = 0
  small.restart()
  for (let turn = 0; turn < 60 && small.agents.some(({ buffer }) => buffer.size > 0); turn += 1) {
    for (const agent of small.agents) await agent.flush()
    await small.drain()
    small.advance(turn % 20 === 19 ? HOUR_MS : 1_000)
  }
  // A lease that nobody gave back ends after a quarter of an hour; what is due later than that is not lost.
  for (let round = 0; round < 8 && (round < 2 || (await unsettled())); round += 1) {
    small.advance((round === 0 ? 16 : 2) * MINUTE_MS)
    await small.cron()
    await small.drain()
  }
}

const unsettled = () => total("SELECT count(*) AS n FROM deliveries WHERE state IN ('pending', 'leased')")

const total = async (sql: string) => Number((await rowsOf(sql))[0]?.['n'] ?? 0)

async function expectNothingMissing(small: SmallWorld): Promise<void> {
  const expected = Array.from({ length: small.lines }, (_, n) => `line-${n + 1}`).toSorted()
  const hot = await rowsOf("SELECT event ->> '$.columns.n' AS n FROM events ORDER BY 1")
  expect(hot.map(({ n }) => n)).toEqual(expected)
  const inLake = (await lakeRows()).map(row => JSON.parse(String(row['columns'])).n)
  expect([...new Set(inLake)].toSorted()).toEqual(expected)
  expect(await total("SELECT sum(value) AS n FROM counters WHERE name = 'events_stored'")).toBe(small.lines)
  expect(await rowsOf('SELECT reason, detail FROM quarantine')).toEqual([])
  expect((await env.BUCKET.list({ prefix: 'spool/' })).objects).toEqual([])
}

async function expectCountedOnce(small: SmallWorld): Promise<void> {
  expect(await total("SELECT count(*) AS n FROM matches WHERE rule_id = 'test.evil'")).toBe(small.evilLines)
  expect(await total("SELECT sum(value) AS n FROM counters WHERE name = 'rule_matches'")).toBe(
    small.evilLines,
  )
  expect(await total("SELECT sum(event_count) AS n FROM alerts WHERE rule_id = 'test.evil'")).toBe(
    small.evilLines,
  )
}

/** PagerDuty knows of each alert what is true, by one incident at most; what it does not know is parked and shown. */
async function expectToldTruly({ pagerDuty }: SmallWorld): Promise<void> {
  expect(await rowsOf("SELECT * FROM deliveries WHERE state IN ('pending', 'leased')")).toEqual([])
  for (const { alert_id, status, parked, told } of await rowsOf(
    `SELECT alert_id, status,
       (SELECT count(*) FROM deliveries d WHERE d.alert_id = a.alert_id AND d.state = 'parked') AS parked,
       (SELECT count(*) FROM deliveries d WHERE d.alert_id = a.alert_id AND d.state = 'delivered') AS told
     FROM alerts a`,
  )) {
    const incidents = pagerDuty.incidents.filter(({ dedupKey }) => dedupKey === dedupKeyOf(String(alert_id)))
    expect(parked).toBe(0)
    if (status === 'open') {
      expect(incidents).toMatchObject([{ status: 'triggered' }])
      expect(told).toBeGreaterThanOrEqual(1)
    } else {
      for (const incident of incidents) expect(incident.status).toBe('resolved')
    }
    expect(incidents.length).toBeLessThanOrEqual(1)
  }
}

describe('a small fleet', () => {
  it.each(SEEDS)('keeps every promise under faults of everything, seed %i', async seed => {
    const small = new SmallWorld(seed)
    await badTimes(small)
    await goodTimes(small)
    expect(small.agents.map(({ crashed, buffer }) => ({ crashed, left: buffer.size }))).toEqual(
      small.agents.map(() => ({ crashed: false, left: 0 })),
    )
    await expectNothingMissing(small)
    await expectCountedOnce(small)
    await expectToldTruly(small)
    const log = small.logged.join('\n')
    // An agent that is about to enroll has no key.
    const nodeKeys = small.agents.map(({ nodeKey }) => nodeKey).filter(key => key !== '')
    for (const secret of [SECRET, KEY, ...nodeKeys]) {
      expect(log.includes(secret)).toBe(false)
    }
  })
})

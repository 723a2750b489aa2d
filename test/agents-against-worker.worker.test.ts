import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { World } from '../src/env.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { agentClient } from './agent-client.ts'
import { consumeAll, eventNames, testWorld } from './consumer.ts'
import { failingD1, failingR2 } from './faults.ts'
import { heldQueue } from './held-queue.ts'
import { queued } from './ingest-batch.ts'
import { SimulatedAgent } from './simulator/agent.ts'
import type { AgentFlags } from './simulator/agent-flags.ts'
import { enrollmentOf, hostProfile } from './simulator/host-profile.ts'
import { eventLine } from './simulator/result-line.ts'
import { headOf, heartbeatLine } from './simulator/rows.ts'
import { Seed } from './simulator/seed.ts'
import type { Transport, WireAnswer } from './simulator/wire.ts'
import { freshStorage } from './storage.ts'
import { WholeWorker } from './whole-worker.ts'
import { TEST_NOW, testSettings } from './world.ts'

beforeEach(freshStorage)

const SECRET = testSettings().enrollSecrets[0]?.secret ?? ''
const BROKEN: WireAnswer = { kind: 'broken' }

/** What goes wrong on the way; `nth` counts the requests from 0. */
type Road = (nth: number, carry: () => Promise<WireAnswer>) => Promise<WireAnswer>

const smooth: Road = (_nth, carry) => carry()

/** An osqueryd before the real routes of a world, and everything the routes put on the queue. */
function stage(road: Road = smooth, flags: Partial<AgentFlags> = {}, overrides: Partial<World> = {}) {
  const { queue, sent } = heldQueue<IngestMessage>()
  const world = testWorld({ ingest: queue, ...overrides })
  const client = agentClient(world)
  const profile = hostProfile(new Seed(1), 0)
  const clock = { now: TEST_NOW }
  let requests = 0
  const send: Transport = request =>
    road(requests++, async () => {
      const headers = Object.fromEntries(request.headers)
      const reply = await client(request.path, request.body, { headers })
      return { kind: 'answered', status: reply.status, body: reply.text }
    })
  const sleep = async (ms: number) => {
    clock.now += ms
  }
  const agent = new SimulatedAgent(
    enrollmentOf(profile, SECRET),
    { now: () => clock.now, sleep, send },
    { logCompress: true, ...flags },
  )
  const log = (from: number, to: number) => {
    for (let n = from; n < to; n += 1) {
      const head = headOf(profile, `q${String(n).padStart(3, '0')}`, TEST_NOW / 1000, 1)
      agent.logResult(eventLine(head, 'added', { n: String(n) }))
    }
  }
  const consumeWith = (db: D1Database) => consumeAll({ ...world, db }, sent.splice(0).map(queued))
  return { agent, clock, log, consume: () => consumeWith(world.db), consumeWith }
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `q${String(n).padStart(3, '0')}`)

describe('osqueryd before the Worker', () => {
  it.each([true, false])(
    'enrolls, gets a schedule, and gets rid of its lines (compressed: %s)',
    async compress => {
      const { agent, log, consume } = stage(smooth, { logCompress: compress })
      const config = await agent.fetchConfig()
      expect(Object.keys(config?.['packs'] ?? {})).toEqual(['margay'])
      log(0, 20)
      await agent.flush()
      expect(agent.buffer.size).toBe(0)
      await consume()
      expect(await eventNames()).toEqual(names(20))
    },
  )

  it('is let in again with a key that is forged, and loses nothing by it', async () => {
    const { agent, clock, log, consume } = stage()
    await agent.enroll()
    agent.nodeKey = `${agent.nodeKey.slice(0, -1)}${agent.nodeKey.endsWith('A') ? 'B' : 'A'}`
    log(0, 3)
    await agent.flush()
    expect(agent.nodeKey).toBe('')
    expect(agent.buffer.size).toBe(3)
    clock.now += 60_000
    await agent.flush()
    expect(agent.buffer.size).toBe(0)
    await consume()
    expect(await eventNames()).toEqual(names(3))
  })

  it.each<[string, Road]>([
    ['connections break before the request', async (nth, carry) => (nth % 3 === 1 ? BROKEN : carry())],
    [
      'answers are lost, so that requests come twice',
      async (nth, carry) => {
        const answer = await carry()
        return nth % 3 === 1 ? BROKEN : answer
      },
    ],
    [
      'answers come too late, so that lines come again among newer ones',
      async (nth, carry) => {
        const answer = await carry()
        return nth % 3 === 1 ? { kind: 'timeout' } : answer
      },
    ],
  ])('has each line stored once when %s', async (_what, road) => {
    const { agent, clock, log, consume } = stage(road, { logMaxLines: 7 })
    for (let turn = 0; turn < 10; turn += 1) {
      log(turn * 4, turn * 4 + 4)
      await agent.flush()
      await consume()
      clock.now += 10 * 60_000
    }
    for (let turn = 0; turn < 20 && agent.buffer.size > 0; turn += 1) {
      await agent.flush()
      clock.now += 3_600_000
    }
    await consume()
    expect(agent.buffer.size).toBe(0)
    expect(await eventNames()).toEqual(names(40))
  })

  it('notices nothing of a D1 that is down, once it has a key', async () => {
    const { agent } = stage()
    await agent.enroll()
    const down = stage(smooth, {}, { db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    down.agent.nodeKey = agent.nodeKey
    down.log(0, 5)
    await down.agent.flush()
    expect(down.agent.buffer.size).toBe(0)
    expect(down.agent.nodeKey).toBe(agent.nodeKey)
    await down.consumeWith(env.DB)
    expect(await eventNames()).toEqual(names(5))
  })

  it('keeps its lines while neither queue nor R2 take them, and sends them later', async () => {
    const { queue } = heldQueue<IngestMessage>()
    const refusing: Queue<IngestMessage> = {
      ...queue,
      send: () => Promise.reject(new Error('Queue is overloaded')),
      sendBatch: () => Promise.reject(new Error('Queue is overloaded')),
    }
    const healthy = stage()
    await healthy.agent.enroll()
    const sick = stage(
      smooth,
      {},
      {
        ingest: refusing,
        bucket: failingR2(env.BUCKET, { failAt: 0, lasting: true }).store,
      },
    )
    sick.agent.nodeKey = healthy.agent.nodeKey
    sick.log(0, 4)
    await sick.agent.flush()
    expect(sick.agent.buffer.size).toBe(4)
    for (const { text } of sick.agent.buffer.first(9)) healthy.agent.logResult(text)
    await healthy.agent.flush()
    await healthy.consume()
    expect(await eventNames()).toEqual(names(4))
  })
})

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** A third of the time of a real fleet: heartbeats each minute, silent after four. Back-off takes the time it takes. */
const SHORTENED = {
  HEARTBEAT_SECONDS: '60',
  SILENT_AFTER_SECONDS: '240',
  SILENCE_LEARNING_SECONDS: '0',
}

/** One osqueryd whose scheduler runs the heartbeat, and which asks for its config, once a minute. */
class FleetMember {
  readonly agent: SimulatedAgent
  readonly name: string
  #isAlive = true
  readonly #profile
  readonly #startedAt = Date.now()

  constructor(index: number, send: Transport) {
    this.#profile = hostProfile(new Seed(index), index)
    this.name = this.#profile.hostname
    this.agent = new SimulatedAgent(
      enrollmentOf(this.#profile, SECRET),
      { now: () => Date.now(), sleep: async () => undefined, send },
      { logCompress: true, logPeriod: 10 },
    )
  }

  die(): void {
    this.#isAlive = false
  }

  async beat(): Promise<void> {
    if (!this.#isAlive) return
    const now = Math.floor(Date.now() / SECOND)
    const uptimeSeconds = now - Math.floor(this.#startedAt / SECOND) + 1
    this.agent.logResult(heartbeatLine(this.#profile, 'pack_margay_heartbeat', now, { uptimeSeconds }))
    await this.agent.fetchConfig()
  }

  async turn(): Promise<void> {
    if (this.#isAlive) await this.agent.flush()
  }
}

/** Seven of them before the whole Worker, and a road that can be closed. */
class Fleet {
  readonly whole = new WholeWorker(SHORTENED)
  readonly members: readonly FleetMember[]
  isOut = false

  constructor() {
    const send: Transport = async ({ path, headers, body }) => {
      if (this.isOut) return BROKEN
      const reply = await this.whole.post(path, body, { headers: Object.fromEntries(headers) })
      return { kind: 'answered', status: reply.status, body: reply.text }
    }
    this.members = Array.from({ length: 7 }, (_, index) => new FleetMember(index, send))
  }

  /** Turns of the loggers each ten seconds, cron each minute. */
  async minutes(count: number): Promise<void> {
    for (let tick = 0; tick < count * 6; tick += 1) {
      for (const [index, member] of this.members.entries()) {
        if (tick % 6 === index % 6) await member.beat()
        await member.turn()
      }
      this.whole.advance(10 * SECOND)
      if (tick % 6 !== 5) continue
      await this.whole.cron()
      while ((await this.whole.deliverIngest()) + (await this.whole.deliverAlerts()) > 0);
    }
  }

  pages(): string[] {
    return this.whole.pagerDuty.incidents.map(({ summary, status }) => `${summary}: ${status}`)
  }
}

describe('osqueryds that wait in their back-off', () => {
  let fleet: Fleet
  beforeEach(() => {
    fleet = new Fleet()
  })
  afterEach(() => fleet.whole.leave())

  it('page nobody for an outage of ours but once; who died in it does, when the others had time to return', async () => {
    await fleet.minutes(8)
    expect(fleet.pages()).toEqual([])
    fleet.isOut = true
    await fleet.minutes(4)
    fleet.members[3]?.die()
    await fleet.minutes(8)
    expect(fleet.pages()).toEqual([expect.stringMatching(/^The feed is silent.*: triggered$/)])
    fleet.isOut = false
    const outageEnds = Date.now()
    await fleet.minutes(10)
    expect(fleet.members.filter(({ agent }) => agent.buffer.size > 0).map(({ name }) => name)).toEqual([
      fleet.members[3]?.name,
    ])
    expect(fleet.pages()).toEqual([expect.stringMatching(/^The feed is silent.*: resolved$/)])
    await fleet.minutes(22)
    expect(fleet.pages()).toEqual([
      expect.stringMatching(/: resolved$/),
      expect.stringContaining(`Host ${fleet.members[3]?.name} is silent: no logs since `),
    ])
    const died = fleet.whole.pagerDuty.incidents[1]?.openedAt ?? 0
    expect(died - outageEnds).toBeGreaterThan(20 * MINUTE)
  }, 120_000)
})

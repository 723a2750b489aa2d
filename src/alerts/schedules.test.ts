import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AlertsQueue, batchOf } from '../../test/alerts-queue.ts'
import { failingD1 } from '../../test/faults.ts'
import { matchOf } from '../../test/findings.ts'
import { PagerDutyModel } from '../../test/simulator/pagerduty.ts'
import { sqliteD1 } from '../../test/sqlite-d1.ts'
import { type TestWorld, testSettings, worldFor } from '../../test/world.ts'
import { routing as routingOf } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { deliver } from '../notify/deliver.ts'
import { sweepDeliveries } from '../notify/sweep.ts'
import { listAlerts } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { timelineOf } from '../store/timeline.ts'
import { intakeFindings, isConflict, wake } from './intake.ts'
import { acknowledgeAlert, resolveAlert } from './lifecycle.ts'
import { tendAlerts } from './tend.ts'

const SEEDS = 1_000
const MINUTE = 60_000
const routing = routingOf({
  destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }],
})

/** Matches that come once more among them; three of them in one chunk. */
const taking = fc.record({
  kind: fc.constant('take' as const),
  orders: fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }),
  diesAt: fc.constantFrom(-1, -1, 0, 1),
  after: fc.boolean(),
})
const delivering = fc.record({
  kind: fc.constant('deliver' as const),
  // Any of those that exist: in no order, twice, or long settled.
  which: fc.nat(99),
  answer: fc.constantFrom('taken', 'taken', 'taken, answer lost', 'refused for now', 'busy', 'hung up'),
  diesAt: fc.constantFrom(-1, -1, -1, -1, 0, 1, 2, 3),
  after: fc.boolean(),
})
const happening = fc.oneof(
  { weight: 3, arbitrary: taking },
  { weight: 6, arbitrary: delivering },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'acknowledge',
      'resolve',
      'resolve',
      'sweep',
      'queue',
      'minute',
      'ten minutes',
    ),
  },
)

class Schedule {
  readonly pagerDuty = new PagerDutyModel([testSettings().pagerDutyRoutingKey ?? ''])
  readonly queue = new AlertsQueue()
  readonly world: TestWorld
  answer = 'taken'

  constructor(db: D1Database) {
    // Neither store nor queue of posts is touched here.
    const bindings = { DB: db, BUCKET: {} as R2Bucket, INGEST: {} as Queue, ALERTS: this.queue.queue }
    this.world = worldFor(bindings, {
      fetch: async (_, init) => this.#answer(String(init.body)),
    })
  }

  async #answer(body: string): Promise<Response> {
    if (this.answer === 'hung up') throw new Error('reset')
    if (this.answer === 'refused for now') return new Response(null, { status: 503 })
    if (this.answer === 'busy') return new Response(null, { status: 429 })
    const { status } = this.pagerDuty.enqueue(body, this.world.now())
    if (this.answer === 'taken, answer lost') throw new Error('reset')
    return new Response(null, { status })
  }

  async alerts() {
    return (await listAlerts(this.world.db, {}, null, 1_000))?.items ?? []
  }

  async apply(step: typeof happening extends fc.Arbitrary<infer Step> ? Step : never): Promise<void> {
    const { world } = this
    if (step === 'minute') world.advance(MINUTE)
    else if (step === 'ten minutes') world.advance(10 * MINUTE)
    else if (step === 'sweep') await sweepDeliveries(world)
    else if (step === 'queue') await this.drain(world)
    else if (typeof step === 'string') await this.#change(step)
    else if (step.kind === 'take') await this.#take(step.orders, this.#faulty(step))
    else {
      this.answer = step.answer
      const rows = (
        await Promise.all((await this.alerts()).map(a => deliveriesOf(world.db, a.alertId)))
      ).flat()
      const woken = rows[step.which % Math.max(1, rows.length)]
      if (woken !== undefined) await this.#run(this.#faulty(step), [{ v: 1, deliveryId: woken.deliveryId }])
      this.answer = 'taken'
    }
  }

  async drain(world: World): Promise<void> {
    const taken = this.queue.takeAll()
    this.world.advance(1_000 * Math.max(0, ...taken.map(({ delaySeconds }) => delaySeconds)))
    await this.#run(
      world,
      taken.map(({ body }) => body),
    )
  }

  #faulty({ diesAt, after }: { readonly diesAt: number; readonly after: boolean }): World {
    if (diesAt < 0) return this.world
    return { ...this.world, db: failingD1(this.world.db, { failAt: diesAt, lasting: true, after }).store }
  }

  async #run(world: World, bodies: readonly unknown[]): Promise<void> {
    await deliver(batchOf(bodies).batch, world, routing.destinations)
  }

  /** As the ingest consumer does; when D1 fails, the findings come again some other time or never. */
  async #take(orders: readonly number[], world: World): Promise<void> {
    const findings = orders.map(order => matchOf(order))
    try {
      const { statements, deliveryIds } = await intakeFindings(world, findings, routing, new Map())
      if (statements.length > 0) await world.db.batch(statements)
      await wake(world, deliveryIds)
    } catch (error) {
      if (isConflict(error) || !(error instanceof Error) || !/connection lost/.test(error.message))
        throw error
    }
  }

  async #change(to: 'acknowledge' | 'resolve'): Promise<void> {
    const { world } = this
    const [latest] = (await this.alerts()).toSorted((a, b) => b.episode - a.episode)
    if (latest === undefined) return
    const request = { alertId: latest.alertId, at: world.now(), by: 'someone', note: '' }
    const make = to === 'resolve' ? resolveAlert : acknowledgeAlert
    const { statements, deliveryIds } = make(world.db, routing.destinations, request)
    await world.db.batch(statements)
    await wake(world, deliveryIds)
  }

  /** The world is well again, for longer than anything waits. */
  async calm(): Promise<void> {
    for (let round = 0; round < 10; round += 1) {
      this.world.advance(10 * MINUTE)
      await sweepDeliveries(this.world)
      for (let drains = 0; drains < 4; drains += 1) await this.drain(this.world)
    }
    await tendAlerts(this.world, routing)
  }
}

it(`PagerDuty has one incident for each opening at most, and what the alert is, after ${SEEDS} schedules`, async () => {
  const property = fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 24 }), async steps => {
    const db = sqliteD1()
    const schedule = new Schedule(db)
    for (const step of steps) await schedule.apply(step)
    await schedule.calm()
    const rowIds = await db.prepare('SELECT count(*) AS n FROM matches').first<number>('n')
    const alerts = await schedule.alerts()
    expect(alerts.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBe(rowIds)
    for (const { alertId, status } of alerts) {
      const incidents = schedule.pagerDuty.incidents.filter(
        ({ dedupKey }) => dedupKey === `margay:${alertId}`,
      )
      const openings = (await timelineOf(db, alertId)).filter(
        ({ kind }) => kind === 'created' || kind === 'reopened',
      )
      expect(incidents.length).toBeLessThanOrEqual(openings.length)
      const expected = { open: 'triggered', acknowledged: 'acknowledged', resolved: 'resolved' }[status]
      // A resolved alert may have no incident: then nobody was paged for it.
      expect(incidents.at(-1)?.status ?? 'resolved').toBe(expected)
      expect(incidents.slice(0, -1).map(incident => incident.status)).not.toContain('triggered')
      const left = (await deliveriesOf(db, alertId)).map(({ state }) => state)
      expect(left.filter(state => !['delivered', 'superseded'].includes(state))).toEqual([])
    }
  })
  await fc.assert(property, { numRuns: SEEDS })
}, 60_000)

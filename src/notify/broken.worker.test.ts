import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  calm,
  freshAlerting,
  message,
  newWorld,
  only,
  open,
  routing,
  run,
  story,
  testSpec,
} from '../../test/alerting.ts'
import { batchOf } from '../../test/alerts-queue.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { openAlert, redrive } from '../alerts/lifecycle.ts'
import { routing as routingOf } from '../detect/routing.ts'
import type { Settings } from '../env.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { planUpdates } from '../store/updates.ts'
import { brokenDestinations } from './broken.ts'
import { deliver } from './deliver.ts'
import { failOver } from './fail-over.ts'
import { healDestinations } from './heal.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const everything = routingOf({ destinations: routing })

let world: TestWorld
/** The status that PagerDuty answers, by the key of the alert when it is about one alert alone. */
let answers: { status: number; poisoned: ReadonlySet<string> }
/** Alerts that requests were about, in order. */
let asked: string[]

beforeEach(async () => {
  await freshAlerting()
  answers = { status: 401, poisoned: new Set() }
  asked = []
  world = refusingWorld()
})

function refusingWorld(settings: Partial<Settings> = {}): TestWorld {
  return newWorld({
    settings: testSettings(settings),
    fetch: async (_, init) => {
      const alertId = String(JSON.parse(String(init.body)).dedup_key).replace('margay:', '')
      asked.push(alertId)
      return new Response(null, { status: answers.poisoned.has(alertId) ? 403 : answers.status })
    },
  })
}

async function tryOne(dedup: string): Promise<string> {
  const alertId = await open(world, dedup)
  await run(world, message(alertId, 'trigger'))
  return alertId
}

/** Cron's turn, and what it wakes. */
async function minute(): Promise<void> {
  world.advance(MINUTE)
  await healDestinations(world, everything)
  await calm(world)
}

const stateOf = async (alertId: string) => (await only(alertId)).state

describe.each([401, 402, 404, 407, 410, 302])('a destination that answers %i', status => {
  it('is asked once: what comes behind is parked without a request, and says why', async () => {
    answers = { ...answers, status }
    await tryOne('a')
    const second = await tryOne('b')
    expect(asked).toHaveLength(1)
    expect(await only(second)).toMatchObject({
      state: 'parked',
      attempts: 0,
      reason: `pagerduty is broken since 2026-11-24T12:00:00.000Z: HTTP ${status}. What waits is sent when it takes something again`,
    })
    expect((await story(second)).at(-1)).toContain(`parked. pagerduty is broken since`)
  })
})

describe('a broken destination', () => {
  it('is tried again by one of those that are due after a quarter of an hour, and by one alone', async () => {
    await tryOne('a')
    world.advance(15 * MINUTE - 1)
    await tryOne('b')
    expect(asked).toHaveLength(1)
    world.advance(1)
    const due = [await open(world, 'c'), await open(world, 'd'), await open(world, 'e')]
    await run(world, ...due.map(alertId => message(alertId, 'trigger')))
    expect(asked).toHaveLength(2)
    expect(await Promise.all(due.map(stateOf))).toEqual(['parked', 'parked', 'parked'])
  })

  it('that takes one again gets what was parked within a minute, oldest first, and nothing twice', async () => {
    const parked: string[] = []
    for (const dedup of ['a', 'b', 'c']) {
      parked.push(await tryOne(dedup))
      world.advance(1)
    }
    answers = { ...answers, status: 202 }
    world.advance(15 * MINUTE)
    const probe = await tryOne('probe')
    expect(await stateOf(probe)).toBe('delivered')
    for (let n = 0; n < 5; n += 1) await minute()
    expect(asked).toEqual([parked[0], probe, ...parked])
    expect((await story(parked[1] ?? '')).join('\n')).toContain('pagerduty takes alerts again')
    expect((await brokenDestinations(world, routing)).size).toBe(0)
    expect(await env.DB.prepare('SELECT count(*) FROM broken_destinations').first('count(*)')).toBe(0)
  })

  it('heals also when nothing new is to be told, by one request each quarter of an hour, for 72 hours', async () => {
    const alertId = await tryOne('a')
    for (let n = 0; n < 46; n += 1) await minute()
    expect(asked).toHaveLength(4)
    answers = { ...answers, status: 202 }
    for (let n = 0; n < 15; n += 1) await minute()
    expect(await stateOf(alertId)).toBe('delivered')

    answers = { ...answers, status: 401 }
    const late = await tryOne('b')
    world.advance(72 * HOUR)
    const before = asked.length
    for (let n = 0; n < 20; n += 1) await minute()
    expect([asked.length, await stateOf(late)]).toEqual([before, 'parked'])
  })

  it('that breaks again while it is sent what was parked keeps the rest, and heals again', async () => {
    const parked = [await tryOne('a'), await tryOne('b'), await tryOne('c')]
    world.advance(15 * MINUTE)
    answers = { ...answers, status: 202 }
    await tryOne('probe')
    answers = { ...answers, status: 401 }
    await minute()
    expect(await Promise.all(parked.map(stateOf))).toEqual(['parked', 'parked', 'parked'])
    answers = { ...answers, status: 202 }
    for (let n = 0; n < 20; n += 1) await minute()
    expect(await Promise.all(parked.map(stateOf))).toEqual(['delivered', 'delivered', 'delivered'])
  })

  it('is another one with another key: it is asked at once', async () => {
    await tryOne('a')
    answers = { ...answers, status: 202 }
    const mended = refusingWorld({ pagerDutyRoutingKey: 'f'.repeat(32) })
    const alertId = await open(mended, 'b')
    await run(mended, message(alertId, 'trigger'))
    expect(await stateOf(alertId)).toBe('delivered')
  })

  it('is asked at once when a person redrives a delivery', async () => {
    const alertId = await tryOne('a')
    answers = { ...answers, status: 202 }
    const { deliveryId } = message(alertId, 'trigger')
    await env.DB.batch(redrive(env.DB, { deliveryId, at: world.now(), by: 'ada' }).statements)
    await run(world, { v: 1, deliveryId })
    expect(await stateOf(alertId)).toBe('delivered')
  })

  it('is told once of an alert that grew for hours, not of each five minutes', async () => {
    answers = { ...answers, status: 202 }
    const alertId = await tryOne('a')
    answers = { ...answers, status: 401 }
    for (let times = 0; times < 6; times += 1) {
      await planUpdates(env.DB, JSON.stringify([{ alertId }]), world.now()).run()
      world.advance(5 * MINUTE)
      const rows = await deliveriesOf(env.DB, alertId)
      const due = rows.filter(({ state }) => state === 'pending')
      await run(world, ...due.map(({ deliveryId }) => ({ v: 1, deliveryId })))
    }
    answers = { ...answers, status: 202 }
    const before = asked.length
    for (let n = 0; n < 20; n += 1) await minute()
    // The probe, and one for all the others.
    expect(asked.length - before).toBe(2)
    const left = (await deliveriesOf(env.DB, alertId)).map(({ state }) => state)
    expect(left.filter(state => !['delivered', 'superseded'].includes(state))).toEqual([])
  })

  it('leaves its critical alerts to the fallback', async () => {
    const both = routingOf({
      destinations: [
        { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low', fallback: 'other' },
        { id: 'other', type: 'webhook', minSeverity: 'critical' },
      ],
      routes: [{ id: 'all', to: ['pagerduty'] }],
    })
    await tryOne('a')
    const { statements, deliveryIds } = openAlert(env.DB, both, testSpec(world, { dedup: 'critical' }))
    await env.DB.batch(statements)
    await deliver(
      batchOf(deliveryIds.map(deliveryId => ({ v: 1, deliveryId }))).batch,
      world,
      both.destinations,
    )
    world.advance(5 * MINUTE)
    await failOver(world, both)
    const alertId = deliveryIds[0]?.split('.')[0] ?? ''
    expect(
      (await deliveriesOf(env.DB, alertId)).map(({ destination, state }) => [destination, state]),
    ).toEqual([
      ['other', 'pending'],
      ['pagerduty', 'parked'],
    ])
    expect(asked).toHaveLength(1)
    expect(alerts.waiting).toHaveLength(1)
  })
})

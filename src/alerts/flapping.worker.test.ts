import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  routing as destinations,
  freshAlerting,
  happenings,
  newWorld,
  run,
} from '../../test/alerting.ts'
import { matchOf } from '../../test/findings.ts'
import type { TestWorld } from '../../test/world.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { sweepDeliveries } from '../notify/sweep.ts'
import { wake } from '../notify/wake.ts'
import { listAlerts } from '../store/alerts.ts'
import { timelineOf } from '../store/timeline.ts'
import { intakeFindings } from './intake.ts'
import { resolveAlert } from './lifecycle.ts'

// F20 through the plan, the outbox and the consumer, to the incidents that a model of PagerDuty opens.

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const routing = routingOf({ destinations })

beforeEach(freshAlerting)

interface Wave {
  readonly period: number
  /** How long of each period its rule matches; what matched is resolved at the end. */
  readonly high: number
  readonly lasts: number
}

/** Minutes at which people were paged, from the first match. */
async function pagesOf(wave: Wave): Promise<readonly number[]> {
  const world = newWorld()
  const began = world.now()
  let matched = 0
  for (const { at, does } of stepsOf(wave)) {
    world.advance(began + at - world.now())
    if (does === 'match') await match(world, matched++)
    if (does === 'resolve') await resolveAll(world)
    if (does === 'sweep') await sweepDeliveries(world)
    await deliverAll(world)
  }
  return happenings
    .filter(({ type }) => type === 'incident.triggered')
    .map(({ incident }) => (incident.openedAt - began) / MINUTE)
}

type Step = { readonly at: number; readonly does: 'match' | 'resolve' | 'sweep' }

/** It matches once as each period begins; cron sweeps each minute, a little later than what else is done then. */
function stepsOf({ period, high, lasts }: Wave): readonly Step[] {
  const steps: Step[] = []
  for (let at = 0; at < lasts; at += period) {
    steps.push({ at, does: 'match' }, { at: at + high, does: 'resolve' })
  }
  for (let at = SECOND; at < lasts; at += MINUTE) steps.push({ at, does: 'sweep' })
  return steps.toSorted((a, b) => a.at - b.at)
}

async function match(world: TestWorld, order: number): Promise<void> {
  const { statements, deliveryIds } = await intakeFindings(world, [matchOf(order)], routing, new Map())
  await world.db.batch([...statements])
  await wake(world, deliveryIds)
}

async function resolveAll(world: TestWorld): Promise<void> {
  const open = (await everyAlert()).filter(({ status }) => status !== 'resolved')
  for (const { alertId } of open) {
    const change = { alertId, at: world.now(), by: 'someone', note: '' }
    const { statements, deliveryIds } = resolveAlert(world.db, destinations, change)
    await world.db.batch(statements)
    await wake(world, deliveryIds)
  }
}

/** Delivers what waits. What is to wait longer is let go of: the sweeper finds it. */
async function deliverAll(world: TestWorld): Promise<void> {
  for (let taken = alerts.takeAll(); taken.length > 0; taken = alerts.takeAll()) {
    const due = taken.filter(({ delaySeconds }) => delaySeconds === 0)
    if (due.length > 0) await run(world, ...due.map(({ body }) => body))
  }
}

async function everyAlert() {
  return (await listAlerts(env.DB, {}, null, 1_000))?.items ?? []
}

const mostInAnHour = (minutes: readonly number[]) =>
  Math.max(...minutes.map(from => minutes.filter(at => at >= from && at < from + 60).length))

describe('F20: an alert that opens and is resolved all the time', () => {
  it.each([4, 8, 15, 24, 40, 59, 61, 90, 120])(
    'pages once within any hour, and goes on paging, at a period of %i minutes',
    async period => {
      const pages = await pagesOf({ period: period * MINUTE, high: (period * MINUTE) / 2, lasts: 5 * HOUR })
      expect(mostInAnHour(pages)).toBe(1)
      expect(pages[0]).toBe(0)
      // Of what matches in every hour somebody hears every two.
      const silences = [...pages.slice(1), 300].map((at, n) => at - (pages[n] ?? 0))
      expect(Math.max(...silences)).toBeLessThanOrEqual(Math.max(121, 60 + period))
    },
    30_000,
  )

  it('pages once within any hour at a period of a minute, though it is never open for long', async () => {
    const pages = await pagesOf({ period: MINUTE, high: MINUTE / 2, lasts: 150 * MINUTE })
    expect(mostInAnHour(pages)).toBe(1)
  }, 30_000)

  it('pages once within any hour at any period from one minute to two hours, whatever share of it is open', async () => {
    const waves = fc.record({
      period: fc.integer({ min: MINUTE, max: 120 * MINUTE }),
      share: fc.integer({ min: 1, max: 99 }),
    })
    await fc.assert(
      fc.asyncProperty(waves, async ({ period, share }) => {
        await freshAlerting()
        const high = Math.max(1, Math.floor((period * share) / 100))
        const pages = await pagesOf({ period, high, lasts: Math.max(3 * HOUR, 2 * period) })
        expect(mostInAnHour(pages)).toBe(1)
      }),
      { numRuns: 4 },
    )
  }, 60_000)

  it('is said to flap once an hour, and when it is told is said each time', async () => {
    await pagesOf({ period: 4 * MINUTE, high: 2 * MINUTE, lasts: 2 * HOUR })
    const [alert, ...others] = await everyAlert()
    expect(others).toEqual([])
    const told = await timelineOf(env.DB, alert?.alertId ?? '')
    expect(told.filter(({ kind }) => kind === 'flapping').map(({ detail }) => detail)).toEqual([
      'Flapping: it changed 5 times in 20 minutes.',
      'Flapping: it changed 10 times in 20 minutes.',
    ])
    expect(told.find(({ kind }) => kind === 'held')?.detail).toBe(
      'Told once an hour at most: pagerduty at 2026-11-24T13:00:00.000Z, if it is open by then.',
    )
  })

  it('is told within minutes when the destination did not take it the first time', async () => {
    const failing = newWorld({ fetch: async () => new Response('', { status: 503 }) })
    await match(failing, 1)
    await deliverAll(failing)
    failing.advance(MINUTE)
    await resolveAll(failing)
    await deliverAll(failing)
    const world = newWorld()
    world.advance(2 * MINUTE)
    await match(world, 2)
    // Its resolve waits a minute behind what may have arrived.
    for (let minute = 0; minute < 5; minute++) {
      await sweepDeliveries(world)
      await deliverAll(world)
      world.advance(MINUTE)
    }
    expect(happenings.map(({ type }) => type)).toEqual(['incident.triggered'])
  })
})

describe('F20: a storm whose alert somebody resolves all the time', () => {
  it('pages for it once within any hour', async () => {
    const world = newWorld()
    const began = world.now()
    let order = 0
    const opening = () => matchOf(order, { dedup: `dedup-${order++}` })
    const first = Array.from({ length: 30 }, opening)
    await world.db.batch([...(await intakeFindings(world, first, routing, new Map())).statements])
    for (let minute = 0; minute < 150; minute++) {
      await sweepDeliveries(world)
      await deliverAll(world)
      if (minute % 5 === 4) {
        const storm = (await everyAlert()).find(({ kind }) => kind === 'system')
        const change = { alertId: storm?.alertId ?? '', at: world.now(), by: 'someone', note: '' }
        const { statements, deliveryIds } = resolveAlert(world.db, destinations, change)
        await world.db.batch(statements)
        await wake(world, deliveryIds)
        await deliverAll(world)
        const { statements: again, deliveryIds: woken } = await intakeFindings(
          world,
          [opening()],
          routing,
          new Map(),
        )
        await world.db.batch([...again])
        await wake(world, woken)
      }
      world.advance(MINUTE)
    }
    const pages = happenings
      .filter(({ type, incident }) => type === 'incident.triggered' && incident.summary.includes('Storm'))
      .map(({ incident }) => (incident.openedAt - began) / MINUTE)
    expect(pages.length).toBeGreaterThan(1)
    expect(mostInAnHour(pages)).toBe(1)
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { matchOf } from '../../test/findings.ts'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW, worldFor } from '../../test/world.ts'
import { intakeFindings } from '../alerts/intake.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { type Alert, type AlertFilter, listAlerts } from './alerts.ts'
import { listDeliveries } from './deliveries.ts'
import { matchesOfAlert } from './matches.ts'
import type { Page } from './page.ts'

const routing = routingOf({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'medium' }] })

beforeEach(async () => {
  await freshStorage()
  const world = worldFor(env)
  // Seven alerts, two of each moment.
  for (let order = 0; order < 7; order += 1) {
    if (order % 2 === 0) world.advance(1000)
    const severity = order % 3 === 0 ? 'high' : 'low'
    const finding = matchOf(order, { dedup: `d${order}`, ruleId: `r${order % 2}`, severity })
    const { statements } = await intakeFindings(world, [finding], routing, new Map())
    await world.db.batch(statements)
  }
})

/** All items, page by page. */
async function walk<Item>(page: (cursor: string | null) => Promise<Page<Item> | null>): Promise<Item[][]> {
  const pages: Item[][] = []
  let cursor: string | null = null
  do {
    const read: Page<Item> | null = await page(cursor)
    pages.push([...(read?.items ?? [])])
    cursor = read?.nextCursor ?? null
  } while (cursor !== null)
  return pages
}

async function found(filter: AlertFilter): Promise<readonly string[]> {
  return (await listAlerts(env.DB, filter, null, 100))?.items.map(({ dedup }) => dedup) ?? []
}

describe('a list of alerts', () => {
  it('comes newest first, each alert once, over pages of any size', async () => {
    const whole = (await walk<Alert>(cursor => listAlerts(env.DB, {}, cursor, 100))).flat()
    expect(whole.map(({ createdAt }) => createdAt - TEST_NOW)).toEqual([
      4000, 3000, 3000, 2000, 2000, 1000, 1000,
    ])
    for (const limit of [1, 2, 3, 7]) {
      const pages = await walk<Alert>(cursor => listAlerts(env.DB, {}, cursor, limit))
      expect(pages).toHaveLength(Math.ceil(7 / limit))
      expect(pages.flat()).toEqual(whole)
    }
  })

  it('can be narrowed', async () => {
    expect(new Set(await found({ rule: 'r1' }))).toEqual(new Set(['d1', 'd3', 'd5']))
    expect(new Set(await found({ severity: 'high' }))).toEqual(new Set(['d0', 'd3', 'd6']))
    expect(await found({ rule: 'r1', severity: 'high' })).toEqual(['d3'])
    expect(await found({ status: 'resolved' })).toEqual([])
    expect(await found({ status: 'open' })).toHaveLength(7)
    expect(await found({ host: 'host-1' })).toHaveLength(7)
    expect(await found({ host: "host-1' OR '1'='1" })).toEqual([])
  })

  it.each(['', 'x', '1', '-1.a', "1.'; DROP TABLE alerts", '99999999999999999.a'])(
    'does not break on the cursor %j',
    async cursor => {
      const page = await listAlerts(env.DB, {}, cursor, 10)
      expect(page === null || page.items.length === 0).toBe(true)
      expect(await found({})).toHaveLength(7)
    },
  )
})

describe('a list of deliveries', () => {
  it('comes latest due first and can be narrowed to what waits', async () => {
    await env.DB.prepare("UPDATE deliveries SET state = 'parked' WHERE alert_id = ?")
      .bind((await listAlerts(env.DB, { rule: 'r1', severity: 'high' }, null, 1))?.items[0]?.alertId)
      .run()
    const pages = await walk(cursor => listDeliveries(env.DB, {}, cursor, 2))
    expect(pages.map(({ length }) => length)).toEqual([2, 1])
    expect((await listDeliveries(env.DB, { state: 'parked' }, null, 10))?.items).toHaveLength(1)
    expect((await listDeliveries(env.DB, { destination: 'other' }, null, 10))?.items).toEqual([])
    expect(await listDeliveries(env.DB, {}, 'nonsense', 10)).toBeNull()
  })
})

describe('the matches of an alert', () => {
  it('come latest first over pages', async () => {
    const world = worldFor(env)
    const findings = Array.from({ length: 5 }, (_, order) => matchOf(100 + order, { dedup: 'many' }))
    const { statements } = await intakeFindings(world, findings, routing, new Map())
    await world.db.batch(statements)
    const alert = (await listAlerts(env.DB, {}, null, 100))?.items.find(({ dedup }) => dedup === 'many')
    const pages = await walk(cursor => matchesOfAlert(env.DB, alert?.alertId ?? '', cursor, 2))
    expect(pages.flat().map(({ rowId }) => rowId)).toEqual(
      findings.map(({ event }) => event.p_row_id).toReversed(),
    )
    expect(await matchesOfAlert(env.DB, 'x', 'nonsense', 2)).toBeNull()
  })
})

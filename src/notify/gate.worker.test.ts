import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  calm,
  change,
  freshAlerting,
  message,
  newWorld,
  only,
  open,
  pagerDuty,
  run,
  status,
  story,
} from '../../test/alerting.ts'
import { TEST_NOW, type TestWorld } from '../../test/world.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { releaseSilenced } from '../store/delivery-holds.ts'
import { expireSilence, insertSilence } from '../store/silences.ts'

beforeEach(freshAlerting)

const HOUR = 3_600_000

async function silence(world: TestWorld, matchers: object, ms = HOUR, silenceId = 's1'): Promise<void> {
  const now = world.now()
  await world.db.batch(
    insertSilence(
      world.db,
      {
        silenceId,
        matchers: JSON.stringify(matchers),
        startsAt: now,
        endsAt: now + ms,
        author: 'ada',
        comment: 'Upgrade',
        createdAt: now,
        expiredAt: null,
        expiredBy: null,
      },
      now,
    ),
  )
}

describe('a silenced alert', () => {
  it('waits, says by which silence, and is told when it ends', async () => {
    const world = newWorld()
    await silence(world, { host: 'host-1' })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toEqual([])
    expect(await only(alertId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      nextAttemptAt: TEST_NOW + HOUR,
      reason: 'silenced by s1',
    })
    expect(await story(alertId)).toEqual([
      'pagerduty, trigger: Not sent now: silenced by s1 until 2026-11-24T13:00:00.000Z (ada: Upgrade).',
    ])
    await calm(world)
    expect(pagerDuty.incidents).toHaveLength(1)
    expect((await only(alertId)).state).toBe('delivered')
  })

  it('is told of its silence once, however often it is woken', async () => {
    const world = newWorld()
    await silence(world, { rule: 'host-*' })
    const alertId = await open(world)
    for (let n = 0; n < 3; n++) await run(world, message(alertId, 'trigger'))
    expect(await story(alertId)).toHaveLength(1)
  })

  it('is told to nobody when it was resolved meanwhile', async () => {
    const world = newWorld()
    await silence(world, { severity: 'high' })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'resolve')
    await calm(world)
    await run(world, message(alertId, 'resolve'))
    expect(pagerDuty.arrivals).toEqual([])
    expect((await deliveriesOf(env.DB, alertId)).map(({ state }) => state)).toEqual([
      'superseded',
      'superseded',
    ])
  })

  it('waits for the next silence that began meanwhile', async () => {
    const world = newWorld()
    await silence(world, { host: 'host-1' }, 1_000)
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    world.advance(999)
    await silence(world, { host: 'host-1' }, HOUR, 's2')
    world.advance(1)
    await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toEqual([])
    expect((await story(alertId))[1]).toContain('silenced by s2')
  })

  it('that was known before can be resolved in its silence', async () => {
    const world = newWorld()
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    await silence(world, { host: 'host-1' })
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    expect(pagerDuty.incidents).toMatchObject([{ status: 'resolved' }])
  })

  it('is told at once when somebody ends the silence', async () => {
    const world = newWorld()
    await silence(world, { host: 'host-1' })
    const alertId = await open(world)
    await run(world, message(alertId, 'trigger'))
    world.advance(60_000)
    const results = await world.db.batch<{ deliveryId: string }>([
      expireSilence(world.db, 's1', world.now(), 'bob'),
      releaseSilenced(world.db, 's1', world.now()),
    ])
    expect(results[1]?.results).toEqual([{ deliveryId: `${alertId}.pagerduty.trigger` }])
    await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.incidents).toHaveLength(1)
  })

  it('has all its 72 hours after a silence that was longer', async () => {
    const failing = newWorld({ fetch: status(503) })
    const alertId = await open(failing)
    await run(failing, message(alertId, 'trigger'))
    await silence(failing, { host: 'host-1' }, 80 * HOUR)
    failing.advance(10_000)
    await run(failing, message(alertId, 'trigger'))
    failing.advance(80 * HOUR)
    await run(failing, message(alertId, 'trigger'))
    expect(await only(alertId)).toMatchObject({ state: 'pending', attempts: 2 })
  })

  it('is told when silences can not be read', async () => {
    const world = newWorld()
    await silence(world, { host: 'host-1' })
    const alertId = await open(world)
    await env.DB.prepare('ALTER TABLE silences RENAME TO elsewhere').run()
    expect(await run(world, message(alertId, 'trigger'))).toEqual(['acked'])
    expect(pagerDuty.incidents).toHaveLength(1)
    expect(world.logged.map(({ event }) => event)).toContain('silences_unreadable')
  })

  it('stays quiet when the read failed only once', async () => {
    const world = newWorld()
    await silence(world, { host: 'host-1' })
    const alertId = await open(world)
    let failed = false
    const db = new Proxy(env.DB, {
      get: (target, name) => {
        if (name === 'batch' && !failed) {
          failed = true
          return () => Promise.reject(new Error('Network connection lost.'))
        }
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    await run(newWorld({ db }), message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toEqual([])
  })
})

describe('the budget of PagerDuty', () => {
  it('sends 75 ordinary alerts in a minute, the rest in their order, and none is lost', async () => {
    const world = newWorld()
    const alertIds: string[] = []
    for (let n = 0; n < 100; n++) alertIds.push(await open(world, `host-${n}`))
    for (const alertId of alertIds) await run(world, message(alertId, 'trigger'))
    expect(pagerDuty.arrivals).toHaveLength(75)
    expect(await only(alertIds[75] ?? '')).toMatchObject({
      state: 'pending',
      nextAttemptAt: TEST_NOW + 60_000,
      reason: 'waits for its turn in the budget of its destination',
    })
    expect(await story(alertIds[75] ?? '')).toEqual([
      'pagerduty, trigger: Its turn is in 60 s: no more may be sent at once.',
    ])
    await calm(world)
    expect(pagerDuty.arrivals.map(({ dedupKey }) => dedupKey)).toEqual(alertIds.map(id => `margay:${id}`))
  })

  it('keeps a quarter for critical alerts, which a storm of others does not hold up', async () => {
    const world = newWorld()
    for (let n = 0; n < 80; n++) await run(world, message(await open(world, `host-${n}`), 'trigger'))
    const before = pagerDuty.arrivals.length
    for (let n = 0; n < 26; n++) {
      const alertId = await open(world, `critical-${n}`)
      await env.DB.prepare("UPDATE alerts SET severity = 'critical' WHERE alert_id = ?").bind(alertId).run()
      await run(world, message(alertId, 'trigger'))
    }
    expect([before, pagerDuty.arrivals.length]).toEqual([75, 100])
  })

  it('gives critical alerts all of it while nobody else wants any', async () => {
    const world = newWorld()
    for (let n = 0; n < 105; n++) {
      const alertId = await open(world, `critical-${n}`)
      await env.DB.prepare("UPDATE alerts SET severity = 'critical' WHERE alert_id = ?").bind(alertId).run()
      await run(world, message(alertId, 'trigger'))
    }
    expect(pagerDuty.arrivals).toHaveLength(100)
  })

  it('is kept by consumers that run at the same moment', async () => {
    const world = newWorld()
    const alertIds: string[] = []
    for (let n = 0; n < 90; n++) alertIds.push(await open(world, `host-${n}`))
    const parts = [0, 1, 2].map(part => alertIds.filter((_, index) => index % 3 === part))
    await Promise.all(parts.map(ids => run(world, ...ids.map(id => message(id, 'trigger')))))
    expect(pagerDuty.arrivals).toHaveLength(75)
  })

  it('gives a turn away again when its delivery comes too late for it', async () => {
    const world = newWorld()
    const late = []
    for (let n = 0; n < 76; n++) late.push(await open(world, `host-${n}`))
    for (const alertId of late) await run(world, message(alertId, 'trigger'))
    alerts.takeAll()
    world.advance(60_000 + 10_001)
    for (let n = 0; n < 74; n++) await run(world, message(await open(world, `more-${n}`), 'trigger'))
    expect(pagerDuty.arrivals).toHaveLength(149)
    await run(world, message(late[75] ?? '', 'trigger'))
    expect(pagerDuty.arrivals).toHaveLength(149)
    await calm(world)
    expect(pagerDuty.arrivals).toHaveLength(150)
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  answering,
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
} from '../../test/alerting.ts'
import { failingD1 } from '../../test/faults.ts'
import { sweepDeliveries } from './sweep.ts'

beforeEach(freshAlerting)

describe('a wake-up that was lost', () => {
  it('because the queue refused it is made up for by the sweeper', async () => {
    const world = newWorld()
    const alertId = await open(world)
    expect(await sweepDeliveries(world)).toBe(0)
    world.advance(60_000)
    alerts.broken = true
    expect(await sweepDeliveries(world)).toBe(1)
    expect(world.logged.map(({ event }) => event)).toContain('alerts_queue_refused')
    alerts.broken = false
    await sweepDeliveries(world)
    await calm(world)
    expect((await only(alertId)).state).toBe('delivered')
  })

  it('together with its consumer is made up for when the lease is over', async () => {
    const world = newWorld()
    const alertId = await open(world)
    const { store } = failingD1(env.DB, { failAt: 3, lasting: true })
    await run(newWorld({ db: store }), message(alertId, 'trigger'))
    expect((await only(alertId)).state).toBe('leased')
    world.advance(59_999)
    expect(await sweepDeliveries(world)).toBe(0)
    world.advance(1)
    expect(await sweepDeliveries(world)).toBe(1)
    await calm(world)
    expect((await only(alertId)).state).toBe('delivered')
    expect(pagerDuty.incidents).toHaveLength(1)
  })

  it('is not made for what waits behind another, waits its time, or is settled', async () => {
    const world = newWorld({ fetch: answering(status(503)).fetch })
    const alertId = await open(world)
    for (let failures = 0; failures < 8; failures += 1) {
      await run(world, message(alertId, 'trigger'))
      world.advance((await only(alertId)).nextAttemptAt - world.now())
    }
    await run(world, message(alertId, 'trigger'))
    await change(world, alertId, 'acknowledge')
    world.advance(5 * 60_000)
    expect(await sweepDeliveries(world)).toBe(0)
  })
})

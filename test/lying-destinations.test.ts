import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it } from 'vitest'
import * as badness from './bad-server/badness.ts'
import { type Stage, setStage } from './bad-server/stage.ts'

// As test/bad-destinations.test.ts: the Worker as it is deployed, and a server that does what it is asked for and lies about it.
// Where a minute has to go by, the times in the outbox are moved a minute into the past.

const SECOND = 1_000
const MINUTE = 60 * SECOND

const built = { directory: inject('builtWorker') }

const open = ({ server }: Stage) => server.pagerDuty.incidents.filter(({ status }) => status !== 'resolved')
const actions = ({ server }: Stage) => server.pagerDuty.arrivals.map(({ action }) => action)

/** What is to be told to PagerDuty, as states by action. */
async function states({ worker }: Stage): Promise<Readonly<Record<string, string>>> {
  const rows = await worker.pagerDutyDeliveries()
  return Object.fromEntries(rows.map(({ action, state }) => [action, state]))
}

/** Lets so much time go by, and wakes what waits as the queue would at its end. */
async function later(stage: Stage, ms: number): Promise<void> {
  await stage.worker.letPass(ms)
  const waiting = (await stage.worker.pagerDutyDeliveries()).filter(({ state }) => state === 'pending')
  await stage.worker.wake(waiting.map(({ deliveryId }) => deliveryId))
}

async function untilAmbiguous({ worker }: Stage): Promise<void> {
  await worker.until(
    'the send has no answer',
    async () => (await worker.pagerDutyDeliveries()).some(({ ambiguousAt }) => ambiguousAt !== null),
    20 * SECOND,
  )
}

/** Resolves an alert by the API, and ends when its resolve waits behind what may still take effect. */
async function resolveAlert(stage: Stage, alertId: string): Promise<void> {
  await stage.worker.api(`/alerts/${alertId}/resolve`, 'POST')
  await sleep(SECOND)
  expect(actions(stage)).not.toContain('resolve')
  expect(await states(stage)).toMatchObject({ resolve: 'pending' })
}

async function untilResolves(stage: Stage, count: number): Promise<void> {
  const sent = () => actions(stage).filter(action => action === 'resolve').length
  await stage.worker.until(`${count} resolves`, () => sent() >= count, 10 * SECOND)
}

describe.concurrent('F01: a Worker that dies after the destination took it', () => {
  it('is followed by one that sends it again: two requests, one identity, one incident', async () => {
    await using stage = await setStage(built, {
      badness: turn => (turn === 1 ? badness.appliesAndHangs : badness.well),
    })
    const { server, worker } = stage
    const [alertId] = await stage.page(1)
    await worker.until('PagerDuty has it', () => server.pagerDuty.incidents.length === 1, 5 * SECOND)
    await worker.restart()
    expect(await states(stage)).toEqual({ trigger: 'leased' })
    // Nobody takes it from a holder that may live.
    await worker.cron()
    await sleep(SECOND)
    expect(server.seen).toHaveLength(1)

    await worker.letPass(MINUTE + SECOND)
    await worker.cron()
    await worker.until(
      'it is settled',
      async () => (await states(stage))['trigger'] === 'delivered',
      10 * SECOND,
    )
    expect(server.seen.map(({ dedupKey }) => dedupKey)).toEqual([`margay:${alertId}`, `margay:${alertId}`])
    expect(server.pagerDuty.incidents).toMatchObject([{ status: 'triggered', repeats: 1 }])
    // Whoever was told more than once can see that it is the same.
    expect(new Set(server.webhooks.map(({ id }) => id)).size).toBe(1)
  })
})

describe.concurrent('F13: a destination that does it and does not say so', () => {
  it('gets the trigger again with the same key, the resolve a minute later, and that twice', async () => {
    await using stage = await setStage(built, {
      badness: turn => (turn === 1 ? badness.appliesAndHangs : badness.well),
    })
    const { server, worker } = stage
    const [alertId = ''] = await stage.page(1, 'paged-01')
    await untilAmbiguous(stage)
    await worker.until('it is sent again', () => server.seen.length === 2, 10 * SECOND)
    await worker.until(
      'it is settled',
      async () => (await states(stage))['trigger'] === 'delivered',
      5 * SECOND,
    )
    expect(server.pagerDuty.incidents).toMatchObject([{ dedupKey: `margay:${alertId}`, repeats: 1 }])
    await resolveAlert(stage, alertId)
    await later(stage, MINUTE)
    await untilResolves(stage, 1)
    await worker.until('once more', async () => (await states(stage))['resolve'] === 'pending', 5 * SECOND)
    await later(stage, MINUTE - 5 * SECOND)
    await sleep(SECOND)
    expect(actions(stage).filter(action => action === 'resolve')).toHaveLength(1)
    await later(stage, 5 * SECOND)
    await untilResolves(stage, 2)
    await worker.until('it is over', async () => (await states(stage))['resolve'] === 'delivered', 5 * SECOND)
    expect(open(stage)).toEqual([])
  })

  it('30 seconds later by the clock, after a try that arrived: it ends with no open incident', async () => {
    await using stage = await setStage(built, {
      badness: turn => (turn === 1 ? badness.appliesLate : badness.well),
    })
    const { server, worker } = stage
    const [alertId = ''] = await stage.page(1, 'paged-01')
    await worker.until('it was sent', () => server.seen.length === 1, 5 * SECOND)
    const sentAt = server.seen[0]?.at ?? 0
    await worker.until('a second try arrived', () => server.pagerDuty.incidents.length === 1, 25 * SECOND)
    await resolveAlert(stage, alertId)
    await sleep(Math.max(0, sentAt + 30 * SECOND - Date.now()))
    server.applyLate()
    expect(open(stage)).toHaveLength(1)
    await later(stage, MINUTE)
    await untilResolves(stage, 1)
    expect(open(stage)).toEqual([])
  })

  it('and does it only when the resolve has come: the second resolve closes what it opened', async () => {
    await using stage = await setStage(built, {
      badness: turn => (turn === 1 ? badness.appliesLate : badness.well),
    })
    const { server, worker } = stage
    const [alertId = ''] = await stage.page(1, 'paged-01')
    await untilAmbiguous(stage)
    await resolveAlert(stage, alertId)
    await later(stage, MINUTE)
    await untilResolves(stage, 1)
    await worker.until('once more', async () => (await states(stage))['resolve'] === 'pending', 5 * SECOND)
    server.applyLate()
    expect(open(stage)).toHaveLength(1)
    await later(stage, MINUTE)
    await untilResolves(stage, 2)
    expect(open(stage)).toEqual([])
    expect(await states(stage)).toMatchObject({ trigger: 'superseded' })
  })
})

describe.concurrent('F11: the same wake-up many times', () => {
  it('on the queue, and in two batches at the same moment: one request for each delivery', async () => {
    await using stage = await setStage(built, {
      // The key is refused at first, so that every wake-up finds all deliveries due at the same moment.
      badness: turn => (turn <= 2 ? badness.answers(503) : badness.well),
    })
    const { server, worker } = stage
    const alertIds = await stage.page(2, 'paged-01')
    await worker.until('both failed once', () => server.seen.length === 2, 5 * SECOND)
    await worker.until('both wait', async () => (await states(stage))['trigger'] === 'pending', 5 * SECOND)
    const ids = alertIds.map(alertId => `${alertId}.pagerduty.trigger`)
    await worker.letPass(10 * SECOND)
    const many = Array.from({ length: 50 }, () => ids).flat()
    const verdicts = await Promise.all([
      worker.wake(many),
      worker.consume(many),
      worker.consume(many.toReversed()),
    ])
    for (const verdict of verdicts) if (verdict !== undefined) expect(verdict.explicitAcks).toHaveLength(100)
    await worker.until(
      'both are told',
      async () => (await worker.pagerDutyDeliveries()).every(({ state }) => state === 'delivered'),
      10 * SECOND,
    )
    await sleep(2 * SECOND)
    expect(server.seen).toHaveLength(4)
    expect(server.pagerDuty.incidents).toMatchObject([{ repeats: 0 }, { repeats: 0 }])
  })
})

describe.concurrent('F12: wake-ups in any order on the queue', () => {
  it('leave PagerDuty with what each alert is', async () => {
    await using stage = await setStage(built, { badness: () => badness.well })
    const { server, worker } = stage
    const alertIds = await stage.page(6, 'paged-01')
    await worker.until('all are open', () => open(stage).length === 6, 10 * SECOND)
    const orders = [
      ['trigger', 'acknowledge', 'resolve'],
      ['trigger', 'resolve', 'acknowledge'],
      ['acknowledge', 'trigger', 'resolve'],
      ['acknowledge', 'resolve', 'trigger'],
      ['resolve', 'trigger', 'acknowledge'],
      ['resolve', 'acknowledge', 'trigger'],
    ]
    // Half of them end acknowledged, half resolved; beside the Worker's own wake-ups come others, in every order, twice.
    await Promise.all(
      alertIds.map(async (alertId, n) => {
        await worker.api(`/alerts/${alertId}/acknowledge`, 'POST')
        if (n % 2 === 0) await worker.api(`/alerts/${alertId}/resolve`, 'POST')
        const names = [...(orders[n] ?? []), ...(orders[5 - n] ?? [])]
        await worker.wake(names.map(action => `${alertId}.pagerduty.${action}`))
      }),
    )
    await worker.until(
      'all is settled',
      async () =>
        (await worker.pagerDutyDeliveries()).every(
          ({ state }) => state === 'delivered' || state === 'superseded',
        ),
      15 * SECOND,
    )
    const statuses = alertIds.map(
      alertId => server.pagerDuty.incidents.find(({ dedupKey }) => dedupKey === `margay:${alertId}`)?.status,
    )
    expect(statuses).toEqual(alertIds.map((_, n) => (n % 2 === 0 ? 'resolved' : 'acknowledged')))
    expect(server.pagerDuty.incidents).toHaveLength(6)
  })
})

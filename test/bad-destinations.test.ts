import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, it } from 'vitest'
import type { Delivery } from '../src/store/deliveries.ts'
import { BadServer, refusingOrigin } from './bad-server/bad-server.ts'
import * as badness from './bad-server/badness.ts'
import { KEY, type Stage, setStage, WEBHOOK_SECRETS } from './bad-server/stage.ts'

// The Worker as it is deployed, in workerd, over its real local queues and D1, against a server that is as bad as they come.
// Time is real, for it is what is measured; so all of it happens side by side.

const SECOND = 1_000
/** What the ladder, a queue and two busy cores may take on top. */
const SLACK_MS = 5 * SECOND
/** What is not there by then never comes. How long things may take is measured at the server. */
const LIMIT_MS = 40 * SECOND
const NEW_KEY = 'fedcba9876543210fedcba9876543210'

const built = { directory: inject('builtWorker') }

const stageOf = (options: Parameters<typeof setStage>[1]): Promise<Stage> => setStage(built, options)

/** Bad at first, then well. */
const atFirst = (bad: badness.Badness, times = 1) => ({
  badness: (turn: number) => (turn <= times ? bad : badness.well),
})
const always = (bad: badness.Badness) => ({ badness: () => bad })

const alertBatches = ({ worker }: Stage) => worker.batches.filter(({ queue }) => queue === 'alerts')

async function untilAttempted(stage: Stage, alertIds: readonly string[], withinMs: number) {
  let rows: readonly Delivery[] = []
  await stage.worker.until(
    'each was tried, and its lease given back',
    async () => {
      rows = (await stage.worker.pagerDutyDeliveries()).filter(({ alertId }) => alertIds.includes(alertId))
      return rows.length === alertIds.length && rows.every(row => row.attempts > 0 && row.state !== 'leased')
    },
    withinMs,
  )
  return rows
}

async function untilDelivered({ worker }: Stage, count: number, withinMs: number): Promise<void> {
  await worker.until(
    `${count} delivered`,
    async () =>
      (await worker.pagerDutyDeliveries()).filter(({ state }) => state === 'delivered').length === count,
    withinMs,
  )
}

const AMBIGUOUS = {
  state: 'pending',
  attempts: 1,
  responseStatus: null,
  leaseExpiresAt: null,
  ambiguousAt: expect.any(Number),
  reason: 'no answer within 10 s; it may have arrived all the same',
}

describe.concurrent('F06: a destination that hangs', () => {
  it('by never answering is let go after ten seconds, and the others in the batch hear meanwhile', async () => {
    await using stage = await stageOf(always(badness.mute))
    const { server, worker } = stage
    const alertIds = await stage.page(3)
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([AMBIGUOUS, AMBIGUOUS, AMBIGUOUS])
    await worker.until('the batch is over', () => alertBatches(stage).length > 0, 5 * SECOND)
    // One batch held all nine.
    expect(alertBatches(stage)[0]).toMatchObject({ messages: 9, acknowledged: 9 })
    expect(alertBatches(stage)[0]?.ms).toBeLessThan(20 * SECOND)
    const firstOver = Math.min(...server.seen.slice(0, 3).map(({ overAt }) => overAt ?? 0))
    expect(server.slackAt).toHaveLength(3)
    expect(server.webhooks).toHaveLength(3)
    expect(Math.max(...server.slackAt, ...server.webhooks.map(({ at }) => at))).toBeLessThan(
      firstOver - 5 * SECOND,
    )
    for (const { at, overAt } of server.seen.slice(0, 3)) {
      expect((overAt ?? 0) - at).toBeGreaterThan(8 * SECOND)
      expect((overAt ?? 0) - at).toBeLessThan(10 * SECOND + SLACK_MS)
    }
  })

  it('by dripping a byte a second is let go after ten seconds, its lease freed', async () => {
    await using stage = await stageOf(always(badness.drips))
    const alertIds = await stage.page(1, 'paged-01')
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([AMBIGUOUS])
    expect(stage.server.seen[0]?.wroteBytes).toBeGreaterThanOrEqual(5)
    await stage.worker.until('the batch is over', () => alertBatches(stage).length > 0, 5 * SECOND)
    expect(alertBatches(stage)[0]?.ms).toBeLessThan(20 * SECOND)
  })

  it('behind its status has taken it, and is let go after fifteen seconds', async () => {
    await using stage = await stageOf(always(badness.stalls))
    const alertIds = await stage.page(1, 'paged-01')
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([
      { state: 'delivered', responseStatus: 202, attempts: 1 },
    ])
    await stage.worker.until('it let go', () => stage.server.seen[0]?.overAt !== null, 5 * SECOND)
    const [{ at, overAt } = { at: 0, overAt: 0 }] = stage.server.seen
    expect((overAt ?? 0) - at).toBeGreaterThan(12 * SECOND)
    expect((overAt ?? 0) - at).toBeLessThan(15 * SECOND + SLACK_MS)
  })

  it.each([
    ['never answering', badness.mute],
    ['stalling behind its status', badness.stalls],
  ])('by %s holds a batch of ten that are all its own for less than 20 s, four at once', async (_, bad) => {
    await using stage = await stageOf(always(bad))
    await stage.page(10, 'paged-01')
    await stage.worker.until('the batch is over', () => alertBatches(stage).length > 0, 40 * SECOND)
    expect(alertBatches(stage)[0]).toMatchObject({ messages: 10, acknowledged: 10 })
    expect(alertBatches(stage)[0]?.ms).toBeLessThan(20 * SECOND)
    // What was not asked for is due again soon, and untried.
    const untried = (await stage.worker.pagerDutyDeliveries()).filter(({ attempts }) => attempts === 0)
    expect(untried.length).toBeGreaterThan(0)
    for (const { state } of untried) expect(state).toBe('pending')
    expect(stage.server.mostInFlight).toBe(4)
  })
})

describe.concurrent('F06: an answer without end', () => {
  it('is read to 16 KB and no further', async () => {
    await using stage = await stageOf(always(badness.endless))
    const [row] = await untilAttempted(stage, await stage.page(1, 'paged-01'), 10 * SECOND)
    expect(row).toMatchObject({ state: 'pending', responseStatus: 500 })
    const [{ at, overAt, wroteBytes } = { at: 0, overAt: 0, wroteBytes: 0 }] = stage.server.seen
    expect(wroteBytes).toBeGreaterThanOrEqual(16 * 1_024)
    // What is on its way when the reader stops: a few of the pieces that come each five milliseconds.
    expect(wroteBytes).toBeLessThan(32 * 1_024)
    expect((overAt ?? 0) - at).toBeLessThan(SLACK_MS)
    expect(row?.reason.length).toBeLessThan(1_000)
  })

  it('that comes as fast as it is taken is cut off at once', async () => {
    await using stage = await stageOf(always(badness.flood))
    const [row] = await untilAttempted(stage, await stage.page(1, 'paged-01'), 10 * SECOND)
    expect(row).toMatchObject({ state: 'pending', responseStatus: 500 })
    const [{ at, overAt } = { at: 0, overAt: 0 }] = stage.server.seen
    expect((overAt ?? 0) - at).toBeLessThan(SLACK_MS)
  })
})

describe.concurrent('an odd answer', () => {
  it.each([
    ['a head of a mebibyte', badness.hugeHead, null],
    ['a page for people', badness.htmlPage, 502],
    ['a connection that closes unread', badness.hangsUp, null],
    ['a reset behind what was done', badness.appliesAndResets, null],
  ])('%s: it is sent again, with the same key, and there is one incident', async (_, bad, responseStatus) => {
    await using stage = await stageOf(atFirst(bad))
    const alertIds = await stage.page(1, 'paged-01')
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([
      { state: 'pending', responseStatus },
    ])
    await untilDelivered(stage, 1, 15 * SECOND)
    const { pagerDuty } = stage.server
    expect(pagerDuty.incidents).toMatchObject([{ dedupKey: `margay:${alertIds[0]}`, status: 'triggered' }])
    expect(stage.server.seen).toHaveLength(2)
  })

  it('that leads to another door is not followed, and nothing is asked again', async () => {
    await using other = new BadServer([KEY], () => badness.well)
    await using stage = await stageOf(always(badness.redirectsTo(`${await other.listen()}/elsewhere`)))
    const alertIds = await stage.page(1, 'paged-01')
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([
      { state: 'parked', responseStatus: 307 },
    ])
    expect(other.wentElsewhere).toBe(0)
    expect(other.seen).toEqual([])
  })
})

describe.concurrent('F05: a destination that asks for patience', () => {
  it.each([
    ['seconds', () => '3'],
    ['a date', () => new Date(Date.now() + 4 * SECOND).toUTCString()],
  ])('in %s hears of nothing until then, and of all of it after', async (_, retryAfter) => {
    const { answers, well } = badness
    await using stage = await stageOf({
      badness: turn => (turn === 1 ? answers(429, 'slow down', { 'retry-after': retryAfter() }) : well),
    })
    const [first] = await stage.page(1, 'paged-01')
    await untilAttempted(stage, [first ?? ''], 10 * SECOND)
    const siblings = await stage.page(4, 'paged-02')
    await untilDelivered(stage, 5, 30 * SECOND)
    const [asked = { at: 0 }, ...later] = stage.server.seen
    for (const { at } of later) expect(at - asked.at).toBeGreaterThanOrEqual(2.9 * SECOND)
    expect(later).toHaveLength(5)
    expect(stage.server.pagerDuty.incidents).toHaveLength(5)
    expect(new Set(later.map(({ dedupKey }) => dedupKey))).toEqual(
      new Set([first, ...siblings].map(id => `margay:${id}`)),
    )
  })
})

describe.concurrent('F07: a destination that is down', () => {
  it('is tried after 5 and 15 seconds, a fifth more or less, and once it is up it is told', async () => {
    await using stage = await stageOf(atFirst(badness.answers(503), 2))
    await stage.page(1, 'paged-01')
    await untilDelivered(stage, 1, 30 * SECOND)
    const at = stage.server.seen.map(seen => seen.at)
    const waits = at.slice(1).map((time, n) => time - (at[n] ?? 0))
    expect(waits).toHaveLength(2)
    expect(waits[0]).toBeGreaterThanOrEqual(4 * SECOND)
    expect(waits[0]).toBeLessThanOrEqual(6 * SECOND + SLACK_MS)
    expect(waits[1]).toBeGreaterThanOrEqual(12 * SECOND)
    expect(waits[1]).toBeLessThanOrEqual(18 * SECOND + SLACK_MS)
    expect(stage.server.pagerDuty.incidents).toHaveLength(1)
  })

  it.each([
    ['refuses the connection', refusingOrigin],
    ['has no address', async () => 'https://pagerduty.invalid'],
  ])('because it %s costs the others nothing, and waits for its next try', async (_, origin) => {
    await using stage = await stageOf({
      badness: () => badness.well,
      eventsUrl: `${await origin()}/v2/enqueue`,
    })
    const alertIds = await stage.page(2)
    for (const row of await untilAttempted(stage, alertIds, LIMIT_MS)) {
      expect(row).toMatchObject({ state: 'pending', responseStatus: null, leaseExpiresAt: null })
      expect(row.reason).toMatch(/; it may have arrived all the same$/)
      expect(row.reason).not.toContain(KEY)
    }
    const { slackAt, webhooks } = stage.server
    await stage.worker.until('the others', () => slackAt.length === 2 && webhooks.length === 2, 5 * SECOND)
  })
})

describe.concurrent('F09: a destination that is misconfigured', () => {
  it.each([401, 403, 404, 410])('by %i is asked once, and what it did not take is kept', async status => {
    await using stage = await stageOf(always(badness.answers(status, `no such key ${KEY}`)))
    const alertIds = await stage.page(1, 'paged-01')
    expect(await untilAttempted(stage, alertIds, LIMIT_MS)).toMatchObject([
      { state: 'parked', responseStatus: status, reason: `HTTP ${status}: no such key [secret]` },
    ])
    await stage.worker.cron()
    await sleep(SECOND)
    expect(stage.server.seen.filter(({ dedupKey }) => dedupKey === `margay:${alertIds[0]}`)).toHaveLength(1)
  })

  it('by a key that was revoked is told all of it once the key is another', async () => {
    await using stage = await stageOf({ badness: () => badness.well, routingKeys: [NEW_KEY] })
    const { server, worker } = stage
    await worker.cron()
    const order: string[] = []
    for (const host of ['web-01', 'web-02', 'web-03']) order.push(...(await stage.page(1, host)))
    await worker.until(
      'all three parked',
      async () => (await worker.pagerDutyDeliveries()).filter(({ state }) => state === 'parked').length === 3,
      10 * SECOND,
    )
    // Once it is known to refuse everything it is not asked; the others were told, and tell that something is wrong.
    expect(server.seen).toHaveLength(1)
    await worker.cron()
    await worker.until('Slack hears of it', () => server.slackAt.length === 4, 5 * SECOND)
    expect(JSON.stringify(server.slack.posted.at(-1))).toContain('parked')
    for (const { signedBy } of server.webhooks) expect(signedBy).toEqual(WEBHOOK_SECRETS)

    await worker.restart({ PAGERDUTY_ROUTING_KEY: NEW_KEY })
    await worker.cron()
    await worker.until('incidents', () => server.pagerDuty.incidents.length >= 3, 15 * SECOND)
    const told = server.pagerDuty.incidents.map(({ dedupKey }) => dedupKey.replace('margay:', ''))
    // Three leave at the same moment, so which comes first is the network's matter.
    expect(told.filter(id => order.includes(id)).toSorted()).toEqual(order.toSorted())
  })
})

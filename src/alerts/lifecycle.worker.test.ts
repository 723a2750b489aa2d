import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import { type Destination, routing as routingOf } from '../detect/routing.ts'
import { alertById } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { timelineOf } from '../store/timeline.ts'
import {
  type AlertSpec,
  acknowledgeAlert,
  alertIdOf,
  type Change,
  extendOpenAlert,
  openAlert,
  openAlertAgain,
  redrive,
  resolveAlert,
} from './lifecycle.ts'

const destinations: readonly Destination[] = [
  { id: 'night', type: 'pagerduty', minSeverity: 'high' },
  { id: 'day', type: 'pagerduty', minSeverity: 'low' },
]
const routing = routingOf({ destinations })

const spec: AlertSpec = {
  kind: 'silence',
  ruleId: 'host-silent',
  dedup: 'host-1',
  episode: 3,
  severity: 'medium',
  title: 'web-1 is silent',
  runbook: 'Is it up?',
  context: { lastSeen: 1 },
  hostId: 'host-1',
  hostname: 'web-1',
  at: TEST_NOW,
}
const alertId = alertIdOf('silence', 'host-silent', 'host-1', 3)
const by = (at: number, note = '') => ({ alertId, at, by: 'someone', note })

beforeEach(freshStorage)

async function commit(change: Change): Promise<void> {
  await env.DB.batch(change.statements)
}

async function sent(): Promise<readonly string[]> {
  return (await deliveriesOf(env.DB, alertId)).map(({ destination, action, state }) =>
    [destination, action, state].join(' '),
  )
}

async function told(): Promise<readonly string[]> {
  return (await timelineOf(env.DB, alertId)).map(({ detail }) => detail)
}

describe('an alert that no rule made', () => {
  it('opens, and tells who wants its severity', async () => {
    const change = openAlert(env.DB, routing, spec)
    await commit(change)
    expect(await alertById(env.DB, alertId)).toEqual({
      alertId,
      kind: 'silence',
      ruleId: 'host-silent',
      dedup: 'host-1',
      episode: 3,
      status: 'open',
      severity: 'medium',
      title: 'web-1 is silent',
      runbook: 'Is it up?',
      context: '{"lastSeen":1}',
      hostId: 'host-1',
      hostname: 'web-1',
      query: '',
      pack: '',
      firstRowId: '',
      eventCount: 1,
      firstEventAt: TEST_NOW,
      lastEventAt: TEST_NOW,
      createdAt: TEST_NOW,
      updatedAt: TEST_NOW,
      acknowledgedAt: null,
      resolvedAt: null,
      openedAt: null,
      hostCount: 1,
      statusBy: '',
    })
    expect(await sent()).toEqual(['day trigger pending'])
    expect(change.deliveryIds).toEqual((await deliveriesOf(env.DB, alertId)).map(row => row.deliveryId))
    expect(await told()).toEqual([
      'web-1 is silent',
      'night is not told: medium is below high. day is told: medium is at least low.',
    ])
  })

  it('opens once, even with another routing, at another time', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(
      openAlert(
        env.DB,
        routingOf({ destinations: [{ id: 'night', type: 'pagerduty', minSeverity: 'info' }] }),
        {
          ...spec,
          at: TEST_NOW + 1,
          title: 'again',
        },
      ),
    )
    expect((await alertById(env.DB, alertId))?.title).toBe('web-1 is silent')
    expect(await sent()).toEqual(['day trigger pending'])
    expect(await told()).toHaveLength(2)
  })

  it('needs no host', async () => {
    const { hostId: _, hostname: __, ...feed } = spec
    await commit(openAlert(env.DB, routing, feed))
    expect(await alertById(env.DB, alertId)).toMatchObject({ hostId: null, hostname: '' })
  })
})

describe('resolving', () => {
  it('marks the alert and tells those that were to be told of it, once', async () => {
    await commit(openAlert(env.DB, routing, spec))
    const change = resolveAlert(env.DB, destinations, by(TEST_NOW + 5, 'It is back.'))
    await commit(change)
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW + 9, 'again')))
    expect(await alertById(env.DB, alertId)).toMatchObject({
      status: 'resolved',
      resolvedAt: TEST_NOW + 5,
      statusBy: 'someone',
    })
    expect(await sent()).toEqual(['day trigger pending', 'day resolve pending'])
    expect(change.deliveryIds).toEqual(expect.arrayContaining([`${alertId}.day.resolve`]))
    expect((await told()).slice(2)).toEqual(['Resolved by someone: It is back.'])
  })

  it('tells a destination that routing does not name any more, for it was told of the alert', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(resolveAlert(env.DB, [], by(TEST_NOW + 5)))
    expect(await sent()).toContain('day resolve pending')
  })

  it('does nothing to an alert that does not exist', async () => {
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW)))
    expect([await sent(), await told()]).toEqual([[], []])
  })
})

describe('acknowledging', () => {
  it('marks an open alert and tells those that were to be told of it, once', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(acknowledgeAlert(env.DB, destinations, by(TEST_NOW + 5)))
    await commit(acknowledgeAlert(env.DB, destinations, by(TEST_NOW + 6)))
    expect(await alertById(env.DB, alertId)).toMatchObject({
      status: 'acknowledged',
      acknowledgedAt: TEST_NOW + 5,
    })
    expect(await sent()).toEqual(['day trigger pending', 'day acknowledge pending'])
    expect((await told()).slice(2)).toEqual(['Acknowledged by someone'])
  })

  it('does not open again what is resolved', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW + 5)))
    await commit(acknowledgeAlert(env.DB, destinations, by(TEST_NOW + 6)))
    expect((await alertById(env.DB, alertId))?.status).toBe('resolved')
    expect(await sent()).toEqual(['day trigger pending', 'day resolve pending'])
  })

  it('is followed by a resolve as an open alert is', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(acknowledgeAlert(env.DB, destinations, by(TEST_NOW + 5)))
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW + 6)))
    expect((await alertById(env.DB, alertId))?.status).toBe('resolved')
    expect(await sent()).toHaveLength(3)
  })

  it('bounds what people write', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(acknowledgeAlert(env.DB, destinations, by(TEST_NOW + 5, '\ud800\0'.repeat(5_000))))
    const [, , detail = ''] = await told()
    expect(detail.length).toBeLessThan(2_100)
    expect(detail.isWellFormed()).toBe(true)
  })
})

describe('redriving', () => {
  const deliveryId = `${alertId}.day.trigger`
  const again = () => redrive(env.DB, { deliveryId, at: TEST_NOW + 7, by: 'someone' })

  it('makes a parked delivery due with new patience, and says who asked', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await env.DB.prepare(
      `UPDATE deliveries SET state = 'parked', attempts = 4, first_attempt_at = 1, reason = 'HTTP 403'`,
    ).run()
    await commit(again())
    await commit(again())
    expect((await deliveriesOf(env.DB, alertId))[0]).toMatchObject({
      state: 'pending',
      attempts: 4,
      nextAttemptAt: TEST_NOW + 7,
      firstAttemptAt: null,
      reason: '',
    })
    expect((await told()).slice(2)).toEqual([`someone asked for ${deliveryId} to be sent again.`])
  })

  it.each(['pending', 'leased', 'delivered', 'superseded'])('leaves what is %s', async state => {
    await commit(openAlert(env.DB, routing, spec))
    await env.DB.prepare('UPDATE deliveries SET state = ?').bind(state).run()
    await commit(again())
    expect(await sent()).toEqual([`day trigger ${state}`])
    expect(await told()).toHaveLength(2)
  })
})

describe('an alert that begins again', () => {
  const MINUTE = 60_000
  const later = { ...spec, at: TEST_NOW + 9 * MINUTE }
  const dueAt = TEST_NOW + 60 * MINUTE
  const isTold = () =>
    env.DB.prepare("UPDATE deliveries SET state = 'delivered', attempts = 1, delivered_at = 1")

  async function due(): Promise<readonly (readonly [string, number])[]> {
    const waiting = (await deliveriesOf(env.DB, alertId)).filter(({ state }) => state === 'pending')
    return waiting.map(({ action, nextAttemptAt }) => [action, nextAttemptAt] as const)
  }

  it('is the same alert, told when it is due', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW + MINUTE)))
    await isTold().run()
    const change = openAlertAgain(env.DB, routing, later, dueAt)
    await commit(change)
    expect(await alertById(env.DB, alertId)).toMatchObject({
      status: 'open',
      openedAt: later.at,
      resolvedAt: null,
    })
    expect(await due()).toEqual([['trigger', dueAt]])
    expect(change.deliveryIds).toEqual([])
    expect((await told()).at(-1)).toContain('Told at 2026-11-24T13:00:00.000Z if it is open by then.')
  })

  it('says what is known this time, and not what was known the time before', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW + MINUTE)))
    const again = { ...later, title: 'web-1 is silent again', context: { lastSeen: 2 } }
    await commit(openAlertAgain(env.DB, routing, again, dueAt))
    expect(await alertById(env.DB, alertId)).toMatchObject({
      title: 'web-1 is silent again',
      context: '{"lastSeen":2}',
      createdAt: TEST_NOW,
      firstEventAt: TEST_NOW,
      lastEventAt: later.at,
    })
  })

  it('is told to nobody when it is resolved before that, for no send had begun', async () => {
    await commit(openAlertAgain(env.DB, routing, later, dueAt))
    expect(await due()).toEqual([['trigger', dueAt]])
    await commit(resolveAlert(env.DB, destinations, by(later.at + MINUTE)))
    expect(await alertById(env.DB, alertId)).toMatchObject({ status: 'resolved' })
  })

  it('opens for the first time when there was none', async () => {
    const change = openAlertAgain(env.DB, routing, later, later.at)
    await commit(change)
    expect(await alertById(env.DB, alertId)).toMatchObject({
      status: 'open',
      createdAt: later.at,
      openedAt: null,
    })
    expect(await due()).toEqual([['trigger', later.at]])
    expect(change.deliveryIds).toContain(`${alertId}.day.trigger`)
  })

  it.each(['open', 'acknowledged'])('stays as it is while it is %s', async status => {
    await commit(openAlert(env.DB, routing, spec))
    await isTold().run()
    await env.DB.prepare('UPDATE alerts SET status = ?').bind(status).run()
    const before = [await alertById(env.DB, alertId), await told(), await sent()]
    await commit(openAlertAgain(env.DB, routing, { ...later, title: 'another', context: {} }, dueAt))
    expect([await alertById(env.DB, alertId), await told(), await sent()]).toEqual(before)
  })

  it('does nothing the second time', async () => {
    await commit(openAlertAgain(env.DB, routing, later, dueAt))
    const before = [await told(), await due()]
    await commit(openAlertAgain(env.DB, routing, later, dueAt))
    expect([await told(), await due()]).toEqual(before)
  })
})

describe('an alert that says more than it did', () => {
  const more = { ...spec, title: 'web-1 and 3 more are silent', context: { hosts: 4 }, at: TEST_NOW + 1 }

  it('has another title, context and count, and tells of it by an update, not anew, while it is open', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', attempts = 1").run()
    await commit(extendOpenAlert(env.DB, routing, more, 4))
    expect(await alertById(env.DB, alertId)).toMatchObject({
      title: more.title,
      context: '{"hosts":4}',
      eventCount: 4,
      lastEventAt: more.at,
    })
    expect(await sent()).toEqual(['day trigger delivered', 'day update pending'])
  })

  it('is told to nobody when what it says is no news', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', attempts = 1").run()
    await commit(extendOpenAlert(env.DB, routing, more, 4, false))
    expect(await alertById(env.DB, alertId)).toMatchObject({ title: more.title })
    expect(await sent()).toEqual(['day trigger delivered'])
  })

  it('opens again when somebody resolved it, or nobody would hear', async () => {
    await commit(openAlert(env.DB, routing, spec))
    await commit(resolveAlert(env.DB, destinations, by(TEST_NOW)))
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', attempts = 1").run()
    await commit(extendOpenAlert(env.DB, routing, more, 4))
    expect(await alertById(env.DB, alertId)).toMatchObject({ status: 'open', title: more.title })
    expect(await sent()).toContain('day trigger pending')
  })
})

describe('the id of an alert', () => {
  it('keeps kind, rule, dedup string and episode apart', () => {
    const ids = [
      alertIdOf('match', 'a', 'b', 1),
      alertIdOf('rule_error', 'a', 'b', 1),
      alertIdOf('match', 'ab', '', 1),
      alertIdOf('match', 'a', 'b', 11),
      alertIdOf('match', 'a","b', '', 1),
      alertIdOf('match', 'a', '\ud800', 1),
      alertIdOf('match', 'a', '\udfff', 1),
    ]
    expect(new Set(ids).size).toBe(ids.length)
  })
})

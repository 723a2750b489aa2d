import { describe, expect, it } from 'vitest'
import type { AlertStatus } from '../store/alerts.ts'
import { type Delivery, type DeliveryAction, newDelivery } from '../store/deliveries.ts'
import { AMBIGUITY_HOLD_MS, nextStep, type Step } from './step.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

function delivery(action: Exclude<DeliveryAction, 'update'>, overrides: Partial<Delivery> = {}): Delivery {
  return {
    ...newDelivery('alert', 'pagerduty', action, NOW),
    state: 'pending',
    attempts: 0,
    nextAttemptAt: NOW,
    leaseExpiresAt: null,
    responseStatus: null,
    reason: '',
    firstAttemptAt: null,
    deliveredAt: null,
    ambiguousAt: null,
    cause: null,
    ...overrides,
  }
}

const delivered = { state: 'delivered', attempts: 1 } as const
const failed = { state: 'pending', attempts: 2, nextAttemptAt: NOW + 900_000 } as const
const leased = { state: 'leased', attempts: 1, leaseExpiresAt: NOW + 1 } as const
const abandoned = { state: 'leased', attempts: 1, leaseExpiresAt: NOW } as const

/** The step for the last of the deliveries, as `kind` and, of what is superseded, the actions. */
function step(status: AlertStatus | null, ...pair: Delivery[]): Step {
  const woken = pair.at(-1)?.deliveryId ?? ''
  return nextStep(woken, pair, status === null ? null : { status }, 0, NOW)
}

function superseded(taken: Step): readonly DeliveryAction[] {
  return taken.kind === 'supersede' ? taken.deliveries.map(({ action }) => action) : []
}

describe('a trigger', () => {
  it('is sent when it is due', () => {
    expect(step('open', delivery('trigger')).kind).toBe('send')
    expect(step('acknowledged', delivery('trigger')).kind).toBe('send')
    expect(step('open', delivery('trigger', abandoned)).kind).toBe('send')
  })

  it('waits for its time and for the end of a pause', () => {
    const early = delivery('trigger', { nextAttemptAt: NOW + 5 })
    expect(step('open', early)).toMatchObject({ kind: 'later', at: NOW + 5 })
    const paused = nextStep(early.deliveryId, [early], { status: 'open' }, NOW + 60, NOW)
    expect(paused).toMatchObject({ kind: 'later', at: NOW + 60 })
  })

  it.each(['delivered', 'parked', 'superseded'] as const)('is left alone when it is %s', state => {
    expect(step('open', delivery('trigger', { state })).kind).toBe('leave')
  })

  it('is left to the consumer that is sending it', () => {
    expect(step('open', delivery('trigger', leased)).kind).toBe('leave')
  })

  it('is not sent any more when the alert is resolved, nor is anything behind it', () => {
    expect(superseded(step('resolved', delivery('trigger')))).toEqual(['trigger'])
    const pair = [delivery('trigger'), delivery('acknowledge'), delivery('resolve')]
    const woken = nextStep(pair[0]?.deliveryId ?? '', pair, { status: 'resolved' }, 0, NOW)
    expect(superseded(woken)).toEqual(['trigger', 'acknowledge', 'resolve'])
  })

  it('has nothing to tell when its alert is gone', () => {
    expect(superseded(step(null, delivery('trigger')))).toEqual(['trigger'])
  })
})

describe('a resolve', () => {
  const resolve = delivery('resolve')

  it('is sent after its trigger', () => {
    expect(step('resolved', delivery('trigger', delivered), resolve).kind).toBe('send')
  })

  it('waits while its trigger is being sent', () => {
    expect(step('resolved', delivery('trigger', leased), resolve).kind).toBe('leave')
  })

  it('goes with its trigger when that was never sent', () => {
    expect(superseded(step('resolved', delivery('trigger'), resolve))).toEqual(['trigger', 'resolve'])
    for (const state of ['parked', 'superseded'] as const) {
      expect(superseded(step('resolved', delivery('trigger', { state }), resolve))).toEqual(['resolve'])
    }
  })

  it.each([
    ['failed', failed],
    ['was abandoned', abandoned],
  ])('takes the place of a trigger that %s, later, for that one may have arrived', (_, trigger) => {
    const taken = step('resolved', delivery('trigger', trigger), resolve)
    expect(superseded(taken)).toEqual(['trigger'])
    expect(taken).toMatchObject({ hold: { delivery: resolve, until: NOW + AMBIGUITY_HOLD_MS } })
  })

  it.each(['parked', 'superseded'] as const)('is sent behind a trigger that was %s after a try', state => {
    expect(step('resolved', delivery('trigger', { state, attempts: 1 }), resolve).kind).toBe('send')
  })

  it('waits out the time in which a trigger that was not answered may take effect, and comes once more', () => {
    const trigger = (ago: number) => delivery('trigger', { ...delivered, ambiguousAt: NOW - ago })
    expect(step('resolved', trigger(20_000), resolve)).toMatchObject({ kind: 'later', at: NOW + 40_000 })
    expect(step('resolved', trigger(AMBIGUITY_HOLD_MS), resolve)).toMatchObject({ kind: 'send', again: true })
    const second = delivery('resolve', { attempts: 1, deliveredAt: NOW - AMBIGUITY_HOLD_MS })
    expect(step('resolved', trigger(2 * AMBIGUITY_HOLD_MS), second)).toMatchObject({
      kind: 'send',
      again: false,
    })
    expect(step('resolved', trigger(600_001), resolve)).toMatchObject({ kind: 'send', again: false })
    expect(step('resolved', delivery('trigger', delivered), resolve)).toMatchObject({ again: false })
  })

  it('has nothing to tell of an alert that is open again', () => {
    expect(superseded(step('open', delivery('trigger', delivered), resolve))).toEqual(['resolve'])
    expect(superseded(step('acknowledged', delivery('trigger', delivered), resolve))).toEqual(['resolve'])
  })

  it('goes before the trigger that tells of an alert anew, or that would wake nobody', () => {
    const again = delivery('trigger', { attempts: 1, sequence: 4 })
    expect(step('open', delivery('resolve'), again).kind).toBe('leave')
    const { deliveryId } = delivery('resolve')
    const taken = nextStep(deliveryId, [delivery('resolve'), again], { status: 'open' }, 0, NOW)
    expect(taken).toMatchObject({ kind: 'send', delivery: { action: 'resolve' } })
  })

  it('that was not answered is waited for by the trigger of an alert that opened again', () => {
    const resolved = delivery('resolve', { ...delivered, ambiguousAt: NOW - 20_000 })
    const again = delivery('trigger', { attempts: 1, sequence: 4 })
    expect(step('open', resolved, again)).toMatchObject({ kind: 'later', at: NOW + 40_000 })
  })

  it('overtakes an acknowledge that was not sent', () => {
    const taken = step('resolved', delivery('trigger', delivered), delivery('acknowledge'), resolve)
    expect(superseded(taken)).toEqual(['acknowledge'])
    expect(taken).toMatchObject({ hold: null })
  })

  it('waits while an acknowledge is being sent', () => {
    expect(
      step('resolved', delivery('trigger', delivered), delivery('acknowledge', leased), resolve).kind,
    ).toBe('leave')
  })
})

describe('an update', () => {
  const update: Delivery = {
    ...delivery('trigger'),
    deliveryId: 'alert.pagerduty.update.1',
    action: 'update',
    sequence: 2,
    nextAttemptAt: NOW + 1,
  }

  it('waits for its time and holds nobody up meanwhile', () => {
    const acknowledge = delivery('acknowledge', { sequence: 3 })
    expect(step('open', delivery('trigger', delivered), update)).toMatchObject({ kind: 'later', at: NOW + 1 })
    expect(step('acknowledged', delivery('trigger', delivered), update, acknowledge).kind).toBe('send')
  })

  it('is waited for while it is being sent', () => {
    const leaving: Delivery = { ...update, ...leased }
    const acknowledge = delivery('acknowledge', { sequence: 3 })
    expect(step('acknowledged', delivery('trigger', delivered), leaving, acknowledge).kind).toBe('leave')
  })

  it('has nothing to tell while a resolve and the trigger of an alert that opened again are under way', () => {
    const due = { ...update, nextAttemptAt: NOW }
    const again = delivery('trigger', { attempts: 1, sequence: 4 })
    for (const state of [{}, abandoned, delivered]) {
      const pair = [due, delivery('resolve', state), again]
      expect(superseded(nextStep(due.deliveryId, pair, { status: 'open' }, 0, NOW))).toEqual(['update'])
    }
  })

  it('has nothing to tell of an alert that was resolved', () => {
    expect(superseded(step('resolved', delivery('trigger', delivered), update))).toEqual(['update'])
  })
})

describe('an acknowledge', () => {
  const acknowledge = delivery('acknowledge')

  it('is sent after its trigger and waits for it', () => {
    expect(step('acknowledged', delivery('trigger', delivered), acknowledge).kind).toBe('send')
    expect(step('acknowledged', delivery('trigger', failed), acknowledge).kind).toBe('leave')
    expect(step('acknowledged', delivery('trigger', leased), acknowledge).kind).toBe('leave')
  })

  it('has nothing to tell a destination that never heard of the alert', () => {
    const parked = delivery('trigger', { state: 'parked' })
    expect(superseded(step('acknowledged', parked, acknowledge))).toEqual(['acknowledge'])
  })

  it('is not sent once someone let go of the alert', () => {
    expect(superseded(step('open', delivery('trigger', delivered), acknowledge))).toEqual(['acknowledge'])
  })

  it('is not sent once the alert is resolved', () => {
    expect(superseded(step('resolved', delivery('trigger', delivered), acknowledge))).toEqual(['acknowledge'])
  })
})

it('leaves a delivery that does not exist', () => {
  expect(nextStep('other', [delivery('trigger')], { status: 'open' }, 0, NOW).kind).toBe('leave')
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf, hostileText, tellingOf } from '../../test/alert.ts'
import { testSettings } from '../../test/world.ts'
import { alertIdOf } from '../alerts/identity.ts'
import { ALERT_KINDS } from '../detect/alert-kind.ts'
import { pagerDuty } from './pagerduty.ts'
import type { Telling } from './telling.ts'

const target = pagerDuty(testSettings())

/** What makes an alert the one it is. */
const identity = fc.record({
  kind: fc.constantFrom(...ALERT_KINDS),
  ruleId: hostileText,
  dedup: hostileText,
  episode: fc.integer({ min: 1, max: 1_000_000 }),
})
type Identity = typeof identity extends fc.Arbitrary<infer Value> ? Value : never

const idOf = ({ kind, ruleId, dedup, episode }: Identity) => alertIdOf(kind, ruleId, dedup, episode)

/** The keys in everything that PagerDuty may be sent of an alert. */
function dedupKeysOf(alertId: string, overrides: Partial<Telling> = {}): readonly string[] {
  if (!target.ok) throw new Error(target.missing)
  const keys = (['trigger', 'update', 'acknowledge', 'resolve'] as const).flatMap(action =>
    target
      .messages(tellingOf({ action, alert: alertOf({ alertId }), ...overrides }))
      .map(({ body }) => String(JSON.parse(body).dedup_key)),
  )
  return [...new Set(keys)]
}

describe('the dedup_key of an alert', () => {
  it('is one, in every body of every action, at every attempt, and when all is made anew from the same facts', () => {
    fc.assert(
      fc.property(identity, hostileText, fc.nat(), (facts, text, later) => {
        const alertId = idOf(facts)
        const [key, ...others] = dedupKeysOf(alertId)
        expect(others).toEqual([])
        expect(key?.length).toBeLessThanOrEqual(255)
        const replayed = alertOf({
          alertId: idOf({ ...facts }),
          title: text,
          context: JSON.stringify({ text }),
        })
        const changed = { alert: replayed, columns: { [text]: text }, now: later, deliveryId: text }
        expect(dedupKeysOf(alertId, changed)).toEqual([key])
      }),
    )
  })

  it('is another one in another episode, and for any other fact', () => {
    fc.assert(
      fc.property(identity, identity, fc.integer({ min: 1, max: 50 }), (one, other, episodes) => {
        expect(dedupKeysOf(idOf(one))).not.toEqual(
          dedupKeysOf(idOf({ ...one, episode: one.episode + episodes })),
        )
        const isSame = JSON.stringify(one) === JSON.stringify(other)
        expect(idOf(one) === idOf(other)).toBe(isSame)
      }),
    )
  })
})

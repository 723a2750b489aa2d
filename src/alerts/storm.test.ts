import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { admit, calmed, isQuiet, NEW_ALERTS_PER_HOUR, noStorm, STORM_HOUR_MS, stormTitle } from './storm.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const none = noStorm('match', 'posix.cron-fetches-code', 'high')

describe('a rule that opens alerts', () => {
  it('has the first 25 of an hour told, then is in a storm', () => {
    const { storm: full, told } = admit(none, NEW_ALERTS_PER_HOUR, NOW)
    expect([told, full.alertId]).toEqual([25, ''])
    const { storm, told: more } = admit(full, 3, NOW + MINUTE)
    expect(more).toBe(0)
    expect(storm).toMatchObject({ episode: 1, heldCount: 3, beganAt: NOW + MINUTE, lastHeldAt: NOW + MINUTE })
    expect(storm.alertId).toMatch(/^[0-9a-f]{20}$/)
    expect(stormTitle(storm)).toBe('Storm: 3 more high alerts of posix.cron-fetches-code on {hosts}')
  })

  it('begins a new hour with the first alert after the hour', () => {
    const { storm } = admit(none, 25, NOW)
    expect(admit(storm, 25, NOW + STORM_HOUR_MS - 1).told).toBe(0)
    expect(admit(storm, 25, NOW + STORM_HOUR_MS).told).toBe(25)
  })

  it('stays in the storm until nothing was held back for an hour, however long it lasts', () => {
    let { storm } = admit(none, 26, NOW)
    for (let hours = 1; hours < 5; hours += 1) {
      ;({ storm } = admit(storm, 1, NOW + hours * STORM_HOUR_MS - 1))
      expect(storm).toMatchObject({ episode: 1, heldCount: hours + 1 })
    }
    expect(isQuiet(storm, storm.lastHeldAt + STORM_HOUR_MS - 1)).toBe(false)
    expect(isQuiet(storm, storm.lastHeldAt + STORM_HOUR_MS)).toBe(true)
  })

  it('is told again after the storm, and the next storm is another alert', () => {
    const { storm: first } = admit(none, 30, NOW)
    const again = admit(calmed(first), 30, NOW + STORM_HOUR_MS)
    expect(again).toMatchObject({ told: 25, storm: { episode: 2, heldCount: 5 } })
    expect(again.storm.alertId).not.toBe(first.alertId)
  })

  it('has its criticals counted apart from its lows', () => {
    const ids = (['low', 'critical'] as const).map(
      severity => admit(noStorm('match', 'r', severity), 26, NOW).storm.alertId,
    )
    expect(new Set(ids).size).toBe(2)
  })

  it('loses none: what is told and what is held back are all there were', () => {
    const steps = fc.array(fc.tuple(fc.nat(40), fc.nat(2 * STORM_HOUR_MS)), { maxLength: 30 })
    fc.assert(
      fc.property(steps, taken => {
        let [storm, now, all, told, heldBefore] = [none, NOW, 0, 0, 0]
        const toldAt: number[] = []
        for (const [count, ms] of taken) {
          now += ms
          if (isQuiet(storm, now)) {
            heldBefore += storm.heldCount
            storm = calmed(storm)
          }
          const admitted = admit(storm, count, now)
          storm = admitted.storm
          all += count
          told += admitted.told
          toldAt.push(...Array<number>(admitted.told).fill(now))
        }
        expect(told + heldBefore + storm.heldCount).toBe(all)
        // Any hour holds parts of two at most.
        for (const at of toldAt) {
          expect(
            toldAt.filter(other => other >= at && other < at + STORM_HOUR_MS).length,
          ).toBeLessThanOrEqual(50)
        }
      }),
      { numRuns: 200 },
    )
  })
})

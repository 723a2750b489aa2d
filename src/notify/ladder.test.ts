import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GIVE_UP_AFTER_MS, nextAttemptAt } from './ladder.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MIDDLE = { firstAttemptAt: NOW, now: NOW, retryAfterMs: null, random: 0.5 }

describe('the ladder', () => {
  it.each([
    [1, 5],
    [2, 15],
    [3, 30],
    [4, 60],
    [5, 120],
    [6, 300],
    [7, 600],
    [8, 900],
    [9, 900],
    [300, 900],
  ])('waits after attempt %i for %i s', (attempts, seconds) => {
    expect(nextAttemptAt({ ...MIDDLE, attempts })).toBe(NOW + seconds * 1000)
  })

  it('spreads by a fifth to either side', () => {
    expect(nextAttemptAt({ ...MIDDLE, attempts: 4, random: 0 })).toBe(NOW + 48_000)
    expect(nextAttemptAt({ ...MIDDLE, attempts: 4, random: 0.999999 })).toBe(NOW + 72_000)
  })

  it('follows the destination when it says how long, and never comes sooner', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 3_600_000 }),
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        (ms, random) => {
          const at = nextAttemptAt({ ...MIDDLE, attempts: 8, retryAfterMs: ms, random }) ?? 0
          expect(at).toBeGreaterThanOrEqual(NOW + ms)
          expect(at).toBeLessThanOrEqual(NOW + Math.ceil(ms * 1.2))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('ends after 72 hours of trying', () => {
    const attempts = 200
    const last = NOW + GIVE_UP_AFTER_MS - 900_000
    expect(nextAttemptAt({ ...MIDDLE, attempts, now: last })).toBe(NOW + GIVE_UP_AFTER_MS)
    expect(nextAttemptAt({ ...MIDDLE, attempts, now: last + 1 })).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { FLAP_QUIET_MS, TOLD_EVERY_MS } from '../store/standings.ts'
import { isNewsThatItFlaps, toldAgainAt } from './flapping.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

describe('a destination', () => {
  it('that was not told within the hour is told at once that an alert opened again', () => {
    expect(toldAgainAt(undefined, NOW)).toBe(NOW)
    expect(toldAgainAt(NOW - TOLD_EVERY_MS, NOW)).toBe(NOW)
  })

  it('that was told within the hour is told when that is over', () => {
    expect(toldAgainAt(NOW - TOLD_EVERY_MS + 1, NOW)).toBe(NOW + 1)
    expect(toldAgainAt(NOW, NOW)).toBe(NOW + TOLD_EVERY_MS)
  })
})

describe('an alert that opens again', () => {
  it('flaps when it changed more than four times in twenty minutes', () => {
    expect([2, 3, 4, 5].map(changes => isNewsThatItFlaps(changes, null, NOW))).toEqual([
      false,
      false,
      true,
      true,
    ])
  })

  it('is said to flap once an hour', () => {
    expect(isNewsThatItFlaps(6, NOW - 1, NOW)).toBe(false)
    expect(isNewsThatItFlaps(6, NOW - FLAP_QUIET_MS, NOW)).toBe(true)
  })
})

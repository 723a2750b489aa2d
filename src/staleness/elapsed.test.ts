import { expect, it } from 'vitest'
import { elapsed } from './elapsed.ts'

it.each([
  [-5, '0 s'],
  [45_000, '45 s'],
  [59_999, '59 s'],
  [17 * 60_000, '17 min'],
  [60 * 60_000, '1 h'],
  [125 * 60_000, '2 h 5 min'],
  [24 * 3_600_000, '1 d'],
  [76 * 3_600_000, '3 d 4 h'],
])('says %d ms as %s', (ms, said) => {
  expect(elapsed(ms)).toBe(said)
})

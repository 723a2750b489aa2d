import { describe, expect, it } from 'vitest'
import { rangeOf } from './range.ts'

const NOW = Date.UTC(2026, 10, 24, 12, 30)

describe('rangeOf', () => {
  it.each([
    ['24h', 'now', Date.UTC(2026, 10, 23, 12, 30), NOW],
    ['2d', '90m', Date.UTC(2026, 10, 22, 12, 30), Date.UTC(2026, 10, 24, 11, 0)],
    ['2026-11-23', '2026-11-24', Date.UTC(2026, 10, 23), Date.UTC(2026, 10, 24)],
    ['2026-11-23T05', '2026-11-23T05:07:09Z', Date.UTC(2026, 10, 23, 5), Date.UTC(2026, 10, 23, 5, 7, 9)],
  ])('reads %s and %s', (from, to, start, end) => {
    expect(rangeOf(from, to, NOW)).toEqual({ from: start, to: end })
  })

  it.each([
    ['yesterday', 'now', /"yesterday" is no time/],
    ['24h', '', /"" is no time/],
    ['2026-02-30', 'now', /"2026-02-30" is no time/],
    ['2026-11-24T25', 'now', /is no time/],
    ['0h', 'now', /"0h" is no time/],
    ['now', '24h', /nothing lies from now until 24h/],
    ['2026-11-24', '2026-11-24', /nothing lies/],
  ])('refuses %s and %s', (from, to, reason) => {
    expect(rangeOf(from, to, NOW)).toMatch(reason)
  })
})

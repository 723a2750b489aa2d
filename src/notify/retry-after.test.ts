import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', 1_000],
    ['999999999999999999999', 3_600_000],
    ['Tue, 24 Nov 2026 12:02:00 GMT', 120_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 1_000],
    ['Wed, 25 Nov 2026 12:00:00 GMT', 3_600_000],
    ['Tuesday, 24-Nov-26 12:02:00 GMT', 120_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 1_000],
    ['Tue Nov 24 12:02:00 2026', 120_000],
    ['Sun Nov  6 08:49:37 1994', 1_000],
  ])('%j means %i ms', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected)
  })

  it.each([
    null,
    '',
    'soon',
    '-1',
    '1e9',
    '1.5',
    '0x10',
    '12 s',
    '2026-11-24T12:02:00Z',
    'Tue, 24 Nov 2026 12:02:00 +0100',
    'Tue, 24 Foo 2026 12:02:00 GMT',
  ])('%j says nothing', header => {
    expect(parseRetryAfter(header, NOW)).toBeNull()
  })

  it('never asks for less than a second or more than an hour, whatever it holds', () => {
    const headers = fc.oneof(
      fc.string(),
      fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
      fc.date({ noInvalidDate: true }).map(date => date.toUTCString()),
    )
    fc.assert(
      fc.property(headers, header => {
        const delay = parseRetryAfter(header, NOW)
        expect(delay === null || (delay >= 1_000 && delay <= 3_600_000)).toBe(true)
      }),
    )
  })
})

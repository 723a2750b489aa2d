import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarTime } from '../../test/bench/posts.ts'
import { eventTime, parseCalendarTime } from './event-time.ts'

const RECEIVED = Date.UTC(2026, 0, 2)
const AT = Date.UTC(2026, 0, 1, 0, 1, 1)

describe('parseCalendarTime', () => {
  it('reads every spelling that agents and forwarders write', () => {
    const spellings = [
      'Thu Jan  1 00:01:01 2026 UTC',
      'Thu Jan 1 00:01:01 2026 UTC',
      'Thu Jan  1 00:01:01 2026',
      'Thu Jan 01 00:01:01 2026 UTC',
      'Thu  Jan  1  00:01:01  2026  UTC',
      '2026-01-01T00:01:01',
      '2026-01-01 00:01:01',
      '2026-01-01T00:01:01Z',
      '2026-01-01T00:01:01.250Z',
      '2026-01-01T02:01:01+02:00',
      '2025-12-31T19:01:01-0500',
      '2026-01-01 00:01:01 UTC',
    ]
    for (const text of spellings) expect(parseCalendarTime(text), text).toBe(AT)
  })

  it('takes nothing else for a time', () => {
    const texts = [
      '',
      'now',
      'no_time',
      '...',
      'Thu Jan  1 00:01:01',
      'Thu Foo  1 00:01:01 2026 UTC',
      'Thu anF  1 00:01:01 2026 UTC',
      'Sat Feb 30 00:01:01 2026 UTC',
      'Thu Jan  1 25:01:01 2026 UTC',
      'Thu Jan  1 00-01-01 2026 UTC',
      '2026-13-01T00:01:01Z',
      'x'.repeat(100_000),
    ]
    for (const text of texts) expect(parseCalendarTime(text), text.slice(0, 40)).toBeNull()
  })

  it('reads what osquery writes for any second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), seconds => {
        expect(parseCalendarTime(calendarTime(seconds))).toBe(seconds * 1000)
      }),
    )
  })
})

describe('eventTime', () => {
  it('believes unixTime', () => {
    expect(eventTime(AT / 1000, 'Thu Jan  1 00:01:01 2026 UTC', RECEIVED)).toEqual({
      at: AT,
      own: true,
      flag: null,
    })
    expect(eventTime(AT / 1000, 'no_time', RECEIVED)).toEqual({ at: AT, own: true, flag: null })
  })

  it('believes unixTime also against calendarTime, and says so', () => {
    expect(eventTime(AT / 1000, 'Thu Jan  1 00:06:01 2026 UTC', RECEIVED).flag).toBeNull()
    expect(eventTime(AT / 1000, 'Thu Jan  1 00:06:02 2026 UTC', RECEIVED)).toEqual({
      at: AT,
      own: true,
      flag: 'time_disagrees',
    })
  })

  it('falls back to calendarTime where unixTime is missing or senseless', () => {
    for (const unixTime of [null, 0, -1, 1_000_000_000, 99_999_999_999]) {
      expect(eventTime(unixTime, 'Thu Jan  1 00:01:01 2026 UTC', RECEIVED).at).toBe(AT)
    }
  })

  it('falls back to the time of receipt where there is no other, and says so', () => {
    for (const text of ['', 'now', 'Thu Jan  1 00:01:01 1998 UTC', 'Thu Jan  1 00:01:01 2031 UTC']) {
      expect(eventTime(0, text, RECEIVED)).toEqual({ at: RECEIVED, own: false, flag: 'time_received' })
    }
  })

  it('allows a clock that is up to a day ahead', () => {
    const day = 24 * 60 * 60
    expect(eventTime(RECEIVED / 1000 + day, '', RECEIVED).own).toBe(true)
    expect(eventTime(RECEIVED / 1000 + day + 1, '', RECEIVED).own).toBe(false)
  })
})

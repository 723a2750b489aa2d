import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventOf } from '../../test/event.ts'
import type { OsqueryEvent } from '../detect/event.ts'
import { HOT_EVENT_MAX_BYTES, hotJson, matchedEventJson } from './hot-event.ts'
import { utf8Length } from './json-rows.ts'

const parsed = (event: OsqueryEvent): OsqueryEvent => JSON.parse(hotJson(event))

describe('hotJson', () => {
  it('keeps an ordinary event as it is', () => {
    const event = eventOf({ columns: { pid: '1', path: '/bin/sh' } })
    expect(hotJson(event)).toBe(JSON.stringify(event))
  })

  it('keeps a column named __proto__', () => {
    const columns = JSON.parse(`{"__proto__": "x", "long": "${'y'.repeat(HOT_EVENT_MAX_BYTES)}"}`)
    expect(Object.entries(parsed(eventOf({ columns })).columns ?? {})).toContainEqual(['__proto__', 'x'])
  })

  it('cuts a giant column, says so, and keeps the rest', () => {
    const event = eventOf({ columns: { pid: '1', cmdline: 'a'.repeat(2_000_000) } })
    const kept = parsed(event)
    expect(kept.p_flags).toEqual(['cut_in_hot_store'])
    expect(kept.columns).toEqual({ pid: '1', cmdline: 'a'.repeat(4_096) })
    expect(kept.p_row_id).toBe(event.p_row_id)
  })

  it('cuts harder when there are very many columns', () => {
    const columns = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`c${index}`, 'x'.repeat(5_000)]),
    )
    expect(Object.keys(parsed(eventOf({ columns })).columns ?? {}).length).toBeLessThanOrEqual(200)
  })

  it('does not cut a character in two', () => {
    const cmdline = 'a'.repeat(4_095) + '🐈'.repeat(300_000)
    expect(parsed(eventOf({ columns: { cmdline } })).columns?.['cmdline']?.isWellFormed()).toBe(true)
  })

  it('fits the limit whatever the event holds', () => {
    const filler = fc.constantFrom('\u0001', 'é', '€', '🐈', '"', 'a')
    const lengths = fc.integer({ min: 0, max: 400_000 })
    fc.assert(
      fc.property(filler, lengths, fc.integer({ min: 1, max: 300 }), (text, length, entries) => {
        const columns = Object.fromEntries(
          Array.from({ length: entries }, (_, index) => [
            text.repeat(10) + index,
            text.repeat(Math.ceil(length / entries)),
          ]),
        )
        const event = eventOf({ columns, decorations: columns, extra: columns, message: text.repeat(length) })
        expect(utf8Length(hotJson(event))).toBeLessThanOrEqual(HOT_EVENT_MAX_BYTES)
      }),
      { numRuns: 20 },
    )
  })
})

describe('matchedEventJson', () => {
  const large = (columns: Record<string, string>) => eventOf({ columns })

  it('keeps an ordinary event whole', () => {
    const event = eventOf({ columns: { pid: '1', path: '/bin/sh' } })
    expect(matchedEventJson(event)).toBe(JSON.stringify(event))
  })

  it('cuts from 100 KB on, and says so', () => {
    const json = matchedEventJson(large({ cmdline: 'x'.repeat(200_000), pid: '1' }))
    expect(utf8Length(json)).toBeLessThan(100_000)
    expect(JSON.parse(json)).toMatchObject({ columns: { cmdline: 'x'.repeat(4_096), pid: '1' } })
    expect(JSON.parse(json).p_flags).toContain('cut_in_hot_store')
  })

  it('never keeps more than half a megabyte, whatever was made to be large', () => {
    const columns = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`${n}`.repeat(200), '\u0001'.repeat(500)]),
    )
    expect(utf8Length(matchedEventJson(large(columns)))).toBeLessThan(500_000)
  })
})

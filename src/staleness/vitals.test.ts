import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldVitals, type LogContact, NO_VITALS, type Pulse, type Vitals } from './vitals.ts'
import { readVitals, vitalsText } from './vitals-text.ts'

const T0 = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const BEAT = 5 * MINUTE
const STARTED = '1763985600'

const folding = { frozen: false, touchMs: MINUTE }
const fold = (before: Vitals, contact: LogContact, frozen = false) =>
  foldVitals(before, contact, { ...folding, frozen })
const foldAll = (contacts: readonly LogContact[], before = NO_VITALS) =>
  contacts.reduce((vitals, contact) => fold(vitals, contact), before)

const pulse = (number: number | null, changes: Partial<Pulse> = {}): Pulse => ({
  number,
  start: STARTED,
  time: T0 + (number ?? 0) * BEAT,
  version: '5.23.0',
  configId: '0123456789ab',
  ...changes,
})
/** The post that brings pulses as soon as the last of them is written. */
const posted = (...pulses: Pulse[]): LogContact => ({
  receivedAt: Math.max(...pulses.map(({ time }) => time)) + 2_000,
  pulses,
})
const silentPost = (receivedAt: number): LogContact => ({ receivedAt, pulses: [] })
const beats = (...numbers: number[]) => foldAll(numbers.map(number => posted(pulse(number))))
const missingIn = ({ pulses }: Vitals) =>
  pulses.runs.flatMap(run => run.missing).reduce((sum, { first, last }) => sum + last - first + 1, 0)

describe('pulses', () => {
  it('are counted, each once', () => {
    const vitals = beats(0, 1, 2)
    expect(vitals.pulses).toMatchObject({
      count: 3,
      lastAt: T0 + 2 * BEAT + 2_000,
      previousAt: T0 + BEAT + 2_000,
      lost: 0,
      clones: 0,
    })
    expect(fold(vitals, { ...posted(pulse(1)), receivedAt: T0 + HOUR }).pulses).toBe(vitals.pulses)
  })

  it('of packs without numbers are counted by their posts', () => {
    const contact = posted(pulse(null, { time: T0 }), pulse(null, { time: T0 + BEAT }))
    const vitals = fold(NO_VITALS, contact)
    expect(vitals.pulses).toMatchObject({ count: 1, lagMs: 2_000, newestTime: T0 + BEAT })
    expect(fold(vitals, contact)).toBe(vitals)
    expect(fold(vitals, posted(pulse(null, { time: T0 + 2 * BEAT }))).pulses.count).toBe(2)
  })

  it('say since when the host runs by which config, and by which osquery', () => {
    const other = { configId: 'ba9876543210', version: '5.24.0' }
    const vitals = foldAll([posted(pulse(0)), posted(pulse(1, other)), posted(pulse(2, other))])
    expect(vitals.pulses).toMatchObject({
      ...other,
      configSince: T0 + BEAT + 2_000,
      configPulses: 2,
    })
  })

  it('that trail by ever less are a buffer that drains, by the same a clock that is off', () => {
    const drained = foldAll(
      [0, 1, 2, 3].map(n => ({ receivedAt: T0 + HOUR + n * 10_000, pulses: [pulse(n)] })),
    )
    expect(drained.pulses).toMatchObject({ steady: 1, lagMs: HOUR + 30_000 - 3 * BEAT })
    const off = foldAll([0, 1, 2, 3].map(n => ({ receivedAt: T0 + HOUR + n * BEAT, pulses: [pulse(n)] })))
    expect(off.pulses).toMatchObject({ steady: 4, lagMs: HOUR })
  })

  it('that trail by slowly more are not steady for ever', () => {
    const slower = foldAll(
      Array.from({ length: 9 }, (_, n) => ({
        receivedAt: T0 + n * (BEAT + MINUTE),
        pulses: [pulse(n)],
      })),
    )
    expect(slower.pulses.steady).toBeLessThanOrEqual(3)
  })
})

describe('a pulse that does not come', () => {
  it('is missing, until it comes late', () => {
    const vitals = beats(0, 1, 4)
    expect(vitals.pulses.runs[0]?.missing).toEqual([
      { first: 2, last: 3, from: T0 + BEAT, to: T0 + 4 * BEAT, missedAt: T0 + 4 * BEAT + 2_000 },
    ])
    const late = fold(vitals, { receivedAt: T0 + 4 * BEAT + 5_000, pulses: [pulse(3)] })
    expect(missingIn(late)).toBe(1)
    expect(late.pulses).toMatchObject({ count: 4, lost: 0, lagMs: 2_000 })
  })

  it('is lost after three hours', () => {
    const vitals = beats(0, 1, 4)
    const missedAt = T0 + 4 * BEAT + 2_000
    expect(fold(vitals, silentPost(missedAt + 3 * HOUR)).pulses.lost).toBe(0)
    const later = fold(vitals, silentPost(missedAt + 3 * HOUR + 1))
    expect(later.pulses).toMatchObject({
      lost: 2,
      lostAt: missedAt + 3 * HOUR + 1,
      gaps: [{ from: T0 + BEAT, to: T0 + 4 * BEAT, pulses: 2 }],
    })
    expect(missingIn(later)).toBe(0)
    expect(fold(later, { receivedAt: T0 + 5 * HOUR, pulses: [pulse(2)] }).pulses.lost).toBe(2)
  })

  it('is lost when sixty more came', () => {
    const vitals = beats(0, 100)
    expect(vitals.pulses).toMatchObject({ lost: 39, gaps: [{ from: T0, to: T0 + 100 * BEAT, pulses: 39 }] })
    expect(missingIn(vitals)).toBe(60)
  })

  it('is no loss before the first that is known: the host was there before its vitals', () => {
    expect(beats(1_000).pulses).toMatchObject({ lost: 0, count: 1 })
    expect(missingIn(beats(1_000, 997))).toBe(2)
  })
})

describe('a restart', () => {
  const restarted = { start: '1763999999' }

  it('begins a new run, and what the old one left in the buffer still fills its gaps', () => {
    const before = beats(7, 9)
    const after = fold(before, posted(pulse(0, { ...restarted, time: T0 + 12 * BEAT })))
    expect(after.pulses.runs.map(({ top }) => top)).toEqual([0, 9])
    const late = fold(after, { receivedAt: T0 + 13 * BEAT, pulses: [pulse(8), pulse(10)] })
    expect(missingIn(late)).toBe(0)
    expect(late.pulses).toMatchObject({ count: 5, clones: 0, newestTime: T0 + 12 * BEAT })
  })

  it('is seen by smaller numbers too', () => {
    const vitals = foldAll([
      posted(pulse(50)),
      posted(pulse(0, { time: T0 + 51 * BEAT })),
      posted(pulse(1, { time: T0 + 52 * BEAT })),
    ])
    expect(vitals.pulses).toMatchObject({ count: 3, lost: 0, clones: 0 })
    expect(vitals.pulses.runs).toHaveLength(2)
  })

  it('is none when two daemons go on side by side', () => {
    const both = [0, 1, 2].flatMap(n => [
      posted(pulse(n)),
      posted(pulse(n, { ...restarted, time: T0 + n * BEAT + MINUTE })),
    ])
    const vitals = foldAll(both)
    expect(vitals.pulses).toMatchObject({ count: 6, lost: 0 })
    expect(vitals.pulses.clones).toBeGreaterThanOrEqual(2)
  })
})

describe('the rhythm', () => {
  it('is learnt from gaps, those within a minute as one contact', () => {
    const vitals = foldAll([0, 10_000, 59_999, BEAT, 2 * BEAT].map(ms => silentPost(T0 + ms)))
    expect(vitals.contacts).toEqual({ lastAt: T0 + 2 * BEAT, previousAt: T0 + BEAT })
    expect(vitals.rhythm).toMatchObject({ since: T0, meanMs: BEAT, deviationMs: 0 })
    const uneven = fold(vitals, silentPost(T0 + 4 * BEAT))
    expect(uneven.rhythm).toMatchObject({ meanMs: 1.1 * BEAT, deviationMs: 0.1 * BEAT })
  })

  it('keeps the longest gap of each of seven days', () => {
    const days = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap(day => [
      silentPost(T0 + day * 24 * HOUR),
      silentPost(T0 + day * 24 * HOUR + (day + 1) * MINUTE),
    ])
    const { rhythm } = foldAll(days)
    expect(rhythm.days).toHaveLength(7)
    expect(rhythm.days.at(-1)).toEqual({
      day: Math.floor(T0 / (24 * HOUR)) + 8,
      learntMs: 24 * HOUR - 8 * MINUTE,
      longestMs: 24 * HOUR - 8 * MINUTE,
    })
  })

  it('does not learn what happened while the host was away', () => {
    const before = foldAll([silentPost(T0), silentPost(T0 + BEAT)])
    const { contacts, rhythm } = fold(before, silentPost(T0 + 3 * HOUR), true)
    expect(contacts.lastAt).toBe(T0 + 3 * HOUR)
    expect(rhythm).toMatchObject({ meanMs: BEAT, deviationMs: 0 })
    expect(rhythm.days).toMatchObject([{ learntMs: BEAT, longestMs: 3 * HOUR - BEAT }])
  })

  it('ignores what comes out of order', () => {
    const before = foldAll([silentPost(T0), silentPost(T0 + BEAT)])
    expect(fold(before, silentPost(T0 - HOUR))).toBe(before)
  })
})

const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, 2 ** 53, -1, 2 ** 31, 2 ** 31 - 1, 1e13, 9e13, 1e300),
)
const anyTime = fc.oneof(anyNumber, fc.integer({ min: T0, max: T0 + 48 * HOUR }))
const hostilePulse: fc.Arbitrary<Pulse> = fc.record({
  number: fc.oneof(fc.constant(null), anyNumber),
  start: fc.oneof(fc.constantFrom(STARTED, '1', '999999999999', ''), fc.string()),
  time: anyTime,
  version: fc.oneof(fc.constantFrom('5.23.0', '5.23.0-123-gabcdef01'), fc.string()),
  configId: fc.oneof(fc.constantFrom('0123456789ab', 'ba9876543210'), fc.string()),
})
const hostileContact = fc.record({ receivedAt: anyTime, pulses: fc.array(hostilePulse, { maxLength: 8 }) })

describe('whatever a host sends', () => {
  it('folding a post twice is folding it once, while it tells of no more daemons than are remembered', () => {
    const daemons = ['1763985600', '1763985601', '1763985602']
    const told = fc.record({
      late: fc.integer({ min: 0, max: 6 * HOUR }),
      pulses: fc.array(fc.tuple(fc.constantFrom(...daemons), fc.integer({ min: 0, max: 200 }), fc.boolean())),
    })
    fc.assert(
      fc.property(fc.array(told, { maxLength: 12 }), fc.boolean(), (posts, frozen) => {
        let vitals = NO_VITALS
        for (const { late, pulses } of posts) {
          const contact: LogContact = {
            receivedAt: T0 + 200 * BEAT + late,
            pulses: pulses.map(([start, n, old]) => pulse(old ? null : n, { start, time: T0 + n * BEAT })),
          }
          vitals = fold(vitals, contact, frozen)
          expect(fold(vitals, contact, frozen)).toBe(vitals)
        }
      }),
    )
  })

  it('what is kept is whole numbers in at most 2,048 characters, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.array(hostileContact, { maxLength: 60 }), contacts => {
        const vitals = foldAll(contacts)
        const text = vitalsText(vitals)
        expect(text.length).toBeLessThanOrEqual(2_048)
        expect(readVitals(text)).toEqual(vitals)
      }),
    )
  })

  it('the fullest vitals stay within the bound too', () => {
    const late = 9e13
    const number = 2 ** 31 - 200
    const bulky = ['999999999997', '999999999998', '999999999999'].flatMap((start, run) =>
      Array.from({ length: 80 }, (_, n) =>
        posted(
          pulse(number + 2 * n, {
            start,
            time: late + (run * 80 + n) * 1_000,
            version: '5.23.0-123-gabcd',
          }),
        ),
      ),
    )
    const vitals = foldAll(bulky)
    expect(vitals.pulses.runs.map(({ missing }) => missing.length)).toEqual([9, 2, 2])
    const grown = {
      contacts: vitals.contacts,
      pulses: {
        ...vitals.pulses,
        count: 1e9,
        steady: 1e9,
        configPulses: 1e9,
        clones: 1e9,
        lost: 1e9,
        lagMs: -9e13,
        steadyMs: -9e13,
      },
      rhythm: {
        ...vitals.rhythm,
        meanMs: 9e13,
        deviationMs: 9e13,
        days: Array.from({ length: 7 }, (_, n) => ({ day: 1_000_000 + n, learntMs: 9e13, longestMs: 9e13 })),
      },
    }
    expect(vitalsText(grown).length).toBeLessThanOrEqual(2_048)
    expect(readVitals(vitalsText(grown))).toEqual(grown)
  })

  it('the order in which pulses come makes no difference to what is missing', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 18 }), { minLength: 1 })
    fc.assert(
      fc.property(
        numbers.chain(list =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          // Nothing is given up meanwhile: all of it is within three hours by our clock.
          const inOrder = (some: readonly number[]) =>
            foldAll(some.map((n, i) => ({ receivedAt: T0 + 27 * BEAT + i * 1_000, pulses: [pulse(n)] })))
          const expected = Math.max(...list) - Math.min(...list) + 1 - list.length
          for (const vitals of [inOrder(list.toSorted((a, b) => a - b)), inOrder(shuffled)]) {
            expect(missingIn(vitals) + vitals.pulses.lost).toBe(expected)
            expect(vitals.pulses.count).toBe(list.length)
          }
        },
      ),
    )
  })
})

describe('reading vitals', () => {
  it.each([
    '',
    'x',
    'null',
    '[]',
    '7',
    '{"pulses":[]}',
    '{"__proto__":{"contacts":{"lastAt":1}}}',
    '['.repeat(100_000),
  ])('knows nothing of what it can not understand: %.20s', text =>
    expect(readVitals(text)).toEqual(NO_VITALS),
  )

  it('never throws, and what it reads can be folded and kept', () => {
    fc.assert(
      fc.property(fc.json(), hostileContact, (text, contact) => {
        const folded = fold(readVitals(text), contact)
        expect(readVitals(vitalsText(folded))).toEqual(folded)
      }),
    )
  })

  it('takes what it understands of a text with broken parts', () => {
    const text = JSON.stringify({
      pulses: { count: 'many', lastAt: T0, runs: [[STARTED, 'x'], 7], gaps: {}, lost: -4, lagMs: -5 },
      rhythm: { days: [null] },
    })
    expect(readVitals(text).pulses).toMatchObject({ count: 0, lastAt: T0, lost: 0, lagMs: -5, gaps: [] })
  })
})

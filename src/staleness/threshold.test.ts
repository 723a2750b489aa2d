import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOON, vitals } from '../../test/watched-host.ts'
import { silencePolicy } from './policy.ts'
import { thresholdMs, thresholdOf } from './threshold.ts'
import type { Rhythm } from './vitals.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TODAY = Math.floor(NOON / (24 * HOUR))
const policy = silencePolicy({ silentAfterSeconds: 900 })

const ofRhythm = (rhythm: Partial<Rhythm>) => thresholdOf({ vitals: vitals({ rhythm }) }, policy, NOON)
const day = (daysAgo: number, learntMs: number) => ({ day: TODAY - daysAgo, learntMs, longestMs: learntMs })

describe('the threshold of a host', () => {
  it.each([
    ['a steady pulse', {}, 15 * MINUTE, 'heartbeats', "3 times the heartbeat's interval of 5 min"],
    [
      'an uneven rhythm',
      { meanMs: 10 * MINUTE, deviationMs: 5 * MINUTE },
      40 * MINUTE,
      'rhythm',
      'its mean gap of 10 min and 6 times the mean deviation of 5 min',
    ],
    [
      'a gap it was used to have',
      { days: [day(6, 2 * HOUR), day(0, 5 * MINUTE)] },
      3 * HOUR,
      'longest gap',
      '1.5 times its longest gap of the last 7 days, 2 h',
    ],
    [
      'a gap of eight days ago',
      { days: [day(7, 2 * HOUR)] },
      15 * MINUTE,
      'heartbeats',
      "3 times the heartbeat's interval of 5 min",
    ],
    [
      'a weekend',
      { days: [day(2, 60 * HOUR)] },
      24 * HOUR,
      'greatest threshold',
      'the greatest there is; its own rhythm would ask for more',
    ],
    [
      'its first day',
      { since: NOON - 23 * HOUR },
      HOUR,
      'learning',
      'it is still being learnt, for the first 24 h',
    ],
    ['no contact yet', { since: null }, HOUR, 'learning', 'it is still being learnt, for the first 24 h'],
  ] as const)('of %s', (_, rhythm, ms, term, why) => {
    expect(ofRhythm(rhythm)).toEqual({ ms, term, why: why.replace('24 h', '1 d') })
  })

  it('may be learnt for no time at all', () => {
    const impatient = silencePolicy({ silentAfterSeconds: 900, silenceLearningSeconds: 0 })
    expect(thresholdMs({ vitals: vitals({ rhythm: { since: null } }) }, impatient, NOON)).toBe(15 * MINUTE)
  })

  it('is the least one where the heartbeat is quicker than that', () => {
    const quick = silencePolicy({ silentAfterSeconds: 900, heartbeatSeconds: 60 })
    expect(thresholdOf({ vitals: vitals() }, quick, NOON)).toEqual({
      ms: 15 * MINUTE,
      term: 'least threshold',
      why: 'the least there is; its mean gap is 5 min',
    })
  })
})

const anySpan = fc.oneof(fc.nat(48 * HOUR), fc.constantFrom(0, -1, Number.NaN, Infinity, 1e300))
const anyRhythm = fc.record({
  since: fc.option(fc.integer({ min: NOON - 240 * HOUR, max: NOON + HOUR })),
  meanMs: anySpan,
  deviationMs: anySpan,
  days: fc.array(
    fc.record({ day: fc.integer({ min: TODAY - 9, max: TODAY }), learntMs: anySpan, longestMs: anySpan }),
    { maxLength: 7 },
  ),
})

describe('whatever is in the row', () => {
  it('stays within its clamps, and the words go with the number', () => {
    fc.assert(
      fc.property(anyRhythm, fc.constantFrom(20, 900, 7200), (rhythm, silentAfterSeconds) => {
        const own = silencePolicy({ silentAfterSeconds, heartbeatSeconds: silentAfterSeconds / 4 })
        const host = { vitals: vitals({ rhythm }) }
        const { ms, why } = thresholdOf(host, own, NOON)
        expect(ms).toBe(thresholdMs(host, own, NOON))
        expect(ms).toBeGreaterThanOrEqual(own.floorMs)
        expect(ms).toBeLessThanOrEqual(own.ceilingMs)
        expect(why.length).toBeGreaterThan(10)
      }),
    )
  })

  it('never shrinks when a gap grows', () => {
    fc.assert(
      fc.property(
        fc.nat(HOUR),
        fc.nat(HOUR),
        fc.nat(HOUR),
        fc.nat(HOUR),
        (meanMs, deviationMs, learntMs, more) => {
          const of = (rhythm: Partial<Rhythm>) => thresholdMs({ vitals: vitals({ rhythm }) }, policy, NOON)
          const before = of({ meanMs, deviationMs, days: [day(1, learntMs)] })
          expect(of({ meanMs: meanMs + more, deviationMs, days: [day(1, learntMs)] })).toBeGreaterThanOrEqual(
            before,
          )
          expect(
            of({ meanMs, deviationMs: deviationMs + more, days: [day(1, learntMs)] }),
          ).toBeGreaterThanOrEqual(before)
          expect(of({ meanMs, deviationMs, days: [day(1, learntMs + more)] })).toBeGreaterThanOrEqual(before)
        },
      ),
    )
  })
})

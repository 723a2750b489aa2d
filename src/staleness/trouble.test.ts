import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParkedDelivery, TroubleCount } from '../store/trouble.ts'
import type { AlertState } from './reopening.ts'
import {
  BURST_FAILURES,
  BURST_MINUTES,
  judgeTroubles,
  QUIET_MINUTES,
  type RecentTrouble,
  rejectionsByReason,
  TROUBLES,
  type Trouble,
} from './trouble.ts'

const MINUTE = 60_000
/** 20 seconds into its minute. */
const NOW = Date.UTC(2026, 10, 24, 12) + 20_000
const MINUTE_NOW = Math.floor(NOW / MINUTE)

type Happening = Partial<RecentTrouble>

const rejected = (value: number, minutesAgo = 0, label = 'not_json'): TroubleCount => ({
  minute: MINUTE_NOW - minutesAgo,
  name: 'records_rejected',
  label,
  value,
})
const failed = (value: number, minutesAgo = 0): TroubleCount => ({
  minute: MINUTE_NOW - minutesAgo,
  name: 'enroll_failed',
  label: '',
  value,
})
const deadWakeUp = (minutesAgo = 0): TroubleCount => ({
  minute: MINUTE_NOW - minutesAgo,
  name: 'dead_letters',
  label: '',
  value: 1,
})
const missed = (value: number, minutesAgo = 0): TroubleCount => ({
  minute: MINUTE_NOW - minutesAgo,
  name: 'silence_minutes_missed',
  label: '',
  value,
})
const lowered = (minutesAgo = 0): TroubleCount => ({
  minute: MINUTE_NOW - minutesAgo,
  name: 'classes_lowered',
  label: 'host-1',
  value: 1,
})
const parked = (minutesAgo = 0): ParkedDelivery => ({
  deliveryId: 'a.pagerduty.trigger',
  alertId: 'a',
  destination: 'pagerduty',
  reason: 'HTTP 403',
  parkedAt: NOW - minutesAgo * MINUTE,
})

/** What judging gives, as `kind trouble episode`. */
function judged(
  happening: Happening,
  state: AlertState = { episode: 0, open: false },
  resolvedAt: number | null = null,
): string[] {
  const states = new Map(TROUBLES.map(trouble => [trouble, state]))
  const resolved = new Map(resolvedAt === null ? [] : TROUBLES.map(trouble => [trouble, resolvedAt]))
  return judgeTroubles(states, { counts: [], parked: [], ...happening }, resolved, NOW).map(
    ({ kind, trouble, episode }) => `${kind} ${trouble} ${episode}`,
  )
}

const OPEN: AlertState = { episode: 3, open: true }
const CLOSED: AlertState = { episode: 3, open: false }

/** The least happening that opens each alert. */
const LEAST: Readonly<Record<Trouble, Happening>> = {
  'margay.quarantine': { counts: [rejected(1)] },
  'margay.enroll-failures': { counts: [failed(BURST_FAILURES)] },
  'margay.dead-letters': { counts: [deadWakeUp()] },
  'margay.parked-deliveries': { parked: [parked()] },
  'margay.checks-missed': { counts: [missed(4)] },
  'margay.class-lowered': { counts: [lowered()] },
}

describe('what opens an alert', () => {
  it.each(TROUBLES)('%s: its own least happening, and nothing else', trouble => {
    expect(judged(LEAST[trouble])).toEqual([`opens ${trouble} 1`])
    expect(judged(LEAST[trouble], CLOSED)).toEqual([`opens ${trouble} 4`])
  })

  it.each<[string, Happening, string[]]>([
    ['nothing', {}, []],
    ['one failure short of a burst', { counts: [failed(BURST_FAILURES - 1)] }, []],
    [
      'a burst spread over its window',
      { counts: [failed(BURST_FAILURES - 1, BURST_MINUTES - 1), failed(1)] },
      ['opens margay.enroll-failures 1'],
    ],
    [
      'as many failures spread beyond the window',
      { counts: [failed(BURST_FAILURES - 1, BURST_MINUTES), failed(1)] },
      [],
    ],
    [
      'a post that ran out of retries: one alert, not two',
      { counts: [rejected(1, 0, 'dead_letter')] },
      ['opens margay.dead-letters 1'],
    ],
    ['what was rejected before the quiet time', { counts: [rejected(9, QUIET_MINUTES)] }, []],
    [
      'what was rejected while cron was away',
      { counts: [rejected(9, QUIET_MINUTES - 1)] },
      ['opens margay.quarantine 1'],
    ],
    ['what was parked before the quiet time', { parked: [parked(QUIET_MINUTES)] }, []],
    [
      'all at once',
      { counts: [rejected(1), failed(99), deadWakeUp(), missed(4), lowered()], parked: [parked()] },
      TROUBLES.map(trouble => `opens ${trouble} 1`),
    ],
  ])('%s', (_, happening, changes) => {
    expect(judged(happening)).toEqual(changes)
  })

  it('is told with it, and nothing older', () => {
    const counts = [rejected(5, QUIET_MINUTES), rejected(2, 3), rejected(1, 0, 'over_cap')]
    const [change] = judgeTroubles(new Map(), { counts, parked: [] }, new Map(), NOW)
    expect(change).toMatchObject({ since: (MINUTE_NOW - QUIET_MINUTES + 1) * MINUTE })
    expect(change?.kind === 'opens' && rejectionsByReason(change.recent)).toEqual([
      ['not_json', 2],
      ['over_cap', 1],
    ])
  })
})

describe('an open alert', () => {
  it('stays as it is while its trouble goes on', () => {
    const everything = {
      counts: [rejected(1), failed(99), deadWakeUp(), missed(4), lowered()],
      parked: [parked()],
    }
    expect(judged(everything, OPEN)).toEqual([])
  })

  it('resolves when it was quiet for long enough', () => {
    const quiet = QUIET_MINUTES
    const past = {
      counts: [rejected(1, quiet), failed(99, quiet), deadWakeUp(quiet)],
      parked: [parked(quiet)],
    }
    expect(judged(past, OPEN)).toEqual(TROUBLES.map(trouble => `resolves ${trouble} 3`))
    const almost = {
      counts: [
        rejected(1, quiet - 1),
        failed(99, quiet - 1),
        deadWakeUp(quiet - 1),
        missed(4, quiet - 1),
        lowered(quiet - 1),
      ],
      parked: [parked(quiet - 1)],
    }
    expect(judged(almost, OPEN)).toEqual([])
  })

  it('is held by failures that would be too slow to open it, and not by a few', () => {
    const rest = TROUBLES.filter(trouble => trouble !== 'margay.enroll-failures')
    const ends = rest.map(trouble => `resolves ${trouble} 3`)
    const slow = [failed(10, 25), failed(10, 5)]
    expect(judged({ counts: slow })).toEqual([])
    expect(judged({ counts: slow }, OPEN)).toEqual(ends)
    expect(judged({ counts: [failed(BURST_FAILURES - 1, 1)] }, OPEN)).toContain(
      'resolves margay.enroll-failures 3',
    )
  })

  it('that a person resolved opens again when its trouble goes on after that', () => {
    const resolvedAt = NOW - 5 * MINUTE
    expect(judged({ counts: [rejected(1, 6)], parked: [parked(7)] }, OPEN, resolvedAt)).toEqual([
      'resolves margay.enroll-failures 3',
      'resolves margay.dead-letters 3',
      'resolves margay.checks-missed 3',
      'resolves margay.class-lowered 3',
    ])
    const goesOn = {
      counts: [rejected(1, 4), failed(BURST_FAILURES, 2), deadWakeUp(), missed(5), lowered()],
      parked: [parked()],
    }
    expect(judged(goesOn, OPEN, resolvedAt)).toEqual(TROUBLES.map(trouble => `reopens ${trouble} 3`))
  })

  it('that a person resolved does not count what was before', () => {
    const counts = [rejected(40, 20), rejected(2, 4)]
    const [change] = judgeTroubles(
      new Map([['margay.quarantine', OPEN]]),
      { counts, parked: [] },
      new Map([['margay.quarantine', NOW - 5 * MINUTE]]),
      NOW,
    )
    expect(change?.kind === 'reopens' && rejectionsByReason(change.recent)).toEqual([['not_json', 2]])
  })
})

describe('over any course of things', () => {
  it('opens and resolves take turns, and an alert opens only on its trouble and resolves only after quiet', () => {
    const course = fc.array(fc.constantFrom(0, 0, 0, 1, 40), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(course, perMinute => {
        const seen: TroubleCount[] = []
        const state = new Map<Trouble, AlertState>()
        for (const [n, value] of perMinute.entries()) {
          const minute = MINUTE_NOW + n
          if (value > 0) seen.push({ ...rejected(value), minute })
          const changes = judgeTroubles(state, { counts: seen, parked: [] }, new Map(), NOW + n * MINUTE)
          const before = state.get('margay.quarantine') ?? { episode: 0, open: false }
          const quiet = perMinute.slice(Math.max(0, n - QUIET_MINUTES + 1), n + 1).every(count => count === 0)
          expect(changes.map(({ kind }) => kind)).toEqual(
            before.open === !quiet ? [] : [quiet ? 'resolves' : 'opens'],
          )
          for (const { trouble, episode, kind } of changes) {
            expect(episode).toBe(kind === 'opens' ? before.episode + 1 : before.episode)
            state.set(trouble, { episode, open: kind === 'opens' })
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

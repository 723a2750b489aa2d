import { describe, expect, it } from 'vitest'
import { NOON, UNHEARD, vitals, watchedHost } from '../../test/watched-host.ts'
import { judge } from './judge.ts'
import { silencePolicy } from './policy.ts'
import { type Alarm, isForTheWorse, readHostState, type WatchedHost } from './watched-host.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const policy = silencePolicy({ silentAfterSeconds: 900 })

/** Last pulse so long ago. */
const pulsed = (ago: number, facts: Partial<WatchedHost> = {}) =>
  watchedHost({
    since: NOON - ago,
    heard: { ...UNHEARD, pulse: NOON - ago },
    vitals: vitals({ contacts: { lastAt: NOON - ago }, pulses: { lastAt: NOON - ago, count: 99 } }),
    ...facts,
  })
const moveOf = (host: WatchedHost, alarm: Alarm | null = null, now = NOON) =>
  judge(host, policy, now, alarm).move

describe('a new host', () => {
  const enrolled = (ago: number, facts: Partial<WatchedHost> = {}) =>
    watchedHost({
      state: 'new',
      since: NOON - ago,
      enrolledAt: NOON - ago,
      lastEnrollAt: NOON - ago,
      ...facts,
    })
  const withPulses = (count: number, ago: number) => ({
    heard: { ...UNHEARD, pulse: NOON - ago },
    vitals: vitals({ pulses: { count, lastAt: NOON - ago } }),
  })

  it('has half an hour', () => {
    expect(judge(enrolled(30 * MINUTE), policy, NOON)).toEqual({ move: null, overdueMs: 0 })
  })

  it('is live at its third pulse, not at its second', () => {
    expect(moveOf(enrolled(11 * MINUTE, withPulses(2, MINUTE)))).toBeNull()
    expect(moveOf(enrolled(11 * MINUTE, withPulses(3, MINUTE)))).toMatchObject({ to: 'live', raises: null })
  })

  it('is live after its grace with whatever it logged since', () => {
    expect(moveOf(enrolled(31 * MINUTE, { heard: { ...UNHEARD, status: NOON - MINUTE } }))?.to).toBe('live')
  })

  it('is late after its grace, and told of at the second look', () => {
    const judgement = judge(enrolled(31 * MINUTE), policy, NOON)
    expect(judgement).toMatchObject({ overdueMs: MINUTE, move: { to: 'late', raises: null } })
    expect(moveOf(enrolled(32 * MINUTE, { state: 'late' }))).toMatchObject({
      to: 'stale',
      episode: 1,
      reason: 'Enrolled 32 min ago and logged nothing since; a new host has 30 min.',
      raises: { kind: 'opens', ruleId: 'margay.host-silent', severity: 'high', dueAt: NOON },
      toldAt: NOON,
    })
  })

  it('that asks for its config and never logs is half-dead', () => {
    const asking = { state: 'late', heard: { ...UNHEARD, config: NOON - 2 * MINUTE } } as const
    expect(moveOf(enrolled(32 * MINUTE, asking))?.to).toBe('half-dead')
  })
})

describe('a live host', () => {
  it.each([
    [0, 0, null],
    [15 * MINUTE, 0, null],
    [15 * MINUTE + 1, 1, 'late'],
    [3 * HOUR, 3 * HOUR - 15 * MINUTE, 'late'],
  ])('that logged %d ms ago is %d ms overdue: %s', (ago, overdueMs, to) => {
    const judgement = judge(pulsed(ago), policy, NOON)
    expect([judgement.overdueMs, judgement.move?.to ?? null]).toEqual([overdueMs, to])
  })

  it.each(['pulse', 'result', 'status'] as const)('is heard by its %s', channel => {
    expect(moveOf(watchedHost({ heard: { ...UNHEARD, [channel]: NOON - MINUTE } }))).toBeNull()
  })

  it('is not kept live by asking, or by enrolling in a loop', () => {
    const heard = { ...UNHEARD, pulse: NOON - HOUR, config: NOON, distributed: NOON }
    expect(moveOf(pulsed(HOUR, { heard, lastEnrollAt: NOON }))?.to).toBe('late')
  })

  it('has the threshold of its rhythm', () => {
    const rhythm = { days: [{ day: Math.floor(NOON / DAY), learntMs: 2 * HOUR, longestMs: 2 * HOUR }] }
    const slow = (ago: number) => pulsed(ago, { vitals: vitals({ rhythm }) })
    expect(moveOf(slow(3 * HOUR))).toBeNull()
    expect(moveOf(slow(3 * HOUR + 1))?.to).toBe('late')
  })
})

describe('a late host', () => {
  const late = (ago: number, facts: Partial<WatchedHost> = {}) => pulsed(ago, { state: 'late', ...facts })

  it('is live when it logged in between, and nobody hears of it', () => {
    expect(moveOf(late(MINUTE))).toMatchObject({ to: 'live', resolves: null, raises: null, episode: 0 })
  })

  it('is stale at the second look, with the numbers', () => {
    expect(moveOf(late(17 * MINUTE, { episode: 3 }))).toMatchObject({
      to: 'stale',
      since: NOON - 17 * MINUTE,
      episode: 4,
      reason:
        "No logs for 17 min; its threshold is 15 min: 3 times the heartbeat's interval of 5 min. Last heard: heartbeat at 2026-11-24T11:43:00Z.",
      raises: { kind: 'opens', ruleId: 'margay.host-silent', severity: 'high' },
    })
  })

  it('is half-dead when it asked when logs were due; it may have woken just now, so nobody is told yet', () => {
    const heard = { ...UNHEARD, pulse: NOON - 17 * MINUTE, config: NOON - 2 * MINUTE }
    expect(moveOf(late(17 * MINUTE, { heard }))).toMatchObject({
      to: 'half-dead',
      since: NOON - 2 * MINUTE,
      reason:
        "It asked for its configuration 2 min ago, but logs don't come: its logging is broken. No logs for 17 min; its threshold is 15 min: 3 times the heartbeat's interval of 5 min. Last logs: 2026-11-24T11:43:00Z.",
      raises: null,
    })
  })

  it('is stale when it asked last about when it logged last: it died', () => {
    const heard = { ...UNHEARD, pulse: NOON - 17 * MINUTE, config: NOON - 13 * MINUTE }
    expect(moveOf(late(17 * MINUTE, { heard }))?.to).toBe('stale')
  })

  it.each([
    ['laptop', 'stale', null],
    ['server', 'stale', 'high'],
    ['server', 'half-dead', null],
    ['laptop', 'half-dead', null],
    ['ephemeral', 'stale', null],
    ['ephemeral', 'half-dead', null],
  ] as const)('a %s that becomes %s is told with severity %s', (hostClass, to, severity) => {
    const heard = { ...UNHEARD, pulse: NOON - HOUR, config: to === 'stale' ? null : NOON }
    const move = moveOf(late(HOUR, { class: hostClass, heard }))
    expect([move?.to, move?.raises?.severity ?? null]).toEqual([to, severity])
    expect(move?.episode).toBe(severity === null ? 0 : 1)
  })
})

describe('a host that asks and does not log', () => {
  /** It logged an hour ago and asked first after that `asksFor` before its last request. */
  const looked = (asksFor: number, facts: Partial<WatchedHost> = {}) =>
    pulsed(HOUR, {
      state: 'half-dead',
      since: NOON - MINUTE - asksFor,
      heard: { ...UNHEARD, pulse: NOON - HOUR, config: NOON - MINUTE },
      ...facts,
    })

  it.each([
    ['server', 9 * MINUTE, null],
    ['server', 10 * MINUTE, 'high'],
    ['laptop', 9 * MINUTE, null],
    ['laptop', 10 * MINUTE, 'low'],
    ['ephemeral', HOUR, null],
  ] as const)('a %s that has asked for %d ms is told with severity %s', (hostClass, asksFor, severity) => {
    expect(moveOf(looked(asksFor, { class: hostClass }))?.raises?.severity ?? null).toBe(severity)
  })

  it('is told with the whole length of its silence', () => {
    expect(moveOf(looked(10 * MINUTE))).toMatchObject({
      to: 'half-dead',
      since: NOON - HOUR,
      episode: 1,
      raises: { kind: 'opens', ruleId: 'margay.host-half-dead' },
    })
  })

  it('was asleep, if it logs then, and nobody hears of it', () => {
    const awake = { previousAt: NOON - 6 * MINUTE, lastAt: NOON - MINUTE }
    const facts = {
      heard: { ...UNHEARD, pulse: NOON - MINUTE, config: NOON },
      vitals: vitals({ contacts: awake, pulses: { count: 99, ...awake } }),
    }
    expect(moveOf(looked(8 * MINUTE, facts))).toMatchObject({ to: 'live', raises: null, resolves: null })
  })

  it('died after all, if it no longer asks', () => {
    const heard = { ...UNHEARD, pulse: NOON - HOUR, config: NOON - 16 * MINUTE }
    expect(moveOf(looked(4 * MINUTE, { heard }))).toMatchObject({
      to: 'stale',
      since: NOON - HOUR,
      raises: { ruleId: 'margay.host-silent', severity: 'high' },
    })
  })
})

describe('silence soon after a grave alert', () => {
  const alarm: Alarm = { severity: 'critical', at: NOON - 20 * MINUTE }
  const rhythm = { days: [{ day: Math.floor(NOON / DAY), learntMs: 5 * HOUR, longestMs: 5 * HOUR }] }

  it.each(['server', 'laptop', 'ephemeral'] as const)(
    'is told of a %s at once, with its severity',
    hostClass => {
      const slow = { class: hostClass, vitals: vitals({ rhythm }) }
      expect(moveOf(pulsed(17 * MINUTE, slow), alarm)?.to).toBe('late')
      expect(moveOf(pulsed(17 * MINUTE, { ...slow, state: 'late' }), alarm)).toMatchObject({
        to: 'stale',
        raises: { kind: 'opens', ruleId: 'margay.silent-after-alert', severity: 'critical' },
        reason:
          'No logs for 17 min, which began around the critical alert on it of 2026-11-24T11:40:00Z; after such an alert the threshold is 15 min. Last heard: heartbeat at 2026-11-24T11:43:00Z.',
      })
    },
  )

  it('is told too when the host goes on asking', () => {
    const heard = { ...UNHEARD, pulse: NOON - 17 * MINUTE, config: NOON }
    expect(moveOf(pulsed(17 * MINUTE, { state: 'late', heard }), alarm)).toMatchObject({
      to: 'half-dead',
      raises: { ruleId: 'margay.silent-after-alert' },
    })
  })

  it.each([16 * MINUTE, -16 * MINUTE])('is judged as ever when it logged last %d ms from the alert', off => {
    const host = pulsed(60 * MINUTE, { state: 'late', class: 'laptop' })
    expect(moveOf(host, { severity: 'high', at: NOON - 60 * MINUTE + off })).toMatchObject({ raises: null })
  })

  it('does not wait where the host flaps and the alert is newer than what was told', () => {
    const told = { state: 'late', episode: 5, toldAt: NOON - 30 * MINUTE } as const
    const host = pulsed(17 * MINUTE, told)
    expect(moveOf(host, alarm)?.raises).toMatchObject({ kind: 'opens', dueAt: NOON })
    const old = { ...alarm, at: NOON - 31 * MINUTE }
    expect(moveOf(host, old)?.raises).toMatchObject({ kind: 'reopens', dueAt: NOON + 30 * MINUTE })
  })
})

describe('a silent host', () => {
  const silent = (facts: Partial<WatchedHost> = {}) =>
    pulsed(3 * HOUR, { state: 'stale', episode: 2, alert: 'margay.host-silent', lateLines: 41, ...facts })
  const heardAgain = (previousAgo: number | null, lastAgo: number, count = 99) => ({
    heard: { ...UNHEARD, pulse: NOON - lastAgo },
    vitals: vitals({
      contacts: { previousAt: previousAgo === null ? null : NOON - previousAgo, lastAt: NOON - lastAgo },
      pulses:
        count === 0
          ? {}
          : { count, previousAt: previousAgo === null ? null : NOON - previousAgo, lastAt: NOON - lastAgo },
    }),
  })

  it('stays so while nothing comes, and counts as overdue', () => {
    expect(judge(silent(), policy, NOON)).toEqual({ move: null, overdueMs: 165 * MINUTE })
  })

  it('is not brought back by one pulse', () => {
    expect(moveOf(silent(heardAgain(3 * HOUR, MINUTE)))).toBeNull()
  })

  it('is back at its second pulse, with the length of the gap and the lines that came late', () => {
    expect(moveOf(silent(heardAgain(6 * MINUTE, MINUTE)))).toMatchObject({
      to: 'live',
      since: NOON - 6 * MINUTE,
      episode: 2,
      resolves: 'margay.host-silent',
      reason:
        'Logs again after 2 h 54 min of silence: two heartbeats since 2026-11-24T11:54:00Z. 41 buffered lines came late.',
    })
  })

  it('is not brought back by two pulses that lie far apart', () => {
    expect(moveOf(silent(heardAgain(90 * MINUTE, MINUTE)))).toBeNull()
  })

  it('that has no heartbeat is back by two log contacts', () => {
    expect(moveOf(silent(heardAgain(3 * HOUR, MINUTE, 0)))).toBeNull()
    expect(moveOf(silent(heardAgain(2 * MINUTE, MINUTE, 0)))?.to).toBe('live')
  })

  it('and may be quiet for hours, as after a grave alert, is not brought back by one contact', () => {
    const rhythm = { days: [{ day: Math.floor(NOON / DAY), learntMs: 5 * HOUR, longestMs: 5 * HOUR }] }
    const once = vitals({ rhythm, contacts: { previousAt: NOON - 3 * HOUR, lastAt: NOON - MINUTE } })
    expect(moveOf(silent({ vitals: once }))).toBeNull()
    const twice = vitals({ rhythm, contacts: { previousAt: NOON - HOUR, lastAt: NOON - MINUTE } })
    expect(moveOf(silent({ vitals: twice }))?.to).toBe('live')
  })

  it('keeps its one alert through half-dead and stale', () => {
    const asking = { heard: { ...UNHEARD, pulse: NOON - 3 * HOUR, config: NOON } }
    const unchanged = { resolves: null, raises: null, episode: 2 }
    expect(moveOf(silent(asking))).toMatchObject({ to: 'half-dead', ...unchanged })
    const dead = silent({ state: 'half-dead', alert: 'margay.host-half-dead' })
    expect(moveOf(dead)).toMatchObject({ to: 'stale', ...unchanged })
  })

  it.each([
    ['server', 29, null],
    ['server', 31, 'gone'],
    ['laptop', 13, null],
    ['ephemeral', 0.9, null],
    ['ephemeral', 1.1, 'gone'],
  ] as const)('a %s without contact for %d days: %s', (hostClass, days, to) => {
    const enrolled = NOON - 60 * DAY
    const facts = { class: hostClass, state: 'stale', enrolledAt: enrolled, lastEnrollAt: enrolled } as const
    const move = moveOf(pulsed(days * DAY, { ...facts, alert: 'margay.host-silent' }))
    expect([move?.to ?? null, move?.resolves ?? null]).toEqual([
      to,
      to === null ? null : 'margay.host-silent',
    ])
  })

  it('that still enrolls is not gone', () => {
    expect(moveOf(pulsed(31 * DAY, { state: 'stale', lastEnrollAt: NOON }))).toBeNull()
  })

  it('a laptop is told of after two weeks, once', () => {
    const laptop = (facts: Partial<WatchedHost>) =>
      pulsed(14 * DAY, { state: 'stale', class: 'laptop', ...facts })
    const move = moveOf(laptop({}))
    expect(move).toMatchObject({ to: 'stale', raises: { ruleId: 'margay.host-silent', severity: 'low' } })
    expect(move !== null && isForTheWorse(move)).toBe(true)
    expect(moveOf(laptop({ alert: 'margay.host-silent' }))).toBeNull()
  })
})

describe('a host that falls again', () => {
  const fallen = (toldAgo: number) =>
    pulsed(17 * MINUTE, { state: 'late', episode: 7, toldAt: NOON - toldAgo })

  it('within an hour of the last trigger goes on with its episode, and waits its hour', () => {
    expect(moveOf(fallen(40 * MINUTE))).toMatchObject({
      episode: 7,
      raises: { kind: 'reopens', dueAt: NOON + 20 * MINUTE },
      toldAt: NOON + 20 * MINUTE,
    })
  })

  it('after it begins another', () => {
    expect(moveOf(fallen(60 * MINUTE))).toMatchObject({ episode: 8, raises: { kind: 'opens', dueAt: NOON } })
  })

  it('and returns before the trigger was due was told of when it was', () => {
    const facts = { state: 'stale', alert: 'margay.host-silent', toldAt: NOON + 20 * MINUTE } as const
    const pulses = { previousAt: NOON - 6 * MINUTE, lastAt: NOON - MINUTE, count: 9 }
    const host = pulsed(17 * MINUTE, { ...facts, vitals: vitals({ pulses }) })
    expect(moveOf(host)).toMatchObject({ to: 'live', toldAt: NOON - 40 * MINUTE })
  })
})

describe('a host whose pulses trail', () => {
  const trailing = (lagMs: number, steady: number, facts: Partial<WatchedHost> = {}) =>
    pulsed(MINUTE, {
      ...facts,
      vitals: vitals({ pulses: { lastAt: NOON - MINUTE, count: 99, lagMs, steady } }),
    })

  it('is late at the first look and lagging at the second', () => {
    expect(judge(trailing(16 * MINUTE, 1), policy, NOON)).toMatchObject({
      overdueMs: 0,
      move: { to: 'late' },
    })
    expect(moveOf(trailing(16 * MINUTE, 2, { state: 'late' }))).toMatchObject({
      to: 'lagging',
      raises: { kind: 'opens', ruleId: 'margay.host-lagging', severity: 'low' },
      toldAt: null,
      reason:
        'Its newest heartbeat came 16 min after it was written; more than 15 min is late. It sends what it has buffered, or its clock is off.',
    })
  })

  it('steadily has a clock that is off', () => {
    expect(moveOf(trailing(6 * HOUR, 3))).toBeNull()
    const lagging = { state: 'lagging', alert: 'margay.host-lagging' } as const
    expect(moveOf(trailing(6 * HOUR, 3, lagging))).toMatchObject({
      to: 'live',
      resolves: 'margay.host-lagging',
      reason: 'Its heartbeats all trail by the same 6 h: its clock is off, and nothing is late.',
    })
  })

  it('is back when it has caught up, and not a little below the limit', () => {
    const lagging = { state: 'lagging', alert: 'margay.host-lagging' } as const
    expect(moveOf(trailing(14 * MINUTE, 1, lagging))).toBeNull()
    expect(moveOf(trailing(2 * MINUTE, 1, lagging))?.to).toBe('live')
  })

  it('and falls silent has one alert, the graver one, which does not wait for the other', () => {
    const lagging = { state: 'lagging', alert: 'margay.host-lagging', episode: 3 } as const
    expect(moveOf(pulsed(16 * MINUTE, lagging))).toMatchObject({ to: 'late', resolves: null, raises: null })
    expect(moveOf(pulsed(17 * MINUTE, { ...lagging, state: 'late' }))).toMatchObject({
      to: 'stale',
      episode: 4,
      resolves: 'margay.host-lagging',
      raises: { kind: 'opens', ruleId: 'margay.host-silent' },
    })
  })
})

describe('a host that is gone', () => {
  const goneHost = (facts: Partial<WatchedHost>) =>
    watchedHost({
      state: 'gone',
      since: NOON - 40 * DAY,
      enrolledAt: NOON - 90 * DAY,
      lastEnrollAt: NOON - 90 * DAY,
      ...facts,
    })

  it('is live when it logs', () => {
    expect(moveOf(goneHost({ heard: { ...UNHEARD, result: NOON - MINUTE } }))?.to).toBe('live')
  })

  it('is new when it enrolls or asks', () => {
    expect(moveOf(goneHost({ lastEnrollAt: NOON }))).toMatchObject({ to: 'new', since: NOON })
    expect(moveOf(goneHost({ heard: { ...UNHEARD, config: NOON } }))?.to).toBe('new')
    expect(moveOf(goneHost({}))).toBeNull()
  })
})

describe('a revoked host', () => {
  const revoked = pulsed(HOUR, { state: 'stale', alert: 'margay.host-silent', revokedAt: NOON - MINUTE })

  it('is no longer watched, and its alert resolves', () => {
    expect(moveOf(revoked)).toMatchObject({
      to: 'revoked',
      since: NOON - MINUTE,
      resolves: 'margay.host-silent',
    })
    expect(judge({ ...revoked, state: 'revoked' }, policy, NOON)).toEqual({ move: null, overdueMs: 0 })
  })

  it('is new once it enrolled after the revocation', () => {
    expect(moveOf({ ...revoked, state: 'revoked', lastEnrollAt: NOON })).toMatchObject({
      to: 'new',
      since: NOON,
    })
  })
})

it('reads the states of before, and leaves those of later alone', () => {
  expect(readHostState('silent', '')).toEqual({ state: 'stale', alert: 'margay.host-silent' })
  expect(readHostState('half-dead', 'margay.host-half-dead')).toEqual({
    state: 'half-dead',
    alert: 'margay.host-half-dead',
  })
  expect(readHostState('live', 'margay.of-later')).toEqual({ state: 'live', alert: '' })
  expect(readHostState('asleep', '')).toBeNull()
})

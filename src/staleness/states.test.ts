import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostId } from '../detect/event.ts'
import { silencePolicy } from './policy.ts'
import { CHANNELS, judge, lastSign, SILENCE_STATES, type WatchedHost } from './states.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const policy = silencePolicy({ silentAfterSeconds: 900 })

const NEVER: WatchedHost['heard'] = {
  pulse: null,
  result: null,
  status: null,
  config: null,
  distributed: null,
}

function host(facts: Partial<WatchedHost> = {}): WatchedHost {
  return {
    hostId: 'h1' as HostId,
    hostname: 'web-1.example.com',
    tags: '[]',
    state: 'live',
    since: NOW - 24 * 60 * MINUTE,
    episode: 0,
    lastEnrollAt: NOW - 24 * 60 * MINUTE,
    revokedAt: null,
    heard: NEVER,
    ...facts,
  }
}

describe('a live host', () => {
  it.each([
    [0, false, null],
    [10 * MINUTE, false, null],
    [10 * MINUTE + 1, true, null],
    [15 * MINUTE, true, null],
    [15 * MINUTE + 1, true, 'silent'],
  ])('heard %d ms ago: missing %s, moves to %s', (age, missing, to) => {
    const judgement = judge(host({ heard: { ...NEVER, pulse: NOW - age } }), policy, NOW)
    expect([judgement.missing, judgement.move?.to ?? null]).toEqual([missing, to])
  })

  it('falls silent with a reason that names the age, the limit and what was heard last', () => {
    const heard = { ...NEVER, result: NOW - 17 * MINUTE, config: NOW - 40 * MINUTE }
    expect(judge(host({ heard, episode: 3 }), policy, NOW).move).toMatchObject({
      to: 'silent',
      since: NOW - 17 * MINUTE,
      episode: 4,
      reason:
        'No sign of life for 17 min; the limit is 15 min. Last heard: query results at 2026-11-24T11:43:00Z.',
    })
  })

  it('stays live when any channel is fresh', () => {
    for (const channel of CHANNELS) {
      const heard = { ...NEVER, result: NOW - 600 * MINUTE, [channel]: NOW - MINUTE }
      expect(judge(host({ heard }), policy, NOW).move).toBeNull()
    }
  })

  it('is not made live by enrolling in a loop', () => {
    const looping = host({ heard: { ...NEVER, pulse: NOW - 20 * MINUTE }, lastEnrollAt: NOW - MINUTE })
    expect(judge(looping, policy, NOW).move?.to).toBe('silent')
  })
})

describe('a new host', () => {
  const enrolled = (age: number, heard = NEVER) =>
    host({ state: 'new', since: NOW - age, lastEnrollAt: NOW - age, heard })

  it('has its grace', () => {
    expect(judge(enrolled(30 * MINUTE), policy, NOW)).toEqual({ move: null, missing: false })
  })

  it('is reported when it was never heard of after the grace', () => {
    const { move, missing } = judge(enrolled(31 * MINUTE), policy, NOW)
    expect(missing).toBe(true)
    expect(move).toMatchObject({
      to: 'silent',
      episode: 1,
      reason: 'Enrolled 31 min ago and never heard of since; a new host has 30 min.',
    })
  })

  it('is live at its first sign of life, also in the millisecond of its enrollment', () => {
    expect(judge(enrolled(MINUTE, { ...NEVER, config: NOW - MINUTE }), policy, NOW).move).toMatchObject({
      to: 'live',
      reason: 'First sign of life: config request.',
    })
  })

  it('is not made live by what was heard before it enrolled again', () => {
    expect(judge(enrolled(MINUTE, { ...NEVER, pulse: NOW - 90 * MINUTE }), policy, NOW).move).toBeNull()
  })
})

describe('a silent host', () => {
  const silent = host({
    state: 'silent',
    episode: 1,
    since: NOW - 30 * MINUTE,
    heard: { ...NEVER, pulse: NOW - 30 * MINUTE },
  })

  it('stays silent while nothing new is heard', () => {
    expect(judge(silent, policy, NOW)).toEqual({ move: null, missing: false })
  })

  it('is live at its first sign of life, with the length of the silence', () => {
    const back = { ...silent, heard: { ...silent.heard, status: NOW - 1_000 } }
    expect(judge(back, policy, NOW).move).toMatchObject({
      to: 'live',
      episode: 1,
      reason: 'Heard again (status log) after 29 min of silence.',
    })
  })

  it('stays silent when what comes is older than the limit, as a late backlog', () => {
    const late = { ...silent, heard: { ...silent.heard, result: NOW - 20 * MINUTE } }
    expect(judge(late, policy, NOW).move).toBeNull()
  })

  it('is not resolved by a clock that went back', () => {
    expect(judge(silent, policy, NOW - 25 * MINUTE).move).toBeNull()
  })
})

describe('a revoked host', () => {
  const revoked = host({ state: 'silent', episode: 2, revokedAt: NOW - MINUTE })

  it('is no longer watched', () => {
    expect(judge(revoked, policy, NOW).move).toMatchObject({ to: 'revoked', episode: 2, since: NOW - MINUTE })
    expect(judge({ ...revoked, state: 'revoked' }, policy, NOW)).toEqual({ move: null, missing: false })
  })

  it('is watched anew once it has enrolled after the revocation', () => {
    const back = { ...revoked, state: 'revoked', lastEnrollAt: NOW - 1_000 } as const
    expect(judge(back, policy, NOW).move).toMatchObject({ to: 'new', since: NOW - 1_000 })
  })
})

const time = fc.integer({ min: NOW - 48 * 60 * MINUTE, max: NOW + 48 * 60 * MINUTE })
const anyHost = fc.record({
  state: fc.constantFrom(...SILENCE_STATES),
  since: time,
  episode: fc.nat(9),
  lastEnrollAt: time,
  revokedAt: fc.option(time),
  heard: fc.record(Object.fromEntries(CHANNELS.map(channel => [channel, fc.option(time)]))),
})

describe('any host at any time', () => {
  // The arbitrary builds its keys from CHANNELS, which fast-check's types can't see.
  const hostFrom = (facts: object) => host(facts as Partial<WatchedHost>)

  it('is never made silent by a clock that goes back', () => {
    fc.assert(
      fc.property(anyHost, time, fc.nat(48 * 60 * MINUTE), (facts, now, back) => {
        const before = judge(hostFrom(facts), policy, now).move?.to
        const after = judge(hostFrom(facts), policy, now - back).move?.to
        if (before !== 'silent') expect(after).not.toBe('silent')
      }),
      { numRuns: 300 },
    )
  })

  it('moves only to another state, with a reason, and counts a silence only when it begins', () => {
    fc.assert(
      fc.property(anyHost, time, (facts, now) => {
        const judged = hostFrom(facts)
        const { move } = judge(judged, policy, now)
        if (move === null) return
        expect(move.to).not.toBe(judged.state)
        expect(move.reason.length).toBeGreaterThan(10)
        expect(move.episode).toBe(judged.episode + (move.to === 'silent' ? 1 : 0))
      }),
      { numRuns: 300 },
    )
  })

  it('falls silent only when its last sign of life is older than the limit', () => {
    fc.assert(
      fc.property(anyHost, time, (facts, now) => {
        const judged = hostFrom(facts)
        const { move } = judge(judged, policy, now)
        const sign = lastSign(judged)
        if (move?.to !== 'silent' || judged.state !== 'live' || sign === null) return
        expect(now - sign.at).toBeGreaterThan(policy.silentAfterMs)
      }),
      { numRuns: 300 },
    )
  })
})

import { describe, expect, it } from 'vitest'
import { type Census, decideFeed, type FeedState } from './feed.ts'
import { silencePolicy } from './policy.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const policy = silencePolicy({ silentAfterSeconds: 900 })
const flowing: FeedState = { phase: 'flowing', episode: 4 }
const silent: FeedState = { phase: 'silent', episode: 5, since: NOW - 20 * MINUTE }
const settling: FeedState = { phase: 'settling', episode: 5, until: NOW + 10 * MINUTE }

function census(watched: number, missing: number, falling = missing, recentlyFallen = 0): Census {
  return { watched, missing, falling, recentlyFallen }
}

describe('a flowing feed', () => {
  it.each([
    ['more than 20 % and at least 5', census(20, 5), 'silent'],
    ['exactly 20 %', census(25, 5), 'flowing'],
    ['all, but fewer than 5', census(4, 4), 'flowing'],
    ['30 of 100 late when the first crosses its limit', census(100, 30, 1), 'silent'],
    ['30 of 100 late and none across its limit', census(100, 30, 0), 'flowing'],
    ['the fifth within ten minutes', census(16, 1, 1, 4), 'silent'],
    ['many that fell lately and none falling', census(10, 0, 0, 9), 'flowing'],
    ['no hosts at all', census(0, 0), 'flowing'],
  ])('with %s is %s', (_, counted, phase) => {
    const decision = decideFeed(flowing, counted, policy, NOW)
    expect(decision.next.phase).toBe(phase)
    expect(decision.hosts).toBe(phase === 'silent' ? 'frozen' : 'free')
  })

  it('opens one alert, of the next episode, that says how many are missing', () => {
    const { next, alert } = decideFeed(flowing, census(100, 30), policy, NOW)
    expect(next).toEqual({ phase: 'silent', episode: 5, since: NOW })
    expect(alert?.kind).toBe('opens')
    expect(alert?.reason).toContain('30 of 100 hosts')
  })
})

describe('a silent feed', () => {
  it.each([
    ['all are missing', census(100, 100), 'silent'],
    ['more than 10 % are missing', census(100, 11), 'silent'],
    ['10 % are missing', census(100, 10), 'settling'],
    ['two of a small fleet are missing', census(8, 2), 'settling'],
    ['three of a small fleet are missing', census(8, 3), 'silent'],
    ['there are no hosts any more', census(0, 0), 'settling'],
  ])('when %s is %s, and hosts stay frozen', (_, counted, phase) => {
    const decision = decideFeed(silent, counted, policy, NOW)
    expect(decision.next.phase).toBe(phase)
    expect(decision.hosts).toBe('frozen')
    expect(decision.alert?.kind ?? null).toBe(phase === 'settling' ? 'resolves' : null)
  })

  it('gives those still missing 75 minutes', () => {
    expect(decideFeed(silent, census(100, 3), policy, NOW).next).toEqual({
      phase: 'settling',
      episode: 5,
      until: NOW + 75 * MINUTE,
    })
  })
})

describe('a settling feed', () => {
  it('freezes hosts until the patience is over', () => {
    expect(decideFeed(settling, census(100, 3), policy, NOW)).toMatchObject({
      next: settling,
      hosts: 'frozen',
    })
  })

  it('frees them then, without a word', () => {
    expect(decideFeed(settling, census(100, 3), policy, NOW + 10 * MINUTE)).toEqual({
      next: { phase: 'flowing', episode: 5 },
      hosts: 'free',
      alert: null,
    })
  })

  it('is silent again, as the next episode, when the mass goes missing again', () => {
    const decision = decideFeed(settling, census(100, 40), policy, NOW)
    expect(decision.next).toEqual({ phase: 'silent', episode: 6, since: NOW })
    expect(decision.alert?.kind).toBe('opens')
  })

  it('does not wait longer because the clock went back', () => {
    const back = NOW - 24 * 60 * MINUTE
    expect(decideFeed(settling, census(100, 0), policy, back).next).toMatchObject({
      until: back + policy.patienceMs,
    })
  })
})

import { describe, expect, it } from 'vitest'
import { NOON, UNHEARD, vitals, watchedHost } from '../../test/watched-host.ts'
import { hostAlert } from './alert-text.ts'
import { silencePolicy } from './policy.ts'
import type { WatchedHost } from './watched-host.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const policy = silencePolicy({ silentAfterSeconds: 900 })

type OwnRule = Parameters<typeof hostAlert>[1]['ruleId']

function alertOn(host: WatchedHost, ruleId: OwnRule) {
  const raises = { kind: 'opens', ruleId, severity: 'high', dueAt: NOON } as const
  const reason = 'It says why.'
  const move = {
    host,
    to: 'stale',
    since: host.since,
    reason,
    resolves: null,
    episode: 1,
    toldAt: NOON,
  } as const
  return hostAlert({ ...move, raises }, raises, policy, NOON)
}

const logged = (ago: number, lagMs = 0) =>
  watchedHost({
    hostname: 'db-1.example.com',
    heard: { ...UNHEARD, pulse: NOON - ago },
    vitals: vitals({ contacts: { lastAt: NOON - ago }, pulses: { lastAt: NOON - ago, lagMs, lost: 4 } }),
  })

describe('the title of an alert about a host', () => {
  it.each([
    ['margay.host-silent', 'Host db-1.example.com is silent: no logs since 11:43 UTC'],
    [
      'margay.host-half-dead',
      'Host db-1.example.com asks for its configuration but has logged nothing since 11:43 UTC',
    ],
    ['margay.host-lagging', 'Host db-1.example.com sends its logs 40 min late'],
    [
      'margay.silent-after-alert',
      'Host db-1.example.com fell silent around an alert on it: no logs since 11:43 UTC',
    ],
  ] as const)('of %s says what happened and since when', (rule, title) => {
    expect(alertOn(logged(17 * MINUTE, 40 * MINUTE), rule).title).toBe(title)
  })

  it('has the date of what was not today', () => {
    expect(alertOn(logged(14 * DAY), 'margay.host-silent').title).toBe(
      'Host db-1.example.com is silent: no logs since 2026-11-10 12:00 UTC',
    )
  })

  it('says of a host that never logged just that', () => {
    const title = 'Host db-1.example.com enrolled and never logged anything'
    const host = watchedHost({ hostname: 'db-1.example.com' })
    expect(alertOn(host, 'margay.host-silent').title).toBe(title)
  })
})

describe('the context', () => {
  it('begins with why, and counts the heartbeats that were lost before', () => {
    const { context } = alertOn(logged(17 * MINUTE), 'margay.host-silent')
    expect(Object.keys(context)[0]).toBe('reason')
    expect(context).toMatchObject({ reason: 'It says why.', heartbeats_lost: 4 })
  })

  it('names the threshold where that decided, and no other number beside the one in the reason', () => {
    const host = logged(17 * MINUTE)
    expect(alertOn(host, 'margay.host-silent').context).toMatchObject({ threshold: '15 min' })
    expect(alertOn(host, 'margay.silent-after-alert').context).not.toHaveProperty('threshold')
    expect(alertOn(watchedHost(), 'margay.host-silent').context).not.toHaveProperty('threshold')
  })
})

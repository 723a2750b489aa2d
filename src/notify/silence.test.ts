import { describe, expect, it } from 'vitest'
import { alertOf } from '../../test/alert.ts'
import { TEST_NOW } from '../../test/world.ts'
import type { Silence } from '../store/silences.ts'
import { canBeSilenced, silenceOf } from './silence.ts'

function silence(matchers: unknown, overrides: Partial<Silence> = {}): Silence {
  return {
    silenceId: 's1',
    matchers: typeof matchers === 'string' ? matchers : JSON.stringify(matchers),
    startsAt: TEST_NOW,
    endsAt: TEST_NOW + 1_000,
    author: 'ada',
    comment: 'Upgrade.',
    createdAt: TEST_NOW,
    expiredAt: null,
    expiredBy: null,
    ...overrides,
  }
}

const alert = alertOf({
  alertId: 'a1',
  ruleId: 'posix.cron-fetches-code',
  severity: 'high',
  hostId: 'host-1',
  hostname: 'web-1.example.com',
})
const isQuiet = (matchers: unknown) => silenceOf(alert, [silence(matchers)], TEST_NOW) !== null

describe('a silence', () => {
  it.each([
    { rule: 'posix.cron-fetches-code' },
    { rule: 'posix.*' },
    { host: 'host-1' },
    { host: 'web-*.example.com' },
    { severity: 'high', kind: 'match' },
    { query: 'crontab', pack: '*response' },
    { alert: 'a1' },
    { rule: '*' },
  ])('keeps quiet what meets all of %j', matchers => {
    expect(isQuiet(matchers)).toBe(true)
  })

  it.each([
    { rule: 'posix' },
    { rule: 'posix.*', host: 'db-*' },
    { severity: 'critical' },
    { kind: 'silence' },
    { alert: 'a' },
    { host: 'web-1' },
  ])('keeps nothing quiet that misses one of %j', matchers => {
    expect(isQuiet(matchers)).toBe(false)
  })

  it.each([
    '{}',
    'nonsense',
    'null',
    '[]',
    '"posix.*"',
    '{"rule":7}',
    '{"rule":"*","newer":"*"}',
    '{"__proto__":"*"}',
    '{"rule":null}',
  ])('that reads %s keeps nothing quiet: people are told in doubt', matchers => {
    expect(isQuiet(matchers)).toBe(false)
  })

  it('about hosts leaves alerts about none alone', () => {
    expect(silenceOf(alertOf({ hostId: null, hostname: '' }), [silence({ host: '*' })], TEST_NOW)).toBeNull()
  })

  it('holds from its start up to its end', () => {
    const at = (now: number) => silenceOf(alert, [silence({ rule: '*' })], now)?.silenceId ?? null
    expect([at(TEST_NOW - 1), at(TEST_NOW), at(TEST_NOW + 999), at(TEST_NOW + 1_000)]).toEqual([
      null,
      's1',
      's1',
      null,
    ])
  })

  it('that ends last is the one that is waited for', () => {
    const longer = silence({ host: '*' }, { silenceId: 's2', endsAt: TEST_NOW + 2_000 })
    expect(silenceOf(alert, [silence({ rule: '*' }), longer], TEST_NOW)?.silenceId).toBe('s2')
  })

  it('holds back what makes people look, not what ends it', () => {
    const held = (['trigger', 'update', 'acknowledge', 'resolve'] as const).filter(action =>
      canBeSilenced({ action }),
    )
    expect(held).toEqual(['trigger', 'update'])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALERT_KINDS } from './alert-kind.ts'
import { type Destination, type Route, type RoutedAlert, type RouteMatcher, routing } from './routing.ts'
import { SEVERITIES } from './severity.ts'

const page: Destination = { id: 'page', type: 'pagerduty', minSeverity: 'high' }
const chat: Destination = { id: 'chat', type: 'slack', minSeverity: 'info' }

const build =
  (routes: readonly Route[], destinations: readonly Destination[] = [page, chat]) =>
  () =>
    routing({ destinations, routes })

const toChat = (id: string, when?: RouteMatcher, rest: Partial<Route> = {}): Route => ({
  id,
  ...(when && { when }),
  to: ['chat'],
  ...rest,
})

describe('routing', () => {
  it('takes what fits together', () => {
    expect(build([toChat('a', { rule: 'linux.*' }), toChat('b')])).not.toThrow()
    expect(build([], [{ ...page, fallback: 'chat' }, chat])).not.toThrow()
  })

  it.each<[string, readonly Destination[], string]>([
    ['two destinations of one id', [page, page], 'two destinations are called "page": rename one'],
    ['an id with a dot', [{ ...page, id: 'a.b' }], 'destination "a.b": an id is a letter'],
    ['an empty id', [{ ...page, id: '' }], 'destination "": an id is a letter'],
    ['an unknown fallback', [{ ...page, fallback: 'caht' }, chat], 'which is none of "page", "chat"'],
    ['itself as fallback', [{ ...page, fallback: 'page' }], 'is its own fallback: name another'],
  ])('refuses %s and says how to mend it', (_, destinations, message) => {
    expect(build([], destinations)).toThrow(message)
  })

  it.each<[string, Route, string]>([
    ['an unknown destination', { id: 'r', to: ['caht'] }, 'route "r": it sends to "caht", which is none of'],
    ['nobody', { id: 'r' }, 'name destinations in `to`, or say `mute: true`'],
    ['an empty list', { id: 'r', to: [] }, 'it sends to nobody'],
    ['muting and sending', { id: 'r', mute: true, to: ['chat'] }, 'leave out `mute` or `to`'],
    ['muting and continuing', { id: 'r', mute: true, continue: true }, 'leave out `continue`'],
    ['severities the wrong way', toChat('r', { minSeverity: 'high', maxSeverity: 'low' }), 'swap them'],
    ['an empty list of hosts', toChat('r', { host: [] }), '`host` lists nothing'],
    ['an empty pattern', toChat('r', { rule: ['linux.*', ' '] }), '`rule` is empty'],
    [
      'a destination that takes nothing of it',
      { id: 'r', when: { maxSeverity: 'low' }, to: ['page'] },
      'at most low to "page", which takes nothing below high',
    ],
  ])('refuses %s', (_, route, message) => {
    expect(build([route])).toThrow(message)
  })

  it('names everything that is wrong at once', () => {
    expect(build([toChat('r'), { id: 'r', to: ['x'] }])).toThrow(/rules\/routing.ts: .*called "r".*"x"/)
  })
})

describe('a route that is never reached', () => {
  it.each<[string, readonly Route[], string]>([
    ['behind one for all', [toChat('a'), toChat('b', { rule: 'x' })], '"b" is never reached, because "a"'],
    ['behind its like', [toChat('a', { tag: 'prod' }), toChat('b', { tag: 'prod' })], '"b"'],
    ['behind a wider prefix', [toChat('a', { rule: 'linux.*' }), toChat('b', { rule: 'linux.c*' })], '"b"'],
    [
      'behind a list that holds its own',
      [toChat('a', { host: ['x', 'y'] }), toChat('b', { host: 'y', kind: 'match' })],
      '"b"',
    ],
    [
      'behind several that take everything together',
      [toChat('a', { minSeverity: 'high' }), toChat('b', { maxSeverity: 'medium' }), toChat('c')],
      '"c" is never reached, because "a", "b" before it take all its alerts',
    ],
    ['behind one that mutes', [{ id: 'a', mute: true }, toChat('b')], '"b"'],
  ])('%s is refused', (_, routes, message) => {
    expect(build(routes)).toThrow(message)
  })

  it.each<[string, readonly Route[]]>([
    ['behind one that continues', [toChat('a', undefined, { continue: true }), toChat('b')]],
    ['behind another rule', [toChat('a', { rule: 'linux.*' }), toChat('b', { rule: 'macos.*' })]],
    ['behind a narrower one', [toChat('a', { rule: 'linux.c' }), toChat('b', { rule: 'linux.*' })]],
    ['behind fewer severities', [toChat('a', { minSeverity: 'high' }), toChat('b')]],
    ['behind a matcher that it lacks', [toChat('a', { tag: 'prod' }), toChat('b', { rule: 'linux.*' })]],
  ])('%s may be reached', (_, routes) => {
    expect(build(routes)).not.toThrow()
  })

  const pattern = fc.constantFrom('a', 'ab', 'a*', '*', '*b', 'b', 'a*b')
  const matcher: fc.Arbitrary<RouteMatcher> = fc.record(
    {
      rule: pattern,
      tag: pattern,
      kind: fc.constantFrom(...ALERT_KINDS),
      minSeverity: fc.constantFrom(...SEVERITIES),
    },
    { requiredKeys: [] },
  )
  const alert: fc.Arbitrary<RoutedAlert> = fc.record({
    ruleId: fc.constantFrom('a', 'ab', 'b', 'axb'),
    kind: fc.constantFrom(...ALERT_KINDS),
    severity: fc.constantFrom(...SEVERITIES),
    hostId: fc.constant('h'),
    hostname: fc.constant('h'),
    hostTags: fc.uniqueArray(fc.constantFrom('a', 'ab', 'b', 'axb')),
  })

  it('is named only if no alert reaches it', () => {
    fc.assert(
      fc.property(fc.array(matcher, { minLength: 2, maxLength: 4 }), fc.array(alert), (matchers, alerts) => {
        const routes = matchers.map((when, index) => toChat(`r${index}`, when))
        const singles = routes.map(route => routing({ destinations: [chat], routes: [route] }).routes[0])
        const reached = new Set(
          alerts.map(one => routes[singles.findIndex(single => single?.meets(one))]?.id ?? ''),
        )
        const refused = refusalOf(() => routing({ destinations: [chat], routes }))
        for (const [, id] of refused.matchAll(/route "(\w+)" is never reached/g)) {
          expect(reached).not.toContain(id)
        }
      }),
      { numRuns: 300 },
    )
  })
})

function refusalOf(work: () => unknown): string {
  try {
    work()
    return ''
  } catch (error) {
    if (error instanceof Error) return error.message
    throw error
  }
}

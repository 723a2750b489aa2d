import { describe, expect, it } from 'vitest'
import { type Destination, type Route, type RoutedAlert, routing } from '../detect/routing.ts'
import { SEVERITIES, type Severity } from '../detect/severity.ts'
import { routeAlert } from './routing.ts'

const destinations: readonly Destination[] = [
  { id: 'night', type: 'pagerduty', minSeverity: 'high' },
  { id: 'day', type: 'slack', minSeverity: 'info' },
]

const alertOf = (overrides: Partial<RoutedAlert> = {}): RoutedAlert => ({
  ruleId: 'linux.cron-fetches-code',
  kind: 'match',
  severity: 'critical',
  hostId: 'h1',
  hostname: 'web-1.example.com',
  hostTags: ['prod', 'eu'],
  ...overrides,
})

function routed(
  overrides: Partial<RoutedAlert>,
  chosen: readonly string[] | null = null,
  routes: readonly Route[] = [],
) {
  const told = routeAlert(routing({ destinations, routes }), alertOf(overrides), chosen)
  return { ids: told.destinations.map(({ id }) => id), why: told.why }
}

describe('routing by severity', () => {
  it.each<[Severity, readonly string[]]>([
    ['info', ['day']],
    ['low', ['day']],
    ['medium', ['day']],
    ['high', ['night', 'day']],
    ['critical', ['night', 'day']],
  ])('sends %s to %j', (severity, expected) => {
    expect(routed({ severity }).ids).toEqual(expected)
  })

  it('says for every destination whether it is told, and why', () => {
    expect(routed({ severity: 'low' }).why).toBe(
      'night is not told: low is below high. day is told: low is at least info.',
    )
  })

  it('says so when there is no destination at all', () => {
    expect(routeAlert(routing({ destinations: [] }), alertOf(), null)).toEqual({
      destinations: [],
      why: 'rules/routing.ts has no destination.',
    })
  })
})

describe('destinations that the rule chose', () => {
  it.each(SEVERITIES)('are told of %s whatever their least severity', severity => {
    expect(routed({ severity }, ['night']).ids).toEqual(['night'])
  })

  it('may be none', () => {
    expect(routed({}, [])).toEqual({ ids: [], why: 'The rule sends its alerts to nobody.' })
  })

  it('are told once when named twice', () => {
    expect(routed({ severity: 'low' }, ['day', 'day']).ids).toEqual(['day'])
  })

  it('go before routes', () => {
    expect(routed({}, ['night'], [{ id: 'all', to: ['day'] }]).ids).toEqual(['night'])
  })

  it('give way to routes and severity when one is unknown, so that a typing error keeps an alert from nobody', () => {
    const { ids, why } = routed({}, ['day', 'nigth'])
    expect(ids).toEqual(['night', 'day'])
    expect(why).toContain('"nigth", which rules/routing.ts does not know')
    expect(routed({}, ['nigth'], [{ id: 'all', to: ['day'] }]).ids).toEqual(['day'])
  })
})

describe('a route', () => {
  const toDay = (when: Route['when']): readonly Route[] => [{ id: 'r', ...(when && { when }), to: ['day'] }]

  it.each<[string, Route['when'], boolean]>([
    ['nothing', {}, true],
    ['the rule', { rule: 'linux.cron-fetches-code' }, true],
    ['a prefix of the rule', { rule: 'linux.*' }, true],
    ['another rule', { rule: 'linux.cron' }, false],
    ['one rule of several', { rule: ['macos.*', 'linux.*'] }, true],
    ['the name of the host', { host: 'web-*' }, true],
    ['the id of the host', { host: 'h1' }, true],
    ['another host', { host: 'db-*' }, false],
    ['a tag', { tag: 'prod' }, true],
    ['one tag of several', { tag: ['dev', 'e*'] }, true],
    ['another tag', { tag: 'dev' }, false],
    ['the kind', { kind: 'match' }, true],
    ['another kind', { kind: ['silence', 'system'] }, false],
    ['a lower severity', { minSeverity: 'high' }, true],
    ['this severity', { minSeverity: 'critical', maxSeverity: 'critical' }, true],
    ['at most a lower one', { maxSeverity: 'high' }, false],
    ['all of it', { rule: 'linux.*', host: 'web-*', tag: 'eu', kind: 'match', minSeverity: 'low' }, true],
    ['all but one', { rule: 'linux.*', host: 'web-*', tag: 'us', kind: 'match' }, false],
  ])('that names %s', (_, when, isTaken) => {
    expect(routed({}, null, toDay(when)).ids).toEqual(isTaken ? ['day'] : ['night', 'day'])
  })

  it('that names a host is not for alerts about no host', () => {
    const system: Partial<RoutedAlert> = { kind: 'system', hostId: null, hostname: '', hostTags: [] }
    expect(routed(system, null, toDay({ host: '*' })).ids).toEqual(['night', 'day'])
    expect(routed(system, null, toDay({ tag: '*' })).ids).toEqual(['night', 'day'])
  })

  it('asks for the least severity of its destinations, and says which route it was', () => {
    expect(routed({ severity: 'low' }, null, [{ id: 'linux', to: ['night', 'day'] }])).toEqual({
      ids: ['day'],
      why: 'The route "linux" decides. night is not told: low is below high. day is told: low is at least info.',
    })
  })

  it('stops at the first that is met', () => {
    const routes: readonly Route[] = [
      { id: 'first', when: { rule: 'linux.*' }, to: ['night'] },
      { id: 'second', to: ['day'] },
    ]
    expect(routed({}, null, routes).ids).toEqual(['night'])
    expect(routed({ ruleId: 'macos.x' }, null, routes).ids).toEqual(['day'])
  })

  it('that continues adds to those behind it', () => {
    const routes: readonly Route[] = [
      { id: 'first', when: { rule: 'linux.*' }, to: ['night'], continue: true },
      { id: 'second', when: { tag: 'prod' }, to: ['day'] },
    ]
    expect(routed({}, null, routes).ids).toEqual(['night', 'day'])
    expect(routed({ hostTags: [] }, null, routes).ids).toEqual(['night'])
  })
})

describe('a route that mutes', () => {
  const routes: readonly Route[] = [
    { id: 'lab', when: { host: 'lab-*' }, mute: true },
    { id: 'rest', to: ['day'] },
  ]

  it('keeps an alert from everyone, whatever its rule chose, and says so', () => {
    const muted = { ids: [], why: 'Nobody is told: the route "lab" mutes it.' }
    expect(routed({ hostname: 'lab-7' }, null, routes)).toEqual(muted)
    expect(routed({ hostname: 'lab-7' }, ['night'], routes)).toEqual(muted)
    expect(routed({}, null, routes).ids).toEqual(['day'])
  })

  it('undoes what a continuing route before it said', () => {
    const continued = [{ id: 'first', to: ['night'], continue: true }, ...routes] as const
    expect(routed({ hostname: 'lab-7' }, null, continued).ids).toEqual([])
  })
})

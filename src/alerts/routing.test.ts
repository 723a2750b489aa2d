import { describe, expect, it } from 'vitest'
import type { Destination } from '../detect/routing.ts'
import { SEVERITIES } from '../detect/severity.ts'
import { routeAlert } from './routing.ts'

const routing: readonly Destination[] = [
  { id: 'night', type: 'pagerduty', minSeverity: 'high' },
  { id: 'day', type: 'pagerduty', minSeverity: 'info' },
]

function routed(...args: Parameters<typeof routeAlert>) {
  const { destinations, why } = routeAlert(...args)
  return { ids: destinations.map(({ id }) => id), why }
}

describe('routing by severity', () => {
  it.each([
    ['info', ['day']],
    ['low', ['day']],
    ['medium', ['day']],
    ['high', ['night', 'day']],
    ['critical', ['night', 'day']],
  ] as const)('sends %s to %j', (severity, expected) => {
    expect(routed(routing, severity, null).ids).toEqual(expected)
  })

  it('says for every destination whether it is told, and why', () => {
    expect(routed(routing, 'low', null).why).toBe(
      'night is not told: low is below high. day is told: low is at least info.',
    )
  })

  it('says so when there is no destination at all', () => {
    expect(routed([], 'critical', null)).toEqual({ ids: [], why: 'rules/routing.ts has no destination.' })
  })
})

describe('destinations that the rule chose', () => {
  it.each(SEVERITIES)('are told of %s whatever their least severity', severity => {
    expect(routed(routing, severity, ['night']).ids).toEqual(['night'])
  })

  it('may be none', () => {
    expect(routed(routing, 'critical', [])).toEqual({ ids: [], why: 'The rule sends its alerts to nobody.' })
  })

  it('are told once when named twice', () => {
    expect(routed(routing, 'low', ['day', 'day']).ids).toEqual(['day'])
  })

  it('give way to severity when one is unknown, so that a typing error keeps an alert from nobody', () => {
    const { ids, why } = routed(routing, 'critical', ['day', 'nigth'])
    expect(ids).toEqual(['night', 'day'])
    expect(why).toContain('"nigth", which rules/routing.ts does not know')
  })
})

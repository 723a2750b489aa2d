import { describe, expect, it } from 'vitest'
import { testSettings } from '../../test/world.ts'
import type { Settings } from '../env.ts'
import { targetOf } from './target.ts'

const routing = [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] as const

function target(settings: Partial<Settings>, id = 'pagerduty') {
  return targetOf(id, routing, testSettings(settings))
}

describe('the target of a delivery', () => {
  it('is the configured URL with the routing key', () => {
    expect(target({})).toEqual({
      ok: true,
      url: 'https://pagerduty.example.com/v2/enqueue',
      routingKey: '0123456789abcdef0123456789abcdef',
    })
  })

  it('is missing, with a sentence for the operator, when the routing key is', () => {
    expect(target({ pagerDutyRoutingKey: null })).toEqual({
      ok: false,
      reason:
        'PAGERDUTY_ROUTING_KEY is missing or not a routing key: mend it, deploy, and redrive this delivery',
    })
  })

  it('is missing when routing does not know the destination any more', () => {
    expect(target({}, 'gone')).toMatchObject({ ok: false, reason: expect.stringContaining('"gone"') })
  })

  it.each([
    'http://events.example.com/v2/enqueue',
    'http://localhost.example.com/',
    'ftp://localhost/',
    'https://user:secret@events.example.com/',
    'not a url',
    '',
  ])('is never %j', pagerDutyEventsUrl => {
    const outcome = target({ pagerDutyEventsUrl, environment: 'local' })
    expect(outcome).toMatchObject({ ok: false })
    expect(JSON.stringify(outcome)).not.toContain('secret@')
  })

  it('may be on this machine in the clear, in a local run only', () => {
    const pagerDutyEventsUrl = 'http://localhost:8790/v2/enqueue'
    expect(target({ pagerDutyEventsUrl, environment: 'local' }).ok).toBe(true)
    expect(target({ pagerDutyEventsUrl, environment: 'production' }).ok).toBe(false)
  })
})

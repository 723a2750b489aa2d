import { describe, expect, it } from 'vitest'
import { testSettings } from '../../test/world.ts'
import { DESTINATION_TYPES, type Destination } from '../detect/routing.ts'
import type { Settings } from '../env.ts'
import { destinationProblems, KINDS, missingOf, secretsOf, targetOf } from './target.ts'

const SLACK_URL = 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxxxxxxxxxxxxxxxxxx'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

const destinations: readonly Destination[] = [
  { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' },
  { id: 'chat', type: 'slack', minSeverity: 'info' },
  { id: 'soar', type: 'webhook', minSeverity: 'medium' },
]

const whole: Partial<Settings> = {
  slackWebhookUrl: SLACK_URL,
  webhookUrl: 'https://soar.example.com/in?token=0123456789',
  webhookSecrets: [SECRET],
}

function target(settings: Partial<Settings>, id = 'pagerduty') {
  return targetOf(id, destinations, testSettings({ ...whole, ...settings }))
}

describe('the target of a delivery', () => {
  it('is the configured URL, with what must not be told of it', () => {
    expect(target({})).toMatchObject({
      ok: true,
      url: 'https://pagerduty.example.com/v2/enqueue',
      secrets: ['0123456789abcdef0123456789abcdef'],
    })
    expect(target({}, 'chat')).toMatchObject({ ok: true, url: SLACK_URL })
    expect(target({}, 'soar')).toMatchObject({
      ok: true,
      url: 'https://soar.example.com/in?token=0123456789',
    })
  })

  it.each<[string, Partial<Settings>, string]>([
    ['pagerduty', { pagerDutyRoutingKey: null }, 'PAGERDUTY_ROUTING_KEY is missing or not a routing key'],
    ['chat', { slackWebhookUrl: null }, 'SLACK_WEBHOOK_URL is missing or not allowed'],
    ['soar', { webhookUrl: null }, 'WEBHOOK_URL is missing or not allowed'],
    ['soar', { webhookSecrets: [] }, 'WEBHOOK_SECRET is missing or not a whsec_ secret'],
  ])('of %s is missing, with a sentence for the operator, without %j', (id, settings, missing) => {
    expect(target(settings, id)).toEqual({
      ok: false,
      reason: `${missing}: mend it, deploy, and redrive this delivery`,
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
    'https://192.0.2.1/',
    'not a url',
    '',
  ])('is never %j, whatever the destination', url => {
    const settings = { pagerDutyEventsUrl: url, slackWebhookUrl: url, webhookUrl: url }
    for (const { id } of destinations) {
      const outcome = target({ ...settings, environment: 'local' }, id)
      expect(outcome).toMatchObject({ ok: false })
      expect(JSON.stringify(outcome)).not.toContain('secret@')
    }
  })

  it('may be on this machine in the clear, in a local run only', () => {
    const url = 'http://localhost:8790/v2/enqueue'
    const settings = { pagerDutyEventsUrl: url, slackWebhookUrl: url, webhookUrl: url }
    for (const { id } of destinations) {
      expect(target({ ...settings, environment: 'local' }, id).ok).toBe(true)
      expect(target({ ...settings, environment: 'production' }, id).ok).toBe(false)
    }
  })
})

describe('a destination that is not set up', () => {
  it('is told of in a sentence for each', () => {
    const settings = testSettings({ pagerDutyRoutingKey: null, slackWebhookUrl: SLACK_URL })
    expect(destinationProblems(destinations, settings)).toEqual([
      'PAGERDUTY_ROUTING_KEY is missing or not a routing key: alerts to "pagerduty" wait, parked, and nobody there is told.',
      'WEBHOOK_URL is missing or not allowed: alerts to "soar" wait, parked, and nobody there is told.',
    ])
    expect(destinations.map(one => missingOf(one, settings) === null)).toEqual([false, true, false])
  })

  it('is no trouble while no destination needs it', () => {
    const settings = testSettings({ pagerDutyRoutingKey: null })
    expect(destinationProblems([], settings)).toEqual([])
  })
})

describe('the registry', () => {
  it('has every type of destination that routing knows', () => {
    expect(Object.keys(KINDS).toSorted()).toEqual([...DESTINATION_TYPES].toSorted())
  })

  it('knows every secret of what is configured', () => {
    const secrets = secretsOf(testSettings(whole))
    for (const secret of [
      '0123456789abcdef0123456789abcdef',
      SLACK_URL,
      'xxxxxxxxxxxxxxxxxxxxxxxx',
      '0123456789',
      SECRET,
      SECRET.slice('whsec_'.length),
    ]) {
      expect(secrets).toContain(secret)
    }
  })
})

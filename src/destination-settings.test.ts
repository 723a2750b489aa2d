import { describe, expect, it } from 'vitest'
import { destinationSettings } from './destination-settings.ts'
import type { Env } from './env.ts'

const ONE = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const TWO = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const SLACK_URL = 'https://hooks.slack.com/services/T0000000/B0000000/hush-hush-hush'

function read(vars: Partial<Record<keyof Env, string>>, environment: 'local' | 'production' = 'production') {
  const problems: string[] = []
  // Only the text variables are read; the bindings are never touched, so a bare object stands in for them.
  const settings = destinationSettings(problems, vars as unknown as Env, { environment, publicUrl: null })
  return { settings, problems }
}

describe('the settings of destinations', () => {
  it('are what was set', () => {
    const { settings, problems } = read({
      PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
      PAGERDUTY_EVENTS_URL: 'https://events.eu.pagerduty.com/v2/enqueue',
      SLACK_WEBHOOK_URL: SLACK_URL,
      WEBHOOK_URL: 'https://soar.example.com/in',
      WEBHOOK_SECRET: ONE,
    })
    expect(problems).toEqual([])
    expect(settings).toEqual({
      pagerDutyRoutingKey: '0123456789abcdef0123456789abcdef',
      pagerDutyEventsUrl: 'https://events.eu.pagerduty.com/v2/enqueue',
      slackWebhookUrl: SLACK_URL,
      webhookUrl: 'https://soar.example.com/in',
      webhookSecrets: [ONE],
    })
  })

  it('may be absent without a complaint, for no destination may need them', () => {
    expect(read({})).toEqual({
      settings: {
        pagerDutyRoutingKey: null,
        pagerDutyEventsUrl: 'https://events.pagerduty.com/v2/enqueue',
        slackWebhookUrl: null,
        webhookUrl: null,
        webhookSecrets: [],
      },
      problems: [],
    })
  })

  it.each(['PAGERDUTY_EVENTS_URL', 'SLACK_WEBHOOK_URL', 'WEBHOOK_URL'] as const)(
    '%s that the policy refuses is not used, and not quoted in the complaint',
    name => {
      for (const url of [
        'http://hush.example.com/',
        'https://hush:hush@example.com/',
        'hush',
        'https://hush/',
      ]) {
        const { settings, problems } = read({ [name]: url })
        expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} must .*; it is not used\\.$`))])
        expect(JSON.stringify([settings, problems])).not.toContain('hush')
      }
    },
  )

  it('take a stand-in on this machine in a local run only', () => {
    const vars = {
      SLACK_WEBHOOK_URL: 'http://localhost:9000/slack',
      WEBHOOK_URL: 'http://localhost:9000/hook',
    }
    expect(read(vars, 'local').problems).toEqual([])
    expect(read(vars).problems).toHaveLength(2)
  })

  it('name a routing key that is none', () => {
    const { settings, problems } = read({ PAGERDUTY_ROUTING_KEY: 'hush' })
    expect(settings.pagerDutyRoutingKey).toBeNull()
    expect(problems.join()).toMatch(/^PAGERDUTY_ROUTING_KEY is not a routing key(?!.*hush)/)
  })
})

describe('WEBHOOK_SECRET', () => {
  it('may hold two while one takes the place of the other', () => {
    expect(read({ WEBHOOK_SECRET: `${ONE}, ${TWO}` }).settings.webhookSecrets).toEqual([ONE, TWO])
  })

  it('signs with no more than two', () => {
    const { settings, problems } = read({ WEBHOOK_SECRET: `${ONE},${TWO},${ONE}` })
    expect(settings.webhookSecrets).toEqual([ONE, TWO])
    expect(problems).toEqual(['WEBHOOK_SECRET: only the first 2 secrets sign.'])
  })

  it.each([
    ['no prefix', ONE.slice('whsec_'.length)],
    ['23 bytes', `whsec_${btoa('x'.repeat(23))}`],
    ['65 bytes', `whsec_${btoa('x'.repeat(65))}`],
    ['no base64', 'whsec_********************************'],
    ['base64 of URLs', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_'],
    ['an odd length', `${ONE}x`],
    ['nothing behind the prefix', 'whsec_'],
    ['a public key', 'whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  ])('with %s is ignored, its neighbour kept, and the complaint does not quote it', (_, bad) => {
    const { settings, problems } = read({ WEBHOOK_SECRET: `${bad},${ONE}` })
    expect(settings.webhookSecrets).toEqual([ONE])
    expect(problems).toHaveLength(1)
    if (bad.length > 10) expect(problems.join()).not.toContain(bad)
  })

  it.each([24, 25, 26, 64])('takes %i bytes', bytes => {
    const secret = `whsec_${btoa('x'.repeat(bytes))}`
    expect(read({ WEBHOOK_SECRET: secret }).settings.webhookSecrets).toEqual([secret])
  })
})

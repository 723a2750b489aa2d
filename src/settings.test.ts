import { describe, expect, it } from 'vitest'
import type { Env } from './env.ts'
import { parseSettings } from './settings.ts'

// Only the text variables are read; the bindings are never touched, so a bare object stands in for them.
const settingsOf = (vars: Partial<Record<keyof Env, string>>) => parseSettings(vars as unknown as Env)

const complete = {
  ENROLL_SECRETS: 'web:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, laptops:bbbb:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  NODE_KEY_SECRETS: 'k2:cccccccccccccccccccccccccccccccc,k1:dddddddddddddddddddddddddddddddd',
  ADMIN_TOKEN: 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
  PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
} as const

describe('parseSettings', () => {
  it('reads a complete configuration without a complaint', () => {
    const settings = settingsOf(complete)
    expect(settings.problems).toEqual([])
    expect(settings.enrollSecrets.map(secret => secret.label)).toEqual(['web', 'laptops'])
    expect(settings.enrollSecrets[1]?.secret).toBe('bbbb:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb')
    expect(settings.nodeKeySecrets.map(secret => secret.id)).toEqual(['k2', 'k1'])
  })

  it('says in a sentence what is missing and what it means', () => {
    const { problems } = settingsOf({})
    expect(problems).toHaveLength(3)
    expect(problems.join(' ')).toMatch(/no host can enroll.*neither enroll nor send.*answers nobody/)
  })

  it('asks for a heartbeat where alerts may be sent, and nowhere else', () => {
    const url = 'https://heartbeat.example.com/ping/0123456789abcdef'
    expect(settingsOf({ ...complete, HEARTBEAT_URL: url })).toMatchObject({ heartbeatUrl: url, problems: [] })
    expect(settingsOf(complete)).toMatchObject({ heartbeatUrl: null, problems: [] })
    for (const bad of [
      'http://heartbeat.example.com/secret-ping',
      'https://192.0.2.1/secret-ping',
      'secret-ping',
    ]) {
      const { heartbeatUrl, problems } = settingsOf({ ...complete, HEARTBEAT_URL: bad })
      expect([heartbeatUrl, problems.length]).toEqual([null, 1])
      expect(problems.join()).not.toContain('secret-ping')
    }
  })

  it('never repeats a secret in a complaint', () => {
    const { problems } = settingsOf({
      ...complete,
      ADMIN_TOKEN: 'short-admin',
      ENROLL_SECRETS: 'a:short-enroll',
    })
    expect(problems.join(' ')).not.toMatch(/short-admin|short-enroll/)
    expect(problems).toHaveLength(2)
  })

  it('takes a short secret and says that it can be guessed', () => {
    const settings = settingsOf({ ...complete, NODE_KEY_SECRETS: `k3:short,${complete.NODE_KEY_SECRETS}` })
    expect(settings.nodeKeySecrets.map(secret => secret.id)).toEqual(['k3', 'k2', 'k1'])
    expect(settings.problems).toEqual([expect.stringMatching(/^NODE_KEY_SECRETS: .*"k3".*guessed/)])
  })

  it('is silent about a host after three heartbeats, at least fifteen minutes', () => {
    expect(settingsOf(complete).silentAfterSeconds).toBe(900)
    expect(settingsOf({ ...complete, HEARTBEAT_SECONDS: '600' }).silentAfterSeconds).toBe(1800)
    expect(settingsOf({ ...complete, SILENT_AFTER_SECONDS: '20' }).silentAfterSeconds).toBe(20)
  })

  it('learns a host for 96 times that, a day, unless told otherwise', () => {
    expect(settingsOf(complete).silenceLearningSeconds).toBe(86_400)
    expect(settingsOf({ ...complete, SILENT_AFTER_SECONDS: '20' }).silenceLearningSeconds).toBe(1920)
    expect(settingsOf({ ...complete, SILENCE_LEARNING_SECONDS: '0' }).silenceLearningSeconds).toBe(0)
    const wrong = settingsOf({ ...complete, SILENCE_LEARNING_SECONDS: 'a day' })
    expect(wrong.silenceLearningSeconds).toBe(86_400)
    expect(wrong.problems.join(' ')).toContain('SILENCE_LEARNING_SECONDS')
  })

  it.each([
    ['http://localhost:9000/v2/enqueue', 'local', true],
    ['http://localhost:9000/v2/enqueue', 'production', false],
    ['http://192.0.2.1/v2/enqueue', 'local', false],
    ['http://localhost.example.com/', 'local', false],
    ['https://user:password@example.com/', 'production', false],
    ['https://events.eu.pagerduty.com/v2/enqueue', 'production', true],
    ['nonsense', 'local', false],
  ])('PAGERDUTY_EVENTS_URL %s in %s is taken: %s', (url, environment, taken) => {
    const settings = settingsOf({ ...complete, PAGERDUTY_EVENTS_URL: url, ENVIRONMENT: environment })
    expect(settings.pagerDutyEventsUrl === url).toBe(taken)
    expect(settings.problems).toHaveLength(taken ? 0 : 1)
  })

  it.each(['-1', '1e9', '12.5', 'many', ' 5'])('HOT_HOURS %j falls back and is reported', text => {
    const settings = settingsOf({ ...complete, HOT_HOURS: text })
    expect(settings.hotHours).toBe(72)
    expect(settings.problems[0]).toMatch(/^HOT_HOURS /)
  })

  it('takes several secrets of PagerDuty’s webhooks, and says which can be guessed', () => {
    const [one, two] = ['a'.repeat(24), 'b'.repeat(30)]
    const settings = settingsOf({ ...complete, PAGERDUTY_WEBHOOK_SECRET: ` ${one}, short,,${two}` })
    expect(settings.pagerDutyWebhookSecrets).toEqual([one, 'short', two])
    expect(settings.problems).toEqual([expect.stringMatching(/^PAGERDUTY_WEBHOOK_SECRET: .*guessed/)])
    expect(settingsOf(complete).pagerDutyWebhookSecrets).toEqual([])
  })

  it('never inlines more than a queue message holds', () => {
    expect(settingsOf({ ...complete, INLINE_MAX_BYTES: '500000' }).inlineMaxBytes).toBe(120_000)
    expect(settingsOf({ ...complete, INLINE_MAX_BYTES: '0' }).inlineMaxBytes).toBe(0)
  })
})

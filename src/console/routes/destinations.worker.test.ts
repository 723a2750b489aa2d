import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { testConsole } from '../../../test/console.ts'
import { PagerDutyModel } from '../../../test/simulator/pagerduty.ts'
import { SlackModel } from '../../../test/simulator/slack.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW, testSettings } from '../../../test/world.ts'
import { routing } from '../../detect/routing.ts'
import type { World } from '../../env.ts'
import { watchTrouble } from '../../staleness/watch-trouble.ts'
import { listAlerts } from '../../store/alerts.ts'
import { pauseDestination } from '../../store/delivery-attempts.ts'
import { timelineOf } from '../../store/timeline.ts'

const SLACK_URL = 'https://hooks.slack.com/services/T0000000/B0000000/hush-hush-hush'
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const settings = testSettings({
  slackWebhookUrl: SLACK_URL,
  webhookUrl: 'https://soar.example.com/in?token=hush-hush',
  webhookSecrets: [SECRET],
})
const alertRouting = routing({
  destinations: [
    { id: 'pagerduty', type: 'pagerduty', minSeverity: 'critical', fallback: 'chat' },
    { id: 'chat', type: 'slack', minSeverity: 'low' },
    { id: 'soar', type: 'webhook', minSeverity: 'info' },
  ],
  routes: [{ id: 'quiet', mute: true }],
})

beforeEach(freshStorage)

/** The API of a deployment with three destinations that answer as `fetch` does. */
function consoleWith(overrides: Partial<World> = {}) {
  return testConsole({ settings, ...overrides }, { routing: alertRouting })
}

function answering(reply: () => Response): { readonly bodies: string[]; readonly fetch: World['fetch'] } {
  const bodies: string[] = []
  return {
    bodies,
    fetch: async (_, init) => {
      bodies.push(String(init.body))
      return reply()
    },
  }
}

describe('GET /destinations', () => {
  it('says where alerts can go, and whether they can', async () => {
    await pauseDestination(env.DB, 'chat', TEST_NOW + 60_000).run()
    await pauseDestination(env.DB, 'soar', TEST_NOW - 60_000).run()
    const console = consoleWith({ settings: { ...settings, pagerDutyRoutingKey: null } })
    expect((await console.get('/destinations')).body).toEqual({
      items: [
        {
          id: 'pagerduty',
          type: 'pagerduty',
          min_severity: 'critical',
          fallback: 'chat',
          configured: false,
          missing: 'PAGERDUTY_ROUTING_KEY is missing or not a routing key',
          paused_until: null,
          broken: null,
        },
        {
          id: 'chat',
          type: 'slack',
          min_severity: 'low',
          fallback: null,
          configured: true,
          missing: null,
          paused_until: '2026-11-24T12:01:00.000Z',
          broken: null,
        },
        {
          id: 'soar',
          type: 'webhook',
          min_severity: 'info',
          fallback: null,
          configured: true,
          missing: null,
          paused_until: null,
          broken: null,
        },
      ],
      next_cursor: null,
    })
  })

  it('says which one refuses everything, and /healthz that there is one, until it takes something again', async () => {
    let status = 410
    const console = consoleWith({ fetch: async () => new Response(null, { status }) })
    await console.post('/destinations/soar/test')
    const brokenOf = async (id: string) =>
      (await console.get('/destinations')).body.items.find((item: { id: string }) => item.id === id).broken
    expect(await brokenOf('soar')).toEqual({
      since: '2026-11-24T12:00:00.000Z',
      reason: 'HTTP 410',
      next_probe_at: '2026-11-24T12:15:00.000Z',
    })
    expect(await brokenOf('chat')).toBeNull()
    expect((await console.raw('/healthz')).body).toMatchObject({
      status: 'degraded',
      checks: { destinations: 'failing' },
    })
    status = 204
    // A test asks it at once.
    expect((await console.post('/destinations/soar/test')).body.outcome).toBe('delivered')
    expect(await brokenOf('soar')).toBeNull()
    console.world.advance(60_000)
    expect((await console.raw('/healthz')).body.status).toBe('ok')
  })

  it('tells no secret', async () => {
    expect((await consoleWith().get('/destinations')).text).not.toMatch(/hush|whsec|0123456789abcdef/)
  })
})

describe('POST /destinations/:id/test', () => {
  it('sends a marked alert to PagerDuty and resolves it, whatever routes and least severity say', async () => {
    const pagerDuty = new PagerDutyModel([settings.pagerDutyRoutingKey ?? ''])
    const fetch: World['fetch'] = async (_, init) => {
      const { status, body } = pagerDuty.enqueue(String(init.body), TEST_NOW)
      return Response.json(body, { status })
    }
    const { status, body } = await consoleWith({ fetch }).post('/destinations/pagerduty/test', { by: 'ada' })
    expect([status, body]).toMatchObject([
      200,
      { outcome: 'delivered', trigger: { state: 'delivered' }, resolve: { state: 'delivered' } },
    ])
    expect(pagerDuty.incidents).toMatchObject([
      { summary: expect.stringMatching(/^TEST: /), severity: 'info', status: 'resolved' },
    ])
    const [alert] = (await listAlerts(env.DB, {}, null, 10))?.items ?? []
    expect(alert).toMatchObject({
      alertId: body.alert_id,
      kind: 'system',
      ruleId: 'margay.test',
      status: 'resolved',
      statusBy: 'ada',
    })
    expect((await timelineOf(env.DB, body.alert_id)).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['created', 'routed', 'attempt', 'resolved']),
    )
  })

  it('posts to Slack', async () => {
    const slack = new SlackModel()
    const fetch: World['fetch'] = async (url, init) => {
      expect(url).toBe(SLACK_URL)
      const { status, body } = slack.post(String(init.body))
      return new Response(body, { status })
    }
    const { body } = await consoleWith({ fetch }).post('/destinations/chat/test')
    expect(body.outcome).toBe('delivered')
    expect(slack.posted.map(({ text }) => text)).toEqual([
      expect.stringContaining('TEST: '),
      expect.stringContaining('Resolved'),
    ])
  })

  it('posts signed webhooks that say they are a test', async () => {
    const received: unknown[] = []
    const fetch: World['fetch'] = async (_, { headers, body }) => {
      // The library compares with the time of its machine; that of the test stands still.
      const signed = new Headers(headers)
      const id = signed.get('webhook-id') ?? ''
      const expected = new Webhook(SECRET).sign(id, new Date(TEST_NOW), String(body))
      received.push([signed.get('webhook-signature') === expected, JSON.parse(String(body)).test])
      return new Response(null, { status: 204 })
    }
    const { body } = await consoleWith({ fetch }).post('/destinations/soar/test')
    expect([body.outcome, received]).toEqual([
      'delivered',
      [
        [true, true],
        [true, true],
      ],
    ])
  })

  it('makes an alert of its own each time', async () => {
    const console = consoleWith({ fetch: answering(() => new Response('ok')).fetch })
    const first = await console.post('/destinations/chat/test')
    const second = await console.post('/destinations/chat/test')
    expect(first.body.alert_id).not.toBe(second.body.alert_id)
  })

  it('says why it failed, and does not try again', async () => {
    const { fetch, bodies } = answering(() => new Response('rollup_error', { status: 500 }))
    const console = consoleWith({ fetch })
    const { body } = await console.post('/destinations/chat/test')
    expect(body).toMatchObject({
      outcome: 'failed',
      trigger: { state: 'pending', attempts: 1, response_status: 500, reason: 'HTTP 500: rollup_error' },
    })
    expect(bodies).toHaveLength(1)
    const { items } = (await console.get('/deliveries')).body
    expect(items.find(({ action }: { action: string }) => action === 'trigger').state).toBe('superseded')
  })

  it('says what is missing, and that opens no alert of its own', async () => {
    const console = consoleWith({ settings: { ...settings, slackWebhookUrl: null } })
    const { body } = await console.post('/destinations/chat/test')
    expect(body).toMatchObject({
      outcome: 'failed',
      trigger: { state: 'parked', reason: expect.stringContaining('SLACK_WEBHOOK_URL is missing') },
    })
    await watchTrouble(console.world, alertRouting)
    expect((await listAlerts(env.DB, {}, null, 10))?.items.map(({ ruleId }) => ruleId)).toEqual([
      'margay.test',
    ])
  })

  it('is not sent while the destination is paused', async () => {
    await pauseDestination(env.DB, 'chat', TEST_NOW + 60_000).run()
    const { fetch, bodies } = answering(() => new Response('ok'))
    const { body } = await consoleWith({ fetch }).post('/destinations/chat/test')
    expect([body.outcome, body.trigger.attempts, bodies]).toEqual(['failed', 0, []])
  })

  it('never tells a secret, though the connection and the destination quote it', async () => {
    const echoes: World['fetch'][] = [
      async url => {
        throw new Error(`cannot reach ${url} (${new URL(url).pathname})`)
      },
      async url => new Response(`no_service at ${url}; hush-hush-hush`, { status: 404 }),
    ]
    for (const fetch of echoes) {
      for (const id of ['chat', 'soar']) {
        const console = consoleWith({ fetch })
        const { text, body } = await console.post(`/destinations/${id}/test`)
        const told = JSON.stringify([text, await timelineOf(env.DB, body.alert_id), console.world.logged])
        expect(told).toContain('[secret]')
        expect(told).not.toMatch(/hush|services\/T/)
      }
    }
  })

  it('answers 404 for a destination that is not there', async () => {
    const reply = await consoleWith().post('/destinations/gone/test')
    expect([reply.status, reply.body.error.code]).toEqual([404, 'not_found'])
  })
})

describe('a destination that lacks its key', () => {
  const console = () => consoleWith({ settings: { ...settings, slackWebhookUrl: null } })

  it('is seen in /healthz, which stays 200, for posts are accepted', async () => {
    const { status, body } = await console().raw('/healthz')
    expect([status, body]).toMatchObject([200, { status: 'degraded', checks: { destinations: 'failing' } }])
  })

  it('is named in /stats', async () => {
    expect((await console().get('/stats')).body.problems).toEqual([
      'SLACK_WEBHOOK_URL is missing or not allowed: alerts to "chat" wait, parked, and nobody there is told.',
    ])
  })
})

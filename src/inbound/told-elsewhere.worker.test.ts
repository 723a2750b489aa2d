import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { alerts, freshAlerting, happenings, newWorld, pagerDuty } from '../../test/alerting.ts'
import { batchOf } from '../../test/alerts-queue.ts'
import type { Happening, Incident } from '../../test/simulator/pagerduty.ts'
import { Webhooks } from '../../test/simulator/pagerduty-webhooks.ts'
import { SlackModel } from '../../test/simulator/slack.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { openAlert } from '../alerts/lifecycle.ts'
import { type Destination, routing } from '../detect/routing.ts'
import { deliver } from '../notify/deliver.ts'
import { alertById } from '../store/alerts.ts'
import { planUpdates } from '../store/updates.ts'
import { pagerDutyWebhook } from './pagerduty.ts'

const SECRET = 'webhook-secret-of-the-tests-0123456789'
const SLACK_URL = 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxxxxxxxxxx'
const SOAR_URL = 'https://soar.example.com/in'
const MINUTE = 60_000
const destinations: readonly Destination[] = [
  { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' },
  { id: 'chat', type: 'slack', minSeverity: 'low' },
  { id: 'soar', type: 'webhook', minSeverity: 'low' },
]

let slack: SlackModel
let received: { type: string; news: string | null; delivery_id: string }[]
let webhooks: Webhooks
let world: TestWorld

beforeEach(async () => {
  await freshAlerting()
  slack = new SlackModel()
  received = []
  webhooks = new Webhooks([SECRET])
  world = newWorld({
    settings: testSettings({
      pagerDutyWebhookSecrets: [SECRET],
      slackWebhookUrl: SLACK_URL,
      webhookUrl: SOAR_URL,
      webhookSecrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    }),
    fetch: async (url, init) => {
      const body = String(init.body)
      if (url === SLACK_URL) return new Response(slack.post(body).body)
      if (url === SOAR_URL) {
        received.push(JSON.parse(body))
        return new Response(null, { status: 204 })
      }
      const reply = pagerDuty.enqueue(body, world.now())
      return Response.json(reply.body, { status: reply.status })
    },
  })
})

/** Delivers what waits on the queue until nothing does. */
async function calm(): Promise<void> {
  while (alerts.waiting.length > 0) {
    const taken = alerts.takeAll()
    world.advance(1000 * Math.max(...taken.map(({ delaySeconds }) => delaySeconds)))
    await deliver(batchOf(taken.map(({ body }) => body)).batch, world, destinations)
  }
}

/** An alert that all three were told of, and the incident. */
async function paged(): Promise<{ alertId: string; incident: Incident }> {
  const { statements, deliveryIds } = openAlert(world.db, routing({ destinations }), {
    kind: 'system',
    ruleId: 'margay.test',
    dedup: 'host-1',
    episode: 1,
    severity: 'high',
    title: 'Trouble on host-1',
    runbook: '',
    context: {},
    at: world.now(),
  })
  await world.db.batch(statements)
  await world.alerts.sendBatch(deliveryIds.map(deliveryId => ({ body: { v: 1, deliveryId } })))
  await calm()
  const [incident] = pagerDuty.incidents
  if (incident === undefined) throw new Error('PagerDuty has no incident')
  return { alertId: deliveryIds[0]?.split('.')[0] ?? '', incident }
}

/** Hands the webhook of a happening to the room. */
async function tell(happening: Happening | undefined): Promise<void> {
  const { body, headers } = webhooks.of(happening as Happening)
  const request = new Request('https://margay.example.com/', { method: 'POST', body, headers })
  expect((await pagerDutyWebhook(world, destinations)(request)).status).toBe(200)
}

/** Someone presses buttons in PagerDuty, a minute apart, and everybody hears of each. */
async function press(incident: Incident, ...buttons: Parameters<typeof pagerDuty.press>[0][]): Promise<void> {
  for (const button of buttons) {
    world.advance(MINUTE)
    pagerDuty.press(button, incident, 'Someone', world.now())
    await tell(happenings.at(-1))
    await calm()
  }
}

/** What Slack shows in bold type's line, without the rest. */
const shown = () => slack.posted.map(({ text }) => text.replaceAll(/:[a-z_]+: /g, ''))
const typesReceived = () => received.map(({ type, news }) => [type, news])
const arrived = () => pagerDuty.arrivals.map(({ action }) => action)

describe('what PagerDuty takes back', () => {
  it('by letting go of an incident, Slack and signed webhooks hear, and PagerDuty does not', async () => {
    const { alertId, incident } = await paged()
    await press(incident, 'acknowledge', 'unacknowledge')
    expect(shown()).toEqual([
      'high: Trouble on host-1',
      'Acknowledged: high: Trouble on host-1',
      'No longer acknowledged: high: Trouble on host-1',
    ])
    expect(JSON.stringify(slack.posted.at(-1))).toContain('No longer acknowledged by pagerduty:Someone')
    expect(typesReceived()).toEqual([
      ['alert.triggered', null],
      ['alert.acknowledged', null],
      ['alert.updated', 'unacknowledged'],
    ])
    expect(arrived()).toEqual(['trigger'])
    expect((await alertById(env.DB, alertId))?.status).toBe('open')
  })

  it('by opening a resolved incident again, they hear as of any alert that opens again', async () => {
    const { alertId, incident } = await paged()
    await press(incident, 'resolve', 'reopen')
    expect(shown()).toEqual([
      'high: Trouble on host-1',
      'Resolved: high: Trouble on host-1',
      'Opened again by pagerduty:Someone: high: Trouble on host-1',
    ])
    expect(typesReceived()).toEqual([
      ['alert.triggered', null],
      ['alert.resolved', null],
      ['alert.triggered', 'opened_again'],
    ])
    expect(new Set(received.map(({ delivery_id }) => delivery_id)).size).toBe(3)
    expect(arrived()).toEqual(['trigger'])
    expect((await alertById(env.DB, alertId))?.status).toBe('open')
  })

  it('as often as it does so', async () => {
    const { incident } = await paged()
    await press(incident, 'acknowledge', 'unacknowledge', 'acknowledge', 'unacknowledge')
    await press(incident, 'resolve', 'reopen', 'resolve', 'reopen')
    expect(typesReceived().map(([type, news]) => news ?? type)).toEqual([
      'alert.triggered',
      'alert.acknowledged',
      'unacknowledged',
      'alert.acknowledged',
      'unacknowledged',
      'alert.resolved',
      'opened_again',
      'alert.resolved',
      'opened_again',
    ])
    expect(slack.posted).toHaveLength(9)
    expect(arrived()).toEqual(['trigger'])
  })

  it('is not told any more when it is acknowledged again by then', async () => {
    const { incident } = await paged()
    await press(incident, 'acknowledge')
    for (const button of ['unacknowledge', 'acknowledge'] as const) {
      world.advance(MINUTE)
      pagerDuty.press(button, incident, 'Someone', world.now())
      await tell(happenings.at(-1))
    }
    await calm()
    expect(shown()).not.toContain('No longer acknowledged: high: Trouble on host-1')
  })
})

describe('a resolve that we hear of late', () => {
  /** The alert grows; what tells so is due in five minutes. */
  async function grow(alertId: string): Promise<string> {
    await planUpdates(env.DB, JSON.stringify([{ alertId }]), world.now()).run()
    return `${alertId}.pagerduty.update.1`
  }

  async function send(deliveryId: string): Promise<void> {
    await deliver(batchOf([{ v: 1, deliveryId }]).batch, world, destinations)
  }

  it('ends what waits: after it nothing goes to PagerDuty but what opens the alert again', async () => {
    const { alertId, incident } = await paged()
    const update = await grow(alertId)
    await press(incident, 'resolve')
    world.advance(5 * MINUTE)
    await send(update)
    expect(arrived()).toEqual(['trigger'])
    expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved'])
  })

  it.each([
    ['the resolve', [1, 2]],
    ['the new incident', [2, 1]],
  ])(
    'leaves the alert open when an update opened a new incident before we heard, whichever we hear of first: %s',
    async (_, order) => {
      const { alertId, incident } = await paged()
      const update = await grow(alertId)
      world.advance(MINUTE)
      pagerDuty.press('resolve', incident, 'Someone', world.now())
      world.advance(4 * MINUTE)
      await send(update)
      expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered'])
      for (const index of order) await tell(happenings[index])
      await calm()
      expect((await alertById(env.DB, alertId))?.status).toBe('open')
      expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved', 'triggered'])
    },
  )

  it('stays resolved where PagerDuty is told so all the same: what was sent may open an incident late', async () => {
    const { alertId, incident } = await paged()
    const update = await grow(alertId)
    world.advance(4 * MINUTE)
    const ambiguous = 'UPDATE deliveries SET attempts = 1, ambiguous_at = ?2 WHERE delivery_id = ?1'
    await env.DB.prepare(ambiguous).bind(update, world.now()).run()
    pagerDuty.press('resolve', incident, 'Someone', world.now())
    const late = JSON.stringify({
      routing_key: world.settings.pagerDutyRoutingKey,
      event_action: 'trigger',
      dedup_key: `margay:${alertId}`,
      payload: { summary: 's', source: 's', severity: 'error' },
    })
    pagerDuty.enqueue(late, world.now() + 1)
    for (const index of [1, 2]) await tell(happenings[index])
    await calm()
    expect((await alertById(env.DB, alertId))?.status).toBe('resolved')
    expect(pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved', 'resolved'])
  })
})

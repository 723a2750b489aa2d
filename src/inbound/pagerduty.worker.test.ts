import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  alerts,
  calm,
  freshAlerting,
  happenings,
  newWorld,
  pagerDuty,
  run,
  story,
} from '../../test/alerting.ts'
import { failingD1 } from '../../test/faults.ts'
import type { Happening, Incident } from '../../test/simulator/pagerduty.ts'
import { signatureOf, type Webhook, Webhooks } from '../../test/simulator/pagerduty-webhooks.ts'
import { type TestWorld, testSettings } from '../../test/world.ts'
import { openAlert, reopenAlert, resolveAlert } from '../alerts/lifecycle.ts'
import { type Destination, routing } from '../detect/routing.ts'
import type { World } from '../env.ts'
import { alertById } from '../store/alerts.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { pagerDutyWebhook } from './pagerduty.ts'
import { PAGERDUTY_WEBHOOK_PATH } from './path.ts'

const SECRET = 'webhook-secret-of-the-tests-0123456789'
const MINUTE = 60_000
const PERSON = 'Someone'

const destinations: readonly Destination[] = [
  { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' },
  { id: 'chat', type: 'slack', minSeverity: 'low' },
]

let webhooks: Webhooks

beforeEach(async () => {
  await freshAlerting()
  webhooks = new Webhooks([SECRET])
})

function webhookWorld(overrides: Partial<World> = {}): TestWorld {
  return newWorld({ settings: testSettings({ pagerDutyWebhookSecrets: [SECRET] }), ...overrides })
}

function requestOf({ body, headers }: Pick<Webhook, 'body' | 'headers'>): Request {
  return new Request(`https://margay.example.com${PAGERDUTY_WEBHOOK_PATH}`, { method: 'POST', body, headers })
}

/** Hands a webhook to the room; answers the status and what it says was done. */
async function take(world: World, webhook: Pick<Webhook, 'body' | 'headers'>): Promise<[number, string]> {
  const response = await pagerDutyWebhook(world, destinations)(requestOf(webhook))
  const reply = JSON.parse(await response.text())
  return [response.status, reply.status ?? reply.error.code]
}

/** Opens an alert that both destinations hear of; PagerDuty has an incident for it. */
async function paged(world: TestWorld, name = 'host-1'): Promise<{ alertId: string; incident: Incident }> {
  const { statements, deliveryIds } = openAlert(world.db, routing({ destinations }), {
    kind: 'system',
    ruleId: 'margay.test',
    dedup: name,
    episode: 1,
    severity: 'high',
    title: `Trouble on ${name}`,
    runbook: '',
    context: {},
    at: world.now(),
  })
  await world.db.batch(statements)
  const [first = ''] = deliveryIds
  await run(world, { v: 1, deliveryId: first })
  const alertId = first.split('.')[0] ?? ''
  const incident = pagerDuty.openIncident(`margay:${alertId}`)
  if (incident === undefined) throw new Error('PagerDuty has no incident')
  return { alertId, incident }
}

/** Someone presses a button a minute later; the webhook that tells of it. */
function press(
  world: TestWorld,
  button: 'acknowledge' | 'unacknowledge' | 'resolve' | 'reopen',
  incident: Incident,
) {
  world.advance(MINUTE)
  pagerDuty.press(button, incident, PERSON, world.now())
  return webhooks.of(happenings.at(-1) as Happening)
}

const stateOf = async (alertId: string) => {
  const alert = await alertById(env.DB, alertId)
  return [alert?.status, alert?.statusBy]
}

const deliveryIds = async (alertId: string) =>
  (await deliveriesOf(env.DB, alertId)).map(({ deliveryId }) => deliveryId.slice(alertId.length + 1))

describe('what someone does in PagerDuty', () => {
  it('acknowledges our alert, in their name, with a line in the timeline', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    expect(await take(world, press(world, 'acknowledge', incident))).toEqual([200, 'applied'])
    expect(await stateOf(alertId)).toEqual(['acknowledged', 'pagerduty:Someone'])
    expect((await story(alertId)).at(-1)).toBe(
      `Acknowledged by pagerduty:Someone: https://example.pagerduty.com/incidents/${incident.id}`,
    )
  })

  it('resolves our alert and opens it again', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    await take(world, press(world, 'resolve', incident))
    expect(await stateOf(alertId)).toEqual(['resolved', 'pagerduty:Someone'])
    await take(world, press(world, 'reopen', incident))
    expect(await stateOf(alertId)).toEqual(['open', 'pagerduty:Someone'])
    expect((await alertById(env.DB, alertId))?.resolvedAt).toBeNull()
    expect((await story(alertId)).join('\n')).toContain('Opened again by pagerduty:Someone')
  })

  it('lets go of our alert when an acknowledgement runs out, in nobody’s name', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    await take(world, press(world, 'acknowledge', incident))
    world.advance(MINUTE)
    pagerDuty.press('unacknowledge', incident, '', world.now())
    await take(world, webhooks.of(happenings.at(-1) as Happening))
    expect(await stateOf(alertId)).toEqual(['open', 'pagerduty'])
  })

  it('is not sent back to PagerDuty, and others are told', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const arrived = pagerDuty.arrivals.length
    await take(world, press(world, 'acknowledge', incident))
    await take(world, press(world, 'resolve', incident))
    expect(await deliveryIds(alertId)).toEqual([
      'chat.trigger',
      'chat.acknowledge',
      'chat.resolve',
      'pagerduty.trigger',
    ])
    expect(alerts.waiting.map(({ body }) => (body as { deliveryId: string }).deliveryId)).toContain(
      `${alertId}.chat.resolve`,
    )
    await calm(world)
    expect(pagerDuty.arrivals).toHaveLength(arrived)
  })

  it('is sent back when what PagerDuty was sent may still take effect: it would open the incident anew', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    await env.DB.prepare(
      "UPDATE deliveries SET ambiguous_at = ?1 WHERE delivery_id LIKE '%.pagerduty.trigger'",
    )
      .bind(world.now() + MINUTE - 10_000)
      .run()
    await take(world, press(world, 'resolve', incident))
    expect(await deliveryIds(alertId)).toContain('pagerduty.resolve')
  })

  it('can be done again here after PagerDuty let go of it, and PagerDuty hears of it', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    await take(world, press(world, 'resolve', incident))
    await take(world, press(world, 'reopen', incident))
    world.advance(MINUTE)
    const change = { alertId, at: world.now(), by: 'someone here', note: '' }
    await env.DB.batch(resolveAlert(env.DB, destinations, change).statements)
    await run(world, { v: 1, deliveryId: `${alertId}.pagerduty.resolve` })
    expect(incident.status).toBe('resolved')
  })

  it('is counted by what happened', async () => {
    const world = webhookWorld()
    const { incident } = await paged(world)
    await take(world, press(world, 'acknowledge', incident))
    const counted = await env.DB.prepare(
      "SELECT label, value FROM counters WHERE name = 'pagerduty_webhooks'",
    ).all()
    expect(counted.results).toEqual([{ label: 'acknowledged', value: 1 }])
  })

  it('tells which incident an alert lies in as soon as PagerDuty opens it', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    expect(await take(world, webhooks.of(happenings[0] as Happening))).toEqual([200, 'applied'])
    expect((await story(alertId)).at(-1)).toBe(
      `PagerDuty opened incident ${incident.id}: https://example.pagerduty.com/incidents/${incident.id}`,
    )
    expect(await stateOf(alertId)).toEqual(['open', ''])
  })
})

describe('F24: a webhook that is replayed, out of order, or about another alert of the incident', () => {
  it('is applied once, however often it comes', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const acknowledged = press(world, 'acknowledge', incident)
    expect(await take(world, acknowledged)).toEqual([200, 'applied'])
    const before = await story(alertId)
    expect(await take(world, acknowledged)).toEqual([200, 'repeated'])
    expect(await Promise.all([take(world, acknowledged), take(world, acknowledged)])).toEqual([
      [200, 'repeated'],
      [200, 'repeated'],
    ])
    expect(await story(alertId)).toEqual(before)
  })

  it('is known under another X-Webhook-Id, which is not signed, and after 72 hours', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const acknowledged = press(world, 'acknowledge', incident)
    await take(world, acknowledged)
    await take(world, press(world, 'unacknowledge', incident))
    const { 'x-webhook-id': _, ...headers } = acknowledged.headers
    expect(
      await take(world, { body: acknowledged.body, headers: { ...headers, 'x-webhook-id': 'forged' } }),
    ).toEqual([200, 'repeated'])
    expect(await take(world, { body: acknowledged.body, headers })).toEqual([200, 'repeated'])
    world.advance(73 * 60 * MINUTE)
    const other = await paged(world, 'host-2')
    await take(world, press(world, 'acknowledge', other.incident))
    expect(await env.DB.prepare('SELECT count(*) FROM pagerduty_webhooks').first('count(*)')).toBe(2)
    expect(await take(world, acknowledged)).toEqual([200, 'ignored'])
    expect(await stateOf(alertId)).toEqual(['open', 'pagerduty:Someone'])
  })

  it('at the same moment twice is applied once', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const acknowledged = press(world, 'acknowledge', incident)
    const replies = await Promise.all(Array.from({ length: 4 }, () => take(world, acknowledged)))
    expect(new Set(replies.map(([status]) => status))).toEqual(new Set([200]))
    expect((await story(alertId)).filter(line => line.startsWith('Acknowledged'))).toHaveLength(1)
  })

  it('changes nothing when something later was said', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const acknowledged = press(world, 'acknowledge', incident)
    const resolved = press(world, 'resolve', incident)
    const reopened = press(world, 'reopen', incident)
    await take(world, reopened)
    expect(await take(world, resolved)).toEqual([200, 'ignored'])
    expect(await take(world, acknowledged)).toEqual([200, 'ignored'])
    expect(await stateOf(alertId)).toEqual(['open', ''])
  })

  it('changes nothing when someone here did something later', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    await take(world, press(world, 'acknowledge', incident))
    const unacknowledged = press(world, 'unacknowledge', incident)
    world.advance(MINUTE)
    const change = { alertId, at: world.now(), by: 'someone here', note: '' }
    await env.DB.batch(resolveAlert(env.DB, destinations, change).statements)
    await take(world, unacknowledged)
    expect(await stateOf(alertId)).toEqual(['resolved', 'someone here'])
  })

  it('changes nothing when the alert opened again here later: its page is another one by then', async () => {
    const world = webhookWorld()
    const { alertId, incident } = await paged(world)
    const resolved = press(world, 'resolve', incident)
    world.advance(MINUTE)
    const change = { alertId, at: world.now(), by: 'someone here', note: '' }
    await env.DB.batch(resolveAlert(env.DB, destinations, change).statements)
    await env.DB.batch(reopenAlert(env.DB, destinations, { ...change, at: world.now() + 1 }).statements)
    await take(world, resolved)
    expect(await stateOf(alertId)).toEqual(['open', 'someone here'])
  })

  it('resolves all alerts of a merged incident, none of which merging itself resolved', async () => {
    const world = webhookWorld()
    const first = await paged(world, 'host-1')
    const second = await paged(world, 'host-2')
    const third = await paged(world, 'host-3')
    world.advance(MINUTE)
    pagerDuty.merge(second.incident, first.incident, PERSON, world.now())
    expect(await take(world, webhooks.of(happenings.at(-1) as Happening))).toEqual([200, 'applied'])
    expect(await stateOf(second.alertId)).toEqual(['open', ''])
    expect((await story(second.alertId)).at(-1)).toContain(
      `Someone merged incident ${second.incident.id} of PagerDuty into ${first.incident.id}`,
    )
    await take(world, press(world, 'resolve', first.incident))
    expect(await stateOf(first.alertId)).toEqual(['resolved', 'pagerduty:Someone'])
    expect(await stateOf(second.alertId)).toEqual(['resolved', 'pagerduty:Someone'])
    expect(await stateOf(third.alertId)).toEqual(['open', ''])
  })

  it('resolves more alerts than one webhook may change, try by try', async () => {
    const world = webhookWorld()
    const { incident } = await paged(world)
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO alerts (alert_id, kind, rule_id, dedup, episode, status, severity, title, event_count,
           first_event_at, last_event_at, created_at, updated_at)
         SELECT 'a' || value, 'match', 'r', value, 1, 'open', 'high', 't', 1, 0, 0, 0, 0 FROM json_each(?)`,
      ).bind(JSON.stringify(Array.from({ length: 250 }, (_, n) => n))),
      env.DB.prepare(
        "INSERT INTO pagerduty_incidents SELECT alert_id, ?, 0 FROM alerts WHERE rule_id = 'r'",
      ).bind(incident.id),
    ])
    const resolved = press(world, 'resolve', incident)
    const replies = []
    for (let n = 0; n < 4; n += 1) replies.push(await take(world, resolved))
    expect(replies).toEqual([
      [503, 'try_again'],
      [503, 'try_again'],
      [200, 'applied'],
      [200, 'repeated'],
    ])
    expect(
      await env.DB.prepare("SELECT count(*) FROM alerts WHERE status = 'resolved'").first('count(*)'),
    ).toBe(251)
  })

  it('leaves our alert as the last thing that happened left the incident, in any order and however often', async () => {
    let runs = 0
    const property = fc.asyncProperty(
      fc.array(fc.constantFrom('acknowledge', 'unacknowledge', 'resolve', 'reopen'), { maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      async (buttons, picks) => {
        runs += 1
        const world = webhookWorld()
        world.advance(2 * runs * MINUTE) // a destination takes so many a minute
        const { alertId, incident } = await paged(world, `host-${runs}`)
        const from = happenings.length
        for (const button of buttons as Parameters<typeof press>[1][]) {
          world.advance(MINUTE)
          pagerDuty.press(button, incident, PERSON, world.now())
        }
        const sent = happenings.slice(from).map(happening => webhooks.of(happening))
        const order = [...sent, ...sent].map(webhook => ({ webhook, at: picks.next().value ?? 0 }))
        for (const { webhook } of order.toSorted((a, b) => a.at - b.at)) await take(world, webhook)
        const expected = { triggered: 'open', acknowledged: 'acknowledged', resolved: 'resolved' }
        // Alerts only follow what changes them from where they are: what was never news here is that already.
        expect((await stateOf(alertId))[0]).toBe(expected[incident.status])
      },
    )
    await fc.assert(property, { numRuns: 40 })
  }, 30_000)
})

describe('a webhook that is refused', () => {
  it.each([
    ['without a signature', undefined],
    ['with that of another secret', signatureOf('{}', ['another secret'])],
    ['with that of another body', signatureOf('{ }', [SECRET])],
  ])('%s: 401, counted, nothing done', async (_, signature) => {
    const world = webhookWorld()
    const headers: Record<string, string> =
      signature === undefined ? {} : { 'x-pagerduty-signature': signature }
    expect(await take(world, { body: '{}', headers })).toEqual([401, 'not_signed'])
    const counted = await env.DB.prepare(
      "SELECT label, value FROM counters WHERE name LIKE 'pagerduty%'",
    ).all()
    expect(counted.results).toEqual([{ label: 'not_signed', value: 1 }])
  })

  it('does not lead anyone to our secret, or to what they tried', async () => {
    const world = webhookWorld()
    const response = await pagerDutyWebhook(
      world,
      destinations,
    )(requestOf({ body: '{"tried":"guess"}', headers: { 'x-pagerduty-signature': 'v1=guess' } }))
    const shown = JSON.stringify([await response.text(), [...response.headers], world.logged])
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toContain('guess')
  })

  it('costs one write in ten seconds, however many there are', async () => {
    const world = webhookWorld()
    const { store, calls } = failingD1(env.DB, { failAt: -1 })
    const receive = pagerDutyWebhook({ ...world, db: store }, destinations)
    for (let n = 0; n < 50; n += 1) await receive(requestOf({ body: '{}', headers: {} }))
    expect(calls()).toBe(1)
    world.advance(10_000)
    await receive(requestOf({ body: '{}', headers: {} }))
    expect(calls()).toBe(2)
    const total = await env.DB.prepare(
      "SELECT sum(value) FROM counters WHERE name = 'pagerduty_webhooks_refused'",
    ).first('sum(value)')
    expect(total).toBe(51)
  })

  it('is refused all the same when it can not be counted', async () => {
    const world = webhookWorld({ db: failingD1(env.DB, { failAt: 0, lasting: true }).store })
    expect(await take(world, { body: '{}', headers: {} })).toEqual([401, 'not_signed'])
  })

  it.each([
    ['said', { 'content-length': String(256 * 1024 + 1) }],
    ['unsaid', {}],
  ])('for its size (%s) is not read to its end', async (_, headers) => {
    const world = webhookWorld()
    let pulled = 0
    const body = new ReadableStream<Uint8Array>({
      pull: controller => {
        pulled += 1
        controller.enqueue(new Uint8Array(64 * 1024))
      },
    })
    const request = new Request(`https://margay.example.com${PAGERDUTY_WEBHOOK_PATH}`, {
      method: 'POST',
      body,
      headers,
    })
    const response = await pagerDutyWebhook(world, destinations)(request)
    expect(response.status).toBe(413)
    expect(pulled).toBeLessThan(10)
  })

  it('for its slowness may come again', async () => {
    const world = webhookWorld({ sleep: async () => {} })
    const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
    const request = new Request(`https://margay.example.com${PAGERDUTY_WEBHOOK_PATH}`, {
      method: 'POST',
      body,
    })
    expect((await pagerDutyWebhook(world, destinations)(request)).status).toBe(503)
  })

  it('is not there at all when no secret is configured', async () => {
    const response = await pagerDutyWebhook(
      newWorld(),
      destinations,
    )(requestOf(webhooks.make('pagey.ping', { event_type: 'pagey.ping' })))
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({
      error: { code: 'not_found', message: 'There is no such route.' },
    })
  })

  it('by another method is told which one', async () => {
    const request = new Request(`https://margay.example.com${PAGERDUTY_WEBHOOK_PATH}`)
    const response = await pagerDutyWebhook(webhookWorld(), destinations)(request)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('a well-signed webhook', () => {
  it('that is a test of the subscription is answered', async () => {
    expect(await take(webhookWorld(), webhooks.make('pagey.ping', { event_type: 'pagey.ping' }))).toEqual([
      200,
      'pong',
    ])
  })

  it.each([
    ['of a type that is not known', { id: 'E1', event_type: 'incident.teleported' }],
    ['of a shape that is not known', { id: 'E1', event_type: 'incident.resolved', data: 7 }],
    [
      'about an incident that is not ours',
      {
        id: 'E1',
        event_type: 'incident.resolved',
        occurred_at: '2026-11-24T12:00:00Z',
        data: { id: 'P9', incident_key: 'another monitoring' },
      },
    ],
    [
      'about an alert that we never had',
      {
        id: 'E1',
        event_type: 'incident.resolved',
        occurred_at: '2026-11-24T12:00:00Z',
        data: { id: 'P9', incident_key: `margay:${'0'.repeat(20)}` },
      },
    ],
  ])('%s is taken and ignored, so that the subscription lives on', async (_, event) => {
    expect(await take(webhookWorld(), webhooks.make('any', event))).toEqual([200, 'ignored'])
  })

  it('with a body that is no JSON is taken and ignored', async () => {
    const headers = { 'x-pagerduty-signature': signatureOf('{"event":', [SECRET]) }
    expect(await take(webhookWorld(), { body: '{"event":', headers })).toEqual([200, 'ignored'])
  })

  it('is taken with either secret while one takes the place of the other', async () => {
    const settings = testSettings({ pagerDutyWebhookSecrets: ['new-secret-of-the-tests-0123456789', SECRET] })
    const body = '{"event":{"event_type":"pagey.ping"}}'
    for (const secrets of [[SECRET], ['new-secret-of-the-tests-0123456789'], ['x', SECRET]]) {
      const headers = { 'x-pagerduty-signature': signatureOf(body, secrets) }
      expect(await take(webhookWorld({ settings }), { body, headers })).toEqual([200, 'pong'])
    }
  })

  it.each([
    [0, false],
    [1, false],
    [0, true],
    [1, true],
  ])(
    'comes again when D1 fails at call %i (after its effect: %s), and is applied once',
    async (failAt, after) => {
      const world = webhookWorld()
      const { alertId, incident } = await paged(world)
      const acknowledged = press(world, 'acknowledge', incident)
      const { store } = failingD1(env.DB, { failAt, after })
      expect(await take({ ...world, db: store }, acknowledged)).toEqual([503, 'try_again'])
      expect((await take(world, acknowledged))[0]).toBe(200)
      expect(await stateOf(alertId)).toEqual(['acknowledged', 'pagerduty:Someone'])
      expect((await story(alertId)).filter(line => line.startsWith('Acknowledged'))).toHaveLength(1)
    },
  )
})

import { env } from 'cloudflare:workers'
import { Webhook } from 'standardwebhooks'
import { beforeEach, describe, expect, it } from 'vitest'
import { batchOf } from '../../test/alerts-queue.ts'
import { heldQueue } from '../../test/held-queue.ts'
import { SlackModel } from '../../test/simulator/slack.ts'
import { freshStorage } from '../../test/storage.ts'
import { type TestWorld, testSettings, worldFor } from '../../test/world.ts'
import { openAlert, redrive } from '../alerts/lifecycle.ts'
import type { AlertWakeUp } from '../alerts/wake-up.ts'
import { routing } from '../detect/routing.ts'
import type { Settings, World } from '../env.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { deliver } from './deliver.ts'

const SLACK_URL = 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxxxxxxxxxx'
const WEBHOOK_URL = 'https://soar.example.com/in'
const OLD = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NEW = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

const alertRouting = routing({
  destinations: [
    { id: 'page', type: 'pagerduty', minSeverity: 'low' },
    { id: 'chat', type: 'slack', minSeverity: 'low' },
    { id: 'soar', type: 'webhook', minSeverity: 'low' },
  ],
})

beforeEach(freshStorage)

type Answer = (init: RequestInit) => Response | Promise<Response>

/** A world in which each destination answers as it is told to. */
function worldOf(
  answers: Record<'page' | 'chat' | 'soar', Answer>,
  settings: Partial<Settings> = {},
): TestWorld {
  const fetch: World['fetch'] = async (url, init) => {
    if (url === SLACK_URL) return answers.chat(init)
    return url === WEBHOOK_URL ? answers.soar(init) : answers.page(init)
  }
  return worldFor(env, {
    alerts: heldQueue<AlertWakeUp>().queue,
    fetch,
    settings: testSettings({
      slackWebhookUrl: SLACK_URL,
      webhookUrl: WEBHOOK_URL,
      webhookSecrets: [OLD],
      ...settings,
    }),
  })
}

const accepted: Answer = () => new Response(null, { status: 202 })
const ok: Answer = () => new Response('ok')

/** Opens an alert; answers its id and the messages that wake its deliveries. */
async function open(world: TestWorld) {
  const { statements, deliveryIds } = openAlert(world.db, alertRouting, {
    kind: 'silence',
    ruleId: 'margay.host-silent',
    dedup: 'host-1',
    episode: 1,
    severity: 'high',
    title: 'Host is silent',
    runbook: '',
    context: {},
    hostId: 'host-1',
    hostname: 'web-1.example.com',
    at: world.now(),
  })
  await world.db.batch(statements)
  return { alertId: deliveryIds[0]?.split('.')[0] ?? '', deliveryIds }
}

async function run(world: TestWorld, deliveryIds: readonly string[]): Promise<void> {
  const { batch } = batchOf(deliveryIds.map(deliveryId => ({ v: 1, deliveryId })))
  await deliver(batch, world, alertRouting.destinations)
}

async function states(alertId: string): Promise<Record<string, string>> {
  const rows = await deliveriesOf(env.DB, alertId)
  return Object.fromEntries(rows.map(({ destination, state }) => [destination, state]))
}

describe('several destinations', () => {
  it('are each told in their own way', async () => {
    const slack = new SlackModel()
    const world = worldOf({
      page: accepted,
      chat: ({ body }) => new Response(slack.post(String(body)).body),
      soar: accepted,
    })
    const { alertId, deliveryIds } = await open(world)
    await run(world, deliveryIds)
    expect(await states(alertId)).toEqual({ page: 'delivered', chat: 'delivered', soar: 'delivered' })
    expect(slack.posted).toHaveLength(1)
  })

  it('do not wait for one that is broken, lacks its key, or fails', async () => {
    const gone: Answer = () => new Response(null, { status: 410 })
    const down: Answer = () => new Response(null, { status: 503 })
    const world = worldOf({ page: gone, chat: down, soar: accepted })
    const { alertId, deliveryIds } = await open(world)
    await run(world, deliveryIds)
    expect(await states(alertId)).toEqual({ page: 'parked', chat: 'pending', soar: 'delivered' })

    await freshStorage()
    const lacking = worldOf({ page: accepted, chat: ok, soar: accepted }, { webhookSecrets: [] })
    const second = await open(lacking)
    await run(lacking, second.deliveryIds)
    expect(await states(second.alertId)).toEqual({ page: 'delivered', chat: 'delivered', soar: 'parked' })
    const parked = (await deliveriesOf(env.DB, second.alertId)).find(({ state }) => state === 'parked')
    expect(parked?.reason).toContain('WEBHOOK_SECRET is missing')
  })
})

describe('Slack', () => {
  it('that answers 200 and ok: false has not taken it, and gets one line of text', async () => {
    const bodies: string[] = []
    const chat: Answer = ({ body }) => {
      bodies.push(String(body))
      const reply = bodies.length === 1 ? '{"ok":false,"error":"invalid_blocks"}' : 'ok'
      return new Response(reply)
    }
    const world = worldOf({ page: accepted, chat, soar: accepted })
    const { alertId, deliveryIds } = await open(world)
    await run(world, deliveryIds)
    expect((await states(alertId))['chat']).toBe('delivered')
    expect(bodies.map(body => 'blocks' in JSON.parse(body))).toEqual([true, false])
  })
})

describe('a signed webhook', () => {
  /** What a receiver sees; the library compares with its machine's time, so it signs itself to compare. */
  const seen = ({ headers, body }: RequestInit, secret: string) => {
    const signed = new Headers(headers)
    const id = signed.get('webhook-id') ?? ''
    const at = Number(signed.get('webhook-timestamp')) * 1_000
    const expected = new Webhook(secret).sign(id, new Date(at), String(body))
    return { id, at, isSigned: signed.get('webhook-signature')?.split(' ').includes(expected) === true }
  }

  it('keeps its id over attempts, while each has its own time', async () => {
    const received: ReturnType<typeof seen>[] = []
    const soar: Answer = init => {
      received.push(seen(init, OLD))
      return new Response(null, { status: received.length === 1 ? 500 : 204 })
    }
    const world = worldOf({ page: accepted, chat: ok, soar })
    const { alertId, deliveryIds } = await open(world)
    await run(world, deliveryIds)
    world.advance(60_000)
    await run(world, deliveryIds)
    const [first, second] = received
    expect(received).toHaveLength(2)
    expect([first?.id, second?.id]).toEqual([`msg_${alertId}_soar_trigger`, `msg_${alertId}_soar_trigger`])
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(60_000)
    expect([first?.isSigned, second?.isSigned]).toEqual([true, true])
  })

  it('is verified by a receiver with the old or the new secret while both are configured', async () => {
    const verdicts: boolean[] = []
    const soar: Answer = init => {
      verdicts.push(seen(init, OLD).isSigned, seen(init, NEW).isSigned)
      return new Response(null, { status: 204 })
    }
    const world = worldOf({ page: accepted, chat: ok, soar }, { webhookSecrets: [NEW, OLD] })
    await run(world, (await open(world)).deliveryIds)
    expect(verdicts).toEqual([true, true])
  })

  it.each([
    ['a redirect, which is never followed', 307, 'https://192.0.2.1/'],
    ['gone', 410, null],
  ])('whose receiver answers %s is parked, and goes out by a redrive', async (_, status, location) => {
    let answer = new Response(null, { status, ...(location && { headers: { location } }) })
    const redirects: RequestInit['redirect'][] = []
    const soar: Answer = ({ redirect }) => {
      redirects.push(redirect)
      return answer
    }
    const world = worldOf({ page: accepted, chat: ok, soar })
    const { alertId, deliveryIds } = await open(world)
    await run(world, deliveryIds)
    expect([(await states(alertId))['soar'], redirects]).toEqual(['parked', ['manual']])
    answer = new Response(null, { status: 204 })
    const deliveryId = `${alertId}.soar.trigger`
    await env.DB.batch(redrive(env.DB, { deliveryId, at: world.now(), by: 'ada' }).statements)
    await run(world, [deliveryId])
    expect((await states(alertId))['soar']).toBe('delivered')
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  calm,
  change,
  freshAlerting,
  message,
  newWorld,
  only,
  routing,
  run,
  story,
} from '../../test/alerting.ts'
import type { TestWorld } from '../../test/world.ts'
import { openAlert } from '../alerts/lifecycle.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { deliveriesOf } from '../store/deliveries.ts'
import { brokenDestinations } from './broken.ts'
import { failOver } from './fail-over.ts'
import { healDestinations } from './heal.ts'

// 403 is what a service says of a key, and a firewall before it of a text that looks like an attack.

const MINUTE = 60_000
const everything = routingOf({ destinations: routing })
const ATTACK = "'; DROP TABLE users; cat /etc/passwd"

/** What PagerDuty answers to a body. */
let answer: (body: string) => Response
/** Alerts that requests were about, in order. */
let asked: string[]
let bodies: string[]
let world: TestWorld

const status = (code: number, said = '') => new Response(said, { status: code })
const everything403 = () => status(403)
const takesAll = () => status(202)
const firewall = (body: string) => status(body.includes('passwd') ? 403 : 202, 'Request blocked')

beforeEach(async () => {
  await freshAlerting()
  asked = []
  bodies = []
  answer = everything403
  world = newWorld({
    fetch: async (_, init) => {
      const body = String(init.body)
      bodies.push(body)
      asked.push(String(JSON.parse(body).dedup_key).replace('margay:', ''))
      return answer(body)
    },
  })
})

interface Facts {
  /** Null: no host is concerned. */
  readonly host: string | null
  readonly rule: string
  readonly title?: string
  readonly severity?: 'high' | 'critical'
}

/** An alert that nobody was told of yet. */
async function opened({ host, rule, title = 'A match', severity = 'high' }: Facts): Promise<string> {
  const { statements, deliveryIds } = openAlert(env.DB, everything, {
    kind: host === null ? 'system' : 'silence',
    ruleId: rule,
    dedup: `${host} ${world.now()} ${deliveries++}`,
    episode: 1,
    severity,
    title,
    runbook: 'Look for cat /etc/passwd.',
    context: { cmdline: title },
    ...(host !== null && { hostId: host, hostname: `${host}.example.com` }),
    at: world.now(),
  })
  await env.DB.batch(statements)
  return deliveryIds[0]?.split('.')[0] ?? ''
}
let deliveries = 0

async function tell(facts: Facts): Promise<string> {
  const alertId = await opened(facts)
  await run(world, message(alertId, 'trigger'))
  return alertId
}

const isBroken = async () => (await brokenDestinations(world, routing)).size > 0
const stateOf = async (alertId: string) => (await only(alertId)).state
/** In which of the next minutes it was asked anything. */
async function minutesAsked(minutes: number): Promise<readonly number[]> {
  const at: number[] = []
  for (let n = 1; n <= minutes; n += 1) {
    const before = asked.length
    await minute()
    if (asked.length > before) at.push(n)
  }
  return at
}

/** Cron's turn, and what it wakes. */
async function minute(): Promise<void> {
  world.advance(MINUTE)
  await healDestinations(world, everything)
  await calm(world)
}

describe('a firewall that answers 403 to what looks like an attack', () => {
  beforeEach(() => {
    answer = firewall
  })

  it('lets the plainest words through: the alert is delivered with its rule and id, and says so', async () => {
    const alertId = await tell({ host: 'h1', rule: 'r1', title: ATTACK })
    expect(await only(alertId)).toMatchObject({ state: 'delivered', responseStatus: 202, attempts: 1 })
    expect(bodies).toHaveLength(2)
    const { payload } = JSON.parse(bodies[1] ?? '{}')
    expect(payload.summary).toBe(`r1 (what it says was refused here: see alert ${alertId} in Margay)`)
    expect(payload.source).toBe('h1')
    expect((await story(alertId)).at(-1)).toBe(
      'pagerduty, trigger, attempt 1: accepted (HTTP 202). In the plainest words: to all others it said HTTP 403: Request blocked.',
    )
  })

  it('holds up nobody, however many hosts and rules write such text', async () => {
    const hostile = [
      await tell({ host: 'h1', rule: 'r1', title: ATTACK }),
      await tell({ host: 'h2', rule: 'r2', title: ATTACK }),
      await tell({ host: 'h3', rule: 'r3', title: ATTACK }),
    ]
    const other = await tell({ host: 'h4', rule: 'r4' })
    expect(await Promise.all([...hostile, other].map(stateOf))).toEqual(Array(4).fill('delivered'))
    expect(await isBroken()).toBe(false)
  })

  it('that quotes a word about keys which a host wrote is no sign of a bad key', async () => {
    answer = body => (body.includes('passwd') ? status(403, 'Blocked: Invalid token') : status(202))
    const alertId = await tell({ host: 'h1', rule: 'r1', title: `${ATTACK} invalid token` })
    expect(await stateOf(alertId)).toBe('delivered')
  })

  it('may leave the plainest words to be refused for themselves: that is no word about the destination', async () => {
    answer = body => status(body.includes('passwd') ? 403 : 400)
    for (const n of [1, 2, 3]) await tell({ host: `h${n}`, rule: `r${n}`, title: ATTACK })
    expect(asked).toHaveLength(6)
    expect(await isBroken()).toBe(false)
  })

  it('may be slow to take the plainest words: it is tried again', async () => {
    answer = body => status(body.includes('passwd') ? 403 : 503)
    expect(await stateOf(await tell({ host: 'h1', rule: 'r1', title: ATTACK }))).toBe('pending')
  })
})

describe('403 to all words', () => {
  it.each([
    ['one host', [1, 2, 3].map(n => ({ host: 'h1', rule: `r${n}` }))],
    ['one rule', [1, 2, 3].map(n => ({ host: `h${n}`, rule: 'r1' }))],
  ])('of %s alone stops nothing', async (_, facts) => {
    for (const fact of facts) await tell(fact)
    expect(await isBroken()).toBe(false)
    answer = takesAll
    expect(await stateOf(await tell({ host: 'h9', rule: 'r9' }))).toBe('delivered')
  })

  it.each([
    ['two hosts and two rules', { host: 'h2', rule: 'r2' }],
    ['no host', { host: null, rule: 'margay.parked-deliveries' }],
  ])('of %s means that the destination is broken', async (_, second) => {
    await tell({ host: 'h1', rule: 'r1' })
    await tell(second)
    expect(await isBroken()).toBe(true)
    const before = asked.length
    expect(await stateOf(await tell({ host: 'h3', rule: 'r3' }))).toBe('parked')
    expect(asked).toHaveLength(before)
  })

  it('of two hosts and two rules counts whatever came between', async () => {
    await tell({ host: 'h1', rule: 'r1' })
    await tell({ host: 'h1', rule: 'r2' })
    expect(await isBroken()).toBe(false)
    await tell({ host: 'h2', rule: 'r2' })
    expect(await isBroken()).toBe(true)
  })

  it('does not count over what was taken between', async () => {
    await tell({ host: 'h1', rule: 'r1' })
    answer = takesAll
    await tell({ host: 'h3', rule: 'r3' })
    // Once to send again what was refused, once to forget.
    answer = everything403
    for (let n = 0; n < 2; n += 1) await minute()
    await tell({ host: 'h2', rule: 'r2' })
    expect(await isBroken()).toBe(false)
  })

  it('is asked with two bodies, and once where there is only one', async () => {
    answer = takesAll
    const alertId = await tell({ host: 'h1', rule: 'r1' })
    answer = everything403
    await change(world, alertId, 'resolve')
    await run(world, message(alertId, 'resolve'))
    expect(asked).toEqual([alertId, alertId])
    await tell({ host: 'h2', rule: 'r1' })
    expect(asked).toHaveLength(4)
    expect(new Set(bodies).size).toBe(4)
  })

  it('that breaks a destination is asked again after one minute, then every fifteen', async () => {
    await tell({ host: 'h1', rule: 'r1' })
    await tell({ host: 'h2', rule: 'r2' })
    expect(await minutesAsked(46)).toEqual([1, 16, 31, 46])
  })

  it('to one alert alone is asked again by it after one minute, then every fifteen', async () => {
    const alertId = await tell({ host: 'h1', rule: 'r1' })
    expect(await minutesAsked(46)).toEqual([1, 16, 31, 46])
    answer = takesAll
    expect(await minutesAsked(15)).toEqual([15])
    expect(await stateOf(alertId)).toBe('delivered')
  })

  it('of one host in turns asks no more often', async () => {
    for (const n of [1, 2, 3]) await tell({ host: 'h1', rule: `r${n}` })
    expect(await minutesAsked(46)).toEqual([1, 16, 31, 46])
  })

  it('breaks it for a minute, not for what is left of a quarter of an hour', async () => {
    await tell({ host: 'h1', rule: 'r1' })
    for (let n = 0; n < 3; n += 1) await minute()
    await tell({ host: 'h2', rule: 'r2' })
    expect(await minutesAsked(1)).toEqual([1])
  })

  it.each([
    ['one rule', 'r1'],
    ['two', 'r2'],
  ])('is over: all that was refused of %s is sent', async (_, rule) => {
    const refused = [await tell({ host: 'h1', rule: 'r1' }), await tell({ host: 'h2', rule })]
    answer = takesAll
    for (let n = 0; n < 4; n += 1) await minute()
    expect(await Promise.all(refused.map(stateOf))).toEqual(['delivered', 'delivered'])
  })

  it('to one alert, while another is taken: it is sent once more, then waits for a person', async () => {
    const poisoned = await opened({ host: 'h1', rule: 'r1' })
    answer = body => status(body.includes(poisoned) ? 403 : 202)
    await run(world, message(poisoned, 'trigger'))
    world.advance(1)
    const other = await tell({ host: 'h2', rule: 'r2' })
    for (let n = 0; n < 40; n += 1) await minute()
    expect([await stateOf(poisoned), await stateOf(other)]).toEqual(['parked', 'delivered'])
    expect(asked).toEqual([poisoned, poisoned, other, poisoned, poisoned])
    expect((await story(poisoned)).join('\n')).toContain('pagerduty took another alert')
    expect(await env.DB.prepare('SELECT count(*) FROM broken_destinations').first('count(*)')).toBe(0)
  })

  it('to two alerts for what stands in them keeps others waiting for minutes', async () => {
    const poisoned = [await opened({ host: 'h1', rule: 'r1' }), await opened({ host: 'h2', rule: 'r2' })]
    answer = body => status(poisoned.some(id => body.includes(id)) ? 403 : 202)
    for (const alertId of poisoned) await run(world, message(alertId, 'trigger'))
    const others = [await tell({ host: 'h3', rule: 'r3' }), await tell({ host: 'h4', rule: 'r4' })]
    expect(await Promise.all(others.map(stateOf))).toEqual(['parked', 'parked'])
    for (let n = 0; n < 3; n += 1) await minute()
    expect(await Promise.all(others.map(stateOf))).toEqual(['delivered', 'delivered'])
    for (let n = 0; n < 20; n += 1) await minute()
    expect(await Promise.all(poisoned.map(stateOf))).toEqual(['parked', 'parked'])
  })

  it('leaves a critical alert to the fallback', async () => {
    const both = routingOf({
      destinations: [
        { id: 'pagerduty', type: 'pagerduty', minSeverity: 'low', fallback: 'other' },
        { id: 'other', type: 'webhook', minSeverity: 'critical' },
      ],
    })
    const alertId = await tell({ host: 'h1', rule: 'r1', severity: 'critical' })
    world.advance(5 * MINUTE)
    await failOver(world, both)
    const rows = await deliveriesOf(env.DB, alertId)
    expect(rows.map(({ destination, state }) => [destination, state])).toEqual([
      ['other', 'pending'],
      ['pagerduty', 'parked'],
    ])
  })
})

describe('403 with a word about the key', () => {
  it('is sure: asked once, and what comes behind is parked', async () => {
    answer = () => status(403, '{"message":"Invalid API key"}')
    await tell({ host: 'h1', rule: 'r1' })
    expect(await isBroken()).toBe(true)
    await tell({ host: 'h1', rule: 'r1' })
    expect(asked).toHaveLength(1)
    expect(await minutesAsked(15)).toEqual([15])
  })
})

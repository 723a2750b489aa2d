import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { failingD1 } from '../../test/faults.ts'
import { PagerDutyModel } from '../../test/simulator/pagerduty.ts'
import { freshStorage } from '../../test/storage.ts'
import { testSettings, worldFor } from '../../test/world.ts'
import type { Destination } from '../detect/routing.ts'
import { type Rule, rule, table } from '../detect/rule.ts'
import type { World } from '../env.ts'
import { announceRules } from './announce-rules.ts'

const KEY = testSettings().pagerDutyRoutingKey ?? ''
const destinations: readonly Destination[] = [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }]

let pagerDuty: PagerDutyModel
let asked: string[]

beforeEach(async () => {
  await freshStorage()
  pagerDuty = new PagerDutyModel([KEY])
  asked = []
})

function announcing(overrides: Partial<World> = {}) {
  return worldFor(env, {
    fetch: async (url, init) => {
      asked.push(url)
      const { status, body } = pagerDuty.enqueueChange(String(init.body))
      return Response.json(body, { status })
    },
    ...overrides,
  })
}

const answering = (status: number): Partial<World> => ({
  fetch: async url => {
    asked.push(url)
    return new Response(null, { status })
  },
})

function rulesOf(...ids: string[]): readonly Rule[] {
  return ids.map(id =>
    rule({
      id,
      title: id,
      severity: 'high',
      on: table('crontab'),
      detect: ({ columns }) => columns.command === 'x',
      ...described,
      tests: [
        { name: 'yes', match: true, columns: { command: 'x' } },
        { name: 'no', match: false, columns: { command: 'y' } },
      ],
    }),
  )
}

describe('a deployment of rules', () => {
  it('is told to PagerDuty once, as a change event', async () => {
    const world = announcing({ settings: testSettings({ publicUrl: 'https://margay.example.com' }) })
    expect(await announceRules(world, destinations, rulesOf('a.b', 'c.d'))).toBe('told')
    expect(await announceRules(world, destinations, rulesOf('a.b', 'c.d'))).toBe('known')
    expect(asked).toEqual(['https://pagerduty.example.com/v2/change/enqueue'])
    expect(pagerDuty.changes).toMatchObject([
      {
        payload: { summary: 'Detection rules deployed: 2 rules in all', source: 'margay.example.com' },
        links: [{ href: 'https://margay.example.com', text: 'Margay' }],
      },
    ])
    expect(pagerDuty.incidents).toEqual([])
  })

  it('says what is new and what is gone', async () => {
    const world = announcing()
    await announceRules(world, destinations, rulesOf('a.b', 'c.d'))
    await announceRules(world, destinations, rulesOf('c.d', 'e.f', 'g.h'))
    expect(pagerDuty.changes[1]?.payload).toMatchObject({
      summary: 'Detection rules deployed: 2 added, 1 removed; 3 rules in all',
      custom_details: { added: ['e.f', 'g.h'], removed: ['a.b'], changed: [] },
    })
  })

  it('names fifty and counts the rest', async () => {
    const world = announcing()
    await announceRules(world, destinations, rulesOf('a.b'))
    const many = Array.from({ length: 60 }, (_, n) => `z.rule-${n + 10}`)
    await announceRules(world, destinations, rulesOf('a.b', ...many))
    const { added } = (pagerDuty.changes[1]?.payload.custom_details ?? { added: [] }) as { added: string[] }
    expect(added).toHaveLength(51)
    expect(added.at(-1)).toBe('and 10 more')
  })

  it('that PagerDuty can not be told of now is told of later, ten times at most', async () => {
    const failing = announcing(answering(503))
    expect(await announceRules(failing, destinations, rulesOf('a.b'))).toBe('later')
    expect(await announceRules(announcing(), destinations, rulesOf('a.b'))).toBe('told')
    const outcomes = []
    for (let n = 0; n < 11; n += 1) outcomes.push(await announceRules(failing, destinations, rulesOf('c.d')))
    expect(outcomes).toEqual([...Array(9).fill('later'), 'refused', 'known'])
  })

  it.each([400, 403, 404])('that PagerDuty refuses (%i) is not told of again', async status => {
    expect(await announceRules(announcing(answering(status)), destinations, rulesOf('a.b'))).toBe('refused')
    expect(await announceRules(announcing(), destinations, rulesOf('a.b'))).toBe('known')
    expect(asked).toHaveLength(1)
  })

  it.each<[string, Partial<ReturnType<typeof testSettings>>, readonly Destination[]]>([
    ['without a key', { pagerDutyRoutingKey: null }, destinations],
    [
      'with a key of an orchestration, which takes none',
      { pagerDutyRoutingKey: `R${KEY.slice(1)}` },
      destinations,
    ],
    [
      'at a URL of another form',
      { pagerDutyEventsUrl: 'https://pagerduty.example.com/events' },
      destinations,
    ],
    ['without PagerDuty', {}, []],
  ])('is told to nobody %s, and to PagerDuty once it can be', async (_, settings, told) => {
    const world = announcing({ settings: testSettings(settings) })
    expect(await announceRules(world, told, rulesOf('a.b'))).toBe('nobody to tell')
    expect(asked).toEqual([])
    expect(await announceRules(announcing(), destinations, rulesOf('a.b'))).toBe('told')
  })

  it('is told again, at worst, when what was told could not be remembered', async () => {
    const { store } = failingD1(env.DB, { failAt: 1 })
    await expect(announceRules(announcing({ db: store }), destinations, rulesOf('a.b'))).rejects.toThrow()
    expect(await announceRules(announcing(), destinations, rulesOf('a.b'))).toBe('told')
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { PagerDutyModel } from './pagerduty.ts'
import { type PagerDutyStandIn, startPagerDuty } from './pagerduty-server.ts'

const KEY = '0123456789abcdef0123456789abcdef'

function trigger(overrides: Record<string, unknown> = {}, payload: Record<string, unknown> = {}): string {
  return JSON.stringify({
    routing_key: KEY,
    event_action: 'trigger',
    dedup_key: 'd1',
    payload: { summary: 'Disk full', source: 'web-01', severity: 'critical', ...payload },
    ...overrides,
  })
}

const act = (event_action: string, dedup_key = 'd1') =>
  JSON.stringify({ routing_key: KEY, event_action, dedup_key })

describe('PagerDuty’s stand-in', () => {
  it('opens an incident for a trigger and gives the dedup_key back', () => {
    const model = new PagerDutyModel([KEY])
    expect(model.enqueue(trigger(), 5)).toEqual({
      status: 202,
      body: { status: 'success', message: 'Event processed', dedup_key: 'd1' },
    })
    expect(model.openIncident('d1')).toMatchObject({ openedAt: 5, status: 'triggered', repeats: 0 })
  })

  it('adds a second trigger of the same key to the open incident', () => {
    const model = new PagerDutyModel([KEY])
    model.enqueue(trigger(), 1)
    model.enqueue(trigger(), 2)
    expect(model.incidents).toHaveLength(1)
    expect(model.openIncident('d1')?.repeats).toBe(1)
  })

  it('acknowledges, resolves, and opens a new incident for the same key afterwards', () => {
    const model = new PagerDutyModel([KEY])
    model.enqueue(trigger(), 1)
    model.enqueue(act('acknowledge'), 2)
    expect(model.openIncident('d1')?.status).toBe('acknowledged')
    model.enqueue(act('resolve'), 3)
    model.enqueue(trigger(), 4)
    expect(model.incidents.map(({ status, resolvedAt }) => [status, resolvedAt])).toEqual([
      ['resolved', 3],
      ['triggered', null],
    ])
  })

  it('drops an acknowledge or resolve of what is not open, with the same answer', () => {
    const model = new PagerDutyModel([KEY])
    expect(model.enqueue(act('resolve'), 1).status).toBe(202)
    expect(model.incidents).toEqual([])
  })

  it.each([
    ['text that is not JSON', 'nonsense'],
    ['an unknown routing key', trigger({ routing_key: 'f'.repeat(32) })],
    ['a routing key of the wrong length', trigger({ routing_key: 'abc' })],
    ['a summary over 1,024 characters', trigger({}, { summary: 'x'.repeat(1025) })],
    ['an empty summary', trigger({}, { summary: '' })],
    ['no source', trigger({}, { source: undefined })],
    ['a severity of its own', trigger({}, { severity: 'high' })],
    ['a time that is none', trigger({}, { timestamp: 'yesterday' })],
    ['custom_details that are no object', trigger({}, { custom_details: 'text' })],
    ['a dedup_key over 255 characters', trigger({ dedup_key: 'x'.repeat(256) })],
    ['an unknown action', trigger({ event_action: 'close' })],
    ['a resolve without dedup_key', JSON.stringify({ routing_key: KEY, event_action: 'resolve' })],
    ['a body over 512,000 bytes', trigger({}, { custom_details: { text: 'x'.repeat(512_000) } })],
    ['a link that is no URL', trigger({ links: [{ href: 'here' }] })],
  ])('refuses %s with 400 and opens nothing', (_what, body) => {
    const model = new PagerDutyModel([KEY])
    expect(model.enqueue(body, 1)).toMatchObject({ status: 400, body: { status: 'invalid event' } })
    expect(model.incidents).toEqual([])
    expect(model.arrivals[0]?.errors.length).toBeGreaterThan(0)
  })

  it('counts characters, not UTF-16 units', () => {
    const model = new PagerDutyModel([KEY])
    expect(model.enqueue(trigger({}, { summary: '🐈'.repeat(1024) }), 1).status).toBe(202)
    expect(model.enqueue(trigger({}, { summary: '🐈'.repeat(1025) }), 1).status).toBe(400)
  })
})

describe('PagerDuty’s stand-in as a server', () => {
  const running: PagerDutyStandIn[] = []
  const start = async () => {
    const standIn = await startPagerDuty({ routingKeys: [KEY], now: () => 7 })
    running.push(standIn)
    return standIn
  }
  afterEach(async () => {
    for (const standIn of running.splice(0)) await standIn.close()
  })
  const post = (url: string, body: string, signal?: AbortSignal) =>
    fetch(url, { method: 'POST', body, ...(signal === undefined ? {} : { signal }) })

  it('takes posts and remembers when they came', async () => {
    const { url, model } = await start()
    const response = await post(url, trigger())
    expect(response.status).toBe(202)
    expect(model.arrivals).toEqual([{ at: 7, status: 202, action: 'trigger', dedupKey: 'd1', errors: [] }])
  })

  it('fails as told, then works again', async () => {
    const standIn = await start()
    standIn.fail('429', 1)
    standIn.fail('500', 1)
    const statuses: number[] = []
    for (let n = 0; n < 3; n += 1) statuses.push((await post(standIn.url, trigger())).status)
    expect(statuses).toEqual([429, 500, 202])
    expect(standIn.model.incidents).toHaveLength(1)
  })

  it('answers nothing when told to hang', async () => {
    const standIn = await start()
    standIn.fail('hang', 1)
    await expect(post(standIn.url, trigger(), AbortSignal.timeout(50))).rejects.toThrow()
    expect(standIn.model.incidents).toEqual([])
  })

  it('knows no other path', async () => {
    const { url } = await start()
    expect((await post(url.replace('enqueue', 'other'), trigger())).status).toBe(404)
  })
})

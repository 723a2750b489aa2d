import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Happening, type Incident, PagerDutyModel } from './pagerduty.ts'
import { WebhookSender } from './pagerduty-sender.ts'
import { type PagerDutyStandIn, startPagerDuty } from './pagerduty-server.ts'
import { signatureOf } from './pagerduty-webhooks.ts'

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

describe('people at PagerDuty’s stand-in', () => {
  function withIncident() {
    const happenings: Happening[] = []
    const model = new PagerDutyModel([KEY], happening => happenings.push(happening))
    model.enqueue(trigger(), 1)
    return { model, happenings, incident: model.incidents[0] as Incident }
  }

  it('press buttons where they are to be pressed, and each press is told', () => {
    const { model, happenings, incident } = withIncident()
    for (const [at, button] of (
      ['reopen', 'acknowledge', 'acknowledge', 'resolve', 'reopen'] as const
    ).entries()) {
      model.press(button, incident, 'someone', at + 2)
    }
    expect(happenings.map(({ type, at, person }) => [type, at, person])).toEqual([
      ['incident.triggered', 1, null],
      ['incident.acknowledged', 3, 'someone'],
      ['incident.resolved', 5, 'someone'],
      ['incident.reopened', 6, 'someone'],
    ])
    model.enqueue(trigger(), 9)
    expect(model.incidents).toMatchObject([{ status: 'triggered', repeats: 1, resolvedAt: null }])
  })

  it('merge incidents: the alerts of one live on in the other, which is over when all are', () => {
    const { model, happenings, incident } = withIncident()
    model.enqueue(trigger({ dedup_key: 'd2' }), 2)
    const second = model.incidents[1] as Incident
    model.merge(second, incident, 'someone', 3)
    expect(happenings.at(-1)).toMatchObject({
      type: 'incident.resolved',
      incident: second,
      mergedInto: incident,
    })
    model.enqueue(trigger({ dedup_key: 'd2' }), 4)
    expect(model.incidents).toHaveLength(2)
    model.enqueue(act('resolve'), 5)
    expect(incident.status).toBe('triggered')
    model.enqueue(act('resolve', 'd2'), 6)
    expect(incident.status).toBe('resolved')
  })

  it('see change events, and are told of those that are none', () => {
    const { model } = withIncident()
    const change = {
      routing_key: KEY,
      payload: { summary: 'Deployed', source: 'x', custom_details: { rules: 3 } },
    }
    expect(model.enqueueChange(JSON.stringify(change)).status).toBe(202)
    expect(model.enqueueChange(JSON.stringify({ ...change, routing_key: 'f'.repeat(32) })).status).toBe(400)
    expect(model.enqueueChange(JSON.stringify({ ...change, payload: { summary: '' } })).status).toBe(400)
    expect(model.enqueueChange('nonsense').status).toBe(400)
    expect(model.changes).toEqual([change])
  })
})

describe('PagerDuty’s stand-in as a sender of webhooks', () => {
  it('signs each, sends it twice and late ones first, and tries again after 503', async () => {
    const received: { type: string; webhookId: string; signed: boolean }[] = []
    const answers = [503]
    const receiver = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set, so chunks are bytes
      const body = Buffer.concat(chunks).toString('utf8')
      const { event } = JSON.parse(body)
      received.push({
        type: event.event_type,
        webhookId: String(request.headers['x-webhook-id']),
        signed: request.headers['x-pagerduty-signature'] === signatureOf(body, ['one', 'two']),
      })
      response.writeHead(answers.shift() ?? 200).end('{}')
    })
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
    const { port } = receiver.address() as AddressInfo
    const over = Promise.withResolvers<void>()
    let answered = 0
    const sender = new WebhookSender({ url: `http://127.0.0.1:${port}/`, secrets: ['one', 'two'] }, () => {
      answered += 1
      if (answered === 4) over.resolve()
    })
    const model = new PagerDutyModel([KEY], happening => sender.take(happening))
    model.enqueue(trigger(), 1)
    model.press('acknowledge', model.incidents[0] as Incident, 'someone', 2)
    await over.promise
    sender.close()
    await new Promise(resolve => receiver.close(resolve))
    expect(received.every(({ signed }) => signed)).toBe(true)
    expect(received.map(({ type }) => type).sort()).toEqual([
      ...Array(3).fill('incident.acknowledged'),
      ...Array(2).fill('incident.triggered'),
    ])
    expect(received[0]?.type).toBe('incident.acknowledged')
    expect(new Set(received.map(({ webhookId }) => webhookId)).size).toBe(2)
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

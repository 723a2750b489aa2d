import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cronFromTmp } from './conformance/peers/peer-case.ts'
import type { Happening, Incident } from './simulator/pagerduty.ts'
import { type Webhook, Webhooks } from './simulator/pagerduty-webhooks.ts'
import { freshStorage } from './storage.ts'
import { WholeWorker, type WorkerReply } from './whole-worker.ts'

const SECRET = 'webhook-secret-of-the-tests-0123456789'
const PATH = '/api/v1/webhooks/pagerduty'

let whole: WholeWorker
let webhooks: Webhooks

beforeEach(async () => {
  await freshStorage()
  whole = new WholeWorker({ PAGERDUTY_WEBHOOK_SECRET: `an-older-secret-of-the-tests-012345,${SECRET}` })
  webhooks = new Webhooks([SECRET])
})
afterEach(() => whole.leave())

/** A host posts something hostile; PagerDuty has an incident for it. */
async function pagedFor(name: string): Promise<{ incident: Incident; alertId: string }> {
  await whole.log(await whole.enroll(name), [cronFromTmp({ hostIdentifier: name })])
  await whole.settle()
  const incident = whole.pagerDuty.incidents.at(-1)
  if (incident === undefined) throw new Error(`nobody was paged: ${whole.printed.join('\n')}`)
  return { incident, alertId: incident.dedupKey.replace('margay:', '') }
}

const send = ({ body, headers }: Webhook): Promise<WorkerReply> => whole.post(PATH, body, { headers })

async function press(button: 'acknowledge' | 'resolve', incident: Incident): Promise<WorkerReply> {
  whole.advance(60_000)
  whole.pagerDuty.press(button, incident, 'Someone', Date.now())
  return await send(webhooks.of(whole.happenings.at(-1) as Happening))
}

describe('PagerDuty and the Worker, whole', () => {
  it('agree after someone acknowledges and resolves there', async () => {
    const { incident, alertId } = await pagedFor('web-01')
    expect((await press('acknowledge', incident)).status).toBe(200)
    expect(await whole.api(`/alerts/${alertId}`)).toMatchObject({
      status: 'acknowledged',
      status_by: 'pagerduty:Someone',
    })
    const told = whole.told.length
    await press('resolve', incident)
    await whole.settle()
    await whole.minutes(3)
    const alert = await whole.api(`/alerts/${alertId}`)
    expect(alert).toMatchObject({ status: 'resolved', status_by: 'pagerduty:Someone' })
    expect(alert.timeline.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(['created', 'routed', 'attempt', 'acknowledged', 'resolved']),
    )
    expect(whole.told).toHaveLength(told)
    expect(whole.pagerDuty.incidents.map(({ status }) => status)).toEqual(['resolved'])
  })

  it('agree after someone acknowledges and resolves here', async () => {
    const { incident, alertId } = await pagedFor('web-01')
    for (const [verb, status] of [
      ['acknowledge', 'acknowledged'],
      ['resolve', 'resolved'],
    ] as const) {
      await whole.api(`/alerts/${alertId}/${verb}`, { method: 'POST' })
      await whole.settle()
      expect(incident.status).toBe(status)
      // PagerDuty tells of it as of everything; it is no news.
      expect((await send(webhooks.of(whole.happenings.at(-1) as Happening))).status).toBe(200)
      expect(await whole.api(`/alerts/${alertId}`)).toMatchObject({ status, status_by: 'api' })
    }
    await whole.settle()
    expect(whole.pagerDuty.arrivals.map(({ action }) => action)).toEqual([
      'trigger',
      'acknowledge',
      'resolve',
    ])
  })

  it('need no bearer token for webhooks, and let nobody in by them', async () => {
    const { incident, alertId } = await pagedFor('web-01')
    whole.pagerDuty.press('resolve', incident, 'Someone', Date.now() + 1)
    const { body, headers } = webhooks.of(whole.happenings.at(-1) as Happening)
    const { 'x-pagerduty-signature': _, ...unsigned } = headers
    expect((await send({ type: '', body, headers: unsigned })).status).toBe(401)
    expect((await whole.fetch(PATH)).status).toBe(405)
    expect(await whole.api(`/alerts/${alertId}`)).toMatchObject({ status: 'open' })
    const shown = [...whole.printed, ...whole.replied].join('\n')
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toContain('an-older-secret')
  })

  it('have no webhooks when no secret is set', async () => {
    whole.newIsolate({ PAGERDUTY_WEBHOOK_SECRET: '' })
    const reply = await send(webhooks.make('pagey.ping', { event_type: 'pagey.ping' }))
    expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([404, 'not_found'])
  })

  it('tell people of deployed rules once, beside the incidents', async () => {
    await whole.minutes(3)
    expect(whole.pagerDuty.changes).toHaveLength(1)
    expect(whole.pagerDuty.changes[0]?.payload.summary).toMatch(
      /^Detection rules deployed: \d+ rules in all$/,
    )
    expect(whole.pagerDuty.incidents).toEqual([])
  })

  it('tell whoever is woken what the rule means', async () => {
    const { incident } = await pagedFor('web-01')
    expect(incident.details).toMatchObject({
      host: 'web-01',
      columns: { command: '/tmp/x' },
      means: expect.stringMatching(/./),
      check: expect.stringMatching(/./),
      benign: expect.stringMatching(/./),
      runbook: expect.stringMatching(/./),
    })
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consoleDeps, testConsole } from '../../../test/console.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import { openAlert } from '../../alerts/lifecycle.ts'

beforeEach(freshStorage)

/** Opens an alert and answers the id of its delivery, which is in the given state. */
async function delivery(episode: number, state = 'pending'): Promise<string> {
  const { statements, deliveryIds } = openAlert(env.DB, consoleDeps.routing, {
    kind: 'system',
    ruleId: 'margay.test',
    dedup: 'd',
    episode,
    severity: 'high',
    title: 'A test',
    runbook: '',
    context: {},
    at: TEST_NOW + episode,
  })
  await env.DB.batch(statements)
  const id = deliveryIds[0] ?? ''
  const update = 'UPDATE deliveries SET state = ?, reason = ?, response_status = ? WHERE delivery_id = ?'
  if (state !== 'pending') await env.DB.prepare(update).bind(state, 'HTTP 401', 401, id).run()
  return id
}

describe('GET /deliveries', () => {
  it('lists them, latest due first, by page', async () => {
    const ids = [await delivery(1), await delivery(2, 'parked'), await delivery(3)]
    const console = testConsole()
    const first = await console.get('/deliveries?limit=2')
    expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual([ids[2], ids[1]])
    expect(first.body.items[1]).toMatchObject({
      destination: 'pagerduty',
      action: 'trigger',
      state: 'parked',
      reason: 'HTTP 401',
      response_status: 401,
      next_attempt_at: null,
    })
    const second = await console.get(`/deliveries?limit=2&cursor=${first.body.next_cursor}`)
    expect(second.body).toMatchObject({ items: [{ id: ids[0] }], next_cursor: null })
  })

  it('finds by state and destination', async () => {
    await delivery(1)
    const parked = await delivery(2, 'parked')
    const console = testConsole()
    const idsOf = async (query: string) =>
      (await console.get(`/deliveries?${query}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await idsOf('state=parked')).toEqual([parked])
    expect(await idsOf('destination=nobody')).toEqual([])
    expect(await idsOf(`destination=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([])
  })

  it.each([
    ['state=lost', 'state'],
    ['cursor=x', 'cursor'],
    ['limit=0', 'limit'],
  ])('refuses %s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/deliveries?${query}`)
    expect([reply.status, reply.body.error.field]).toEqual([400, field])
  })
})

describe('POST /deliveries/:id/redrive', () => {
  it('makes a parked delivery due, wakes it and says so in the timeline', async () => {
    const id = await delivery(1, 'parked')
    const console = testConsole()
    const { status, body } = await console.post(`/deliveries/${id}/redrive`, { by: 'alex' })
    expect([status, body.state, body.next_attempt_at]).toEqual([200, 'pending', '2026-11-24T12:00:00.000Z'])
    expect(console.woken).toEqual([{ v: 1, deliveryId: id }])
    const { body: alert } = await console.get(`/alerts/${body.alert_id}`)
    expect(alert.timeline.map(({ detail }: { detail: string }) => detail).join()).toContain('alex asked')
  })

  it('is audited, and refused after 60 within an hour', async () => {
    const console = testConsole()
    for (let n = 1; n <= 61; n++) {
      const reply = await console.post(`/deliveries/${await delivery(n, 'parked')}/redrive`, { by: 'alex' })
      expect(reply.status).toBe(n <= 60 ? 200 : 429)
    }
    const refused = await delivery(62, 'parked')
    expect((await console.post(`/deliveries/${refused}/redrive`)).body.error.code).toBe('rate_limited')
    expect((await console.get(`/deliveries?state=parked`)).body.items).toHaveLength(2)
    const { items } = (await console.get('/audit?limit=200')).body
    expect(items).toHaveLength(60)
    expect(items[0]).toMatchObject({ who: 'alex', what: 'redrive', detail: 'HTTP 401' })
    console.world.advance(3_600_001)
    expect((await console.post(`/deliveries/${refused}/redrive`)).status).toBe(200)
  })

  it.each(['pending', 'leased', 'delivered', 'superseded'])('refuses one that is %s', async state => {
    const console = testConsole()
    const reply = await console.post(`/deliveries/${await delivery(1, state)}/redrive`)
    expect([reply.status, reply.body.error.code]).toEqual([409, 'conflict'])
    expect(console.woken).toEqual([])
  })

  it('answers 404 for one that is not there, 400 for what is no id', async () => {
    const console = testConsole()
    expect((await console.post('/deliveries/nothing/redrive')).status).toBe(404)
    expect((await console.post("/deliveries/'%20OR%201=1/redrive")).status).toBe(400)
  })
})

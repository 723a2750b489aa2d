import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, consoleDeps, testConsole } from '../../../test/console.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import { openAlert } from '../../alerts/lifecycle.ts'
import { deliveryById } from '../../store/deliveries.ts'
import { silenceDelivery } from '../../store/delivery-holds.ts'

beforeEach(freshStorage)

const HOUR = 3_600_000
const asked = {
  matchers: { rule: 'posix.*', severity: 'high' },
  ends_at: '2026-11-24T13:00:00Z',
  author: 'ada@example.com',
  comment: 'Upgrade of the web servers',
}

describe('POST /silences', () => {
  it('makes a silence from now on, and audits who asked for it', async () => {
    const console = testConsole()
    const { status, body } = await console.post('/silences', asked)
    expect([status, body]).toMatchObject([
      200,
      {
        state: 'active',
        matchers: asked.matchers,
        starts_at: '2026-11-24T12:00:00.000Z',
        ends_at: '2026-11-24T13:00:00.000Z',
        author: 'ada@example.com',
        expired_at: null,
      },
    ])
    const { items } = (await console.get('/audit')).body
    expect(items).toMatchObject([{ who: 'ada@example.com', what: 'silence', subject: body.id }])
    expect(items[0].detail).toContain('posix.*')
  })

  it('makes one that begins later', async () => {
    const { body } = await testConsole().post('/silences', { ...asked, starts_at: '2026-11-24T12:30:00Z' })
    expect(body.state).toBe('pending')
  })

  it.each([
    ['matchers', { matchers: {} }],
    ['tag', { matchers: { tag: 'x' } }],
    ['__proto__', { matchers: JSON.parse('{"__proto__":"x","rule":"*"}') }],
    ['matchers.rule', { matchers: { rule: '' } }],
    ['matchers.rule', { matchers: { rule: ['a'] } }],
    ['matchers.severity', { matchers: { severity: 'hihg' } }],
    ['matchers.kind', { matchers: { kind: 'alert' } }],
    ['ends_at', { ends_at: '2026-11-24T12:00:00Z' }],
    ['ends_at', { ends_at: 'tomorrow' }],
    ['ends_at', { ends_at: '2028-11-24T12:00:00Z' }],
    ['ends_at', { starts_at: '2026-11-24T14:00:00Z' }],
    ['author', { author: ' ' }],
    ['comment', { comment: undefined }],
    ['comment', { comment: 'x'.repeat(1_001) }],
    ['id', { id: 's-mine' }],
  ])('refuses by the field %s: %j', async (field, change) => {
    const { status, body } = await testConsole().post('/silences', { ...asked, ...change })
    expect([status, body.error.code, body.error.field]).toEqual([400, 'invalid_body', field])
  })

  it('refuses more than 500 that have not ended', async () => {
    const insert = `INSERT INTO silences (silence_id, matchers, starts_at, ends_at, author, comment, created_at)
      SELECT 's' || value, '{}', 0, ?, 'a', 'b', 0 FROM json_each(?)`
    const numbers = JSON.stringify(Array.from({ length: 500 }, (_, n) => n))
    await env.DB.prepare(insert)
      .bind(TEST_NOW + HOUR, numbers)
      .run()
    const console = testConsole()
    expect((await console.post('/silences', asked)).status).toBe(409)
    console.world.advance(HOUR)
    expect((await console.post('/silences', { ...asked, ends_at: '2026-11-24T14:00:00Z' })).status).toBe(200)
  })
})

describe('GET /silences', () => {
  it('lists them, latest ending first, by page, with those that ended or without', async () => {
    const console = testConsole()
    const ids: string[] = []
    for (const ends of ['13', '14', '15']) {
      const body = { ...asked, ends_at: `2026-11-24T${ends}:00:00Z` }
      ids.unshift((await console.post('/silences', body)).body.id)
    }
    const first = (await console.get('/silences?limit=2')).body
    const rest = (await console.get(`/silences?limit=2&cursor=${first.next_cursor}`)).body
    const idsIn = (items: { id: string }[]) => items.map(({ id }) => id)
    expect([...idsIn(first.items), ...idsIn(rest.items)]).toEqual(ids)
    expect(rest.next_cursor).toBeNull()
    console.world.advance(2 * HOUR)
    expect(idsIn((await console.get('/silences?ended=false')).body.items)).toEqual(ids.slice(0, 1))
    expect((await console.get('/silences')).body.items[2].state).toBe('expired')
  })

  it('refuses what is no cursor', async () => {
    expect((await testConsole().get('/silences?cursor=nonsense')).body.error.field).toBe('cursor')
  })
})

describe('DELETE /silences/:id', () => {
  it('ends it, keeps it listed, releases what it held and audits who did', async () => {
    const console = testConsole()
    const { body } = await console.post('/silences', asked)
    const { statements, deliveryIds } = openAlert(env.DB, consoleDeps.routing, {
      kind: 'system',
      ruleId: 'posix.test',
      dedup: 'd',
      episode: 1,
      severity: 'high',
      title: 'A test',
      runbook: '',
      context: {},
      at: TEST_NOW,
    })
    const deliveryId = deliveryIds[0] ?? ''
    const held = { silenceId: body.id as string, endsAt: TEST_NOW + HOUR }
    await env.DB.batch([...statements, silenceDelivery(env.DB, deliveryId, held, TEST_NOW)])
    const shown = (await console.get('/deliveries')).body.items[0]
    expect(shown).toMatchObject({
      state: 'pending',
      reason: `silenced by ${body.id}`,
      next_attempt_at: '2026-11-24T13:00:00.000Z',
    })
    console.world.advance(60_000)
    const ended = await console.delete(`/silences/${body.id}?by=bob`)
    expect([ended.status, ended.body]).toMatchObject([
      200,
      { state: 'expired', expired_by: 'bob', ends_at: '2026-11-24T12:01:00.000Z' },
    ])
    expect(console.woken).toEqual([{ v: 1, deliveryId }])
    expect((await deliveryById(env.DB, deliveryId))?.nextAttemptAt).toBe(TEST_NOW + 60_000)
    const audit = (await console.get('/audit')).body.items
    expect(audit.map(({ who, what }: { who: string; what: string }) => [who, what])).toEqual([
      ['bob', 'expire_silence'],
      ['ada@example.com', 'silence'],
    ])
  })

  it('changes nothing the second time', async () => {
    const console = testConsole()
    const { body } = await console.post('/silences', asked)
    await console.delete(`/silences/${body.id}?by=bob`)
    console.world.advance(60_000)
    expect((await console.delete(`/silences/${body.id}?by=eve`)).body.expired_by).toBe('bob')
    expect((await console.get('/audit')).body.items).toHaveLength(2)
  })

  it('knows no other', async () => {
    expect((await testConsole().delete('/silences/s-none')).status).toBe(404)
  })

  it('is refused to other sites', async () => {
    const reply = await testConsole().raw('/api/v1/silences/s-none', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'sec-fetch-site': 'cross-site' },
    })
    expect(reply.body.error.code).toBe('cross_site')
  })
})

describe('the audit', () => {
  it('can be neither changed nor emptied', async () => {
    await testConsole().post('/silences', asked)
    await expect(env.DB.prepare("UPDATE audit SET who = 'eve'").run()).rejects.toThrow('only added to')
    await expect(env.DB.prepare('DELETE FROM audit').run()).rejects.toThrow('only added to')
  })

  it('goes by page, latest first', async () => {
    const console = testConsole()
    for (const author of ['a', 'b', 'c']) {
      await console.post('/silences', { ...asked, author })
      console.world.advance(1)
    }
    const first = (await console.get('/audit?limit=2')).body
    const rest = (await console.get(`/audit?limit=2&cursor=${first.next_cursor}`)).body
    const whoIn = (items: { who: string }[]) => items.map(({ who }) => who)
    expect([whoIn(first.items), whoIn(rest.items)]).toEqual([['c', 'b'], ['a']])
  })
})

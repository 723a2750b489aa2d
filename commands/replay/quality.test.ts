import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { exceptions, packs, rules, sequences } from '../../rules/index.ts'
import { alertRouting } from '../../rules/routing.ts'
import { createEngine } from '../../src/detect/engine.ts'
import { isAtLeast } from '../../src/detect/severity.ts'
import { eventOf, hostOf } from '../../src/detect/test-event.ts'
import { Replay } from './replay.ts'

const CORPORA = join(import.meta.dirname, '../../../shared/data/corpora')

/** Alerts, told by severity and rule, that come of a log. */
async function alertsOf(bytes: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const registry = { rules, sequences, exceptions, packs, routing: alertRouting }
  const run = new Replay({ events: false, matches: false, alerts: true }, registry, Date.UTC(2026, 10, 24))
  for await (const _ of run.file('log', bytes)) {
    // What could not be read is another test's.
  }
  expect(run.tally.ruleErrors).toBe(0)
  return [...run.end()].map(({ severity, rule }) => `${severity} ${rule}`)
}

/** Each log and the alerts that it makes: argued in docs/detection-quality.md. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'doorman/tls_bodies.ndjson': [],
  'elastic-beats/osquery.rootkit.log': ['critical linux.ossec-rootkit', 'critical linux.ossec-rootkit'],
  'elastic-beats/osqueryd.results.sample.log': [],
  'elastic-beats/test.log': [],
  'fleet/result_records.ndjson': [],
  'fleet/status_records.ndjson': [],
  'fleet/tls_bodies.ndjson': [],
  'msticpy/osqueryd.results.log': [
    'medium posix.ssh-login',
    'medium posix.ssh-login',
    'medium posix.ssh-login',
  ],
  'osctrl/result_records.ndjson': [],
  'osquery-upstream/records.ndjson': [],
  'panther-oss/records.ndjson': [],
  'purple-axiom/file_events_added.raw.ndjson': ['medium posix.ssh-file-changed'],
  'purple-axiom/process_events_added.raw.ndjson': [],
  'purple-axiom/socket_events_added.raw.ndjson': [],
  'queryops/tls_bodies.ndjson': [],
  'sgt/result_records.ndjson': [],
  'zentral/tls_bodies.ndjson': [],
}

describe.runIf(existsSync(CORPORA))("other people's logs", () => {
  it.each(Object.entries(EXPECTED))(
    '%s makes the alerts that are argued, and no others',
    async (file, expected) => {
      expect(await alertsOf(createReadStream(join(CORPORA, file)))).toEqual(expected)
    },
  )

  it('are found to hold what their authors wrote rules for', async () => {
    const names: Readonly<Record<string, string>> = {
      ssh_login_activity: 'info posix.ssh-login',
      right_to_left_character: 'high posix.text-runs-backwards',
    }
    const Wrapped = z.object({ _expect_rules: z.array(z.string()), record: z.unknown() })
    const lines = readFileSync(join(CORPORA, 'streamalert/rule_tests.ndjson'), 'utf8').trim().split('\n')
    for (const { _expect_rules: wanted, record } of lines.map(line => Wrapped.parse(JSON.parse(line)))) {
      const bytes = async function* () {
        yield Buffer.from(JSON.stringify(record))
      }
      expect(await alertsOf(bytes())).toEqual(wanted.map(name => names[name]))
    }
  })
})

describe('a bad row', () => {
  it('makes one alert, and hardly ever two', () => {
    const engine = createEngine(rules)
    const paged = rules.flatMap(rule =>
      rule.tests
        .filter(({ match }) => match)
        .map(test => {
          const findings = engine.evaluate(eventOf(rule, test), hostOf(test))
          return findings.filter(
            one =>
              one.kind === 'match' && one.alert && one.threshold === 1 && isAtLeast(one.severity, 'medium'),
          ).length
        }),
    )
    const twice = paged.filter(count => count > 1).length
    expect(paged.length).toBeGreaterThan(500)
    expect(twice / paged.length).toBeLessThan(0.04)
  })
})

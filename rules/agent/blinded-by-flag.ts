import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { OSQUERY_FLAGS } from '../data/osquery-flags.ts'

const BLIND: ReadonlyMap<string, string> = new Map(
  OSQUERY_FLAGS.blinding.map(({ name, blind }) => [name, blind]),
)

export default rule({
  id: 'agent.blinded-by-flag',
  title: 'A flag of osquery was changed so that it sees less',
  severity: 'medium',
  on: table('osquery_flags'),
  attack: ['T1562.001'],
  // Most of these are off by default: only a change is news.
  initial: 'ignore',
  // A rollout changes one flag on many hosts, and is one thing to look at.
  dedup: ({ columns }) => `${columns.name}=${columns.value}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => {
    const value = bool(columns.value)
    return value !== null && String(value) === BLIND.get(columns.name)
  },
  // At its default it may be a flag that came with an upgrade; otherwise someone set it on purpose.
  dynamicSeverity: ({ columns }) => (columns.value === columns.default_value ? undefined : 'high'),
  alertTitle: ({ host, columns }) => `osquery on ${host} now has ${columns.name}=${columns.value}`,
  context: ({ host, columns }) => ({
    host,
    flag: columns.name,
    value: columns.value,
    default: columns.default_value,
  }),
  means:
    'The agent used to collect these events and was started anew without them. Whoever changes the flag file or the options of the agent can hide processes, connections or files from every rule.',
  check: 'SELECT name, value, default_value FROM osquery_flags WHERE value <> default_value ORDER BY name;',
  benign: 'A change of your own options, rolled out to many hosts; an upgrade that replaces the flag file.',
  runbook:
    'Did you roll this out? Then close it. If it is one host: see who changed /etc/osquery/osquery.flags or the service (file times, shell_history, last), put the flag back, and go through what happened on the host since.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  tests: [
    {
      name: 'audit is turned off',
      match: true,
      columns: { name: 'disable_audit', value: 'true', default_value: 'true' },
      title: 'osquery on test-host now has disable_audit=true',
      dedup: 'disable_audit=true',
      severity: 'medium',
      context: { host: 'test-host', flag: 'disable_audit', value: 'true', default: 'true' },
    },
    {
      name: 'file events are turned off',
      match: true,
      columns: { name: 'enable_file_events', value: 'false', default_value: 'false' },
    },
    {
      name: 'logging is turned off on purpose',
      match: true,
      columns: { name: 'disable_logging', value: 'true', default_value: 'false' },
      severity: 'high',
    },
    {
      name: 'was off before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'disable_audit', value: 'true' },
    },
    { name: 'audit is turned on', match: false, columns: { name: 'disable_audit', value: 'false' } },
    {
      name: 'file events are turned on',
      match: false,
      columns: { name: 'enable_file_events', value: 'true' },
    },
    { name: 'another flag', match: false, columns: { name: 'disable_caching', value: 'true' } },
    { name: 'not selected', match: false, columns: { name: 'disable_audit' } },
    {
      name: 'turned on again',
      match: false,
      action: 'removed',
      columns: { name: 'disable_audit', value: 'true' },
    },
  ],
})

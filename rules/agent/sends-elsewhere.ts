import { rule, table } from '../../src/detect/rule.ts'
import { OSQUERY_FLAGS } from '../data/osquery-flags.ts'

const LOGGING: ReadonlySet<string> = new Set(OSQUERY_FLAGS.logging.map(({ name }) => name))

export default rule({
  id: 'agent.sends-elsewhere',
  title: 'osquery was told to log or to be configured elsewhere',
  severity: 'medium',
  on: table('osquery_flags'),
  attack: ['T1562.001'],
  initial: 'ignore',
  // A rollout changes one flag on many hosts, and is one thing to look at.
  dedup: ({ columns }) => `${columns.name}=${columns.value}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => LOGGING.has(columns.name),
  alertTitle: ({ host, columns }) => `osquery on ${host} now has ${columns.name}=${columns.value}`,
  context: ({ host, columns }) => ({ host, flag: columns.name, value: columns.value }),
  means:
    'The agent was started anew with another server, logger or source of its configuration. What it sends there may not come here, and who controls that server decides what the agent runs.',
  check:
    "SELECT name, value FROM osquery_flags WHERE name IN ('tls_hostname', 'logger_plugin', 'logger_tls_endpoint', 'config_plugin', 'proxy_hostname', 'tls_server_certs');",
  benign: 'Moving a fleet to another server, adding a second logger, renewing the certificate bundle.',
  runbook:
    'Is the value one of yours, and are you moving hosts? If it is one host and a server you do not know: isolate it, keep its flag file and service definition, put them back and find who changed them.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/remote/'],
  tests: [
    {
      name: 'another server',
      match: true,
      columns: { name: 'tls_hostname', value: 'logs.example.com' },
      title: 'osquery on test-host now has tls_hostname=logs.example.com',
      dedup: 'tls_hostname=logs.example.com',
      severity: 'medium',
      context: { host: 'test-host', flag: 'tls_hostname', value: 'logs.example.com' },
    },
    { name: 'another logger', match: true, columns: { name: 'logger_plugin', value: 'filesystem' } },
    {
      name: 'as it was when first seen',
      match: false,
      counter: '0',
      columns: { name: 'tls_hostname', value: 'logs.example.com' },
    },
    { name: 'another flag', match: false, columns: { name: 'logger_min_status', value: '1' } },
    {
      name: 'what it was before',
      match: false,
      action: 'removed',
      columns: { name: 'tls_hostname', value: 'margay.example.com' },
    },
  ],
})

import { logType, rule } from '../../src/detect/rule.ts'

/**
 * What osqueryd says of an option in its config that it does not take (osquery/config/plugins/options.cpp): one that it
 * doesn't know and, since 5, one that it takes from its command line only.
 */
const REFUSALS = [
  /^Cannot set unknown or invalid flag: ([A-Za-z0-9_]{1,100})/,
  /^The CLI only flag --([A-Za-z0-9_]{1,100}) set via config file will be ignored/,
]

export default rule({
  id: 'agent.flag-refused',
  title: 'osquery does not take a flag of its configuration',
  severity: 'low',
  on: logType('Osquery.Status'),
  attack: [],
  // One flag is one piece of work, on however many hosts.
  dedup: ({ event }) => flagIn(event.message) ?? '',
  dedupPeriod: '24h',
  detect: ({ event }) => flagIn(event.message) !== undefined,
  alertTitle: ({ host, event }) => `osquery on ${host} does not take the flag ${flagIn(event.message) ?? ''}`,
  context: ({ host, event }) => ({ host, flag: flagIn(event.message), version: event.version }),
  means:
    'The configuration sets a flag that this version of osquery does not know, or takes only when it starts. It goes on with its default: what the flag was to turn on is not collected, and what it was to limit is not limited.',
  check: 'SELECT name, value, default_value FROM osquery_flags WHERE value <> default_value;',
  benign: 'Hosts with an older osquery than the flag; a flag that a new version dropped.',
  runbook:
    'Is the name spelled right in the pack? See from which version on osquery has it, and update the hosts that are older (agent.outdated). A flag of the command line belongs into the flag file of the host.',
  references: ['https://osquery.readthedocs.io/en/stable/installation/cli-flags/'],
  tests: [
    {
      name: 'a flag that it does not know',
      match: true,
      message: 'Cannot set unknown or invalid flag: logger_tls_backoff_max',
      title: 'osquery on test-host does not take the flag logger_tls_backoff_max',
      dedup: 'logger_tls_backoff_max',
      severity: 'low',
      context: { host: 'test-host', flag: 'logger_tls_backoff_max', version: '' },
    },
    {
      name: 'a flag of the command line',
      match: true,
      message:
        'The CLI only flag --tls_hostname set via config file will be ignored, please use a flagfile or pass it to the process at startup',
      dedup: 'tls_hostname',
    },
    { name: 'an ordinary status line', match: false, message: 'Executing scheduled query crontab' },
    {
      name: 'another message that speaks of it',
      match: false,
      message: 'Executing scheduled query x: SELECT "Cannot set unknown or invalid flag: a"',
    },
    {
      name: 'another message that speaks of the other',
      match: false,
      message: 'Note: The CLI only flag --a set via config file will be ignored',
    },
    { name: 'no name', match: false, message: 'Cannot set unknown or invalid flag: ' },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { command: 'grep "Cannot set unknown or invalid flag: a"' },
    },
  ],
})

function flagIn(message: string | undefined): string | undefined {
  for (const refusal of REFUSALS) {
    const flag = refusal.exec(message ?? '')?.[1]
    if (flag !== undefined) return flag
  }
  return undefined
}

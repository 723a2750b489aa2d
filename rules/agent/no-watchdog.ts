import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'agent.no-watchdog',
  title: 'osquery runs without its watchdog',
  severity: 'low',
  on: table('osquery_info'),
  attack: ['T1562.001'],
  alert: false,
  dedupPeriod: '24h',
  detect: ({ columns }) => int(columns.watcher) === -1,
  alertTitle: ({ host }) => `osquery on ${host} runs without its watchdog`,
  context: ({ columns }) => ({ version: columns.version, watcher: columns.watcher }),
  means:
    'Nothing restarts the agent when it dies or takes too much, so one kill or one crash ends what is seen of the host until the service manager steps in.',
  check: 'SELECT i.pid, i.watcher, p.name, p.cmdline FROM osquery_info i JOIN processes p USING (pid);',
  benign: 'Fleets that set --disable_watchdog on purpose, containers, the shell osqueryi.',
  runbook:
    'Was --disable_watchdog set by you? If not, compare the flag file with what you roll out, and look for who changed it.',
  references: ['https://osquery.readthedocs.io/en/stable/installation/cli-flags/'],
  tests: [
    {
      name: 'no watcher',
      match: true,
      columns: { version: '5.23.1', watcher: '-1' },
      title: 'osquery on test-host runs without its watchdog',
      context: { version: '5.23.1', watcher: '-1' },
    },
    { name: 'a watcher', match: false, columns: { version: '5.23.1', watcher: '812' } },
    { name: 'not selected', match: false, columns: { version: '5.23.1' } },
    { name: 'back again', match: false, action: 'removed', columns: { watcher: '-1' } },
  ],
})

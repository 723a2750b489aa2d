import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'agent.denied-query',
  title: 'A query no longer runs, because it cost too much',
  severity: 'low',
  on: table('osquery_schedule'),
  attack: ['T1562.001'],
  // One query that is too dear is one fault, on however many hosts.
  dedup: ({ columns }) => columns.name,
  dedupPeriod: '24h',
  detect: ({ columns }) => bool(columns.denylisted) === true,
  alertTitle: ({ host, columns }) => `osquery no longer runs ${columns.name} on ${host}`,
  context: ({ host, columns }) => ({ host, query: columns.name, interval: columns.interval }),
  means:
    'The watchdog killed the agent while this query ran, so the agent leaves it out for a day. What only this query would show is not seen until then. Somebody who can make a query dear (a folder with a million files) can switch it off this way.',
  check:
    'SELECT name, interval, executions, denylisted, wall_time_ms, average_memory FROM osquery_schedule ORDER BY wall_time_ms DESC;',
  benign: 'Slow or busy hosts, large home folders, container hosts with very many processes.',
  runbook:
    'On many hosts: make the query cheaper (fewer rows, a narrower path, a longer interval). On one host: see what is large there. Rename the query or restart the agent with an empty database to have it run again before the day is over.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/debugging/'],
  tests: [
    {
      name: 'a denied query',
      match: true,
      columns: { name: 'pack_fim_suid_bin', interval: '3600', denylisted: '1' },
      title: 'osquery no longer runs pack_fim_suid_bin on test-host',
      dedup: 'pack_fim_suid_bin',
      severity: 'low',
      context: { host: 'test-host', query: 'pack_fim_suid_bin', interval: '3600' },
    },
    { name: 'a query that runs', match: false, columns: { name: 'crontab', denylisted: '0' } },
    { name: 'not selected', match: false, columns: { name: 'crontab' } },
    { name: 'runs again', match: false, action: 'removed', columns: { name: 'suid_bin', denylisted: '1' } },
  ],
})

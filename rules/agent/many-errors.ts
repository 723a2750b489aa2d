import { logType, rule } from '../../src/detect/rule.ts'

/** osquery's severity of an error (glog): 0 INFO, 1 WARNING, 2 ERROR, 3 FATAL. */
const ERROR = 2

export default rule({
  id: 'agent.many-errors',
  title: 'osquery reports many errors',
  severity: 'low',
  on: logType('Osquery.Status'),
  attack: ['T1562.001'],
  threshold: 30,
  dedupPeriod: '1h',
  detect: ({ event }) => Number(event.severity ?? 0) >= ERROR,
  alertTitle: ({ host, event }) =>
    `osquery on ${host} reports many errors: ${event.message?.slice(0, 200) ?? ''}`,
  context: ({ event }) => ({ message: event.message?.slice(0, 2000), file: event.filename }),
  means:
    'The agent said that something failed thirty times within an hour. Queries that fail give no rows, and a rule can not tell no rows from nothing wrong.',
  check: 'SELECT version, config_valid, extensions FROM osquery_info;',
  benign:
    'A pack with a query that this platform or version can not run, an extension that went away, the server out of reach for an hour.',
  runbook:
    'Read the message. An SQL error: the query is not for this platform or version; give it one. A table that fails on one host: full disk, missing permission, broken database of osquery. Errors of TLS: name, clock and certificate bundle of the host.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/debugging/'],
  tests: [
    {
      name: 'an error',
      match: true,
      statusSeverity: 2,
      message: 'Error executing scheduled query pack_example_x: no such column: y',
      title:
        'osquery on test-host reports many errors: Error executing scheduled query pack_example_x: no such column: y',
      severity: 'low',
    },
    { name: 'a fatal one', match: true, statusSeverity: 3, message: 'Cannot activate tls logger' },
    { name: 'a warning', match: false, statusSeverity: 1, message: 'Config refresh failed' },
    { name: 'a note', match: false, statusSeverity: 0, message: 'Executing scheduled query crontab' },
    {
      name: 'a result, not a status line',
      match: false,
      logType: 'Osquery.Differential',
      columns: { severity: '2' },
    },
  ],
})

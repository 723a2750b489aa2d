import { logType, rule } from '../../src/detect/rule.ts'

/** What osqueryd says of a query that its SQLite refused (osquery/dispatcher/scheduler.cpp). */
const FAILURE = /^Error executing scheduled query (.{1,200}?): /

export default rule({
  id: 'agent.query-fails',
  title: 'A query fails again and again',
  severity: 'low',
  on: logType('Osquery.Status'),
  attack: [],
  // One query that fails is one fault, on however many hosts.
  dedup: ({ event }) => queryIn(event.message) ?? '',
  threshold: 10,
  dedupPeriod: '24h',
  detect: ({ event }) => queryIn(event.message) !== undefined,
  alertTitle: ({ host, event }) => `${queryIn(event.message) ?? ''} fails on ${host}`,
  context: ({ host, event }) => ({
    host,
    query: queryIn(event.message),
    message: event.message?.slice(0, 2000),
    version: event.version,
  }),
  means:
    'The agent could not run the query, ten times within a day. It sends no rows then, and no rows look the same as nothing wrong: rules over this query are blind on these hosts.',
  check:
    'SELECT name, interval, executions, last_executed, denylisted FROM osquery_schedule ORDER BY last_executed;',
  benign: 'A pack with a query that this platform or version can not run; an extension that went away.',
  runbook:
    'Read the message. No such table or column: the query needs a platform or a least version in its pack. A table that fails on one host only: full disk, missing permission (full disk access on macOS), a broken database of osquery. Right after a change: take it back.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/debugging/'],
  tests: [
    {
      name: 'a column that is not there',
      match: true,
      message: 'Error executing scheduled query pack_fim_suid_bin: no such column: x',
      title: 'pack_fim_suid_bin fails on test-host',
      dedup: 'pack_fim_suid_bin',
      severity: 'low',
      context: {
        host: 'test-host',
        query: 'pack_fim_suid_bin',
        message: 'Error executing scheduled query pack_fim_suid_bin: no such column: x',
        version: '',
      },
    },
    {
      name: 'a query that runs',
      match: false,
      message: 'Executing scheduled query pack_fim_suid_bin: SELECT 1',
    },
    {
      name: 'another message that speaks of it',
      match: false,
      message: 'Executing scheduled query x: SELECT "Error executing scheduled query y: z"',
    },
    { name: 'no name', match: false, message: 'Error executing scheduled query : z' },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { command: 'echo Error executing scheduled query y: z' },
    },
  ],
})

function queryIn(message: string | undefined): string | undefined {
  return FAILURE.exec(message ?? '')?.[1]
}

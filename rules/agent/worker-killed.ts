import { logType, rule } from '../../src/detect/rule.ts'

/** What the watchdog says when it stops the worker (osquery's watcher.cpp). */
const SIGNS = ['Maximum sustainable CPU utilization limit exceeded', 'Memory limits exceeded']

export default rule({
  id: 'agent.worker-killed',
  title: 'The watchdog keeps killing osquery',
  severity: 'low',
  on: logType('Osquery.Status'),
  attack: ['T1562.001'],
  threshold: 4,
  dedupPeriod: '24h',
  detect: ({ event }) =>
    event.message?.includes('stopping: ') === true && SIGNS.some(sign => event.message?.includes(sign)),
  alertTitle: ({ host }) => `The watchdog keeps killing osquery on ${host}`,
  context: ({ event }) => ({ message: event.message?.slice(0, 2000) }),
  means:
    'The agent took more processor time or memory than it may, was killed and started anew, several times a day. Events in its hands are lost each time, and the query that ran is left out for a day.',
  check:
    'SELECT name, executions, wall_time_ms, average_memory, denylisted FROM osquery_schedule ORDER BY average_memory DESC LIMIT 10;',
  benign: 'Small or busy hosts, build servers with floods of process events.',
  runbook:
    'Find the dear query (osquery_schedule), make it cheaper or rarer there, or raise watchdog_memory_limit and watchdog_utilization_limit for such hosts. Many hosts since a change: take the change back.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/performance-safety/'],
  tests: [
    {
      name: 'too much processor time',
      match: true,
      message: 'osqueryd worker (28137) stopping: Maximum sustainable CPU utilization limit exceeded: 12',
      title: 'The watchdog keeps killing osquery on test-host',
      severity: 'low',
      context: {
        message: 'osqueryd worker (28137) stopping: Maximum sustainable CPU utilization limit exceeded: 12',
      },
    },
    {
      name: 'too much memory',
      match: true,
      message: 'osqueryd worker (15319) stopping: Memory limits exceeded: 272292000',
    },
    { name: 'an ordinary start', match: false, message: 'osqueryd worker (15319) started' },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { cmdline: 'grep "stopping: Memory limits exceeded"' },
    },
  ],
})

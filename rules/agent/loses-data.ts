import { logType, rule } from '../../src/detect/rule.ts'
import type { Severity } from '../../src/detect/severity.ts'

interface Loss {
  /** What osqueryd says, of all versions. */
  readonly sign: string
  /** What it means, after the name of the host. */
  readonly means: string
  readonly severity: Severity
}

const LOSSES: readonly Loss[] = [
  {
    sign: 'Linesize exceeds TLS logger maximum',
    means: 'dropped a line that was too long',
    severity: 'medium',
  },
  // The wording up to osquery 4.0.
  { sign: 'Line exceeds TLS logger max', means: 'dropped a line that was too long', severity: 'medium' },
  { sign: 'Purging buffered logs', means: 'dropped lines it could not send in time', severity: 'medium' },
  { sign: 'Expiring events for subscriber', means: 'dropped events that came too fast', severity: 'low' },
  { sign: 'Scheduled query may have failed', means: 'gave up a query that cost too much', severity: 'low' },
  {
    sign: 'skipping denied scheduled query',
    means: 'no longer runs a query that cost too much',
    severity: 'low',
  },
]

export default rule({
  id: 'agent.loses-data',
  title: 'osquery loses data',
  severity: 'medium',
  on: logType('Osquery.Status'),
  attack: ['T1562.001'],
  detect: ({ event }) => lossIn(event.message) !== undefined,
  dynamicSeverity: ({ event }) => lossIn(event.message)?.severity,
  alertTitle: ({ host, event }) => `osquery on ${host} ${lossIn(event.message)?.means ?? 'loses data'}`,
  dedup: ({ hostId, event }) => `${hostId} ${lossIn(event.message)?.means ?? ''}`,
  dedupPeriod: '24h',
  context: ({ event }) => ({ message: event.message?.slice(0, 2000) }),
  means:
    'Lines or events of this host were thrown away before they were sent, or a query does not run. What they would have shown can not match a rule, and an attacker who floods the agent hides behind it.',
  check:
    'SELECT name, interval, executions, output_size, wall_time_ms, average_memory, denylisted FROM osquery_schedule ORDER BY output_size DESC;',
  benign:
    'Hosts that were offline for long, build servers that start thousands of processes, a new query that returns too much.',
  references: [
    'https://attack.mitre.org/techniques/T1562/001/',
    'https://osquery.readthedocs.io/en/stable/deployment/debugging/',
  ],
  runbook:
    'What the host did not send is not here and raises no alert. A line too long: find the query by its size in osquery_schedule and select fewer columns. Purged lines: was the host offline for long, or does a query flood? A denied query: it ran into the limits of the watchdog; make it cheaper, then let the host forget (it is denied for a day). Dropped events: raise events_max or leave out what floods. Many hosts at once: look at the last change of a pack.',
  tests: [
    {
      name: 'a line too long',
      match: true,
      message: 'Linesize exceeds TLS logger maximum: 1200000',
      title: 'osquery on test-host dropped a line that was too long',
      severity: 'medium',
      dedup: 'test-host-id dropped a line that was too long',
      context: { message: 'Linesize exceeds TLS logger maximum: 1200000' },
    },
    { name: 'a line too long, older agents', match: true, message: 'Line exceeds TLS logger max: 1200000' },
    { name: 'purged lines', match: true, message: 'Purging buffered logs limit (1000000) exceeded: 1000004' },
    {
      name: 'events that came too fast',
      match: true,
      message: 'Expiring events for subscriber: process_events (overflowed limit 50000)',
      title: 'osquery on test-host dropped events that came too fast',
      severity: 'low',
    },
    {
      name: 'a query that was stopped',
      match: true,
      message: 'Scheduled query may have failed: pack_example_files',
      severity: 'low',
    },
    {
      name: 'a query that is left out',
      match: true,
      message: 'The caller does not want denied queries, skipping denied scheduled query: pack_example_files',
      severity: 'low',
      title: 'osquery on test-host no longer runs a query that cost too much',
    },
    { name: 'an ordinary status line', match: false, message: 'Executing scheduled query crontab: SELECT 1' },
    {
      name: 'a result that speaks of it',
      match: false,
      logType: 'Osquery.Differential',
      columns: { command: 'grep "Purging buffered logs" /var/log/osquery' },
    },
  ],
})

function lossIn(message: string | undefined): Loss | undefined {
  return LOSSES.find(({ sign }) => message?.includes(sign))
}

import { query, rule } from '../../src/detect/rule.ts'
import { agentHealth } from '../packs/agent-health.ts'

export default rule({
  id: 'agent.deaf-to-processes',
  title: 'osquery listens for processes and hears none',
  severity: 'medium',
  // Only the served query knows that the agent has run for an hour: a count of 0 means nothing in the first minutes.
  on: query(agentHealth.queries.deaf_subscribers),
  attack: ['T1562.001', 'T1562.006'],
  dedupPeriod: '24h',
  detect: ({ columns }) => columns['events'] === '0' && columns['active'] === '1',
  alertTitle: ({ host, columns }) => `osquery on ${host} hears nothing on ${columns['name']}`,
  context: ({ columns }) => ({ subscriber: columns['name'], publisher: columns['publisher'] }),
  means:
    'The source of process events is on, and in an hour in which programs must have started it saw none. The audit rules were deleted, another program takes the events, or the kernel has no audit. Every rule over process events is blind on this host.',
  check:
    "SELECT name, publisher, subscriptions, events, refreshes, active FROM osquery_events WHERE name LIKE '%process%';",
  benign:
    'auditd or another agent holds the audit socket; kernels and containers without audit; --audit_allow_config is false.',
  runbook:
    'On the host: auditctl -s (who holds the pid, is enabled 2?), auditctl -l (are the execve rules there?). If someone ran auditctl -D or -e 0, see who and when (shell_history, sudo log). Then restart osqueryd and see the count rise.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/process-auditing/'],
  tests: [
    {
      name: 'an hour without a process',
      match: true,
      columns: { name: 'process_events', publisher: 'auditeventpublisher', active: '1', events: '0' },
      title: 'osquery on test-host hears nothing on process_events',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { subscriber: 'process_events', publisher: 'auditeventpublisher' },
    },
    { name: 'hears some', match: false, columns: { name: 'process_events', active: '1', events: '52' } },
    { name: 'is off', match: false, columns: { name: 'process_events', active: '0', events: '0' } },
    {
      name: 'a query of another pack with that name',
      match: false,
      pack: 'elsewhere',
      columns: { name: 'process_events', active: '1', events: '0' },
    },
    {
      name: 'hears again',
      match: false,
      action: 'removed',
      columns: { name: 'process_events', active: '1', events: '0' },
    },
  ],
})

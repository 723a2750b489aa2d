import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Sources of events whose loss blinds rules. Others are off on most hosts and nobody misses them. */
const MISSED = new Set([
  'process_events',
  'bpf_process_events',
  'es_process_events',
  'process_etw_events',
  'socket_events',
  'bpf_socket_events',
  'file_events',
  'process_file_events',
  'es_process_file_events',
  'ntfs_journal_events',
  'user_events',
  'windows_events',
  'powershell_events',
])

export default rule({
  id: 'agent.subscriber-stopped',
  title: 'osquery has stopped to listen for events',
  severity: 'medium',
  on: table('osquery_events'),
  attack: ['T1562.001'],
  // A source that was never on is a choice; one that goes off is a loss.
  initial: 'ignore',
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    bool(columns.active) === false && columns.type !== 'publisher' && MISSED.has(columns.name),
  alertTitle: ({ host, columns }) => `osquery on ${host} no longer listens for ${columns.name}`,
  // A rollout or an upgrade does it on many hosts at once.
  dedup: ({ columns }) => columns.name,
  context: ({ host, columns }) => ({ host, subscriber: columns.name, publisher: columns.publisher }),
  means:
    'Events of this kind came and come no more: the flag was turned off, another program took the audit socket, or the agent lost its permission. Rules over these events are blind on this host from now on.',
  check:
    'SELECT name, publisher, type, subscriptions, events, refreshes, active FROM osquery_events ORDER BY name;',
  benign:
    'A rollout that turns a source off, auditd started beside osquery, full disk access taken away by an update of macOS.',
  runbook:
    'Was the flag changed by a rollout? If not: compare the flag file, see whether auditd runs (Linux: only one program gets the audit events), check the permissions of osqueryd (macOS), and look at who was root or administrator at the time.',
  references: ['https://osquery.readthedocs.io/en/stable/deployment/process-auditing/'],
  tests: [
    {
      name: 'process events go off',
      match: true,
      columns: { name: 'process_events', publisher: 'auditeventpublisher', type: 'subscriber', active: '0' },
      title: 'osquery on test-host no longer listens for process_events',
      dedup: 'process_events',
      severity: 'medium',
      context: { host: 'test-host', subscriber: 'process_events', publisher: 'auditeventpublisher' },
    },
    {
      name: 'was never on',
      match: false,
      counter: '0',
      columns: { name: 'process_events', type: 'subscriber', active: '0' },
    },
    {
      name: 'one that nobody misses',
      match: false,
      columns: { name: 'syslog_events', type: 'subscriber', active: '0' },
    },
    { name: 'works', match: false, columns: { name: 'process_events', type: 'subscriber', active: '1' } },
    {
      name: 'works again',
      match: false,
      action: 'removed',
      columns: { name: 'process_events', type: 'subscriber', active: '0' },
    },
  ],
})

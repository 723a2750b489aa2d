import { query, rule } from '../../src/detect/rule.ts'
import { linuxSystem } from '../packs/linux-system.ts'

export default rule({
  id: 'linux.log-missing',
  title: 'A log is gone, empty or led away',
  severity: 'medium',
  // The host compares with what rotation leaves behind; nothing but this query tells it.
  on: query(linuxSystem.queries.log_files),
  attack: ['T1070.002', 'T1070.003'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns['state'] === 'missing' || columns['state'] === 'emptied' || columns['state'] === 'led away',
  alertTitle: ({ host, columns }) => `${columns['path']} is ${columns['state']} on ${host}`,
  context: ({ columns }) => ({ path: columns['path'] ?? '', state: columns['state'] ?? '' }),
  means:
    'A record of logins, of what the system did or of what was typed was there at the last look, and is not any more: deleted, emptied without a rotation, or made a link into nowhere. Whoever does that does not want to be seen.',
  check:
    "SELECT path, size, symlink, atime, mtime, ctime FROM file WHERE path LIKE '/var/log/%' OR path LIKE '/root/.%history';",
  benign:
    'Removal or change of the logging daemon, an upgrade of the distribution that does without wtmp, an administrator who makes room, people who delete their own history.',
  runbook:
    'Margay has what was sent before: last, shell_history and logged_in_users of the host in the hours before tell who was there. Is the logging daemon still installed? If it is and nobody owns up, treat the host as taken over; the journal and the log server may still know.',
  references: [
    'https://attack.mitre.org/techniques/T1070/002/',
    'https://attack.mitre.org/techniques/T1070/003/',
  ],
  tests: [
    {
      name: 'deleted',
      match: true,
      columns: { path: '/var/log/auth.log', state: 'missing' },
      title: '/var/log/auth.log is missing on test-host',
      dedup: 'test-host-id',
      severity: 'medium',
      context: { path: '/var/log/auth.log', state: 'missing' },
    },
    { name: 'emptied', match: true, columns: { path: '/var/log/wtmp', state: 'emptied' } },
    {
      name: 'a history that goes nowhere',
      match: true,
      columns: { path: '/root/.bash_history', state: 'led away' },
    },
    { name: 'written again', match: false, columns: { path: '/var/log/auth.log', state: 'kept' } },
    {
      name: 'never there',
      match: false,
      counter: '0',
      columns: { path: '/var/log/secure', state: 'missing' },
    },
    { name: 'no state', match: false, columns: { path: '/var/log/secure' } },
    {
      name: 'another query of this name',
      match: false,
      pack: 'example',
      columns: { path: '/var/log/secure', state: 'missing' },
    },
    {
      name: 'the account of the history is gone',
      match: false,
      action: 'removed',
      columns: { path: '/home/ada/.bash_history', state: 'missing' },
    },
  ],
})

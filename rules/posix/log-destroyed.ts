import { meantPath } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Logs that tell who was there and what they did, by the names under which they are written; rotated ones have others. */
const LOGS = new Set([
  '/var/log/audit/audit.log',
  '/var/log/auth.log',
  '/var/log/btmp',
  '/var/log/install.log',
  '/var/log/kern.log',
  '/var/log/lastlog',
  '/var/log/messages',
  '/var/log/secure',
  '/var/log/syslog',
  '/var/log/system.log',
  '/var/log/wtmp',
])
const HISTORY = /^(?:\/root|\/var\/root|\/home\/[^/]+|\/Users\/[^/]+)\/\.(?:bash|zsh|sh)_history$/

/** A file made anew by the rotation of logs is as old as its first reader; one that was emptied has been read before. */
const READ_BEFORE_SECONDS = 60

export default rule({
  id: 'posix.log-destroyed',
  title: 'A log was deleted or emptied',
  severity: 'high',
  on: table('file_events'),
  attack: ['T1070.002', 'T1070.003'],
  detect: ({ columns }) => {
    const path = meantPath(columns.target_path)
    const isKept = LOGS.has(path) || HISTORY.test(path)
    return isKept && (columns.action === 'DELETED' || isEmptied(columns))
  },
  // People tidy up after themselves, and bash rewrites the file.
  dynamicSeverity: ({ columns }) => (HISTORY.test(meantPath(columns.target_path)) ? 'medium' : undefined),
  alertTitle: ({ host, columns }) =>
    `${columns.target_path} was ${columns.action === 'DELETED' ? 'deleted' : 'emptied'} on ${host}`,
  context: ({ columns }) => ({
    path: columns.target_path,
    action: columns.action,
    size: columns.size,
    time: columns.time,
  }),
  means:
    'Whoever deletes the record of logins or of what was typed does not want to be seen. Rotation of logs moves files away and makes new ones; it deletes only those that it moved before.',
  check:
    "SELECT path, size, atime, mtime, ctime FROM file WHERE path LIKE '/var/log/%' OR path LIKE '/root/.%history';",
  benign:
    'An administrator who makes room on a full disk, preparation of an image, removal of a logging daemon, a person who deletes their own history.',
  runbook:
    'Margay has what was sent before: look at last, shell_history and logged_in_users of the host in the hours before. Who was root at that moment? Take what else tells of it (the journal, the log server, the hypervisor), and treat the host as taken over until someone owns up.',
  references: [
    'https://attack.mitre.org/techniques/T1070/002/',
    'https://attack.mitre.org/techniques/T1070/003/',
  ],
  tests: [
    {
      name: 'logins are deleted',
      match: true,
      columns: { target_path: '/var/log/wtmp', action: 'DELETED', size: '', time: '1700000000' },
      title: '/var/log/wtmp was deleted on test-host',
      dedup: 'test-host-id',
      severity: 'high',
      context: { path: '/var/log/wtmp', action: 'DELETED', size: '', time: '1700000000' },
    },
    {
      name: 'logins are emptied',
      match: true,
      columns: {
        target_path: '/var/log/wtmp',
        action: 'UPDATED',
        size: '0',
        atime: '1699990000',
        mtime: '1700000000',
      },
      title: '/var/log/wtmp was emptied on test-host',
    },
    {
      name: 'root’s history',
      match: true,
      severity: 'medium',
      columns: { target_path: '/root/.bash_history', action: 'DELETED' },
    },
    {
      name: 'on a Mac',
      match: true,
      columns: { target_path: '/private/var/log/system.log', action: 'DELETED' },
    },
    {
      name: 'rotation moves it away',
      match: false,
      columns: { target_path: '/var/log/wtmp', action: 'MOVED_FROM' },
    },
    {
      name: 'rotation makes a new one',
      match: false,
      columns: {
        target_path: '/var/log/wtmp',
        action: 'UPDATED',
        size: '0',
        atime: '1700000000',
        mtime: '1700000000',
      },
    },
    {
      name: 'rotation deletes the oldest',
      match: false,
      columns: { target_path: '/var/log/auth.log.4.gz', action: 'DELETED' },
    },
    {
      name: 'a login is written',
      match: false,
      columns: {
        target_path: '/var/log/wtmp',
        action: 'UPDATED',
        size: '38400',
        atime: '1699990000',
        mtime: '1700000000',
      },
    },
    {
      name: 'an application’s log',
      match: false,
      columns: { target_path: '/var/log/app/debug.log', action: 'DELETED' },
    },
    {
      name: 'times not selected',
      match: false,
      columns: { target_path: '/var/log/wtmp', action: 'UPDATED', size: '0' },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { target_path: '/var/log/wtmp', action: 'DELETED' },
    },
  ],
})

function isEmptied(row: {
  readonly action: string
  readonly size: string
  readonly atime: string
  readonly mtime: string
}): boolean {
  const read = int(row.atime)
  const written = int(row.mtime)
  return (
    row.action === 'UPDATED' &&
    row.size === '0' &&
    read !== null &&
    written !== null &&
    written - read > READ_BEFORE_SECONDS
  )
}

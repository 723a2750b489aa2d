import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** `AUDIT_USER_START` (linux/audit.h): PAM opens a session, which it does only for who was let in. */
const USER_START = '1105'

export default rule({
  id: 'linux.ssh-session-opened',
  title: 'A session was opened over SSH',
  severity: 'info',
  // Every login; of interest after many wrong passwords: sequences/login-after-guessing.ts.
  alert: false,
  on: table('user_events'),
  attack: ['T1021.004'],
  detect: ({ columns }) =>
    columns.type === USER_START &&
    (baseName(columns.path) === 'sshd' || baseName(columns.path) === 'sshd-session') &&
    columns.address !== '' &&
    columns.address !== '?' &&
    !columns.message.includes('res=failed'),
  alertTitle: ({ host, columns }) => `A session was opened on ${host} from ${columns.address}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.address}`,
  sequenceKey: ({ hostId, columns }) => `${hostId} ${columns.address}`,
  context: ({ columns }) => ({
    source: columns.address,
    auid: columns.auid,
    terminal: columns.terminal,
    time: columns.time,
  }),
  means: 'Somebody was let in over SSH, by password or key. Who it was stands in last and logged_in_users.',
  check: 'SELECT username, host, tty, time FROM last ORDER BY time DESC LIMIT 20;',
  benign: 'Every login of every person, and of what logs in to manage the host.',
  runbook:
    'Is the source one that somebody logs in from, and at this time of day? If not, ask the user by another way than this account.',
  references: ['https://attack.mitre.org/techniques/T1021/004/'],
  tests: [
    {
      name: 'a session',
      match: true,
      columns: {
        type: '1105',
        message: 'op=PAM:session_open',
        path: '/usr/sbin/sshd',
        address: '10.0.0.7',
        auid: '1000',
        terminal: 'ssh',
        time: '1700000000',
      },
      title: 'A session was opened on test-host from 10.0.0.7',
      dedup: 'test-host-id 10.0.0.7',
      severity: 'info',
      context: { source: '10.0.0.7', auid: '1000', terminal: 'ssh', time: '1700000000' },
    },
    {
      name: 'newer builds of sshd',
      match: true,
      columns: {
        type: '1105',
        message: 'op=PAM:session_open',
        path: '/usr/lib/openssh/sshd-session',
        address: '8.8.4.4',
      },
    },
    {
      name: 'a password is asked for',
      match: false,
      columns: { type: '1100', path: '/usr/sbin/sshd', address: '10.0.0.7' },
    },
    { name: 'sudo', match: false, columns: { type: '1105', path: '/usr/bin/sudo', address: '10.0.0.7' } },
    { name: 'at the console', match: false, columns: { type: '1105', path: '/usr/sbin/sshd', address: '?' } },
    { name: 'no address', match: false, columns: { type: '1105', path: '/usr/sbin/sshd' } },
    {
      name: 'the whole message says that it failed',
      match: false,
      columns: {
        type: '1105',
        message: 'op=PAM:session_open res=failed',
        path: '/usr/sbin/sshd',
        address: '10.0.0.7',
      },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: { type: '1105', message: 'op=PAM:session_open', path: '/usr/sbin/sshd', address: '10.0.0.7' },
    },
  ],
})

import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { sequence } from '../../src/detect/sequence.ts'
import passwordGuessing from '../linux/password-guessing.ts'
import sshSessionOpened from '../linux/ssh-session-opened.ts'

/** More than somebody types who has forgotten a password; fewer than the least that programs try. */
const GUESSES = 15

const guesses = (count: number, every = 2) =>
  Array.from({ length: count }, (_, index) => ({
    of: 'first' as const,
    at: index * every,
    columns: { type: '1100', message: 'op=PAM:authentication', path: '/usr/sbin/sshd', address: '8.8.4.4' },
  }))

const SESSION = { type: '1105', message: 'op=PAM:session_open', path: '/usr/sbin/sshd', address: '8.8.4.4' }

export default sequence({
  id: 'linux.login-after-guessing',
  title: 'A login came after many tried passwords',
  severity: 'high',
  first: passwordGuessing,
  next: sshSessionOpened,
  within: '30m',
  atLeast: GUESSES,
  attack: ['T1110.001', 'T1078', 'T1021.004'],
  // From inside it may be automation that logs in by password over and over.
  dynamicSeverity: ({ columns }) => (isPublicAddress(columns['address'] ?? '') ? undefined : 'medium'),
  alertTitle: ({ host, columns }) =>
    `Somebody at ${columns['address']} tried many passwords on ${host} and was then let in`,
  context: ({ columns, firsts }) => ({
    source: columns['address'],
    auid: columns['auid'],
    tries: firsts.length,
    time: columns['time'],
  }),
  means:
    'From one address at least fifteen passwords were tried within half an hour, and then SSH opened a session for it: one of the passwords was right.',
  check:
    'SELECT username, host, tty, time FROM last ORDER BY time DESC LIMIT 20; SELECT type, user, tty, host, time, pid FROM logged_in_users;',
  benign:
    'Automation that logs in by password many times in a row, and monitoring; a whole office behind one address.',
  runbook:
    'Which account was it (last)? End its sessions, lock it, and ask its owner by another way. Treat the host as taken over: isolate it, look at shell_history, crontab and authorized_keys since the login, and at where it connected to. Then allow keys only (PasswordAuthentication no).',
  references: [
    'https://attack.mitre.org/techniques/T1110/001/',
    'https://attack.mitre.org/techniques/T1078/',
  ],
  tests: [
    {
      name: 'the last of fifteen was right',
      match: true,
      steps: [...guesses(15), { of: 'next', at: 30, columns: SESSION }],
      title: 'Somebody at 8.8.4.4 tried many passwords on test-host and was then let in',
    },
    { name: 'fourteen', match: false, steps: [...guesses(14), { of: 'next', at: 30, columns: SESSION }] },
    {
      name: 'over a day',
      match: false,
      steps: [...guesses(15, 3600), { of: 'next', at: 15 * 3600, columns: SESSION }],
    },
    {
      name: 'the session is from elsewhere',
      match: false,
      steps: [...guesses(20), { of: 'next', at: 60, columns: { ...SESSION, address: '10.0.0.7' } }],
    },
    {
      name: 'the session came first',
      match: false,
      steps: [{ of: 'next', at: -1, columns: SESSION }, ...guesses(20)],
    },
    { name: 'nobody was let in', match: false, steps: guesses(20) },
    {
      name: 'on another host',
      match: false,
      steps: [...guesses(20), { of: 'next', at: 60, host: 'other', columns: SESSION }],
    },
  ],
})

import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/**
 * A password is asked for, or a name that does not exist is given. osquery keeps only the first word of the audit message
 * (events/linux/auditdnetlink.cpp parts it at blanks), so whether it was right is not among what it tells: the many are
 * what can be counted. Logins by key ask for no password and are not among them.
 */
const ATTEMPTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['1100', ['op=PAM:authentication', 'op=password', 'op=password-auth']],
  ['1109', ['op=PAM:bad_ident', 'op=PAM:bad_cred']],
])

/** Whoever mistypes a password twenty times in an hour has forgotten it; a program does it in seconds. */
const ATTEMPTS_IN_AN_HOUR = 30

export default rule({
  id: 'linux.password-guessing',
  title: 'Many passwords are tried over SSH',
  severity: 'medium',
  on: table('user_events'),
  attack: ['T1110'],
  threshold: ATTEMPTS_IN_AN_HOUR,
  detect: ({ columns }) =>
    (ATTEMPTS.get(columns.type)?.some(said => columns.message.startsWith(said)) ?? false) &&
    // Newer builds of sshd do the asking in a program of its own.
    (baseName(columns.path) === 'sshd' || baseName(columns.path) === 'sshd-session') &&
    columns.address !== '' &&
    columns.address !== '?' &&
    !columns.message.includes('res=success'),
  // All of the internet guesses at whatever answers it; from inside it is somebody who is in already.
  dynamicSeverity: ({ columns }) => (isPublicAddress(columns.address) ? 'info' : undefined),
  alertTitle: ({ host, columns }) =>
    isPublicAddress(columns.address)
      ? `Passwords are tried on ${host} from the internet`
      : `Passwords are tried on ${host} from ${columns.address}`,
  dedup: ({ hostId, columns }) =>
    isPublicAddress(columns.address) ? `${hostId} internet` : `${hostId} ${columns.address}`,
  // And then one of them is right: sequences/login-after-guessing.ts.
  sequenceKey: ({ hostId, columns }) => `${hostId} ${columns.address}`,
  context: ({ columns }) => ({
    source: columns.address,
    program: columns.path,
    message: columns.message.slice(0, 500),
    time: columns.time,
  }),
  means:
    'Somebody tries one password after another. From the internet this is the noise of every day, and a reason to allow keys only; from a host of your own it is an attacker who is in already and looks for the next host.',
  check:
    "SELECT time, type, message, path, address, terminal FROM user_events WHERE address <> '?' AND time > (SELECT unix_time - 3600 FROM time) ORDER BY time;",
  benign: 'A program with an old password, vulnerability scanners, a monitoring that logs in by password.',
  runbook:
    'From inside: what is the source, and who is logged in there? Isolate it unless it is a scanner of yours. From the internet: did a login from that address succeed (last)? Then lock the account and treat the host as taken over. Allow keys only (PasswordAuthentication no), and let only those reach port 22 who must.',
  references: ['https://attack.mitre.org/techniques/T1110/'],
  tests: [
    {
      name: 'from inside',
      match: true,
      columns: {
        type: '1100',
        message: 'op=PAM:authentication',
        path: '/usr/sbin/sshd',
        address: '10.0.0.7',
        time: '1700000000',
      },
      title: 'Passwords are tried on test-host from 10.0.0.7',
      dedup: 'test-host-id 10.0.0.7',
      severity: 'medium',
      context: {
        source: '10.0.0.7',
        program: '/usr/sbin/sshd',
        message: 'op=PAM:authentication',
        time: '1700000000',
      },
    },
    {
      name: 'from the internet, all in one alert',
      match: true,
      columns: {
        type: '1100',
        message: 'op=PAM:authentication',
        path: '/usr/lib/openssh/sshd-session',
        address: '8.8.4.4',
      },
      title: 'Passwords are tried on test-host from the internet',
      dedup: 'test-host-id internet',
      severity: 'info',
    },
    {
      name: 'a name that does not exist',
      match: true,
      columns: { type: '1109', message: 'op=PAM:bad_ident', path: '/usr/sbin/sshd', address: '10.0.0.7' },
    },
    {
      name: 'a login by key',
      match: false,
      columns: { type: '1100', message: 'op=pubkey', path: '/usr/sbin/sshd', address: '10.0.0.7' },
    },
    {
      name: 'a session opens',
      match: false,
      columns: { type: '1105', message: 'op=PAM:session_open', path: '/usr/sbin/sshd', address: '10.0.0.7' },
    },
    {
      name: 'sudo asks',
      match: false,
      columns: { type: '1100', message: 'op=PAM:authentication', path: '/usr/bin/sudo', address: '10.0.0.7' },
    },
    {
      name: 'at the console',
      match: false,
      columns: { type: '1100', message: 'op=PAM:authentication', path: '/usr/sbin/sshd', address: '?' },
    },
    {
      name: 'no address',
      match: false,
      columns: { type: '1100', message: 'op=PAM:authentication', path: '/usr/sbin/sshd' },
    },
    {
      name: 'the whole message says that it was right',
      match: false,
      columns: {
        type: '1100',
        message: 'op=PAM:authentication acct="ada" res=success',
        path: '/usr/sbin/sshd',
        address: '10.0.0.7',
      },
    },
    {
      name: 'a row leaves the buffer of events',
      match: false,
      action: 'removed',
      columns: {
        type: '1100',
        message: 'op=PAM:authentication',
        path: '/usr/sbin/sshd',
        address: '10.0.0.7',
      },
    },
  ],
})

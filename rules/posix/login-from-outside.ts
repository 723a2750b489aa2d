import { addressClass, inNetworks } from '../../src/detect/reading/addresses.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { OFFICE } from '../data/office-networks.ts'

/** `USER_PROCESS` of utmp(5), and `DEAD_PROCESS`: a session that ended was one. */
const SESSIONS = new Set(['7', '8'])
/** What init and login write to wtmp in the place of a user. */
const NOBODY = new Set(['', 'runlevel', 'reboot', 'shutdown', 'LOGIN'])
/** A name of a host with at least one dot: neither a display (`:0`) nor a pane of screen or tmux. */
const HOST_NAME = /^[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+\.?$/i

export default rule({
  id: 'posix.login-from-outside',
  title: 'Login from outside the office',
  severity: 'high',
  // Only of use where people log in from networks of one's own: first set data/office-networks.ts.
  enabled: false,
  on: table('last', 'logged_in_users'),
  attack: ['T1078', 'T1021.004'],
  // wtmp tells of years past. A row of open sessions that bears no time is of a session that is open now.
  freshness: { column: 'time', within: '24h', untimed: 'match' },
  dedup: ({ hostId, columns }) => `${hostId} ${userOf(columns)} ${columns.host}`,
  detect: ({ columns, table: from }) =>
    (from === 'last' ? SESSIONS.has(columns.type) : columns.type === 'user') &&
    !NOBODY.has(userOf(columns)) &&
    isOutside(columns.host),
  alertTitle: ({ host, columns }) => `${userOf(columns)} logged in on ${host} from outside: ${columns.host}`,
  context: ({ columns }) => ({
    user: userOf(columns),
    source: columns.host,
    tty: columns.tty,
    time: columns.time,
  }),
  means:
    'Somebody logged in from an address that is none of the office. With stolen keys or passwords this is what an attacker’s login looks like.',
  check:
    'SELECT type, user, tty, host, time, pid FROM logged_in_users; SELECT username, tty, type, time, host FROM last ORDER BY time DESC LIMIT 50;',
  benign:
    'Somebody who travels or works from home without the VPN; a new network of the office or a new jump host.',
  runbook:
    'Ask the user by another way than this account. If it was not they: end the session, lock the account, take its keys out of authorized_keys, and look at shell_history and crontab since the login. If the network is one of yours, add it to data/office-networks.ts.',
  references: [
    'https://attack.mitre.org/techniques/T1078/',
    'https://attack.mitre.org/techniques/T1021/004/',
  ],
  replaces: ['Osquery.Linux.LoginFromNonOffice'],
  tests: [
    {
      name: 'from another private network',
      match: true,
      columns: { type: '7', username: 'ada', host: '10.0.3.1', tty: 'pts/0', time: '1699999700' },
      title: 'ada logged in on test-host from outside: 10.0.3.1',
      dedup: 'test-host-id ada 10.0.3.1',
      severity: 'high',
      context: { user: 'ada', source: '10.0.3.1', tty: 'pts/0', time: '1699999700' },
    },
    {
      name: 'a session that is open',
      match: true,
      table: 'logged_in_users',
      columns: { type: 'user', user: 'ada', host: '198.51.100.7', time: '' },
      title: 'ada logged in on test-host from outside: 198.51.100.7',
    },
    {
      name: 'by IPv6',
      match: true,
      columns: { type: '7', username: 'ada', host: '2001:db8::7', time: '1699999700' },
    },
    {
      name: 'by a name',
      match: true,
      columns: { type: '7', username: 'ada', host: 'gw.example.com', time: '1699999700' },
    },
    {
      name: 'the session ended',
      match: true,
      columns: { type: '8', username: 'ada', host: '10.0.3.1', time: '1699999700' },
    },
    {
      name: 'from the office',
      match: false,
      columns: { type: '7', username: 'ada', host: '192.168.1.200', time: '1699999700' },
    },
    {
      name: 'from the office, IPv4 within IPv6',
      match: false,
      columns: { type: '7', username: 'ada', host: '::ffff:192.168.1.200', time: '1699999700' },
    },
    {
      name: 'from the office, by its name',
      match: false,
      columns: { type: '7', username: 'ada', host: 'desk-7.Office.example.com', time: '1699999700' },
    },
    {
      name: 'at the console',
      match: false,
      columns: { type: '7', username: 'ada', host: '', time: '1699999700' },
    },
    {
      name: 'a graphical session',
      match: false,
      columns: { type: '7', username: 'ada', host: ':0', time: '1699999700' },
    },
    {
      name: 'a pane of tmux',
      match: false,
      columns: { type: '7', username: 'ada', host: 'tmux(812).%0', time: '1699999700' },
    },
    {
      name: 'from the host itself',
      match: false,
      columns: { type: '7', username: 'ada', host: '::1', time: '1699999700' },
    },
    {
      name: 'over the cable',
      match: false,
      columns: { type: '7', username: 'ada', host: 'fe80::1%eth0', time: '1699999700' },
    },
    {
      name: 'a start of the system',
      match: false,
      columns: { type: '7', username: 'reboot', host: '10.0.3.1', time: '1699999700' },
    },
    {
      name: 'a change of the boot',
      match: false,
      columns: { type: '2', username: 'ada', host: '10.0.3.1', time: '1699999700' },
    },
    {
      name: 'a session that is no person’s',
      match: false,
      table: 'logged_in_users',
      columns: { type: 'dead', user: 'ada', host: '198.51.100.7', time: '1699999700' },
    },
    {
      name: 'long ago',
      match: false,
      columns: { type: '7', username: 'ada', host: '10.0.3.1', time: '1600000000' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { type: '7', username: 'ada', host: '10.0.3.1', time: '1699999700' },
    },
  ],
})

/** `last` calls the user `username`, `logged_in_users` calls them `user`. */
function userOf({ username, user }: { readonly username?: string; readonly user?: string }): string {
  return username || user || ''
}

function isOutside(source: string): boolean {
  const kind = addressClass(source)
  if (kind === null) {
    const name = source.toLowerCase().replace(/\.$/, '')
    return HOST_NAME.test(source) && !OFFICE.domains.some(domain => name.endsWith(domain))
  }
  return (
    kind !== 'loopback' &&
    kind !== 'link-local' &&
    kind !== 'unspecified' &&
    !inNetworks(source, OFFICE.networks)
  )
}

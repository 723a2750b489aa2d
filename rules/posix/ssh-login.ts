import { addressClass, isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { isFromOtherHost } from '../../src/detect/reading/login-source.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** `USER_PROCESS` of utmp(5): a session of a person. */
const USER_PROCESS = '7'

/** What init and login write to wtmp in the place of a user. */
const NOBODY = new Set(['', 'runlevel', 'reboot', 'shutdown', 'LOGIN'])

export default rule({
  id: 'posix.ssh-login',
  title: 'Login from another host',
  severity: 'medium',
  on: table('last'),
  attack: ['T1078', 'T1021.004'],
  // wtmp tells of years past; when an agent starts anew it sends all of it.
  freshness: { column: 'time', within: '24h' },
  detect: ({ columns }) =>
    columns.type === USER_PROCESS && isFromOtherHost(columns.host) && !NOBODY.has(columns.username),
  // From inside people log in all day. A name may be of either side: sshd may have asked the DNS for it.
  dynamicSeverity: ({ columns }) => {
    if (isPublicAddress(columns.host)) return undefined
    return columns.host.includes('.') && addressClass(columns.host) === null ? 'low' : 'info'
  },
  alertTitle: ({ host, columns }) => `${columns.username} logged in on ${host} from ${columns.host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.username} ${columns.host}`,
  context: ({ columns }) => ({
    user: columns.username,
    source: columns.host,
    tty: columns.tty,
    time: columns.time,
  }),
  means:
    'Somebody logged in over the network, with a password or key that works. With a stolen one that is all it takes, and it looks like this: the right account from another place, at another time.',
  check:
    'SELECT username, host, tty, time, type_name FROM last WHERE time > (SELECT unix_time - 86400 FROM time) ORDER BY time DESC;',
  benign:
    'Every login of every person who works on the host, and of what logs in to manage it. Those from inside are kept as information; on a host that is there to be reached from the internet, write an exception for it or its tag.',
  runbook:
    'Is the source one that this user comes from (VPN, jump host, office), and is it their time of day? If not, ask them by another way than this account. If it was not they: end the session, lock the account, take its keys out of authorized_keys, and look at shell_history and crontab since the login.',
  references: [
    'https://attack.mitre.org/techniques/T1078/',
    'https://attack.mitre.org/techniques/T1021/004/',
  ],
  tests: [
    {
      name: 'from an address',
      match: true,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'ada', host: '192.0.2.7', time: '1699999700', tty: 'pts/0' },
      title: 'ada logged in on test-host from 192.0.2.7',
      dedup: 'test-host-id ada 192.0.2.7',
      severity: 'medium',
      context: { user: 'ada', source: '192.0.2.7', tty: 'pts/0', time: '1699999700' },
    },
    {
      name: 'from a name, a day and a half hour ago',
      match: true,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'root', host: 'gw.example.com', time: String(1_700_000_000 - 88_200) },
      severity: 'low',
    },
    {
      name: 'from inside, which is what administrators do',
      match: true,
      columns: { type: '7', username: 'ada', host: '10.20.0.7', time: '1699999700' },
      severity: 'info',
    },
    {
      name: 'from inside by its short name',
      match: true,
      columns: { type: '7', username: 'ada', host: 'wks-7', time: '1699999700' },
      severity: 'info',
    },
    {
      name: 'from the internet over IPv6',
      match: true,
      columns: { type: '7', username: 'ada', host: '2001:db8::7', time: '1699999700' },
      severity: 'medium',
    },
    {
      name: 'a second longer ago',
      match: false,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'root', host: 'gw.example.com', time: String(1_700_000_000 - 88_201) },
    },
    {
      name: 'a time that cannot be read',
      match: false,
      columns: { type: '7', username: 'ada', host: '192.0.2.7', time: 'yesterday' },
    },
    {
      name: 'a logout',
      match: false,
      unixTime: 1_700_000_000,
      columns: { type: '8', username: 'ada', host: '192.0.2.7', time: '1699999700' },
    },
    {
      name: 'a change of runlevel',
      match: false,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'runlevel', host: '192.0.2.7', time: '1699999700' },
    },
    {
      name: 'at the console',
      match: false,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'ada', host: '', time: '1699999700' },
    },
    {
      name: 'a graphical session',
      match: false,
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'ada', host: ':0', time: '1699999700' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      unixTime: 1_700_000_000,
      columns: { type: '7', username: 'ada', host: '192.0.2.7', time: '1699999700' },
    },
  ],
})

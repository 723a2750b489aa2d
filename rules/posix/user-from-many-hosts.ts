import { isFromOtherHost } from '../../src/detect/reading/login-source.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.user-from-many-hosts',
  title: 'One account is logged in from many hosts',
  severity: 'medium',
  on: table('logged_in_users'),
  attack: ['T1078'],
  initial: 'ignore',
  detect: ({ columns, platform }) =>
    platform !== 'windows' && columns.type === 'user' && columns.user !== '' && isFromOtherHost(columns.host),
  // A person has a laptop, a phone and a jump host; more within an hour is more than one person.
  threshold: 5,
  unique: ({ columns }) => columns.host,
  alertTitle: ({ host, columns }) => `${columns.user} is logged in on ${host} from many hosts`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.user}`,
  context: ({ columns }) => ({
    user: columns.user,
    source: columns.host,
    tty: columns.tty,
    time: columns.time,
  }),
  means:
    'The same account comes from at least five hosts within an hour: a password or key that went round, or that somebody tries from wherever they already are.',
  check: "SELECT user, host, tty, time, pid FROM logged_in_users WHERE type = 'user' ORDER BY user, time;",
  benign:
    'Accounts that a team or a script shares, hosts behind which many addresses change, training rooms.',
  runbook:
    'Does the account belong to one person? Ask them, by another way, where they are logged in. If it is not they: lock the account, end its sessions, take its keys out, and look at each of the sources: they are hosts that somebody may have taken over.',
  references: ['https://attack.mitre.org/techniques/T1078/'],
  tests: [
    {
      name: 'each source counts once',
      match: true,
      columns: { type: 'user', user: 'ada', host: '192.0.2.7', tty: 'pts/0', time: '1700000000' },
      title: 'ada is logged in on test-host from many hosts',
      dedup: 'test-host-id ada',
      severity: 'medium',
      unique: '192.0.2.7',
      context: { user: 'ada', source: '192.0.2.7', tty: 'pts/0', time: '1700000000' },
    },
    { name: 'at the console', match: false, columns: { type: 'user', user: 'ada', host: '', tty: 'tty1' } },
    { name: 'a display', match: false, columns: { type: 'user', user: 'ada', host: ':0' } },
    { name: 'a pane', match: false, columns: { type: 'user', user: 'ada', host: 'tmux(12).%0' } },
    { name: 'a session that ended', match: false, columns: { type: 'dead', user: 'ada', host: '192.0.2.7' } },
    { name: 'nobody', match: false, columns: { type: 'user', user: '', host: '192.0.2.7' } },
    {
      name: 'Windows',
      match: false,
      platform: 'windows',
      columns: { type: 'user', user: 'ada', host: '192.0.2.7' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { type: 'user', user: 'ada', host: '192.0.2.7' },
    },
    {
      name: 'logs out',
      match: false,
      action: 'removed',
      columns: { type: 'user', user: 'ada', host: '192.0.2.7' },
    },
  ],
})

import { isWithinSession } from '../../src/detect/reading/login-source.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.root-session',
  title: 'Somebody works as root',
  severity: 'low',
  on: table('logged_in_users'),
  attack: ['T1078.003'],
  initial: 'ignore',
  detect: ({ columns, platform }) =>
    platform !== 'windows' &&
    columns.type === 'user' &&
    columns.user === 'root' &&
    columns.tty !== '' &&
    !isWithinSession(columns.host),
  // Over the network a session of root tells nobody who the person is.
  dynamicSeverity: ({ columns }) => (columns.host === '' ? undefined : 'medium'),
  alertTitle: ({ host, columns }) =>
    columns.host === ''
      ? `root is logged in at the console of ${host}`
      : `root is logged in on ${host} from ${columns.host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.host}`,
  dedupPeriod: '12h',
  context: ({ columns }) => ({
    user: columns.user,
    source: columns.host,
    tty: columns.tty,
    pid: columns.pid,
    time: columns.time,
  }),
  means:
    'Root has no name behind it: when several people can log in as root, nobody can say afterwards who did what. Whoever stole a key or password of root needs no further step.',
  check:
    "SELECT l.user, l.host, l.tty, l.time, p.pid, p.cmdline FROM logged_in_users l LEFT JOIN processes p ON p.pid = l.pid WHERE l.type = 'user';",
  benign:
    'Rescue at the console, appliances and hypervisors that know no other account, fleets that are run as root over SSH.',
  runbook:
    'Who is it? Ask the people who hold the key or password, by another way than this host. If nobody: end the session, isolate the host, change the keys of root, and read what was typed (shell_history, process_events) since the login.',
  references: ['https://attack.mitre.org/techniques/T1078/003/'],
  tests: [
    {
      name: 'over SSH',
      match: true,
      columns: { type: 'user', user: 'root', host: '192.0.2.7', tty: 'pts/0', pid: '7', time: '1700000000' },
      title: 'root is logged in on test-host from 192.0.2.7',
      dedup: 'test-host-id 192.0.2.7',
      severity: 'medium',
      context: { user: 'root', source: '192.0.2.7', tty: 'pts/0', pid: '7', time: '1700000000' },
    },
    {
      name: 'at the console',
      match: true,
      columns: { type: 'user', user: 'root', host: '', tty: 'tty1' },
      title: 'root is logged in at the console of test-host',
      severity: 'low',
    },
    {
      name: 'a person',
      match: false,
      columns: { type: 'user', user: 'ada', host: '192.0.2.7', tty: 'pts/0' },
    },
    { name: 'waiting for a login', match: false, columns: { type: 'login', user: 'root', tty: 'tty1' } },
    {
      name: 'a pane',
      match: false,
      columns: { type: 'user', user: 'root', host: 'tmux(12).%0', tty: 'pts/1' },
    },
    { name: 'no terminal', match: false, columns: { type: 'user', user: 'root', host: '192.0.2.7' } },
    {
      name: 'Windows',
      match: false,
      platform: 'windows',
      columns: { type: 'user', user: 'root', host: '192.0.2.7', tty: 'rdp' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { type: 'user', user: 'root', host: '192.0.2.7', tty: 'pts/0' },
    },
    {
      name: 'logs out',
      match: false,
      action: 'removed',
      columns: { type: 'user', user: 'root', host: '192.0.2.7', tty: 'pts/0' },
    },
  ],
})

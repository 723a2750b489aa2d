import { query, rule } from '../../src/detect/rule.ts'
import { SERVICE_ACCOUNTS } from '../data/service-accounts.ts'
import { linuxAccounts } from '../packs/linux-accounts.ts'

export default rule({
  id: 'linux.account-opened',
  title: 'An account got a password',
  severity: 'low',
  // The query leaves out when passwords were changed, so that a new row is a new state and not a new password.
  on: query(linuxAccounts.queries.password_status),
  attack: ['T1098'],
  initial: 'ignore',
  detect: ({ columns }) => columns['password_status'] === 'active' && (columns['username'] ?? '') !== '',
  dynamicSeverity: ({ columns }) => {
    const user = columns['username'] ?? ''
    return user === 'root' || SERVICE_ACCOUNTS.names.has(user) ? 'high' : undefined
  },
  alertTitle: ({ host, columns }) => `${columns['username']} on ${host} can be opened by a password`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns['username']}`,
  context: ({ columns }) => ({ user: columns['username'] ?? '', status: columns['password_status'] ?? '' }),
  means:
    'The account had no password or a locked one, and has one now. For root and for accounts of services that is a way back in for whoever set it; for a person it is everyday.',
  check:
    'SELECT s.username, s.password_status, s.last_change, u.uid, u.shell FROM shadow s JOIN users u ON u.username = s.username;',
  benign: 'New colleagues, an account that is unlocked after leave, a root password set for the console.',
  runbook:
    'Who set it: root or sudo in shell_history and last around this time? For root and services, lock it again (passwd -l NAME) if nobody wanted it, then look for the way in. For people, ask whoever gives out accounts.',
  references: [
    'https://attack.mitre.org/techniques/T1098/',
    'https://man7.org/linux/man-pages/man1/passwd.1.html',
  ],
  tests: [
    {
      name: 'a service can be logged in to',
      match: true,
      columns: { username: 'www-data', password_status: 'active' },
      title: 'www-data on test-host can be opened by a password',
      dedup: 'test-host-id www-data',
      severity: 'high',
      context: { user: 'www-data', status: 'active' },
    },
    { name: 'root', match: true, severity: 'high', columns: { username: 'root', password_status: 'active' } },
    {
      name: 'a person',
      match: true,
      severity: 'low',
      columns: { username: 'ada', password_status: 'active' },
    },
    { name: 'locked', match: false, columns: { username: 'root', password_status: 'locked' } },
    { name: 'no account', match: false, columns: { password_status: 'active' } },
    {
      name: 'had it before anyone looked',
      match: false,
      counter: '0',
      columns: { username: 'root', password_status: 'active' },
    },
    {
      name: 'a query of another pack, which may tell of each new password',
      match: false,
      pack: 'example',
      columns: { username: 'root', password_status: 'active', last_change: '19700' },
    },
    {
      name: 'it is locked now',
      match: false,
      action: 'removed',
      columns: { username: 'root', password_status: 'active' },
    },
  ],
})

import { bool } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.unencrypted-ssh-key',
  title: 'Private SSH key lies open',
  severity: 'info',
  on: joining(table('user_ssh_keys'), 'username'),
  attack: ['T1552.004'],
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  dedupPeriod: '24h',
  detect: ({ columns }) => bool(columns.encrypted) === false,
  alertTitle: ({ host, columns }) => `${columns.path} on ${host} is a key without a passphrase`,
  context: ({ columns }) => ({
    user: columns.username ?? columns.uid,
    path: columns.path,
    type: columns.key_type,
  }),
  means:
    'Whoever reads this file can log in wherever the key is accepted. Intruders look for such keys first, to go on to the next host.',
  check:
    'SELECT u.username, k.path, k.encrypted, k.key_type FROM users u CROSS JOIN user_ssh_keys k USING (uid);',
  benign:
    'Accounts of automation, which have nobody to type a passphrase; keys made for one host and one use.',
  runbook:
    "A person's key: have it get a passphrase (ssh-keygen -p) or live in a hardware token. A machine's key: see that it may do one thing only (command= in authorized_keys).",
  references: ['https://attack.mitre.org/techniques/T1552/004/'],
  tests: [
    {
      name: 'an open key',
      match: true,
      counter: '0',
      columns: {
        uid: '1000',
        username: 'ada',
        path: '/home/ada/.ssh/id_ed25519',
        encrypted: '0',
        key_type: 'ed25519',
      },
      title: '/home/ada/.ssh/id_ed25519 on test-host is a key without a passphrase',
      dedup: 'test-host-id /home/ada/.ssh/id_ed25519',
      severity: 'info',
      context: { user: 'ada', path: '/home/ada/.ssh/id_ed25519', type: 'ed25519' },
    },
    {
      name: 'an encrypted one',
      match: false,
      columns: { uid: '1000', path: '/home/ada/.ssh/id_rsa', encrypted: '1' },
    },
    { name: 'not selected', match: false, columns: { uid: '1000', path: '/home/ada/.ssh/id_rsa' } },
    {
      name: 'gone',
      match: false,
      action: 'removed',
      columns: { uid: '1000', path: '/home/ada/.ssh/id_rsa', encrypted: '0' },
    },
  ],
})

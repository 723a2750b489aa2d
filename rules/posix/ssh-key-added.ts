import { isUnder, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { int } from '../../src/detect/reading/values.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { SERVICE_ACCOUNTS } from '../data/service-accounts.ts'

/** Below are root and the services, on Linux and macOS. */
const FIRST_PERSON = 500

interface Key {
  readonly uid: string
  readonly username?: string | undefined
  readonly key_file: string
}

export default rule({
  id: 'posix.ssh-key-added',
  title: 'A new key opens an account over SSH',
  severity: 'medium',
  on: joining(table('authorized_keys'), 'username'),
  attack: ['T1098.004'],
  initial: 'ignore',
  detect: ({ columns }) => columns.key !== '' && columns.uid !== '',
  dynamicSeverity: ({ columns }) => (isOfNobodyInPerson(columns) ? 'high' : undefined),
  alertTitle: ({ host, columns }) =>
    `New SSH key ${columns.comment || ending(columns.key)} for ${owner(columns)} on ${host}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  context: ({ columns }) => ({
    user: owner(columns),
    comment: columns.comment,
    options: columns.options,
    algorithm: columns.algorithm,
    key: columns.key.slice(0, 1000),
    key_file: columns.key_file,
  }),
  means:
    'Whoever holds the private half logs in without a password, and goes on to when passwords are changed. It is the most common way to keep access to a Linux host.',
  check:
    'SELECT u.username, k.algorithm, k.key, k.options, k.comment, k.key_file FROM users u CROSS JOIN authorized_keys k USING (uid);',
  benign:
    'A colleague’s new laptop, rotation of keys, provisioning and cloud agents that put a key down for the time of a session. A changed comment is a new row too.',
  runbook:
    'Whose key is it? Look for its last characters or comment among the keys that you give out. If nobody knows it: take the line out, see in last which logins came since the time of the file and from where, and what wrote the file (shell_history, the parent of the shell).',
  references: [
    'https://attack.mitre.org/techniques/T1098/004/',
    'https://man.openbsd.org/sshd#AUTHORIZED_KEYS_FILE_FORMAT',
  ],
  tests: [
    {
      name: 'for root',
      match: true,
      columns: {
        uid: '0',
        algorithm: 'ssh-ed25519',
        key: 'AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE',
        options: '',
        comment: 'ada@example.com',
        key_file: '/root/.ssh/authorized_keys',
      },
      title: 'New SSH key ada@example.com for root on test-host',
      dedup: 'test-host-id 0',
      severity: 'high',
      context: {
        user: 'root',
        comment: 'ada@example.com',
        options: '',
        algorithm: 'ssh-ed25519',
        key: 'AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE',
        key_file: '/root/.ssh/authorized_keys',
      },
    },
    {
      name: 'for a person',
      match: true,
      columns: {
        uid: '1000',
        key: 'AAAAB3NzaC1yc2EAAAADAQABEXAMPLE',
        key_file: '/home/ada/.ssh/authorized_keys',
      },
      title: 'New SSH key …AADAQABEXAMPLE for uid 1000 on test-host',
      severity: 'medium',
    },
    {
      name: 'for a service',
      match: true,
      columns: { uid: '33', key: 'ssh-rsa AAAA x', key_file: '/var/www/.ssh/authorized_keys' },
      severity: 'high',
    },
    {
      name: 'for a service with a high number',
      match: true,
      severity: 'high',
      columns: { uid: '1001', key: 'AAAA', key_file: '/opt/tomcat/.ssh/authorized_keys' },
      decorations: {},
    },
    {
      name: 'in a home that is no home',
      match: true,
      severity: 'high',
      columns: { uid: '1001', key: 'AAAA', key_file: '/tmp/.ssh/authorized_keys' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { uid: '0', key: 'AAAA', key_file: '/root/.ssh/authorized_keys' },
    },
    {
      name: 'a query that counts keys and does not tell them',
      match: false,
      columns: { uid: '0', key_file: '/root/.ssh/authorized_keys' },
    },
    {
      name: 'the key is taken out',
      match: false,
      action: 'removed',
      columns: { uid: '0', key: 'AAAA', key_file: '/root/.ssh/authorized_keys' },
    },
  ],
})

/** Root, a service, or an account whose home anyone can write to: nobody logs in there in person. */
function isOfNobodyInPerson({ uid, username = '', key_file }: Key): boolean {
  const number = int(uid)
  return (
    (number !== null && number < FIRST_PERSON) ||
    SERVICE_ACCOUNTS.names.has(username) ||
    isWorldWritablePlace(key_file) ||
    isUnder(key_file, '/var/www', '/srv', '/opt', '/usr')
  )
}

function owner({ uid, username = '' }: Key): string {
  if (username !== '') return username
  return uid === '0' ? 'root' : `uid ${uid}`
}

function ending(key: string): string {
  return `…${key.slice(-14)}`
}

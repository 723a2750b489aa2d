import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { int } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

interface Exec {
  readonly event_type: string
  readonly path: string
  readonly cmdline: string
}

interface Deed {
  readonly account: string
  readonly does: 'makes account' | 'hides account' | 'makes an administrator of'
}

/** Below are the accounts of the system, which the login window does not show. */
const FIRST_PERSON_UID = 500

export default rule({
  id: 'macos.account-made-by-command',
  title: 'A command makes an account or an administrator',
  severity: 'medium',
  on: table('es_process_events'),
  attack: ['T1136.001', 'T1098.007', 'T1564.002'],
  means:
    'An account for a person was made, hidden or put into the group of administrators by a command and not in System Settings. It is a way back in that outlives the clean-up of the malware that made it.',
  check:
    "SELECT u.username, u.uid, u.is_hidden, u.directory, u.shell, g.groupname FROM users u LEFT JOIN user_groups ug ON ug.uid = u.uid LEFT JOIN groups g ON g.gid = ug.gid AND g.groupname = 'admin' WHERE u.username NOT LIKE '\\_%' ESCAPE '\\';",
  benign:
    'Device management and set-up scripts. Accounts of services (with a _ in front), which installers make, are left out.',
  detect: ({ columns }) => deedOf(columns) !== undefined,
  dynamicSeverity: ({ columns }) => (deedOf(columns)?.does === 'hides account' ? 'high' : undefined),
  alertTitle: ({ host, columns }) =>
    `A command on ${host} ${deedOf(columns)?.does ?? 'changes account'} ${deedOf(columns)?.account ?? ''}`,
  // One account takes half a dozen commands.
  dedup: ({ hostId, columns }) => `${hostId} ${deedOf(columns)?.account ?? ''}`,
  context: ({ columns }) => ({
    // Commands carry the password of the account: only what is done is kept.
    does: deedOf(columns)?.does,
    account: deedOf(columns)?.account,
    program: columns.path,
    by: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    time: columns.time,
  }),
  runbook:
    'Ask who needed the account. If nobody did: remove it (sysadminctl -deleteUser), end its sessions, and look at what the same parent did before and after.',
  references: [
    'https://attack.mitre.org/techniques/T1136/001/',
    'https://attack.mitre.org/techniques/T1564/002/',
  ],
  tests: [
    {
      name: 'by dscl',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/bin/dscl',
        cmdline: 'dscl . -create /Users/support UserShell /bin/bash',
        username: 'root',
        pid: '7',
        parent: '6',
        time: '1700000000',
      },
      title: 'A command on test-host makes account support',
      dedup: 'test-host-id support',
      severity: 'medium',
      context: {
        does: 'makes account',
        account: 'support',
        program: '/usr/bin/dscl',
        by: 'root',
        pid: '7',
        parent: '6',
        time: '1700000000',
      },
    },
    {
      name: 'by sysadminctl',
      match: true,
      columns: {
        path: '/usr/sbin/sysadminctl',
        cmdline: 'sysadminctl -addUser support -password x -admin',
      },
      title: 'A command on test-host makes account support',
    },
    {
      name: 'hidden from the login window',
      match: true,
      columns: { path: '/usr/bin/dscl', cmdline: 'dscl . create /Users/support IsHidden 1' },
      title: 'A command on test-host hides account support',
      severity: 'high',
    },
    {
      name: 'with the number of a service',
      match: true,
      columns: { path: '/usr/bin/dscl', cmdline: 'dscl . -create /Users/support UniqueID 401' },
      severity: 'high',
    },
    {
      name: 'an administrator, by dseditgroup',
      match: true,
      columns: {
        path: '/usr/sbin/dseditgroup',
        cmdline: 'dseditgroup -o edit -a support -t user admin',
      },
      title: 'A command on test-host makes an administrator of support',
    },
    {
      name: 'an administrator, by dscl',
      match: true,
      columns: {
        path: '/usr/bin/dscl',
        cmdline: 'dscl . -append /Groups/admin GroupMembership support',
      },
      title: 'A command on test-host makes an administrator of support',
    },
    {
      name: 'an account of a service',
      match: false,
      columns: { path: '/usr/bin/dscl', cmdline: 'dscl . -create /Users/_nixbld1 IsHidden 1' },
    },
    {
      name: 'an account of a service, by sysadminctl',
      match: false,
      columns: { path: '/usr/sbin/sysadminctl', cmdline: 'sysadminctl -addUser _postgres -roleAccount' },
    },
    {
      name: 'reads an account',
      match: false,
      columns: { path: '/usr/bin/dscl', cmdline: 'dscl . -read /Users/ada UserShell' },
    },
    {
      name: 'another group',
      match: false,
      columns: {
        path: '/usr/sbin/dseditgroup',
        cmdline: 'dseditgroup -o edit -a ada -t user _developer',
      },
    },
    {
      name: 'asks whether someone is an administrator',
      match: false,
      columns: { path: '/usr/sbin/dseditgroup', cmdline: 'dseditgroup -o checkmember -m ada admin' },
    },
    {
      name: 'another program',
      match: false,
      columns: { path: '/bin/echo', cmdline: 'echo . -create /Users/support' },
    },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/usr/bin/dscl', cmdline: 'dscl . -create /Users/support' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/dscl', cmdline: 'dscl . -create /Users/support' },
    },
  ],
})

/** What the command does to the account of a person, or undefined. */
function deedOf({ event_type, path, cmdline }: Exec): Deed | undefined {
  if (!isProgramStart({ event_type })) return undefined
  const words = cmdline.split(' ')
  const deed = DEEDS.get(baseName(path))?.(words)
  return deed === undefined || deed.account === '' || deed.account.startsWith('_') ? undefined : deed
}

const DEEDS = new Map<string, (words: readonly string[]) => Deed | undefined>([
  ['dscl', byDscl],
  ['sysadminctl', words => makes(after(words, '-addUser'))],
  ['dseditgroup', words => (words.at(-1) === 'admin' ? makesAdministrator(after(words, '-a')) : undefined)],
])

function byDscl(words: readonly string[]): Deed | undefined {
  const at = words.findIndex(word => word.startsWith('/Users/') || word === '/Groups/admin')
  const verb = words[at - 1]?.replace(/^-/, '') ?? ''
  const [record = '', property, value = ''] = words.slice(at)
  if (record === '/Groups/admin') {
    return verb === 'append' || verb === 'merge' ? makesAdministrator(value) : undefined
  }
  if (at === -1 || verb !== 'create') return undefined
  const account = record.slice('/Users/'.length)
  return hides(property, value) ? { account, does: 'hides account' } : makes(account)
}

function hides(property: string | undefined, value: string): boolean {
  if (property === 'IsHidden') return value === '1' || value.toLowerCase() === 'true'
  return property === 'UniqueID' && (int(value) ?? FIRST_PERSON_UID) < FIRST_PERSON_UID
}

function makes(account: string | undefined): Deed | undefined {
  return account === undefined ? undefined : { account, does: 'makes account' }
}

function makesAdministrator(account: string | undefined): Deed | undefined {
  return account === undefined ? undefined : { account, does: 'makes an administrator of' }
}

function after(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option)
  return at === -1 ? undefined : words[at + 1]
}

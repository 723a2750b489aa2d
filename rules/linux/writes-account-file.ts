import { isShell } from '../../src/detect/reading/interpreters.ts'
import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { systemFileKind } from '../../src/detect/reading/system-files.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { ACCOUNT_TOOLS } from '../data/account-tools.ts'
import { SYSTEM_PROGRAM_FOLDERS } from '../data/system-program-folders.ts'

const KINDS: ReadonlySet<string> = new Set(['accounts', 'preload', 'pam'])

export default rule({
  id: 'linux.writes-account-file',
  title: 'Unusual program writes accounts, sudoers or PAM',
  severity: 'medium',
  on: table('process_file_events'),
  attack: ['T1098', 'T1574.006', 'T1556.003'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.executable}`,
  detect: ({ columns }) =>
    columns.operation !== 'read' && columns.operation !== 'open' && fileOf(columns) !== null,
  exclude: ({ columns }) =>
    ACCOUNT_TOOLS.names.has(baseName(columns.executable)) &&
    isUnder(columns.executable, ...SYSTEM_PROGRAM_FOLDERS),
  dynamicSeverity: ({ columns }) =>
    kindOf(columns) === 'preload' ||
    oddPlaceOf(columns.executable) !== null ||
    isShell(baseName(columns.executable))
      ? 'high'
      : undefined,
  alertTitle: ({ host, columns }) => `${columns.executable} on ${host} wrote ${fileOf(columns) ?? 'a file'}`,
  context: ({ columns }) => ({
    program: columns.executable,
    pid: columns.pid,
    operation: columns.operation,
    file: fileOf(columns),
    login: columns.auid,
    time: columns.time,
  }),
  means:
    'A file that decides who may log in, who may become root or what every program loads was changed by something else than the tools made for it. Intruders add an account, a rule or a library this way.',
  check:
    'SELECT pid, executable, operation, path, dest_path, auid, time FROM process_file_events ORDER BY time DESC LIMIT 50;',
  benign: 'Configuration management and provisioning in Python or Ruby, an administrator with an editor.',
  runbook:
    'What changed (compare with the backup: /etc/passwd-, etckeeper, configuration management) and whose login was it (auid)? Managed by you: nothing to do. Otherwise take the change back, lock the account, and look for how they became root.',
  references: [
    'https://attack.mitre.org/techniques/T1098/',
    'https://attack.mitre.org/techniques/T1574/006/',
  ],
  tests: [
    {
      name: 'an editor on sudoers',
      match: true,
      columns: {
        operation: 'write',
        pid: '4242',
        executable: '/usr/bin/vim.basic',
        path: '/etc/sudoers.d/x',
        auid: '1000',
        time: '1700000000',
      },
      title: '/usr/bin/vim.basic on test-host wrote /etc/sudoers.d/x',
      dedup: 'test-host-id /usr/bin/vim.basic',
      severity: 'medium',
      context: {
        program: '/usr/bin/vim.basic',
        pid: '4242',
        operation: 'write',
        file: '/etc/sudoers.d/x',
        login: '1000',
        time: '1700000000',
      },
    },
    {
      name: 'a shell that adds a line',
      match: true,
      columns: { operation: 'write', executable: '/usr/bin/bash', path: '/etc/passwd' },
      severity: 'high',
    },
    {
      name: 'a library for every program',
      match: true,
      columns: {
        operation: 'rename',
        executable: '/usr/bin/cp',
        path: '/root/a',
        dest_path: '/etc/ld.so.preload',
      },
      severity: 'high',
      title: '/usr/bin/cp on test-host wrote /etc/ld.so.preload',
    },
    {
      name: 'a false useradd',
      match: true,
      columns: { operation: 'write', executable: '/tmp/useradd', path: '/etc/shadow' },
      severity: 'high',
    },
    {
      name: 'the tool made for it',
      match: false,
      columns: {
        operation: 'rename',
        executable: '/usr/sbin/useradd',
        path: '/etc/passwd+',
        dest_path: '/etc/passwd',
      },
    },
    {
      name: 'a package',
      match: false,
      columns: {
        operation: 'rename',
        executable: '/usr/bin/dpkg',
        path: '/etc/pam.d/su.dpkg-new',
        dest_path: '/etc/pam.d/su',
      },
    },
    {
      name: 'only read',
      match: false,
      columns: { operation: 'read', executable: '/usr/bin/cat', path: '/etc/shadow' },
    },
    {
      name: 'another file',
      match: false,
      columns: { operation: 'write', executable: '/usr/bin/vim.basic', path: '/etc/hosts' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { operation: 'write', executable: '/usr/bin/bash', path: '/etc/passwd' },
    },
  ],
})

interface Change {
  readonly path: string
  readonly dest_path: string
}

/** The file that decides something: where it was moved to, or itself. */
function fileOf({ path, dest_path }: Change): string | null {
  return [dest_path, path].find(one => one !== '' && KINDS.has(systemFileKind(one) ?? '')) ?? null
}

function kindOf(change: Change): string | null {
  const file = fileOf(change)
  return file === null ? null : systemFileKind(file)
}

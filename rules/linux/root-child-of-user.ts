import { isInterpreter, isShell } from '../../src/detect/reading/interpreters.ts'
import { oddPlaceOf } from '../../src/detect/reading/odd-place.ts'
import { baseName, isUserHome } from '../../src/detect/reading/paths.ts'
import { query, rule } from '../../src/detect/rule.ts'
import { linuxProcesses } from '../packs/linux-processes.ts'

/** Programs that become another user and then put the command in their own place, or whose session has ended already. */
const LETS_BECOME_ROOT = new Set([
  'sudo',
  'su',
  'doas',
  'pkexec',
  'runuser',
  'login',
  'sshd',
  'systemd',
  'machinectl',
  'run0',
])

export default rule({
  id: 'linux.root-child-of-user',
  title: 'A program of a user has a shell of root below it',
  severity: 'medium',
  // Only the join with its parent and its file tells how a process came to be root.
  on: query(linuxProcesses.queries.root_children_of_users),
  attack: ['T1548', 'T1068'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns['parent_path'] ?? ''}`,
  detect: ({ columns }) => {
    const path = columns['path'] ?? ''
    const isRoot = columns['euid'] === '0' && (columns['parent_euid'] ?? '0') !== '0'
    const canDoAnything =
      isShell(baseName(path)) ||
      isInterpreter(baseName(path)) ||
      oddPlaceOf(path) !== null ||
      isUserHome(path)
    return isRoot && canDoAnything && path !== columns['parent_path']
  },
  exclude: ({ columns }) => LETS_BECOME_ROOT.has(baseName(columns['parent_path'] ?? '')),
  alertTitle: ({ host, columns }) =>
    `${columns['path'] ?? 'A program'} runs as root below ${columns['parent_path'] ?? 'a program'} of user ${columns['parent_euid'] ?? ''} on ${host}`,
  context: ({ columns }) => ({
    pid: columns['pid'],
    program: columns['path'],
    command: columns['cmdline']?.slice(0, 2000),
    folder: columns['cwd'],
    parent: columns['parent'],
    parent_program: columns['parent_path'],
    parent_command: columns['parent_cmdline']?.slice(0, 2000),
    parent_euid: columns['parent_euid'],
  }),
  means:
    'The parent is not root, the child is, and its file has no set-user-ID bit. Something gave it the rights in between: sudo and its like, or a hole in the kernel or in a program that has the bit.',
  check:
    'SELECT p.pid, p.path, p.cmdline, p.uid, p.euid, p.start_time, pp.pid AS parent, pp.path AS parent_path, pp.cmdline AS parent_cmdline, pp.euid AS parent_euid FROM processes p JOIN processes pp ON pp.pid = p.parent WHERE p.euid = 0 AND pp.euid <> 0;',
  benign:
    'pkexec and doas, which put the command in their own place: a shell that somebody opened as root by way of them.',
  runbook:
    'Ask the user of the parent. Did they use pkexec or doas (auth log)? If not: isolate the host, keep both processes (/proc/PID/exe, environ), and see what kernel and which programs with the set-user-ID bit the host has.',
  references: ['https://attack.mitre.org/techniques/T1068/', 'https://attack.mitre.org/techniques/T1548/'],
  tests: [
    {
      name: 'a shell of root below a web server',
      match: true,
      columns: {
        pid: '4242',
        path: '/usr/bin/dash',
        cmdline: '/bin/sh',
        cwd: '/tmp',
        euid: '0',
        parent: '900',
        parent_path: '/tmp/a',
        parent_cmdline: './a',
        parent_euid: '33',
      },
      title: '/usr/bin/dash runs as root below /tmp/a of user 33 on test-host',
      dedup: 'test-host-id /tmp/a',
      severity: 'medium',
      context: {
        pid: '4242',
        program: '/usr/bin/dash',
        command: '/bin/sh',
        folder: '/tmp',
        parent: '900',
        parent_program: '/tmp/a',
        parent_command: './a',
        parent_euid: '33',
      },
    },
    {
      name: 'a program in a home',
      match: true,
      columns: { path: '/home/ada/x', euid: '0', parent_path: '/usr/bin/bash', parent_euid: '1000' },
    },
    {
      name: 'by sudo',
      match: false,
      columns: { path: '/usr/bin/bash', euid: '0', parent_path: '/usr/bin/sudo', parent_euid: '1000' },
    },
    {
      name: 'a helper of a service that gave its rights away',
      match: false,
      columns: {
        path: '/usr/sbin/avahi-daemon',
        euid: '0',
        parent_path: '/usr/sbin/avahi-daemon',
        parent_euid: '107',
      },
    },
    {
      name: 'the display server',
      match: false,
      columns: {
        path: '/usr/lib/xorg/Xorg',
        euid: '0',
        parent_path: '/usr/libexec/gdm-x-session',
        parent_euid: '1000',
      },
    },
    {
      name: 'root below root',
      match: false,
      columns: { path: '/usr/bin/bash', euid: '0', parent_path: '/usr/sbin/cron', parent_euid: '0' },
    },
    {
      name: 'not root',
      match: false,
      columns: { path: '/usr/bin/bash', euid: '1000', parent_path: '/usr/bin/tmux', parent_euid: '1000' },
    },
    {
      name: 'the parent is not known',
      match: false,
      columns: { path: '/usr/bin/bash', euid: '0' },
    },
    {
      name: 'ended',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/bash', euid: '0', parent_path: '/tmp/a', parent_euid: '33' },
    },
  ],
})

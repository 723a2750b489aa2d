import { type Command, commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { isUnder, meantPath } from '../../src/detect/reading/paths.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Where kernels, dkms and initial disks keep modules. */
const MODULES = ['/lib/modules', '/usr/lib/modules', '/var/lib/dkms', '/run/initramfs', '/usr/src'] as const

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('.ko')

export default rule({
  id: 'linux.module-from-odd-place',
  title: 'Module is loaded into the kernel from an odd place',
  severity: 'high',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1547.006', 'T1014'],
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, WORDS) && oddModule(columns) !== null,
  alertTitle: ({ host, columns }) => `${host} loads ${oddModule(columns) ?? 'a module'} into its kernel`,
  context: ({ columns }) => ({
    ...toldProgram(columns),
    command: shortened(columns.cmdline),
    module: oddModule(columns),
  }),
  means:
    'Modules lie below /lib/modules and are loaded by modprobe. One that is loaded by its file from elsewhere was built or brought here by hand; rootkits are loaded this way, and hide themselves and others afterwards.',
  check:
    "SELECT name, size, status FROM kernel_modules; SELECT name, current_value FROM system_controls WHERE name = 'kernel.tainted';",
  benign: 'Developers of drivers, installers of graphics drivers that try a module before they install it.',
  runbook:
    'Copy the file before it is gone, with its hash. Did somebody build a driver here? If not: isolate the host, expect that it lies about processes and files, look at it from outside (disk image), and rebuild it.',
  references: [
    'https://attack.mitre.org/techniques/T1547/006/',
    'https://attack.mitre.org/techniques/T1014/',
  ],
  tests: [
    {
      name: 'out of tmp',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/kmod',
        cmdline: 'insmod /tmp/.x/rk.ko',
        pid: '7',
        parent: '6',
        uid: '0',
        cwd: '/',
      },
      title: 'test-host loads /tmp/.x/rk.ko into its kernel',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/usr/bin/kmod',
        command: 'insmod /tmp/.x/rk.ko',
        pid: '7',
        parent: '6',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
        module: '/tmp/.x/rk.ko',
      },
    },
    {
      name: 'from where somebody stands',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'insmod ./a.ko debug=1', cwd: '/root/build', syscall: 'execve' },
      title: 'test-host loads /root/build/a.ko into its kernel',
    },
    {
      name: 'by another name',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'sudo kmod insert /dev/shm/a.ko', cwd: '/' },
    },
    {
      name: 'a file for modprobe',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'modprobe /home/ada/a.ko', cwd: '/' },
    },
    {
      name: 'a module of the kernel',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'insmod /lib/modules/6.8.0-45-generic/kernel/fs/nfs/nfs.ko.zst', cwd: '/' },
    },
    {
      name: 'built by dkms',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'insmod a.ko', cwd: '/var/lib/dkms/a/1.0/build' },
    },
    {
      name: 'by its name',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'modprobe -q br_netfilter', cwd: '/tmp' },
    },
    {
      name: 'taken out',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'rmmod /tmp/a.ko', cwd: '/' },
    },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'insmod /tmp/a.ko', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'insmod /tmp/a.ko', cwd: '/' },
    },
  ],
})

function oddModule({ cmdline, cwd }: { readonly cmdline: string; readonly cwd: string }): string | null {
  for (const command of commandsOf(asTyped(cmdline))) {
    const file = moduleOf(command)
    if (file === null) continue
    const path = meantPath(file.startsWith('/') ? file : `${cwd}/${file}`)
    if (!isUnder(path, ...MODULES)) return path
  }
  return null
}

/** The file of a module that a command loads, or null. */
function moduleOf(command: Command): string | null {
  const { args } = command
  const loads =
    isProgram(command, 'insmod', 'modprobe') ||
    (isProgram(command, 'kmod') && /^(?:insert|load)$/.test(args[0] ?? ''))
  return loads
    ? (args.find(arg => /\.ko(?:\.(?:gz|xz|zst))?$/.test(arg) && !arg.startsWith('-')) ?? null)
    : null
}

import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { SECURITY_AGENTS } from '../data/security-agents.ts'

const PROTECTS: ReadonlySet<string> = new Set(SECURITY_AGENTS.modules)

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('rmmod', 'modprobe', 'kmod')

export default rule({
  id: 'linux.security-module-unloaded',
  title: 'Module of a security product is taken out of the kernel',
  severity: 'high',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1562.001'],
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(unloads),
  alertTitle: ({ host, columns }) => `${host}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'The part of a security product that sits in the kernel is removed. From then on it neither sees nor blocks.',
  check: 'SELECT name, status, used_by FROM kernel_modules ORDER BY name;',
  benign: 'An upgrade of that product, which loads the new module right after.',
  runbook:
    'Is the product being upgraded (package log at that time)? If not: load it again, see who ran the command (auid), and isolate the host if nobody owns up.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  tests: [
    {
      name: 'rmmod',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/kmod',
        cmdline: 'rmmod falcon_lsm_serviceable',
        pid: '7',
        parent: '6',
        uid: '0',
        cwd: '/',
      },
      title: 'test-host: rmmod falcon_lsm_serviceable',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/usr/bin/kmod',
        command: 'rmmod falcon_lsm_serviceable',
        pid: '7',
        parent: '6',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'modprobe -r, hyphens for underscores',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'modprobe -r sysdig-probe', syscall: 'execve' },
    },
    {
      name: 'another module',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'rmmod nouveau' },
    },
    {
      name: 'loaded',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'modprobe falco' },
    },
    { name: 'looked at', match: false, table: 'process_events', columns: { cmdline: 'modinfo falco' } },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'rmmod falco', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'rmmod falco' },
    },
  ],
})

function unloads(command: Command): boolean {
  const takesOut =
    isProgram(command, 'rmmod') ||
    (isProgram(command, 'modprobe') && hasOption(command, 'r', 'remove')) ||
    (isProgram(command, 'kmod') && /^(?:remove|unload)$/.test(command.args[0] ?? ''))
  return takesOut && command.args.some(arg => PROTECTS.has(arg.replaceAll('-', '_')))
}

import { type Command, commandsOf, hasOption, isProgram } from '../../src/detect/reading/command.ts'
import { baseName } from '../../src/detect/reading/paths.ts'
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

const UNITS: ReadonlySet<string> = new Set(SECURITY_AGENTS.units)
const PROCESSES: ReadonlySet<string> = new Set(SECURITY_AGENTS.processes)

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf(
  'setenforce',
  'aa-',
  'auditctl',
  'systemctl',
  'service',
  '-rc.d',
  'chkconfig',
  'pkill',
  'killall',
)

export default rule({
  id: 'linux.protection-stopped',
  title: 'What protects the host is switched off',
  severity: 'high',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1562.001', 'T1562.012'],
  dedup: ({ hostId, columns }) => `${hostId} ${stopped(columns.cmdline)?.what ?? ''}`,
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, WORDS) && stopped(columns.cmdline) !== null,
  // Upgrades of packages stop a service and start it again; they disable and kill none.
  dynamicSeverity: ({ columns }) => (stopped(columns.cmdline)?.forGood === false ? 'low' : undefined),
  alertTitle: ({ host, columns }) =>
    `${stopped(columns.cmdline)?.what ?? 'Protection'} of ${host} is switched off: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => ({ ...toldProgram(columns), stopped: stopped(columns.cmdline)?.what }),
  means:
    'An agent, the audit or SELinux is stopped, disabled or killed by a command. Intruders who are root do that before they do what it would see or forbid.',
  check:
    "SELECT id, active_state, sub_state, unit_file_state FROM systemd_units WHERE id IN ('auditd.service', 'osqueryd.service', 'falcon-sensor.service', 'rsyslog.service', 'apparmor.service');",
  benign: 'Upgrades of the agent, moving to another product, an administrator who looks for a fault.',
  runbook:
    'Is it running again (systemd_units)? Was it an upgrade or a change of yours? If not: start it, see who ran the command (auid, parent) and what else they ran in that hour, and isolate the host.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  tests: [
    {
      name: 'disabled',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/systemctl',
        cmdline: 'systemctl disable --now falcon-sensor.service',
        pid: '7',
        parent: '6',
        uid: '0',
        cwd: '/',
        auid: '1000',
      },
      title: 'falcon-sensor of test-host is switched off: systemctl disable --now falcon-sensor.service',
      dedup: 'test-host-id falcon-sensor',
      severity: 'high',
      context: {
        program: '/usr/bin/systemctl',
        command: 'systemctl disable --now falcon-sensor.service',
        pid: '7',
        parent: '6',
        folder: '/',
        uid: '0',
        euid: '',
        login: '1000',
        time: '',
        stopped: 'falcon-sensor',
      },
    },
    {
      name: 'stopped, perhaps for an upgrade',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'systemctl stop auditd' },
      severity: 'low',
    },
    {
      name: 'stopped the old way',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'sudo service auditd stop', syscall: 'execve' },
      severity: 'low',
    },
    {
      name: 'killed',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'pkill -9 osqueryd' },
      severity: 'high',
    },
    {
      name: 'killed by its file',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'killall /usr/sbin/auditd' },
    },
    {
      name: 'the audit',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'auditctl -e 0' },
      severity: 'high',
    },
    {
      name: 'the rules of the audit',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'auditctl -D' },
    },
    {
      name: 'SELinux',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'setenforce 0' },
      severity: 'high',
    },
    {
      name: 'AppArmor',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'aa-teardown', path: '/usr/sbin/aa-teardown' },
    },
    {
      name: 'started',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl start auditd' },
    },
    {
      name: 'started anew',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl restart osqueryd' },
    },
    {
      name: 'asked',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl is-enabled auditd' },
    },
    {
      name: 'another service',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl stop nginx' },
    },
    { name: 'enforced', match: false, table: 'process_events', columns: { cmdline: 'setenforce 1' } },
    {
      name: 'rules are loaded',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'auditctl -R /etc/audit/audit.rules' },
    },
    {
      name: 'a signal to read its configuration',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'pkill -HUP rsyslogd' },
    },
    {
      name: 'a log was rotated',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl kill -s HUP rsyslog.service' },
    },
    {
      name: 'a file was rotated',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'killall --signal=SIGUSR1 syslog-ng' },
    },
    {
      name: 'killed by its manager',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'systemctl kill -s KILL auditd' },
    },
    {
      name: 'another process',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'pkill -9 firefox' },
    },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'setenforce 0', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'setenforce 0' },
    },
  ],
})

interface Stopped {
  readonly what: string
  /** False when it may be an upgrade, which starts it again. */
  readonly forGood: boolean
}

function stopped(cmdline: string): Stopped | null {
  for (const command of commandsOf(asTyped(cmdline))) {
    const found = stoppedBy(command)
    if (found !== null) return found
  }
  return null
}

function stoppedBy(command: Command): Stopped | null {
  const { args } = command
  if (isProgram(command, 'setenforce'))
    return /^(?:0|permissive)$/i.test(args[0] ?? '') ? forGood('SELinux') : null
  if (isProgram(command, 'aa-teardown', 'aa-disable')) return forGood('AppArmor')
  if (isProgram(command, 'auditctl')) {
    const off =
      hasOption(command, 'D') ||
      args.some((arg, at) => arg === '-e0' || (arg === '-e' && args[at + 1] === '0'))
    return off ? forGood('The audit') : null
  }
  if (isProgram(command, 'systemctl', 'service', 'invoke-rc.d', 'rc-service', 'update-rc.d', 'chkconfig'))
    return byManager(args)
  if (isProgram(command, 'pkill', 'killall')) return killed(args)
  return null
}

function byManager(args: readonly string[]): Stopped | null {
  const unit = args.map(arg => arg.replace(/\.service$/, '')).find(arg => UNITS.has(arg))
  if (unit === undefined) return null
  if (args.includes('kill')) return isHarmlessSignal(args) ? null : forGood(unit)
  if (args.some(arg => /^(?:disable|mask|remove|off)$/.test(arg))) return forGood(unit)
  return args.includes('stop') ? { what: unit, forGood: false } : null
}

/** Signals by which daemons are told to read their configuration or to write a new file. */
const HARMLESS = /^(?:SIG)?(?:HUP|USR1|USR2|WINCH|CONT|1|10|12|0)$/

/** The rotation of logs sends one to rsyslog every day. */
function isHarmlessSignal(args: readonly string[]): boolean {
  return args.some((arg, at) => {
    if (arg === '-s' || arg === '--signal') return HARMLESS.test(args[at + 1] ?? '')
    return HARMLESS.test(arg.replace(/^(?:--signal=|-s|-)/, '')) && arg.startsWith('-')
  })
}

function killed(args: readonly string[]): Stopped | null {
  if (isHarmlessSignal(args)) return null
  const name = args.map(baseName).find(arg => PROCESSES.has(arg))
  return name === undefined ? null : forGood(name)
}

function forGood(what: string): Stopped {
  return { what, forGood: true }
}

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

const UNITS: ReadonlySet<string> = new Set(SECURITY_AGENTS.firewallUnits)

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf('iptables', 'ip6tables', 'nft', 'ufw', ...UNITS)

export default rule({
  id: 'linux.firewall-opened',
  title: 'Firewall is opened by a command',
  severity: 'medium',
  on: joining(table('process_events', 'bpf_process_events'), 'parent_path'),
  attack: ['T1562.004'],
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(opens),
  alertTitle: ({ host, columns }) => `The firewall of ${host} is opened: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'All rules are thrown away, or what no rule speaks of is let in. Intruders do it to reach a back door, or to carry data out.',
  check:
    "SELECT filter_name, chain, policy, target, dst_port FROM iptables WHERE chain IN ('INPUT', 'FORWARD'); SELECT id, active_state FROM systemd_units WHERE id IN ('firewalld.service', 'ufw.service', 'nftables.service');",
  benign:
    'Scripts that throw all rules away and set them anew, administrators who look for a fault, a change to another firewall.',
  runbook:
    'Are the rules back (iptables, systemd_units)? Who ran it (auid, parent)? If it stays open or nobody owns up: close it, see what listens and who connected since.',
  references: ['https://attack.mitre.org/techniques/T1562/004/'],
  tests: [
    {
      name: 'the policy',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/sbin/xtables-nft-multi',
        cmdline: 'iptables -P INPUT ACCEPT',
        pid: '7',
        parent: '6',
        uid: '0',
        cwd: '/',
      },
      title: 'The firewall of test-host is opened: iptables -P INPUT ACCEPT',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        program: '/usr/sbin/xtables-nft-multi',
        command: 'iptables -P INPUT ACCEPT',
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
      name: 'all rules',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'sudo /sbin/iptables -F', syscall: 'execve' },
    },
    {
      name: 'all rules of INPUT',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'ip6tables -w --flush INPUT' },
    },
    {
      name: 'all of nftables',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'nft flush ruleset' },
    },
    { name: 'ufw', match: true, table: 'process_events', columns: { cmdline: 'ufw --force disable' } },
    {
      name: 'ufw, as audit tells a script',
      match: true,
      table: 'process_events',
      columns: { path: '/usr/bin/python3.12', cmdline: '/usr/bin/python3 /usr/sbin/ufw disable' },
    },
    {
      name: 'firewalld',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'systemctl stop firewalld' },
    },
    {
      name: 'a chain of Docker',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'iptables --wait -t nat -F DOCKER' },
    },
    {
      name: 'translation only',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'iptables -t nat -F' },
    },
    {
      name: 'a rule',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'iptables -A INPUT -p tcp --dport 443 -j ACCEPT' },
    },
    { name: 'closed', match: false, table: 'process_events', columns: { cmdline: 'iptables -P INPUT DROP' } },
    {
      name: 'what goes out',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'iptables -P OUTPUT ACCEPT' },
    },
    { name: 'asked', match: false, table: 'process_events', columns: { cmdline: 'ufw status' } },
    {
      name: 'another service',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl stop nginx' },
    },
    {
      name: 'started',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'systemctl restart firewalld' },
    },
    {
      name: 'a fork',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'iptables -F', syscall: 'clone' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'iptables -F' },
    },
  ],
})

function opens(command: Command): boolean {
  const { args } = command
  if (isProgram(command, 'iptables', 'ip6tables', 'iptables-nft', 'iptables-legacy')) return opensTables(args)
  if (isProgram(command, 'nft')) return args.includes('flush') && args.includes('ruleset')
  if (isProgram(command, 'ufw')) return args.some(isOff)
  if (isProgram(command, 'python')) return /\/ufw$/.test(args[0] ?? '') && args.slice(1).some(isOff)
  if (!isProgram(command, 'systemctl', 'service') || hasOption(command, 'help')) return false
  return (
    args.some(arg => UNITS.has(arg.replace(/\.service$/, ''))) &&
    args.some(arg => /^(?:stop|disable|mask)$/.test(arg))
  )
}

function opensTables(args: readonly string[]): boolean {
  const named = args.findIndex(arg => arg === '-t' || arg === '--table')
  if (named !== -1 && args[named + 1] !== 'filter') return false
  const flush = args.findIndex(arg => arg === '-F' || arg === '--flush')
  if (flush !== -1) return /^(?:|INPUT|FORWARD|-.*)$/.test(args[flush + 1] ?? '')
  const policy = args.findIndex(arg => arg === '-P' || arg === '--policy')
  return policy !== -1 && args[policy + 1] === 'INPUT' && args[policy + 2] === 'ACCEPT'
}

function isOff(arg: string): boolean {
  return arg === 'disable' || arg === 'reset'
}

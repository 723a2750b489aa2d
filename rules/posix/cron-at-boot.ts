import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'posix.cron-at-boot',
  title: 'A new cron job runs at each start of the host',
  severity: 'low',
  on: table('crontab'),
  attack: ['T1053.003'],
  initial: 'ignore',
  detect: ({ columns }) => columns.event.toLowerCase() === '@reboot',
  alertTitle: ({ host, columns }) => `Cron on ${host} runs at each start: ${columns.command}`,
  context: ({ columns }) => ({ command: columns.command, crontab: columns.path }),
  means:
    'A job that cron starts with the host is a service without a unit: it needs no root, and lists of services do not show it.',
  check: "SELECT command, path FROM crontab WHERE event = '@reboot';",
  benign: 'People without root who keep a program of theirs running, container hosts, students.',
  runbook:
    'What does the job run, whose is the crontab, and does its owner know of it? A hidden folder, a shell with an address in it or an account of a service is not innocent.',
  references: [
    'https://attack.mitre.org/techniques/T1053/003/',
    'https://man7.org/linux/man-pages/man5/crontab.5.html',
  ],
  tests: [
    {
      name: 'of a person',
      match: true,
      columns: { event: '@reboot', command: '/home/ada/bin/bot', path: '/var/spool/cron/crontabs/ada' },
      title: 'Cron on test-host runs at each start: /home/ada/bin/bot',
      dedup: 'test-host-id',
      severity: 'low',
      context: { command: '/home/ada/bin/bot', crontab: '/var/spool/cron/crontabs/ada' },
    },
    { name: 'each day', match: false, columns: { event: '@daily', command: '/usr/bin/job' } },
    { name: 'by the clock', match: false, columns: { event: '', minute: '5', command: '/usr/bin/job' } },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { event: '@reboot', command: '/usr/bin/job' },
    },
    {
      name: 'it is gone',
      match: false,
      action: 'removed',
      columns: { event: '@reboot', command: '/usr/bin/job' },
    },
  ],
})

import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.new-startup-item',
  title: 'Something new starts by itself',
  severity: 'info',
  // Packages and desktop programs bring such items all the time; it is what to look at beside another alert.
  alert: false,
  on: table('startup_items'),
  attack: ['T1547.013', 'T1037.004'],
  initial: 'ignore',
  // Units have rules of their own, over systemd_units.
  detect: ({ columns }) => columns.path !== '' && columns.type !== 'systemd unit',
  alertTitle: ({ host, columns }) => `${columns.path} starts by itself on ${host}`,
  context: ({ columns }) => ({
    name: columns.name,
    path: columns.path,
    source: columns.source,
    user: columns.username,
  }),
  means:
    'An init script or an item of a desktop session that was not there before. It runs at the next start or login without anybody asking for it.',
  check: "SELECT name, path, type, source, username FROM startup_items WHERE type <> 'systemd unit';",
  benign: 'Installed packages, desktop programs that offer to start by themselves.',
  runbook:
    'Does the file belong to a package (dpkg -S, rpm -qf), and does the owner of the session know of it?',
  references: [
    'https://attack.mitre.org/techniques/T1547/013/',
    'https://attack.mitre.org/techniques/T1037/004/',
  ],
  tests: [
    {
      name: 'an init script',
      match: true,
      columns: { name: 'netd', path: '/etc/init.d/netd', type: 'Startup Item', source: '/etc/init.d/' },
      title: '/etc/init.d/netd starts by itself on test-host',
      dedup: 'test-host-id',
      severity: 'info',
      context: { name: 'netd', path: '/etc/init.d/netd', source: '/etc/init.d/', user: '' },
    },
    {
      name: 'a unit that changes its state',
      match: false,
      columns: { name: 'a.service', path: '/usr/lib/systemd/system/a.service', type: 'systemd unit' },
    },
    { name: 'an item without a program', match: false, columns: { name: 'x', type: 'Startup Item' } },
    {
      name: 'there before anyone looked',
      match: false,
      counter: '0',
      columns: { path: '/etc/init.d/cron', type: 'Startup Item' },
    },
    {
      name: 'it is gone',
      match: false,
      action: 'removed',
      columns: { path: '/etc/init.d/netd', type: 'Startup Item' },
    },
  ],
})

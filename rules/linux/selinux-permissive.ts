import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'linux.selinux-permissive',
  title: 'SELinux was switched to permissive',
  severity: 'medium',
  on: table('selinux_events'),
  attack: ['T1562.001'],
  detect: ({ columns }) =>
    columns.type === 'MAC_STATUS' && /(?:^|\s)enforcing=0(?:\s|$)/.test(columns.message.slice(0, 2000)),
  alertTitle: ({ host }) => `SELinux of ${host} no longer enforces`,
  context: ({ columns }) => ({ message: columns.message.slice(0, 2000), time: columns.time }),
  means:
    'What SELinux forbade is now only noted. An intruder who is root turns it off so that back doors may listen, modules may load and web servers may run programs.',
  check: "SELECT type, message, time FROM selinux_events WHERE type = 'MAC_STATUS';",
  benign: 'An administrator who looks for the cause of a denial, installers that ask for it.',
  runbook:
    'The message tells the login (auid, ses). Ask that person, have it set back (setenforce 1), and see that /etc/selinux/config still says enforcing. Nobody owns up: see what that session did before and after.',
  references: ['https://attack.mitre.org/techniques/T1562/001/'],
  tests: [
    {
      name: 'from enforcing to permissive',
      match: true,
      columns: {
        type: 'MAC_STATUS',
        message: 'audit(1700000000.123:456): enforcing=0 old_enforcing=1 auid=1000 ses=2',
        time: '1700000000',
      },
      title: 'SELinux of test-host no longer enforces',
      dedup: 'test-host-id',
      severity: 'medium',
      context: {
        message: 'audit(1700000000.123:456): enforcing=0 old_enforcing=1 auid=1000 ses=2',
        time: '1700000000',
      },
    },
    {
      name: 'back to enforcing',
      match: false,
      columns: { type: 'MAC_STATUS', message: 'audit(1.2:3): enforcing=1 old_enforcing=0 auid=1000 ses=2' },
    },
    {
      name: 'a denial that speaks of it',
      match: false,
      columns: { type: 'AVC', message: 'avc: denied { read } comm="a enforcing=0 b"' },
    },
    { name: 'a new policy', match: false, columns: { type: 'MAC_POLICY_LOAD', message: 'policy loaded' } },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { type: 'MAC_STATUS', message: 'enforcing=0 old_enforcing=1' },
    },
  ],
})

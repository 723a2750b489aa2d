import { rule, table } from '../../src/detect/rule.ts'

interface Denial {
  readonly type: string
  readonly apparmor?: string
  readonly profile?: string
  readonly message: string
}

/** What SELinux calls the domain that was held back. */
const SOURCE_CONTEXT = /scontext=([^\s]{1,200})/

export default rule({
  id: 'linux.access-denials',
  title: 'A program keeps running into the limits set for it',
  severity: 'low',
  on: table('selinux_events', 'apparmor_events'),
  attack: ['T1068', 'T1083'],
  // A confined program that was taken over feels its way along the walls; a policy with a hole in it does less at a time.
  threshold: 100,
  dedupPeriod: '1h',
  dedup: ({ hostId, columns }) => `${hostId} ${whoOf(columns)}`,
  detect: ({ columns }) =>
    columns.apparmor === 'DENIED' || (columns.type === 'AVC' && columns.message.includes('denied')),
  alertTitle: ({ host, columns }) => `${whoOf(columns) || 'A program'} on ${host} keeps being denied access`,
  context: ({ columns }) => ({ who: whoOf(columns), message: columns.message.slice(0, 2000) }),
  means:
    'SELinux or AppArmor held one confined program back a hundred times within an hour. It may have been broken into and be looking around, or it was given work that its policy does not know.',
  check:
    "SELECT type, message, time FROM selinux_events WHERE type = 'AVC'; SELECT profile, operation, name, comm, time FROM apparmor_events WHERE apparmor = 'DENIED';",
  benign: 'A policy that lacks a rule after an upgrade or a move of data; a new feature of the program.',
  runbook:
    'Read what was denied. The same few files again and again since an upgrade: mend the policy. Many different files, shells, /etc/shadow, sockets: look at the program as broken into.',
  references: ['https://attack.mitre.org/techniques/T1068/'],
  tests: [
    {
      name: 'of SELinux',
      match: true,
      table: 'selinux_events',
      columns: {
        type: 'AVC',
        message:
          'avc:  denied  { read } for pid=9 comm="httpd" scontext=system_u:system_r:httpd_t:s0 tclass=file',
      },
      title: 'system_u:system_r:httpd_t:s0 on test-host keeps being denied access',
      dedup: 'test-host-id system_u:system_r:httpd_t:s0',
      severity: 'low',
    },
    {
      name: 'of AppArmor',
      match: true,
      table: 'apparmor_events',
      columns: { type: 'APPARMOR_DENIED', apparmor: 'DENIED', profile: '/usr/sbin/cupsd', message: '' },
      dedup: 'test-host-id /usr/sbin/cupsd',
    },
    {
      name: 'only noted',
      match: false,
      table: 'apparmor_events',
      columns: { type: 'APPARMOR_ALLOWED', apparmor: 'ALLOWED', profile: '/usr/sbin/cupsd' },
    },
    {
      name: 'granted',
      match: false,
      table: 'selinux_events',
      columns: { type: 'AVC', message: 'avc:  granted  { load_policy }' },
    },
    {
      name: 'a new policy',
      match: false,
      table: 'selinux_events',
      columns: { type: 'MAC_POLICY_LOAD', message: 'auid=0' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      table: 'apparmor_events',
      columns: { apparmor: 'DENIED', profile: '/usr/sbin/cupsd' },
    },
  ],
})

function whoOf({ profile = '', message }: Denial): string {
  return profile || SOURCE_CONTEXT.exec(message.slice(0, 4000))?.[1] || ''
}

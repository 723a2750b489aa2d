import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.remote-desktop-logon',
  title: 'Logon over Remote Desktop',
  severity: 'low',
  on: table('logon_sessions'),
  attack: ['T1021.001', 'T1078'],
  means:
    'Someone is logged on over Remote Desktop. By itself it is everyday work, so it is kept as a signal; beside another alert of the host it says who was there.',
  check:
    "SELECT user, logon_domain, logon_type, logon_time, logon_server FROM logon_sessions WHERE logon_type = 'Remote Interactive';",
  benign: 'Administrators and people who work from home.',
  runbook:
    'Look at it beside other alerts of the host: is this user one of its administrators, and is it their time of day? Events 4624 and 1149 name the address that they came from.',
  references: ['https://attack.mitre.org/techniques/T1021/001/'],
  alert: false,
  // A session may last for weeks; its row comes anew when the agent starts anew.
  freshness: { column: 'logon_time', within: '24h' },
  detect: ({ columns }) => /^(?:cached )?remote interactive$/i.test(columns.logon_type),
  sequenceKey: ({ hostId, columns }) => `${hostId} ${columns.user.toLowerCase()}`,
  alertTitle: ({ host, columns }) =>
    `${columns.logon_domain}\\${columns.user} is on ${host} over Remote Desktop`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.logon_sid}`,
  context: ({ columns }) => ({
    user: columns.user,
    domain: columns.logon_domain,
    sid: columns.logon_sid,
    time: columns.logon_time,
    package: columns.authentication_package,
  }),
  tests: [
    {
      name: 'a user',
      match: true,
      columns: session('Remote Interactive', '1699999000'),
      title: 'EXAMPLE\\ada is on test-host over Remote Desktop',
      dedup: 'test-host-id S-1-5-21-1-2-3-1001',
    },
    {
      name: 'with remembered credentials',
      match: true,
      columns: session('Cached Remote Interactive', '1699999000'),
    },
    { name: 'days ago', match: false, columns: session('Remote Interactive', '1699700000') },
    { name: 'at the keyboard', match: false, columns: session('Interactive', '1699999000') },
    { name: 'a service', match: false, columns: session('Service', '1699999000') },
    {
      name: 'logged off',
      match: false,
      action: 'removed',
      columns: session('Remote Interactive', '1699999000'),
    },
  ],
})

function session(logon_type: string, logon_time: string) {
  return { user: 'ada', logon_domain: 'EXAMPLE', logon_type, logon_time, logon_sid: 'S-1-5-21-1-2-3-1001' }
}

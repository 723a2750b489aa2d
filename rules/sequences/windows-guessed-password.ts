import { sequence } from '../../src/detect/sequence.ts'
import failedLogons from '../windows/failed-logons.ts'
import remoteDesktopLogon from '../windows/remote-desktop-logon.ts'

export default sequence({
  id: 'windows.guessed-password',
  title: 'Logon over Remote Desktop after many that failed',
  severity: 'high',
  first: failedLogons,
  next: remoteDesktopLogon,
  within: '1h',
  atLeast: 10,
  attack: ['T1110.001', 'T1021.001', 'T1078'],
  means:
    'An account failed to log on ten times or more, and within the hour someone was in with it over Remote Desktop: its password was guessed.',
  check:
    "SELECT user, logon_domain, logon_type, logon_time FROM logon_sessions WHERE logon_type LIKE '%Interactive' ORDER BY logon_time DESC;",
  benign: 'A person who mistyped a new password again and again, or whose phone still tries the old one.',
  runbook:
    'Ask the person by another way than this account: was it they, and from where? If not: end the session, isolate the host, change the password, and look at what ran since the logon.',
  references: [
    'https://attack.mitre.org/techniques/T1110/001/',
    'https://attack.mitre.org/techniques/T1021/001/',
  ],
  alertTitle: ({ host, columns }) => `${columns['user']} is in on ${host} after many failed logons`,
  tests: [
    {
      name: 'ten failures, then a session',
      match: true,
      steps: [...failures(10), session(300, 'ada')],
      title: 'Ada is in on test-host after many failed logons',
    },
    { name: 'nine failures', match: false, steps: [...failures(9), session(300, 'ada')] },
    { name: 'a session of another', match: false, steps: [...failures(10), session(300, 'grace')] },
    { name: 'a session a day later', match: false, steps: [...failures(10), session(86_400, 'ada')] },
    {
      name: 'a session that was there before',
      match: false,
      steps: [session(0, 'ada'), ...failures(10, 100)],
    },
  ],
})

function failures(count: number, from = 0) {
  const data = JSON.stringify({ EventData: { TargetUserName: 'ada', IpAddress: '192.0.2.7' } })
  return Array.from({ length: count }, (_, index) => ({
    of: 'first' as const,
    at: from + index * 10,
    columns: { source: 'Security', eventid: '4625', data, eid: String(index) },
  }))
}

function session(at: number, user: string) {
  const columns = {
    user: user === 'ada' ? 'Ada' : user,
    logon_domain: 'EXAMPLE',
    logon_type: 'Remote Interactive',
    logon_time: String(1_700_000_000 + at),
    logon_sid: 'S-1-5-21-1-2-3-1001',
  }
  return { of: 'next' as const, at, columns }
}

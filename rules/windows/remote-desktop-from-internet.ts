import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import { type EventFields, eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Remote Desktop, and Remote Desktop with remembered credentials. */
const REMOTE_INTERACTIVE = new Set(['10', '12'])

export default rule({
  id: 'windows.remote-desktop-from-internet',
  title: 'Logon over Remote Desktop from the internet',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1021.001', 'T1133', 'T1078'],
  means:
    'Someone logged on over Remote Desktop from a public address: the port is open to the world, and the password is known to them. It is the front door of most ransomware.',
  check:
    "SELECT user, logon_domain, logon_type, logon_time FROM logon_sessions WHERE logon_type LIKE '%Interactive';",
  benign:
    'An office or home whose public address comes to the host unchanged, because there is no VPN. Name it in the exceptions, or better, close the port.',
  runbook:
    'Ask the person by another way than this account. Not they: isolate the host, end the session, change the password, and look at what ran since the logon. Then close port 3389 to the internet on all hosts.',
  references: [
    'https://attack.mitre.org/techniques/T1021/001/',
    'https://attack.mitre.org/techniques/T1133/',
  ],
  detect: ({ columns }) => isEvent(columns, 'Security', 4624) && isFromInternet(eventFields(columns.data)),
  alertTitle: ({ host, columns }) => {
    const { TargetUserName, IpAddress } = eventFields(columns.data)
    return `${TargetUserName ?? 'Someone'} logged on to ${host} over Remote Desktop from ${IpAddress}`
  },
  dedup: ({ hostId, columns }) => {
    const { TargetUserName = '', IpAddress = '' } = eventFields(columns.data)
    return `${hostId} ${TargetUserName.toLowerCase()} ${IpAddress}`
  },
  context: ({ columns }) => {
    const { TargetUserName, TargetDomainName, IpAddress, WorkstationName, LogonType } = eventFields(
      columns.data,
    )
    return {
      user: TargetUserName ?? '',
      domain: TargetDomainName ?? '',
      address: IpAddress ?? '',
      workstation: WorkstationName ?? '',
      logon_type: LogonType ?? '',
    }
  },
  tests: [
    {
      name: 'from a public address',
      match: true,
      columns: logon({ IpAddress: '192.0.2.7' }),
      title: 'Ada logged on to test-host over Remote Desktop from 192.0.2.7',
      dedup: 'test-host-id ada 192.0.2.7',
      severity: 'high',
    },
    { name: 'over IPv6', match: true, columns: logon({ IpAddress: '2001:db8::7', LogonType: '12' }) },
    { name: 'from the office', match: false, columns: logon({ IpAddress: '10.1.2.3' }) },
    { name: 'a file share', match: false, columns: logon({ IpAddress: '192.0.2.7', LogonType: '3' }) },
    { name: 'at the keyboard', match: false, columns: logon({ IpAddress: '-', LogonType: '10' }) },
    {
      name: 'a logon that failed',
      match: false,
      columns: { ...logon({ IpAddress: '192.0.2.7' }), eventid: '4625' },
    },
    {
      name: 'data that is cut off',
      match: false,
      columns: { ...logon({}), data: '{"EventData":{"IpAddress":"192.0.2.7"' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: logon({ IpAddress: '192.0.2.7' }),
    },
  ],
})

function isFromInternet({ LogonType = '', IpAddress = '' }: EventFields): boolean {
  return REMOTE_INTERACTIVE.has(LogonType) && isPublicAddress(IpAddress)
}

function logon(more: Readonly<Record<string, string>>) {
  const fields = { TargetUserName: 'Ada', TargetDomainName: 'EXAMPLE', LogonType: '10', ...more }
  return { source: 'Security', eventid: '4624', data: `${JSON.stringify({ EventData: fields })}\\x0A` }
}

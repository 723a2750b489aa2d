import { type EventFields, eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** What Windows writes when it knows no address: nobody came over the network. */
const NO_ADDRESS = new Set(['', '-', '127.0.0.1', '::1'])

export default rule({
  id: 'windows.password-spray',
  title: 'Failed logons of many accounts from one address',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1110.003'],
  means:
    'One address tried ten accounts or more within an hour and failed: a few passwords tried on everyone, or names tried out. No account is locked by it, so nobody notices.',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'Security' AND eventid = 4624 ORDER BY datetime DESC LIMIT 50;",
  benign:
    'Scanners of your own, a terminal server or proxy that many people log on through on the morning after passwords expired.',
  runbook:
    'Whose is the address? Shut it out if it is nobody’s. Did one of the accounts log on from it (4624)? Then change its password and look at where it went. Look for the same address on other hosts.',
  references: ['https://attack.mitre.org/techniques/T1110/003/'],
  threshold: 10,
  detect: ({ columns }) => isEvent(columns, 'Security', 4625) && source(eventFields(columns.data)) !== '',
  unique: ({ columns }) => eventFields(columns.data)['TargetUserName']?.toLowerCase() ?? null,
  // Whichever hosts it tries: what counts is where it comes from.
  dedup: ({ columns }) => source(eventFields(columns.data)),
  alertTitle: ({ host, columns }) =>
    `Failed logons of many accounts from ${source(eventFields(columns.data))}, ${host} among the hosts`,
  context: ({ columns }) => {
    const { IpAddress, WorkstationName, TargetUserName, LogonType, SubStatus } = eventFields(columns.data)
    return {
      address: IpAddress ?? '',
      workstation: WorkstationName ?? '',
      an_account: TargetUserName ?? '',
      logon_type: LogonType ?? '',
      sub_status: SubStatus ?? '',
    }
  },
  tests: [
    {
      name: 'an account',
      match: true,
      columns: failed({ TargetUserName: 'Ada', IpAddress: '192.0.2.7' }),
      title: 'Failed logons of many accounts from 192.0.2.7, test-host among the hosts',
      dedup: '192.0.2.7',
      unique: 'ada',
      severity: 'high',
    },
    {
      name: 'over IPv6',
      match: true,
      columns: failed({ TargetUserName: 'ada', IpAddress: '2001:DB8::7' }),
      dedup: '2001:db8::7',
    },
    { name: 'at the keyboard', match: false, columns: failed({ TargetUserName: 'ada', IpAddress: '-' }) },
    {
      name: 'from the host itself',
      match: false,
      columns: failed({ TargetUserName: 'ada', IpAddress: '127.0.0.1' }),
    },
    {
      name: 'a logon',
      match: false,
      columns: { ...failed({ TargetUserName: 'ada', IpAddress: '192.0.2.7' }), eventid: '4624' },
    },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'Security', eventid: '4625', data: '{"EventData":{' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: failed({ TargetUserName: 'ada', IpAddress: '192.0.2.7' }),
    },
  ],
})

function source({ IpAddress = '' }: EventFields): string {
  return NO_ADDRESS.has(IpAddress) ? '' : IpAddress.toLowerCase()
}

function failed(fields: Readonly<Record<string, string>>) {
  const data = { EventData: { LogonType: '3', SubStatus: '0xc000006a', ...fields } }
  return { source: 'Security', eventid: '4625', data: `${JSON.stringify(data)}\\x0A` }
}

import { type EventFields, eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.failed-logons',
  title: 'Many failed logons of one account',
  severity: 'medium',
  on: table('windows_events'),
  attack: ['T1110.001'],
  means:
    'Thirty wrong passwords for one account within a quarter of an hour: someone is guessing it. A person gives up sooner, or is locked out.',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'Security' AND eventid = 4625 ORDER BY datetime DESC LIMIT 50;",
  benign:
    'A service, task, mapped drive or phone that still uses an old password, often for hours: always from the same address, at even intervals.',
  runbook:
    'Where does it come from (address and workstation in the context), and does that host belong there? Even intervals: find the service with the old password. Otherwise shut the address out, see whether a logon succeeded (4624), and change the password.',
  references: ['https://attack.mitre.org/techniques/T1110/001/'],
  threshold: 30,
  dedupPeriod: '15m',
  detect: ({ columns }) => isEvent(columns, 'Security', 4625) && account(eventFields(columns.data)) !== '',
  dedup: ({ hostId, columns }) => `${hostId} ${account(eventFields(columns.data))}`,
  sequenceKey: ({ hostId, columns }) => `${hostId} ${account(eventFields(columns.data))}`,
  alertTitle: ({ host, columns }) => {
    const fields = eventFields(columns.data)
    return `Many failed logons of ${account(fields)} on ${host} from ${fields['IpAddress'] ?? '?'}`
  },
  context: ({ columns }) => {
    const { TargetUserName, TargetDomainName, IpAddress, WorkstationName, LogonType, SubStatus } =
      eventFields(columns.data)
    return {
      account: TargetUserName ?? '',
      domain: TargetDomainName ?? '',
      address: IpAddress ?? '',
      workstation: WorkstationName ?? '',
      logon_type: LogonType ?? '',
      sub_status: SubStatus ?? '',
    }
  },
  tests: [
    {
      name: 'a wrong password',
      match: true,
      columns: failed({ TargetUserName: 'Administrator', IpAddress: '192.0.2.7' }),
      title: 'Many failed logons of administrator on test-host from 192.0.2.7',
      dedup: 'test-host-id administrator',
      severity: 'medium',
    },
    { name: 'a logon', match: false, columns: { ...failed({ TargetUserName: 'ada' }), eventid: '4624' } },
    { name: 'an account without name', match: false, columns: failed({ TargetUserName: '' }) },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'Security', eventid: '4625', data: '{"EventData":{' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: failed({ TargetUserName: 'ada' }),
    },
  ],
})

function account({ TargetUserName }: EventFields): string {
  return TargetUserName === undefined || TargetUserName === '-' ? '' : TargetUserName.toLowerCase()
}

function failed(fields: Readonly<Record<string, string>>) {
  const data = { EventData: { LogonType: '3', SubStatus: '0xc000006a', ...fields } }
  return { source: 'Security', eventid: '4625', data: `${JSON.stringify(data)}\\x0A` }
}

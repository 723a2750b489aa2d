import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.event-log-cleared',
  title: 'Event log of Windows cleared',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1070.001'],
  means:
    'Someone emptied an event log. What was in it is gone from the host; attackers do it at the end, to hide how they came in and what they did. What the agent had sent before is still here.',
  check:
    "SELECT datetime, eventid, data FROM windows_eventlog WHERE channel = 'Security' AND eventid IN (4624, 4672, 4688, 1102) ORDER BY datetime DESC LIMIT 50;",
  benign: 'Administrators who clear a log that is full, images that are made of a machine.',
  runbook:
    'The event names who did it: ask them by another way than this account. If it was not they: isolate the host, and look at what the agent sent in the hours before (logons, processes, services).',
  references: ['https://attack.mitre.org/techniques/T1070/001/'],
  detect: ({ columns }) => isEvent(columns, 'Security', 1102) || isClearing(columns),
  alertTitle: ({ host, columns }) => {
    const { SubjectUserName, Channel } = eventFields(columns.data)
    return `Log ${Channel ?? columns.source} on ${host} cleared by ${SubjectUserName ?? 'someone'}`
  },
  context: ({ columns }) => {
    const { SubjectUserName, SubjectDomainName, SubjectUserSid, Channel } = eventFields(columns.data)
    return {
      log: Channel ?? columns.source,
      by: SubjectUserName ?? '',
      domain: SubjectDomainName ?? '',
      sid: SubjectUserSid ?? '',
      at: columns.datetime,
    }
  },
  tests: [
    {
      name: 'the security log',
      match: true,
      columns: {
        source: 'Security',
        provider_name: 'Microsoft-Windows-Eventlog',
        eventid: '1102',
        datetime: '2023-11-14T22:13:20.0000000Z',
        data: '{"UserData":{"LogFileCleared":{"SubjectUserSid":"S-1-5-21-1-2-3-1001","SubjectUserName":"ada","SubjectDomainName":"EXAMPLE"}}}\\x0A',
      },
      title: 'Log Security on test-host cleared by ada',
      dedup: 'test-host-id',
      severity: 'high',
      context: {
        log: 'Security',
        by: 'ada',
        domain: 'EXAMPLE',
        sid: 'S-1-5-21-1-2-3-1001',
        at: '2023-11-14T22:13:20.0000000Z',
      },
    },
    {
      name: 'another log',
      match: true,
      columns: {
        source: 'System',
        provider_name: 'Microsoft-Windows-Eventlog',
        eventid: '104',
        data: '{"UserData":{"LogFileCleared":{"SubjectUserName":"ada","Channel":"Windows PowerShell","BackupPath":""}}}',
      },
      title: 'Log Windows PowerShell on test-host cleared by ada',
    },
    {
      name: 'data that is cut off',
      match: true,
      columns: { source: 'Security', eventid: '1102', data: '{"UserData":{"LogFileCl' },
      title: 'Log Security on test-host cleared by someone',
    },
    {
      name: 'another event of that number',
      match: false,
      columns: { source: 'Application', eventid: '1102', data: '' },
    },
    {
      name: 'a 104 of something else',
      match: false,
      columns: { source: 'System', provider_name: 'Example', eventid: '104', data: '{"EventData":""}' },
    },
    { name: 'the log is full', match: false, columns: { source: 'Security', eventid: '1104', data: '' } },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: { source: 'Security', eventid: '1102' },
    },
  ],
})

/** 104 of the channel System is of the event log only when its provider says so. */
function isClearing(columns: {
  readonly source: string
  readonly eventid: string
  readonly provider_name: string
}): boolean {
  return (
    isEvent(columns, 'System', 104) && columns.provider_name.toLowerCase() === 'microsoft-windows-eventlog'
  )
}

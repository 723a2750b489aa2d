import { eventFields, isEvent, isLocalAccount } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.account-created',
  title: 'Local account created',
  severity: 'medium',
  on: table('windows_events'),
  attack: ['T1136.001'],
  means:
    'An account of this machine alone was made. Fleets with a directory have little use for such; attackers make one to come back with. Those of a domain are windows.domain-account-created.',
  check: 'SELECT username, uuid, directory, type, description FROM users ORDER BY uid DESC LIMIT 10;',
  benign:
    'Set-up of machines, help desks, software that makes an account for its service (SQL, Docker, sandboxes).',
  runbook:
    'Ask who made it (the event names them). A name that imitates another, or ends in $: disable it, see whether it is an administrator, and look at what the account that made it did.',
  references: ['https://attack.mitre.org/techniques/T1136/001/'],
  detect: ({ columns }) => isEvent(columns, 'Security', 4720) && isLocalAccount(columns),
  // Accounts that Windows makes for containers and sandboxes, each time anew.
  exclude: ({ columns }) =>
    /^(?:WDAGUtilityAccount|sandbox[0-9a-f-]{8,40})$/i.test(
      eventFields(columns.data)['TargetUserName'] ?? '',
    ),
  sequenceKey: ({ hostId, columns }) => `${hostId} ${eventFields(columns.data)['TargetSid'] ?? ''}`,
  alertTitle: ({ host, columns }) => {
    const { TargetUserName, SubjectUserName } = eventFields(columns.data)
    return `Account ${TargetUserName ?? '?'} created on ${host} by ${SubjectUserName ?? '?'}`
  },
  dedup: ({ hostId, columns }) => `${hostId} ${eventFields(columns.data)['TargetSid'] ?? ''}`,
  context: ({ columns }) => {
    const { TargetUserName, TargetDomainName, TargetSid, SubjectUserName, SubjectDomainName } = eventFields(
      columns.data,
    )
    return {
      account: TargetUserName ?? '',
      domain: TargetDomainName ?? '',
      sid: TargetSid ?? '',
      by: SubjectUserName ?? '',
      by_domain: SubjectDomainName ?? '',
    }
  },
  tests: [
    {
      name: 'of the machine',
      match: true,
      columns: created('support', 'WS01'),
      title: 'Account support created on test-host by ada',
      dedup: 'test-host-id S-1-5-21-1-2-3-1009',
      severity: 'medium',
    },
    {
      name: 'of a machine with a long name',
      match: true,
      columns: { ...created('support', 'ACCOUNTING-LAPT'), computer_name: 'accounting-laptop-7.example.com' },
      severity: 'medium',
    },
    { name: 'of a domain', match: false, columns: created('new.colleague', 'EXAMPLE') },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'Security', eventid: '4720', data: '{"EventData":' },
    },
    { name: 'a sandbox of Windows', match: false, columns: created('WDAGUtilityAccount', 'WS01') },
    { name: 'an account enabled', match: false, columns: { ...created('support', 'WS01'), eventid: '4722' } },
    {
      name: 'an event of that number elsewhere',
      match: false,
      columns: { ...created('support', 'WS01'), source: 'Application' },
    },
    { name: 'a row of a removal', match: false, action: 'removed', columns: created('support', 'WS01') },
  ],
})

function created(name: string, domain: string) {
  const fields = {
    TargetUserName: name,
    TargetDomainName: domain,
    TargetSid: 'S-1-5-21-1-2-3-1009',
    SubjectUserName: 'ada',
    SubjectDomainName: 'EXAMPLE',
  }
  return {
    source: 'Security',
    eventid: '4720',
    computer_name: 'WS01.example.com',
    data: `${JSON.stringify({ EventData: fields })}\\x0A`,
  }
}

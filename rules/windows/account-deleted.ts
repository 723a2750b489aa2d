import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.account-deleted',
  title: 'Account deleted',
  severity: 'info',
  on: table('windows_events'),
  attack: ['T1531', 'T1070'],
  means:
    'An account was deleted. By itself it is tidying up, so it is kept as a signal; soon after the account was made it is someone who covers their tracks (windows.account-for-a-day).',
  check: 'SELECT username, uuid, directory, type FROM users;',
  benign: 'Colleagues who leave, tidying up, software that takes its account with it.',
  runbook: 'Look at it beside other alerts: who deleted the account, and what had it done?',
  references: ['https://attack.mitre.org/techniques/T1531/'],
  alert: false,
  detect: ({ columns }) =>
    isEvent(columns, 'Security', 4726) && eventFields(columns.data)['TargetSid'] !== undefined,
  sequenceKey: ({ hostId, columns }) => `${hostId} ${eventFields(columns.data)['TargetSid'] ?? ''}`,
  alertTitle: ({ host, columns }) => {
    const { TargetUserName, SubjectUserName } = eventFields(columns.data)
    return `Account ${TargetUserName ?? '?'} deleted on ${host} by ${SubjectUserName ?? '?'}`
  },
  context: ({ columns }) => {
    const { TargetUserName, TargetSid, SubjectUserName } = eventFields(columns.data)
    return { account: TargetUserName ?? '', sid: TargetSid ?? '', by: SubjectUserName ?? '' }
  },
  tests: [
    {
      name: 'by someone',
      match: true,
      columns: deleted('4726'),
      title: 'Account support deleted on test-host by ada',
      context: { account: 'support', sid: 'S-1-5-21-1-2-3-1009', by: 'ada' },
    },
    { name: 'made', match: false, columns: deleted('4720') },
    { name: 'data that is cut off', match: false, columns: { ...deleted('4726'), data: '{"EventData":{' } },
    { name: 'a row of a removal', match: false, action: 'removed', columns: deleted('4726') },
  ],
})

function deleted(eventid: string) {
  const fields = { TargetUserName: 'support', TargetSid: 'S-1-5-21-1-2-3-1009', SubjectUserName: 'ada' }
  return { source: 'Security', eventid, data: `${JSON.stringify({ EventData: fields })}\\x0A` }
}

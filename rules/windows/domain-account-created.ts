import { eventFields, isEvent, isLocalAccount } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.domain-account-created',
  title: 'Domain account created',
  severity: 'info',
  on: table('windows_events'),
  attack: ['T1136.002'],
  means:
    'An account of the domain was made. Help desks do that every day, so it is kept as a signal: beside another alert it tells which account an attacker left behind.',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'Security' AND eventid = 4720 ORDER BY datetime DESC LIMIT 20;",
  benign: 'New colleagues, new services: the everyday work of a help desk.',
  runbook: 'Look at it beside other alerts: who made the account, and what groups is it in?',
  references: ['https://attack.mitre.org/techniques/T1136/002/'],
  alert: false,
  detect: ({ columns }) =>
    isEvent(columns, 'Security', 4720) &&
    eventFields(columns.data)['TargetUserName'] !== undefined &&
    !isLocalAccount(columns),
  alertTitle: ({ host, columns }) => {
    const { TargetDomainName, TargetUserName, SubjectUserName } = eventFields(columns.data)
    return `Account ${TargetDomainName ?? '?'}\\${TargetUserName ?? '?'} created on ${host} by ${SubjectUserName ?? '?'}`
  },
  context: ({ columns }) => {
    const { TargetUserName, TargetDomainName, TargetSid, SubjectUserName } = eventFields(columns.data)
    return {
      account: TargetUserName ?? '',
      domain: TargetDomainName ?? '',
      sid: TargetSid ?? '',
      by: SubjectUserName ?? '',
    }
  },
  tests: [
    {
      name: 'by a help desk',
      match: true,
      columns: created('EXAMPLE'),
      title: 'Account EXAMPLE\\grace created on test-host by ada',
      context: { account: 'grace', domain: 'EXAMPLE', sid: 'S-1-5-21-1-2-3-1500', by: 'ada' },
      severity: 'info',
    },
    { name: 'of the machine', match: false, columns: created('DC01') },
    { name: 'another event', match: false, columns: { ...created('EXAMPLE'), eventid: '4738' } },
    {
      name: 'data that is cut off',
      match: false,
      columns: { ...created('EXAMPLE'), data: '{"EventData":{' },
    },
    { name: 'a row of a removal', match: false, action: 'removed', columns: created('EXAMPLE') },
  ],
})

function created(domain: string) {
  const fields = {
    TargetUserName: 'grace',
    TargetDomainName: domain,
    TargetSid: 'S-1-5-21-1-2-3-1500',
    SubjectUserName: 'ada',
  }
  return {
    source: 'Security',
    eventid: '4720',
    computer_name: 'DC01.example.com',
    data: `${JSON.stringify({ EventData: fields })}\\x0A`,
  }
}

import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.guest-enabled',
  title: 'Guest account enabled',
  severity: 'high',
  on: table('security_profile_info', 'windows_events'),
  attack: ['T1078.001', 'T1098'],
  means:
    'The account Guest has no password and is off on every Windows. Enabled, it lets anyone in, on the machine and over the network; attackers also put it among the administrators, where nobody looks for it.',
  check: 'SELECT enable_guest_account, enable_admin_account, new_guest_name FROM security_profile_info;',
  benign: 'Kiosks and shared printers of old.',
  runbook:
    'Turn it off (net user guest /active:no). Is it in Administrators or Remote Desktop Users? Who was logged on when it was enabled (event 4722 names them)?',
  references: ['https://attack.mitre.org/techniques/T1078/001/'],
  detect: ({ columns }) => columns.enable_guest_account === '1' || isEnabling(columns),
  alertTitle: ({ host }) => `Guest account enabled on ${host}`,
  dedupPeriod: '24h',
  context: ({ columns }) => {
    const { TargetUserName, SubjectUserName, SubjectDomainName } = eventFields(columns.data ?? '')
    return { account: TargetUserName ?? '', by: SubjectUserName ?? '', domain: SubjectDomainName ?? '' }
  },
  tests: [
    {
      name: 'by the security policy',
      match: true,
      counter: '0',
      columns: { enable_guest_account: '1' },
      title: 'Guest account enabled on test-host',
      dedup: 'test-host-id',
      severity: 'high',
    },
    {
      name: 'by someone',
      match: true,
      table: 'windows_events',
      columns: enabling('S-1-5-21-1-2-3-501'),
      context: { account: 'Guest', by: 'ada', domain: 'EXAMPLE' },
    },
    { name: 'off', match: false, columns: { enable_guest_account: '0' } },
    { name: 'not told', match: false, columns: { enable_admin_account: '1' } },
    {
      name: 'another account',
      match: false,
      table: 'windows_events',
      columns: enabling('S-1-5-21-1-2-3-1501'),
    },
    {
      name: 'data that is cut off',
      match: false,
      table: 'windows_events',
      columns: { ...enabling('S-1-5-21-1-2-3-501'), data: '{"EventData":{"TargetSid":"S-1-5-21-1-2-3-501"' },
    },
    { name: 'off again', match: false, action: 'removed', columns: { enable_guest_account: '1' } },
  ],
})

/** Event 4722: a user account was enabled; the relative id of Guest is 501 everywhere. */
function isEnabling(columns: {
  readonly source?: string | undefined
  readonly eventid?: string | undefined
  readonly data?: string | undefined
}): boolean {
  const { source = '', eventid = '', data = '' } = columns
  return (
    isEvent({ source, eventid }, 'Security', 4722) &&
    /^S-1-5-21-[\d-]{1,40}-501$/.test(eventFields(data)['TargetSid'] ?? '')
  )
}

function enabling(sid: string) {
  const data = {
    EventData: {
      TargetUserName: 'Guest',
      TargetSid: sid,
      SubjectUserName: 'ada',
      SubjectDomainName: 'EXAMPLE',
    },
  }
  return { source: 'Security', eventid: '4722', data: `${JSON.stringify(data)}\\x0A` }
}

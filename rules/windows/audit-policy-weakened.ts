import { eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Parameter messages of event 4719: `Success removed` and `Failure removed`. */
const REMOVALS = ['%%8448', '%%8450']

/** The local system, which is who applies group policies. */
const SYSTEM = 'S-1-5-18'

export default rule({
  id: 'windows.audit-policy-weakened',
  title: 'Windows told to log less',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1562.002'],
  means:
    'A part of the audit policy was taken away, so that logons, processes or changes of one kind are no longer written to the security log. Attackers do it before they go on.',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'Security' AND eventid = 4719 ORDER BY datetime DESC LIMIT 20;",
  benign:
    'A group policy that changes; it is applied by SYSTEM and told as low. Administrators with auditpol.',
  runbook:
    'Who did it, and was it planned? Compare with auditpol /get /category:* on a healthy host. Put it back, and look at what this account did before and after.',
  references: ['https://attack.mitre.org/techniques/T1562/002/'],
  detect: ({ columns }) => {
    if (!isEvent(columns, 'Security', 4719)) return false
    const changes = eventFields(columns.data)['AuditPolicyChanges'] ?? ''
    return REMOVALS.some(removal => changes.includes(removal))
  },
  dynamicSeverity: ({ columns }) => (eventFields(columns.data)['SubjectUserSid'] === SYSTEM ? 'low' : 'high'),
  alertTitle: ({ host, columns }) =>
    `${eventFields(columns.data)['SubjectUserName'] ?? 'Someone'} made ${host} log less`,
  context: ({ columns }) => {
    const { SubjectUserName, SubcategoryGuid, SubcategoryId, AuditPolicyChanges } = eventFields(columns.data)
    return {
      by: SubjectUserName ?? '',
      subcategory: SubcategoryGuid ?? '',
      subcategory_id: SubcategoryId ?? '',
      changes: AuditPolicyChanges ?? '',
    }
  },
  tests: [
    {
      name: 'by someone',
      match: true,
      columns: changed('S-1-5-21-1-2-3-1001', '%%8448, %%8450'),
      title: 'ada made test-host log less',
      dedup: 'test-host-id',
      severity: 'high',
    },
    { name: 'by a group policy', match: true, columns: changed('S-1-5-18', '%%8450'), severity: 'low' },
    { name: 'more is logged', match: false, columns: changed('S-1-5-21-1-2-3-1001', '%%8449, %%8451') },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'Security', eventid: '4719', data: '{"EventData":{"AuditPolicyChanges":"%%8448"' },
    },
    { name: 'another event', match: false, columns: { ...changed('S-1-5-18', '%%8448'), eventid: '4718' } },
    { name: 'a row of a removal', match: false, action: 'removed', columns: changed('S-1-5-18', '%%8448') },
  ],
})

function changed(sid: string, changes: string) {
  const fields = {
    SubjectUserSid: sid,
    SubjectUserName: 'ada',
    SubcategoryId: '%%12544',
    SubcategoryGuid: '{0CCE9215-69AE-11D9-BED3-505054503030}',
    AuditPolicyChanges: changes,
  }
  return { source: 'Security', eventid: '4719', data: JSON.stringify({ EventData: fields }) }
}

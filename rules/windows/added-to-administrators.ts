import { type EventFields, eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** A member was added to a local (4732), global (4728) or universal (4756) group. */
const ADDED = [4728, 4732, 4756] as const

/** BUILTIN\Administrators; Domain, Schema and Enterprise Admins; Account, Server and Backup Operators, whose rights suffice. */
const POWERFUL = /^S-1-5-(?:32-(?:544|548|549|551)|21-[\d-]{1,40}-(?:512|518|519))$/

const SYSTEM = 'S-1-5-18'
/** Whom Windows itself adds when it joins a domain (Domain Admins) or a tenant (roles of Entra ID). */
const BY_JOINING = /^S-1-(?:5-21-[\d-]{1,40}-512|12-1-[\d-]{1,50})$/

export default rule({
  id: 'windows.added-to-administrators',
  title: 'Account added to a group of administrators',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1098', 'T1078'],
  means:
    'An account now has all rights on this machine, or, when the group is one of the domain, on all of them. Attackers give them to an account that they hold.',
  check: 'SELECT u.username, u.uuid, u.type FROM user_groups g JOIN users u USING (uid) WHERE g.gid = 544;',
  benign:
    'Help desks and set-up of machines. What Windows adds when it joins a domain or tenant is left out.',
  runbook:
    'The event names who added whom: was there a ticket? Ask by another way than these accounts. If not: take the member out, disable both accounts, and look at where they have logged on.',
  references: ['https://attack.mitre.org/techniques/T1098/'],
  detect: ({ columns }) =>
    isEvent(columns, 'Security', ...ADDED) && POWERFUL.test(eventFields(columns.data)['TargetSid'] ?? ''),
  exclude: ({ columns }) => {
    const { SubjectUserSid, MemberSid } = eventFields(columns.data)
    return SubjectUserSid === SYSTEM && BY_JOINING.test(MemberSid ?? '')
  },
  alertTitle: ({ host, columns }) => {
    const fields = eventFields(columns.data)
    return `${memberOf(fields)} added to ${fields['TargetUserName'] ?? '?'} on ${host} by ${fields['SubjectUserName'] ?? '?'}`
  },
  dedup: ({ hostId, columns }) => `${hostId} ${memberOf(eventFields(columns.data))}`,
  context: ({ columns }) => {
    const { MemberName, MemberSid, TargetUserName, TargetDomainName, SubjectUserName } = eventFields(
      columns.data,
    )
    return {
      member: MemberName ?? '',
      member_sid: MemberSid ?? '',
      group: TargetUserName ?? '',
      domain: TargetDomainName ?? '',
      by: SubjectUserName ?? '',
    }
  },
  tests: [
    {
      name: 'of the machine',
      match: true,
      columns: added('4732', 'S-1-5-32-544', 'Administrators'),
      title: 'S-1-5-21-1-2-3-1009 added to Administrators on test-host by ada',
      dedup: 'test-host-id S-1-5-21-1-2-3-1009',
      severity: 'high',
    },
    {
      name: 'of the domain',
      match: true,
      columns: added('4728', 'S-1-5-21-1-2-3-512', 'Domain Admins', {
        MemberName: 'CN=Bob,DC=example,DC=com',
      }),
      title: 'CN=Bob,DC=example,DC=com added to Domain Admins on test-host by ada',
    },
    { name: 'of the forest', match: true, columns: added('4756', 'S-1-5-21-1-2-3-519', 'Enterprise Admins') },
    {
      name: 'a member that SYSTEM added and that no joining explains',
      match: true,
      columns: added('4732', 'S-1-5-32-544', 'Administrators', { SubjectUserSid: 'S-1-5-18' }),
    },
    {
      name: 'the machine joins a domain',
      match: false,
      columns: added('4732', 'S-1-5-32-544', 'Administrators', {
        SubjectUserSid: 'S-1-5-18',
        MemberSid: 'S-1-5-21-7-8-9-512',
      }),
    },
    {
      name: 'the machine joins a tenant',
      match: false,
      columns: added('4732', 'S-1-5-32-544', 'Administrators', {
        SubjectUserSid: 'S-1-5-18',
        MemberSid: 'S-1-12-1-1-2-3-4',
      }),
    },
    { name: 'an ordinary group', match: false, columns: added('4732', 'S-1-5-32-545', 'Users') },
    {
      name: 'a group whose number only ends so',
      match: false,
      columns: added('4728', 'S-1-5-21-1-2-3-1512', 'Sales'),
    },
    {
      name: 'taken out of the group',
      match: false,
      columns: added('4733', 'S-1-5-32-544', 'Administrators'),
    },
    {
      name: 'data that is cut off',
      match: false,
      columns: { source: 'Security', eventid: '4732', data: '{"EventData":{"TargetSid":"S-1-5-32-544' },
    },
    {
      name: 'a row of a removal',
      match: false,
      action: 'removed',
      columns: added('4732', 'S-1-5-32-544', 'Administrators'),
    },
  ],
})

function memberOf({ MemberName, MemberSid }: EventFields): string {
  // Of an account of the machine Windows gives no name, but a dash.
  return MemberName !== undefined && MemberName !== '-' && MemberName !== '' ? MemberName : (MemberSid ?? '?')
}

function added(eventid: string, sid: string, group: string, more: Readonly<Record<string, string>> = {}) {
  const fields = {
    MemberName: '-',
    MemberSid: 'S-1-5-21-1-2-3-1009',
    TargetUserName: group,
    TargetDomainName: 'Builtin',
    TargetSid: sid,
    SubjectUserSid: 'S-1-5-21-1-2-3-1001',
    SubjectUserName: 'ada',
    ...more,
  }
  return { source: 'Security', eventid, data: `${JSON.stringify({ EventData: fields })}\\x0A` }
}

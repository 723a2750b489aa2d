import { type EventFields, eventFields, isEvent } from '../../src/detect/reading/windows-event.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** RC4-HMAC and its export form, which are quick to guess passwords from. */
const WEAK_ENCRYPTION = new Set(['0x17', '0x18'])
const GRANTED = '0x0'

export default rule({
  id: 'windows.kerberoasting',
  title: 'Tickets for many services with weak encryption',
  severity: 'high',
  on: table('windows_events'),
  attack: ['T1558.003'],
  means:
    'One account asked the domain controller for tickets of five services or more, encrypted with RC4, within an hour. From such a ticket the password of the service’s account can be guessed at leisure (Kerberoasting).',
  check:
    "SELECT datetime, data FROM windows_eventlog WHERE channel = 'Security' AND eventid = 4769 ORDER BY datetime DESC LIMIT 50;",
  benign: 'Old clients and storage that know nothing but RC4, vulnerability scanners.',
  runbook:
    'Ask the person whose account it is, by another way. The address names their host: look at what ran there. Give the accounts of the services long passwords, or make them managed ones, and allow AES only.',
  references: ['https://attack.mitre.org/techniques/T1558/003/'],
  threshold: 5,
  detect: ({ columns }) => isEvent(columns, 'Security', 4769) && isWeak(eventFields(columns.data)),
  unique: ({ columns }) => eventFields(columns.data)['ServiceName']?.toLowerCase() ?? null,
  // An account asks whichever controller is near: the domain counts, not the host.
  dedup: ({ columns }) => eventFields(columns.data)['TargetUserName']?.toLowerCase() ?? '',
  alertTitle: ({ host, columns }) =>
    `${eventFields(columns.data)['TargetUserName'] ?? 'Someone'} asks ${host} for tickets of many services with weak encryption`,
  context: ({ columns }) => {
    const { TargetUserName, ServiceName, IpAddress, TicketEncryptionType } = eventFields(columns.data)
    return {
      account: TargetUserName ?? '',
      a_service: ServiceName ?? '',
      address: IpAddress ?? '',
      encryption: TicketEncryptionType ?? '',
    }
  },
  tests: [
    {
      name: 'a service of a person’s account',
      match: true,
      columns: ticket({}),
      title: 'ada@EXAMPLE.COM asks test-host for tickets of many services with weak encryption',
      dedup: 'ada@example.com',
      unique: 'sqlsvc',
      severity: 'high',
    },
    { name: 'with AES', match: false, columns: ticket({ TicketEncryptionType: '0x12' }) },
    { name: 'of a machine', match: false, columns: ticket({ ServiceName: 'FILE01$' }) },
    { name: 'of the domain itself', match: false, columns: ticket({ ServiceName: 'krbtgt' }) },
    { name: 'by a machine', match: false, columns: ticket({ TargetUserName: 'WS01$@EXAMPLE.COM' }) },
    { name: 'refused', match: false, columns: ticket({ Status: '0x1b' }) },
    { name: 'another event', match: false, columns: { ...ticket({}), eventid: '4768' } },
    { name: 'data that is cut off', match: false, columns: { ...ticket({}), data: '{"EventData":{' } },
    { name: 'a row of a removal', match: false, action: 'removed', columns: ticket({}) },
  ],
})

function isWeak(fields: EventFields): boolean {
  const { TicketEncryptionType = '', ServiceName = '', TargetUserName = '', Status = GRANTED } = fields
  return (
    WEAK_ENCRYPTION.has(TicketEncryptionType.toLowerCase()) &&
    Status.toLowerCase() === GRANTED &&
    ServiceName !== '' &&
    !ServiceName.endsWith('$') &&
    ServiceName.toLowerCase() !== 'krbtgt' &&
    !(TargetUserName.split('@')[0] ?? '').endsWith('$')
  )
}

function ticket(more: Readonly<Record<string, string>>) {
  const fields = {
    TargetUserName: 'ada@EXAMPLE.COM',
    ServiceName: 'sqlsvc',
    TicketEncryptionType: '0x17',
    IpAddress: '::ffff:192.0.2.7',
    Status: '0x0',
    ...more,
  }
  return { source: 'Security', eventid: '4769', data: `${JSON.stringify({ EventData: fields })}\\x0A` }
}

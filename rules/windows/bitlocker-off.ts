import { rule, table } from '../../src/detect/rule.ts'

/** `protection_status` and `conversion_status` of Win32_EncryptableVolume. */
const UNPROTECTED = '0'
const FULLY_ENCRYPTED = '1'

export default rule({
  id: 'windows.bitlocker-off',
  title: 'Disk encryption of the system drive turned off',
  severity: 'medium',
  on: table('bitlocker_info'),
  attack: ['T1562'],
  means:
    'The drive that Windows starts from is no longer protected: whoever has the machine reads the disk. Some ransomware turns BitLocker off, or takes over its keys, before it encrypts by itself.',
  check:
    'SELECT drive_letter, protection_status, conversion_status, percentage_encrypted, encryption_method FROM bitlocker_info;',
  benign:
    'Updates of firmware and of Windows suspend the protection until the next restart, and leave the disk encrypted: told as low. What was so when the host came is not told.',
  runbook:
    'Is the disk being decrypted (conversion_status 2 or 0)? Ask the owner of the machine. Suspended only: look again after a restart. If nobody did it, look for who was logged on, and for manage-bde in the processes.',
  references: ['https://attack.mitre.org/techniques/T1562/'],
  initial: 'ignore',
  detect: ({ columns }) =>
    columns.drive_letter.toUpperCase() === 'C:' && columns.protection_status === UNPROTECTED,
  dynamicSeverity: ({ columns }) => (columns.conversion_status === FULLY_ENCRYPTED ? 'low' : 'medium'),
  alertTitle: ({ host, columns }) =>
    columns.conversion_status === FULLY_ENCRYPTED
      ? `Encryption of ${columns.drive_letter} on ${host} suspended`
      : `Encryption of ${columns.drive_letter} on ${host} turned off`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    drive: columns.drive_letter,
    protection: columns.protection_status,
    conversion: columns.conversion_status,
  }),
  tests: [
    {
      name: 'being decrypted',
      match: true,
      columns: { drive_letter: 'C:', protection_status: '0', conversion_status: '3' },
      title: 'Encryption of C: on test-host turned off',
      severity: 'medium',
      dedup: 'test-host-id',
    },
    {
      name: 'suspended for an update',
      match: true,
      columns: { drive_letter: 'C:', protection_status: '0', conversion_status: '1' },
      title: 'Encryption of C: on test-host suspended',
      severity: 'low',
    },
    {
      name: 'never encrypted',
      match: false,
      counter: '0',
      columns: { drive_letter: 'C:', protection_status: '0', conversion_status: '0' },
    },
    {
      name: 'protected',
      match: false,
      columns: { drive_letter: 'C:', protection_status: '1', conversion_status: '1' },
    },
    {
      name: 'a stick',
      match: false,
      columns: { drive_letter: 'E:', protection_status: '0', conversion_status: '0' },
    },
    { name: 'not told', match: false, columns: { drive_letter: 'C:' } },
    {
      name: 'protected again',
      match: false,
      action: 'removed',
      columns: { drive_letter: 'C:', protection_status: '0' },
    },
  ],
})

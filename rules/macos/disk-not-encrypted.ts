import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.disk-not-encrypted',
  title: 'FileVault is off',
  severity: 'low',
  on: table('disk_encryption'),
  attack: [],
  means:
    'Who takes this Mac, or holds it for a while, can read what is on it without a password (on Macs with a T2 or Apple chip: after resetting the password). Nobody attacks here; it makes the loss of the Mac a loss of data.',
  check: 'SELECT name, encrypted, type, filevault_status, uid FROM disk_encryption;',
  benign: 'A Mac in a locked room that must start without a person: build machines, displays.',
  // The state of the Mac, the same for each of its volumes: of those, the small ones of APFS are never encrypted.
  detect: ({ columns }) => columns.filevault_status === 'off',
  // It was on until now: somebody decided that. What was off before anyone looked is a list to work through.
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'info' : 'medium'),
  alertTitle: ({ host }) => `FileVault is off on ${host}`,
  dedup: ({ hostId, event }) => (event.counter === '0' ? `${hostId} at first` : hostId),
  dedupPeriod: '24h',
  context: ({ columns }) => ({ filevaultStatus: columns.filevault_status }),
  runbook:
    'If it was on until now, find out who switched it off and why. Switch it on by a profile of the device management, which also keeps the recovery key.',
  references: ['https://support.apple.com/guide/mac-help/mh11785/mac'],
  tests: [
    {
      name: 'switched off',
      match: true,
      columns: { filevault_status: 'off', encrypted: '0' },
      title: 'FileVault is off on test-host',
      severity: 'medium',
      dedup: 'test-host-id',
      context: { filevaultStatus: 'off' },
    },
    {
      name: 'was off before anyone looked',
      match: true,
      counter: '0',
      columns: { filevault_status: 'off' },
      severity: 'info',
      dedup: 'test-host-id at first',
    },
    {
      name: 'a helper volume of an encrypted Mac',
      match: false,
      columns: { name: '/dev/disk3s2', encrypted: '0', filevault_status: 'on' },
    },
    {
      name: 'a disk of Linux, which has no FileVault',
      match: false,
      columns: { name: '/dev/sr0', encrypted: '0' },
    },
    { name: 'not known', match: false, columns: { filevault_status: 'unknown' } },
    { name: 'it was off', match: false, action: 'removed', columns: { filevault_status: 'off' } },
  ],
})

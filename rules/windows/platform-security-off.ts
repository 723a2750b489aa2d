import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'windows.platform-security-off',
  title: 'Secure Boot, TPM or virtualization-based security turned off',
  severity: 'low',
  on: table('secureboot', 'deviceguard_status', 'tpm_info'),
  attack: ['T1562', 'T1542'],
  means:
    'What protects Windows below Windows is no longer on: Secure Boot keeps bootkits out, the TPM holds the keys of the disk, virtualization-based security keeps drivers and passwords safe. Someone was in the firmware, or changed the policy.',
  check:
    'SELECT vbs_status, code_integrity_policy_enforcement_status, running_security_services FROM deviceguard_status;',
  benign:
    'A new board or firmware, people who play games or run another system beside Windows. What was so when the host came is not told.',
  runbook:
    'Ask the owner of the machine. If nobody was at it: turn it on again, and look for drivers that came since.',
  references: ['https://attack.mitre.org/techniques/T1542/'],
  initial: 'ignore',
  detect: ({ columns, table, platform }) => {
    switch (table) {
      case 'secureboot':
        return columns.secure_boot === '0' && (platform === 'windows' || platform === '')
      case 'deviceguard_status':
        return columns.vbs_status === 'VBS_NOT_ENABLED'
      default:
        return columns.enabled === '0' || columns.activated === '0'
    }
  },
  alertTitle: ({ host, table }) => `${NAMES.get(table) ?? table} turned off on ${host}`,
  dedup: ({ hostId, table }) => `${hostId} ${table}`,
  dedupPeriod: '24h',
  context: ({ table, columns }) => ({ table, ...columns }),
  tests: [
    {
      name: 'Secure Boot',
      match: true,
      platform: 'windows',
      columns: { secure_boot: '0', setup_mode: '0' },
      title: 'Secure Boot turned off on test-host',
      dedup: 'test-host-id secureboot',
      severity: 'low',
      context: { table: 'secureboot', secure_boot: '0', setup_mode: '0' },
    },
    {
      name: 'virtualization-based security',
      match: true,
      table: 'deviceguard_status',
      columns: { vbs_status: 'VBS_NOT_ENABLED' },
      title: 'Virtualization-based security turned off on test-host',
    },
    {
      name: 'the TPM',
      match: true,
      table: 'tpm_info',
      columns: { activated: '1', enabled: '0', owned: '1' },
      title: 'TPM turned off on test-host',
    },
    {
      name: 'the TPM not activated',
      match: true,
      table: 'tpm_info',
      columns: { activated: '0', enabled: '1' },
    },
    { name: 'so when the host came', match: false, counter: '0', columns: { secure_boot: '0' } },
    { name: 'Secure Boot is on', match: false, columns: { secure_boot: '1' } },
    { name: 'a Linux host', match: false, platform: 'ubuntu', columns: { secure_boot: '0' } },
    {
      name: 'on, but not running yet',
      match: false,
      table: 'deviceguard_status',
      columns: { vbs_status: 'VBS_ENABLED_AND_NOT_RUNNING' },
    },
    {
      name: 'the TPM is on',
      match: false,
      table: 'tpm_info',
      columns: { activated: '1', enabled: '1', owned: '0' },
    },
    { name: 'on again', match: false, action: 'removed', columns: { secure_boot: '0' } },
  ],
})

const NAMES: ReadonlyMap<string, string> = new Map([
  ['secureboot', 'Secure Boot'],
  ['deviceguard_status', 'Virtualization-based security'],
  ['tpm_info', 'TPM'],
])

import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.sip-off',
  title: 'System Integrity Protection is off',
  severity: 'high',
  on: table('sip_config'),
  attack: ['T1553.006', 'T1562.001'],
  means:
    'System Integrity Protection, or a part of it, is switched off: root may then change macOS itself, load kernel extensions nobody signed and read the memory of any program. It can only be switched off by someone who starts the Mac in recovery.',
  check: 'SELECT config_flag, enabled, enabled_nvram FROM sip_config;',
  benign:
    'Developers of kernel extensions and debuggers, a laboratory machine, a window manager that asks for it.',
  // The row `sip` is about the whole; the others say what is allowed, so 0 is their normal state.
  detect: ({ columns }) =>
    columns.config_flag === 'sip'
      ? columns.enabled === '0'
      : columns.config_flag.startsWith('allow_') && columns.enabled === '1',
  alertTitle: ({ host, columns }) =>
    columns.config_flag === 'sip'
      ? `System Integrity Protection is off on ${host}`
      : `System Integrity Protection on ${host} has a gap: ${columns.config_flag}`,
  // A Mac with it off tells of every gap at once.
  dedup: ({ hostId }) => hostId,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ flag: columns.config_flag, enabled: columns.enabled }),
  runbook:
    'Ask the owner whether they did it and why. If not, someone had the Mac in their hands, and the password of an administrator: isolate it, compare launchd, kernel_extensions and system_extensions with another Mac, and reinstall. In any case switch it on again: start in recovery, csrutil enable.',
  references: ['https://attack.mitre.org/techniques/T1553/006/', 'https://support.apple.com/en-us/102149'],
  tests: [
    {
      name: 'all of it',
      match: true,
      columns: { config_flag: 'sip', enabled: '0', enabled_nvram: '0' },
      title: 'System Integrity Protection is off on test-host',
      dedup: 'test-host-id',
      severity: 'high',
      context: { flag: 'sip', enabled: '0' },
    },
    {
      name: 'a part of it',
      match: true,
      columns: { config_flag: 'allow_untrusted_kexts', enabled: '1' },
      title: 'System Integrity Protection on test-host has a gap: allow_untrusted_kexts',
    },
    { name: 'on', match: false, columns: { config_flag: 'sip', enabled: '1', enabled_nvram: '1' } },
    {
      name: 'nothing is allowed, which is normal',
      match: false,
      columns: { config_flag: 'allow_unrestricted_fs', enabled: '0' },
    },
    {
      name: 'flags that this osquery can’t read',
      match: false,
      columns: { config_flag: 'sip', enabled: '' },
    },
    {
      name: 'it was off',
      match: false,
      action: 'removed',
      columns: { config_flag: 'sip', enabled: '0' },
    },
  ],
})

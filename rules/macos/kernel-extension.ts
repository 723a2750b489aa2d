import { isUnder } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Where Apple keeps its own: on the sealed volume, or in a folder that System Integrity Protection guards. */
const APPLE_PLACES = ['/System', '/Library/Apple', '/usr/appleinternal']

export default rule({
  id: 'macos.kernel-extension',
  title: 'New kernel extension',
  severity: 'medium',
  on: table('kernel_extensions'),
  attack: ['T1547.006', 'T1014'],
  means:
    'Code of another maker than Apple is in the kernel, or ready to be loaded into it. It may do anything and hide anything. Since macOS 11 this takes a restart and, on Apple chips, lowered security in recovery, so new ones are rare.',
  check: 'SELECT idx, refs, name, version, path FROM kernel_extensions;',
  benign: 'Drivers for file systems, audio interfaces and older printers or VPNs.',
  initial: 'ignore',
  detect: ({ columns }) => {
    if (columns.name === '' || columns.name === '__kernel__') return false
    // Parts of the kernel have a name and no file.
    const isApple = columns.name.startsWith('com.apple.') && columns.path === ''
    return !isApple && !isUnder(columns.path, ...APPLE_PLACES)
  },
  dynamicSeverity: ({ columns }) => (columns.name.startsWith('com.apple.') ? 'high' : undefined),
  alertTitle: ({ host, columns }) =>
    `New kernel extension on ${host}: ${columns.name}${columns.path && ` (${columns.path})`}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.name}`,
  context: ({ columns }) => ({ name: columns.name, path: columns.path }),
  runbook:
    'Who signed it (codesign -dv on the path, signature table), and which product brought it? One that is called com.apple… and lies outside of macOS is not Apple’s. If nobody owns up: isolate the Mac, keep the bundle, remove it and restart; distrust the host until reinstalled.',
  references: ['https://attack.mitre.org/techniques/T1547/006/'],
  tests: [
    {
      name: 'of another maker',
      match: true,
      columns: {
        name: 'com.example.driver',
        path: '/Library/StagedExtensions/Library/Extensions/Example.kext',
      },
      title:
        'New kernel extension on test-host: com.example.driver (/Library/StagedExtensions/Library/Extensions/Example.kext)',
      dedup: 'test-host-id com.example.driver',
      severity: 'medium',
      context: {
        name: 'com.example.driver',
        path: '/Library/StagedExtensions/Library/Extensions/Example.kext',
      },
    },
    {
      name: 'called Apple’s, outside of macOS',
      match: true,
      columns: { name: 'com.apple.driver.hid', path: '/Library/Extensions/hid.kext' },
      severity: 'high',
    },
    {
      name: 'without a path',
      match: true,
      columns: { name: 'com.example.driver', path: '' },
      title: 'New kernel extension on test-host: com.example.driver',
    },
    {
      name: 'part of macOS',
      match: false,
      columns: {
        name: 'com.apple.driver.AppleUSBAudio',
        path: '/System/Library/Extensions/AppleUSBAudio.kext',
      },
    },
    { name: 'part of the kernel', match: false, columns: { name: 'com.apple.kpi.bsd', path: '' } },
    { name: 'the kernel', match: false, columns: { name: '__kernel__', path: '' } },
    {
      name: 'the secure monitor of Apple chips',
      match: false,
      columns: { name: 'com.apple.sptm', path: '/usr/appleinternal/standalone/platform' },
    },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { name: 'com.example.driver', path: '/Library/Extensions/Example.kext' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { name: 'com.example.driver', path: '/Library/Extensions/Example.kext' },
    },
    { name: 'names not selected', match: false, columns: { path: '/Library/Extensions/Example.kext' } },
  ],
})

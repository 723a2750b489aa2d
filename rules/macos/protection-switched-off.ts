import { baseName } from '../../src/detect/reading/paths.ts'
import { isProgramStart } from '../../src/detect/reading/program-start.ts'
import { rule, table } from '../../src/detect/rule.ts'

interface Exec {
  readonly event_type: string
  readonly path: string
  readonly cmdline: string
}

export default rule({
  id: 'macos.protection-switched-off',
  title: 'A command switches a protection of macOS off',
  severity: 'high',
  on: table('es_process_events'),
  attack: ['T1562.001', 'T1562.004', 'T1553.001'],
  means:
    'A command was told to switch off System Integrity Protection, Gatekeeper, the firewall or FileVault. Malware does so before it brings its second part; a user who follows a guide to pirated software does so too.',
  check:
    "SELECT e.time, e.pid, e.parent, e.path, e.cmdline, e.username, p.path AS parent_path FROM es_process_events e LEFT JOIN processes p ON p.pid = e.parent WHERE e.event_type = 'exec' AND e.time > (SELECT unix_time - 3600 FROM time);",
  benign: 'Developers, and scripts of administrators (the firewall above all, which is rated lower).',
  detect: ({ columns }) => protectionOf(columns) !== undefined,
  dynamicSeverity: ({ columns }) => (protectionOf(columns) === 'the firewall' ? 'medium' : undefined),
  alertTitle: ({ host, columns }) =>
    `A command switches off ${protectionOf(columns) ?? 'a protection'} on ${host}: ${columns.cmdline}`,
  dedup: ({ hostId, columns }) => `${hostId} ${protectionOf(columns) ?? ''}`,
  context: ({ columns }) => ({
    command: columns.cmdline,
    user: columns.username,
    pid: columns.pid,
    parent: columns.parent,
    folder: columns.cwd,
    time: columns.time,
  }),
  runbook:
    'Who ran it (user, parent), and what did they start or download just before? The command may have failed: see sip_config, gatekeeper, alf and disk_encryption. Unless its owner explains it, isolate the Mac and look at everything that started since.',
  references: [
    'https://attack.mitre.org/techniques/T1562/001/',
    'https://attack.mitre.org/techniques/T1553/001/',
  ],
  tests: [
    {
      name: 'Gatekeeper',
      match: true,
      columns: {
        event_type: 'exec',
        path: '/usr/sbin/spctl',
        cmdline: 'spctl --master-disable',
        username: 'root',
        pid: '7',
        parent: '6',
        cwd: '/',
        time: '1700000000',
      },
      title: 'A command switches off Gatekeeper on test-host: spctl --master-disable',
      dedup: 'test-host-id Gatekeeper',
      severity: 'high',
      context: {
        command: 'spctl --master-disable',
        user: 'root',
        pid: '7',
        parent: '6',
        folder: '/',
        time: '1700000000',
      },
    },
    {
      name: 'Gatekeeper, by its name since macOS 13',
      match: true,
      columns: { path: '/usr/sbin/spctl', cmdline: 'spctl --global-disable' },
    },
    {
      name: 'System Integrity Protection',
      match: true,
      columns: { path: '/usr/bin/csrutil', cmdline: 'csrutil disable' },
      dedup: 'test-host-id System Integrity Protection',
    },
    {
      name: 'FileVault',
      match: true,
      columns: { path: '/usr/bin/fdesetup', cmdline: 'fdesetup disable' },
      dedup: 'test-host-id FileVault',
    },
    {
      name: 'the firewall',
      match: true,
      columns: {
        path: '/usr/libexec/ApplicationFirewall/socketfilterfw',
        cmdline: '/usr/libexec/ApplicationFirewall/socketfilterfw --setglobalstate off',
      },
      dedup: 'test-host-id the firewall',
      severity: 'medium',
    },
    {
      name: 'the firewall, by its setting',
      match: true,
      columns: {
        path: '/usr/bin/defaults',
        cmdline: 'defaults write /Library/Preferences/com.apple.alf globalstate -int 0',
      },
      severity: 'medium',
    },
    { name: 'on', match: false, columns: { path: '/usr/sbin/spctl', cmdline: 'spctl --global-enable' } },
    { name: 'asks', match: false, columns: { path: '/usr/bin/csrutil', cmdline: 'csrutil status' } },
    {
      name: 'the firewall on',
      match: false,
      columns: {
        path: '/usr/bin/defaults',
        cmdline: 'defaults write /Library/Preferences/com.apple.alf globalstate -int 1',
      },
    },
    {
      name: 'lets a program through',
      match: false,
      columns: {
        path: '/usr/libexec/ApplicationFirewall/socketfilterfw',
        cmdline: 'socketfilterfw --setloggingmode off',
      },
    },
    {
      name: 'only speaks of it',
      match: false,
      columns: { path: '/bin/echo', cmdline: 'echo csrutil disable' },
    },
    {
      name: 'it ends',
      match: false,
      columns: { event_type: 'exit', path: '/usr/bin/csrutil', cmdline: 'csrutil disable' },
    },
    {
      name: 'the row leaves the result',
      match: false,
      action: 'removed',
      columns: { path: '/usr/bin/csrutil', cmdline: 'csrutil disable' },
    },
  ],
})

/** What the command switches off, or undefined. */
function protectionOf({ event_type, path, cmdline }: Exec): string | undefined {
  if (!isProgramStart({ event_type })) return undefined
  const words = cmdline.split(' ')
  switch (baseName(path)) {
    case 'csrutil':
      return words.includes('disable') ? 'System Integrity Protection' : undefined
    case 'spctl':
      return words.some(word => word === '--master-disable' || word === '--global-disable')
        ? 'Gatekeeper'
        : undefined
    case 'fdesetup':
      return words.includes('disable') ? 'FileVault' : undefined
    case 'socketfilterfw':
      return words.includes('--setglobalstate') && words.includes('off') ? 'the firewall' : undefined
    case 'defaults':
      return setsFirewallOff(words) ? 'the firewall' : undefined
    default:
      return undefined
  }
}

function setsFirewallOff(words: readonly string[]): boolean {
  return (
    words.includes('write') &&
    words.includes('globalstate') &&
    words.at(-1) === '0' &&
    words.some(word => word.includes('com.apple.alf'))
  )
}

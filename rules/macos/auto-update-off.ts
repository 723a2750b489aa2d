import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'
import type { Severity } from '../../src/detect/severity.ts'

/** Settings of com.apple.SoftwareUpdate without which security updates no longer come by themselves. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['AutomaticCheckEnabled', 'looks for updates'],
  ['CriticalUpdateInstall', 'installs security responses'],
  ['ConfigDataInstall', 'gets new signatures of XProtect'],
])

const DOMAIN = 'com.apple.SoftwareUpdate'

export default rule({
  id: 'macos.auto-update-off',
  title: 'macOS no longer updates itself',
  severity: 'medium',
  on: table('preferences', 'plist'),
  attack: ['T1562.001'],
  dedup: ({ hostId, columns }) => `${hostId} ${columns.key}`,
  dedupPeriod: '24h',
  detect: ({ columns }) =>
    (columns.domain === DOMAIN || (columns.path ?? '').endsWith(`/${DOMAIN}.plist`)) &&
    SETTINGS.has(columns.key) &&
    bool(columns.value) === false,
  // How it was before anyone looked is a matter of policy.
  dynamicSeverity: ({ event }): Severity => (event.counter === '0' ? 'info' : 'medium'),
  alertTitle: ({ host, columns }) => `${host} no longer ${SETTINGS.get(columns.key) ?? 'updates itself'}`,
  context: ({ columns }) => ({ setting: columns.key, value: columns.value }),
  means:
    'Holes that Apple has mended stay open on this Mac, or the signatures by which macOS knows malware grow old. Stealers and remote access tools switch this off to live longer.',
  check:
    "SELECT domain, key, value, forced, username FROM preferences WHERE domain = 'com.apple.SoftwareUpdate' AND key IN ('AutomaticCheckEnabled', 'AutomaticDownload', 'CriticalUpdateInstall', 'ConfigDataInstall');",
  benign: 'A management system that installs updates itself; a user who does not want to be interrupted.',
  runbook:
    'Did the user or the management system switch it off? Switch it on again (System Settings, General, Software Update), best by a profile that keeps it on, and install what is due. If neither did, look for what ran as root around that time.',
  references: [
    'https://attack.mitre.org/techniques/T1562/001/',
    'https://support.apple.com/guide/deployment/depd30715cbb/web',
  ],
  replaces: ['Osquery.Mac.AutoUpdateEnabled'],
  tests: [
    {
      name: 'no longer looks for updates',
      match: true,
      columns: { domain: DOMAIN, key: 'AutomaticCheckEnabled', value: 'false' },
      title: 'test-host no longer looks for updates',
      dedup: 'test-host-id AutomaticCheckEnabled',
      severity: 'medium',
      context: { setting: 'AutomaticCheckEnabled', value: 'false' },
    },
    { name: 'as a number', match: true, columns: { domain: DOMAIN, key: 'ConfigDataInstall', value: '0' } },
    {
      name: 'by its file',
      match: true,
      table: 'plist',
      columns: { path: `/Library/Preferences/${DOMAIN}.plist`, key: 'CriticalUpdateInstall', value: '0' },
      title: 'test-host no longer installs security responses',
    },
    {
      name: 'so before anyone looked',
      match: true,
      counter: '0',
      columns: { domain: DOMAIN, key: 'AutomaticCheckEnabled', value: 'false' },
      severity: 'info',
    },
    {
      name: 'switched on',
      match: false,
      columns: { domain: DOMAIN, key: 'AutomaticCheckEnabled', value: 'true' },
    },
    { name: 'another setting', match: false, columns: { domain: DOMAIN, key: 'LastResultCode', value: '0' } },
    {
      name: 'another domain',
      match: false,
      columns: { domain: 'com.example', key: 'AutomaticCheckEnabled', value: '0' },
    },
    { name: 'no value', match: false, columns: { domain: DOMAIN, key: 'AutomaticCheckEnabled', value: '' } },
    {
      name: 'no longer off',
      match: false,
      action: 'removed',
      columns: { domain: DOMAIN, key: 'AutomaticCheckEnabled', value: 'false' },
    },
  ],
})

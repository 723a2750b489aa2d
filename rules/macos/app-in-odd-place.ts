import { isHiddenPath, isWorldWritablePlace } from '../../src/detect/reading/paths.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { isInDeveloperFolder } from '../data/developer-folders.ts'

export default rule({
  id: 'macos.app-in-odd-place',
  title: 'New app in a hidden place or a folder anyone can write to',
  severity: 'low',
  on: table('apps'),
  attack: ['T1204.002', 'T1564.001'],
  means:
    'macOS knows of an app that lies in /tmp, /Users/Shared or a hidden folder. People keep apps in /Applications and Downloads; several families of malware unpack theirs like this.',
  check:
    "SELECT a.name, a.path, a.bundle_identifier, s.signed, s.authority, f.btime, f.uid FROM apps a LEFT JOIN signature s ON s.path = a.path LEFT JOIN file f ON f.path = a.path WHERE a.path LIKE '/private/tmp/%' OR a.path LIKE '/Users/Shared/%' OR a.path LIKE '%/.%';",
  benign: 'Games and printers that use /Users/Shared, an app that an updater unpacked on its way.',
  initial: 'ignore',
  detect: ({ columns: { path } }) =>
    isWorldWritablePlace(path) || (isHiddenPath(path) && !isInDeveloperFolder(path) && !isOfTools(path)),
  alertTitle: ({ host, columns }) => `New app in an odd place on ${host}: ${columns.path}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.path}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    app: columns.name,
    identifier: columns.bundle_identifier,
    path: columns.path,
  }),
  runbook:
    'Who signed it, and what made it? Unsigned, or signed by someone nobody knows: keep a copy, look for a launch item that starts it, and isolate the Mac if there is one.',
  references: [
    'https://attack.mitre.org/techniques/T1204/002/',
    'https://attack.mitre.org/techniques/T1564/001/',
  ],
  tests: [
    {
      name: 'in a folder for everyone',
      match: true,
      columns: {
        name: 'AppStore.app',
        bundle_identifier: 'Truesteer.AppStore',
        path: '/Users/Shared/AppStore.app',
      },
      title: 'New app in an odd place on test-host: /Users/Shared/AppStore.app',
      dedup: 'test-host-id /Users/Shared/AppStore.app',
      severity: 'low',
      context: {
        app: 'AppStore.app',
        identifier: 'Truesteer.AppStore',
        path: '/Users/Shared/AppStore.app',
      },
    },
    { name: 'hidden', match: true, columns: { path: '/Library/.rand/updateragent.app' } },
    { name: 'in /tmp', match: true, columns: { path: '/private/tmp/Updater.app' } },
    { name: 'where apps belong', match: false, columns: { path: '/Applications/Example.app' } },
    { name: 'a download', match: false, columns: { path: '/Users/ada/Downloads/Example.app' } },
    {
      name: 'of a tool for developers',
      match: false,
      columns: { path: '/Users/ada/.docker/bin/Example.app' },
    },
    {
      name: 'of a project',
      match: false,
      columns: { path: '/Users/ada/src/x/node_modules/.pnpm/electron@30/dist/Electron.app' },
    },
    { name: 'no path', match: false, columns: { name: 'Example.app' } },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { path: '/Users/Shared/AppStore.app' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { path: '/Users/Shared/AppStore.app' },
    },
  ],
})

/** Hidden folders in which build tools keep what they fetch, within a project. */
function isOfTools(path: string): boolean {
  return ['/node_modules/', '/.build/', '/.venv/', '/.cache/'].some(part => path.includes(part))
}

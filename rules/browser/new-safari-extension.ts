import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'browser.new-safari-extension',
  title: 'New Safari extension',
  severity: 'info',
  on: table('safari_extensions'),
  // Users add what they like, and Apple has looked at most: worth knowing, not worth a call.
  alert: false,
  attack: ['T1176.001'],
  means:
    'An extension for Safari came with an app. It may read and change the pages that its user allowed it. Apple checks those of the App Store.',
  check:
    'SELECT u.username, e.name, e.identifier, e.version, e.path FROM users u CROSS JOIN safari_extensions e USING (uid);',
  benign: 'Almost all of them: users add what they like from the App Store.',
  initial: 'ignore',
  detect: ({ columns: { identifier } }) => identifier !== '' && !identifier.startsWith('com.apple.'),
  alertTitle: ({ host, columns }) => `New Safari extension on ${host}: ${columns.name || columns.identifier}`,
  dedup: ({ columns }) => columns.identifier,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    name: columns.name,
    identifier: columns.identifier,
    path: columns.path,
    uid: columns.uid,
  }),
  runbook: 'When an extension is in the news, search these signals for its identifier to see who has it.',
  references: ['https://attack.mitre.org/techniques/T1176/001/'],
  tests: [
    {
      name: 'of another maker',
      match: true,
      columns: {
        name: 'Example',
        identifier: 'com.example.app.extension',
        path: '/Applications/Example.app/Contents/PlugIns/E.appex/Contents/Info.plist',
        uid: '501',
      },
      title: 'New Safari extension on test-host: Example',
      dedup: 'com.example.app.extension',
      severity: 'info',
      context: {
        name: 'Example',
        identifier: 'com.example.app.extension',
        path: '/Applications/Example.app/Contents/PlugIns/E.appex/Contents/Info.plist',
        uid: '501',
      },
    },
    {
      name: 'of Apple',
      match: false,
      columns: { name: 'iCloud', identifier: 'com.apple.SafariServices.x' },
    },
    { name: 'without a name for itself', match: false, columns: { name: 'Example' } },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { identifier: 'com.example.app.extension' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { identifier: 'com.example.app.extension' },
    },
  ],
})

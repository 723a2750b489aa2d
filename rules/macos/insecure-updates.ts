import { rule, table } from '../../src/detect/rule.ts'

export default rule({
  id: 'macos.insecure-updates',
  title: 'App looks for updates without encryption',
  severity: 'low',
  on: table('plist'),
  attack: ['T1195.002'],
  means:
    'The app asks for updates over plain http: whoever is on the way (a café, a hotel, a hijacked router) can answer. Old versions of the Sparkle library run what they are given; newer ones check a signature first.',
  check:
    "SELECT a.name, a.bundle_identifier, a.bundle_short_version, a.path, p.value FROM apps a CROSS JOIN plist p WHERE p.path = a.path || '/Contents/Info.plist' AND p.key = 'SUFeedURL';",
  benign:
    'Old apps that nobody maintains, with the whole of the rest of their traffic. The first look at a host only notes them.',
  detect: ({ columns }) =>
    columns.key === 'SUFeedURL' && columns.value.startsWith('http://') && !isOwnHost(columns.value),
  dynamicSeverity: ({ event }) => (event.counter === '0' ? 'info' : undefined),
  alertTitle: ({ host, columns }) => `App on ${host} looks for updates without encryption: ${columns.path}`,
  // The same app on a hundred Macs is one thing to mend.
  dedup: ({ columns }) => columns.value,
  dedupPeriod: '24h',
  context: ({ columns }) => ({ file: columns.path, feed: columns.value }),
  runbook: 'Update the app, or replace it when its maker has given it up.',
  references: [
    'https://attack.mitre.org/techniques/T1195/002/',
    'https://vulnsec.com/2016/osx-apps-vulnerabilities/',
  ],
  tests: [
    {
      name: 'over http',
      match: true,
      columns: {
        key: 'SUFeedURL',
        value: 'http://updates.example.com/appcast.xml',
        path: '/Applications/Example.app/Contents/Info.plist',
      },
      title:
        'App on test-host looks for updates without encryption: /Applications/Example.app/Contents/Info.plist',
      dedup: 'http://updates.example.com/appcast.xml',
      severity: 'low',
      context: {
        file: '/Applications/Example.app/Contents/Info.plist',
        feed: 'http://updates.example.com/appcast.xml',
      },
    },
    {
      name: 'was there before anyone looked',
      match: true,
      counter: '0',
      columns: { key: 'SUFeedURL', value: 'http://updates.example.com/appcast.xml' },
      severity: 'info',
    },
    {
      name: 'a host that only begins like the own',
      match: true,
      columns: { key: 'SUFeedURL', value: 'http://localhost.example.com/appcast.xml' },
    },
    {
      name: 'over https',
      match: false,
      columns: { key: 'SUFeedURL', value: 'https://updates.example.com/appcast.xml' },
    },
    {
      name: 'from the Mac itself',
      match: false,
      columns: { key: 'SUFeedURL', value: 'http://localhost:8080/appcast.xml' },
    },
    {
      name: 'another address of the app',
      match: false,
      columns: { key: 'HomePage', value: 'http://example.com/' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { key: 'SUFeedURL', value: 'http://updates.example.com/appcast.xml' },
    },
  ],
})

function isOwnHost(url: string): boolean {
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)/.test(url)
}

import { rule, table } from '../../src/detect/rule.ts'

/** Places that Firefox itself fills: the profile through its own dialog, and what comes with it. */
const OWN_PLACES = new Set([
  'app-profile',
  'app-builtin',
  'app-builtin-addons',
  'app-system-addons',
  'app-system-defaults',
  'app-temporary',
])

export default rule({
  id: 'browser.sideloaded-firefox-addon',
  title: 'Firefox add-on that another program installed',
  severity: 'low',
  on: table('firefox_addons'),
  attack: ['T1176.001'],
  means:
    'An add-on was put into a folder of the system or the user, from where Firefox takes it up, and not by the user in Firefox. Adware and some antivirus products come in by this door, which Firefox has closed more and more.',
  check:
    'SELECT u.username, a.name, a.identifier, a.version, a.type, a.source_url, a.location, a.active, a.disabled, a.path FROM users u CROSS JOIN firefox_addons a USING (uid);',
  benign:
    'Language packs and add-ons of a Linux distribution, desktop integrations, managed add-ons. What is there at the first look is left out.',
  initial: 'ignore',
  detect: ({ columns: { location, type, disabled } }) =>
    location !== '' && !OWN_PLACES.has(location) && type === 'extension' && disabled !== '1',
  alertTitle: ({ host, columns }) =>
    `Another program installed a Firefox add-on on ${host}: ${columns.name || columns.identifier}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.identifier}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    name: columns.name,
    identifier: columns.identifier,
    location: columns.location,
    source: columns.source_url,
    path: columns.path,
    uid: columns.uid,
  }),
  runbook:
    'Ask the user what they installed that day. If nobody wants it: remove its file (path), block its identifier by policy (ExtensionSettings), and find the program that brought it.',
  references: [
    'https://attack.mitre.org/techniques/T1176/001/',
    'https://extensionworkshop.com/documentation/publish/distribute-sideloading/',
  ],
  tests: [
    {
      name: 'in the folder of the system',
      match: true,
      columns: {
        name: 'Search Helper',
        identifier: 'helper@example.com',
        type: 'extension',
        location: 'app-system-share',
        source_url: 'null',
        path: '/Library/Application Support/Mozilla/Extensions/x/helper@example.com.xpi',
        uid: '501',
      },
      title: 'Another program installed a Firefox add-on on test-host: Search Helper',
      dedup: 'test-host-id helper@example.com',
      severity: 'low',
      context: {
        name: 'Search Helper',
        identifier: 'helper@example.com',
        location: 'app-system-share',
        source: 'null',
        path: '/Library/Application Support/Mozilla/Extensions/x/helper@example.com.xpi',
        uid: '501',
      },
    },
    {
      name: 'by the registry of Windows',
      match: true,
      columns: { identifier: 'helper@example.com', type: 'extension', location: 'winreg-app-user' },
    },
    {
      name: 'by the user',
      match: false,
      columns: { identifier: 'uBlock0@raymondhill.net', type: 'extension', location: 'app-profile' },
    },
    {
      name: 'part of Firefox',
      match: false,
      columns: { identifier: 'formautofill@mozilla.org', type: 'extension', location: 'app-builtin' },
    },
    {
      name: 'a dictionary of the distribution',
      match: false,
      columns: {
        identifier: 'de@dictionaries.example.org',
        type: 'dictionary',
        location: 'app-system-share',
      },
    },
    {
      name: 'Firefox asked and the user said no',
      match: false,
      columns: {
        identifier: 'helper@example.com',
        type: 'extension',
        location: 'winreg-app-user',
        disabled: '1',
      },
    },
    { name: 'the place was not selected', match: false, columns: { identifier: 'x', type: 'extension' } },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { identifier: 'helper@example.com', type: 'extension', location: 'app-system-share' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { identifier: 'helper@example.com', type: 'extension', location: 'app-system-share' },
    },
  ],
})

import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'
import { EXTENSION_STORES } from '../data/extension-stores.ts'

const STORES: ReadonlySet<string> = new Set(EXTENSION_STORES.hosts)
/** What lets an extension take over sessions, traffic or programs of the computer. */
const POWERS = ['debugger', 'proxy', 'nativeMessaging', 'webRequestBlocking', 'management'] as const

export default rule({
  id: 'browser.sideloaded-chrome-extension',
  title: 'Chrome extension from outside of the stores',
  severity: 'low',
  on: table('chrome_extensions'),
  attack: ['T1176.001'],
  means:
    'An extension was added that no store has looked at: it was loaded from a folder, or updates itself from its maker’s own server. Stealers and adware write theirs into the profile like this.',
  check:
    "SELECT u.username, e.browser_type, e.profile, e.name, e.identifier, e.version, e.from_webstore, e.update_url, e.permissions, e.path FROM users u CROSS JOIN chrome_extensions e USING (uid) WHERE e.from_webstore IN (0, 'false');",
  benign:
    'Developers who load their own (rated low), extensions that a company serves to its own people. What is there at the first look is left out.',
  initial: 'ignore',
  detect: ({ columns }) =>
    bool(columns.from_webstore) === false && columns.state !== '0' && !STORES.has(hostOf(columns.update_url)),
  // Where it updates itself from elsewhere, or has power over more than pages, it is worth a look today.
  dynamicSeverity: ({ columns }) =>
    columns.update_url !== '' || powersOf(columns.permissions).length > 0 ? 'medium' : undefined,
  alertTitle: ({ host, columns }) =>
    `Chrome extension from outside of the stores on ${host}: ${columns.name || columns.identifier}`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.identifier}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    name: columns.name,
    identifier: columns.identifier,
    updates: columns.update_url,
    powers: powersOf(columns.permissions),
    permissions: columns.permissions.slice(0, 2000),
    browser: columns.browser_type,
    profile: columns.profile,
    uid: columns.uid,
  }),
  runbook:
    'Ask the user whether they loaded it. If not: keep its folder, remove it, sign the user out of all web sessions, and look for the program that wrote it into the profile. A policy (ExtensionInstallAllowlist) stops the next one.',
  references: [
    'https://attack.mitre.org/techniques/T1176/001/',
    'https://developer.chrome.com/docs/extensions/how-to/distribute/install-extensions',
  ],
  tests: [
    {
      name: 'loaded from a folder',
      match: true,
      columns: {
        name: 'Helper',
        identifier: 'abcdefghijklmnopabcdefghijklmnop',
        from_webstore: 'false',
        state: '1',
        update_url: '',
        permissions: 'storage, tabs',
        browser_type: 'chrome',
        profile: 'Default',
        uid: '501',
      },
      title: 'Chrome extension from outside of the stores on test-host: Helper',
      dedup: 'test-host-id abcdefghijklmnopabcdefghijklmnop',
      severity: 'low',
      context: {
        name: 'Helper',
        identifier: 'abcdefghijklmnopabcdefghijklmnop',
        updates: '',
        powers: [],
        permissions: 'storage, tabs',
        browser: 'chrome',
        profile: 'Default',
        uid: '501',
      },
    },
    {
      name: 'updates itself from elsewhere',
      match: true,
      columns: {
        identifier: 'abcdefghijklmnopabcdefghijklmnop',
        from_webstore: '0',
        update_url: 'https://ext.example.com/updates.xml',
      },
      title: 'Chrome extension from outside of the stores on test-host: abcdefghijklmnopabcdefghijklmnop',
      severity: 'medium',
    },
    {
      name: 'has power over the traffic',
      match: true,
      columns: { from_webstore: '0', permissions: 'proxy, storage' },
      severity: 'medium',
    },
    {
      name: 'an address that only looks like a store',
      match: true,
      columns: {
        from_webstore: 'false',
        update_url: 'https://clients2.google.com.example.com/service/update2/crx',
      },
      severity: 'medium',
    },
    {
      name: 'from the store',
      match: false,
      columns: {
        from_webstore: 'true',
        state: '1',
        update_url: 'https://clients2.google.com/service/update2/crx',
        permissions: 'debugger',
      },
    },
    {
      name: 'from the store of Edge, which is not Chrome’s',
      match: false,
      columns: {
        from_webstore: 'false',
        state: '1',
        update_url: 'https://edge.microsoft.com/extensionwebstorebase/v1/crx',
      },
    },
    { name: 'switched off', match: false, columns: { from_webstore: 'false', state: '0' } },
    { name: 'the profile does not say', match: false, columns: { from_webstore: '', state: '' } },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { from_webstore: 'false', state: '1' },
    },
    { name: 'is gone', match: false, action: 'removed', columns: { from_webstore: 'false' } },
  ],
})

function hostOf(url: string): string {
  return /^https?:\/\/([^/:?#]{1,253})/.exec(url)?.[1]?.toLowerCase() ?? ''
}

/** Powers among the permissions, which osquery joins with commas. */
function powersOf(permissions: string): readonly string[] {
  const given = new Set(permissions.split(',').map(word => word.trim()))
  return POWERS.filter(power => given.has(power))
}

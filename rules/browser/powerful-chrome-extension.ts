import { bool } from '../../src/detect/reading/values.ts'
import { rule, table } from '../../src/detect/rule.ts'

/** Sites, written so that they mean all of them. */
const ALL_SITES = new Set(['<all_urls>', '*://*/*', 'http://*/*', 'https://*/*'])

export default rule({
  id: 'browser.powerful-chrome-extension',
  title: 'New Chrome extension with power over everything',
  severity: 'info',
  on: table('chrome_extensions'),
  // Password managers, ad blockers and developer tools ask for the same: worth knowing, not worth a call.
  alert: false,
  attack: ['T1176.001', 'T1185'],
  means:
    'An extension was added that may attach a debugger to every page, set the proxy, or read all sites and talk to a program on the computer. If its maker is sold or hijacked, so is every session of the user.',
  check:
    'SELECT u.username, e.browser_type, e.profile, e.name, e.identifier, e.version, e.permissions, e.optional_permissions FROM users u CROSS JOIN chrome_extensions e USING (uid);',
  benign: 'Password managers, VPNs, test tools.',
  initial: 'ignore',
  detect: ({ columns }) => columns.state !== '0' && powerOf(columns.permissions) !== undefined,
  alertTitle: ({ host, columns }) =>
    `New Chrome extension on ${host} ${powerOf(columns.permissions) ?? ''}: ${columns.name || columns.identifier}`,
  dedup: ({ columns }) => columns.identifier,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    name: columns.name,
    identifier: columns.identifier,
    permissions: columns.permissions.slice(0, 2000),
    fromStore: bool(columns.from_webstore),
    uid: columns.uid,
  }),
  runbook:
    'When an extension is in the news, search these signals for its identifier to see who has it. Otherwise review them now and then, and keep a list of allowed ones by policy.',
  references: [
    'https://attack.mitre.org/techniques/T1176/001/',
    'https://developer.chrome.com/docs/extensions/reference/permissions-list',
  ],
  tests: [
    {
      name: 'a debugger',
      match: true,
      columns: {
        name: 'Debug',
        identifier: 'abcdefghijklmnopabcdefghijklmnop',
        permissions: 'debugger, storage',
        from_webstore: '1',
        uid: '501',
      },
      title: 'New Chrome extension on test-host may debug every page: Debug',
      dedup: 'abcdefghijklmnopabcdefghijklmnop',
      severity: 'info',
      context: {
        name: 'Debug',
        identifier: 'abcdefghijklmnopabcdefghijklmnop',
        permissions: 'debugger, storage',
        fromStore: true,
        uid: '501',
      },
    },
    {
      name: 'the proxy',
      match: true,
      columns: { identifier: 'abc', permissions: 'proxy' },
      title: 'New Chrome extension on test-host may set the proxy: abc',
    },
    {
      name: 'all sites and a program',
      match: true,
      columns: { identifier: 'abc', permissions: 'nativeMessaging, <all_urls>' },
      title: 'New Chrome extension on test-host may read all sites and talk to a program: abc',
    },
    { name: 'a program only', match: false, columns: { permissions: 'nativeMessaging' } },
    { name: 'all sites only', match: false, columns: { permissions: '<all_urls>, storage' } },
    { name: 'one site', match: false, columns: { permissions: 'nativeMessaging, https://example.com/*' } },
    { name: 'switched off', match: false, columns: { permissions: 'debugger', state: '0' } },
    {
      name: 'was there before anyone looked',
      match: false,
      counter: '0',
      columns: { permissions: 'debugger' },
    },
    { name: 'is gone', match: false, action: 'removed', columns: { permissions: 'debugger' } },
  ],
})

function powerOf(permissions: string): string | undefined {
  const given = permissions.split(',').map(word => word.trim())
  if (given.includes('debugger')) return 'may debug every page'
  if (given.includes('proxy')) return 'may set the proxy'
  const reachesAll = given.some(word => ALL_SITES.has(word))
  return reachesAll && given.includes('nativeMessaging')
    ? 'may read all sites and talk to a program'
    : undefined
}

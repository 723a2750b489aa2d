import { rule, table } from '../../src/detect/rule.ts'
import { HARMFUL_CHROME_EXTENSIONS } from '../data/chrome-extensions.ts'

const HARMFUL: ReadonlyMap<string, string> = new Map(
  HARMFUL_CHROME_EXTENSIONS.extensions.map(({ identifier, does }) => [identifier, does]),
)

export default rule({
  id: 'browser.harmful-chrome-extension',
  title: 'Chrome extension that is known to do harm',
  severity: 'medium',
  on: table('chrome_extensions'),
  attack: ['T1176.001'],
  means:
    'An extension that is known to do harm is in a profile of this user. It reads and changes the pages they visit, so it has their sessions and what they type.',
  check:
    'SELECT u.username, e.browser_type, e.profile, e.name, e.identifier, e.version, e.state, e.install_timestamp, e.permissions, e.path FROM users u CROSS JOIN chrome_extensions e USING (uid) ORDER BY e.install_timestamp DESC;',
  benign: 'The folder of an extension that was switched off and not yet cleaned up.',
  detect: ({ columns }) => HARMFUL.has(columns.identifier),
  // Their rule is browser.unwanted-chrome-extension, which meets every query of the pack.
  exclude: ({ pack }) => pack.replaceAll('_', '-') === 'unwanted-chrome-extensions',
  alertTitle: ({ host, columns }) =>
    `Harmful Chrome extension on ${host}: ${columns.name || columns.identifier} (${HARMFUL.get(columns.identifier) ?? ''})`,
  dedup: ({ hostId, columns }) => `${hostId} ${columns.identifier}`,
  dedupPeriod: '24h',
  context: ({ columns }) => ({
    name: columns.name,
    identifier: columns.identifier,
    does: HARMFUL.get(columns.identifier),
    browser: columns.browser_type,
    profile: columns.profile,
    uid: columns.uid,
    state: columns.state,
  }),
  runbook:
    'Ask the user whether they installed it. Remove it in every profile (chrome://extensions), block its identifier by policy, sign the user out of all web sessions and change passwords used while it was there.',
  references: [
    'https://attack.mitre.org/techniques/T1176/001/',
    'https://github.com/osquery/osquery/blob/master/packs/unwanted-chrome-extensions.conf',
  ],
  tests: [
    {
      name: 'in an inventory of extensions',
      match: true,
      columns: {
        name: 'Nano Defender',
        identifier: 'ggolfgbegefeeoocgjbmkembbncoadlb',
        browser_type: 'edge',
        profile: 'Default',
        uid: '501',
        state: '1',
      },
      title: 'Harmful Chrome extension on test-host: Nano Defender (Sold, then stole sessions, 2020)',
      dedup: 'test-host-id ggolfgbegefeeoocgjbmkembbncoadlb',
      severity: 'medium',
      context: {
        name: 'Nano Defender',
        identifier: 'ggolfgbegefeeoocgjbmkembbncoadlb',
        does: 'Sold, then stole sessions, 2020',
        browser: 'edge',
        profile: 'Default',
        uid: '501',
        state: '1',
      },
    },
    {
      name: 'the name it gives itself is no matter',
      match: true,
      columns: { identifier: 'hinehnlkkmckjblijjpbpamhljokoohh' },
      title:
        'Harmful Chrome extension on test-host: hinehnlkkmckjblijjpbpamhljokoohh (Comes with the InstallCore adware for macOS)',
    },
    {
      name: 'an extension of the same name',
      match: false,
      columns: { name: 'Nano Defender', identifier: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' },
    },
    {
      name: 'hijacked once, mended since',
      match: false,
      columns: { name: 'Web Developer', identifier: 'bfbameneiokkgbdmiekhjnmfkcnldhhm' },
    },
    {
      name: 'another rule tells of it',
      match: false,
      pack: 'unwanted_chrome_extensions',
      columns: { identifier: 'ggolfgbegefeeoocgjbmkembbncoadlb' },
    },
    {
      name: 'is gone',
      match: false,
      action: 'removed',
      columns: { identifier: 'ggolfgbegefeeoocgjbmkembbncoadlb' },
    },
  ],
})

import { knownPack, rule } from '../../src/detect/rule.ts'
import { SHIPPED_PACKS } from '../data/shipped-packs.ts'

export default rule({
  id: 'browser.unwanted-chrome-extension',
  title: 'Unwanted Chrome extension',
  severity: 'medium',
  on: knownPack('unwanted-chrome-extensions', SHIPPED_PACKS.queries['unwanted-chrome-extensions']),
  attack: ['T1176.001'],
  means:
    'An extension that is known to do harm is in a profile of this user. It reads and changes the pages they visit, so it has their sessions and what they type; some of these sold the bandwidth of the computer or sent data away.',
  check:
    'SELECT u.username, e.browser_type, e.profile, e.name, e.identifier, e.version, e.state, e.install_timestamp, e.permissions, e.path FROM users u CROSS JOIN chrome_extensions e USING (uid) ORDER BY e.install_timestamp DESC;',
  benign:
    'The folder of an extension that was switched off or removed and not yet cleaned up (state 0, or referenced 0). An extension that was hijacked once and mended since, when the fleet runs osquery’s own pack.',
  detect: () => true,
  alertTitle: ({ host, columns, query }) =>
    `Unwanted Chrome extension on ${host}: ${columns['name'] || columns['identifier'] || query}`,
  dedup: ({ hostId, query }) => `${hostId} ${query}`,
  context: ({ columns, query }) => ({ query, ...columns }),
  runbook:
    'Ask the user whether they installed it. Remove it in Chrome (chrome://extensions) for every profile, block its identifier by policy, sign the user out of all web sessions and change passwords used while it was there: such extensions steal both.',
  references: [
    'https://attack.mitre.org/techniques/T1176/001/',
    'https://github.com/osquery/osquery/blob/master/packs/unwanted-chrome-extensions.conf',
  ],
  replaces: ['Osquery.Mac.UnwantedChromeExtensions'],
  tests: [
    {
      name: 'an extension of the pack appears',
      match: true,
      query: 'hola-vpn',
      columns: { name: 'Hola VPN', identifier: 'gkojfkhlekighikafcpjkiklfbnlmeio', username: 'ada' },
      title: 'Unwanted Chrome extension on test-host: Hola VPN',
      dedup: 'test-host-id hola-vpn',
    },
    {
      name: 'a query that did not select the name',
      match: true,
      query: 'TouchVPN',
      columns: { uid: '501' },
      title: 'Unwanted Chrome extension on test-host: TouchVPN',
    },
    { name: 'underscores in the name of the pack', match: true, pack: 'unwanted_chrome_extensions' },
    {
      name: 'in a pack of another name, as Fleet logs it',
      match: true,
      pack: 'team-1',
      query: 'Nano Defender ',
      columns: { name: 'Nano Defender' },
    },
    { name: 'in no pack', match: true, pack: '', query: 'HolaVPN' },
    { name: 'the extension is gone', match: false, action: 'removed', columns: { name: 'Hola VPN' } },
    {
      name: 'the same table in another pack',
      match: false,
      pack: 'it-compliance',
      table: 'chrome_extensions',
      columns: { name: 'Hola VPN', identifier: 'gkojfkhlekighikafcpjkiklfbnlmeio' },
    },
  ],
})

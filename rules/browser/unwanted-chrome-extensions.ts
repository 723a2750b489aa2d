import { pack, rule } from '../../src/detect/rule.ts'

export default rule({
  id: 'browser.unwanted-chrome-extension',
  title: 'Unwanted Chrome extension',
  severity: 'medium',
  on: pack('unwanted-chrome-extensions'),
  attack: ['T1176.001'],
  detect: () => true,
  alertTitle: ({ host, columns, query }) =>
    `Unwanted Chrome extension on ${host}: ${columns['name'] || columns['identifier'] || query}`,
  dedup: ({ hostId, query }) => `${hostId} ${query}`,
  context: ({ columns, query }) => ({ query, ...columns }),
  runbook:
    'Ask the user whether they installed it. Remove it in Chrome (chrome://extensions) for every profile, block its identifier by policy, sign the user out of all web sessions and change passwords used while it was there: such extensions steal both.',
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

import { pack, type QueryDefinition } from '../../src/detect/pack.ts'

/**
 * Chrome extensions nobody should have, by their identifiers. Only those that are still harmful: of the ones that were
 * hijacked for days and then mended, today's installations are fine.
 */
export const unwantedChromeExtensions = pack({
  name: 'unwanted-chrome-extensions',
  description: 'Chrome extensions known to do harm',
  queries: {
    'hola-vpn': extension('gkojfkhlekighikafcpjkiklfbnlmeio', 'Sells the bandwidth of its users'),
    'user-agent-switcher': extension('clddifkhlkcojbojppdojfeeikdkgiae', 'Stole sessions, 2020'),
    'nano-adblocker': extension('gabbbocakeomblphkmmnoamkioajlkfo', 'Sold, then stole sessions, 2020'),
    'nano-defender': extension('ggolfgbegefeeoocgjbmkembbncoadlb', 'Sold, then stole sessions, 2020'),
    'false-forcepoint': extension(
      'fmfjhicbjecfchfmpelfnifijeigelme',
      'Carries data out by Chrome sync, 2021',
    ),
    'install-core': extension(
      'hinehnlkkmckjblijjpbpamhljokoohh',
      'Comes with the InstallCore adware for macOS',
    ),
  },
})

function extension(identifier: string, description: string): QueryDefinition {
  return {
    query: `SELECT u.username, e.uid, e.name, e.identifier, e.version, e.path FROM users u CROSS JOIN chrome_extensions e USING (uid) WHERE e.identifier = '${identifier}';`,
    interval: 3600,
    table: 'chrome_extensions',
    description,
  }
}

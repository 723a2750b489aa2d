/** An extension nobody should have. */
interface HarmfulExtension {
  /** Name of the query that looks for it. */
  readonly query: string
  /** The id that Chrome gives it, computed from its key. */
  readonly identifier: string
  readonly does: string
}

/**
 * Chrome extensions that do harm, by their identifiers. Only those that are still harmful: of the ones that were hijacked for
 * days and then mended (Betternet, Chrometana, CopyFish, Infinity New Tab, Social Fixer, TouchVPN, Web Developer, Web Paint),
 * today's installations are fine.
 *
 * Source: the pack `unwanted-chrome-extensions` of osquery (packs/unwanted-chrome-extensions.conf), which names the reports.
 */
export const HARMFUL_CHROME_EXTENSIONS: {
  readonly checked: string
  readonly extensions: readonly HarmfulExtension[]
} = {
  checked: '2026-11-24',
  extensions: [
    {
      query: 'hola-vpn',
      identifier: 'gkojfkhlekighikafcpjkiklfbnlmeio',
      does: 'Sells the bandwidth of its users',
    },
    {
      query: 'user-agent-switcher',
      identifier: 'clddifkhlkcojbojppdojfeeikdkgiae',
      does: 'Stole sessions, 2020',
    },
    {
      query: 'nano-adblocker',
      identifier: 'gabbbocakeomblphkmmnoamkioajlkfo',
      does: 'Sold, then stole sessions, 2020',
    },
    {
      query: 'nano-defender',
      identifier: 'ggolfgbegefeeoocgjbmkembbncoadlb',
      does: 'Sold, then stole sessions, 2020',
    },
    {
      query: 'false-forcepoint',
      identifier: 'fmfjhicbjecfchfmpelfnifijeigelme',
      does: 'Carries data out by Chrome sync, 2021',
    },
    {
      query: 'install-core',
      identifier: 'hinehnlkkmckjblijjpbpamhljokoohh',
      does: 'Comes with the InstallCore adware for macOS',
    },
  ],
}

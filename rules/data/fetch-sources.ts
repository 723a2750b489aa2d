import { isPublicAddress } from '../../src/detect/reading/addresses.ts'
import type { FetchedAddress } from '../../src/detect/reading/fetched-addresses.ts'

/** Where intruders leave what they fetch. Host names, and those below them; from the sites' own pages. */
const FETCH_SOURCES = {
  checked: '2026-11-24',
  /** Places to drop a file or a text without a name, and tunnels to a host of one's own. */
  dropSites: [
    'pastebin.com',
    'paste.ee',
    'ghostbin.co',
    'hastebin.com',
    'rentry.co',
    'controlc.com',
    'termbin.com',
    'ix.io',
    'sprunge.us',
    'transfer.sh',
    'file.io',
    'bashupload.com',
    'anonfiles.com',
    'gofile.io',
    'catbox.moe',
    '0x0.st',
    'temp.sh',
    'oshi.at',
    'send.exploit.in',
    'cdn.discordapp.com',
    'ngrok.io',
    'ngrok-free.app',
    'ngrok.app',
    'trycloudflare.com',
    'serveo.net',
    'loca.lt',
    'localtunnel.me',
    'portmap.io',
    'onion',
    'onion.ly',
    'onion.ws',
    'tor2web.org',
    'oast.fun',
    'oast.pro',
    'oast.live',
    'oast.site',
    'oast.online',
    'oast.me',
    'interact.sh',
    'burpcollaborator.net',
    'dnslog.cn',
  ],
  /** Public resolvers, whose addresses people do type. */
  knownAddresses: ['1.1.1.1', '1.0.0.1', '8.8.8.8', '8.8.4.4', '9.9.9.9'],
} as const

const KNOWN: ReadonlySet<string> = new Set(FETCH_SOURCES.knownAddresses)

/** Whether a host is the domain or lies below it. */
function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

/** Whether nobody puts a name to what is fetched: a bare public address and a file on it, or a place to drop files. */
export function isOddSource({ host, path }: FetchedAddress): boolean {
  if (isPublicAddress(host)) return path.length > 1 && !KNOWN.has(host)
  return FETCH_SOURCES.dropSites.some(domain => isWithin(host, domain))
}

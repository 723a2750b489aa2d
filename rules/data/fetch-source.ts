import { isPublicAddress } from '../../src/detect/addresses.ts'
import type { FetchedAddress } from '../../src/detect/fetched-addresses.ts'
import { FETCH_SOURCES } from './fetch-sources.ts'

const KNOWN: ReadonlySet<string> = new Set(FETCH_SOURCES.knownAddresses)

/** Whether a host is the domain or lies below it. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

/** Whether nobody puts a name to what is fetched: a bare public address and a file on it, or a place to drop files. */
export function isOddSource({ host, path }: FetchedAddress): boolean {
  if (isPublicAddress(host)) return path.length > 1 && !KNOWN.has(host)
  return FETCH_SOURCES.dropSites.some(domain => isWithin(host, domain))
}

import { type Command, commandsOf, isProgram } from './command.ts'

/** An address that a command line fetches from. */
export interface FetchedAddress {
  /** Name or IP address, lower case, IPv6 without brackets. */
  readonly host: string
  /** As written, or `''`. */
  readonly port: string
  /** From the first `/` on, without query and fragment; `''` when there is none. */
  readonly path: string
}

const FETCHERS = ['curl', 'wget', 'wget2', 'aria2c', 'lwp-download', 'lwp-request', 'fetch'] as const

/** Options of curl and wget whose value may look like an address and is none that is fetched. */
const VALUED =
  /^(?:-[AbeHoOPTUuxXdF]|--(?:user-agent|header|output|output-document|referer|referrer|user|proxy|data|data-raw|data-binary|form|resolve|cookie|directory-prefix|request|cacert|cert|key))$/

/** Lines that name more are judged by these. */
const ADDRESSES_MAX = 20
const URL_MAX = 2000

const URL_PARTS =
  /^(?:[a-z][a-z0-9+.-]{0,20}:\/\/)?(?:[^/@\s]{0,200}@)?(\[[0-9a-f:.%]{2,60}\]|[^/:?#\s]{1,255})(?::(\d{1,5}))?([/?#].*)?$/is

/**
 * The addresses that a shell command line fetches from, by curl, wget and their like: with a scheme or without. Options'
 * values (headers, files, proxies) are not among them. Linear, never throws.
 *
 * @example fetchedAddresses('curl -s 192.0.2.1:8080/a | sh') // [{ host: '192.0.2.1', port: '8080', path: '/a' }]
 */
export function fetchedAddresses(line: string): readonly FetchedAddress[] {
  return commandsOf(line)
    .filter(command => isProgram(command, ...FETCHERS))
    .flatMap(addressesOf)
    .slice(0, ADDRESSES_MAX)
}

function addressesOf({ args }: Command): readonly FetchedAddress[] {
  const found: FetchedAddress[] = []
  for (const [index, arg] of args.entries()) {
    if (found.length >= ADDRESSES_MAX) break
    if (arg.startsWith('-') || VALUED.test(args[index - 1] ?? '')) continue
    const address = parsed(arg)
    if (address !== null) found.push(address)
  }
  return found
}

function parsed(text: string): FetchedAddress | null {
  const [, host = '', port = '', path = ''] = URL_PARTS.exec(text.slice(0, URL_MAX)) ?? []
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  // A word is a host when it has a dot or a colon, or a scheme in front.
  if (bare === '' || (!/[.:]/.test(bare) && !text.includes('://'))) return null
  return { host: bare.toLowerCase(), port, path: path.split(/[?#]/, 1)[0] ?? '' }
}

import type { Settings } from '../env.ts'

/** Whether alerts may be sent to a URL; `reason` completes "the URL …" and quotes nothing of it. */
export type UrlVerdict =
  | { readonly ok: true; readonly url: string /** Lower case, no dot at its end. */; readonly host: string }
  | { readonly ok: false; readonly reason: string }

/** Browsers and proxies take about as much; Slack's and everyone's webhook URLs are a tenth of it. */
const URL_MAX_LENGTH = 2_048

/** What a URL is written with. All else (blanks, controls, full-width digits, backslashes) parsers rewrite in silence. */
const PLAIN = /^[\x21-\x5b\x5d-\x7e]*$/
const PARTS = /^(https?):\/\/([^/?#]*)(?:[/?#].*)?$/i
const AUTHORITY = /^([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.?(?::(\d{1,5}))?$/i
const HTTPS_PORT = '443'

/** Names that mean this machine or this network, wherever they are asked for (RFC 6761, RFC 6762, RFC 8375, ICANN). */
const PRIVATE_SUFFIXES = [
  'localhost',
  'local',
  'localdomain',
  'internal',
  'private',
  'intranet',
  'lan',
  'home',
  'corp',
  'arpa',
]
/** A stand-in on this machine, for local runs. */
const THIS_MACHINE = ['localhost', '127.0.0.1']
/** Where the URL parser sees an IPv4 address, however it is written (URL Standard, "ends in a number checker"). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/**
 * Judges where alerts may be sent: https on port 443 to a public name. Alerts hold what hosts hold, and whoever can set a
 * URL must not be able to make Margay knock at private doors.
 *
 * The host is read twice, by the pattern here and by the URL parser: what they read differently is refused, so that the
 * judged host is the one that is asked. What a name resolves to can't be seen from a Worker; that a private address is
 * not reached is left to the platform (`global_fetch_strictly_public` in wrangler.toml).
 */
export function judgeUrl(
  text: string,
  { environment, publicUrl }: Pick<Settings, 'environment' | 'publicUrl'>,
): UrlVerdict {
  if (text.length > URL_MAX_LENGTH) return refused(`must not be longer than ${URL_MAX_LENGTH} characters`)
  if (!PLAIN.test(text))
    return refused('must be plain ASCII without blanks and backslashes (a name of other letters as xn--…)')
  const [, scheme = '', authority = ''] = PARTS.exec(text) ?? []
  if (scheme === '') return refused('must be an https URL')
  if (authority.includes('@')) return refused('must not hold a user or password')
  if (authority.startsWith('[')) return refused('must name its host: an IP address is not taken')
  const [, written, port = ''] = AUTHORITY.exec(authority) ?? []
  const url = URL.parse(text)
  if (written === undefined || url === null) return refused('must be an https URL with the name of a host')
  const host = written.toLowerCase()

  if (environment === 'local' && THIS_MACHINE.includes(host)) return { ok: true, url: url.href, host }
  const fault = schemeFault(scheme, port) ?? hostFault(host, publicUrl)
  if (fault !== null) return refused(fault)
  if (url.hostname.replace(/\.$/, '') !== host) return refused('names a host that parsers read differently')
  // A dot at the end is no part of the name that a certificate bears.
  url.hostname = host
  return { ok: true, url: url.href, host }
}

function schemeFault(scheme: string, port: string): string | null {
  if (scheme.toLowerCase() !== 'https') return 'must be an https URL'
  return port === '' || port === HTTPS_PORT ? null : `must use port ${HTTPS_PORT}`
}

function hostFault(host: string, publicUrl: string | null): string | null {
  if (ENDS_IN_NUMBER.test(host)) return 'must name its host: an IP address is not taken'
  if (!host.includes('.')) return 'must name a public host: a name without a dot is not one'
  const suffix = PRIVATE_SUFFIXES.find(name => host.endsWith(`.${name}`))
  if (suffix !== undefined) return `must name a public host: .${suffix} is not public`
  const own = publicUrl === null ? null : (URL.parse(publicUrl)?.hostname ?? null)
  if (own !== null && (host === own || host.endsWith(`.${own}`)))
    return 'must not lead back to Margay itself (PUBLIC_URL)'
  return null
}

function refused(reason: string): UrlVerdict {
  return { ok: false, reason }
}

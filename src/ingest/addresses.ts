import ipaddr from 'ipaddr.js'
import { MAX_ADDRESSES } from './limits.ts'

/** IPv6 spellings and what they come to; empty when not an address. Cleared at `MAX_ADDRESSES`. */
const spellings = new Map<string, string>()

/** Longest spelling: eight groups, or IPv4 at the end, and a zone (RFC 4291 2.2, RFC 4007 11). */
const MAX_ADDRESS_CHARS = 64

/**
 * The normal form of an IP address: IPv4 in four decimal parts, IPv6 compressed in lower case without its zone,
 * IPv4-mapped IPv6 as IPv4. Empty for anything else, also for the short and octal forms that some parsers take.
 */
export function ipAddress(text: string): string {
  if (isIpv4(text)) return text
  const length = text.length
  if (length < 2 || length > MAX_ADDRESS_CHARS || !text.includes(':')) return ''
  let address = spellings.get(text)
  if (address === undefined) {
    address = ipv6(text)
    if (spellings.size >= MAX_ADDRESSES) spellings.clear()
    spellings.set(text, address)
  }
  return address
}

function ipv6(text: string): string {
  const zone = text.indexOf('%')
  const bare = zone < 0 ? text : text.slice(0, zone)
  if (!ipaddr.IPv6.isValid(bare)) return ''
  const address = ipaddr.IPv6.parse(bare)
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toString()
}

/** Four decimal parts up to 255, without leading zeros. By hand: nearly every address is one of these. */
function isIpv4(text: string): boolean {
  const length = text.length
  if (length < 7 || length > 15) return false
  let part = -1
  let dots = 0
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x2e) {
      if (part < 0) return false
      dots++
      part = -1
    } else if (code >= 0x30 && code <= 0x39) {
      if (part === 0) return false
      part = part < 0 ? code - 0x30 : part * 10 + code - 0x30
      if (part > 255) return false
    } else return false
  }
  return dots === 3 && part >= 0
}

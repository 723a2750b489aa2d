import { ipAddress } from './addresses.ts'
import { MAX_INDICATOR_TEXT_CHARS, MAX_INDICATORS_PER_VALUE } from './limits.ts'
import { READ, type ReadWay } from './read-way.ts'

/**
 * What in a row can be looked for across hosts. Everything is validated, since an indicator that is none costs an
 * investigator's time.
 */

/** The indicator fields of an event, as positions in a list of lists. */
export const INDICATOR = {
  ip: 0,
  domain: 1,
  md5: 2,
  sha1: 3,
  sha256: 4,
  username: 5,
  email: 6,
  url: 7,
  mac: 8,
} as const

export type IndicatorField = (typeof INDICATOR)[keyof typeof INDICATOR]

/** Indicators taken from one row at most: a row of as many columns holding lists is nobody's. */
const MAX_FINDINGS = 256

/** Indicators of one row in the order found; its arrays are used again for the next, since emptying them costs more. */
export class Findings {
  readonly fields: IndicatorField[] = []
  readonly values: string[] = []
  count = 0

  add(field: IndicatorField, value: string): void {
    if (this.count >= MAX_FINDINGS) return
    this.fields[this.count] = field
    this.values[this.count] = value
    this.count++
  }

  clear(): void {
    this.count = 0
  }
}

/** Reads one value in the given way and adds what it holds. */
export function readValue(way: ReadWay, text: string, findings: Findings): void {
  // No indicator is shorter than `::`, and a single character is the most frequent value of all.
  if (text.length < 2) {
    if (way === READ.username) addUsername(text, findings)
    return
  }
  switch (way) {
    case READ.shape:
      readShape(text, false, findings)
      return
    case READ.shapeOrHash:
      readShape(text, true, findings)
      return
    case READ.prose:
      if (text.includes('://')) readProse(text, findings)
      return
    case READ.ip:
      addIp(text, findings)
      return
    case READ.username:
      addUsername(text, findings)
      return
    case READ.md5:
    case READ.sha1:
    case READ.sha256:
      addHash(text, findings)
      return
    default:
      readRareKind(way, text, findings)
  }
}

function readRareKind(way: ReadWay, text: string, findings: Findings): void {
  if (way === READ.host) addHost(text, findings)
  else if (way === READ.domain) addDomain(text, findings)
  else if (way === READ.url) addUrl(text.trim(), findings)
  else if (way === READ.mac) addMac(text, findings)
  else if (way === READ.email) addEmail(text, findings)
  else if (way === READ.ipList) for (const part of listOf(text)) addIp(part, findings)
  else if (way === READ.hostList) for (const part of listOf(text)) addHost(part, findings)
}

/** Lists are written with commas, semicolons or blanks, some as JSON arrays of strings. */
function listOf(text: string): string[] {
  if (text.length > MAX_INDICATOR_TEXT_CHARS) return []
  return text
    .split(/[\s,;"'[\]{}]+/)
    .filter(part => part !== '')
    .slice(0, MAX_INDICATORS_PER_VALUE)
}

/** Tells by a look at the first characters whether the whole value may be an address, a MAC, a URL or a hash. */
function readShape(text: string, orHash: boolean, findings: Findings): void {
  const length = text.length
  const first = text.charCodeAt(0)
  if (first === 0x68 || first === 0x66) {
    // h, f: may be a URL; f may as well begin a hexadecimal value.
    if (text.startsWith('http') || text.startsWith('ftp')) {
      addUrl(text, findings)
      return
    }
  }
  if (!isHex(first) && first !== 0x3a) return
  if (orHash && (length === 32 || length === 40 || length === 64)) addHash(text, findings)
  else if (length === 17 && isMacSeparator(text.charCodeAt(2))) addMac(text, findings)
  else if (length >= 3 && length <= 45 && hasAddressSeparator(text)) addIp(text, findings)
}

/** A dot after at most three characters, or a colon after at most four. */
function hasAddressSeparator(text: string): boolean {
  for (let i = 0; i < 5; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x2e) return i > 0 && i < 4
    if (code === 0x3a) return true
  }
  return false
}

function addIp(text: string, findings: Findings): void {
  let address = ipAddress(text)
  if (address === '') {
    // A prefix length (`192.0.2.0/24`) or blanks around; rare enough to be looked at second.
    const bare = text.trim().split('/', 1)[0] ?? ''
    if (bare.length === text.length) return
    address = ipAddress(bare)
    if (address === '') return
  }
  findings.add(INDICATOR.ip, address)
}

/** What can stand in a host name; underscores do in practice. At most 253 characters (RFC 1035, 2.3.4). */
const HOST_NAME =
  /^(?=.*[a-z])[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?$/i
const MAX_HOST_NAME_CHARS = 253
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text can be a host's name: has a letter, only what names may hold, and is no UUID. */
export function isHostName(text: string): boolean {
  return text.length <= MAX_HOST_NAME_CHARS && HOST_NAME.test(text) && !UUID.test(text)
}

/** An address or else a name. */
function addHost(text: string, findings: Findings): void {
  const address = ipAddress(text)
  if (address !== '') {
    findings.add(INDICATOR.ip, address)
  } else addDomain(text, findings)
}

function addDomain(text: string, findings: Findings): void {
  const name = text.trim()
  // Old agents write a missing value as the word.
  if (name === 'null' || !isHostName(name)) return
  findings.add(INDICATOR.domain, name.endsWith('.') ? name.slice(0, -1) : name)
}

const SCHEME = /^[a-z][a-z0-9+.-]{1,15}:\/\//i

function addUrl(text: string, findings: Findings): void {
  if (text.length > MAX_URL_CHARS || !SCHEME.test(text) || !URL.canParse(text)) return
  const host = new URL(text).hostname
  if (host === '') return
  findings.add(INDICATOR.url, text)
  addHost(host.startsWith('[') ? host.slice(1, -1) : host, findings)
}

/** A URL in running text ends at a blank, a quote or what a shell takes for itself. */
const URL_IN_PROSE = /\b(?:https?|ftp):\/\/[^\s"'`<>|;()\\]+/gi
/** Punctuation behind a URL belongs to the sentence. */
const URL_TAIL = '.,:!?]}'
/** Browsers and proxies cut longer ones too. */
const MAX_URL_CHARS = 2_048

function readProse(text: string, findings: Findings): void {
  if (text.length > MAX_INDICATOR_TEXT_CHARS) return
  let count = 0
  for (const [url] of text.matchAll(URL_IN_PROSE)) {
    if (++count > MAX_INDICATORS_PER_VALUE) return
    let end = Math.min(url.length, MAX_URL_CHARS)
    // By hand: a pattern anchored at the end only would take quadratic time over a long tail.
    while (end > 0 && URL_TAIL.includes(url.charAt(end - 1))) end--
    addUrl(url.slice(0, end), findings)
  }
}

const SPACE = 0x20

function addUsername(text: string, findings: Findings): void {
  const bare = text.charCodeAt(0) > SPACE && text.charCodeAt(text.length - 1) > SPACE
  const name = bare ? text : text.trim()
  if (name === '' || name === 'null') return
  findings.add(INDICATOR.username, name)
}

/** Longest mailbox of RFC 5321, 4.5.3.1. */
const MAX_EMAIL_CHARS = 254

/** Addresses as they stand in free text: bare, in angle brackets behind a name, or in a list. */
function addEmail(text: string, findings: Findings): void {
  let from = 0
  for (let count = 0; count < MAX_INDICATORS_PER_VALUE; count++) {
    const at = text.indexOf('@', from)
    if (at < 0) return
    let begin = at
    while (begin > from && isMailboxChar(text.charCodeAt(begin - 1))) begin--
    let end = at + 1
    while (end < text.length && isDomainChar(text.charCodeAt(end))) end++
    while (end > at && !isLetterOrDigit(text.charCodeAt(end - 1))) end--
    if (begin < at && end - begin <= MAX_EMAIL_CHARS && text.slice(at + 2, end).includes('.')) {
      findings.add(INDICATOR.email, text.slice(begin, end))
    }
    from = Math.max(at + 1, end)
  }
}

function isMailboxChar(code: number): boolean {
  // ! # $ % & ' * + - / = ? ^ _ ` { | } ~ are allowed too; only what occurs is taken: % + - . _
  return isDomainChar(code) || code === 0x25 || code === 0x2b || code === 0x5f
}

function isDomainChar(code: number): boolean {
  return isLetterOrDigit(code) || code === 0x2d || code === 0x2e
}

function isLetterOrDigit(code: number): boolean {
  const letter = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x7a)
}

const LOWER_HEX = /^[0-9a-f]+$/
const ANY_HEX = /^[0-9a-f]+$/i

/** A hash by its length, in lower case; the column's name decides nothing, digests are often in the wrong one. */
function addHash(text: string, findings: Findings): void {
  const field = hashField(text.length)
  if (field === null) return
  if (LOWER_HEX.test(text)) findings.add(field, text)
  else if (ANY_HEX.test(text)) findings.add(field, text.toLowerCase())
}

function hashField(length: number): IndicatorField | null {
  if (length === 64) return INDICATOR.sha256
  if (length === 40) return INDICATOR.sha1
  return length === 32 ? INDICATOR.md5 : null
}

const MAC = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i
/** What stands where there is no address. */
const NO_MACS = ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff']

function addMac(text: string, findings: Findings): void {
  if (text.length !== 17 || !MAC.test(text)) return
  const mac = text.toLowerCase().replaceAll('-', ':')
  if (NO_MACS.includes(mac)) return
  findings.add(INDICATOR.mac, mac)
}

function isMacSeparator(code: number): boolean {
  return code === 0x3a || code === 0x2d
}

function isHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46)
}

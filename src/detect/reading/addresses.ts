import ipaddr from 'ipaddr.js'

/** What an address is for, after the registries of RFC 6890 and its updates. */
export type AddressClass =
  | 'public'
  /** RFC 1918, unique local and the old site-local addresses, and 100.64.0.0/10 (RFC 6598), which carriers and VPNs use. */
  | 'private'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  /** `0.0.0.0` and `::`: listening on all, or not connected. */
  | 'unspecified'
  /** Never seen on a wire: broadcast, discard, benchmarking, future use. */
  | 'reserved'

type Address = ReturnType<typeof ipaddr.parse>

/** Longest spelling: eight groups, or IPv4 at the end, and a zone (RFC 4291 2.2, RFC 4007 11). */
const ADDRESS_MAX = 64

/** Addresses a fleet talks to, and the networks rules name; cleared when full, so that hostile rows can't fill memory. */
const REMEMBERED_MAX = 10_000

interface Known {
  readonly address: Address
  readonly class: AddressClass
  /** Whether it is one of `METADATA_SERVICES`. */
  readonly givesCredentials: boolean
}

const known = new Map<string, Known | null>()
const networks = new Map<string, readonly [Address, number]>()

/**
 * What an address is for; null when the text is no IP address in its usual spelling. IPv4 within IPv6 (mapped, NAT64, 6to4)
 * counts as the IPv4 address; a zone (`fe80::1%en0`) doesn't matter.
 *
 * The networks of documentation (192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20) count as public:
 * they stand for public addresses in examples and tests, and nowhere else.
 *
 * @example addressClass('::ffff:10.1.2.3') // 'private'
 * @example addressClass('10.1') // null: some programs take it for 10.0.0.1, osquery never prints it
 */
export function addressClass(text: string): AddressClass | null {
  return lookUp(text)?.class ?? null
}

/**
 * Whether it is an address of the open internet. False for what is no address.
 *
 * @example isPublicAddress('192.0.2.7') // true: the networks of documentation stand for public ones
 * @example isPublicAddress('100.64.0.1') // false
 */
export function isPublicAddress(text: string): boolean {
  return addressClass(text) === 'public'
}

/** Whether it is an address of a private network: RFC 1918, unique local, 100.64.0.0/10. Neither loopback nor link-local. */
export function isPrivate(text: string): boolean {
  return addressClass(text) === 'private'
}

/** Whether it is the host itself: 127.0.0.0/8 or `::1`, mapped ones too. */
export function isLoopback(text: string): boolean {
  return addressClass(text) === 'loopback'
}

/** Whether it is 169.254.0.0/16 or fe80::/10. Metadata services are among them: ask for those first. */
export function isLinkLocal(text: string): boolean {
  return addressClass(text) === 'link-local'
}

/** Whether it is `0.0.0.0` or `::`: a socket that listens on all addresses, or is not connected. */
export function isUnspecified(text: string): boolean {
  return addressClass(text) === 'unspecified'
}

/**
 * Addresses at which a cloud gives credentials to whoever asks from within a machine, from the vendors' pages: AWS IMDS
 * (and its IPv6 one), ECS and EKS credentials, Azure and Google (IMDS's address; Google's IPv6 one), Alibaba, Oracle.
 */
const METADATA_SERVICES = [
  '169.254.169.254',
  'fd00:ec2::254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::23',
  'fd20:ce::254',
  '100.100.100.200',
  '192.0.0.192',
] as const

/**
 * Whether it is the address of a cloud's metadata or credential service.
 *
 * @example isMetadataService('169.254.169.254') // true
 */
export function isMetadataService(text: string): boolean {
  return lookUp(text)?.givesCredentials ?? false
}

/**
 * Whether the address is in one of the networks, written as CIDR or as a single address. False for what is no address.
 * Each network is parsed once.
 *
 * @throws Error when a network is not one: that is a mistake in the rule, which its tests find
 * @example inNetworks('10.1.2.3', ['10.0.0.0/8', '2001:db8::/32']) // true
 */
export function inNetworks(text: string, cidrs: readonly string[]): boolean {
  const address = lookUp(text)?.address
  return address !== undefined && isIn(address, cidrs)
}

function isIn(address: Address, cidrs: readonly string[]): boolean {
  return cidrs.some(cidr => {
    const [network, length] = networkOf(cidr)
    return network.kind() === address.kind() && address.match(network, length)
  })
}

function networkOf(cidr: string): readonly [Address, number] {
  const remembered = networks.get(cidr)
  if (remembered !== undefined) return remembered
  const [text = '', length, ...more] = cidr.split('/')
  const address = parse(text)
  const bits = address?.kind() === 'ipv6' ? 128 : 32
  const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
  if (address === null || !isLength || more.length > 0)
    throw new Error(`"${cidr}" is no network, as 10.0.0.0/8 is`)
  if (networks.size >= REMEMBERED_MAX) networks.clear()
  const network = [address, length === undefined ? bits : Number(length)] as const
  networks.set(cidr, network)
  return network
}

function lookUp(text: string): Known | null {
  if (text.length < 2 || text.length > ADDRESS_MAX) return null
  const remembered = known.get(text)
  if (remembered !== undefined) return remembered
  const address = parse(text)
  const found =
    address === null
      ? null
      : { address, class: classOf(address), givesCredentials: isIn(address, METADATA_SERVICES) }
  if (known.size >= REMEMBERED_MAX) known.clear()
  known.set(text, found)
  return found
}

/** ipaddr.js also takes short, octal and hexadecimal IPv4, which would make addresses of version numbers. */
const FOUR_DECIMAL_PARTS = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/

function parse(text: string): Address | null {
  if (!text.includes(':')) {
    return FOUR_DECIMAL_PARTS.test(text) && ipaddr.IPv4.isValid(text) ? ipaddr.IPv4.parse(text) : null
  }
  const zone = text.indexOf('%')
  const bare = zone === -1 ? text : text.slice(0, zone)
  if (!ipaddr.IPv6.isValid(bare)) return null
  const address = ipaddr.IPv6.parse(bare)
  return ipv4Within(address) ?? address
}

/** The IPv4 address that traffic goes to in the end. */
function ipv4Within(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const bytes = address.toByteArray()
  const range = address.range()
  if (range === 'ipv4Mapped' || range === 'rfc6052') return new ipaddr.IPv4(bytes.slice(12))
  return range === '6to4' ? new ipaddr.IPv4(bytes.slice(2, 6)) : null
}

const DOCUMENTATION: readonly (readonly [Address, number])[] = [
  ipaddr.parseCIDR('192.0.2.0/24'),
  ipaddr.parseCIDR('198.51.100.0/24'),
  ipaddr.parseCIDR('203.0.113.0/24'),
  ipaddr.parseCIDR('2001:db8::/32'),
  ipaddr.parseCIDR('3fff::/20'),
]

/** ipaddr.js's names for ranges that are not public. */
const CLASSES: ReadonlyMap<string, AddressClass> = new Map([
  ['private', 'private'],
  ['uniqueLocal', 'private'],
  ['deprecatedSiteLocal', 'private'],
  ['carrierGradeNat', 'private'],
  ['loopback', 'loopback'],
  ['linkLocal', 'link-local'],
  ['multicast', 'multicast'],
  ['unspecified', 'unspecified'],
  ['broadcast', 'reserved'],
  ['reserved', 'reserved'],
  ['discard', 'reserved'],
  ['segmentRouting', 'reserved'],
  ['benchmarking', 'reserved'],
  ['orchid2', 'reserved'],
  ['droneRemoteIdProtocolEntityTags', 'reserved'],
])

function classOf(address: Address): AddressClass {
  const isExample = DOCUMENTATION.some(
    ([network, length]) => network.kind() === address.kind() && address.match(network, length),
  )
  return isExample ? 'public' : (CLASSES.get(address.range()) ?? 'public')
}

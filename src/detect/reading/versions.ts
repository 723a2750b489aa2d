import { debianOrder, numberOrder, rpmOrder, textOrder } from './version-order.ts'

/**
 * How a version is read: `deb` (deb_packages), `rpm` (rpm_packages: epoch and release may be joined, `1:2.3-4.el9`), or
 * `dotted` (everything else: programs, apps, extensions, operating systems).
 */
export type VersionScheme = 'deb' | 'rpm' | 'dotted'

/** No version is longer: a longer text is none. */
const VERSION_MAX = 256

/**
 * Which of two versions is newer: -1 when the first is older, 0 when neither, 1 when the first is newer. Null when one of
 * them is no version of the scheme, or can't be placed with certainty: never a wrong answer.
 *
 * Dotted versions are compared part by part as numbers, missing parts are 0; `-alpha`, `b2`, `rc1` and their like come
 * before the release, `p1` and a letter (`1.1.1w`) after it; `+build` and ` (…)` behind it don't matter.
 *
 * @example compareVersions('5.6.10', '5.6.1') // 1
 * @example compareVersions('1:1.0~rc1-1', '1:1.0-1', 'deb') // -1
 * @example compareVersions('24.0.7-ce', '24.0.7') // null: is `ce` before or after?
 */
export function compareVersions(a: string, b: string, scheme: VersionScheme = 'dotted'): -1 | 0 | 1 | null {
  if (a.length > VERSION_MAX || b.length > VERSION_MAX) return null
  if (scheme === 'dotted') return comparedDotted(a, b)
  const one = packaged(a, scheme)
  const other = packaged(b, scheme)
  if (one === null || other === null) return null
  const order = scheme === 'deb' ? debianOrder : rpmOrder
  const upstream = numberOrder(one.epoch, other.epoch) || order(one.version, other.version)
  if (upstream !== 0) return upstream
  // Without a release, an RPM version stands for all its releases; a Debian one is its revision 0.
  if (scheme === 'rpm' && (one.revision === '' || other.revision === '')) return 0
  return order(one.revision, other.revision)
}

/**
 * Whether the version is the floor or newer; null when that can't be told, also when the version is null.
 *
 * @example isAtLeast('5.6.10', '5.6.1') // true
 */
export function isAtLeast(version: string | null, floor: string, scheme?: VersionScheme): boolean | null {
  const order = version === null ? null : compareVersions(version, floor, scheme)
  return order === null ? null : order >= 0
}

/**
 * Whether the version is older than the first good one; null when that can't be told.
 *
 * @example isBelow('9.2p1', '9.8') === true // true: certain, so `detect` may say so
 */
export function isBelow(version: string | null, firstGood: string, scheme?: VersionScheme): boolean | null {
  const order = version === null ? null : compareVersions(version, firstGood, scheme)
  return order === null ? null : order < 0
}

/**
 * Whether the version lies in a range: `from` and `to` are in it, `below` is not; each may be left out. Null when that
 * can't be told. To know whether a package holds bad code, ask about its `effectiveVersion`.
 *
 * @example inRange(effectiveVersion('5.6.1-1'), { from: '5.6.0', to: '5.6.1' }) // true
 * @example inRange(effectiveVersion('5.6.1+really5.4.5-1'), { from: '5.6.0', to: '5.6.1' }) // false
 */
export function inRange(
  version: string | null,
  { from, to, below }: { readonly from?: string; readonly to?: string; readonly below?: string },
  scheme?: VersionScheme,
): boolean | null {
  const bounds = [
    from === undefined ? true : isAtLeast(version, from, scheme),
    below === undefined ? true : isBelow(version, below, scheme),
    to === undefined || version === null ? true : atMost(version, to, scheme),
  ]
  if (version === null || bounds.includes(null)) return null
  return bounds.every(bound => bound === true)
}

function atMost(version: string, last: string, scheme?: VersionScheme): boolean | null {
  const order = compareVersions(version, last, scheme)
  return order === null ? null : order <= 0
}

/**
 * The version of the software that a Debian or RPM package really holds: without epoch and revision, without marks of
 * repacking (`+dfsg`, `+ds`, `+repack`), and of `5.6.1+really5.4.5` (Debian's way back to an older version) the 5.4.5.
 * Null when the text is no package version. Distributions mend old versions too: below a floor is not yet vulnerable.
 *
 * @example effectiveVersion('5.6.1+really5.4.5-1') // '5.4.5'
 * @example effectiveVersion('1:9.2p1-2+deb12u2') // '9.2p1'
 */
export function effectiveVersion(text: string): string | null {
  if (text.length > VERSION_MAX) return null
  const version = (packaged(text, 'deb') ?? packaged(text, 'rpm'))?.version
  if (version === undefined) return null
  const really = version.lastIndexOf('+really')
  const held = really === -1 ? version : version.slice(really + '+really'.length)
  const bare = held.replace(/[+~.](?:dfsg|ds|repack)[\d.+~]*$/, '')
  return /^\d/.test(bare) ? bare : null
}

interface Packaged {
  readonly epoch: string
  readonly version: string
  readonly revision: string
}

function packaged(text: string, scheme: 'deb' | 'rpm'): Packaged | null {
  const [, epoch = '', rest = ''] = (scheme === 'deb' ? DEBIAN : RPM).exec(text) ?? []
  if (rest === '') return null
  const hyphen = rest.lastIndexOf('-')
  if (hyphen === -1) return { epoch, version: rest, revision: '' }
  return { epoch, version: rest.slice(0, hyphen), revision: rest.slice(hyphen + 1) }
}

/** deb-version(7): the revision is behind the last hyphen; a colon only behind the epoch, which is all we take. */
const DEBIAN = /^(?:(\d{1,10}):)?(\d(?:[A-Za-z0-9.+~-]*[A-Za-z0-9.+~])?)$/
/** rpm-version(7): neither part holds a hyphen. Versions without any digit are none that can be compared. */
const RPM = /^(?:(\d{1,10}):)?([A-Za-z0-9._+~^]*\d[A-Za-z0-9._+~^]*(?:-[A-Za-z0-9._+~^]+)?)$/

/** Behind the numbers: what comes before the release, and what after it. */
const DOTTED =
  /^v?(\d+(?:[._]\d+)*)(?:[-._~]?(alpha|beta|pre|preview|dev|snapshot|nightly|canary|rc|a(?=[.\d])|b(?=[.\d]))[-.]?([\d.]*)|(p\d+|[a-z]))?(?:\+[\w.-]*)?(?: \(.*\))?$/i

interface Dotted {
  readonly parts: readonly string[]
  /** 0 before the release, 1 the release, 2 after it. */
  readonly stage: 0 | 1 | 2
  readonly word: string
  readonly numbers: readonly string[]
}

function dotted(text: string): Dotted | null {
  const match = DOTTED.exec(text)
  if (match === null) return null
  const [, numbers = '', before, count = '', after] = match
  const parts = numbers.split(/[._]/)
  if (before !== undefined) return { parts, stage: 0, word: stageWord(before), numbers: count.split('.') }
  if (after === undefined) return { parts, stage: 1, word: '', numbers: [] }
  return { parts, stage: 2, word: after.charAt(0).toLowerCase(), numbers: [after.slice(1)] }
}

/** The short spellings, so that `a1` is `alpha1`. */
function stageWord(word: string): string {
  const lower = word.toLowerCase()
  return lower === 'a' ? 'alpha' : lower === 'b' ? 'beta' : lower === 'pre' ? 'preview' : lower
}

/** Stages whose order everyone agrees on. Others (`dev`, `nightly`) compare only with themselves and with releases. */
const STAGES = ['alpha', 'beta', 'rc']

function comparedDotted(a: string, b: string): -1 | 0 | 1 | null {
  const one = dotted(a)
  const other = dotted(b)
  if (one === null || other === null) return null
  const numbers = numbersOrder(one.parts, other.parts)
  if (numbers !== 0) return numbers
  if (one.stage !== other.stage) return one.stage < other.stage ? -1 : 1
  if (one.word !== other.word) {
    const areKnown = one.stage !== 0 || (STAGES.includes(one.word) && STAGES.includes(other.word))
    // A patch level and a letter are two ways to count: nobody uses both.
    const areLetters = one.numbers[0] === '' && other.numbers[0] === ''
    if (!areKnown || (one.stage === 2 && !areLetters)) return null
    return textOrder(one.word, other.word)
  }
  return numbersOrder(one.numbers, other.numbers)
}

function numbersOrder(a: readonly string[], b: readonly string[]): -1 | 0 | 1 {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = numberOrder(a[at] ?? '', b[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

import { anyOf } from './words.ts'

/**
 * Predicates over Unix paths (Linux, macOS). For Windows see `windows-paths.ts`.
 *
 * All of them look at the path that is meant: `//`, `.` and `..` are resolved, a trailing `/` and macOS's `/private` before
 * `/tmp`, `/var` and `/etc` don't count. Nothing is looked up: a symbolic link is what its path says.
 */

/** Linux's PATH_MAX is 4,096 and macOS's 1,024: a longer text names nothing, and must not cost more. */
const PATH_MAX = 4096

/**
 * The path that is meant. Relative paths keep `..` at their beginning; a text longer than any path stays as it is.
 *
 * @example meantPath('/usr//../tmp/./a/') // '/tmp/a'
 * @example meantPath('/private/var/folders/x') // '/var/folders/x'
 */
export function meantPath(path: string): string {
  if (path.length > PATH_MAX) return path
  if (!NEEDS_RESOLVING.test(path)) return path
  const isAbsolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push('..')
  }
  if (isAbsolute && parts[0] === 'private' && /^(?:tmp|var|etc)$/.test(parts[1] ?? '')) parts.shift()
  return `${isAbsolute ? '/' : ''}${parts.join('/')}`
}

/** An empty, `.` or `..` part, a `/` at the end, or macOS's `/private` (elsewhere nothing comes of it). */
const NEEDS_RESOLVING = /\/(?:\/|\.{1,2}(?:\/|$)|$|private\/)|^\.{1,2}(?:\/|$)/

/**
 * Whether the path is one of the folders or lies within one, however deep.
 *
 * @example isUnder('/private/tmp/x', '/tmp', '/var/tmp') // true
 * @example isUnder('/tmpfiles/x', '/tmp') // false
 */
export function isUnder(path: string, ...folders: readonly string[]): boolean {
  const meant = meantPath(path)
  return folders.some(folder => lies(meant, meantPath(folder)))
}

function lies(path: string, folder: string): boolean {
  if (!path.startsWith(folder)) return false
  return path.length === folder.length || folder === '/' || path.charAt(folder.length) === '/'
}

/** Folders in which every user of a Linux or macOS host may make files, in all installations. */
const FOR_EVERYONE = [
  '/tmp',
  '/var/tmp',
  '/usr/tmp',
  '/dev/shm',
  '/dev/mqueue',
  '/run/shm',
  '/run/lock',
  '/var/lock',
  '/var/crash',
  '/Users/Shared',
] as const

/**
 * Whether every user may make files there: `/tmp`, `/var/tmp`, `/dev/shm`, `/run/lock`, `/Users/Shared`, … What runs from
 * there was put there by anyone. A user's own temporary folder (`/var/folders`, `/run/user`) is not among them.
 *
 * @example isWorldWritablePlace('/dev/shm/.x') // true
 */
export function isWorldWritablePlace(path: string): boolean {
  const meant = meantPath(path)
  return FOR_EVERYONE.some(folder => lies(meant, folder))
}

/** The last parts of these folders: one of them stands in every text that names any. */
const FOR_EVERYONE_NAMES = anyOf(...lastParts(FOR_EVERYONE))

/**
 * Whether a text could name a place that every user may write to: false means that it does not. Costs far less than
 * finding the paths in it.
 *
 * @example mayNameWorldWritablePlace('cd /usr/lib && ./job') // false
 */
export function mayNameWorldWritablePlace(text: string): boolean {
  return FOR_EVERYONE_NAMES.test(text)
}

function lastParts([first, ...more]: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return [baseName(first), ...more.map(baseName)]
}

/**
 * Whether the file, or a folder above it, is hidden: its name begins with a dot. `.` and `..` are no names, and neither is
 * a name of dots only: `...` is hidden.
 *
 * @example isHiddenPath('/tmp/.x/job') // true
 * @example isHiddenPath('/home/ada/.cache/a') // true: most of these are innocent, so ask for the place too
 */
export function isHiddenPath(path: string): boolean {
  return /(?:^|\/)\./.test(meantPath(path).replace(/^(?:\.\.\/)*(?:\.\.$)?/, ''))
}

/**
 * Whether the path is in the home of a person: `/home/x`, `/Users/x`, `/root`, `/var/root`. `/Users/Shared` and `/home`
 * itself are nobody's, and the homes of services (`/var/lib/postgresql`) are not among them.
 *
 * @example isUserHome('/Users/ada/Library/LaunchAgents/a.plist') // true
 */
export function isUserHome(path: string): boolean {
  const meant = meantPath(path)
  if (isUnder(meant, '/root', '/var/root')) return true
  return (
    /^\/(?:home|export\/home|usr\/home|var\/home|Users)\/[^/]/.test(meant) && !isUnder(meant, '/Users/Shared')
  )
}

/** The last part of the path: `a.sh` of `/tmp/a.sh`; `''` of `/`. */
export function baseName(path: string): string {
  const meant = meantPath(path)
  return meant.slice(meant.lastIndexOf('/') + 1)
}

/** The folder that the path is in: `/tmp` of `/tmp/a.sh`, `/` of `/a`, `''` when the path names none. */
export function folderOf(path: string): string {
  const meant = meantPath(path)
  const slash = meant.lastIndexOf('/')
  return slash === 0 ? '/' : meant.slice(0, Math.max(slash, 0))
}

/**
 * What stands behind the last dot of the name, in lower case and without the dot; `''` when there is none. A dot in front
 * makes no extension.
 *
 * @example extension('/tmp/a.tar.GZ') // 'gz'
 * @example extension('/home/ada/.bashrc') // ''
 */
export function extension(path: string): string {
  const name = baseName(path)
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
}

import { isHiddenPath, isUnder, isWorldWritablePlace, meantPath } from './paths.ts'

/** Folders of the system in which nothing is hidden and from which nothing hidden runs. */
const SYSTEM_FOLDERS = [
  '/bin',
  '/sbin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/proc',
  '/sys',
  '/usr',
  '/var',
  '/run',
] as const

/** Tools that build and run below /tmp: Go's `go run` and `go test`, images that mount themselves. */
const BUILT_THERE = /^\/tmp\/(?:go-build\d+\/|\.mount_[A-Za-z0-9._-]+\/)/

/**
 * Why a program does not belong where it lies, or null: `memory` (shared memory, `/dev`), `hidden` (in or below a name
 * with a dot where nothing is hidden), `everyone` (where anyone may put files). Homes, `/Users/Shared` and what build tools
 * run below `/tmp` are not odd.
 */
export function oddPlaceOf(program: string): OddPlace | null {
  if (last.program !== program) last = { program, place: placeOf(meantPath(program)) }
  return last.place
}

/** The program last asked about: several rules ask about one row in turn. */
let last: { readonly program: string; readonly place: OddPlace | null } = { program: '', place: null }

type OddPlace = 'memory' | 'hidden' | 'everyone'

/** Without one of these a path is in no odd place: a name with a dot in front, or the beginning of a folder asked for. */
const ODD_AT_ALL = /\/\.|^\/(?:tmp|dev|run|Users|(?:var|usr)\/(?:tmp|lock|crash))/

function placeOf(path: string): OddPlace | null {
  if (!ODD_AT_ALL.test(path)) return null
  if (!path.startsWith('/') || BUILT_THERE.test(path) || isUnder(path, '/Users/Shared')) return null
  if (isUnder(path, '/dev', '/run/shm')) return 'memory'
  const isForEveryone = isWorldWritablePlace(path)
  if (isHiddenPath(path) && (isForEveryone || isHiddenBySystem(path))) return 'hidden'
  return isForEveryone ? 'everyone' : null
}

/** Names with a dot that tools make below folders of programs. */
const MADE_BY_TOOLS = /\/(?:node_modules\/\.bin|\.venv|\.virtualenvs|\.build-id|\.nvm)\//

/** Within `/var` and `/run`, services and users have homes with dot folders of their own (`/var/lib/jenkins/.cache`). */
function isHiddenBySystem(path: string): boolean {
  return (
    isUnder(path, ...SYSTEM_FOLDERS) &&
    !isUnder(
      path,
      '/var/lib',
      '/var/www',
      '/var/folders',
      '/var/opt',
      '/var/cache',
      '/var/snap',
      '/run/user',
    ) &&
    !MADE_BY_TOOLS.test(path)
  )
}

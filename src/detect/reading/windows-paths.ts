/**
 * Predicates over Windows paths as osquery shows them: with either slash, in any case, with device prefixes
 * (`\\?\C:\…`, `\Device\HarddiskVolume3\…`, `\SystemRoot\…`), with environment variables left as they are, and now and
 * then as 8.3 names. Nothing is looked up: `PROGRA~1` may be either Program Files, see `hasShortName`.
 */

/** Windows' limit for `\\?\` paths in UTF-16 units: a longer text names nothing, and must not cost more. */
const PATH_MAX = 32_767

/**
 * The path that is meant, in lower case and with backslashes: without device prefix, `.` and `..`, doubled and trailing
 * backslashes, the blanks and dots that Windows drops at the end of names, quotes around it, and the name of a stream.
 * A volume without letter becomes `?:`, because which letter it has is not told.
 *
 * @example meantWindowsPath('\\\\?\\C:\\Windows\\.\\System32\\cmd.exe') // 'c:\\windows\\system32\\cmd.exe'
 * @example meantWindowsPath('C:/Users/Ada/a.exe:stream') // 'c:\\users\\ada\\a.exe'
 * @example meantWindowsPath('\\Device\\HarddiskVolume3\\Windows\\a.exe') // '?:\\windows\\a.exe'
 */
export function meantWindowsPath(path: string): string {
  if (path === '' || path.length > PATH_MAX) return path
  if (BARE_NAME.test(path)) return path.toLowerCase()
  const slashed = withoutQuotes(path).replaceAll('/', '\\').toLowerCase()
  const { root, rest } = parted(slashed)
  const parts: string[] = []
  for (const part of rest.split('\\')) {
    if (part === '..') parts.pop()
    else {
      const name = withoutTail(withoutStream(part))
      if (name !== '') parts.push(name)
    }
  }
  return `${root}${parts.join('\\')}`
}

/** A name alone: most programs of command lines. */
const BARE_NAME = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?$/

function withoutQuotes(path: string): string {
  return path.length > 1 && path.startsWith('"') && path.endsWith('"') ? path.slice(1, -1) : path
}

/** `name:stream` and `name:stream:$DATA`. A drive is no name: it is taken off before. */
function withoutStream(part: string): string {
  const colon = part.indexOf(':')
  return colon === -1 ? part : part.slice(0, colon)
}

/** Blanks and dots at the end of names are dropped by Windows. Not a regular expression, which would backtrack. */
function withoutTail(name: string): string {
  let end = name.length
  while (end > 0 && (name.charAt(end - 1) === '.' || name.charAt(end - 1) === ' ')) end -= 1
  return name.slice(0, end)
}

const DEVICE = /^\\(?:\\[?.]|\?\?|device\\harddiskvolume\d+)\\/
const VOLUME = /^(?:globalroot\\device\\harddiskvolume\d+|volume\{[0-9a-f-]{36}\}|harddiskvolume\d+)\\/

function parted(path: string): { readonly root: string; readonly rest: string } {
  const device = DEVICE.exec(path)?.[0]
  const bare = device === undefined ? path : path.slice(device.length)
  if (device !== undefined) {
    if (bare.startsWith('unc\\')) return { root: '\\\\', rest: bare.slice(4) }
    const volume = VOLUME.exec(bare)?.[0]
    if (volume !== undefined) return { root: '?:\\', rest: bare.slice(volume.length) }
    if (device.startsWith('\\device')) return { root: '?:\\', rest: bare }
  }
  if (/^[a-z?]:/.test(bare)) {
    // `c:a` is relative to the folder of that drive: it stays without a backslash.
    return bare.charAt(2) === '\\'
      ? { root: bare.slice(0, 3), rest: bare.slice(3) }
      : { root: bare.slice(0, 2), rest: bare.slice(2) }
  }
  if (bare.startsWith('\\\\')) return { root: '\\\\', rest: bare.slice(2) }
  if (bare.startsWith('\\systemroot\\')) return { root: '?:\\windows\\', rest: bare.slice(12) }
  return bare.startsWith('\\') ? { root: '\\', rest: bare.slice(1) } : { root: '', rest: bare }
}

/**
 * Whether the path is one of the folders or lies within one. A folder that begins with a backslash stands for any drive,
 * and so does a path whose volume has no letter; `%name%` at the beginning of the path is compared as written.
 *
 * @example isUnderWindows('D:\\Users\\Public\\a.exe', '\\Users\\Public') // true
 * @example isUnderWindows('%SystemRoot%\\System32\\a.exe', '%SystemRoot%\\System32', 'C:\\Windows\\System32') // true
 */
export function isUnderWindows(path: string, ...folders: readonly string[]): boolean {
  const meant = meantWindowsPath(path)
  return folders.some(folder => lies(meant, meantWindowsPath(folder)))
}

function lies(path: string, folder: string): boolean {
  const onAnyDrive = folder.startsWith('\\') && !folder.startsWith('\\\\')
  const hasDrive = /^[a-z?]:\\/.test(path)
  const isSameDrive = path.startsWith('?:') || folder.startsWith('?:')
  const inner = hasDrive && (onAnyDrive || isSameDrive) ? path.slice(2) : path
  const outer = isSameDrive && /^[a-z?]:\\/.test(folder) ? folder.slice(2) : folder
  if (!inner.startsWith(outer)) return false
  return inner.length === outer.length || outer.endsWith('\\') || inner.charAt(outer.length) === '\\'
}

/** Folders in which an ordinary user may make files that others see or run, in all installations. */
const FOR_EVERYONE = [
  '\\Users\\Public',
  '\\ProgramData',
  '\\Windows\\Temp',
  '\\Windows\\Tasks',
  '\\Windows\\Tracing',
  '\\Windows\\System32\\spool\\drivers\\color',
  '\\Windows\\System32\\Tasks',
  '\\Windows\\Registration\\CRMLog',
  '\\Windows\\Debug\\WIA',
  '\\$Recycle.Bin',
  '\\PerfLogs',
  '\\Temp',
  '\\Intel',
  '%Public%',
  '%ProgramData%',
  '%AllUsersProfile%',
].map(meantWindowsPath)

/**
 * Whether ordinary users may make files there: `C:\Users\Public`, `C:\ProgramData`, `C:\Windows\Temp`, … Much that is
 * innocent lives in `ProgramData`, each in a folder of its own: ask for the signer too.
 */
export function isWorldWritableWindowsPlace(path: string): boolean {
  const meant = meantWindowsPath(path)
  return FOR_EVERYONE.some(folder => lies(meant, folder))
}

/**
 * Whether the path is in the profile of a person: `C:\Users\x\…`, `%AppData%`, `%LocalAppData%`, `%UserProfile%`, `%Temp%`.
 * `Public` and `Default` are nobody's.
 */
export function isWindowsProfile(path: string): boolean {
  const meant = meantWindowsPath(path)
  if (/^%(?:userprofile|appdata|localappdata|temp|tmp|homepath)%(?:\\|$)/.test(meant)) return true
  const [, name] = /^[a-z?]:\\(?:users|documents and settings)\\([^\\]+)/.exec(meant) ?? []
  return name !== undefined && !/^(?:public|default|default user|all users)$/.test(name)
}

/** Whether the path is in a folder of temporary files, the system's or a person's. */
export function isWindowsTemp(path: string): boolean {
  return /(?:^|\\)(?:temp|tmp|%temp%|%tmp%)\\|^[a-z?]:\\users\\[^\\]+\\appdata\\local\\temp$/.test(
    meantWindowsPath(path),
  )
}

/** The last part of the path in lower case: `a.exe` of `C:\A.EXE`. Variables and drives are no names. */
export function windowsBaseName(path: string): string {
  const meant = meantWindowsPath(path)
  return meant.slice(Math.max(meant.lastIndexOf('\\'), /^[a-z]:/.test(meant) ? 1 : -1) + 1)
}

/** What stands behind the last dot of the name, in lower case and without the dot; `''` when there is none. */
export function windowsExtension(path: string): string {
  const name = windowsBaseName(path)
  const dot = name.lastIndexOf('.')
  return dot === -1 ? '' : name.slice(dot + 1)
}

/**
 * Whether a part of the path is an 8.3 name (`PROGRA~1`), which may stand for another: comparing such a path with a
 * folder says nothing.
 */
export function hasShortName(path: string): boolean {
  return meantWindowsPath(path)
    .split('\\')
    .some(part => /^[^.~]{1,6}~\d{1,5}(?:\.[^.]{0,3})?$/.test(part))
}

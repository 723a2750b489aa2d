/** Hives by their long and their short names; whose hive HKEY_CURRENT_USER is, osquery does not say. */
const HIVES: readonly (readonly [long: string, short: string])[] = [
  ['hkey_local_machine\\', 'hklm\\'],
  ['hkey_current_user\\', 'hku\\*\\'],
  ['hkcu\\', 'hku\\*\\'],
  ['hkey_users\\', 'hku\\'],
  ['hkey_classes_root\\', 'hkcr\\'],
]

/** Under HKEY_USERS: `S-1-5-21-…-1001`, `.DEFAULT`, with or without `_Classes`. */
const OWNER = /^hku\\[^\\]+/
/** Where Windows keeps the settings that 32-bit programs read. */
const WOW64 = /^(hklm\\software|hku\\\*\\software)\\wow6432node(?=\\|$)/
const CONTROL_SET = /^(hklm\\system)\\controlset\d{3}(?=\\|$)/

/** The last key asked about: twenty rules ask about each row in turn. */
let last: { readonly key: string; readonly path: string; readonly spelled: string } = {
  key: '',
  path: '',
  spelled: '',
}

/**
 * The key of a row of osquery's `registry` table in one spelling, so that rules can compare it: lower case, hives short
 * (`hklm`, `hku`, `hkcr`), every user's SID as `*`, every control set as the current one, the branch of 32-bit programs as
 * that of 64-bit ones. Taken from `path` when the query selected no `key`. Linear; never throws.
 *
 * @example registryKey({ key: 'HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\X', path: '' }) // 'hku\\*\\software\\x'
 */
export function registryKey({ key, path }: { readonly key: string; readonly path: string }): string {
  if (last.key !== key || last.path !== path) last = { key, path, spelled: spelled(key, path) }
  return last.spelled
}

function spelled(key: string, path: string): string {
  const written = (key === '' ? path.slice(0, Math.max(path.lastIndexOf('\\'), 0)) : key).toLowerCase()
  const trimmed = written.endsWith('\\') ? written.slice(0, -1) : written
  const hive = HIVES.find(([long]) => trimmed.startsWith(long))
  const short = hive === undefined ? trimmed : hive[1] + trimmed.slice(hive[0].length)
  return short.replace(OWNER, 'hku\\*').replace(WOW64, '$1').replace(CONTROL_SET, '$1\\currentcontrolset')
}

/**
 * The strings of a REG_MULTI_SZ value, which osquery joins with commas; of Windows' own lists, which part theirs by blanks
 * or commas (AppInit_DLLs), the same. Quotes around a string are taken off, empty ones left out.
 */
export function registryList(data: string, separator: ',' | ', ' = ','): readonly string[] {
  return data
    .split(separator === ',' ? ',' : /[,\s]/)
    .map(entry => entry.trim().replace(/^"(.*)"$/, '$1'))
    .filter(entry => entry !== '')
}

import { meantPath } from './paths.ts'

/**
 * - `pam`: how a password is checked
 * - `profile`: code that shells run when they start
 * - `accounts`: who exists, and who may become root
 * - `ssh`: who may log in over SSH and what then runs
 * - `startup`: code that the system runs by itself
 * - `preload`: a library that every program loads
 */
export type SystemFileKind = 'pam' | 'profile' | 'accounts' | 'ssh' | 'startup' | 'preload'

/** Folders whose files, and those below, are all of one kind. */
const FOLDERS: ReadonlyMap<string, SystemFileKind> = new Map<string, SystemFileKind>([
  ['/etc/pam.d/', 'pam'],
  ['/usr/lib/pam.d/', 'pam'],
  ['/etc/profile.d/', 'profile'],
  ['/etc/zsh/', 'profile'],
  ['/etc/sudoers.d/', 'accounts'],
  ['/etc/ssh/sshd_config.d/', 'ssh'],
  ['/etc/systemd/', 'startup'],
  ['/lib/systemd/', 'startup'],
  ['/usr/lib/systemd/', 'startup'],
  ['/usr/local/lib/systemd/', 'startup'],
  ['/etc/init.d/', 'startup'],
  ['/etc/rc.d/', 'startup'],
  ['/etc/udev/rules.d/', 'startup'],
  ['/lib/udev/rules.d/', 'startup'],
  ['/usr/lib/udev/rules.d/', 'startup'],
  ['/etc/update-motd.d/', 'startup'],
  ['/etc/cron.d/', 'startup'],
  ['/etc/cron.hourly/', 'startup'],
  ['/etc/cron.daily/', 'startup'],
  ['/etc/cron.weekly/', 'startup'],
  ['/etc/cron.monthly/', 'startup'],
  ['/var/spool/cron/', 'startup'],
  ['/var/at/tabs/', 'startup'],
  ['/etc/xdg/autostart/', 'startup'],
  ['/etc/modules-load.d/', 'startup'],
])

const IN_FOLDER = new RegExp(`^(?:${Array.from(FOLDERS.keys()).join('|').replaceAll('.', '\\.')})`)

const FILES: ReadonlyMap<string, SystemFileKind> = new Map<string, SystemFileKind>([
  ['/etc/pam.conf', 'pam'],
  ['/etc/profile', 'profile'],
  ['/etc/bash.bashrc', 'profile'],
  ['/etc/bashrc', 'profile'],
  ['/etc/csh.cshrc', 'profile'],
  ['/etc/environment', 'profile'],
  ['/etc/zprofile', 'profile'],
  ['/etc/zshenv', 'profile'],
  ['/etc/zshrc', 'profile'],
  ['/etc/passwd', 'accounts'],
  ['/etc/shadow', 'accounts'],
  ['/etc/group', 'accounts'],
  ['/etc/gshadow', 'accounts'],
  ['/etc/master.passwd', 'accounts'],
  ['/etc/sudoers', 'accounts'],
  ['/etc/ssh/sshd_config', 'ssh'],
  ['/etc/rc.local', 'startup'],
  ['/etc/crontab', 'startup'],
  ['/etc/anacrontab', 'startup'],
  ['/etc/modules', 'startup'],
  ['/etc/ld.so.preload', 'preload'],
])

/** Files of a home folder that its owner's shells run. */
const HOME_PROFILES = new Set([
  '.bash_aliases',
  '.bash_login',
  '.bash_logout',
  '.bash_profile',
  '.bashrc',
  '.cshrc',
  '.kshrc',
  '.profile',
  '.tcshrc',
  '.zlogin',
  '.zprofile',
  '.zshenv',
  '.zshrc',
])
const HOME = /^(?:\/root|\/var\/root|\/home\/[^/]+|\/Users\/[^/]+)\//
/** What ssh and sshd believe or run; `known_hosts` is left out, it grows with each new host that somebody visits. */
const SSH_FILE = /\/\.ssh\/(?:authorized_keys2?|rc|environment|config|id_[A-Za-z0-9_-]+)$/
const PAM_MODULE = /\/security\/pam_[A-Za-z0-9_-]+\.so$/

/** The file last asked about: one row is asked about by every rule about files. */
let last: { readonly path: string; readonly kind: SystemFileKind | null } = { path: '', kind: null }

/**
 * What a file decides by its place on Linux or macOS, or null for an ordinary one. Names by which editors and package
 * managers put a file down before it takes its place (`x.dpkg-new`, `x;5f3a`, `.x.swp`) are ordinary: nothing reads them.
 *
 * @param path  absolute, as osquery tells it; macOS tells `/etc` as `/private/etc`
 */
export function systemFileKind(path: string): SystemFileKind | null {
  if (last.path !== path) last = { path, kind: kindOf(meantPath(path)) }
  return last.kind
}

function kindOf(plain: string): SystemFileKind | null {
  const own = FILES.get(plain)
  if (own !== undefined) return own
  const kind = kindByPlace(plain)
  return kind === null || isPassingName(plain) ? null : kind
}

function kindByPlace(plain: string): SystemFileKind | null {
  const folder = IN_FOLDER.exec(plain)?.[0]
  if (folder !== undefined) return FOLDERS.get(folder) ?? null
  if (PAM_MODULE.test(plain) && /^\/(?:usr\/)?(?:local\/)?lib/.test(plain)) return 'pam'
  const home = HOME.exec(plain)?.[0]
  if (home !== undefined && HOME_PROFILES.has(plain.slice(home.length))) return 'profile'
  if (home !== undefined && plain.slice(home.length) === '.config/fish/config.fish') return 'profile'
  return SSH_FILE.test(plain) ? 'ssh' : null
}

const PASSING_END =
  /(?:\.(?:dpkg-(?:new|tmp|old|dist|bak)|ucf-(?:new|old|dist)|rpm(?:new|save|orig)|sw[a-z]|tmp|lock|bak|orig|placeholder)|~|;[0-9a-f]{8})$/
/** What `sed -i`, vim, Emacs and crontab call the file that they write before the move. */
const PASSING_NAME = /^(?:sed[A-Za-z0-9]{6}|4913|\.#.*|tmp\.[A-Za-z0-9]{6,10})$/

function isPassingName(path: string): boolean {
  return PASSING_END.test(path) || PASSING_NAME.test(path.slice(path.lastIndexOf('/') + 1))
}

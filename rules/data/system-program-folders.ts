/**
 * Folders of programs that only root may change on an ordinary host (Filesystem Hierarchy Standard 3.0; macOS's System
 * Integrity Protection and /Library). `/usr/local` and `/opt` are among them: their owner is root as well.
 */
export const SYSTEM_PROGRAM_FOLDERS = [
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
  '/usr/bin',
  '/usr/sbin',
  '/usr/lib',
  '/usr/lib64',
  '/usr/libexec',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/local/libexec',
  '/opt',
  '/snap',
  '/nix/store',
  '/System',
  '/Library',
  '/Applications',
] as const

import { int } from './values.ts'

/** What of `file_events` it takes to tell what happened to a file. */
export interface FileChange {
  readonly action: string
  readonly time: string
  /** Seconds since the epoch at which the package manager last wrote its records; a column that a query adds. */
  readonly packages_changed?: string | undefined
}

/** A package manager writes its records while it puts files down and runs their scripts, which takes minutes. */
const PACKAGE_CHANGE_SECONDS = 15 * 60

/**
 * Whether a file has new content or came to its place. osquery's words on Linux and macOS (events/linux/inotify.cpp,
 * tables/events/darwin/file_events.cpp); a file that is moved over another is `MOVED_TO`.
 */
export function isWritten({ action }: Pick<FileChange, 'action'>): boolean {
  return action === 'CREATED' || action === 'UPDATED' || action === 'MOVED_TO'
}

/**
 * Whether the change fell into the minutes in which a package manager was at work. False when the query does not tell,
 * which is the safe side: such a change is then judged for itself.
 */
export function isOfPackageChange({ time, packages_changed = '' }: FileChange): boolean {
  const at = int(time)
  const changed = int(packages_changed)
  return at !== null && changed !== null && changed > 0 && Math.abs(at - changed) <= PACKAGE_CHANGE_SECONDS
}

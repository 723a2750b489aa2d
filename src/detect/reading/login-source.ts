import { isLoopback, isUnspecified } from './addresses.ts'

/** A display (`:0`), a pane of screen or tmux, a local socket: what utmp has in the place of a host. */
const WITHIN_SESSION = /^(?::|tmux\(|screen|unix:)/

/**
 * Whether the `host` of `last` or `logged_in_users` is a display or pane that a session which was there already has
 * opened: nobody logged in.
 *
 * @example isWithinSession('tmux(12).%0') // true
 * @example isWithinSession('') // false: the console
 */
export function isWithinSession(host: string): boolean {
  return WITHIN_SESSION.test(host)
}

/**
 * Whether the `host` of `last` or `logged_in_users` is another host: a name or address that is not the host itself. False
 * for the console (`''`), displays and panes.
 *
 * @example isFromOtherHost('192.0.2.7') // true
 * @example isFromOtherHost('::ffff:127.0.0.1') // false
 */
export function isFromOtherHost(host: string): boolean {
  return (
    host !== '' &&
    host !== 'localhost' &&
    !host.startsWith('localhost.') &&
    !isWithinSession(host) &&
    !isLoopback(host) &&
    !isUnspecified(host)
  )
}

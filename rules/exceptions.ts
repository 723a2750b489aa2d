import type { Exception } from '../src/detect/exception.ts'

/**
 * What is known to be innocent here: matches of one rule on some hosts, or with some values, until a day. Narrow ones
 * only; what is innocent everywhere belongs into the rule, with a test.
 *
 * @example
 * exception({
 *   rule: 'posix.ssh-login',
 *   tag: 'bastion',                      // or host: 'build-*'
 *   columns: { host: '192.0.2.*' },      // all must fit; * stands for any characters
 *   reason: 'The monitoring logs in every hour.',
 *   expires: '2027-03-31',               // after this day the rule matches again, and `npm run rules` says so
 *   author: 'ada@example.com',
 * })
 */
export const exceptions: readonly Exception[] = []

import { type Exception, isExpired } from '../../src/detect/exception.ts'
import { asTable } from './output.ts'

/** The exceptions as a table, those that expired named as such; nothing when there are none. */
export function exceptionsText(exceptions: readonly Exception[], now: number): string {
  if (exceptions.length === 0) return ''
  const rows = exceptions.map(one => [
    one.rule,
    scopeOf(one),
    isExpired(one, now) ? `EXPIRED ${one.expires}` : one.expires,
    one.author,
    one.reason,
  ])
  return `\n${asTable(['EXCEPTION FROM', 'WHERE', 'UNTIL', 'AUTHOR', 'REASON'], rows)}`
}

/** A line for each exception that holds no more, for who runs the tests. */
export function expiredText(exceptions: readonly Exception[], now: number): string {
  return exceptions
    .filter(one => isExpired(one, now))
    .map(one => {
      const { rule, expires, reason } = one
      return `! the exception from ${rule} for ${scopeOf(one)} expired after ${expires} (${reason}): renew it or take it out\n`
    })
    .join('')
}

export function exceptionJson(exception: Exception, now: number): object {
  const { rule, host, tag, columns, reason, expires, author } = exception
  return {
    kind: 'exception',
    rule,
    host,
    tag,
    columns,
    reason,
    expires,
    author,
    expired: isExpired(exception, now),
  }
}

/** Where it holds, in words: `host build-*, command = /opt/ci/*`. */
function scopeOf({ host, tag, columns }: Exception): string {
  return [
    ...(host === null ? [] : [`host ${host}`]),
    ...(tag === null ? [] : [`tag ${tag}`]),
    ...Object.entries(columns).map(([column, value]) => `${column} = ${value}`),
  ].join(', ')
}

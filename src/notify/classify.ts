import { parseRetryAfter } from './retry-after.ts'

/** How a destination's answer to one attempt is understood. Total: every status maps to exactly one outcome. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** Try again: on the ladder, or when the destination says. */
  | { readonly kind: 'transient'; readonly reason: string; readonly retryAfterMs: number | null }
  /** This body will never be accepted. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The destination itself is misconfigured: no body will be accepted until a person has mended it. Doubtful: or a firewall before it refused this body. */
  | { readonly kind: 'broken'; readonly reason: string; readonly isDoubtful?: true }

/** Request timeout, too early, too many requests: said of the moment, not of the body. */
const TRANSIENT_4XX: ReadonlySet<number> = new Set([408, 425, 429])

/** What a service says of a key, and a firewall before it of a text that looks like an attack: alerts hold such. */
const FORBIDDEN = 403

/** Unauthorized, payment required, forbidden, not found, proxy authentication required, gone. */
const MISCONFIGURED_4XX: ReadonlySet<number> = new Set([401, 402, 403, 404, 407, 410])

/**
 * Classifies an HTTP answer.
 * @param status  HTTP status code
 * @param retryAfter  the Retry-After header as received: seconds or an HTTP date (RFC 9110, 10.2.3)
 * @param now  ms since the epoch, to turn a date into a delay
 */
export function classify(status: number, retryAfter: string | null, now: number): Outcome {
  const reason = `HTTP ${status}`
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (isTransient(status)) {
    return { kind: 'transient', reason, retryAfterMs: parseRetryAfter(retryAfter, now) }
  }
  if (status === FORBIDDEN) return { kind: 'broken', reason, isDoubtful: true }
  if (isMisconfigured(status)) return { kind: 'broken', reason }
  return { kind: 'rejected', reason }
}

/** Anything that is no answer at all (1xx, beyond 599) says as little about the body as a server error does. */
function isTransient(status: number): boolean {
  return TRANSIENT_4XX.has(status) || status < 200 || status >= 500
}

/** A redirect is never followed: it would carry the routing key to wherever it points. */
function isMisconfigured(status: number): boolean {
  return MISCONFIGURED_4XX.has(status) || (status >= 300 && status < 400)
}

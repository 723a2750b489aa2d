import type { Transport, WireAnswer, WireRequest } from './wire.ts'

const MAX_REDIRECTS = 10
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 305, 307, 308])

/**
 * One request as osqueryd's HTTP client carries it out: redirects are followed with the same body and headers, and a
 * broken connection is tried once more at once. (osquery: remote/http_client.cpp.)
 * @param onSecondTry  called before the same request leaves again
 */
export async function deliver(
  send: Transport,
  request: WireRequest,
  onSecondTry?: () => void,
): Promise<WireAnswer> {
  let answer = await sendTwice(send, request, onSecondTry)
  for (let hops = 0; answer.kind === 'answered' && REDIRECTS.has(answer.status); hops += 1) {
    const path = redirectPath(answer.location)
    if (path === null || hops === MAX_REDIRECTS) return { kind: 'timeout' }
    answer = await sendTwice(send, { ...request, path }, onSecondTry)
  }
  return answer
}

async function sendTwice(
  send: Transport,
  request: WireRequest,
  onSecondTry?: () => void,
): Promise<WireAnswer> {
  const first = await send(request)
  if (!isBroken(first)) return first
  onSecondTry?.()
  const second = await send(request)
  return isBroken(second) ? { kind: 'broken' } : second
}

/** A 304, or a redirect that names no place, is a failure of the connection to the client. */
function isBroken(answer: WireAnswer): boolean {
  if (answer.kind !== 'answered') return answer.kind === 'broken'
  return (
    answer.status === 304 ||
    (REDIRECTS.has(answer.status) && (answer.location === undefined || answer.location === ''))
  )
}

/** Only https is spoken, so a redirect to http leads nowhere. */
function redirectPath(location: string | undefined): string | null {
  if (location === undefined) return null
  if (location.startsWith('/')) return location
  const url = URL.parse(location)
  return url?.protocol === 'https:' ? url.pathname + url.search : null
}

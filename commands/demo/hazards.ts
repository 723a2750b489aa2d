/** What honest hosts never do: rubbish, forged keys, wrong secrets; and a network that loses answers. */

import type { HostProfile } from '../../test/simulator/host-profile.ts'
import { enrollmentOf } from '../../test/simulator/host-profile.ts'
import type { Seed } from '../../test/simulator/seed.ts'
import {
  configRequest,
  enrollRequest,
  gzip,
  logRequest,
  type Transport,
  type WireRequest,
} from '../../test/simulator/wire.ts'

const LOG_PATH = '/api/v1/osquery/log'
const ENROLL_PATH = '/api/v1/osquery/enroll'

/** Records that no osquery writes; each is to be rejected by itself. */
export const BROKEN_RECORDS = ['17', 'null', '["a row"]'] as const

/** Whole posts that can't be read, with a valid key in the header. */
export async function unreadablePosts(nodeKey: string): Promise<WireRequest[]> {
  const valid = configRequest(LOG_PATH, nodeKey)
  const body = (bytes: Uint8Array): WireRequest => ({ ...valid, body: bytes })
  const text = (content: string) => body(new TextEncoder().encode(content))
  const whole = await gzip(new TextEncoder().encode('{"log_type":"result","data":[]}'))
  return [
    text('this is not JSON'),
    text('{"log_type":"result","data":[{"name":"cut'),
    body(whole.subarray(0, whole.length - 12)),
    text('{"log_type":"result","data":"no list"}'),
  ]
}

/** A post with good lines and broken records among them. */
export function mixedPost(nodeKey: string, goodLines: readonly string[]): Promise<WireRequest> {
  const [first = '{}', ...others] = goodLines
  return logRequest(LOG_PATH, nodeKey, 'result', [first, ...BROKEN_RECORDS, ...others], true)
}

/** A post whose key is right but for its last character. */
export function forgedPost(nodeKey: string): Promise<WireRequest> {
  const forged = nodeKey.slice(0, -1) + (nodeKey.endsWith('A') ? 'B' : 'A')
  return logRequest(LOG_PATH, forged, 'result', ['{"name":"forged"}'], false)
}

export function wrongEnrollment(host: HostProfile): WireRequest {
  return enrollRequest(ENROLL_PATH, enrollmentOf(host, 'not-the-secret-of-this-fleet'))
}

const LOST_ANSWERS = 0.15
const LATE_ANSWERS = 0.1

/**
 * The server gets everything, but some of its answers are lost (sent again at once) or late (kept, sent again later). No
 * two in a row are late: the back-off of a third would be longer than the demo's limit of silence.
 * @param isFlaky  asked for each request: a network may recover
 */
export function flakyTransport(reliable: Transport, seed: Seed, isFlaky: () => boolean): Transport {
  let wasLate = false
  return async request => {
    const answer = await reliable(request)
    if (request.path !== LOG_PATH || !isFlaky()) return answer
    const luck = seed.next()
    const isLate = !wasLate && luck >= LOST_ANSWERS && luck < LOST_ANSWERS + LATE_ANSWERS
    wasLate = isLate
    if (luck < LOST_ANSWERS) return { kind: 'broken' }
    return isLate ? { kind: 'timeout' } : answer
  }
}

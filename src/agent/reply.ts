/**
 * Every reply on an agent route is made here.
 *
 * osqueryd never looks at the HTTP status. It takes an answer for success when the body is empty, or is JSON without a
 * key `error` and without `node_invalid: true`; then it deletes the lines it posted, or takes the body for its new
 * config. An array or a scalar crashes it. So every reply is a JSON object, and every failure that the host should try
 * again holds `error`. (osquery: remote/utility.h, plugins/logger/buffered.cpp, plugins/config/tls_config.cpp.)
 */

/** Why a host is asked to come again, or is refused. Closed, so that nothing from a request can leak into a reply. */
export type Reason =
  | 'body_too_large'
  | 'body_unreadable'
  | 'busy'
  | 'enroll_refused'
  | 'host_unidentified'
  | 'internal_error'
  | 'method_not_allowed'
  | 'not_configured'
  | 'not_found'
  | 'read_timeout'
  | 'storage_unavailable'
  | 'too_many_enrollments'
  | 'too_many_failures'
  | 'too_many_unreadable_posts'

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const

/** The host may delete what it posted. Only after the bytes are durable. */
export function stored(): Response {
  return reply('{}', 200)
}

/** The host's node key, for good. */
export function enrolled(nodeKey: string): Response {
  return reply(JSON.stringify({ node_key: nodeKey }), 200)
}

/**
 * Makes the host drop its node key and enroll anew; it keeps its lines. Only when the key is proven bad, never because a
 * look-up failed. The status is 200 because clients other than osqueryd stop at anything else.
 */
export function keyInvalid(): Response {
  return reply('{"node_invalid":true}', 200)
}

/** The fault is ours or passes by itself: the host keeps its lines, or its config, and comes again with back-off. */
export function tryLater(reason: Reason, status = 503): Response {
  return failure(reason, status)
}

/** The request is at fault. To the host it means the same as `tryLater`: a refusal must not delete lines either. */
export function refused(
  reason: Reason,
  status = 400,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return failure(reason, status, headers)
}

/** The config. @param json  a JSON object with a schedule: the host takes whatever stands here for its whole config */
export function hostConfig(json: string): Response {
  return reply(json, 200)
}

/** Never with `id` or `node_key`: on enrollment osqueryd takes either for its new key, whatever else the body says. */
function failure(reason: Reason, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return reply(JSON.stringify({ error: reason }), status, headers)
}

function reply(json: string, status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(json, { status, headers: { ...headers, ...HEADERS } })
}

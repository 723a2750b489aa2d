/** Every way in which the API refuses, and the HTTP status of each. */
const STATUS = {
  invalid_parameter: 400,
  unknown_parameter: 400,
  invalid_body: 400,
  unauthorized: 401,
  cross_site: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal: 500,
  not_configured: 503,
} as const satisfies Record<string, number>

export type RefusalCode = keyof typeof STATUS

export const REFUSAL_CODES = Object.keys(STATUS) as [RefusalCode, ...RefusalCode[]] // the keys of STATUS are its type

/** Why a request is not answered as asked. Holds nothing of what was sent but the name of a field. */
export interface Refusal {
  readonly code: RefusalCode
  readonly message: string
  readonly field?: string
}

/** The API serves no page: nothing may be loaded, framed, sniffed or kept because of a reply. */
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  // The token must not cross a network in the clear even once.
  'strict-transport-security': 'max-age=31536000',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** The one way in which this room answers: JSON with the security headers. */
export function jsonReply(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } })
}

/** A refusal as `{"error": {"code", "message", "field"?}}` with the status that belongs to its code. */
export function refusalReply(refusal: Refusal, headers: Readonly<Record<string, string>> = {}): Response {
  const { code, message, field } = refusal
  return jsonReply(
    { error: { code, message, ...(field === undefined ? {} : { field }) } },
    STATUS[code],
    headers,
  )
}

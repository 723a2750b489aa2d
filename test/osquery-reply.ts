/**
 * What osqueryd makes of the body of a reply on the log and config routes; it never looks at the HTTP status.
 *
 * - `deleted`: success; the posted lines are deleted, a config body becomes the config
 * - `kept`: failure; the lines stay and come again, the old config stays
 * - `node_invalid`: failure, and the node key is thrown away
 * - `crash`: the process dies of it
 *
 * Facts: osquery `remote/utility.h` and `remote/serializers/json.cpp`, and recorded behaviour of the compiled client.
 */
export type ReplyMeaning = 'deleted' | 'kept' | 'node_invalid' | 'crash'

/** Total: every body has exactly one meaning. */
export function classifyLogReply(body: string): ReplyMeaning {
  if (body === '') return 'deleted'
  const parsed = parsedJson(body)
  if (!parsed.ok) return 'kept'
  const { value } = parsed
  // Members are looked up without asking for an object first: an empty answer from an array or null, death by a scalar.
  if (value === null || Array.isArray(value)) return 'deleted'
  if (typeof value !== 'object') return 'crash'
  const reply = new Map<string, unknown>(Object.entries(value))
  // Only the boolean counts; "true" and 1 mean nothing.
  if (reply.get('node_invalid') === true) return 'node_invalid'
  return reply.has('error') ? 'kept' : 'deleted'
}

function parsedJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}

/**
 * The node key that osqueryd takes from a reply to its enrollment, or null when it tries again. `error` and
 * `node_invalid` are not looked at, and an `id` will do (osquery: plugins/remote/enroll/tls_enroll.cpp).
 */
export function nodeKeyTakenFrom(body: string): string | null {
  const parsed = parsedJson(body)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return null
  const reply = new Map<string, unknown>(Object.entries(parsed.value))
  const key = reply.get('node_key') ?? reply.get('id')
  return typeof key === 'string' && key !== '' ? key : null
}

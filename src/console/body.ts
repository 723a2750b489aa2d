import type { Refusal } from './reply.ts'

/** Bodies of this API are a name and a note. */
const BODY_MAX_BYTES = 16_384

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal }

const NOT_JSON: Refusal = { code: 'invalid_body', message: 'The body is not JSON.' }
const TOO_LARGE: Refusal = {
  code: 'body_too_large',
  message: `The body is larger than ${BODY_MAX_BYTES} bytes.`,
}
const WRONG_TYPE: Refusal = {
  code: 'unsupported_media_type',
  message: 'Send JSON with Content-Type: application/json, or no body.',
}

/**
 * Reads the body of a request that changes something: JSON, or nothing, which reads as `{}`. Never holds more than the
 * cap. Asking for the JSON type keeps HTML forms of other sites out (they can't send it without a CORS preflight, which
 * this API never answers).
 */
export async function readBody(request: Request): Promise<Body> {
  const type = request.headers.get('content-type')
  if (type !== null && !/^application\/json *(;|$)/i.test(type)) return { ok: false, refusal: WRONG_TYPE }
  const bytes = await readCapped(request.body)
  if (bytes === null) return { ok: false, refusal: TOO_LARGE }
  if (bytes.length === 0) return { ok: true, value: {} }
  if (type === null) return { ok: false, refusal: WRONG_TYPE }
  try {
    return {
      ok: true,
      value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)),
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return { ok: false, refusal: NOT_JSON }
    throw error
  }
}

/** All bytes of the stream, or null when there are more than the cap. */
async function readCapped(stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array | null> {
  if (stream === null) return new Uint8Array()
  const bytes = new Uint8Array(BODY_MAX_BYTES)
  let length = 0
  for await (const chunk of stream) {
    if (length + chunk.length > BODY_MAX_BYTES) return null
    bytes.set(chunk, length)
    length += chunk.length
  }
  return bytes.subarray(0, length)
}

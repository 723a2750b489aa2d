/**
 * Most bytes of one JSON parameter. D1 takes 2,000,000 bytes for a string (d1/platform/limits); the local one does not
 * enforce it. The rest is room for what the platform counts besides.
 */
const JSON_PARAMETER_MAX_BYTES = 1_500_000

const encoder = new TextEncoder()

/** Length of a text in UTF-8, which is what D1 counts. */
export function utf8Length(text: string): number {
  return encoder.encode(text).byteLength
}

/**
 * Joins JSON texts into as few JSON arrays as the size of a D1 parameter allows, for `json_each(?)`.
 * A single text above the limit gets an array of its own: keep texts below it where that can happen.
 * @returns one JSON array a statement; none for no texts
 */
export function jsonArrays(texts: Iterable<string>, maxBytes = JSON_PARAMETER_MAX_BYTES): string[] {
  const arrays: string[] = []
  let members: string[] = []
  let bytes = 0
  for (const text of texts) {
    const length = utf8Length(text) + 1 // with its comma or bracket
    if (members.length > 0 && bytes + length >= maxBytes) {
      arrays.push(`[${members.join(',')}]`)
      members = []
      bytes = 0
    }
    members.push(text)
    bytes += length
  }
  if (members.length > 0) arrays.push(`[${members.join(',')}]`)
  return arrays
}

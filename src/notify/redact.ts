/** Of what a destination says, this much helps and more would only fill a screen. */
const SAID_MAX_LENGTH = 200

/** Control characters, and marks that turn the reading direction. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/**
 * Text from outside (an error, a reply) as it may be kept and shown: without the secrets that it might quote, without
 * control characters, at most 200 UTF-16 units.
 */
export function redacted(text: string, secrets: readonly string[]): string {
  // Before anything is cut or changed: half a secret is no longer recognized.
  const safe = secrets
    .filter(secret => secret !== '')
    .reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text)
  return safe.replace(UNSEEN, ' ').trim().slice(0, SAID_MAX_LENGTH).toWellFormed()
}

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

/** Shorter pieces of a URL are words, not secrets; blanking them would spoil every sentence. */
const URL_SECRET_MIN_LENGTH = 8

/**
 * The parts of a URL that give access to whoever knows them, longest first, as an error or a reply might quote them: of
 * a Slack webhook everything behind the host.
 */
export function urlSecrets(text: string): readonly string[] {
  const url = URL.parse(text)
  if (url === null) return []
  const pieces = [...url.pathname.split('/'), ...url.searchParams.values()]
  return [url.href, `${url.pathname}${url.search}`, url.pathname, ...pieces]
    .filter(piece => piece.length >= URL_SECRET_MIN_LENGTH)
    .toSorted((a, b) => b.length - a.length)
}

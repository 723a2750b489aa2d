/** Panther's limit for a title or dedup string, so that rules carry over; PagerDuty's summary takes 1,024. */
export const TEXT_MAX_LENGTH = 1000

const CUT_MARK = '... (truncated)'

/**
 * What must not reach a screen as it is: control characters, line separators, marks that turn the reading direction
 * (U+202E makes `exe.txt` of `txt.exe`), the byte order mark, and tag characters, which carry text that nobody sees.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu

/** Nothing but printable ASCII, as nearly all texts are: there is nothing to escape, and that is soon seen. */
const PLAIN = /^[ -~]*$/

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text for titles and dedup strings: well-formed, what is unseen shown as an escape (`\u202e`), at most
 * `TEXT_MAX_LENGTH` UTF-16 units with the cut marked at the end.
 */
export function shownText(text: string): string {
  if (text.length <= TEXT_MAX_LENGTH && PLAIN.test(text)) return text
  // Escapes only lengthen, so what is behind the limit can't be needed; this bounds the work on a 16 MB value.
  const bounded = text.length > 2 * TEXT_MAX_LENGTH ? text.slice(0, 2 * TEXT_MAX_LENGTH) : text
  const shown = bounded.toWellFormed().replace(UNSEEN, escapeCharacter)
  if (shown.length <= TEXT_MAX_LENGTH) return shown
  // Cutting may part a surrogate pair; the half that is left is dropped.
  const kept = shown.slice(0, TEXT_MAX_LENGTH - CUT_MARK.length).replace(/[\ud800-\udbff]$/, '')
  return `${kept}${CUT_MARK}`
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16).padStart(4, '0')
  return SHORT_ESCAPES[character] ?? (code > 0xffff ? `\\u{${hex}}` : `\\u${hex}`)
}

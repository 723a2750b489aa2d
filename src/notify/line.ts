/** Control characters and marks that turn the reading direction: they have no business in one line of text. */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g

/** Text of any origin as one line: nothing unseen, at most so many code points. */
export function line(text: string, maxCodePoints: number): string {
  return cut(text.replace(UNSEEN, ' ').trim(), maxCodePoints)
}

/** Cuts by code points, so that no character is parted; an ellipsis says that there was more. */
export function cut(text: string, maxCodePoints: number): string {
  const whole = text.toWellFormed()
  // A code point is one or two UTF-16 units, so this bounds the work on a long text.
  if (whole.length <= maxCodePoints) return whole
  const points = [...whole.slice(0, 2 * maxCodePoints + 2)]
  if (points.length <= maxCodePoints && whole.length <= 2 * maxCodePoints + 2) return whole
  return `${points
    .slice(0, maxCodePoints - 1)
    .join('')
    .toWellFormed()}…`
}

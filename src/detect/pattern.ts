/** Whether a text is what was written, `*` standing for any characters. */
export type Pattern = (text: string) => boolean

/** Every piece between two `*` is sought once behind the one before: linear in the text, whatever the pattern. */
export function patternOf(pattern: string): Pattern {
  const [head = '', ...rest] = pattern.split('*')
  const tail = rest.pop()
  if (tail === undefined) return text => text === pattern
  return text => {
    if (!text.startsWith(head) || !text.endsWith(tail)) return false
    let at = head.length
    for (const piece of rest) {
      const found = text.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return at + tail.length <= text.length
  }
}

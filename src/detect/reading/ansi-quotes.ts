const SHORT: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** The escapes that name a character by its code: octal, `\x`, `\u`, `\U`. */
const CODE = /([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})/y

const CODE_POINT_MAX = 0x10ffff

/**
 * Reads bash's `$'…'` (manual, 3.1.2.4 "ANSI-C Quoting"), in which `\x63` is `c`: a way to write `curl` unseen.
 *
 * @param start  where the text behind the opening quote begins
 * @returns the text meant, and where what follows the closing quote begins; an open quote reaches to the end
 */
export function readAnsiQuoted(line: string, start: number): { readonly text: string; readonly end: number } {
  let text = ''
  let at = start
  while (at < line.length && line.charAt(at) !== "'") {
    const character = line.charAt(at)
    if (character !== '\\' || at + 1 >= line.length) {
      text += character
      at += 1
      continue
    }
    CODE.lastIndex = at + 1
    const code = CODE.exec(line)
    if (code === null) {
      const next = line.charAt(at + 1)
      text += SHORT[next] ?? next
      at += 2
    } else {
      text += characterOf(code)
      at = CODE.lastIndex
    }
  }
  return { text, end: at + 1 }
}

function characterOf([, octal, ...hexadecimal]: RegExpExecArray): string {
  const value =
    octal === undefined
      ? Number.parseInt(hexadecimal.find(digits => digits !== undefined) ?? '', 16)
      : Number.parseInt(octal, 8)
  return value > CODE_POINT_MAX ? '' : String.fromCodePoint(value)
}

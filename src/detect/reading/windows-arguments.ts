/** A Windows command line taken apart as the program itself would see it. */
export interface WindowsWords {
  /** The program as written, without quotes; `''` for an empty line. */
  readonly path: string
  readonly args: readonly string[]
  /** What follows the program, untouched: `cmd` and others read it by rules of their own. */
  readonly rest: string
}

/**
 * Splits a Windows command line by the rules of CommandLineToArgvW (its reference page; Microsoft C "Parsing C command-line
 * arguments"): a quote groups, 2n backslashes before one are n of them, an odd one makes it an ordinary character, and
 * three in a row are one. The program in front has no escapes. Unlike CreateProcess, which looks for files, an unquoted
 * path with blanks is taken up to its `.exe`. An open quote reaches to the end. Linear; never throws.
 *
 * @example windowsWords('"C:\\a b\\x.exe" one "two three" a\\"b').args // ['one', 'two three', 'a"b']
 */
export function windowsWords(line: string): WindowsWords {
  const start = skipBlanks(line, 0)
  const end = programEnd(line, start)
  const path = line.slice(start, end).replaceAll('"', '')
  const rest = line.slice(end)
  return { path, args: argumentsOf(rest), rest }
}

/** A path with blanks that nobody quoted: up to the first `.exe` and its like, when nothing before looks like an option. */
const UNQUOTED_PATH = /^[a-z]:\\[^"/<>|*?\r\n]{0,400}?\.(?:exe|com|bat|cmd|scr|pif)(?=[\s"]|$)/i

function programEnd(line: string, start: number): number {
  if (line.charAt(start) === '"') {
    const close = line.indexOf('"', start + 1)
    return close === -1 ? line.length : close + 1
  }
  const whole = UNQUOTED_PATH.exec(line.slice(start, start + 420))?.[0]
  if (whole !== undefined && !whole.includes(' -')) return start + whole.length
  let end = start
  while (end < line.length && !isBlank(line, end)) {
    // `po"wer"shell`: cmd and the C runtime take quotes anywhere.
    if (line.charAt(end) === '"') {
      const close = line.indexOf('"', end + 1)
      if (close === -1) return line.length
      end = close
    }
    end += 1
  }
  return end
}

/** What follows the first word of a text. */
export function behindFirstWord(text: string): string {
  return text.slice(programEnd(text, skipBlanks(text, 0)))
}

/** The arguments in the text behind a program. */
export function argumentsOf(text: string): readonly string[] {
  const words: string[] = []
  let at = skipBlanks(text, 0)
  while (at < text.length) {
    const word = readWord(text, at)
    words.push(word.text)
    at = skipBlanks(text, word.end)
  }
  return words
}

/** What stands for itself, read at once: without and within quotes. */
const PLAIN_RUN = /[^ \t\r\n"\\]+/y
const QUOTED_RUN = /[^"\\]+/y

function runEnd(text: string, start: number, run: RegExp): number {
  run.lastIndex = start
  return run.test(text) ? run.lastIndex : start
}

function readWord(text: string, start: number): { readonly text: string; readonly end: number } {
  let word = ''
  let at = start
  let quotes = 0
  while (at < text.length && (quotes > 0 || !isBlank(text, at))) {
    const run = runEnd(text, at, quotes > 0 ? QUOTED_RUN : PLAIN_RUN)
    word += text.slice(at, run)
    at = run
    let backslashes = 0
    while (text.charAt(at) === '\\') {
      backslashes += 1
      at += 1
    }
    if (text.charAt(at) !== '"') {
      word += '\\'.repeat(backslashes)
      continue
    }
    word += '\\'.repeat(backslashes >> 1)
    at += 1
    if (backslashes % 2 === 1) word += '"'
    else quotes += 1
    while (text.charAt(at) === '"') {
      at += 1
      quotes += 1
      if (quotes === 3) {
        word += '"'
        quotes = 0
      }
    }
    if (quotes === 2) quotes = 0
  }
  return { text: word, end: at }
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (at < text.length && isBlank(text, at)) at += 1
  return at
}

function isBlank(text: string, at: number): boolean {
  const character = text.charAt(at)
  return character === ' ' || character === '\t' || character === '\r' || character === '\n'
}

/** A word as CommandLineToArgvW reads it back. */
export function quotedForWindows(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&')}"`
}

/**
 * How dpkg and rpm order the parts of their versions. Both take a text apart into runs of digits, which are compared as
 * numbers of any length, and what stands between them.
 */

type Order = -1 | 0 | 1

/**
 * Order of two upstream versions, or two revisions, of Debian packages (deb-version(7), "Sorting algorithm"): letters sort
 * before other characters, `~` before everything, the end of the text too.
 */
export function debianOrder(a: string, b: string): Order {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const difference = debianWeight(a, i) - debianWeight(b, j)
      if (difference !== 0) return difference < 0 ? -1 : 1
      i += 1
      j += 1
    }
    const left = runEnd(a, i, isDigit)
    const right = runEnd(b, j, isDigit)
    const order = numberOrder(a.slice(i, left), b.slice(j, right))
    if (order !== 0) return order
    i = left
    j = right
  }
  return 0
}

function debianWeight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0
  if (text.charAt(at) === '~') return -1
  const code = text.charCodeAt(at)
  return isLetter(text, at) ? code : code + 256
}

/**
 * Order of two versions, or two releases, of RPM packages (rpm-version(7), `rpmvercmp`): separators don't matter, digits
 * sort after letters, `~` before everything, `^` after the end but before more text.
 */
export function rpmOrder(a: string, b: string): Order {
  let i = 0
  let j = 0
  for (;;) {
    i = runEnd(a, i, isSeparator)
    j = runEnd(b, j, isSeparator)
    const marks = markOrder(a.charAt(i), b.charAt(j))
    if (marks === 'same') {
      i += 1
      j += 1
      continue
    }
    if (marks !== 'none') return marks
    if (i >= a.length || j >= b.length) break
    const isOfRun = isDigit(a, i) ? isDigit : isLetter
    const left = runEnd(a, i, isOfRun)
    const right = runEnd(b, j, isOfRun)
    // Kinds that differ: the number is the newer one.
    if (right === j) return isOfRun === isDigit ? 1 : -1
    const [one, other] = [a.slice(i, left), b.slice(j, right)]
    const order = isOfRun === isDigit ? numberOrder(one, other) : textOrder(one, other)
    if (order !== 0) return order
    i = left
    j = right
  }
  return i < a.length ? 1 : j < b.length ? -1 : 0
}

/** What `~` and `^` decide; a text that has ended is `''`. */
function markOrder(a: string, b: string): Order | 'same' | 'none' {
  if (a === '~' || b === '~') return a === b ? 'same' : a === '~' ? -1 : 1
  if (a !== '^' && b !== '^') return 'none'
  if (a === b) return 'same'
  if (a === '') return -1
  if (b === '') return 1
  return a === '^' ? -1 : 1
}

/** Order of two runs of digits as numbers of any length; an empty run is 0. */
export function numberOrder(a: string, b: string): Order {
  const one = a.slice(runEnd(a, 0, isZero))
  const other = b.slice(runEnd(b, 0, isZero))
  if (one.length !== other.length) return one.length < other.length ? -1 : 1
  return textOrder(one, other)
}

export function textOrder(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1
}

function runEnd(text: string, start: number, isOfRun: (text: string, at: number) => boolean): number {
  let at = start
  while (at < text.length && isOfRun(text, at)) at += 1
  return at
}

function isZero(text: string, at: number): boolean {
  return text.charAt(at) === '0'
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 0x30 && code <= 0x39
}

function isLetter(text: string, at: number): boolean {
  const code = text.charCodeAt(at) | 0x20
  return code >= 0x61 && code <= 0x7a
}

function isSeparator(text: string, at: number): boolean {
  const character = text.charAt(at)
  return character !== '~' && character !== '^' && !isDigit(text, at) && !isLetter(text, at)
}

/**
 * JSON numbers lose what a double can't hold: digits of integers above 2^53, and the `.0` of `2.0`. Where osquery is set
 * to send numbers (`logger_numerics`), rows are parsed a second time with their numbers put in quotes, so that columns
 * hold the text that was sent.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Nesting of a row's values within a record, by the member that holds the row; arrays of rows stand one deeper. */
const ROW_DEPTH: Readonly<Record<string, readonly [object: number, array: number]>> = {
  columns: [2, 3],
  decorations: [2, 2],
  snapshot: [2, 3],
  diffResults: [4, 4],
}

/** Whether a record holds JSON numbers whose digits a rule could miss: those of a row, or a 64-bit epoch or counter. */
export function losesDigits(record: unknown): boolean {
  if (typeof record !== 'object' || record === null) return false
  const sent: Partial<Record<string, unknown>> = { ...record }
  if (sent['numerics'] === true || sent['logNumericsAsNumbers'] === true) return true
  if (isUnsafe(sent['epoch']) || isUnsafe(sent['counter'])) return true
  const { columns, snapshot, diffResults } = sent
  if (holdsNumber(firstRow(columns)) || holdsNumber(firstRow(snapshot))) return true
  if (typeof diffResults !== 'object' || diffResults === null) return false
  return Object.values(diffResults).some(rows => holdsNumber(firstRow(rows)))
}

/** All rows of one result have the same columns, so the first stands for them. */
function firstRow(rows: unknown): unknown {
  return Array.isArray(rows) ? rows[0] : rows
}

function holdsNumber(row: unknown): boolean {
  if (typeof row !== 'object' || row === null) return false
  for (const value of Object.values(row)) if (typeof value === 'number') return true
  return false
}

function isUnsafe(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value)
}

/**
 * Puts quotes around the numbers of one record that are values of a row, of the decorations, or of the record itself.
 * Numbers nested deeper stay as they are: such a value is kept as JSON text anyway.
 *
 * @param text  a JSON object that is known to parse
 */
export function quoteNumbers(text: string): string {
  let quoted = ''
  let copied = 0
  let depth = 0
  let rowDepth = 1
  let member = ''
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      if (depth === 1) member = text.slice(at + 1, end)
      at = end
    } else if (code === 0x7b || code === 0x5b) {
      if (depth === 1) rowDepth = ROW_DEPTH[member]?.[code === 0x5b ? 1 : 0] ?? 1
      depth++
    } else if (code === 0x7d || code === 0x5d) depth--
    else if (isNumberStart(code)) {
      const end = endOfNumber(text, at)
      if (depth === 1 || depth === rowDepth) {
        quoted += `${text.slice(copied, at)}"${text.slice(at, end)}"`
        copied = end
      }
      at = end - 1
    }
  }
  return quoted + text.slice(copied)
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE || Number.isNaN(code)) return at
  }
}

function isNumberStart(code: number): boolean {
  return code === 0x2d || (code >= 0x30 && code <= 0x39)
}

function endOfNumber(text: string, from: number): number {
  let at = from + 1
  // Digits, sign, point, exponent (RFC 8259, 6).
  while (at < text.length && '0123456789+-.eE'.includes(text.charAt(at))) at++
  return at
}

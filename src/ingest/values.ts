import { deepJson } from './deep-json.ts'

/**
 * A value as the text that a column holds. osquery's values are strings; numbers come with `logger_numerics`. Null is
 * the empty string, as osquery writes SQL's NULL; objects and arrays, which it never sends, become JSON text.
 */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value === 'object') return jsonOf(value)
  return String(value)
}

function jsonOf(value: object): string {
  try {
    return JSON.stringify(value)
  } catch {
    // Nested too deep for it.
    return deepJson(value)
  }
}

/** A number that came as one or as text, as all scalars did up to osquery 3.1; null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** The entries of a list of rows: a single row is a list of one, an empty list may be written `""`. Null when it is neither. */
export function rowsOf(value: unknown): readonly object[] | null {
  if (value === '' || value === null || value === undefined) return []
  if (typeof value !== 'object') return null
  if (!Array.isArray(value)) return [value]
  return value.every(isRow) ? value : null
}

function isRow(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

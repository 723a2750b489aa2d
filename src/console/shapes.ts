import * as z from 'zod'
import { REFUSAL_CODES } from './reply.ts'

/** A moment in replies: ISO 8601 in UTC, with milliseconds. */
export const moment = z.string().meta({ format: 'date-time' })

/** JSON that somebody else shaped: a context, an event, enrollment details. */
export const openObject = z.record(z.string(), z.unknown())

/** A list and where it goes on. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() })
}

/** What every refusal looks like. */
export const refusalShape = z.object({
  error: z.object({ code: z.enum(REFUSAL_CODES), message: z.string(), field: z.string().optional() }),
})

/** The largest time that a Date can hold, ms since the epoch (ECMA-262, 21.4.1.1). */
const MAX_TIME = 8.64e15

/** Milliseconds since the epoch as a moment. */
export function momentOf(ms: number): string {
  return new Date(Math.max(-MAX_TIME, Math.min(MAX_TIME, ms))).toISOString()
}

/** The same for columns that may be empty. */
export function momentOrNull(ms: number | null): string | null {
  return ms === null ? null : momentOf(ms)
}

/** JSON of ours from a column; `{}` when it is no object, so that one bad row never costs a list. */
export function objectOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import * as z from 'zod'
import { shownText } from '../detect/text.ts'

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 200
/** A cursor is the position of a row: a time and an id. */
const CURSOR_MAX_CHARACTERS = 300

/** How many items a list answers at most. */
const limit = z.coerce
  .number({ error: `must be a whole number from 1 to ${LIMIT_MAX}` })
  .int(`must be a whole number from 1 to ${LIMIT_MAX}`)
  .min(1, `must be a whole number from 1 to ${LIMIT_MAX}`)
  .max(LIMIT_MAX, `must be a whole number from 1 to ${LIMIT_MAX}`)
  .default(LIMIT_DEFAULT)
  .meta({ description: 'How many items at most.' })

/** `next_cursor` of the page before. */
const cursor = z
  .string()
  .min(1)
  .max(CURSOR_MAX_CHARACTERS)
  .optional()
  .meta({ description: 'next_cursor of the page before; absent for the first page.' })

/** A moment: ISO 8601 with offset, or milliseconds since the epoch. Parsed to the latter. */
export const time = z
  .union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{1,15}$/)], {
    error: 'must be a time like 2026-01-31T12:00:00Z, or milliseconds since the epoch',
  })
  .transform(text => (/^\d+$/.test(text) ? Number(text) : Date.parse(text)))
  .meta({ description: 'ISO 8601 with offset, or milliseconds since the epoch.' })

/** A name that a filter compares with: shown characters, no longer than any name we store. */
export const name = z.string().min(1).max(256)

/** Ids of ours: hosts, alerts, deliveries, quarantine. */
export const id = z.string().regex(/^[A-Za-z0-9._:-]{1,256}$/, 'is not an id')

/** Parameters of every list. */
export const paging = { limit, cursor }

const BY_MAX_CHARACTERS = 100

/** Who does it, in the body of a change. */
export const by = z
  .string()
  .min(1)
  .max(BY_MAX_CHARACTERS)
  .transform(shownText)
  .default('api')
  .meta({ description: 'Who does it, for the timeline.' })

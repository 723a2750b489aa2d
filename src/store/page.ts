/** One page of a list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Hand it back to get the next page; null at the end. */
  readonly nextCursor: string | null
}

/** Where a page ended: the sort time (ms since the epoch) and the id of its last row. */
export interface Position {
  readonly time: number
  readonly id: string
}

/** Stands before every row: no time is later. */
const BEGINNING: Position = { time: Number.MAX_SAFE_INTEGER, id: '' }

/**
 * Reads a cursor. It holds no secret and grants nothing, so it is plain text: `<time>.<id>`.
 * @returns the beginning for null, and null for text that is not a cursor
 */
export function positionOf(cursor: string | null): Position | null {
  if (cursor === null) return BEGINNING
  const parts = /^(\d{1,16})\.(.{1,256})$/s.exec(cursor)
  if (parts === null) return null
  const [, time = '', id = ''] = parts
  return { time: Number(time), id }
}

/**
 * Makes a page of rows that were read with one more than asked for.
 * @param rows  up to `limit + 1` rows
 */
export function pageOf<Item>(
  rows: readonly Item[],
  limit: number,
  position: (item: Item) => Position,
): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null }
  const { time, id } = position(last)
  return { items, nextCursor: `${time}.${id}` }
}

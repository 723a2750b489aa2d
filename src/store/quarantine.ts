import { createHash } from 'node:crypto'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { countNewRejections, minuteOf } from './counters.ts'
import { withoutSecrets } from './without-secrets.ts'

/**
 * What can't be processed is kept here, with its reason, instead of being refused: a host sends a refused post again for
 * ever and its other lines wait behind it.
 *
 * The bytes lie in R2 under `quarantine/<day>/`, the rows in D1. The log route must not depend on D1: it leaves a note
 * in `quarantine-inbox/` beside the bytes, and `indexQuarantine` makes rows of the notes.
 */
const BYTES_PREFIX = 'quarantine/'
const INBOX_PREFIX = 'quarantine-inbox/'

/** Records of one post that are kept singly. If more are bad, quarantine the whole post as one item. */
export const QUARANTINE_RECORDS_MAX = 500
/** Notes turned into rows by one run; R2 lists and deletes at most 1,000 in one call. */
const INDEXED_PER_RUN = 500
const DETAIL_MAX_CHARACTERS = 300
const ID_HASH_CHARACTERS = 32

/** Something to be kept: a whole post, or one of its records. */
export interface QuarantineItem {
  /** Null when no node key told whose it is. */
  readonly hostId: HostId | null
  /** A short word to count and to group by: `not_json`, `over_cap`, … */
  readonly reason: string
  /** What exactly is wrong, in words; never a secret. Cut at 300 characters. */
  readonly detail: string
  /** Index of the record in its post, from 0; null for a whole post. */
  readonly position: number | null
  /** What is kept; of a large post only the beginning. */
  readonly bytes: Uint8Array
  /** How large it was when it came; the length of `bytes` when left out. */
  readonly byteCount?: number
  /** When the post was received: milliseconds since the epoch. */
  readonly at: number
}

/** A row of the table `quarantine`. */
export interface QuarantineRow {
  /** Begins with the day; the same bytes of the same host for the same reason have the same id all day, apart from the number of its occurrence within the post. */
  readonly quarantineId: string
  readonly quarantinedAt: number
  readonly hostId: HostId | null
  readonly reason: string
  readonly detail: string
  readonly position: number | null
  readonly byteCount: number
  readonly r2Key: string
}

/**
 * Stores the bytes in R2: each whole post as it came, records together as one object of JSON lines (`id`, `position`,
 * `reason` and `text`, or `base64` when it isn't UTF-8). Node keys and enroll secrets in the bytes are blanked. Repeating
 * it writes the same objects.
 *
 * @param items  at most `QUARANTINE_RECORDS_MAX`
 * @returns the rows to insert with `insertQuarantine`
 * @throws what R2 throws; RangeError for too many items
 */
export async function putQuarantine(
  world: Pick<World, 'bucket'>,
  items: readonly QuarantineItem[],
): Promise<QuarantineRow[]> {
  if (items.length > QUARANTINE_RECORDS_MAX) throw new RangeError('too many items: quarantine the whole post')
  const kept = identified(items)
  const records = kept.filter(({ position }) => position !== null)
  const recordsKey = await putRecords(world.bucket, records)
  const rows: QuarantineRow[] = []
  for (const item of kept) {
    const r2Key = item.position === null ? await putPost(world.bucket, item) : recordsKey
    rows.push({
      quarantineId: item.id,
      quarantinedAt: item.at,
      hostId: item.hostId,
      reason: item.reason,
      detail: item.detail.slice(0, DETAIL_MAX_CHARACTERS),
      position: item.position,
      byteCount: item.byteCount ?? item.bytes.length,
      r2Key,
    })
  }
  return rows
}

/** Inserts rows; one that is there already stays as it is. */
export function insertQuarantine(db: D1Database, rows: readonly QuarantineRow[]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO quarantine (quarantine_id, quarantined_at, host_id, reason, detail, position, byte_count, r2_key)
       SELECT value->>'quarantineId', value->>'quarantinedAt', value->>'hostId', value->>'reason', value->>'detail',
         value->>'position', value->>'byteCount', value->>'r2Key'
       FROM json_each(?1) WHERE true
       ON CONFLICT DO NOTHING`,
    )
    .bind(JSON.stringify(rows))
}

/**
 * Keeps one post without D1: its bytes, then a note for `indexQuarantine`. Durable when it returns.
 * @throws what R2 throws
 */
export async function putQuarantineUnindexed(
  world: Pick<World, 'bucket'>,
  item: QuarantineItem,
): Promise<void> {
  for (const row of await putQuarantine(world, [item])) {
    // R2 takes only ASCII in metadata; everything but the detail is ASCII anyway.
    const note = JSON.stringify({ ...row, detail: row.detail.replaceAll(/[^\x20-\x7e]/g, '?') })
    await world.bucket.put(INBOX_PREFIX + row.quarantineId, '', { customMetadata: { row: note } })
  }
}

/**
 * Makes rows of the notes that the log route left, counts what is new as rejected, then removes the notes. Repeating it
 * adds nothing; what one run leaves over the next one takes.
 * @returns the rows that are new
 * @throws what D1 or R2 throw; nothing is lost then
 */
export async function indexQuarantine(
  world: Pick<World, 'bucket' | 'db' | 'log' | 'now'>,
): Promise<QuarantineRow[]> {
  const { objects } = await world.bucket.list({
    prefix: INBOX_PREFIX,
    limit: INDEXED_PER_RUN,
    include: ['customMetadata'],
  })
  if (objects.length === 0) return []
  const rows = objects.flatMap(object => noted(object, world) ?? [])
  const { results } = await world.db
    .prepare('SELECT quarantine_id FROM quarantine WHERE quarantine_id IN (SELECT value FROM json_each(?1))')
    .bind(JSON.stringify(rows.map(row => row.quarantineId)))
    .all<{ quarantine_id: string }>()
  const known = new Set(results.map(row => row.quarantine_id))
  if (rows.length > 0) {
    const minute = minuteOf(world.now())
    const counted = rows.map(({ quarantineId, reason }) => ({ quarantineId, minute, reason, records: 1 }))
    await world.db.batch([countNewRejections(world.db, counted), insertQuarantine(world.db, rows)])
  }
  await world.bucket.delete(objects.map(({ key }) => key))
  return rows.filter(row => !known.has(row.quarantineId))
}

function noted(object: R2Object, world: Pick<World, 'log'>): QuarantineRow | null {
  try {
    // Written by putQuarantineUnindexed; anything else fails to parse or is refused by the table.
    const row = JSON.parse(object.customMetadata?.['row'] ?? '') as QuarantineRow
    if (typeof row.quarantineId === 'string' && typeof row.r2Key === 'string') return row
  } catch {
    // Reported below: nobody but Margay writes under this prefix.
  }
  world.log('quarantine_note_unreadable', { key: object.key })
  return null
}

/** Gives each item its id; the same again within one post gets a number behind it, so that each counts. */
function identified(items: readonly QuarantineItem[]): (QuarantineItem & { readonly id: string })[] {
  const seen = new Map<string, number>()
  return items.map(item => {
    const hash = quarantineId(item)
    const times = seen.get(hash) ?? 0
    seen.set(hash, times + 1)
    return { ...item, id: times === 0 ? hash : `${hash}-${times}` }
  })
}

/** Day, then a hash of whose, why and what. The day keeps ids in order and lets tomorrow's repetition be seen. */
function quarantineId({ hostId, reason, bytes, byteCount = bytes.length, at }: QuarantineItem): string {
  const hash = createHash('sha256')
    .update(`${hostId ?? ''}\n${reason}\n${byteCount}\n`)
    .update(bytes)
  return `${dayOf(at).replaceAll('-', '')}-${hash.digest('hex').slice(0, ID_HASH_CHARACTERS)}`
}

async function putPost(bucket: R2Bucket, item: QuarantineItem & { readonly id: string }): Promise<string> {
  const key = `${BYTES_PREFIX}${dayOf(item.at)}/${item.id}`
  await bucket.put(key, withoutSecrets(item.bytes), { customMetadata: metadataOf(item) })
  return key
}

async function putRecords(
  bucket: R2Bucket,
  records: readonly (QuarantineItem & { readonly id: string })[],
): Promise<string> {
  const [first] = records
  if (first === undefined) return ''
  const name = createHash('sha256')
    .update(records.map(({ id }) => id).join())
    .digest('hex')
  const key = `${BYTES_PREFIX}${dayOf(first.at)}/${name.slice(0, ID_HASH_CHARACTERS)}.ndjson`
  const lines = records.map(({ id, position, reason, bytes }) =>
    JSON.stringify({ id, position, reason, ...textOf(withoutSecrets(bytes)) }),
  )
  await bucket.put(key, `${lines.join('\n')}\n`, {
    httpMetadata: { contentType: 'application/x-ndjson' },
    customMetadata: metadataOf(first),
  })
  return key
}

/** R2 takes 8,192 bytes of metadata; these stay far below. */
function metadataOf({ hostId, reason, bytes, byteCount }: QuarantineItem): Record<string, string> {
  return { host: hostId ?? '', reason, bytes: String(byteCount ?? bytes.length) }
}

function textOf(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) }
  } catch {
    return { base64: btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')) }
  }
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

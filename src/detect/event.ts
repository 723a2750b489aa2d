/**
 * The normalized event: what a rule sees, what D1 and the lake keep.
 *
 * Names are osquery's own for what osquery sent, and carry the prefix `p_` (Panther's convention, so that rules and
 * SQL written for it read alike) for what Margay adds.
 */

declare const brand: unique symbol
type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/** The enrolled host, as proven by its node key. Never taken from the body of a post. */
export type HostId = Branded<string, 'HostId'>
/** Deterministic and sortable id of one event; see `src/ingest/row-id.ts`. */
export type RowId = Branded<string, 'RowId'>

/** What is known of an enrolled host beyond the event: from its row, or from the event itself when there is none. */
export interface HostFacts {
  readonly id: HostId
  /** The name people know it by: hostname at enrollment, else what the host calls itself. */
  readonly name: string
  /** osquery's platform word (`ubuntu`, `darwin`, `windows`, …), or empty. */
  readonly platform: string
  readonly tags: readonly string[]
}

/** The four shapes in which osquery logs; see docs/storage.md. */
export type LogType = 'Osquery.Differential' | 'Osquery.Batch' | 'Osquery.Snapshot' | 'Osquery.Status'

export const LOG_TYPES = [
  'Osquery.Differential',
  'Osquery.Batch',
  'Osquery.Snapshot',
  'Osquery.Status',
] as const satisfies readonly LogType[]

/** Column or decoration values: always strings, as osquery's own tables give them. Has no prototype but defaults. */
export type Row = Readonly<Record<string, string>>

export interface OsqueryEvent {
  /** Query name as the host sent it; empty for status lines. */
  readonly name: string
  /** What the host calls itself; a claim, not an identity. */
  readonly hostIdentifier: string
  /** As sent; display text only, many spellings exist. */
  readonly calendarTime: string
  /** Seconds since the epoch as sent, or null when absent or not a number. */
  readonly unixTime: number | null
  /** `--schedule_epoch` as decimal text (64 bits), empty when absent. */
  readonly epoch: string
  /** Run counter as decimal text: "0" is a first full result. Empty when absent. */
  readonly counter: string
  /** `added`, `removed`, `snapshot`, or whatever was sent; empty for status lines. */
  readonly action: string
  /** One result row, or null for status lines and for snapshots that found nothing. */
  readonly columns: Row | null
  readonly decorations: Row
  /** Status lines only: 0 INFO, 1 WARNING, 2 ERROR, 3 FATAL. */
  readonly severity?: number
  readonly filename?: string
  readonly line?: number
  readonly message?: string
  readonly version?: string
  /** Top-level keys that are none of osquery's own: text as is, anything else as JSON text. */
  readonly extra: Row

  readonly p_log_type: LogType
  readonly p_row_id: RowId
  /** Milliseconds since the epoch: `unixTime` when sane, else `calendarTime`, else the time of receipt. */
  readonly p_event_time: number
  /** Milliseconds since the epoch at which Margay received the post. */
  readonly p_parse_time: number
  readonly p_host_id: HostId
  /** Pack the query belongs to, or empty. */
  readonly p_pack: string
  /** Query name without pack and delimiter, or the whole name. */
  readonly p_query: string
  /** osquery table that the row comes from, or empty when it can't be told. */
  readonly p_table: string
  /** Oddities worth seeing: see `Flag`. Empty for almost all events. */
  readonly p_flags: readonly Flag[]

  readonly p_any_ip_addresses: readonly string[]
  readonly p_any_domain_names: readonly string[]
  readonly p_any_md5_hashes: readonly string[]
  readonly p_any_sha1_hashes: readonly string[]
  readonly p_any_sha256_hashes: readonly string[]
  readonly p_any_usernames: readonly string[]
  readonly p_any_emails: readonly string[]
  readonly p_any_urls: readonly string[]
  readonly p_any_mac_addresses: readonly string[]
}

/**
 * - `time_disagrees`: unixTime and calendarTime differ by more than five minutes
 * - `time_received`: neither could be used, p_event_time is the time of receipt
 * - `text_repaired`: invalid UTF-8 was replaced or NUL removed
 * - `duplicate_in_post`: an identical line stood earlier in the same post
 * - `host_disagrees`: the line names another host than the one that the node key proves; it is kept as the latter's
 * - `cut_in_hot_store`: too large for a D1 row, so texts and lists were cut there; the lake has the whole event
 */
export type Flag =
  | 'time_disagrees'
  | 'time_received'
  | 'text_repaired'
  | 'duplicate_in_post'
  | 'host_disagrees'
  | 'cut_in_hot_store'

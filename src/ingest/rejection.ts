/** Why something could not become events. Kept with the bytes in quarantine, so the words are stored data: don't rename. */
export type RejectReason =
  /** Not gzip, or damaged gzip; whatever was inflated before the damage is still used. */
  | 'broken_gzip'
  /** The post inflates beyond the cap, or like a bomb. */
  | 'too_large'
  /** The body is not a JSON object with a `data` member, or not JSON at all. */
  | 'no_data'
  /** One record is not valid JSON, or the post ends within it. */
  | 'not_json'
  /** One record is over `MAX_RECORD_BYTES`, `MAX_RECORD_VALUES` or `MAX_ROWS_PER_RECORD`. */
  | 'record_too_large'
  /** Valid JSON, but not an object. */
  | 'not_an_object'
  /** An object with nothing of an osquery log line in it. */
  | 'not_a_log_line'

/** What was set aside while the rest of the post went on. */
export interface Rejection {
  readonly reason: RejectReason
  /** A sentence for the operator; holds nothing of the content. */
  readonly detail: string
  /** Index within `data`, or null when it concerns the post as a whole. */
  readonly position: number | null
  /** At most the first `MAX_REJECTION_BYTES` of what was rejected. */
  readonly bytes: Uint8Array
}

import type { Engine } from '../detect/engine.ts'
import type { HostId, OsqueryEvent } from '../detect/event.ts'
import type { Routing } from '../detect/routing.ts'
import type { SnapshotQueries } from '../staleness/snapshot-queries.ts'
import type { RejectReason } from './rejection.ts'

/** Where a post came from: what its events can't say of themselves. */
export interface PostOrigin {
  readonly hostId: HostId
  /** Milliseconds since the epoch, by the Worker's clock. */
  readonly receivedAt: number
  /** What the host calls itself, by its enrollment. Unknown when left out or empty: then no line is held against it. */
  readonly names?: readonly string[]
}

/** Turns the records of one post into events, in the order of the post: repeated lines are told apart by it. */
export interface PostNormalizer {
  /**
   * Adds the events of one record to `out`.
   * @param repaired  whether its text had to be mended
   * @returns why the record can't become events, or null
   */
  add(record: unknown, repaired: boolean, out: OsqueryEvent[]): RejectReason | null
}

export interface Normalizer {
  post(origin: PostOrigin): PostNormalizer
}

/** What the consumer does with events, made once for each isolate from the registry of rules and packs. */
export interface Detection {
  readonly normalizer: Normalizer
  readonly engine: Engine
  readonly routing: Routing
  /** Queries whose silence is judged, so their rows are noted. None when left out. */
  readonly snapshots?: SnapshotQueries
}

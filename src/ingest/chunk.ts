import type { HostId, OsqueryEvent, RowId } from '../detect/event.ts'
import type { LogContact, Pulse } from '../staleness/vitals.ts'
import type { Channel, Touch } from '../store/hosts.ts'
import { hotEvent } from '../store/hot-event.ts'
import type { QuarantineItem } from '../store/quarantine.ts'

/**
 * Events committed together: those of a hundred ordinary posts, so that a full queue batch makes one lake segment for
 * each kind of line. Three megabytes of JSON are some thirty of memory with all that is made of them.
 */
const CHUNK_MAX_EVENTS = 3_000
const CHUNK_MAX_CHARS = 3 * 1024 * 1024
/** Rejected records committed together; a post brings 500 at most, so a chunk ends below 1,500. */
const CHUNK_MAX_REJECTIONS = 1_000

/** An event with the JSON that D1 keeps of it. */
export interface ChunkEvent {
  readonly event: OsqueryEvent
  readonly json: string
}

/** What one post has for quarantine: at least one item. */
export interface ChunkRejections {
  readonly items: readonly QuarantineItem[]
  /** Records by reason when one item stands for many of them; null when each item is one record or post. */
  readonly counts: ReadonlyMap<string, number> | null
}

/** One post's beginning, by which it is counted: the id of its first event, or what it has instead of events. */
export interface ChunkPost {
  readonly receivedAt: number
  readonly bytes: number
  readonly first: RowId | ChunkRejections
}

/** The pulses of one host that were received at one time. */
export interface ChunkPulses extends LogContact {
  readonly hostId: HostId
}

/** What is written in one transaction: the events of several posts, or a part of those of one. */
export class Chunk {
  readonly events = new Map<RowId, ChunkEvent>()
  readonly posts: ChunkPost[] = []
  readonly rejections: ChunkRejections[] = []
  /** Minutes (since the epoch) of receipt of pointers whose post was processed before. */
  readonly missingPosts: number[] = []

  #chars = 0
  #rejections = 0
  readonly #touches = new Map<string, Touch>()
  readonly #pulses = new Map<string, ChunkPulses & { readonly pulses: Pulse[] }>()

  get isFull(): boolean {
    return (
      this.events.size >= CHUNK_MAX_EVENTS ||
      this.#chars >= CHUNK_MAX_CHARS ||
      this.#rejections >= CHUNK_MAX_REJECTIONS
    )
  }

  get isEmpty(): boolean {
    return (
      this.events.size === 0 &&
      this.posts.length === 0 &&
      this.rejections.length === 0 &&
      this.missingPosts.length === 0 &&
      this.#touches.size === 0
    )
  }

  /** Signs of life, one for each host and channel. */
  get touches(): Touch[] {
    return [...this.#touches.values()]
  }

  /** What hosts said of themselves by the heartbeat query, by host and time of receipt. */
  get pulses(): readonly ChunkPulses[] {
    return [...this.#pulses.values()]
  }

  /** Adds an event. One that is there already, from a post sent twice, stays as it is. */
  addEvent(event: OsqueryEvent): void {
    if (this.events.has(event.p_row_id)) return
    const { json, wholeChars } = hotEvent(event)
    this.events.set(event.p_row_id, { event, json })
    this.#chars += wholeChars
  }

  addRejections(rejections: ChunkRejections): void {
    this.rejections.push(rejections)
    this.#rejections += rejections.items.length
  }

  addPulse(hostId: HostId, receivedAt: number, pulse: Pulse): void {
    const key = `${receivedAt} ${hostId}`
    const known = this.#pulses.get(key)
    if (known === undefined) this.#pulses.set(key, { hostId, receivedAt, pulses: [pulse] })
    else known.pulses.push(pulse)
  }

  touch(hostId: HostId, channel: Channel, at: number): void {
    const key = `${channel} ${hostId}`
    const known = this.#touches.get(key)
    if (known === undefined || known.at < at) this.#touches.set(key, { hostId, channel, at })
  }
}

import type { HostId } from '../detect/event.ts'
import { isSpoolKey } from '../store/spool.ts'
import type { IngestMessage } from './message.ts'

/** A message understood, or why not. */
export type ReadMessage =
  | { readonly ok: true; readonly message: IngestMessage }
  | { readonly ok: false; readonly detail: string }

/** The version that this code writes. A message of another one was sent by newer code, or is none of ours. */
const VERSION = 1
const MAX_ID_CHARS = 1_024

/** Reads what the queue brought. Never throws, whatever it is: messages outlive deploys, and queues can be written by hand. */
export function readMessage(body: unknown): ReadMessage {
  if (typeof body !== 'object' || body === null) return refused('not an object')
  const { v, kind, postId, hostId, receivedAt, gzip, key } = body as Partial<Record<string, unknown>> // any object is that
  if (v !== VERSION) return refused(`version ${typeof v === 'number' ? v : typeof v} is not known here`)
  if (!isId(postId)) return refused('postId is missing or not a text')
  if (!isId(hostId)) return refused('hostId is missing or not a text')
  if (typeof receivedAt !== 'number' || !isTime(receivedAt))
    return refused('receivedAt is missing or not a time')
  const post = { v: VERSION, postId, hostId: hostId as HostId, receivedAt } as const // the log route proved the id
  if (kind === 'inline' && gzip instanceof Uint8Array) return { ok: true, message: { ...post, kind, gzip } }
  if (kind === 'spooled' && isId(key) && isSpoolKey(key)) return { ok: true, message: { ...post, kind, key } }
  return refused('neither an inline nor a spooled post')
}

function refused(detail: string): ReadMessage {
  return { ok: false, detail }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_CHARS
}

/** A time that Date and the row ids can take. */
function isTime(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15
}

import type { AlertWakeUp } from '../alerts/wake-up.ts'
import type { World } from '../env.ts'
import { addToCounters, countNewRejections, minuteOf } from '../store/counters.ts'
import { insertQuarantine, putQuarantine, type QuarantineItem } from '../store/quarantine.ts'
import { deleteSpool } from '../store/spool.ts'
import { jitter } from './jitter.ts'
import type { IngestMessage } from './message.ts'
import { poisonItem } from './poison.ts'
import { bytesOf, sealedBytes } from './post-bytes.ts'
import { readMessage } from './read-message.ts'

/** What ended in a dead-letter queue has been tried for hours: there is no hurry, and D1 may still be down. */
const RETRY_MIN_SECONDS = 60
const RETRY_MAX_SECONDS = 600

const REASON = 'dead_letter'
const DETAIL = 'could not be stored, however often it was tried'

/**
 * Consumes posts that ran out of retries: the bytes go to quarantine, for a person to look at and to send in again.
 * Each message for itself; one whose bytes can't be kept now comes again. Never throws.
 */
export async function consumeIngestDead(
  batch: Pick<MessageBatch<IngestMessage>, 'messages'>,
  world: World,
): Promise<void> {
  for (const message of batch.messages) {
    try {
      await keepDeadPost(world, message)
      message.ack()
    } catch (error) {
      retryLater(world, message, error)
    }
  }
}

/**
 * Consumes wake-ups that ran out of retries. The delivery they name is safe in D1, where the sweeper finds it; that its
 * wake-up was lost says that the consumer fails, so it is counted and logged. Never throws.
 */
export async function consumeAlertsDead(
  batch: Pick<MessageBatch<AlertWakeUp>, 'messages'>,
  world: World,
): Promise<void> {
  const { messages } = batch
  const [first] = messages
  if (first === undefined) return
  try {
    const lost = {
      minute: minuteOf(world.now()),
      name: 'dead_letters',
      label: '',
      value: messages.length,
    } as const
    await addToCounters(world.db, [lost]).run()
    world.log('dead_letters', { queue: 'alerts-dead', messages: messages.length })
    for (const message of messages) message.ack()
  } catch (error) {
    for (const message of messages) retryLater(world, message, error)
  }
}

async function keepDeadPost(world: World, message: Message<IngestMessage>): Promise<void> {
  const { item, spoolKey } = await deadItem(world, message)
  if (item !== null) {
    const rows = await putQuarantine(world, [item])
    await world.db.batch([
      countNewRejections(
        world.db,
        rows.map(({ quarantineId }) => ({
          quarantineId,
          // Its receipt is hours ago; who watches the last minutes must see it.
          minute: minuteOf(world.now()),
          reason: REASON,
          records: 1,
        })),
      ),
      insertQuarantine(world.db, rows),
    ])
    world.log('dead_letters', {
      queue: 'ingest-dead',
      messages: 1,
      host: item.hostId,
      bytes: item.bytes.byteLength,
    })
  }
  if (spoolKey !== null) await deleteSpool(world.bucket, [spoolKey])
}

/** What is left of a message: nothing when its spooled bytes are gone, for then they were stored after all. */
async function deadItem(
  world: World,
  message: Message<IngestMessage>,
): Promise<{ item: QuarantineItem | null; spoolKey: string | null }> {
  const read = readMessage(message.body)
  if (!read.ok) return { item: await poisonItem(message, REASON, read.detail), spoolKey: null }
  const post = read.message
  const spoolKey = post.kind === 'spooled' ? post.key : null
  const bytes = await bytesOf(world.bucket, post)
  if (bytes === null) return { item: null, spoolKey: null }
  const item = {
    hostId: post.hostId,
    reason: REASON,
    detail: DETAIL,
    position: null,
    bytes: await sealedBytes(bytes),
    byteCount: bytes.gzip.byteLength,
    at: post.receivedAt,
  }
  return { item, spoolKey }
}

function retryLater(world: World, message: Message<unknown>, error: unknown): void {
  world.log('dead_letter_failed', { error: error instanceof Error ? error.message.slice(0, 200) : 'unknown' })
  const spread = RETRY_MAX_SECONDS - RETRY_MIN_SECONDS + 1
  message.retry({ delaySeconds: RETRY_MIN_SECONDS + jitter(world, spread) })
}

import type { World } from '../env.ts'
import { isConflict } from '../store/assertion.ts'
import { deleteSpool } from '../store/spool.ts'
import { type KnownHosts, NO_HOSTS, readKnownHosts } from '../store/vitals.ts'
import { canaryOf, passCanary } from './canary.ts'
import { Chunk } from './chunk.ts'
import { commitChunk } from './commit.ts'
import type { Detection } from './detection.ts'
import { jitter } from './jitter.ts'
import type { IngestMessage } from './message.ts'
import { poisonItem } from './poison.ts'
import { readMessage } from './read-message.ts'
import { takePost } from './take-post.ts'

/** A batch of the INGEST queue as far as the consumer cares. */
export type IngestBatch = Pick<MessageBatch<IngestMessage>, 'messages'>
type IngestQueueMessage = IngestBatch['messages'][number]

/**
 * When a message comes again after D1 or R2 failed. With 100 retries (wrangler.toml) an outage may last more than two
 * hours, on average, before messages end in the dead-letter queue, which keeps them too.
 */
const RETRY_MIN_SECONDS = 15
const RETRY_MAX_SECONDS = 120

/** Before the second try: most faults of D1 pass within a second, and R2 takes one write a second for one key. */
const SECOND_TRY_WAIT_MS = 1_000
/** After so many failures in a row the second try is given up: the fault is not in the messages. */
const OUTAGE_FAILURES = 2

/**
 * Consumes posts: every record becomes events or goes to quarantine, and what is stored is acknowledged. A message is
 * acknowledged only when all of it is committed; the others come again after a while. Never throws.
 *
 * Messages share transactions. When one fails, what is not yet committed is tried once more, each message alone: so a
 * passing fault is mended at once, and a message that can't be committed, whatever the reason, costs its neighbours
 * nothing.
 */
export async function consumeIngest(batch: IngestBatch, world: World, detection: Detection): Promise<void> {
  const canaries: IngestMessage[] = []
  const posts: IngestQueueMessage[] = []
  for (const message of batch.messages) {
    const canary = canaryOf(message.body)
    if (canary === null) posts.push(message)
    else {
      canaries.push(canary)
      // One that is lost is missed within minutes, and by then another says more.
      message.ack()
    }
  }
  await consumePosts(posts, world, detection)
  for (const canary of canaries) await passCanary(world, detection, canary)
}

async function consumePosts(
  posts: readonly IngestQueueMessage[],
  world: World,
  detection: Detection,
): Promise<void> {
  const { unfinished } = await consumeTogether(posts, world, detection)
  if (unfinished.length === 0) return
  await world.sleep(SECOND_TRY_WAIT_MS + jitter(world, SECOND_TRY_WAIT_MS))
  const contested = new Set<string>()
  let failures = 0
  for (const message of unfinished) {
    const isLeft = failures >= OUTAGE_FAILURES || contested.has(hostOf(message))
    const alone = isLeft ? null : await consumeTogether([message], world, detection)
    if (alone?.unfinished.length === 0) {
      failures = 0
      continue
    }
    // Who lost a race was answered: what one host contends for says nothing of the others.
    if (alone?.isConflict === true) contested.add(hostOf(message))
    else if (alone !== null) failures += 1
    const spread = RETRY_MAX_SECONDS - RETRY_MIN_SECONDS + 1
    message.retry({ delaySeconds: RETRY_MIN_SECONDS + jitter(world, spread) })
  }
}

/** The host of a message, or its own id when it can't be read. */
function hostOf({ id, body }: IngestQueueMessage): string {
  const content = readMessage(body)
  return content.ok ? content.message.hostId : id
}

interface Consumed {
  /** Unacknowledged. */
  readonly unfinished: readonly IngestQueueMessage[]
  /** Others were quicker each time, with the same hosts or alerts. */
  readonly isConflict: boolean
}

/** Consumes messages up to the first failure. */
async function consumeTogether(
  messages: readonly IngestQueueMessage[],
  world: World,
  detection: Detection,
): Promise<Consumed> {
  const committer = new Committer(world, detection)
  let lostRace = false
  try {
    await committer.consume(messages)
  } catch (error) {
    lostRace = isConflict(error)
    world.log('ingest_failed', {
      messages: messages.length,
      attempts: messages[0]?.attempts ?? 0,
      error: error instanceof Error ? error.message.slice(0, 200) : 'unknown',
    })
  }
  return {
    unfinished: messages.filter(message => !committer.committed.has(message)),
    isConflict: lostRace,
  }
}

/** One way through some messages: fills chunks, commits the full ones, acknowledges what is complete. */
class Committer {
  readonly committed = new Set<IngestQueueMessage>()

  readonly #world: World
  readonly #detection: Detection
  #known: KnownHosts = NO_HOSTS
  #chunk = new Chunk()
  /** Messages whose last part lies in the current chunk, with the key of their spooled bytes. */
  #complete: { readonly message: IngestQueueMessage; readonly spoolKey: string | null }[] = []

  constructor(world: World, detection: Detection) {
    this.#world = world
    this.#detection = detection
  }

  async consume(messages: readonly IngestQueueMessage[]): Promise<void> {
    const read = messages.map(message => ({ message, content: readMessage(message.body) }))
    const ids = read.flatMap(({ content }) => (content.ok ? [content.message.hostId] : []))
    this.#known = await readKnownHosts(this.#world.db, [...new Set(ids)])
    for (const { message, content } of read) {
      if (content.ok) await this.#consumePost(message, content.message)
      else {
        const item = await poisonItem(message, 'poison_message', content.detail)
        this.#chunk.addRejections({ items: [item], counts: null })
        this.#complete.push({ message, spoolKey: null })
      }
      if (this.#chunk.isFull) await this.#commit()
    }
    await this.#commit()
  }

  async #consumePost(message: IngestQueueMessage, post: IngestMessage): Promise<void> {
    const host = this.#known.byId.get(post.hostId) ?? null
    const steps = takePost(this.#world, this.#detection.normalizer, post, host, () => this.#chunk)
    for await (const _filled of steps) await this.#commit()
    this.#complete.push({ message, spoolKey: post.kind === 'spooled' ? post.key : null })
  }

  async #commit(): Promise<void> {
    const complete = this.#complete
    this.#known = await commitChunk(this.#world, this.#detection, this.#known, this.#chunk)
    this.#chunk = new Chunk()
    this.#complete = []
    await this.#removeSpooled(complete.flatMap(({ spoolKey }) => spoolKey ?? []))
    for (const { message } of complete) {
      this.committed.add(message)
      message.ack()
    }
  }

  /** What stays because R2 fails is found by the sweeper, consumed again, which changes nothing, and removed then. */
  async #removeSpooled(keys: readonly string[]): Promise<void> {
    try {
      await deleteSpool(this.#world.bucket, keys)
    } catch (error) {
      this.#world.log('spool_not_removed', {
        posts: keys.length,
        error: error instanceof Error ? error.message.slice(0, 200) : 'unknown',
      })
    }
  }
}

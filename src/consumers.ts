import { exceptions, packs, rules, sequences } from '../rules/index.ts'
import { alertRouting } from '../rules/routing.ts'
import type { AlertWakeUp } from './alerts/wake-up.ts'
import { createEngine } from './detect/engine.ts'
import type { World } from './env.ts'
import { consumeIngest } from './ingest/consume.ts'
import { consumeAlertsDead, consumeIngestDead } from './ingest/dead-letter.ts'
import type { Detection } from './ingest/detection.ts'
import type { IngestMessage } from './ingest/message.ts'
import { createNormalizer } from './ingest/normalize.ts'
import { deliver } from './notify/deliver.ts'
import { ruleTexts } from './notify/rule-text.ts'
import { snapshotQueries } from './staleness/snapshot-queries.ts'

const detection: Detection = {
  normalizer: createNormalizer(packs),
  engine: createEngine(rules, exceptions, sequences),
  routing: alertRouting,
  snapshots: snapshotQueries(packs),
}

const texts = ruleTexts([...rules, ...sequences.map(({ rule }) => rule)])

/**
 * Hands a batch to the consumer of its queue.
 * @throws Error when wrangler.toml binds a queue that nobody here consumes; the queue keeps the messages then
 */
export async function consumeBatch(batch: MessageBatch<unknown>, world: World): Promise<void> {
  switch (batch.queue) {
    // The names tie a queue to what its producers send; every consumer still reads a message as a stranger's.
    case 'ingest':
      return await consumeIngest(batch as MessageBatch<IngestMessage>, world, detection)
    case 'ingest-dead':
      return await consumeIngestDead(batch as MessageBatch<IngestMessage>, world)
    case 'alerts':
      return await deliver(batch, world, alertRouting.destinations, texts)
    case 'alerts-dead':
      return await consumeAlertsDead(batch as MessageBatch<AlertWakeUp>, world)
    default:
      throw new Error(`no consumer for the queue "${batch.queue}": see wrangler.toml`)
  }
}

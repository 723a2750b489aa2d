import { wake } from '../alerts/intake.ts'
import type { HostId } from '../detect/event.ts'
import type { World } from '../env.ts'
import { CANARY_HOST, CANARY_KEY, canaryWakeUp, markCanaryStored } from '../store/canary.ts'
import { Chunk } from './chunk.ts'
import type { Detection } from './detection.ts'
import type { IngestMessage } from './message.ts'
import { readMessage } from './read-message.ts'
import { takePost } from './take-post.ts'

/** The canary in a message, or null when it is a post of a host or nothing that can be read. */
export function canaryOf(body: unknown): IngestMessage | null {
  const read = readMessage(body)
  return read.ok && read.message.hostId === CANARY_HOST ? read.message : null
}

/**
 * Takes the canary the way of every post: decoded, normalized, given to the rules, its bytes to R2, its name to D1 and on
 * to the ALERTS queue. Nothing of it is counted or kept among events. Never throws: what fails is logged, and that the
 * canary doesn't arrive says the rest.
 */
export async function passCanary(world: World, detection: Detection, canary: IngestMessage): Promise<void> {
  try {
    const chunk = new Chunk()
    const steps = takePost(world, detection.normalizer, canary, null, () => chunk)
    for await (const _filled of steps) throw new Error('the canary fills a chunk')
    const [event, ...others] = [...chunk.events.values()]
    if (event === undefined || others.length > 0 || chunk.rejections.length > 0) {
      throw new Error('the canary did not come out as one event')
    }
    detection.engine.evaluate(event.event, FACTS)
    await world.bucket.put(CANARY_KEY, event.json)
    await markCanaryStored(world.db, canary.receivedAt).run()
    await wake(world, [canaryWakeUp(canary.receivedAt)])
  } catch (error) {
    world.log('canary_failed', { error: error instanceof Error ? error.message.slice(0, 200) : 'unknown' })
  }
}

/** The host that it pretends to be from: no rule knows it. */
const FACTS = {
  id: CANARY_HOST as HostId, // never a host's; see `CANARY_HOST`
  name: CANARY_HOST,
  platform: '',
  tags: [],
} as const

import { packs, rules } from '../rules/index.ts'
import { destinations } from '../rules/routing.ts'
import { agentApp, isAgentPath } from './agent/app.ts'
import { tryLater } from './agent/reply.ts'
import type { AlertWakeUp } from './alerts/wake-up.ts'
import { consoleApp } from './console/app.ts'
import { runJobs } from './cron.ts'
import { createEngine } from './detect/engine.ts'
import type { Env, World } from './env.ts'
import { consumeIngest } from './ingest/consume.ts'
import { consumeAlertsDead, consumeIngestDead } from './ingest/dead-letter.ts'
import type { Detection } from './ingest/detection.ts'
import type { IngestMessage } from './ingest/message.ts'
import { createNormalizer } from './ingest/normalize.ts'
import { deliver } from './notify/deliver.ts'
import { worldOf } from './world.ts'

const NAME = 'margay'
const VERSION = '0.1.0'

const detection: Detection = {
  normalizer: createNormalizer(packs),
  engine: createEngine(rules),
  routing: destinations,
}

/** The two HTTP surfaces, made once for each isolate. */
interface Apps {
  readonly agent: ReturnType<typeof agentApp>
  readonly console: ReturnType<typeof consoleApp>
}

const apps = new WeakMap<World, Apps>()

function appsOf(world: World): Apps {
  const known = apps.get(world)
  if (known !== undefined) return known
  const made = {
    agent: agentApp(world, packs),
    console: consoleApp(world, { rules, destinations, name: NAME, version: VERSION }),
  }
  for (const problem of world.settings.problems) world.log('configuration_problem', { problem })
  apps.set(world, made)
  return made
}

export default {
  async fetch(request, env, context) {
    try {
      const { agent, console } = appsOf(worldOf(env))
      const app = isAgentPath(new URL(request.url).pathname) ? agent : console
      return await app.fetch(request, env, context)
    } catch (error) {
      // osqueryd takes any reply without `error` for success and deletes its lines, Cloudflare's own error page included.
      console.error(
        JSON.stringify({ event: 'fetch_failed', error: error instanceof Error ? error.name : typeof error }),
      )
      return tryLater('internal_error', 500)
    }
  },

  async queue(batch, env) {
    const world = worldOf(env)
    switch (batch.queue) {
      case 'ingest':
        return await consumeIngest(batch as MessageBatch<IngestMessage>, world, detection)
      case 'ingest-dead':
        return await consumeIngestDead(batch as MessageBatch<IngestMessage>, world)
      case 'alerts':
        return await deliver(batch, world, destinations)
      case 'alerts-dead':
        return await consumeAlertsDead(batch as MessageBatch<AlertWakeUp>, world)
      default:
        throw new Error(`no consumer for the queue "${batch.queue}": see wrangler.toml`)
    }
  },

  async scheduled(_controller, env) {
    await runJobs(worldOf(env), destinations)
  },
} satisfies ExportedHandler<Env, IngestMessage | AlertWakeUp>

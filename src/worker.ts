import { exceptions, packs, rules, sequences } from '../rules/index.ts'
import { alertRouting } from '../rules/routing.ts'
import { agentApp, isAgentPath } from './agent/app.ts'
import { tryLater } from './agent/reply.ts'
import type { AlertWakeUp } from './alerts/wake-up.ts'
import type { consoleApp } from './console/app.ts'
import { createEngine } from './detect/engine.ts'
import type { Env, World } from './env.ts'
import { PAGERDUTY_WEBHOOK_PATH, pagerDutyWebhook } from './inbound/pagerduty.ts'
import { consumeIngest } from './ingest/consume.ts'
import { consumeAlertsDead, consumeIngestDead } from './ingest/dead-letter.ts'
import type { Detection } from './ingest/detection.ts'
import type { IngestMessage } from './ingest/message.ts'
import { createNormalizer } from './ingest/normalize.ts'
import { deliver } from './notify/deliver.ts'
import { ruleTexts } from './notify/rule-text.ts'
import { destinationProblems } from './notify/target.ts'
import { worldOf } from './world.ts'

const NAME = 'margay'
const VERSION = '0.1.0'

const detection: Detection = {
  normalizer: createNormalizer(packs),
  engine: createEngine(rules, exceptions, sequences),
  routing: alertRouting,
}

const texts = ruleTexts([...rules, ...sequences.map(({ rule }) => rule)])

type ConsoleApp = ReturnType<typeof consoleApp>

const agentApps = new WeakMap<World, ReturnType<typeof agentApp>>()
const consoleApps = new WeakMap<World, ConsoleApp>()
const webhooks = new WeakMap<World, ReturnType<typeof pagerDutyWebhook>>()

function agentAppOf(world: World): ReturnType<typeof agentApp> {
  const known = agentApps.get(world)
  if (known !== undefined) return known
  const { settings } = world
  const problems = [...settings.problems, ...destinationProblems(alertRouting.destinations, settings)]
  for (const problem of problems) world.log('configuration_problem', { problem })
  const app = agentApp(world, packs)
  agentApps.set(world, app)
  return app
}

/** Loaded when first asked for, as cron is: schemas are a third of the start-up, and most isolates only see hosts. */
async function consoleAppOf(world: World): Promise<ConsoleApp> {
  const known = consoleApps.get(world)
  if (known !== undefined) return known
  const { consoleApp } = await import('./console/app.ts')
  const app = consoleApp(world, {
    rules,
    sequences,
    exceptions,
    routing: alertRouting,
    name: NAME,
    version: VERSION,
  })
  consoleApps.set(world, app)
  return app
}

function webhookOf(world: World): ReturnType<typeof pagerDutyWebhook> {
  const known = webhooks.get(world)
  if (known !== undefined) return known
  const take = pagerDutyWebhook(world, alertRouting.destinations)
  webhooks.set(world, take)
  return take
}

export default {
  async fetch(request, env, context) {
    try {
      const world = worldOf(env)
      const { pathname } = new URL(request.url)
      if (pathname === PAGERDUTY_WEBHOOK_PATH) return await webhookOf(world)(request)
      const app = isAgentPath(pathname) ? agentAppOf(world) : await consoleAppOf(world)
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
        return await deliver(batch, world, alertRouting.destinations, texts)
      case 'alerts-dead':
        return await consumeAlertsDead(batch as MessageBatch<AlertWakeUp>, world)
      default:
        throw new Error(`no consumer for the queue "${batch.queue}": see wrangler.toml`)
    }
  },

  async scheduled(_controller, env) {
    const { runJobs } = await import('./cron.ts')
    await runJobs(worldOf(env), alertRouting)
  },
} satisfies ExportedHandler<Env, IngestMessage | AlertWakeUp>

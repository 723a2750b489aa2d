import { packs } from '../rules/packs/index.ts'
import { alertRouting } from '../rules/routing.ts'
import { agentApp, isAgentPath } from './agent/app.ts'
import { tryLater } from './agent/reply.ts'
import type { AlertWakeUp } from './alerts/wake-up.ts'
import type { consoleApp } from './console/app.ts'
import type { Env, World } from './env.ts'
import type { pagerDutyWebhook } from './inbound/pagerduty.ts'
import { PAGERDUTY_WEBHOOK_PATH } from './inbound/path.ts'
import type { IngestMessage } from './ingest/message.ts'
import { destinationProblems } from './notify/target.ts'
import { worldOf } from './world.ts'

// Hosts must not wait for what they don't need: an isolate that is started for their posts knows the agent routes and the
// packs, and loads rules, consumers, console and cron when it is first asked for them.

const NAME = 'margay'
const VERSION = '0.1.0'

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

async function consoleAppOf(world: World): Promise<ConsoleApp> {
  const known = consoleApps.get(world)
  if (known !== undefined) return known
  const [{ consoleApp }, { rules, sequences, exceptions }] = await Promise.all([
    import('./console/app.ts'),
    import('../rules/index.ts'),
  ])
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

async function webhookOf(world: World): Promise<ReturnType<typeof pagerDutyWebhook>> {
  const known = webhooks.get(world)
  if (known !== undefined) return known
  const { pagerDutyWebhook } = await import('./inbound/pagerduty.ts')
  const take = pagerDutyWebhook(world, alertRouting.destinations)
  webhooks.set(world, take)
  return take
}

export default {
  async fetch(request, env, context) {
    try {
      const world = worldOf(env)
      const { pathname } = new URL(request.url)
      if (pathname === PAGERDUTY_WEBHOOK_PATH) return await (await webhookOf(world))(request)
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
    const { consumeBatch } = await import('./consumers.ts')
    await consumeBatch(batch, worldOf(env))
  },

  async scheduled(_controller, env) {
    const [{ runJobs }, { rules }] = await Promise.all([import('./cron.ts'), import('../rules/index.ts')])
    await runJobs(worldOf(env), alertRouting, rules, packs)
  },
} satisfies ExportedHandler<Env, IngestMessage | AlertWakeUp>

import { Hono } from 'hono'
import type { Pack } from '../detect/pack.ts'
import type { World } from '../env.ts'
import type { After } from './after.ts'
import { compileConfig } from './config.ts'
import { distributed } from './distributed.ts'
import { acceptLog } from './log.ts'
import { refused, tryLater } from './reply.ts'
import { serveConfig } from './serve-config.ts'

/** The second family is Fleet's: hosts move over by a change of DNS. */
const FAMILIES = ['/api/v1/osquery', '/api/osquery'] as const

/** True for every path whose replies osqueryd reads, known or not: `agentApp` must answer it. */
export function isAgentPath(pathname: string): boolean {
  return FAMILIES.some(family => pathname === family || pathname.startsWith(`${family}/`))
}

/**
 * The TLS API that osqueryd speaks: enroll, config, log, distributed/read and distributed/write, under both families of
 * paths, by POST or PUT. Whatever happens, the answer comes from reply.ts.
 * @param packs  what hosts are told to run
 */
export function agentApp(world: World, packs: readonly Pack[]): Hono {
  const configs = compileConfig(packs, world.settings)
  const routes: Readonly<Record<string, (request: Request, after: After) => Promise<Response>>> = {
    // Enrollment alone needs schemas, which are a quarter of the start-up: most isolates never load them.
    enroll: async (request, after) => (await import('./enroll.ts')).enroll(world, request, after),
    config: (request, after) => serveConfig(world, configs, request, after),
    log: (request, after) => acceptLog(world, request, after),
    'distributed/read': (request, after) => distributed(world, request, after),
    'distributed/write': (request, after) => distributed(world, request, after),
  }
  const app = new Hono()
  const paths = new Set<string>()
  for (const [name, answer] of Object.entries(routes)) {
    for (const path of FAMILIES.map(family => `${family}/${name}`)) {
      paths.add(path)
      app.on(['POST', 'PUT'], path, async context => {
        try {
          return await answer(context.req.raw, work => context.executionCtx.waitUntil(work))
        } catch (error) {
          // Not left to onError: it is told only of what is an Error.
          return failed(world, error)
        }
      })
    }
  }
  // A route for other methods would make Hono compose handlers for every post, which costs more than the route itself.
  app.notFound(({ req }) =>
    paths.has(req.path)
      ? refused('method_not_allowed', 405, { allow: 'POST, PUT' })
      : refused('not_found', 404),
  )
  app.onError(error => failed(world, error))
  return app
}

function failed(world: World, error: unknown): Response {
  const known = error instanceof Error
  world.log('agent_route_failed', {
    error: known ? error.name : typeof error,
    at: known ? placeOf(error) : '',
  })
  return tryLater('internal_error', 500)
}

/** Where it was thrown. Not the message: it may quote what a host sent. */
function placeOf(error: Error): string {
  return (
    error.stack
      ?.split('\n')
      .find(line => line.startsWith('    at '))
      ?.trim() ?? ''
  )
}

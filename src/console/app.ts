import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { World } from '../env.ts'
import { type Body, readBody } from './body.ts'
import { type Health, health } from './health.ts'
import { jsonReply, refusalReply } from './reply.ts'
import type { ConsoleDeps, Route, Surroundings } from './route.ts'
import { ROUTES } from './routes.ts'
import { presentsToken } from './token.ts'

/** Where the API lives. */
const API = '/api/v1'
/** `/healthz` answers anyone, so it probes at most this often and repeats itself in between. */
const HEALTH_KEPT_MS = 5_000
const REQUEST_ID_BYTES = 8

/**
 * The JSON API, with `/healthz` and `/version`, as an app whose paths begin at the root of the origin.
 *
 * Everything below `/api/v1` needs `Authorization: Bearer <ADMIN_TOKEN>`; without a token in the configuration it answers
 * nobody. Every reply is JSON with the security headers, on every path through the code. There is no CORS.
 */
export function consoleApp(world: World, deps: ConsoleDeps): Hono {
  const app = new Hono()
  app.onError((error, c) => failure(world, error, c))
  app.notFound(() => refusalReply({ code: 'not_found', message: 'There is no such route.' }))

  app.use(`${API}/*`, authorized(world))
  mountOpen(app, '/healthz', healthRoute(world, deps))
  mountOpen(app, '/version', async () => jsonReply({ name: deps.name, version: deps.version }))

  const surroundings: Surroundings = { world, deps, routes: ROUTES }
  for (const route of ROUTES) {
    app.on(route.method, `${API}${route.path}`, c => answer(c, route, surroundings))
  }
  for (const [path, routes] of Map.groupBy(ROUTES, route => route.path)) {
    app.all(`${API}${path}`, () => wrongMethod(routes.map(({ method }) => method)))
  }
  return app
}

function mountOpen(app: Hono, path: string, reply: (c: Context) => Promise<Response>): void {
  app.get(path, reply)
  app.all(path, () => wrongMethod(['GET']))
}

function healthRoute(world: World, { routing }: ConsoleDeps): (c: Context) => Promise<Response> {
  const { adminToken } = world.settings
  let kept: { readonly until: number; readonly health: Health } | null = null
  return async c => {
    const now = world.now()
    const until = now + HEALTH_KEPT_MS
    // A clock that went back would keep it for ever.
    if (kept === null || now >= kept.until || now < kept.until - HEALTH_KEPT_MS) {
      // Others say again what is known meanwhile. They don't wait for this probe, which dies with its request.
      if (kept !== null) kept = { ...kept, until }
      kept = { until, health: await health(world, routing.destinations) }
    }
    const known: Health = kept.health
    const isOurs = adminToken !== null && presentsToken(c.req.header('authorization'), adminToken)
    // What waits tells whoever watches it whether the thing they just did was noticed.
    return jsonReply(isOurs ? known : { ...known, backlog: null }, known.status === 'failing' ? 503 : 200)
  }
}

function authorized(world: World): MiddlewareHandler {
  const { adminToken } = world.settings
  return async (c, next) => {
    if (adminToken === null || adminToken === '') {
      const message = 'The API is closed: the secret ADMIN_TOKEN is missing.'
      return refusalReply({ code: 'not_configured', message })
    }
    if (!presentsToken(c.req.header('authorization'), adminToken)) {
      const message = 'Send the admin token as Authorization: Bearer <token>.'
      return refusalReply({ code: 'unauthorized', message }, { 'www-authenticate': 'Bearer' })
    }
    return await next()
  }
}

async function answer(c: Context, route: Route, surroundings: Surroundings): Promise<Response> {
  const body: Body = route.method === 'GET' ? { ok: true, value: {} } : await changeBody(c)
  if (!body.ok) return refusalReply(body.refusal)
  const asked = { params: c.req.param(), query: new URL(c.req.url).searchParams, body: body.value }
  const answered = await route.answer(asked, surroundings)
  return answered.ok ? jsonReply(answered.body) : refusalReply(answered.refusal)
}

/** A browser says where a request comes from; one from another site changes nothing, whatever credentials it carries. */
async function changeBody(c: Context): Promise<Body> {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return {
      ok: false,
      refusal: { code: 'cross_site', message: 'Other sites may not change anything here.' },
    }
  }
  return await readBody(c.req.raw)
}

function wrongMethod(allowed: readonly string[]): Response {
  const allow = allowed.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ')
  return refusalReply({ code: 'method_not_allowed', message: `Use ${allow}.` }, { allow })
}

/** The reply names the line of the log and nothing else. */
function failure(world: World, error: Error, c: Context): Response {
  const requestId = Array.from(world.randomBytes(REQUEST_ID_BYTES), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  world.log('console.failed', {
    request_id: requestId,
    method: c.req.method,
    path: c.req.path,
    error: error.message.slice(0, 200),
  })
  const message = `This failed on our side; the log has it as ${requestId}.`
  return refusalReply({ code: 'internal', message }, { 'x-request-id': requestId })
}

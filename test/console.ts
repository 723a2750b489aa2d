import { env } from 'cloudflare:workers'
import type { Hono } from 'hono'
import { expect } from 'vitest'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import { consoleApp } from '../src/console/app.ts'
import type { ConsoleDeps } from '../src/console/route.ts'
import { ROUTES } from '../src/console/routes.ts'
import { exception } from '../src/detect/exception.ts'
import { routing } from '../src/detect/routing.ts'
import { rule, table } from '../src/detect/rule.ts'
import type { World } from '../src/env.ts'
import { described } from './described.ts'
import { heldQueue } from './held-queue.ts'
import { type TestWorld, worldFor } from './world.ts'

export const ADMIN_TOKEN = 'admin-token-of-the-tests-0123456789'

export const consoleDeps: ConsoleDeps = {
  name: 'margay',
  version: '1.2.3',
  routing: routing({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'low' }] }),
  sequences: [],
  exceptions: [
    exception({
      rule: 'posix.test-rule',
      host: 'build-*',
      reason: 'It builds there.',
      expires: '2026-01-01',
      author: 'ada@example.com',
    }),
    exception({
      rule: 'posix.test-rule',
      tag: 'ci',
      columns: { path: '/etc/crontab' },
      reason: 'It builds there.',
      expires: '2100-01-01',
    }),
  ],
  rules: [
    rule({
      id: 'posix.test-rule',
      title: 'A rule of the tests',
      severity: 'high',
      on: table('crontab'),
      detect: ({ columns }) => columns.command.startsWith('/tmp/'),
      ...described,
      replaces: ['Other.Rule'],
      tests: [
        { name: 'from /tmp', match: true, columns: { command: '/tmp/x' } },
        { name: 'from /usr', match: false, columns: { command: '/usr/bin/x' } },
      ],
    }),
  ],
}

/** The API over local stores, and what it put on the ALERTS queue. */
export interface TestConsole {
  readonly world: TestWorld
  readonly woken: readonly AlertWakeUp[]
  get(path: string): Promise<Reply>
  post(path: string, body?: unknown): Promise<Reply>
  delete(path: string): Promise<Reply>
  /** Without token or anything else added. */
  raw(path: string, init?: RequestInit): Promise<Reply>
  /** The bare response. */
  fetch(path: string): Promise<Response>
}

interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  readonly body: any
}

const ORIGIN = 'https://margay.example.com'

/** Every reply that passes here has the security headers, and has the shape that OpenAPI promises for it. */
export function testConsole(overrides: Partial<World> = {}, deps: Partial<ConsoleDeps> = {}): TestConsole {
  const { queue, sent } = heldQueue<AlertWakeUp>()
  const world = worldFor(env, { alerts: queue, ...overrides })
  const app = consoleApp(world, { ...consoleDeps, ...deps })
  const authorization = `Bearer ${ADMIN_TOKEN}`
  return {
    world,
    woken: sent,
    get: path => ask(app, `/api/v1${path}`, { headers: { authorization } }),
    post: (path, body) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) }
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
      return ask(app, `/api/v1${path}`, { method: 'POST', headers: { authorization, ...type }, ...init })
    },
    delete: path => ask(app, `/api/v1${path}`, { method: 'DELETE', headers: { authorization } }),
    raw: (path, init = {}) => ask(app, path, init),
    fetch: async path => app.request(new Request(`${ORIGIN}${path}`)),
  }
}

async function ask(app: Hono, path: string, init: RequestInit): Promise<Reply> {
  const response = await app.request(new Request(`${ORIGIN}${path}`, init))
  const text = await response.text()
  const { status, headers } = response
  expectSecurityHeaders(headers)
  const body: unknown = text === '' ? null : JSON.parse(text)
  if (status !== 200) expect(body).toHaveProperty('error.code')
  else expectPromisedShape(path, init.method ?? 'GET', text)
  return { status, headers, text, body }
}

function expectSecurityHeaders(headers: Headers): void {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/)
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect([...headers.keys()].filter(name => name.startsWith('access-control-'))).toEqual([])
}

function expectPromisedShape(path: string, method: string, text: string): void {
  const { pathname } = new URL(path, ORIGIN)
  const route = ROUTES.find(candidate => {
    const pattern = candidate.path.replace(/:\w+/g, '[^/]+').replaceAll('.', '\\.')
    return candidate.method === method && new RegExp(`^/api/v1${pattern}$`).test(pathname)
  })
  if (route === undefined) return
  // What zod makes of a body loses a key of this name; the body itself does not.
  const body: unknown = JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value))
  const parsed = route.answers.safeParse(body)
  expect(parsed.error?.issues ?? []).toEqual([])
  // Parsing drops what the schema doesn't name, so equality says that nothing undocumented is sent.
  expect(parsed.data).toEqual(body)
}

import { env } from 'cloudflare:workers'
import { parquetReadObjects } from 'hyparquet'
import type { AlertWakeUp } from '../src/alerts/wake-up.ts'
import { createEngine } from '../src/detect/engine.ts'
import { routing } from '../src/detect/routing.ts'
import { logType, rule } from '../src/detect/rule.ts'
import type { World } from '../src/env.ts'
import { consumeIngest } from '../src/ingest/consume.ts'
import type { Detection } from '../src/ingest/detection.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { createNormalizer } from '../src/ingest/normalize.ts'
import { described } from './described.ts'
import { heldQueue } from './held-queue.ts'
import { batchOf, type QueuedMessage, queued } from './ingest-batch.ts'
import { TEST_NOW, type TestWorld, worldFor } from './world.ts'

/** Waits this long are deadlines, which don't strike in a test; shorter ones are pauses, which take no time. */
const DEADLINE_MS = 5_000

const evil = rule({
  id: 'test.evil',
  title: 'A query called evil',
  severity: 'high',
  on: logType('Osquery.Differential'),
  detect: ({ columns, event }) => event.name === 'evil' || columns['evil'] === '1',
  ...described,
  tests: [
    { name: 'evil', match: true, columns: { evil: '1' } },
    { name: 'not evil', match: false, columns: { evil: '0' } },
  ],
})

/** The real normalizer and engine with one rule: every line of a query called `evil` matches. */
export function detectionOf({ throwOn = 'nothing' } = {}): Detection {
  const engine = createEngine([evil])
  return {
    normalizer: createNormalizer([]),
    engine: {
      ...engine,
      evaluate(event, host) {
        if (event.name === throwOn) throw new Error('a fault in the code')
        return engine.evaluate(event, host)
      },
    },
    routing: routing({ destinations: [{ id: 'pagerduty', type: 'pagerduty', minSeverity: 'info' }] }),
  }
}

/** A world over the local D1 and R2 whose queues hold what they are sent. */
export function testWorld(overrides: Partial<World> = {}): TestWorld & { readonly woken: AlertWakeUp[] } {
  const alerts = heldQueue<AlertWakeUp>()
  const world = worldFor(env, {
    sleep: ms => (ms < DEADLINE_MS ? Promise.resolve() : new Promise(() => {})),
    ingest: heldQueue<IngestMessage>().queue,
    alerts: alerts.queue,
    ...overrides,
  })
  return Object.assign(world, { woken: alerts.sent })
}

/** Lines of differential queries with the given names, otherwise alike. */
export function lines(...names: readonly string[]): Record<string, unknown>[] {
  return names.map(name => ({
    name,
    hostIdentifier: 'web-1.example.com',
    calendarTime: 'Tue Nov 24 11:59:58 2026 UTC',
    unixTime: TEST_NOW / 1000 - 2,
    epoch: 0,
    counter: 1,
    numerics: false,
    action: 'added',
    columns: { command: '/usr/bin/true' },
  }))
}

/** Every row that a statement answers. */
export async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(sql).all()).results
}

/** Names of the hot events, sorted. */
export async function eventNames(): Promise<unknown[]> {
  return (await rowsOf('SELECT name FROM events ORDER BY name')).map(row => row['name'])
}

/** All of D1, table by table. */
export async function stored(): Promise<Record<string, Record<string, unknown>[]>> {
  const tables = await rowsOf(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'd1_*' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  )
  const contents = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await rowsOf(`SELECT * FROM ${name}`)
      return [
        String(name),
        rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
      ] as const
    }),
  )
  return Object.fromEntries(contents)
}

/** Consumes messages in one batch, and again what is to be tried again, until nothing is. */
export async function consumeAll(
  world: TestWorld,
  messages: readonly QueuedMessage<unknown>[],
): Promise<void> {
  let batch = messages
  for (let delivery = 0; batch.length > 0; delivery += 1) {
    if (delivery > 10) throw new Error(`messages come back for ever: ${JSON.stringify(world.logged)}`)
    await consumeIngest(batchOf(...batch), world, detectionOf())
    batch = batch.filter(message => message.fate().kind === 'retried').map(message => queued(message.body))
  }
}

/** What became of messages, in a word each. */
export const fates = (messages: readonly QueuedMessage<unknown>[]) =>
  messages.map(message => message.fate().kind)

/** Every row of every object in the lake. */
export async function lakeRows(): Promise<Record<string, unknown>[]> {
  const { objects } = await env.BUCKET.list({ prefix: 'lake/' })
  const files = await Promise.all(objects.map(async ({ key }) => (await env.BUCKET.get(key))?.arrayBuffer()))
  const rows = await Promise.all(files.map(file => (file === undefined ? [] : parquetReadObjects({ file }))))
  return rows.flat()
}

import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import { failingR2 } from '../test/faults.ts'
import { heldQueue } from '../test/held-queue.ts'
import { freshStorage } from '../test/storage.ts'
import { TEST_NOW, worldFor } from '../test/world.ts'
import { runJobs } from './cron.ts'
import { routing } from './detect/routing.ts'
import { listAlerts } from './store/alerts.ts'
import { putQuarantineUnindexed } from './store/quarantine.ts'

beforeEach(freshStorage)

const quietQueues = () => ({ alerts: heldQueue<never>().queue, ingest: heldQueue<never>().queue })

it('tells within two runs of a post that the log route put aside', async () => {
  const world = worldFor(env, quietQueues())
  const bytes = new TextEncoder().encode('{"cut": ')
  const item = { hostId: null, reason: 'over_cap', detail: '', position: null, bytes, at: TEST_NOW }
  await putQuarantineUnindexed(world, item)
  for (let run = 0; run < 2; run++) {
    await runJobs(world, routing({ destinations: [] }))
    world.advance(60_000)
  }
  const alerts = await listAlerts(env.DB, {}, null, 10)
  expect(alerts?.items.map(({ ruleId }) => ruleId)).toEqual(['margay.quarantine'])
  expect(world.logged.filter(({ event }) => event === 'job_failed')).toEqual([])
})

it('runs every other job when one fails, and does not throw', async () => {
  const { store } = failingR2(env.BUCKET, { failAt: 0, lasting: true })
  const world = worldFor(env, { ...quietQueues(), bucket: store })
  await runJobs(world, routing({ destinations: [] }))
  expect(
    world.logged.filter(({ event }) => event === 'job_failed').map(({ fields }) => fields['job']),
  ).toContain('index-quarantine')
  const { results } = await env.DB.prepare(
    `SELECT name FROM states WHERE value->>'last_completed_at' IS NOT NULL ORDER BY name`,
  ).all<{ name: string }>()
  expect(results.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['lease:check-silence', 'lease:retention', 'lease:watch-trouble']),
  )
})

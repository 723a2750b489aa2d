import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { runJobs } from '../src/cron.ts'
import { routing as routingOf } from '../src/detect/routing.ts'
import type { IngestMessage } from '../src/ingest/message.ts'
import { listAlerts } from '../src/store/alerts.ts'
import {
  alerts,
  calm,
  routing as destinations,
  freshAlerting,
  happenings,
  newWorld,
  open,
} from './alerting.ts'
import { heldQueue } from './held-queue.ts'

beforeEach(freshAlerting)

const MINUTE = 60_000
const HOSTS = 40
const routing = routingOf({ destinations })

async function hear(now: number): Promise<void> {
  await env.DB.prepare('UPDATE hosts SET last_pulse_at = ?1, last_seen_at = ?1').bind(now).run()
}

describe('F16: sixty ticks of cron that did not come', () => {
  it('are followed by one that neither floods nor takes hosts for silent, and by one word of the gap', async () => {
    const ingest = heldQueue<IngestMessage>()
    const world = newWorld({ ingest: ingest.queue })
    await env.DB.batch(
      Array.from({ length: HOSTS }, (_, n) =>
        env.DB.prepare(
          `INSERT INTO hosts (host_id, hostname, enrolled_at, last_enroll_at, last_pulse_at, last_seen_at, silence_since, silence_state)
           VALUES (?1, ?1, ?2, ?2, ?2, ?2, ?2, 'live')`,
        ).bind(`host-${n}`, world.now() - 48 * 60 * MINUTE),
      ),
    )
    for (let minute = 0; minute < 45; minute++) {
      await hear(world.now())
      await runJobs(world, routing)
      await calm(world)
      world.advance(MINUTE)
    }
    expect((await listAlerts(env.DB, {}, null, 100))?.items).toEqual([])
    const canaries = ingest.sent.length
    // A wake-up that is lost in the gap, too.
    const alertId = await open(world, 'web-1')
    alerts.takeAll()

    world.advance(60 * MINUTE)
    await hear(world.now())
    await runJobs(world, routing)
    const woken = alerts.waiting.length
    expect(woken).toBeLessThanOrEqual(2)
    await calm(world)
    // Cron does each job once, not sixty times.
    expect(ingest.sent.length).toBe(canaries + 1)
    expect(happenings.map(({ incident }) => incident.dedupKey)).toContain(`margay:${alertId}`)
    for (let minute = 0; minute < 10; minute++) {
      world.advance(MINUTE)
      await hear(world.now())
      await runJobs(world, routing)
      await calm(world)
    }
    const told = ((await listAlerts(env.DB, {}, null, 100))?.items ?? []).map(({ ruleId }) => ruleId)
    expect(told.toSorted()).toEqual(['host-silent', 'margay.checks-missed'])
    expect(happenings).toHaveLength(2)
    const states = await env.DB.prepare('SELECT DISTINCT silence_state AS state FROM hosts').all()
    expect(states.results).toEqual([{ state: 'live' }])
  })
})

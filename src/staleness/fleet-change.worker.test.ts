import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { TEST_NOW } from '../../test/world.ts'
import { routing as routingOf } from '../detect/routing.ts'
import { listAlerts } from '../store/alerts.ts'
import type { FleetAlert } from './evaluate.ts'
import { fleetChange } from './fleet-change.ts'
import { groupFalls, groupReturns } from './fleet-text.ts'
import { silencePolicy } from './policy.ts'

const HOUR = 3_600_000
const policy = silencePolicy({ silentAfterSeconds: 900 })
const routing = routingOf({ destinations: [{ id: 'slack', type: 'slack', minSeverity: 'low' }] })

/** The first group alert that a record knows of. */
const change = (since: number) => ({
  group: { name: 'eu-1', phase: 'silent', episode: 1, since, until: 0 } as const,
  missing: 12,
  watched: 12,
})
const falls = (at: number): FleetAlert => ({
  kind: 'opens',
  spec: groupFalls({ kind: 'opens', ...change(at) }, at),
})
const returns = (at: number): FleetAlert => ({
  kind: 'resolves',
  change: groupReturns({ kind: 'resolves', ...change(at) }, policy, at),
})

beforeEach(freshStorage)

async function happen(alert: FleetAlert): Promise<void> {
  await env.DB.batch([...fleetChange(env.DB, routing, alert).statements])
}
const statuses = async () =>
  ((await listAlerts(env.DB, {}, null, 10))?.items ?? []).map(({ status }) => status)
const triggers = async () =>
  (await env.DB.prepare("SELECT state, created_at AS at FROM deliveries WHERE action = 'trigger'").all())
    .results

describe('the alert of a group', () => {
  it('is told also when the number of its episode was used before: a version that knew no groups drops what was counted', async () => {
    await happen(falls(TEST_NOW))
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', delivered_at = ?").bind(TEST_NOW).run()
    await happen(returns(TEST_NOW + HOUR))
    expect(await statuses()).toEqual(['resolved'])
    await happen(falls(TEST_NOW + 2 * HOUR))
    expect(await statuses()).toEqual(['open'])
    expect(await triggers()).toEqual([{ state: 'pending', at: TEST_NOW + 2 * HOUR }])
  })

  it('is told once while it is open, whatever the record has forgotten', async () => {
    await happen(falls(TEST_NOW))
    await env.DB.prepare("UPDATE deliveries SET state = 'delivered', delivered_at = ?").bind(TEST_NOW).run()
    await happen(falls(TEST_NOW + HOUR))
    expect(await triggers()).toEqual([{ state: 'delivered', at: TEST_NOW }])
  })
})

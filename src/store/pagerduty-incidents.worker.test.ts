import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { selectHostsOfDelivery } from './matches.ts'
import { assertNothingSaidSince, selectAlertsOfIncident } from './pagerduty-incidents.ts'
import { rememberWebhook, selectKnownWebhooks } from './pagerduty-webhooks.ts'

beforeEach(freshStorage)

/** A database that explains what it would do instead of doing it. */
const explaining = new Proxy(env.DB, {
  get: (db, name) =>
    name === 'prepare' ? (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`) : Reflect.get(db, name),
})

describe('what a webhook of PagerDuty and each delivery ask', () => {
  it.each([
    ['selectAlertsOfIncident', () => selectAlertsOfIncident(explaining, 'P1', 'a', 1, 100, ['pagerduty'])],
    ['assertNothingSaidSince', () => assertNothingSaidSince(explaining, [])],
    ['selectKnownWebhooks', () => selectKnownWebhooks(explaining, [])],
    ['rememberWebhook', () => rememberWebhook(explaining, [], 1)[1] as D1PreparedStatement],
    ['selectHostsOfDelivery', () => selectHostsOfDelivery(explaining, 'd', 1_000, 20)],
  ])('%s reads no table from end to end', async (_, statement) => {
    const { results } = await statement().all<{ detail: string }>()
    // `l` is what a LIMIT left.
    const scans = results.filter(({ detail }) => /^SCAN (?!s VIRTUAL|json_each|l$|CONSTANT)/.test(detail))
    expect(scans).toEqual([])
  })
})

describe('the hosts of an alert', () => {
  async function matchOn(hostId: string, at: number): Promise<void> {
    await env.DB.prepare(
      `INSERT INTO matches (rule_id, kind, p_row_id, alert_id, p_host_id, p_event_time, matched_at, severity, title, event)
       VALUES ('r', 'match', ?2, 'a', ?1, ?3, 0, 'low', 't', '{}')`,
    )
      .bind(hostId, `${hostId}-${at}`, at)
      .run()
  }

  it('are those of its latest matches, by the names that they enrolled with', async () => {
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
         VALUES ('d', 'a', 'pagerduty', 'trigger', 1, 'pending', 0, 0)`,
      ),
      env.DB.prepare(
        `INSERT INTO hosts (host_id, hostname, enrolled_at, last_enroll_at, last_seen_at, silence_since)
         VALUES ('h1', 'web-1.example.com', 0, 0, 0, 0)`,
      ),
    ])
    for (const [at, hostId] of ['h0', 'h1', 'h1', 'h2'].entries()) await matchOn(hostId, at)
    const hostsOf = async (matches: number, limit: number) =>
      (await selectHostsOfDelivery(env.DB, 'd', matches, limit).all<{ host: string }>()).results.map(
        ({ host }) => host,
      )
    expect(await hostsOf(10, 10)).toEqual(['h0', 'h2', 'web-1.example.com'])
    expect(await hostsOf(3, 10)).toEqual(['h2', 'web-1.example.com'])
    expect(await hostsOf(10, 1)).toEqual(['h0'])
  })
})

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { freshStorage } from '../../test/storage.ts'
import { addToCounters } from './counters.ts'
import {
  failingAddresses,
  PARKED_MAX,
  type ParkedDelivery,
  selectEnrollCounts,
  selectParkedSince,
  selectQuarantinedSince,
  selectRejectionCounts,
  selectResolved,
  type TroubleCount,
} from './trouble.ts'

beforeEach(freshStorage)

/** A database that explains what it would do instead of doing it. */
const explaining: D1Database = new Proxy(env.DB, {
  get: (db, name) =>
    name === 'prepare'
      ? (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      : Reflect.get(db, name).bind(db),
})

async function planOf(statement: D1PreparedStatement): Promise<readonly string[]> {
  const { results } = await statement.all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

describe('what runs each minute', () => {
  it.each([
    [
      'rejections',
      selectRejectionCounts(explaining, '[]'),
      'SEARCH counters USING PRIMARY KEY (minute=? AND name=?)',
    ],
    [
      'enrollments',
      selectEnrollCounts(explaining, '[]'),
      'SEARCH counters USING PRIMARY KEY (minute=? AND name=?)',
    ],
    [
      'parked deliveries',
      selectParkedSince(explaining, 1, '["r"]'),
      'SEARCH d USING INDEX deliveries_due (state=? AND next_attempt_at>?)',
    ],
    ['resolved alerts', selectResolved(explaining, '[]'), 'SEARCH alerts USING PRIMARY KEY (alert_id=?)'],
    [
      'quarantine',
      selectQuarantinedSince(explaining, 1, 'r'),
      'SEARCH quarantine USING INDEX quarantine_by_time (quarantined_at>?)',
    ],
  ])('finds %s by their index and reads no table from end to end', async (_, statement, search) => {
    const details = await planOf(statement)
    expect(details).toContain(search)
    expect(details.filter(detail => /^SCAN (?!json_each VIRTUAL|\(subquery)/.test(detail))).toEqual([])
  })
})

it('reads the minutes asked for and no counter of another name', async () => {
  const rows = [1, 2, 3].flatMap(minute => [
    { minute, name: 'posts', label: '', value: 100 } as const,
    { minute, name: 'records_rejected', label: 'not_json', value: minute } as const,
    { minute, name: 'dead_letters', label: '', value: 10 * minute } as const,
    { minute, name: 'enroll_failed', label: '192.0.2.1', value: 1 } as const,
    { minute, name: 'enroll_failed', label: '192.0.2.2', value: 2 } as const,
  ])
  await addToCounters(env.DB, rows).run()
  const rejections = await selectRejectionCounts(env.DB, '[2,3]').all<TroubleCount>()
  expect(rejections.results).toHaveLength(4)
  expect(rejections.results).toContainEqual({
    minute: 3,
    name: 'records_rejected',
    label: 'not_json',
    value: 3,
  })
  expect((await selectEnrollCounts(env.DB, '[2,3]').all()).results).toEqual([
    { minute: 3, name: 'enroll_failed', label: '', value: 3 },
    { minute: 2, name: 'enroll_failed', label: '', value: 3 },
  ])
  expect(await failingAddresses(env.DB, '[3]')).toEqual({
    addresses: 2,
    most: [
      { address: '192.0.2.2', failures: 2 },
      { address: '192.0.2.1', failures: 1 },
    ],
  })
})

it('looks at the newest ten thousand of a flood of addresses', async () => {
  await env.DB.prepare(
    `INSERT INTO counters (minute, name, label, value)
     WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 12999)
     SELECT 1 + i / 6500, 'enroll_failed', printf('%05d', i), 1 FROM n`,
  ).run()
  const { results, meta } = await selectEnrollCounts(env.DB, '[1,2]').all<TroubleCount>()
  expect(results.map(({ minute, value }) => [minute, value])).toEqual([
    [2, 6_500],
    [1, 3_500],
  ])
  expect(meta.rows_read).toBeLessThan(10_100)
  expect(await failingAddresses(env.DB, '[1,2]')).toMatchObject({ addresses: 10_000 })
})

it('reads the newest of a storm of parked deliveries', async () => {
  await env.DB.prepare(
    `INSERT INTO deliveries (delivery_id, alert_id, destination, action, sequence, state, next_attempt_at, created_at)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
     SELECT 'd' || i, 'a' || i, 'pagerduty', 'trigger', 1, 'parked', i, 1 FROM n`,
  ).run()
  const { results, meta } = await selectParkedSince(env.DB, 1, '["r"]').all<ParkedDelivery>()
  expect(results).toHaveLength(PARKED_MAX)
  expect(results[0]).toMatchObject({ deliveryId: 'd2000', parkedAt: 2_000 })
  expect(meta.rows_read).toBeLessThan(4 * PARKED_MAX)
})

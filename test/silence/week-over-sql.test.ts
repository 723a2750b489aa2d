import { beforeAll, describe, expect, it } from 'vitest'
import { silencePolicy } from '../../src/staleness/policy.ts'
import { sqliteD1 } from '../sqlite-d1.ts'
import { countedD1, type RowCounts } from './counted-d1.ts'
import type { FleetSize } from './fleet.ts'
import { judgeWeek } from './judgement.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { SETTINGS } from './settings.ts'
import { SqlLedger } from './sql-ledger.ts'
import { liveThrough, type Week } from './week.ts'

/** With a site that is cut off, and an outage in which posts are refused: every gate, group and alert there is. */
const SEED = 6
const DAYS = 3
const SIZE: FleetSize = { servers: 100, laptops: 40, ephemeral: 30 }
const HOSTS = SIZE.servers + SIZE.laptops + SIZE.ephemeral
const TIMEOUT_MS = 240_000

/** One row write a host and minute at most. */
const WRITTEN_MAX = 1_440
/** Each minute's look goes over the hosts once, and twice more to count them while servers are missing. */
const READ_MAX = 3 * 1_440

/** The same days twice: over the statements of the consumer and cron, in SQLite; and over the rows in memory. */
describe(`${DAYS} days of ${HOSTS} hosts over SQL`, () => {
  let inMemory: Week
  let overSql: Week
  let counts: RowCounts
  const ledgers = { memory: new MemoryLedger(), sql: countedD1(sqliteD1()) }
  const sqlLedger = new SqlLedger(ledgers.sql.db)

  beforeAll(async () => {
    inMemory = await liveThrough(SEED, DAYS, SIZE, () => ledgers.memory)
    overSql = await liveThrough(SEED, DAYS, SIZE, () => sqlLedger)
    counts = await ledgers.sql.counts()
  }, TIMEOUT_MS)

  it('comes to the same happenings at the same minutes as in memory', () => {
    const happenings = ({ told }: Week) =>
      told
        .map(({ at, what, ruleId, about }) => `${new Date(at).toISOString()} ${what} ${ruleId} ${about}`)
        .toSorted()
    expect(happenings(overSql)).toEqual(happenings(inMemory))
    expect(happenings(overSql).length).toBeGreaterThan(10)
  })

  it('tells each silence in time, the outage once, and no healthy host', () => {
    expect(judgeWeek(inMemory, silencePolicy(SETTINGS)).problems).toEqual([])
  })

  it('knows the same of each host as in memory', async () => {
    for (const [n, host] of overSql.fleet.entries()) {
      const same = inMemory.fleet[n]
      expect(await sqlLedger.vitals(host), host.hostname).toEqual(
        same === undefined ? null : ledgers.memory.vitals(same),
      )
    }
  })

  it('writes and reads few rows', () => {
    const hostDays = HOSTS * DAYS
    const [written, read] = [counts.written / hostDays, counts.read / hostDays]
    console.info(`D1 rows for each host and day: ${Math.round(written)} written, ${Math.round(read)} read`)
    expect(written).toBeLessThan(WRITTEN_MAX)
    expect(read).toBeLessThan(READ_MAX)
  })
})

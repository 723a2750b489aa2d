import { describe, expect, inject, it } from 'vitest'
import { storm } from './storm/storm.ts'

// F19 through the Worker as it is deployed, in real time; `npm run bench -- --storm` prints what it comes to at full size.

const built = { directory: inject('builtWorker') }

/** Alerts of one severity that a rule may open in an hour. */
const CAP = 25
/** Sends to PagerDuty within any minute (docs/alerting.md, "Budgets"). */
const BUDGET = 100
const CRITICAL_LIMIT_MS = 30_000
/** What an isolate may hold; here it is all isolates of the process, local D1 and queues too. */
const MEMORY_MIB = 1_024

describe('F19: a storm through the whole Worker', () => {
  it.each([
    ['matches of one rule on a hundred hosts', { hosts: 100, matchesOfEach: 1_000 }],
    ['a thousand hosts that meet one rule', { hosts: 1_000, matchesOfEach: 1 }],
  ])(
    '%s: counted exactly, told within cap and budget, a critical of another rule in time',
    async (_, size) => {
      const report = await storm(built, size)
      console.log(JSON.stringify(report))
      expect(report).toMatchObject({
        counted: report.matches,
        rows: report.matches,
        alerts: size.hosts,
        told: CAP + 1,
        held: size.hosts - CAP,
      })
      expect(report.mostInAMinute).toBeLessThanOrEqual(BUDGET)
      expect(report.criticalMs).toBeLessThan(CRITICAL_LIMIT_MS)
      expect(report.grownMebibytes).toBeLessThan(MEMORY_MIB)
    },
  )
})

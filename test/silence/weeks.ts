import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { ROWS, type Row, type Verdict } from './judgement.ts'
import type { LivedWeek } from './live-week.ts'

const run = promisify(execFile)
const LIVE_WEEK = join(import.meta.dirname, 'live-week.ts')
/** Some hundred bytes for each host. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
/** A seed takes some seconds of a core that may be shared. */
const TIMEOUT_MS = 120_000

/**
 * A week of a thousand hosts in fake time, judged by the functions that judge real ones. What the system can't know is not
 * asked of it: a laptop that nothing tells from a server but its nights has had a week in which those were seen; an outage
 * doesn't fall into the first day, when each threshold is an hour and no day before says what is usual.
 */
export function liveThroughWeeks(seeds: readonly number[]): void {
  describe('a week of 1,000 hosts', () => {
    const verdicts: {
      readonly seed: number
      readonly verdict: Verdict
      readonly lost: readonly [number, number]
    }[] = []
    afterAll(() =>
      console.info(table(verdicts.map(({ verdict, lost }) => ({ ...verdict.counts, ...losses(lost) })))),
    )

    it.each(seeds)(
      'with seed %d tells each silence in time, the outage once, and no healthy host',
      async seed => {
        const { verdict, isSiteCut, pulses } = await livedWeek(seed)
        const sum = (of: 'lost' | 'found') => pulses.reduce((total, host) => total + host[of], 0)
        verdicts.push({ seed, verdict, lost: [sum('lost'), sum('found')] })
        expect(verdict.problems).toEqual([])
        expect(verdict.counts).toMatchObject({
          'true silences': 5,
          'told in time': 5,
          'false pages of a server': 0,
          'false pages of a laptop': 0,
          'false pages of an ephemeral host': 0,
          'low alerts about hosts': 0,
          'outage alerts': 1,
          'group alerts': isSiteCut ? 1 : 0,
        })
        expect(sum('lost')).toBeGreaterThan(0)
        expect(pulses.filter(({ lost, found }) => lost !== found)).toEqual([])
        expect(pulses.filter(({ clones, isCloned }) => clones !== isCloned)).toEqual([])
      },
      TIMEOUT_MS,
    )
  })
}

async function livedWeek(seed: number): Promise<LivedWeek> {
  const { stdout } = await run(process.execPath, [LIVE_WEEK, String(seed)], { maxBuffer: MAX_OUTPUT_BYTES })
  // Written by that file, as its type says.
  return JSON.parse(stdout) as LivedWeek
}

function losses([lost, found]: readonly [number, number]) {
  return { 'lost pulses': lost, 'lost pulses found': found }
}

/** One row for each kind of happening, summed over all seeds. */
function table(weeks: readonly Readonly<Record<string, number>>[]): string {
  const names: readonly (Row | 'lost pulses' | 'lost pulses found')[] = [
    ...ROWS,
    'lost pulses',
    'lost pulses found',
  ]
  const rows = names.map(name => {
    const total = weeks.reduce((sum, counts) => sum + (counts[name] ?? 0), 0)
    return `| ${name.padEnd(40)} | ${String(total).padStart(6)} |`
  })
  return [`${weeks.length} weeks of 1,000 hosts`, ...rows].join('\n')
}

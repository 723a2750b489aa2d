import { silencePolicy } from '../../src/staleness/policy.ts'
import { THOUSAND } from './fleet.ts'
import { judgeWeek, type Verdict } from './judgement.ts'
import { foundLost, trulyLost } from './losses.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { SETTINGS } from './settings.ts'
import { liveThrough } from './week.ts'

const DAYS = 7

/** What a week came to. */
export interface LivedWeek {
  readonly verdict: Verdict
  readonly isSiteCut: boolean
  /** By host. */
  readonly pulses: readonly {
    readonly host: string
    readonly lost: number
    readonly found: number
    readonly clones: boolean
    readonly isCloned: boolean
  }[]
}

async function liveWeek(seed: number): Promise<LivedWeek> {
  const ledger = new MemoryLedger()
  const week = await liveThrough(seed, DAYS, THOUSAND, () => ledger)
  const pulses = [...week.truths].map(([host, truth]) => ({
    host: host.hostname,
    lost: trulyLost(host, truth),
    found: foundLost(ledger.vitals(host)),
    clones: ledger.vitals(host).pulses.clones > 0,
    isCloned: host.fate === 'is-cloned',
  }))
  return {
    verdict: judgeWeek(week, silencePolicy(SETTINGS)),
    isSiteCut: week.happens.siteCut !== null,
    pulses,
  }
}

// A process of its own: what the test runner makes of the modules runs at half the speed.
console.log(JSON.stringify(await liveWeek(Number(process.argv[2]))))

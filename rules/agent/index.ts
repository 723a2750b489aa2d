import type { Rule } from '../../src/detect/rule.ts'
import blindedByFlag from './blinded-by-flag.ts'
import configInvalid from './config-invalid.ts'
import deafToProcesses from './deaf-to-processes.ts'
import deniedQuery from './denied-query.ts'
import losesData from './loses-data.ts'
import manyErrors from './many-errors.ts'
import noWatchdog from './no-watchdog.ts'
import outdated from './outdated.ts'
import sendsElsewhere from './sends-elsewhere.ts'
import subscriberStopped from './subscriber-stopped.ts'
import workerKilled from './worker-killed.ts'

/** Rules about the agent itself: what costs visibility. */
export const agentRules: readonly Rule[] = [
  blindedByFlag,
  configInvalid,
  deafToProcesses,
  deniedQuery,
  losesData,
  manyErrors,
  noWatchdog,
  outdated,
  sendsElsewhere,
  subscriberStopped,
  workerKilled,
]

import type { Rule } from '../../src/detect/rule.ts'
import blindedByFlag from './blinded-by-flag.ts'
import configInvalid from './config-invalid.ts'
import configRefused from './config-refused.ts'
import deafToProcesses from './deaf-to-processes.ts'
import deniedQuery from './denied-query.ts'
import flagRefused from './flag-refused.ts'
import losesData from './loses-data.ts'
import manyErrors from './many-errors.ts'
import noWatchdog from './no-watchdog.ts'
import outdated from './outdated.ts'
import queryFails from './query-fails.ts'
import sendsElsewhere from './sends-elsewhere.ts'
import serverUnreachable from './server-unreachable.ts'
import subscriberStopped from './subscriber-stopped.ts'
import workerKilled from './worker-killed.ts'

/** Rules about the agent itself: what costs visibility. */
export const agentRules: readonly Rule[] = [
  blindedByFlag,
  configInvalid,
  configRefused,
  deafToProcesses,
  deniedQuery,
  flagRefused,
  losesData,
  manyErrors,
  noWatchdog,
  outdated,
  queryFails,
  sendsElsewhere,
  serverUnreachable,
  subscriberStopped,
  workerKilled,
]

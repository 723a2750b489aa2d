import type { Pack } from '../../src/detect/pack.ts'
import { accounts } from './accounts.ts'
import { agentHealth } from './agent-health.ts'
import { containers } from './containers.ts'
import { incidentResponse } from './incident-response.ts'
import { linuxAccounts } from './linux-accounts.ts'
import { margay } from './margay.ts'
import { ossecRootkit } from './ossec-rootkit.ts'
import { osxAttacks } from './osx-attacks.ts'
import { software } from './software.ts'
import { unwantedChromeExtensions } from './unwanted-chrome-extensions.ts'

/** What hosts are asked to run. */
export const packs: readonly Pack[] = [
  margay,
  agentHealth,
  incidentResponse,
  unwantedChromeExtensions,
  ossecRootkit,
  osxAttacks,
  containers,
  software,
  accounts,
  linuxAccounts,
]

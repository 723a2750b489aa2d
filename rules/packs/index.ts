import type { Pack } from '../../src/detect/pack.ts'
import { accounts } from './accounts.ts'
import { agentHealth } from './agent-health.ts'
import { browsers } from './browsers.ts'
import { containers } from './containers.ts'
import { filesAtRisk } from './files-at-risk.ts'
import { linuxFim, macosFim, webServerFim } from './fim.ts'
import { hostKind } from './host-kind.ts'
import { incidentResponse } from './incident-response.ts'
import { linuxAccounts } from './linux-accounts.ts'
import { linuxLogins } from './linux-logins.ts'
import { linuxProcesses } from './linux-processes.ts'
import { linuxSecurityEvents } from './linux-security-events.ts'
import { linuxSystem } from './linux-system.ts'
import { macosPersistence } from './macos-persistence.ts'
import { macosProcesses } from './macos-processes.ts'
import { macosSecurity } from './macos-security.ts'
import { margay } from './margay.ts'
import { network } from './network.ts'
import { networkEvents } from './network-events.ts'
import { ossecRootkit } from './ossec-rootkit.ts'
import { osxAttacks } from './osx-attacks.ts'
import { posture } from './posture.ts'
import { processEnvironments } from './process-environments.ts'
import { processEvents } from './process-events.ts'
import { remoteControl } from './remote-control.ts'
import { software } from './software.ts'
import { storage } from './storage.ts'
import { unwantedChromeExtensions } from './unwanted-chrome-extensions.ts'
import { windowsAttacks } from './windows-attacks.ts'
import { windowsEvents } from './windows-events.ts'
import { windowsPersistence } from './windows-persistence.ts'
import { windowsProcesses } from './windows-processes.ts'
import { windowsSecurity } from './windows-security.ts'

/** What hosts are asked to run. */
export const packs: readonly Pack[] = [
  margay,
  hostKind,
  agentHealth,
  incidentResponse,
  unwantedChromeExtensions,
  ossecRootkit,
  osxAttacks,
  containers,
  software,
  accounts,
  linuxAccounts,
  network,
  networkEvents,
  storage,
  linuxSecurityEvents,
  filesAtRisk,
  browsers,
  macosPersistence,
  macosProcesses,
  macosSecurity,
  remoteControl,
  posture,
  linuxSystem,
  linuxLogins,
  linuxFim,
  macosFim,
  webServerFim,
  windowsPersistence,
  windowsSecurity,
  windowsProcesses,
  windowsEvents,
  windowsAttacks,
  linuxProcesses,
  processEnvironments,
  processEvents,
]

/** The registry: what hosts are asked to run, and what is judged. One line for each. */
import type { Pack } from '../src/detect/pack.ts'
import type { Rule } from '../src/detect/rule.ts'
import losesData from './agent/loses-data.ts'
import unwantedChromeExtension from './browser/unwanted-chrome-extensions.ts'
import ossecRootkitRule from './linux/ossec-rootkit.ts'
import osxAttacksRule from './macos/osx-attacks.ts'
import { incidentResponse } from './packs/incident-response.ts'
import { margay } from './packs/margay.ts'
import { ossecRootkit } from './packs/ossec-rootkit.ts'
import { osxAttacks } from './packs/osx-attacks.ts'
import { unwantedChromeExtensions } from './packs/unwanted-chrome-extensions.ts'
import cronLoadsFromTmp from './posix/cron-loads-from-tmp.ts'
import sshLogin from './posix/ssh-login.ts'

export const packs: readonly Pack[] = [
  margay,
  incidentResponse,
  unwantedChromeExtensions,
  ossecRootkit,
  osxAttacks,
]

export const rules: readonly Rule[] = [
  losesData,
  unwantedChromeExtension,
  ossecRootkitRule,
  osxAttacksRule,
  cronLoadsFromTmp,
  sshLogin,
]

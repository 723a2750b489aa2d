/** The registry: what hosts are asked to run, and what is judged. Each room lists its own, one line a rule. */
import type { Rule } from '../src/detect/rule.ts'
import { agentRules } from './agent/index.ts'
import { browserRules } from './browser/index.ts'
import { linuxRules } from './linux/index.ts'
import { macosRules } from './macos/index.ts'
import { posixRules } from './posix/index.ts'
import { windowsRules } from './windows/index.ts'

export { exceptions } from './exceptions.ts'
export { packs } from './packs/index.ts'
export { sequences } from './sequences/index.ts'

export const rules: readonly Rule[] = [
  ...agentRules,
  ...browserRules,
  ...linuxRules,
  ...macosRules,
  ...posixRules,
  ...windowsRules,
]

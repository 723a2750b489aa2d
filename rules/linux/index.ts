import type { Rule } from '../../src/detect/rule.ts'
import ossecRootkit from './ossec-rootkit.ts'

/** Rules that only make sense on Linux. */
export const linuxRules: readonly Rule[] = [ossecRootkit]

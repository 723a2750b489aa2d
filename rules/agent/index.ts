import type { Rule } from '../../src/detect/rule.ts'
import losesData from './loses-data.ts'

/** Rules about the agent itself: what costs visibility. */
export const agentRules: readonly Rule[] = [losesData]

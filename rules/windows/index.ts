import type { Rule } from '../../src/detect/rule.ts'

/** Rules that only make sense on Windows. */
export const windowsRules: readonly Rule[] = []

import type { Rule } from '../../src/detect/rule.ts'
import osxAttacks from './osx-attacks.ts'

/** Rules that only make sense on macOS. */
export const macosRules: readonly Rule[] = [osxAttacks]

import type { Rule } from '../../src/detect/rule.ts'
import unwantedChromeExtensions from './unwanted-chrome-extensions.ts'

/** Rules about browsers, on any system. */
export const browserRules: readonly Rule[] = [unwantedChromeExtensions]

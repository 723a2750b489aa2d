import type { Rule } from '../../src/detect/rule.ts'
import harmfulChromeExtension from './harmful-chrome-extension.ts'
import newSafariExtension from './new-safari-extension.ts'
import powerfulChromeExtension from './powerful-chrome-extension.ts'
import sideloadedChromeExtension from './sideloaded-chrome-extension.ts'
import sideloadedFirefoxAddon from './sideloaded-firefox-addon.ts'
import unwantedChromeExtensions from './unwanted-chrome-extensions.ts'

/** Rules about browsers, on any system. */
export const browserRules: readonly Rule[] = [
  harmfulChromeExtension,
  newSafariExtension,
  powerfulChromeExtension,
  sideloadedChromeExtension,
  sideloadedFirefoxAddon,
  unwantedChromeExtensions,
]

/** A package of a public registry that was made or taken over to do harm. */
export interface BadPackage {
  /** The versions that do harm; null: all of them. */
  readonly versions: readonly string[] | null
  /** What it does, or when it was taken over. */
  readonly why: string
}

const SKCSIRT = 'lookalike that reports its user to a server, 2017'
const TYPOSQUAT = 'lookalike that steals environment variables, 2017'
const QIX = 'maintainer phished, steals cryptocurrency, September 2025'

/**
 * Of PyPI, names as PyPI compares them (lower case, `-`). Sources: python.org security-announce of 2017-09-22, PyPI's blog
 * and advisories, OSV (https://osv.dev).
 */
const PYTHON: ReadonlyMap<string, BadPackage> = new Map<string, BadPackage>([
  ['acqusition', { versions: null, why: SKCSIRT }],
  ['apidev-coop', { versions: null, why: SKCSIRT }],
  ['bzip', { versions: null, why: SKCSIRT }],
  ['django-server', { versions: null, why: SKCSIRT }],
  ['setup-tools', { versions: null, why: SKCSIRT }],
  ['urlib3', { versions: null, why: SKCSIRT }],
  ['colourama', { versions: null, why: 'lookalike of colorama that swaps wallet addresses, 2018' }],
  ['jeilyfish', { versions: null, why: 'lookalike of jellyfish that steals SSH and GPG keys, 2019' }],
  ['python3-dateutil', { versions: null, why: 'lookalike that pulls in jeIlyfish, 2019' }],
  ['ctx', { versions: ['0.2.2', '0.2.6'], why: 'taken over, steals environment variables, May 2022' }],
  ['torchtriton', { versions: ['3.0.0'], why: 'dependency confusion, steals keys and files, December 2022' }],
  [
    'ultralytics',
    { versions: ['8.3.41', '8.3.42', '8.3.45', '8.3.46'], why: 'build poisoned, mines, December 2024' },
  ],
  ['litellm', { versions: ['1.82.7', '1.82.8'], why: 'taken over, steals keys, March 2026' }],
])

/**
 * Of npm. Sources: GitHub's advisories (https://github.com/advisories), chalk/chalk#656, the issue of axios of 2026-03-31,
 * OSV.
 */
const NPM: ReadonlyMap<string, BadPackage> = new Map<string, BadPackage>([
  ['crossenv', { versions: null, why: TYPOSQUAT }],
  ['cross-env.js', { versions: null, why: TYPOSQUAT }],
  ['flatmap-stream', { versions: ['0.1.1'], why: 'steals wallets through event-stream, 2018' }],
  ['event-stream', { versions: ['3.3.6'], why: 'pulls in flatmap-stream, 2018' }],
  ['eslint-scope', { versions: ['3.7.2'], why: 'taken over, steals npm tokens, 2018' }],
  ['ua-parser-js', { versions: ['0.7.29', '0.8.0', '1.0.0'], why: 'taken over, mines and steals, 2021' }],
  [
    'coa',
    {
      versions: ['2.0.3', '2.0.4', '2.1.1', '2.1.3', '3.0.1', '3.1.3'],
      why: 'taken over, steals passwords, 2021',
    },
  ],
  ['rc', { versions: ['1.2.9', '1.3.9', '2.3.9'], why: 'taken over, steals passwords, 2021' }],
  ['node-ipc', { versions: ['10.1.1', '10.1.2'], why: 'overwrites files by country, March 2022' }],
  ['ansi-regex', { versions: ['6.2.1'], why: QIX }],
  ['ansi-styles', { versions: ['6.2.2'], why: QIX }],
  ['backslash', { versions: ['0.2.1'], why: QIX }],
  ['chalk', { versions: ['5.6.1'], why: QIX }],
  ['chalk-template', { versions: ['1.1.1'], why: QIX }],
  ['color', { versions: ['5.0.1'], why: QIX }],
  ['color-convert', { versions: ['3.1.1'], why: QIX }],
  ['color-name', { versions: ['2.0.1'], why: QIX }],
  ['color-string', { versions: ['2.1.1'], why: QIX }],
  ['debug', { versions: ['4.4.2'], why: QIX }],
  ['error-ex', { versions: ['1.3.3'], why: QIX }],
  ['has-ansi', { versions: ['6.0.1'], why: QIX }],
  ['is-arrayish', { versions: ['0.3.3'], why: QIX }],
  ['simple-swizzle', { versions: ['0.2.3'], why: QIX }],
  ['slice-ansi', { versions: ['7.1.1'], why: QIX }],
  ['strip-ansi', { versions: ['7.1.1'], why: QIX }],
  ['supports-color', { versions: ['10.2.1'], why: QIX }],
  ['supports-hyperlinks', { versions: ['4.1.1'], why: QIX }],
  ['wrap-ansi', { versions: ['9.0.1'], why: QIX }],
  ['axios', { versions: ['1.14.1', '0.30.4'], why: 'taken over, remote access trojan, March 2026' }],
  ['plain-crypto-js', { versions: ['4.2.1'], why: 'carries the trojan of axios 1.14.1, March 2026' }],
])

/** The lists, and when they were last compared with their sources. */
export const BAD_PACKAGES = { checked: '2026-11-24', python: PYTHON, npm: NPM } as const

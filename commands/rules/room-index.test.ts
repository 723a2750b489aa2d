import { describe, expect, it } from 'vitest'
import { withRule } from './room-index.ts'

const INDEX = `import type { Rule } from '../../src/detect/rule.ts'
import cronLoads from './cron-loads.ts'
import sshLogin from './ssh-login.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [cronLoads, sshLogin]
`

describe('withRule', () => {
  it('adds a rule in the order of the files', () => {
    expect(withRule(INDEX, 'odd-job-2')).toBe(`import type { Rule } from '../../src/detect/rule.ts'
import cronLoads from './cron-loads.ts'
import oddJob2 from './odd-job-2.ts'
import sshLogin from './ssh-login.ts'

/** Rules that hold on Linux and macOS alike. */
export const posixRules: readonly Rule[] = [cronLoads, oddJob2, sshLogin]
`)
  })

  it('breaks a list that grows too long for a line, and adds to a broken one', () => {
    const once = withRule(INDEX, 'a-rule-with-a-rather-long-name-that-says-it-all-and-more-still') ?? ''
    expect(once).toContain(`= [
  aRuleWithARatherLongNameThatSaysItAllAndMoreStill,
  cronLoads,
  sshLogin,
]
`)
    expect(withRule(once, 'zz')).toContain('  sshLogin,\n  zz,\n]\n')
  })

  it('begins a list', () => {
    const empty = `import type { Rule } from '../../src/detect/rule.ts'\n\nexport const rules: readonly Rule[] = []\n`
    expect(withRule(empty, 'first')).toBe(
      `import type { Rule } from '../../src/detect/rule.ts'\nimport first from './first.ts'\n\nexport const rules: readonly Rule[] = [first]\n`,
    )
  })

  it('leaves alone what is no index', () => {
    expect(withRule('export const a = 1\n', 'first')).toBeNull()
  })
})

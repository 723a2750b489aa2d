import { describe, expect, it } from 'vitest'
import { createEngine } from '../src/detect/engine.ts'
import { mutantsOf } from '../src/detect/rule-mutants.ts'
import { runRuleTests } from '../src/detect/rule-test.ts'
import { sequenceMutantsOf } from '../src/detect/sequence-mutants.ts'
import { runSequenceTests } from '../src/detect/sequence-test.ts'
import { eventOf, hostOf } from '../src/detect/test-event.ts'
import { rules, sequences } from './index.ts'

/** What each piece is made of fills a row of 10,000 characters. */
const HOSTILE_PIECES = [
  'a',
  ' ',
  '/',
  '/tmp/',
  'sh -c "',
  '$(',
  '((',
  "'",
  '\\',
  'a.',
  '@',
  '0',
  ':',
  '\u202e',
  '{,',
  '|',
]

const named = sequences.map(one => [one.id, one] as const)
describe.each(named)('the pair %s', (_, sequence) => {
  it.each(runSequenceTests(sequence).map(({ name, failures }) => [name, failures] as const))(
    '%s',
    (_name, failures) => {
      expect(failures).toEqual([])
    },
  )

  it.each(sequenceMutantsOf(sequence).map(({ name, killedBy }) => [name, killedBy] as const))(
    'has a test that would fail if it were one that %s',
    (_name, killedBy) => {
      expect(killedBy).not.toEqual([])
    },
  )
})

describe.each(rules.map(rule => [rule.id, rule] as const))('%s', (_, rule) => {
  it.each(runRuleTests(rule).map(({ name, failures }) => [name, failures] as const))(
    '%s',
    (_name, failures) => {
      expect(failures).toEqual([])
    },
  )

  it.each(mutantsOf(rule).map(({ name, killedBy }) => [name, killedBy] as const))(
    'has a test that would fail if it were a rule that %s',
    (_name, killedBy) => {
      expect(killedBy).not.toEqual([])
    },
  )

  it('judges hostile rows in no time', () => {
    const engine = createEngine([{ ...rule, enabled: true }])
    for (const test of rule.tests.filter(({ match }) => match)) {
      const event = eventOf(rule, test)
      for (const piece of HOSTILE_PIECES) {
        const hostile = piece.repeat(Math.ceil(10_000 / piece.length))
        const columns = Object.fromEntries(
          Object.keys(event.columns ?? {}).map(name => [name, `${hostile}!`]),
        )
        const worst = { ...event, ...(event.columns ? { columns } : { message: hostile }) }
        // The least of several: the machine may be busy, a regular expression that backtracks always is.
        let least = Number.POSITIVE_INFINITY
        for (let run = 0; run < 5 && least >= 5; run += 1) {
          const start = performance.now()
          engine.evaluate(worst, hostOf(test))
          least = Math.min(least, performance.now() - start)
        }
        expect(least, `${test.name}: ${piece}`).toBeLessThan(5)
      }
    }
  })
})

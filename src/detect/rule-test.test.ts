import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { rule, table } from './rule.ts'
import { runRuleTests } from './rule-test.ts'

const plain = {
  id: 'posix.example',
  title: 'Example',
  severity: 'high',
  ...described,
  on: table('crontab'),
} as const

describe('runRuleTests', () => {
  it('answers no failures when verdicts and assertions hold', () => {
    const good = rule({
      ...plain,
      enabled: false,
      detect: ({ columns, host, platform, hostTags, decorations, event }) =>
        columns.command === 'x' &&
        columns.path === '' &&
        host === 'db-1' &&
        platform === 'ubuntu' &&
        hostTags.includes('db') &&
        decorations['team'] === 'blue' &&
        event.p_event_time === 5000,
      context: ({ columns }) => ({ b: columns.command, a: 1 }),
      tests: [
        {
          name: 'yes',
          match: true,
          columns: { command: 'x' },
          host: 'db-1',
          platform: 'ubuntu',
          hostTags: ['db'],
          decorations: { team: 'blue' },
          unixTime: 5,
          title: 'Example',
          severity: 'high',
          dedup: 'test-host-id',
          context: { a: 1, b: 'x' },
          destinations: null,
        },
        { name: 'another table', match: false, table: 'last' },
        { name: 'no', match: false, columns: { command: 'x' }, action: 'removed' },
      ],
    })
    expect(runRuleTests(good).map(({ failures }) => failures)).toEqual([[], [], []])
  })

  it('says what was expected and what came', () => {
    const wrong = rule({
      ...plain,
      detect: ({ columns }) => columns.command === 'x',
      tests: [
        { name: 'none', match: true, columns: { command: 'y' } },
        { name: 'some', match: false, columns: { command: 'x' } },
        {
          name: 'other',
          match: true,
          columns: { command: 'x' },
          title: 'T',
          severity: 'low',
          context: { a: 1 },
        },
      ],
    })
    expect(runRuleTests(wrong)).toEqual([
      { ruleId: 'posix.example', name: 'none', failures: ['expected a match, got none: detect said no'] },
      {
        ruleId: 'posix.example',
        name: 'some',
        failures: ['expected no match, got one of severity high: "Example"'],
      },
      {
        ruleId: 'posix.example',
        name: 'other',
        failures: [
          'title: expected "T", got "Example"',
          'severity: expected "low", got "high"',
          'context: expected {"a":1}, got {}',
        ],
      },
    ])
  })

  it('takes a rule error for a failure, also where no match is expected', () => {
    const broken = rule({
      ...plain,
      detect: ({ columns }) => {
        if (columns.command !== '') return true
        throw new Error('empty')
      },
      alertTitle: () => {
        throw new Error('title')
      },
      tests: [
        { name: 'yes', match: true, columns: { command: 'x' } },
        { name: 'no', match: false },
      ],
    })
    expect(runRuleTests(broken).map(({ failures }) => failures)).toEqual([
      [expect.stringMatching(/^alertTitle threw Error: title/)],
      [expect.stringMatching(/^detect threw Error: empty/)],
    ])
  })

  it('says what a function answered that it must not', () => {
    const wrong = rule({
      ...plain,
      // What plain JavaScript could answer.
      detect: () => 1 as unknown as boolean,
      tests: [
        { name: 'yes', match: true },
        { name: 'no', match: false },
      ],
    })
    const failure = 'detect failed: it answered a value of type number instead of a boolean'
    expect(runRuleTests(wrong).map(({ failures }) => failures)).toEqual([[failure], [failure]])
  })

  it('says which part kept a row from matching', () => {
    const guarded = rule({
      ...plain,
      on: table('last'),
      initial: 'ignore',
      freshness: { column: 'time', within: '24h' },
      detect: () => true,
      exclude: ({ columns }) => columns.username === 'ada',
      tests: [
        { name: 'first', match: true, columns: { time: '1700000000' }, counter: '0' },
        { name: 'old', match: true, columns: { time: '1600000000' } },
        { name: 'known', match: true, columns: { time: '1700000000', username: 'ada' } },
        { name: 'gone', match: true, columns: { time: '1700000000' }, action: 'removed' },
        { name: 'no', match: false, table: 'crontab' },
      ],
    })
    const why = runRuleTests(guarded).map(({ failures: [first] }) => first?.replace(/^.*got none: /, ''))
    expect(why).toEqual([
      "initial: 'ignore' passes over first results (counter 0)",
      'freshness: time is "1600000000", too long before the time of the event or none at all',
      'exclude took it back',
      'detect was not asked: the rule meets table last, added; the row is of table "last", query "last", pack "", action "removed"',
      undefined,
    ])
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { described } from '../../test/described.ts'
import { createEngine } from './engine.ts'
import type { HostId, RowId } from './event.ts'
import { exception } from './exception.ts'
import { query, type Rule, type RuleContext, rule } from './rule.ts'
import { FIRSTS_MAX, type SequenceDefinition, type SequencePart, sequence } from './sequence.ts'
import { SequenceMemory } from './sequence-memory.ts'
import { runSequenceTests } from './sequence-test.ts'
import { completionsOf } from './sequences.ts'
import { eventOf } from './test-event.ts'

type Loose = Readonly<Record<string, string | undefined>>

function partRule(id: string, name: string, keyed = true): Rule {
  return rule({
    id,
    title: `Rule ${name}`,
    severity: 'info',
    alert: false,
    on: query(name),
    detect: ({ columns }) => columns['user'] !== 'nobody',
    ...(keyed && {
      sequenceKey: ({ hostId, columns }: RuleContext<Loose>) => `${hostId} ${columns['user']}`,
    }),
    ...described,
    tests: [
      { name: 'yes', match: true, columns: { user: 'ada' } },
      { name: 'no', match: false, columns: { user: 'nobody' } },
    ],
  })
}

const failed = partRule('test.failed', 'failed')
const success = partRule('test.success', 'success')

function definitionOf(change: Partial<SequenceDefinition> = {}): SequenceDefinition {
  return {
    id: 'test.broken-in',
    title: 'Broken in',
    severity: 'high',
    first: failed,
    next: success,
    within: '1m',
    ...described,
    alertTitle: ({ host, key, firsts }) => `${key} on ${host} after ${firsts.length}`,
    tests: [
      {
        name: 'one after the other',
        match: true,
        steps: [
          { of: 'first', at: 0, columns: { user: 'ada' } },
          { of: 'next', at: 60, columns: { user: 'ada' } },
        ],
        title: 'test-host-id ada on test-host after 1',
      },
      {
        name: 'a second too late',
        match: false,
        steps: [
          { of: 'first', at: 0, columns: { user: 'ada' } },
          { of: 'next', at: 61, columns: { user: 'ada' } },
        ],
      },
      {
        name: 'the other way round',
        match: false,
        steps: [
          { of: 'first', at: 1, columns: { user: 'ada' } },
          { of: 'next', at: 0, columns: { user: 'ada' } },
        ],
      },
      {
        name: 'another user',
        match: false,
        steps: [
          { of: 'first', at: 0, columns: { user: 'ada' } },
          { of: 'next', at: 1, columns: { user: 'bob' } },
        ],
      },
      {
        name: 'another host',
        match: false,
        steps: [
          { of: 'first', at: 0, columns: { user: 'ada' }, host: 'a' },
          { of: 'next', at: 1, columns: { user: 'ada' }, host: 'b' },
        ],
      },
    ],
    ...change,
  }
}

const brokenIn = sequence(definitionOf())

describe('the tests of a sequence', () => {
  it.each(runSequenceTests(brokenIn))('pass when it is right: $name', ({ failures }) => {
    expect(failures).toEqual([])
  })

  it('fail when it is wrong, and say how', () => {
    const strict = sequence(definitionOf({ atLeast: 2 }))
    expect(runSequenceTests(strict)[0]?.failures).toEqual(['expected a match, got none'])
    const lax = sequence(definitionOf({ within: '2m' }))
    expect(runSequenceTests(lax)[1]?.failures).toEqual([
      'expected no match, got "test-host-id ada on test-host after 1"',
    ])
    const named = sequence(definitionOf({ alertTitle: () => 'Other' }))
    expect(runSequenceTests(named)[0]?.failures).toEqual([
      'title: expected "test-host-id ada on test-host after 1", got "Other"',
    ])
  })

  it('tell of a function that throws', () => {
    const broken = sequence(
      definitionOf({
        context: () => {
          throw new Error('boom')
        },
      }),
    )
    expect(runSequenceTests(broken)[0]?.failures).toEqual(['test.broken-in: context failed: boom'])
  })
})

describe('a sequence that can be no good', () => {
  it.each<[Partial<SequenceDefinition>, RegExp]>([
    [{ within: '0m' }, /within must be from 1m to 24h, not "0m"/],
    [{ within: '2d' }, /within must be from 1m to 24h/],
    [{ atLeast: 0 }, /atLeast must be a whole number from 1 to 20, not 0/],
    [{ atLeast: FIRSTS_MAX + 1 }, /not 21/],
    [
      { next: failed },
      /first and next are the same rule; to count its matches give "test.failed" a threshold/,
    ],
    [{ next: partRule('test.other', 'other', false) }, /rule "test.other" has no sequenceKey; add one/],
    [{ id: 'Wrong' }, /id must be lower-case words/],
    [{ runbook: '' }, /runbook is missing/],
    [{ tests: [] }, /at least one that matches/],
    [{ attack: ['T9999'] }, /T9999/],
  ])('is refused with what to change: %#', (change, message) => {
    expect(() => sequence(definitionOf(change))).toThrow(message)
  })

  it('is refused by the engine when the registry lacks one of its rules, or has its id', () => {
    expect(() => createEngine([failed], [], [brokenIn])).toThrow(
      'sequence "test.broken-in": rule "test.success" is not in the registry',
    )
    const twin = partRule('test.broken-in', 'twin')
    expect(() => createEngine([failed, success, twin], [], [brokenIn])).toThrow(
      'two rules are called "test.broken-in"',
    )
  })
})

describe('the mark of a match', () => {
  const host = { id: 'host-1' as HostId, name: 'web-1', platform: '', tags: [] } // any text is a host id here
  const { evaluate } = createEngine([failed, partRule('test.unmarked', 'failed', false)])
  const event = eventOf(failed, { name: '', match: true, columns: { user: 'ada' } })

  it('is what the rule says, and the time of the event', () => {
    const [marked, unmarked] = evaluate(event, host)
    expect(marked).toMatchObject({ sequence: { key: 'host-1 ada', at: event.p_event_time } })
    expect(unmarked).not.toHaveProperty('sequence')
  })

  it('bears the time of the row where it has one', () => {
    const timed = { ...failed, freshness: { column: 'time', withinMs: 1e9, untimed: true } }
    const at = (time: string) =>
      createEngine([timed]).evaluate({ ...event, columns: { user: 'ada', time } }, host)[0]
    expect(at('1699999990')).toMatchObject({ sequence: { at: 1_699_999_990_000 } })
    expect(at('0')).toMatchObject({ sequence: { at: event.p_event_time } })
  })

  it('is left out when the rule has no key for the match', () => {
    const keyless = { ...failed, sequenceKey: () => null }
    expect(createEngine([keyless]).evaluate(event, host)[0]).not.toHaveProperty('sequence')
  })
})

const partKinds = fc.constantFrom(failed.id, success.id)
const someParts = fc
  .array(fc.record({ ruleId: partKinds, key: fc.constantFrom('a', 'b'), at: fc.nat(200_000) }), {
    maxLength: 25,
  })
  .map(list => list.map((part, index): SequencePart => ({ ...part, rowId: `row-${index}`, title: '' })))

describe('what is completed', () => {
  it('is what looking at every pair finds', () => {
    fc.assert(
      fc.property(someParts, fc.integer({ min: 1, max: 3 }), (parts, atLeast) => {
        const { withinMs } = brokenIn
        const expected = parts
          .filter(({ ruleId }) => ruleId === success.id)
          .filter(next => {
            const firsts = parts.filter(
              ({ ruleId, key, at }) =>
                ruleId === failed.id && key === next.key && at <= next.at && next.at - at <= withinMs,
            )
            return firsts.length >= atLeast
          })
        const found = completionsOf({ ...brokenIn, atLeast }, parts)
        expect(found.map(({ next }) => next.rowId).sort()).toEqual(expected.map(({ rowId }) => rowId).sort())
      }),
    )
  })

  it('is shown with the latest of what went before, and no more than twenty', () => {
    const firsts = Array.from({ length: 50 }, (_, index) => ({
      ruleId: failed.id,
      key: 'a',
      at: index,
      rowId: `first-${index}`,
      title: '',
    }))
    const next = { ruleId: success.id, key: 'a', at: 60, rowId: 'next', title: '' }
    const [completion] = completionsOf(brokenIn, [next, ...firsts])
    expect(completion?.firsts.map(({ at }) => at)).toEqual(
      Array.from({ length: FIRSTS_MAX }, (_, index) => 49 - index),
    )
  })

  it('is the same whatever arrives first, and made once', () => {
    const { sequences } = createEngine([failed, success], [], [sequence(definitionOf({ atLeast: 2 }))])
    const host = { id: 'host-1' as HostId, name: 'web-1', platform: '', tags: [] } // any text is a host id here
    const made = (parts: readonly SequencePart[]) => {
      const memory = new SequenceMemory(sequences)
      return parts.flatMap(({ ruleId, key, at, rowId }) => {
        const event = { ...eventOf(failed, { name: '', match: true }), p_row_id: rowId as RowId } // ids need only differ
        const [match] = createEngine([{ ...failed, id: ruleId }]).evaluate(event, host)
        if (match?.kind !== 'match') throw new Error('no match')
        return memory
          .complete([{ ...match, sequence: { key, at } }], host)
          .map(finding => finding.event.p_row_id)
      })
    }
    fc.assert(
      fc.property(
        someParts.chain(parts =>
          fc.tuple(fc.constant(parts), fc.shuffledSubarray(parts, { minLength: parts.length })),
        ),
        ([parts, shuffled]) => {
          expect(made(shuffled).sort()).toEqual(made(parts).sort())
        },
      ),
      { numRuns: 50 },
    )
  })

  it('leaves nothing when an exception covers it', () => {
    const covered = exception({
      rule: 'test.broken-in',
      host: 'web-*',
      reason: 'A test.',
      expires: '2030-01-01',
    })
    const host = { id: 'host-1' as HostId, name: 'web-1', platform: '', tags: [] } // any text is a host id here
    const { sequences } = createEngine([failed, success], [covered], [brokenIn])
    const event = eventOf(success, { name: '', match: true })
    const next = { ruleId: success.id, key: 'a', at: 1, rowId: 'next', title: '' }
    expect(sequences.tell({ sequence: brokenIn, next, firsts: [] }, event, host)).toEqual([])
    expect(
      sequences.tell({ sequence: brokenIn, next, firsts: [] }, event, { ...host, name: 'db-1' }),
    ).toHaveLength(1)
  })
})

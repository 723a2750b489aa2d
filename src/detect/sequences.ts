import { contextOf } from './context.ts'
import type { HostFacts, OsqueryEvent } from './event.ts'
import { Exceptions } from './exceptions.ts'
import type { Finding } from './finding.ts'
import { tellMatch } from './match.ts'
import type { Rule } from './rule.ts'
import { FIRSTS_MAX, type Sequence, type SequenceContext, type SequencePart } from './sequence.ts'

/** A match of the second rule with as many of the first before it as the sequence takes. */
export interface Completion {
  readonly sequence: Sequence
  readonly next: SequencePart
  /** Latest first, at most `FIRSTS_MAX`. */
  readonly firsts: readonly SequencePart[]
}

/** The sequences of a registry, found by the rules whose matches take part. Pure, as the engine is. */
export class Sequences {
  readonly #byRule = new Map<string, Sequence[]>()
  readonly #exceptions: Exceptions

  /** @throws Error when a sequence is made of a rule that the registry does not have */
  constructor(sequences: readonly Sequence[], rules: readonly Rule[], exceptions: Exceptions) {
    this.#exceptions = exceptions
    const registered = new Set(rules.map(({ id }) => id))
    for (const one of sequences) {
      for (const part of [one.first, one.next]) {
        if (!registered.has(part.id)) {
          throw new Error(
            `sequence "${one.rule.id}": rule "${part.id}" is not in the registry; list it in its room's index.ts`,
          )
        }
      }
      if (!one.rule.enabled) continue
      for (const { id } of [one.first, one.next]) {
        this.#byRule.set(id, [...(this.#byRule.get(id) ?? []), one])
      }
    }
  }

  /** The sequences in which matches of this rule take part, in either place. */
  of(ruleId: string): readonly Sequence[] {
    return this.#byRule.get(ruleId) ?? NONE
  }

  /**
   * What a completed sequence has to say, and what went wrong while it was told. Never throws.
   * @param event  of the match that completes it
   */
  tell({ sequence, next, firsts }: Completion, event: OsqueryEvent, host: HostFacts): readonly Finding[] {
    const context: SequenceContext = { ...contextOf(event, host), key: next.key, firsts }
    if (this.#exceptions.cover(sequence.rule.id, context)) return []
    const { match, errors } = tellMatch(sequence.rule, context)
    return [match, ...errors]
  }
}

const NONE: readonly Sequence[] = Object.freeze([])

/** Of a registry that has none. */
export const NO_SEQUENCES = new Sequences([], [], new Exceptions([], new Set()))

/**
 * Which matches of the second rule are completed by what is known. The answer depends only on the parts there are, not on
 * which of them are new: whoever adds the last one finds the completion.
 * @param parts  of both rules, in any order, each once
 */
export function completionsOf(sequence: Sequence, parts: readonly SequencePart[]): readonly Completion[] {
  return [...Map.groupBy(parts, ({ key }) => key).values()].flatMap(ofKey => {
    const firsts = ofKey.filter(({ ruleId }) => ruleId === sequence.first.id).toSorted(byTime)
    const nexts = ofKey.filter(({ ruleId }) => ruleId === sequence.next.id).toSorted(byTime)
    return nexts.flatMap(next => {
      const before = latestWithin(firsts, next.at - sequence.withinMs, next.at)
      return before.length < sequence.atLeast ? [] : [{ sequence, next, firsts: before }]
    })
  })
}

/** The latest of the sorted parts that lie from `from` to `to`, latest first. */
function latestWithin(sorted: readonly SequencePart[], from: number, to: number): readonly SequencePart[] {
  const found: SequencePart[] = []
  for (let index = countUpTo(sorted, to) - 1; index >= 0 && found.length < FIRSTS_MAX; index -= 1) {
    const part = sorted[index]
    if (part === undefined || part.at < from) break
    found.push(part)
  }
  return found
}

/** How many of the sorted parts lie at `to` or before. */
function countUpTo(sorted: readonly SequencePart[], to: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.at ?? 0) <= to) low = middle + 1
    else high = middle
  }
  return low
}

function byTime(a: SequencePart, b: SequencePart): number {
  return a.at - b.at || (a.rowId < b.rowId ? -1 : 1)
}

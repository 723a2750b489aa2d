import { createHash } from 'node:crypto'
import type { Rule } from '../detect/rule.ts'

/** The rules of a deployment, as far as it takes to tell one deployment from another. */
export interface RuleSet {
  /** Changes with anything of the rules that is deployed, their code included. */
  readonly hash: string
  /** By rule id: changes with what the rule says, not with its code, whose text depends on the whole bundle. */
  readonly rules: Readonly<Record<string, string>>
}

/** How one set differs from an earlier one; ids in alphabetical order. */
export interface RuleSetChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

const HASH_HEX_DIGITS = 20
/** Enough to tell two texts of one rule apart. */
const RULE_HEX_DIGITS = 8

const known = new WeakMap<readonly Rule[], RuleSet>()

/** Takes the fingerprints of rules, once for each isolate. Tests are no part of what is deployed. */
export function ruleSetOf(rules: readonly Rule[]): RuleSet {
  const before = known.get(rules)
  if (before !== undefined) return before
  const sorted = rules.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const set = {
    hash: hashOf(sorted.map(rule => textOf(rule, true)).join('\n'), HASH_HEX_DIGITS),
    rules: Object.fromEntries(sorted.map(rule => [rule.id, hashOf(textOf(rule, false), RULE_HEX_DIGITS)])),
  }
  known.set(rules, set)
  return set
}

/** Compares two sets. */
export function changeBetween(before: RuleSet['rules'], after: RuleSet['rules']): RuleSetChange {
  const ids = Object.keys(after)
  return {
    added: ids.filter(id => !Object.hasOwn(before, id)).toSorted(),
    removed: Object.keys(before)
      .filter(id => !Object.hasOwn(after, id))
      .toSorted(),
    changed: ids.filter(id => Object.hasOwn(before, id) && before[id] !== after[id]).toSorted(),
  }
}

function textOf({ tests: _, ...rule }: Rule, withCode: boolean): string {
  return JSON.stringify(rule, (_name, value: unknown) => {
    if (typeof value === 'function') return withCode ? String(value) : undefined
    return value instanceof RegExp ? String(value) : value
  })
}

function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

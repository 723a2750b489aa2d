import type { Row } from './event.ts'
import { type Exception, isExpired } from './exception.ts'
import type { RuleContext } from './rule.ts'

/** The exceptions of a registry, found by their rule: a rule without one pays a look-up for each of its matches. */
export class Exceptions {
  readonly #byRule: ReadonlyMap<string, readonly Exception[]>

  /**
   * @param ids  of all rules and sequences
   * @throws Error when one is for a rule that there is not: it would seem to hold and do nothing
   */
  constructor(exceptions: readonly Exception[], ids: ReadonlySet<string>) {
    for (const { rule } of exceptions) {
      if (ids.has(rule)) continue
      const near = nearest(rule, ids)
      const fix = near === null ? 'take the exception out' : `did you mean "${near}"?`
      throw new Error(`exception for rule "${rule}": there is no such rule; ${fix}`)
    }
    this.#byRule = Map.groupBy(exceptions, ({ rule }) => rule)
  }

  /**
   * Whether one of the exceptions takes a match of the rule back. An exception has expired when the event was received
   * after its last day: the clock of receipt, so that the same event always gives the same answer.
   */
  cover(ruleId: string, context: RuleContext<Row>): boolean {
    const ofRule = this.#byRule.get(ruleId)
    return ofRule?.some(one => !isExpired(one, context.event.p_parse_time) && covers(one, context)) ?? false
  }
}

function covers({ tag, matches }: Exception, { host, hostId, hostTags, columns }: RuleContext<Row>): boolean {
  if (tag !== null && !hostTags.includes(tag)) return false
  if (matches.host !== null && !matches.host(host) && !matches.host(hostId)) return false
  return matches.columns.every(([column, value]) => value(columns[column] ?? ''))
}

/** The id that shares the most pairs of characters, when it shares at least half of them. */
function nearest(wrong: string, ids: ReadonlySet<string>): string | null {
  const wanted = pairsOf(wrong)
  const scored = [...ids].map(id => {
    const pairs = pairsOf(id)
    const shared = [...pairs].filter(pair => wanted.has(pair)).length
    return { id, score: (2 * shared) / (pairs.size + wanted.size || 1) }
  })
  const [best] = scored.toSorted((a, b) => b.score - a.score)
  return best !== undefined && best.score >= 0.5 ? best.id : null
}

function pairsOf(text: string): ReadonlySet<string> {
  return new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => text.slice(at, at + 2)))
}

import type { HostFacts, OsqueryEvent } from './event.ts'
import type { Finding } from './finding.ts'
import type { Sequence, SequencePart } from './sequence.ts'
import { completionsOf, type Sequences } from './sequences.ts'

interface Kept {
  readonly part: SequencePart
  readonly event: OsqueryEvent
  readonly host: HostFacts
}

/**
 * Sequences over matches that are kept in memory, for what is offline: tests of sequences and replays of files. Makes the
 * matches that the pipeline makes, in whatever order it is given theirs. Keeps every match that takes part.
 */
export class SequenceMemory {
  readonly #sequences: Sequences
  /** By sequence and key, by row id. */
  readonly #kept = new Map<string, Map<string, Kept>>()
  readonly #completed = new Set<string>()

  constructor(sequences: Sequences) {
    this.#sequences = sequences
  }

  /** What the findings of one event complete, together with those of the events before. */
  complete(findings: readonly Finding[], host: HostFacts): readonly Finding[] {
    return findings.flatMap(finding => {
      if (finding.kind !== 'match' || finding.sequence === undefined) return []
      const { ruleId, event, title, sequence } = finding
      const part: SequencePart = { ruleId, rowId: event.p_row_id, title, ...sequence }
      return this.#sequences.of(ruleId).flatMap(one => this.#add(one, { part, event, host }))
    })
  }

  #add(sequence: Sequence, added: Kept): readonly Finding[] {
    const { key, ruleId, rowId, at } = added.part
    const place = JSON.stringify([sequence.rule.id, key])
    const ofKey = this.#kept.get(place) ?? new Map<string, Kept>()
    this.#kept.set(place, ofKey.set(`${ruleId} ${rowId}`, added))
    // What lies further away than twice the time has no say in what this one completes.
    const near = [...ofKey.values()].filter(kept => Math.abs(kept.part.at - at) <= 2 * sequence.withinMs)
    return completionsOf(
      sequence,
      near.map(({ part }) => part),
    ).flatMap(completion => {
      const { next } = completion
      const id = JSON.stringify([sequence.rule.id, next.rowId])
      const last = ofKey.get(`${next.ruleId} ${next.rowId}`)
      if (last === undefined || this.#completed.has(id)) return []
      this.#completed.add(id)
      return this.#sequences.tell(completion, last.event, last.host)
    })
  }
}

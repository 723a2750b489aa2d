import { createEngine } from '../../src/detect/engine.ts'
import type { HostFacts, HostId, OsqueryEvent, RowId } from '../../src/detect/event.ts'
import type { Exception } from '../../src/detect/exception.ts'
import type { Finding } from '../../src/detect/finding.ts'
import type { Pack } from '../../src/detect/pack.ts'
import type { Routing } from '../../src/detect/routing.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { SequenceMemory } from '../../src/detect/sequence-memory.ts'
import type { PostNormalizer } from '../../src/ingest/detection.ts'
import { createNormalizer } from '../../src/ingest/normalize.ts'
import { claimedHost } from './claimed-host.ts'
import { groupAlerts } from './group-alerts.ts'
import type { StoredEvent } from './lake.ts'
import { alertLine, eventLine, findingLine, type Line, rejectedLine } from './lines.ts'
import { type FileRecord, readRecords } from './read-records.ts'

/** What is to be shown. What could not be read always is. */
export interface Choice {
  readonly events: boolean
  readonly matches: boolean
  readonly alerts: boolean
}

/** What the files are judged by. */
export interface Registry {
  readonly rules: readonly Rule[]
  readonly sequences?: readonly Sequence[]
  /** Judged by the time of receipt, which is now. */
  readonly exceptions?: readonly Exception[]
  /** Tell which table a query is about. */
  readonly packs: readonly Pack[]
  readonly routing: Routing
}

/** What went by. */
export interface Tally {
  files: number
  records: number
  events: number
  matches: number
  ruleErrors: number
  rejected: number
  alerts: number
  /** Stored events that were there before: the lake may hold an event more than once. */
  repeated: number
  /** Segments of the lake that events came from. */
  segments: number
}

/**
 * Takes files through normalization and the rules. Pure but for the bytes it is given; memory is bounded by the longest
 * line, by the matches that take part in sequences, and by the findings when alerts are asked for.
 */
export class Replay {
  readonly tally: Tally = {
    files: 0,
    records: 0,
    events: 0,
    matches: 0,
    ruleErrors: 0,
    rejected: 0,
    alerts: 0,
    repeated: 0,
    segments: 0,
  }
  /** Kept only when alerts are asked for: grouping needs them in the order of time. */
  readonly #findings: Finding[] = []
  readonly #hosts = new Map<HostId, HostFacts>()
  /** Stored events that were shown or that matched; others may come again, to no effect. */
  readonly #stored = new Set<RowId>()
  #segment = ''
  readonly #choice: Choice
  readonly #registry: Registry
  readonly #receivedAt: number
  readonly #engine
  readonly #memory: SequenceMemory
  readonly #replaces: ReadonlyMap<string, readonly string[]>
  readonly #normalizer

  /** @param receivedAt  ms since the epoch: the time of receipt, which stands in for times that can't be believed */
  constructor(choice: Choice, registry: Registry, receivedAt: number) {
    this.#choice = choice
    this.#registry = registry
    this.#receivedAt = receivedAt
    const { rules, sequences = [], exceptions = [] } = registry
    this.#engine = createEngine(rules, exceptions, sequences)
    this.#memory = new SequenceMemory(this.#engine.sequences)
    const named = [...rules, ...sequences.map(({ rule }) => rule)]
    this.#replaces = new Map(named.map(({ id, replaces }) => [id, replaces]))
    this.#normalizer = createNormalizer(registry.packs)
  }

  /**
   * What one file holds, as it is read.
   * @throws what reading the bytes throws
   */
  async *file(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
    // Repeated lines are told apart within what one host sent, so each host of a file has a post of its own.
    const posts = new Map<HostId, PostNormalizer>()
    for await (const record of readRecords(bytes)) {
      if (record.kind === 'record') yield* this.#record(name, record, posts)
      else yield this.#rejected(name, record.line, record.reason, record.detail)
    }
    this.tally.files += 1
  }

  /** An event of the lake, judged again. One that is already known is passed over. */
  *stored({ segment, row, event, host }: StoredEvent): Generator<Line> {
    // Segments come one after the other.
    if (segment !== this.#segment) this.tally.segments += 1
    this.#segment = segment
    const findings = this.#engine.evaluate(event, host)
    if (this.#choice.events || findings.length > 0) {
      if (this.#stored.has(event.p_row_id)) {
        this.tally.repeated += 1
        return
      }
      this.#stored.add(event.p_row_id)
    }
    if (!this.#hosts.has(host.id)) this.#hosts.set(host.id, host)
    yield* this.#judged(segment, row, event, host, findings)
  }

  /** A segment of the lake that can't be read. */
  unreadSegment(segment: string, error: unknown): Line {
    return this.#rejected(
      segment,
      0,
      'unread_segment',
      error instanceof Error ? error.message : String(error),
    )
  }

  /** What follows from all files together. */
  *end(): Generator<Line> {
    if (!this.#choice.alerts) return
    for (const alert of groupAlerts(this.#findings, this.#registry.routing, this.#hosts)) {
      this.tally.alerts += 1
      yield alertLine(alert)
    }
  }

  *#record(
    file: string,
    { line, value, repaired }: Extract<FileRecord, { kind: 'record' }>,
    posts: Map<HostId, PostNormalizer>,
  ): Generator<Line> {
    this.tally.records += 1
    const host = claimedHost(value)
    if (!this.#hosts.has(host.id)) this.#hosts.set(host.id, host)
    const post =
      posts.get(host.id) ?? this.#normalizer.post({ hostId: host.id, receivedAt: this.#receivedAt })
    posts.set(host.id, post)
    const events: OsqueryEvent[] = []
    const reason = post.add(value, repaired, events)
    if (reason !== null) yield this.#rejected(file, line, reason, 'the record is no osquery log line')
    for (const event of events) {
      yield* this.#judged(file, line, event, host, this.#engine.evaluate(event, host))
    }
  }

  *#judged(
    file: string,
    line: number,
    event: OsqueryEvent,
    host: HostFacts,
    findings: readonly Finding[],
  ): Generator<Line> {
    this.tally.events += 1
    if (this.#choice.events) yield eventLine(file, line, event)
    for (const finding of [...findings, ...this.#memory.complete(findings, host)]) {
      if (finding.kind === 'match') this.tally.matches += 1
      else this.tally.ruleErrors += 1
      if (this.#choice.alerts) this.#findings.push(finding)
      if (!this.#choice.matches) continue
      yield findingLine(file, line, finding, host, this.#replaces.get(finding.ruleId) ?? [])
    }
  }

  #rejected(file: string, line: number, reason: string, detail: string): Line {
    this.tally.rejected += 1
    return rejectedLine(file, line, reason, detail)
  }
}

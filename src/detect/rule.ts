import type { Duration } from './duration.ts'
import type { HostId, OsqueryEvent, Row } from './event.ts'
import { checkRule } from './rule-check.ts'
import type { RuleTest } from './rule-test.ts'
import type { Selector } from './selector.ts'
import type { Severity } from './severity.ts'

export { joining, knownPack, logType, pack, query, table } from './selector.ts'

/** What a rule's functions are given: built once for each event and shared by all rules that meet it. */
export interface RuleContext<Columns> {
  readonly event: OsqueryEvent
  readonly columns: Columns
  /** Name of the host as people know it. */
  readonly host: string
  readonly hostId: HostId
  readonly hostTags: readonly string[]
  /** osquery's platform word (`ubuntu`, `darwin`, `windows`), or empty. */
  readonly platform: string
  readonly action: string
  /** Query name without pack and delimiter. */
  readonly query: string
  /** Pack name, or empty. */
  readonly pack: string
  /** osquery table, or empty. */
  readonly table: string
  readonly decorations: Row
}

/** What a rule may say beside its identity. Only `detect` decides; what the others answer is cut to its limits. */
interface RuleFunctions<Columns> {
  /** The verdict. Anything but a boolean, and anything thrown, is a rule error and never a match. */
  detect(context: RuleContext<Columns>): boolean
  /** True takes a match back: known good. If it throws, the match stands. */
  exclude?(context: RuleContext<Columns>): boolean
  /** Title of the alert, at most 1,000 characters. Otherwise, and when it fails or is empty: the rule's title. */
  alertTitle?(context: RuleContext<Columns>): string
  /**
   * Matches with the same string share an alert for `dedupPeriod`. At most 1,000 characters. Otherwise, and when it fails
   * or is empty: the host id, so that each host has its own alert.
   */
  dedup?(context: RuleContext<Columns>): string
  /** Severity of this match; undefined, and a failure, leave it at `severity`. */
  dynamicSeverity?(context: RuleContext<Columns>): Severity | undefined
  /** Ids of destinations, at most 10; `[]` sends to none; null, and a failure, leave it to routing. */
  destinations?(context: RuleContext<Columns>): readonly string[] | null
  /** What the responder needs, as JSON of at most 200 KiB. When it fails or is too large: `{ _error }`. Otherwise `{}`. */
  context?(context: RuleContext<Columns>): Readonly<Record<string, unknown>>
  /** Makes `threshold` count distinct values instead of matches; null or empty counts for nothing. */
  unique?(context: RuleContext<Columns>): string | null
  /**
   * What a match has in common with the matches of another rule that stands with it in a `sequence`: host and user, host
   * and module. Null or empty: this match takes no part. Without it the rule takes part in none.
   */
  sequenceKey?(context: RuleContext<Columns>): string | null
}

/** What `rule` takes. Only what has no sensible default must be given. */
export interface RuleDefinition<Columns> extends RuleFunctions<Columns> {
  /** Where and what: `posix.cron-loads-from-tmp`. Alerts and matches carry it, so it never changes. */
  readonly id: string
  /** What happened, in a few words. */
  readonly title: string
  readonly severity: Severity
  /** The events it meets. */
  readonly on: Selector<Columns>
  /**
   * Actions it meets. Default: `added`; for a served snapshot query `snapshot`; for `logType` every action.
   * A rule that names `snapshot` besides sees a lasting state again at every run.
   */
  readonly actions?: readonly ('added' | 'removed' | 'snapshot')[]
  /** ATT&CK technique ids: `T1053.003`. Empty for what no attacker need have done; then low or info at most. */
  readonly attack: readonly string[]
  /** What it means when it fires: what an attacker gains by it, in two or three sentences. */
  readonly means: string
  /** osquery SQL to run on the host next, so that the responder can see for themselves. */
  readonly check: string
  /** What innocent people do that looks the same. */
  readonly benign: string
  /** What to do when it fires, for someone just woken up. */
  readonly runbook: string
  /** Pages worth reading: https URLs of vendors, ATT&CK, advisories. */
  readonly references: readonly string[]
  /** Matches (or distinct `unique` values) within `dedupPeriod` before there is an alert. Default 1. */
  readonly threshold?: number
  /** Length of the window, from its first match: `15m` to `24h`. Default `1h`. */
  readonly dedupPeriod?: Duration
  /** Ignore first results (counter 0) of tables that hold state: what was there before anyone looked. Default: meet them. */
  readonly initial?: 'ignore'
  /**
   * Only rows whose `column` (seconds since the epoch) lies at most `within`, and half an hour, before the event's own time.
   * A row whose time can't be read does not match: an old row must never page. `untimed: 'match'` lets rows that bear no
   * time at all (empty or 0, as shell_history does for shells that keep none) through, but for first results (counter 0).
   */
  readonly freshness?: {
    readonly column: keyof Columns & string
    readonly within: Duration
    readonly untimed?: 'match'
  }
  /** False takes it out of the engine; its tests still run. Default true. */
  readonly enabled?: boolean
  /** False keeps matches as signals and makes no alert. Default true. */
  readonly alert?: boolean
  /** Ids of rules of other products that this one stands in for. */
  readonly replaces?: readonly string[]
  /** At least one that matches and one that does not. */
  readonly tests: readonly RuleTest<NoInfer<Columns>>[]
}

/** A rule as the engine takes it: defaults filled in, columns no longer typed. */
export interface Rule extends RuleFunctions<Row> {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly on: Selector<unknown>
  /** Null meets every action. */
  readonly actions: readonly string[] | null
  readonly attack: readonly string[]
  readonly means: string
  readonly check: string
  readonly benign: string
  readonly runbook: string
  readonly references: readonly string[]
  readonly threshold: number
  readonly dedupMinutes: number
  readonly ignoreInitial: boolean
  readonly freshness: {
    readonly column: string
    readonly withinMs: number
    /** Whether rows without a time are taken for new. */
    readonly untimed: boolean
  } | null
  readonly enabled: boolean
  readonly alert: boolean
  readonly replaces: readonly string[]
  readonly tests: readonly RuleTest<Row>[]
}

/**
 * Builds a rule from its definition.
 *
 * @throws Error naming the rule, everything that is wrong with it and how to mend it. Rules are built when the Worker
 *   starts and by the tests, so a faulty rule can't be deployed.
 */
export function rule<Columns>(definition: RuleDefinition<Columns>): Rule {
  const { periods, problems } = checkRule(definition)
  if (problems.length > 0) {
    throw new Error(`rule "${definition.id}": ${problems.join('; ')}`)
  }
  const { on, actions, freshness, dedupPeriod: _, initial, ...rest } = definition
  const complete = {
    threshold: 1,
    enabled: true,
    alert: true,
    replaces: [],
    ...rest,
    on,
    actions: actions ?? defaultActions(on),
    dedupMinutes: periods.dedupMinutes,
    ignoreInitial: initial === 'ignore',
    freshness:
      freshness === undefined
        ? null
        : {
            column: freshness.column,
            withinMs: periods.freshnessMinutes * 60_000,
            untimed: freshness.untimed === 'match',
          },
  }
  // The engine hands a rule only the events that `on` selects, whose rows have the columns that `on` promises.
  return complete as unknown as Rule
}

function defaultActions(on: Selector<unknown>): readonly string[] | null {
  if (on.kind === 'logType') return null
  return on.served?.snapshot === true ? ['snapshot'] : ['added']
}

import { createEngine } from './engine.ts'
import type { HostFacts, HostId, OsqueryEvent, RowId } from './event.ts'
import type { Finding } from './finding.ts'
import { timeColumnOf } from './match.ts'
import type { RuleTestResult } from './rule-test.ts'
import type { Sequence, SequenceStep, SequenceTest } from './sequence.ts'
import { SequenceMemory } from './sequence-memory.ts'
import { eventOf, hostOf } from './test-event.ts'

/** Start of every test case: 2023-11-14 22:13:20 UTC. */
const START_SECONDS = 1_700_000_000

/** Runs the test cases of a sequence, the events of each arriving as they are listed and the other way round. */
export function runSequenceTests(sequence: Sequence): readonly RuleTestResult[] {
  return sequence.tests.map(test => {
    const { name, steps } = test
    const listed = failuresOf(test, run(sequence, steps))
    const reversed = failuresOf(test, run(sequence, steps.toReversed()))
    const others = reversed.filter(failure => !listed.includes(failure))
    return {
      ruleId: sequence.rule.id,
      name,
      failures: [...listed, ...others.map(failure => `when the last event arrives first: ${failure}`)],
    }
  })
}

/** What comes of the steps when they arrive in this order. */
function run(sequence: Sequence, steps: readonly SequenceStep[]): readonly Finding[] {
  const { first, next } = sequence
  const enabled = { ...sequence, rule: { ...sequence.rule, enabled: true } }
  const engine = createEngine(
    [first, next].map(rule => ({ ...rule, enabled: true })),
    [],
    [enabled],
  )
  const memory = new SequenceMemory(engine.sequences)
  return steps.flatMap((step, index) => {
    const { event, host } = happening(sequence, step, index)
    const findings = engine.evaluate(event, host)
    return [...findings.filter(({ kind }) => kind === 'rule_error'), ...memory.complete(findings, host)]
  })
}

interface Happening {
  readonly event: OsqueryEvent
  readonly host: HostFacts
}

/** The event of a step. Its row's own time, where it bears one, is that of the step unless it says otherwise. */
function happening(sequence: Sequence, step: SequenceStep, index: number): Happening {
  const rule = sequence[step.of]
  const { at, action, host } = step
  const [table = ''] = rule.on.kind === 'table' ? rule.on.names : []
  const time = timeColumnOf(rule, table)
  const columns = {
    ...(time !== null && { [time]: String(START_SECONDS + at) }),
    ...step.columns,
  }
  const test = {
    name: '',
    match: true,
    unixTime: START_SECONDS + at,
    columns,
    ...(action !== undefined && { action }),
    ...(host !== undefined && { host }),
  }
  const facts = hostOf(test)
  // Ids of test hosts are their names, so that two hosts are two.
  const id = (host ?? facts.id) as HostId
  const rowId = `${String(START_SECONDS + at)}-${index}-${step.of}` as RowId // ids need only differ
  return { event: { ...eventOf(rule, test), p_host_id: id, p_row_id: rowId }, host: { ...facts, id } }
}

function failuresOf(test: SequenceTest, findings: readonly Finding[]): readonly string[] {
  const errors = findings.filter(finding => finding.kind === 'rule_error')
  const failures = errors.map(({ ruleId, stage, message }) => `${ruleId}: ${stage} failed: ${message}`)
  const match = findings.find(({ kind }) => kind === 'match')
  if (match === undefined) return test.match ? [...failures, 'expected a match, got none'] : failures
  if (!test.match) return [...failures, `expected no match, got "${match.title}"`]
  const { title } = test
  if (title === undefined || title === match.title) return failures
  return [...failures, `title: expected "${title}", got "${match.title}"`]
}

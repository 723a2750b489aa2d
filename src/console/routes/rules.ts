import * as z from 'zod'
import { type Exception, isExpired } from '../../detect/exception.ts'
import type { Rule } from '../../detect/rule.ts'
import { SEVERITIES } from '../../detect/severity.ts'
import { found, route } from '../route.ts'
import { listOf } from '../shapes.ts'

const exceptionShape = z.object({
  host: z.string().nullable(),
  tag: z.string().nullable(),
  columns: z.record(z.string(), z.string()),
  reason: z.string(),
  expires: z.string().meta({ description: 'Last day on which it holds, UTC.' }),
  author: z.string(),
  expired: z.boolean().meta({ description: 'It holds no more; renew it or take it out.' }),
})

const ruleShape = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  enabled: z.boolean(),
  alert: z.boolean().meta({ description: 'False keeps matches as signals and makes no alert.' }),
  on: z.object({
    kind: z.enum(['table', 'query', 'pack', 'logType', 'sequence']),
    names: z
      .array(z.string())
      .meta({ description: 'Of a sequence: the ids of the two rules, the first one first.' }),
  }),
  actions: z.array(z.string()).nullable().meta({ description: 'Null meets every action.' }),
  attack: z.array(z.string()),
  replaces: z.array(z.string()),
  threshold: z.int(),
  dedup_minutes: z.number(),
  tests: z.int().meta({ description: 'How many test cases it carries.' }),
  runbook: z.string(),
  exceptions: z.array(exceptionShape),
})

export const rules = route({
  method: 'GET',
  path: '/rules',
  summary: 'The registry of rules and sequences that this deployment runs; never more than one page.',
  answers: listOf(ruleShape),
  run(_input, { deps, world }) {
    const exceptions = Map.groupBy(deps.exceptions, ({ rule }) => rule)
    const shown = (rule: Rule, on: z.infer<typeof ruleShape>['on']) => ({
      id: rule.id,
      title: rule.title,
      severity: rule.severity,
      enabled: rule.enabled,
      alert: rule.alert,
      on,
      actions: rule.actions === null ? null : [...rule.actions],
      attack: [...rule.attack],
      replaces: [...rule.replaces],
      threshold: rule.threshold,
      dedup_minutes: rule.dedupMinutes,
      tests: rule.tests.length,
      runbook: rule.runbook,
      exceptions: (exceptions.get(rule.id) ?? []).map(one => shownException(one, world.now())),
    })
    const items = [
      ...deps.rules.map(rule => shown(rule, { kind: rule.on.kind, names: [...rule.on.names] })),
      ...deps.sequences.map(({ rule, first, next }) =>
        shown(rule, { kind: 'sequence', names: [first.id, next.id] }),
      ),
    ]
    return found({ items, next_cursor: null })
  },
})

function shownException(exception: Exception, now: number): z.infer<typeof exceptionShape> {
  const { host, tag, columns, reason, expires, author } = exception
  return { host, tag, columns: { ...columns }, reason, expires, author, expired: isExpired(exception, now) }
}

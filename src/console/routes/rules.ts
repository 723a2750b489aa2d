import * as z from 'zod'
import { SEVERITIES } from '../../detect/severity.ts'
import { found, route } from '../route.ts'
import { listOf } from '../shapes.ts'

const ruleShape = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  enabled: z.boolean(),
  alert: z.boolean().meta({ description: 'False keeps matches as signals and makes no alert.' }),
  on: z.object({ kind: z.enum(['table', 'query', 'pack', 'logType']), names: z.array(z.string()) }),
  actions: z.array(z.string()).nullable().meta({ description: 'Null meets every action.' }),
  attack: z.array(z.string()),
  replaces: z.array(z.string()),
  threshold: z.int(),
  dedup_minutes: z.number(),
  tests: z.int().meta({ description: 'How many test cases it carries.' }),
  runbook: z.string(),
})

export const rules = route({
  method: 'GET',
  path: '/rules',
  summary: 'The registry of rules that this deployment runs; never more than one page.',
  answers: listOf(ruleShape),
  run(_input, { deps }) {
    const items = deps.rules.map(rule => ({
      id: rule.id,
      title: rule.title,
      severity: rule.severity,
      enabled: rule.enabled,
      alert: rule.alert,
      on: { kind: rule.on.kind, names: [...rule.on.names] },
      actions: rule.actions === null ? null : [...rule.actions],
      attack: [...rule.attack],
      replaces: [...rule.replaces],
      threshold: rule.threshold,
      dedup_minutes: rule.dedupMinutes,
      tests: rule.tests.length,
      runbook: rule.runbook,
    }))
    return found({ items, next_cursor: null })
  },
})

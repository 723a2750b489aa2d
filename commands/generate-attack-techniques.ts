/**
 * Writes src/detect/attack-techniques.ts: the ids of MITRE ATT&CK that a rule may name.
 *
 * Run it when ATT&CK has a new release, mend the rules whose ids it took away, and commit what it writes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const HELP = `Usage: node commands/generate-attack-techniques.ts ENTERPRISE-ATTACK.json CHECKED

  ENTERPRISE-ATTACK.json  MITRE's STIX 2.1 bundle of Enterprise ATT&CK
  CHECKED                 the date on which it was fetched: 2026-11-24

Writes src/detect/attack-techniques.ts.
`

const Pattern = z.object({
  type: z.literal('attack-pattern'),
  external_references: z.array(z.object({ source_name: z.string(), external_id: z.string().optional() })),
  kill_chain_phases: z.array(z.object({ kill_chain_name: z.string(), phase_name: z.string() })).default([]),
  revoked: z.boolean().default(false),
  x_mitre_deprecated: z.boolean().default(false),
})
const Collection = z.object({ type: z.literal('x-mitre-collection'), x_mitre_version: z.string() })
const Bundle = z.object({ objects: z.array(z.looseObject({ type: z.string() })) })

/** The tactics from the left of the matrix to its right; one that is not named here comes after them. */
const ORDER = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
]

function main(): number {
  const [file, checked = ''] = process.argv.slice(2)
  if (file === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(checked)) {
    process.stderr.write(HELP)
    return 2
  }
  const { objects } = Bundle.parse(JSON.parse(readFileSync(file, 'utf8')))
  const version = objects.map(one => Collection.safeParse(one).data?.x_mitre_version).find(Boolean)
  const byTactic = new Map<string, string[]>(ORDER.map(tactic => [tactic, []]))
  for (const pattern of objects.flatMap(one => Pattern.safeParse(one).data ?? [])) {
    if (pattern.revoked || pattern.x_mitre_deprecated) continue
    const id = pattern.external_references.find(one => one.source_name === 'mitre-attack')?.external_id
    if (id === undefined) throw new Error('a technique of the bundle has no id')
    for (const { kill_chain_name: chain, phase_name: tactic } of pattern.kill_chain_phases) {
      if (chain === 'mitre-attack') byTactic.set(tactic, [...(byTactic.get(tactic) ?? []), id])
    }
  }
  const target = join(import.meta.dirname, '..', 'src', 'detect', 'attack-techniques.ts')
  writeFileSync(target, sourceOf(version ?? 'unknown', checked, byTactic))
  process.stdout.write(
    `Wrote ${new Set([...byTactic.values()].flat()).size} techniques of ATT&CK ${version}.\n`,
  )
  return 0
}

function sourceOf(
  version: string,
  checked: string,
  byTactic: ReadonlyMap<string, readonly string[]>,
): string {
  const tactics = [...byTactic].filter(([, ids]) => ids.length > 0)
  return `// Written by commands/generate-attack-techniques.ts; change that, not this.

/** The release of MITRE's Enterprise ATT&CK that the ids are of, and when it was looked at. */
export const ATTACK_RELEASE = { version: '${version}', checked: '${checked}' } as const

/**
 * Tactic, in the order of the matrix, to its techniques, parted by a space: \`T1053:002,003\` is T1053 with its
 * sub-techniques T1053.002 and T1053.003. Revoked and deprecated ids are left out. Facts: ids alone.
 */
export const ATTACK_MATRIX: Readonly<Record<string, string>> = {
${tactics.map(([tactic, ids]) => `  ${keyOf(tactic)}:\n    '${notation(ids)}',\n`).join('')}}
`
}

function keyOf(tactic: string): string {
  return /^[a-z]+$/.test(tactic) ? tactic : `'${tactic}'`
}

function notation(ids: readonly string[]): string {
  const subs = Map.groupBy(ids.toSorted(), id => id.slice(0, 5))
  return [...subs]
    .map(([technique, all]) => {
      const own = all.filter(id => id !== technique).map(id => id.slice(6))
      return own.length === 0 ? technique : `${technique}:${own.join(',')}`
    })
    .join(' ')
}

process.exitCode = main()

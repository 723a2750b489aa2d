import { ATTACK_MATRIX } from './attack-techniques.ts'

/** Tactics of ATT&CK in the order of its matrix: `execution`, `persistence`, … */
export const TACTICS: readonly string[] = Object.keys(ATTACK_MATRIX)

/** Technique id to the tactics that it serves. */
const tactics: ReadonlyMap<string, readonly string[]> = techniquesByTactic()

/** The tactics that a technique or sub-technique serves, or null when ATT&CK has no such id (or has it no more). */
export function tacticsOf(technique: string): readonly string[] | null {
  return tactics.get(technique) ?? null
}

/** Where a technique is explained: `T1053.003` is at https://attack.mitre.org/techniques/T1053/003/. */
export function attackUrl(technique: string): string {
  return `https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`
}

function techniquesByTactic(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [tactic, notation] of Object.entries(ATTACK_MATRIX)) {
    for (const entry of notation.split(' ')) {
      const [technique = '', subs] = entry.split(':')
      const ids = subs === undefined ? [] : subs.split(',').map(sub => `${technique}.${sub}`)
      for (const id of [technique, ...ids]) found.set(id, [...(found.get(id) ?? []), tactic])
    }
  }
  return found
}

import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Exception } from '../../src/detect/exception.ts'
import type { Pack } from '../../src/detect/pack.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { Sequence } from '../../src/detect/sequence.ts'
import { unsafeRegexes } from '../../src/detect/unsafe-regex.ts'

/** The folder of rules of this checkout. */
export const RULES_FOLDER = join(import.meta.dirname, '..', '..', 'rules')

const SEQUENCES = 'sequences'

/** Folders of `rules/` that hold no rules. */
export const NOT_ROOMS: readonly string[] = ['packs', 'data', SEQUENCES]

/** What the index of a rules folder exports. */
interface Registry {
  readonly rules: readonly Rule[]
  readonly packs: readonly Pack[]
  // Folders of the tests have none.
  readonly sequences?: readonly Sequence[]
  readonly exceptions?: readonly Exception[]
}

export type LoadedRegistry =
  | {
      readonly ok: true
      readonly rules: readonly Rule[]
      readonly packs: readonly Pack[]
      readonly sequences: readonly Sequence[]
      readonly exceptions: readonly Exception[]
      /** Id of a rule to its file: `rules/posix/ssh-login.ts`. */
      readonly files: ReadonlyMap<string, string>
      /** Files of rules that no index names: the Worker does not know them. */
      readonly unregistered: readonly string[]
    }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Loads the registry as the Worker does, and each file by itself, so that everything that is refused is named with its
 * file: what `rule()` and `pack()` refuse, two rules of one id, an expression that can backtrack without end.
 *
 * @param folder  a folder laid out like `rules/`
 */
export async function loadRegistry(folder: string): Promise<LoadedRegistry> {
  const rooms = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const ofRules = rooms
    .filter(({ name }) => !NOT_ROOMS.includes(name))
    .flatMap(({ name }) => filesOf(folder, name))
  const ofPacks = filesOf(folder, 'packs')
  const ofSequences = rooms.some(({ name }) => name === SEQUENCES) ? filesOf(folder, SEQUENCES) : []
  const problems = [...ofRules, ...ofPacks, ...ofSequences].flatMap(file => regexProblems(folder, file))
  const files = new Map<string, string>()
  for (const file of ofRules) {
    const loaded = await imported(folder, file)
    if (!loaded.ok) problems.push(loaded.problem)
    else problems.push(...ruleProblems(shown(file), loaded.module['default'], files))
  }
  for (const file of ofSequences) {
    const loaded = await imported(folder, file)
    if (!loaded.ok) problems.push(loaded.problem)
    else problems.push(...identityProblems(shown(file), loaded.module['default'], files))
  }
  for (const file of ofPacks) {
    const loaded = await imported(folder, file)
    if (!loaded.ok) problems.push(loaded.problem)
  }
  if (problems.length > 0) return { ok: false, problems }
  const index = await imported(folder, 'index.ts')
  if (!index.ok) return { ok: false, problems: [index.problem] }
  // The index of a rules folder exports these; the compiler checks ours.
  const { rules, packs, sequences = [], exceptions = [] } = index.module as unknown as Registry
  const registered = new Set([...rules, ...sequences].map(({ id }) => id))
  const unregistered = [...files].filter(([id]) => !registered.has(id)).map(([, file]) => file)
  return { ok: true, rules, packs, sequences, exceptions, files, unregistered }
}

/** Files of a room, beside its index and tests, by their paths within the folder. */
function filesOf(folder: string, room: string): readonly string[] {
  return readdirSync(join(folder, room))
    .filter(name => name.endsWith('.ts') && name !== 'index.ts' && !name.endsWith('.test.ts'))
    .toSorted()
    .map(name => join(room, name))
}

type Imported =
  | { readonly ok: true; readonly module: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string }

async function imported(folder: string, file: string): Promise<Imported> {
  try {
    return { ok: true, module: await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href) }
  } catch (error) {
    return { ok: false, problem: `${shown(file)}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function ruleProblems(file: string, exported: unknown, files: Map<string, string>): readonly string[] {
  const problems = identityProblems(file, exported, files)
  const id = idOf(exported)
  const room = relative('rules', file).split('/')[0] ?? ''
  return problems.length > 0 || id === null || id.startsWith(`${room}.`)
    ? problems
    : [`${file}: its id must begin with "${room}.", the folder it lies in`]
}

/** Of a rule or a sequence, whose ids are of one kind. */
function identityProblems(file: string, exported: unknown, files: Map<string, string>): readonly string[] {
  const id = idOf(exported)
  if (id === null) return [`${file}: export default rule({ … }) is missing`]
  const other = files.get(id)
  if (other !== undefined) return [`${file}: ${other} has a rule "${id}" too; give one of them another id`]
  files.set(id, file)
  return []
}

function idOf(exported: unknown): string | null {
  return typeof exported === 'object' && exported !== null && 'id' in exported ? String(exported.id) : null
}

function regexProblems(folder: string, file: string): readonly string[] {
  return unsafeRegexes(readFileSync(join(folder, file), 'utf8')).map(
    literal =>
      `${shown(file)}: ${literal} repeats a group that itself repeats, which some row makes run for minutes; test in two steps, or with startsWith, includes and split`,
  )
}

function shown(file: string): string {
  return join('rules', file)
}

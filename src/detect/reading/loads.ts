import { type Command, commandsOf } from './command.ts'
import { isGivenCode, isInterpreter, isShell } from './interpreters.ts'

/** Programs that load every file they are given: code, modules, packages, jobs. */
const LOADERS =
  /^(?:source|\.|insmod|kmod|kldload|kextload|crontab|at|run-parts|ld-linux.*|ld\.so.*|dpkg|rpm|installer|launchctl)$/
/** Variables whose value names code that the program loads. */
const LOADING_VARIABLE =
  /^(?:LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|DYLD_LIBRARY_PATH|BASH_ENV|ENV|PATH|PYTHONPATH|PYTHONSTARTUP|PERL5LIB|RUBYLIB|NODE_PATH)=(.+)$/s
const CODE_FILE = /\.(?:sh|bash|py|pl|rb|php|js|mjs|lua|tcl|jar|scpt)$/

/**
 * The files from which a shell command line loads code: programs it runs, scripts it hands to an interpreter (as operand,
 * by `<` or through a pipe), libraries and start-up files it names in variables, modules and jobs it installs. Paths are
 * as written, but relative ones are joined to the folder of a `cd` before them, and `//`, `.` and `..` are resolved.
 *
 * Files that are only read, written, tested or deleted are not among them. Never throws; linear in the text.
 */
export function loadedFiles(line: string): readonly string[] {
  const files: string[] = []
  const states = new Map<Command | null, State>()
  for (const command of commandsOf(line)) {
    const { within } = command.links
    const state = states.get(within) ?? begun(within, states)
    states.set(within, state)
    state.ranIn.set(command, state.folder)
    collect(command, state, files)
  }
  return files
}

/** Where the commands of one line, or of the code within one command, have got to. */
interface State {
  folder: string
  /** Files that the commands of the pipe so far may have written into it. */
  poured: string[]
  readonly ranIn: Map<Command, string>
}

/** Code within a command begins in the folder in which that command runs. */
function begun(within: Command | null, states: ReadonlyMap<Command | null, State>): State {
  const outer = within === null ? undefined : states.get(within.links.within)
  const folder = within === null ? '' : (outer?.ranIn.get(within) ?? '')
  return { folder, poured: [], ranIn: new Map() }
}

function collect(
  { program, path, args, assignments, reads, piped }: Command,
  state: State,
  files: string[],
): void {
  if (!piped) state.poured = []
  // Never `push(...list)` of what a host sends: as many arguments as a long line has words exhaust the stack.
  for (const assignment of assignments) for (const file of filesOf(assignment)) files.push(normal(file))
  if (program === 'cd' || program === 'pushd') {
    state.folder = resolved(args.find(word => !word.startsWith('-')) ?? '', state.folder)
    return
  }
  const load = (file: string) => files.push(resolved(file, state.folder))
  if (path.includes('/')) load(path)
  const loaded = operandsLoaded(program, args)
  for (const file of loaded) load(file)
  if (loaded.length === 0 && readsCode(program, args)) {
    for (const file of [...reads, ...state.poured]) load(file)
    state.poured = []
  }
  for (const file of reads) state.poured.push(file)
  for (const word of args) if (!word.startsWith('-')) state.poured.push(word)
}

/** Files that a variable names, of those whose value is code. */
function filesOf(assignment: string): readonly string[] {
  const value = LOADING_VARIABLE.exec(assignment)?.[1] ?? ''
  return value.split(/[: ]/).filter(path => path !== '')
}

function operandsLoaded(name: string, rest: readonly string[]): readonly string[] {
  const operands = rest.filter(word => !word.startsWith('-'))
  if (LOADERS.test(name)) return operands
  if (!isShell(name) && !isInterpreter(name)) return []
  if (isGivenCode(name, rest)) return []
  const script = operands.find(word => word.includes('/') || CODE_FILE.test(word))
  return script === undefined ? operands.slice(0, 1) : [script]
}

/** Whether the program takes code from its standard input when it is given none otherwise. */
function readsCode(name: string, rest: readonly string[]): boolean {
  if (name === 'crontab' || name === 'at') return true
  return (isShell(name) || isInterpreter(name)) && !isGivenCode(name, rest)
}

/** Linux's PATH_MAX: a longer path names nothing, and must not grow with every `cd`. */
const PATH_MAX = 4096

function resolved(path: string, folder: string): string {
  return normal(
    path.startsWith('/') || folder === '' || folder.length > PATH_MAX ? path : `${folder}/${path}`,
  )
}

/** Without `//`, `.` and `..`, so that `/var/../tmp/x` is known for what it is. */
function normal(path: string): string {
  if (!path.startsWith('/')) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

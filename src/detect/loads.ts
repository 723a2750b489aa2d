import { isGivenCode, isInterpreter, isShell } from './interpreters.ts'
import { type ShellCommand, shellCommands } from './shell.ts'
import { baseNameOf, unwrapped } from './wrappers.ts'

/** `sh -c 'sh -c …'` is followed to this depth. */
const DEPTH_MAX = 4

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
  let lines: readonly string[] = [line]
  for (let depth = 0; depth < DEPTH_MAX && lines.length > 0; depth++) {
    const inner: string[] = []
    for (const text of lines) collect(shellCommands(text), files, inner)
    lines = inner
  }
  return files
}

function collect(commands: readonly ShellCommand[], files: string[], inner: string[]): void {
  let folder = ''
  /** Files that the commands of the pipe so far may have written into it. */
  let poured: string[] = []
  for (const { words, reads, source } of commands) {
    if (source === null) poured = []
    const { path: program, args: rest, assignments, lines } = unwrapped(words)
    files.push(...assignments.flatMap(filesOf).map(normal))
    inner.push(...lines)
    const name = baseNameOf(program)
    if (name === 'cd' || name === 'pushd') {
      folder = resolved(rest.find(word => !word.startsWith('-')) ?? '', folder)
      continue
    }
    const load = (path: string) => files.push(resolved(path, folder))
    if (program.includes('/')) load(program)
    if (isShell(name) || name === 'eval' || name === 'su') inner.push(...codeOf(name, rest))
    const loaded = operandsLoaded(name, rest)
    for (const path of loaded) load(path)
    if (loaded.length === 0 && readsCode(name, rest)) {
      for (const path of [...reads, ...poured]) load(path)
      poured = []
    }
    poured.push(...reads, ...rest.filter(word => !word.startsWith('-')))
  }
}

/** Files that a variable names, of those whose value is code. */
function filesOf(assignment: string): readonly string[] {
  const value = LOADING_VARIABLE.exec(assignment)?.[1] ?? ''
  return value.split(/[: ]/).filter(path => path !== '')
}

/** Shell code among the arguments: what follows `-c`, or all of `eval`. */
function codeOf(name: string, rest: readonly string[]): readonly string[] {
  if (name === 'eval') return [rest.join(' ')]
  const flag = rest.findIndex(word => /^-[a-z]*c$/.test(word))
  const code = flag === -1 ? undefined : rest[flag + 1]
  return code === undefined ? [] : [code]
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

import { type ShellCommand, shellCommands } from './shell.ts'

/** `sh -c 'sh -c …'` is followed to this depth. */
const DEPTH_MAX = 4

const SHELLS = /^(?:ba|da|z|k|a|fi|c|tc|mk)?sh$/
/** Programs whose first file is code that they run. */
const INTERPRETERS = /^(?:python|perl|ruby|php|node|nodejs|lua|tclsh|java|osascript|wish|expect)[\d.]*$/
/** Programs that load every file they are given: code, modules, packages, jobs. */
const LOADERS =
  /^(?:source|\.|insmod|kmod|kldload|kextload|crontab|at|run-parts|ld-linux.*|ld\.so.*|dpkg|rpm|installer|launchctl)$/
/** Variables whose value names code that the program loads. */
const LOADING_VARIABLE =
  /^(?:LD_PRELOAD|LD_AUDIT|LD_LIBRARY_PATH|DYLD_INSERT_LIBRARIES|DYLD_LIBRARY_PATH|BASH_ENV|ENV|PATH|PYTHONPATH|PYTHONSTARTUP|PERL5LIB|RUBYLIB|NODE_PATH)=(.+)$/s
const ASSIGNMENT = /^[A-Za-z_]\w*=/
const CODE_FILE = /\.(?:sh|bash|py|pl|rb|php|js|mjs|lua|tcl|jar|scpt)$/

/** Words that may stand before a command and are none. */
const RESERVED = new Set(['if', 'then', 'elif', 'else', 'while', 'until', 'do', '{', '!', 'time', 'export'])

/** Programs that run the command they are given: options that take a value, and operands that stand before it. */
const WRAPPERS: Readonly<Record<string, { readonly valued: string; readonly operands: number }>> = {
  builtin: { valued: '', operands: 0 },
  busybox: { valued: '', operands: 0 },
  chronic: { valued: '', operands: 0 },
  chroot: { valued: '', operands: 1 },
  chrt: { valued: '', operands: 1 },
  command: { valued: '', operands: 0 },
  doas: { valued: 'uC', operands: 0 },
  env: { valued: 'uCS', operands: 0 },
  exec: { valued: 'a', operands: 0 },
  flock: { valued: 'wE', operands: 1 },
  ionice: { valued: 'cnpPu', operands: 0 },
  nice: { valued: 'n', operands: 0 },
  nohup: { valued: '', operands: 0 },
  setsid: { valued: '', operands: 0 },
  stdbuf: { valued: 'ioe', operands: 0 },
  sudo: { valued: 'ugUhpCrtTDR', operands: 0 },
  taskset: { valued: '', operands: 1 },
  timeout: { valued: 'sk', operands: 1 },
  xargs: { valued: 'InPLdsaE', operands: 0 },
}

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
    const { program, rest } = unwrapped(words, files)
    const name = program.slice(program.lastIndexOf('/') + 1)
    if (name === 'cd' || name === 'pushd') {
      folder = resolved(rest.find(word => !word.startsWith('-')) ?? '', folder)
      continue
    }
    const load = (path: string) => files.push(resolved(path, folder))
    if (program.includes('/')) load(program)
    // `flock FILE -c 'line'`, `env -S 'line'`: a program whose name has blanks is a command line.
    if (words[0] !== program && /\s/.test(program)) inner.push(program)
    if (SHELLS.test(name) || name === 'eval' || name === 'su') inner.push(...codeOf(name, rest))
    const loaded = operandsLoaded(name, rest)
    for (const path of loaded) load(path)
    if (loaded.length === 0 && readsCode(name, rest)) {
      for (const path of [...reads, ...poured]) load(path)
      poured = []
    }
    poured.push(...reads, ...rest.filter(word => !word.startsWith('-')))
  }
}

/** The program that a command comes down to, after reserved words, assignments and wrappers. */
function unwrapped(
  words: readonly string[],
  files: string[],
): { readonly program: string; readonly rest: readonly string[] } {
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (ASSIGNMENT.test(word)) {
      files.push(
        ...(LOADING_VARIABLE.exec(word)?.[1] ?? '')
          .split(/[: ]/)
          .filter(path => path !== '')
          .map(normal),
      )
      continue
    }
    if (RESERVED.has(word)) continue
    const name = word.slice(word.lastIndexOf('/') + 1)
    const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined
    // A wrapper in a strange folder is a program of that folder.
    if (wrapper === undefined || !/^(?:(?:\/usr)?(?:\/local)?\/s?bin\/)?[^/]+$/.test(word)) break
    at = commandAfter(words, at + 1, wrapper) - 1
  }
  return { program: words[at] ?? '', rest: words.slice(at + 1) }
}

/** Where the command begins that a wrapper runs. */
function commandAfter(
  words: readonly string[],
  start: number,
  { valued, operands }: { readonly valued: string; readonly operands: number },
): number {
  let at = start
  let left = operands
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word.startsWith('-')) {
      if (word.length === 2 && valued.includes(word.charAt(1))) at += 1
    } else if (left > 0) left -= 1
    else break
  }
  return at
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
  if (!SHELLS.test(name) && !INTERPRETERS.test(name)) return []
  if (givenCode(name, rest)) return []
  const script = operands.find(word => word.includes('/') || CODE_FILE.test(word))
  return script === undefined ? operands.slice(0, 1) : [script]
}

/** Whether code stands among the arguments (`sh -c`, `python -c`, `perl -ne`, `php -r`): operands are then its arguments. */
function givenCode(name: string, rest: readonly string[]): boolean {
  const flag = SHELLS.test(name) ? /^-[a-z]*c$/ : /^-[a-zA-Z]*[ceEr]$/
  return rest.some(word => flag.test(word))
}

/** Whether the program takes code from its standard input when it is given none otherwise. */
function readsCode(name: string, rest: readonly string[]): boolean {
  if (name === 'crontab' || name === 'at') return true
  return (SHELLS.test(name) || INTERPRETERS.test(name)) && !givenCode(name, rest)
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

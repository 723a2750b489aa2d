import { executedByFind } from './find-exec.ts'
import { nestedLines } from './nested-code.ts'
import { type CommandGroup, type ShellCommand, shellCommands } from './shell.ts'
import { baseNameOf, type Unwrapped, unwrapped } from './wrappers.ts'

/** One command of a command line, known by the program that does the work. */
export interface Command {
  /** Name of the program without its folder and without the `-` of login shells: `bash`. `''` for bare assignments. */
  readonly program: string
  /** The program as written: `/bin/bash`. */
  readonly path: string
  readonly args: readonly string[]
  /** Variables set for it: `LD_PRELOAD=/tmp/a.so`. */
  readonly assignments: readonly string[]
  /** Programs around it, outermost first: `['sudo', 'nohup']`. */
  readonly wrappers: readonly string[]
  /** Files that are its standard input: `< file`. */
  readonly reads: readonly string[]
  /** Whether it reads what another command writes: `other | this`. */
  readonly piped: boolean
  /** Command lines that it is given as code: `sh -c '…'`. Their commands are in the list too. */
  readonly lines: readonly string[]
  /** How it hangs together with the others; `command-flow.ts` answers questions about it. */
  readonly links: Links
}

/** Where a command stands. Commands and groups are known by identity. */
interface Links {
  readonly source: Command | CommandGroup | null
  readonly group: CommandGroup | null
  /** The command in whose words it stands: by `$(…)`, or as code as in `sh -c '…'`. */
  readonly within: Command | null
}

/** Code within code (`sh -c "sh -c …"`, `find -exec sh -c …`) is followed to this depth. */
const DEPTH_MAX = 5

/**
 * Code within a line is about as long as the line at each depth. This many characters, and this many times the line's
 * length, are read, so that the work grows with the line whatever it holds.
 */
const TEXT_MIN = 4096
const TEXT_PER_LINE = 4

interface Line {
  readonly text: string
  readonly within: Command | null
}

/** The last line asked about: several helpers and rules ask about one column in turn. */
let last: { readonly line: string; readonly commands: readonly Command[] } = { line: '', commands: [] }

/**
 * Every command of a shell command line: those of pipelines, lists, groups and substitutions, of `sh -c '…'` and its
 * like, and those that `find -exec` runs. Each is named by the program that does the work, not by the wrappers around it
 * (`env`, `sudo`, `nohup`, `timeout`, `xargs`, `busybox`, `aws-vault exec`, …) nor by its folder.
 *
 * Takes lines as people type them and as osquery joins them (`processes.cmdline`, where quotes are lost). Never throws; an
 * open quote reaches to the end; the time grows with the length of the text.
 *
 * @example commandsOf('cd /tmp && sudo -u www nohup /usr/bin/curl -s example.com | sh').map(({ program }) => program)
 *   // ['cd', 'curl', 'sh']
 */
export function commandsOf(line: string): readonly Command[] {
  if (last.line !== line) last = { line, commands: Object.freeze(parsed(line)) }
  return last.commands
}

/**
 * Whether the line runs one of the programs, named without folder. A version at the end of the name may be left out:
 * `python` stands for `python3.11` too.
 *
 * @example runs("sh -c 'exec /usr/bin/python3 -m http.server'", 'python', 'ruby') // true
 * @example runs('grep python /var/log/syslog', 'python') // false: it is only spoken of
 */
export function runs(line: string, ...programs: readonly string[]): boolean {
  return mayRun(line, programs) && commandsOf(line).some(command => isProgram(command, ...programs))
}

/** Quotes, escapes and lines that go on, within a name, path or address; and text that is written in codes. */
const PARTED = /[\w.:/-]['"\\$\n]+[\w.:/-]|\$'/

/**
 * Whether a shell may read words in the line that do not stand in it: `cu''rl`, `/t\mp`, `$'\x63url'`. Where it is false,
 * a word that is not in the text is not in any command either, and looking for it in the text is enough.
 *
 * @example isParted("cu''rl -s example.com") // true
 * @example isParted("grep 'a b' /etc/hosts") // false
 */
export function isParted(line: string): boolean {
  return PARTED.test(line)
}

/**
 * Whether a line could run one of the programs at all: false means that it does not. Reading a line as a shell does costs
 * fifty times as much, and nearly no line names what a rule looks for.
 */
export function mayRun(line: string, programs: readonly string[]): boolean {
  return isParted(line) || programs.some(program => names(line, program))
}

/** Whether the name begins somewhere in the line and no other letter follows: as the whole name, or before a version. */
function names(line: string, program: string): boolean {
  for (let at = line.indexOf(program); at !== -1; at = line.indexOf(program, at + 1)) {
    if (!/\w/.test(line.charAt(at - 1)) && !/[A-Za-z_]/.test(line.charAt(at + program.length))) return true
  }
  return false
}

/** Whether the command is one of the programs; a version at the end of its name may be left out. */
export function isProgram({ program }: Command, ...programs: readonly string[]): boolean {
  return programs.includes(program) || programs.includes(withoutVersion(program))
}

/**
 * Whether a command has an option. One letter is looked for among those behind a single dash (`-lvnp`), a longer name
 * behind one or two dashes, with `=value` or without.
 *
 * @example commandsOf('nc -lvnp 4444').some(command => hasOption(command, 'l', 'listen')) // true
 */
export function hasOption({ args }: Command, ...names: readonly string[]): boolean {
  return args.some(word => {
    if (!word.startsWith('-')) return false
    const name = word.slice(word.startsWith('--') ? 2 : 1).split('=', 1)[0] ?? ''
    return names.some(
      wanted =>
        name === wanted ||
        (wanted.length === 1 && /^-[A-Za-z0-9]{1,16}$/.test(word) && name.includes(wanted)),
    )
  })
}

function withoutVersion(program: string): string {
  let end = program.length
  while (end > 0 && '0123456789.-'.includes(program.charAt(end - 1))) end -= 1
  return program.slice(0, end)
}

function parsed(line: string): Command[] {
  const commands: Command[] = []
  let lines: readonly Line[] = [{ text: line, within: null }]
  let left = TEXT_MIN + TEXT_PER_LINE * line.length
  for (let depth = 0; depth < DEPTH_MAX && lines.length > 0; depth++) {
    const inner: Line[] = []
    for (const { text, within } of lines) {
      left -= text.length
      if (left >= 0) addCommands(shellCommands(text), within, commands, inner)
    }
    lines = inner
  }
  return commands
}

function addCommands(
  parts: readonly ShellCommand[],
  within: Command | null,
  commands: Command[],
  inner: Line[],
): void {
  const known = new Map<ShellCommand | CommandGroup, Command>()
  for (const part of parts) {
    const { source } = part
    const command = commandOf(unwrapped(part.words), part.reads, {
      source: source === null ? null : (known.get(source) ?? groupOf(source)),
      group: part.group,
      within: part.within === null ? within : (known.get(part.within) ?? within),
    })
    known.set(part, command)
    add(command, commands, inner)
    for (const words of executedByFind(command.program, command.args)) {
      const executed = commandOf(unwrapped(words), [], { source: null, group: null, within: command })
      add({ ...executed, wrappers: [command.program, ...executed.wrappers] }, commands, inner)
    }
  }
}

/** A source that is no command of the list is a group. */
function groupOf(source: ShellCommand | CommandGroup): CommandGroup | null {
  return 'words' in source ? null : source
}

function nameOf(path: string): string {
  const name = baseNameOf(path)
  return name.startsWith('-') ? name.slice(1) : name
}

function commandOf(
  { path, args, assignments, wrappers, lines }: Unwrapped,
  reads: readonly string[],
  links: Links,
): Command {
  const program = nameOf(path)
  const code = nestedLines(program, args)
  return {
    program,
    path,
    args,
    assignments,
    wrappers,
    reads,
    piped: links.source !== null,
    lines: lines.length === 0 ? code : [...lines, ...code],
    links,
  }
}

function add(command: Command, commands: Command[], inner: Line[]): void {
  commands.push(command)
  for (const text of command.lines) inner.push({ text, within: command })
}

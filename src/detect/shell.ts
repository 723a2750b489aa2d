/** One simple command of a shell command line. */
export interface ShellCommand {
  /** Assignments, program and arguments, quotes and escapes taken away. Redirections are not among them. */
  readonly words: readonly string[]
  /** Files that are its standard input: `< file`. */
  readonly reads: readonly string[]
  /** True when it reads what the command before it in the list writes: `before | this`. */
  readonly piped: boolean
}

/** Substitutions within substitutions are followed to this depth: enough for people, and the work stays bounded. */
const DEPTH_MAX = 6

/**
 * Takes a POSIX shell command line apart into its simple commands, those within `$(…)`, backticks, `<(…)`, subshells and
 * braces included, in the order in which they stand (those of substitutions last).
 *
 * Made for judging command lines, not for running them: it never throws, an open quote reaches to the end, nothing is
 * expanded, and the time grows with the length of the text.
 */
export function shellCommands(line: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = []
  let texts: readonly string[] = [line]
  for (let depth = 0; depth < DEPTH_MAX && texts.length > 0; depth++) {
    const inner: string[] = []
    for (const text of texts) new Reader(text, commands, inner).readAll()
    texts = inner
  }
  return commands
}

/** Ends of a command. `|` alone joins its standard output to the next one. */
const SEPARATORS = ';&|()\n'

class Reader {
  private at = 0
  private words: string[] = []
  private reads: string[] = []
  private piped = false
  /** The word being read, or null between words. */
  private word: string | null = null
  /** What the word that follows is: an argument, or the file of a redirection. */
  private next: 'argument' | 'read' | 'written' = 'argument'

  private readonly text: string
  private readonly commands: ShellCommand[]
  private readonly inner: string[]

  constructor(text: string, commands: ShellCommand[], inner: string[]) {
    this.text = text
    this.commands = commands
    this.inner = inner
  }

  readAll(): void {
    while (this.at < this.text.length) this.readOne(this.text.charAt(this.at))
    this.endCommand(false)
  }

  private readOne(character: string): void {
    if (character === ' ' || character === '\t' || character === '\r') {
      this.endWord()
      this.at += 1
    } else if (SEPARATORS.includes(character)) this.readSeparator(character)
    else if (character === '<' || character === '>') this.readRedirection(character)
    else if (character === "'") this.readSingleQuoted()
    else if (character === '"') this.readDoubleQuoted()
    else if (character === '#' && this.word === null) this.skipComment()
    else if (!this.readSubstitution()) this.readCharacter(character)
  }

  /** A plain character, or one that a backslash makes plain. */
  private readCharacter(character: string): void {
    const escapes = character === '\\' && this.at + 1 < this.text.length
    this.add(escapes ? this.text.charAt(this.at + 1) : character)
    this.at += escapes ? 2 : 1
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
    this.at += twoLong || pipeBoth ? 2 : 1
  }

  private readRedirection(character: string): void {
    if (this.text.charAt(this.at + 1) === '(') {
      this.at += 1
      this.add(`${character}(`)
      this.takeInner(this.at + 1, ')')
      return
    }
    // A number in front is the file descriptor.
    if (this.word !== null && /^\d+$/.test(this.word)) this.word = null
    this.endWord()
    const [operator] = /^(?:<<<|<<-?|<>|[<>]&|>>|>\||[<>])/.exec(this.text.slice(this.at, this.at + 3)) ?? [
      character,
    ]
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
      if (!this.readSubstitution()) this.readCharacter(this.text.charAt(this.at))
    }
    this.at += 1
  }

  /** Puts what stands in a substitution aside, to be read as a command line of its own. */
  private readSubstitution(): boolean {
    if (this.text.startsWith('$(', this.at)) {
      this.add('$(')
      this.takeInner(this.at + 2, ')')
      return true
    }
    if (this.text.charAt(this.at) === '`') {
      this.add('`')
      this.takeInner(this.at + 1, '`')
      return true
    }
    return false
  }

  private takeInner(start: number, close: ')' | '`'): void {
    const end = close === '`' ? this.indexOrEnd('`', start) : this.closingParenthesis(start)
    this.inner.push(this.text.slice(start, end))
    this.at = end + 1
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
    if (this.next === 'argument') this.words.push(this.word)
    else if (this.next === 'read') this.reads.push(this.word)
    this.word = null
    this.next = 'argument'
  }

  private endCommand(intoPipe: boolean): void {
    this.endWord()
    if (this.words.length > 0 || this.reads.length > 0) {
      this.commands.push({ words: this.words, reads: this.reads, piped: this.piped })
      this.piped = intoPipe
    }
    this.words = []
    this.reads = []
    this.next = 'argument'
  }
}

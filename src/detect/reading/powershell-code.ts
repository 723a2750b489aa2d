/** One command of a piece of PowerShell. */
export interface PowerShellCommand {
  /** Lower case; aliases by the name of what they stand for: `iex` is `invoke-expression`. Without `.exe`. */
  readonly name: string
  readonly args: readonly string[]
  /** True when it reads what the command before it in the list writes. */
  readonly piped: boolean
}

/** Aliases that attackers and administrators use, from `Get-Alias` of Windows PowerShell 5.1. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['cat', 'get-content'],
  ['copy', 'copy-item'],
  ['cp', 'copy-item'],
  ['curl', 'invoke-webrequest'],
  ['del', 'remove-item'],
  ['dir', 'get-childitem'],
  ['echo', 'write-output'],
  ['foreach', 'foreach-object'],
  ['%', 'foreach-object'],
  ['gc', 'get-content'],
  ['gci', 'get-childitem'],
  ['gcm', 'get-command'],
  ['gi', 'get-item'],
  ['gp', 'get-itemproperty'],
  ['gps', 'get-process'],
  ['gsv', 'get-service'],
  ['gwmi', 'get-wmiobject'],
  ['icm', 'invoke-command'],
  ['iex', 'invoke-expression'],
  ['ii', 'invoke-item'],
  ['ipmo', 'import-module'],
  ['irm', 'invoke-restmethod'],
  ['iwmi', 'invoke-wmimethod'],
  ['iwr', 'invoke-webrequest'],
  ['kill', 'stop-process'],
  ['ls', 'get-childitem'],
  ['move', 'move-item'],
  ['mv', 'move-item'],
  ['nal', 'new-alias'],
  ['ni', 'new-item'],
  ['ps', 'get-process'],
  ['rd', 'remove-item'],
  ['ri', 'remove-item'],
  ['rm', 'remove-item'],
  ['rp', 'remove-itemproperty'],
  ['sal', 'set-alias'],
  ['saps', 'start-process'],
  ['sasv', 'start-service'],
  ['sc', 'set-content'],
  ['select', 'select-object'],
  ['si', 'set-item'],
  ['sleep', 'start-sleep'],
  ['sp', 'set-itemproperty'],
  ['spps', 'stop-process'],
  ['spsv', 'stop-service'],
  ['start', 'start-process'],
  ['swmi', 'set-wmiinstance'],
  ['tee', 'tee-object'],
  ['type', 'get-content'],
  ['wget', 'invoke-webrequest'],
  ['where', 'where-object'],
  ['?', 'where-object'],
])

/**
 * The commands of a piece of PowerShell, those in parentheses, braces and `$(…)` included, in the order in which they stand.
 * Call operators and assignments (`$x = iwr …`) are taken away, backticks and quotes too. Strings are kept whole, nothing
 * is evaluated. For methods (`DownloadString`) search `plainPowerShell`. Linear; never throws.
 *
 * @example powershellCommands("$c = i`wr 'https://example.com/a'; $c | & iex").map(({ name }) => name)
 *   // ['invoke-webrequest', '$c', 'invoke-expression']
 */
export function powershellCommands(code: string): readonly PowerShellCommand[] {
  return new Reader(code).commands()
}

const PLAIN_RUN = /[^`'";|&(){}\n\r \t,<]+/y

class Reader {
  private at = 0
  private words: string[] = []
  /** The word being read, or null between words. */
  private word: string | null = null
  private piped = false
  private readonly found: PowerShellCommand[] = []
  private readonly code: string

  constructor(code: string) {
    this.code = code
  }

  commands(): readonly PowerShellCommand[] {
    while (this.at < this.code.length) this.readOne(this.code.charAt(this.at))
    this.endCommand(false)
    return this.found
  }

  private readOne(character: string): void {
    const next = this.code.charAt(this.at + 1)
    if (character === '`') {
      // A backtick at the end of a line joins it to the next one.
      this.add(next === '\n' ? ' ' : next, 2)
    } else if (character === "'" || character === '"') {
      const { text, end } = readString(this.code, this.at)
      this.add(text, end - this.at)
    } else if (';|&(){}\n\r'.includes(character)) {
      const isDouble = next === character
      this.endCommand(character === '|' && !isDouble)
      this.at += isDouble ? 2 : 1
    } else if (' \t,'.includes(character)) {
      this.endWord()
      this.at += 1
    } else if (character === '#' && this.word === null) this.at = endOrIndex(this.code, '\n', this.at)
    else if (character === '<' && next === '#') this.at = endOrIndex(this.code, '#>', this.at) + 2
    else this.addRun()
  }

  /** Characters that stand for themselves, at least one. */
  private addRun(): void {
    PLAIN_RUN.lastIndex = this.at + 1
    const end = PLAIN_RUN.test(this.code) ? PLAIN_RUN.lastIndex : this.at + 1
    this.add(this.code.slice(this.at, end), end - this.at)
  }

  private add(text: string, length: number): void {
    this.word = (this.word ?? '') + text
    this.at += length
  }

  private endWord(): void {
    if (this.word !== null) this.words.push(this.word)
    this.word = null
  }

  private endCommand(intoPipe: boolean): void {
    this.endWord()
    const [name, ...args] = withoutOperators(this.words)
    if (name !== undefined) this.found.push({ name: canonical(name), args, piped: this.piped })
    // `(…) | x`: the pipe stands behind a parenthesis.
    if (name !== undefined || intoPipe) this.piped = intoPipe
    this.words = []
  }
}

/**
 * PowerShell in lower case without what hides words: backticks, and joins of strings (`'Down'+'loadString'`). For searches
 * by `includes`.
 *
 * @example plainPowerShell("('I'+'EX')").includes('iex') // true
 */
export function plainPowerShell(code: string): string {
  return code
    .replaceAll('`', '')
    .replace(/(['"])[ \t]{0,8}\+[ \t]{0,8}\1/g, '')
    .toLowerCase()
}

/** Without the assignment and the call operator in front of the command. */
function withoutOperators(words: readonly string[]): readonly string[] {
  const [first = ''] = words
  let at = 0
  if (first.startsWith('$') && /^[-+*/]?=$/.test(words[1] ?? '')) at = 2
  else if (/^\$[\w:]{1,64}=$/.test(first)) at = 1
  if (words[at] === '.' || words[at] === '@' || words[at] === '$') at += 1
  const [name, ...args] = words.slice(at)
  return name === undefined ? [] : [name.replace(/^\$[\w:]{1,64}=/, ''), ...args]
}

/** The name of a program without its folder and `.exe`; of an alias, which has neither, what it stands for. */
function canonical(word: string): string {
  const lower = word.toLowerCase()
  const base = lower
    .slice(Math.max(lower.lastIndexOf('\\'), lower.lastIndexOf('/')) + 1)
    .replace(/\.exe$/, '')
  return base === lower ? (ALIASES.get(base) ?? base) : base
}

function readString(code: string, start: number): { readonly text: string; readonly end: number } {
  const quote = code.charAt(start)
  let text = ''
  let at = start + 1
  while (at < code.length) {
    const character = code.charAt(at)
    if (character === quote && code.charAt(at + 1) !== quote) break
    const isPair = character === quote || (character === '`' && quote === '"')
    text += isPair ? code.charAt(at + 1) : character
    at += isPair ? 2 : 1
  }
  return { text, end: at + 1 }
}

function endOrIndex(code: string, text: string, from: number): number {
  const index = code.indexOf(text, from)
  return index === -1 ? code.length : index
}

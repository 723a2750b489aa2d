/** A compiled pattern: whether it meets the whole text. */
export type Glob = (text: string) => boolean

/** How a pattern is read. */
export interface GlobOptions {
  /** Letters meet either case: for Windows. Default false. */
  readonly ignoreCase?: boolean
  /** What `*` and `?` stop at. Default `/`. */
  readonly separator?: '/' | '\\'
}

/** Longest pattern in characters: the work for a text grows with both. */
const PATTERN_MAX = 256

type Token =
  | { readonly kind: 'character'; readonly character: string }
  /** `?`: one character that is no separator. */
  | { readonly kind: 'one' }
  /** `*`: any number of characters that are no separators; across them when `**`. */
  | { readonly kind: 'many'; readonly across: boolean }
  /** What `**` and a separator become: nothing, or anything that ends in a separator. */
  | { readonly kind: 'folders' }

/**
 * Compiles a pattern: `*` is any text within one part of a path, `**` any text, `**` and a separator any number of folders
 * (none too), `?` one character of a part. All else stands for itself: there are no classes, braces or escapes. Characters
 * are UTF-16 units. Compile once, beside the rule; matching takes time in proportion to the text, whatever it holds.
 *
 * @throws Error when the pattern is longer than 256 characters: that is a mistake in the rule, which its tests find
 * @example glob('/home/ada/.ssh/*_key?')('/home/ada/.ssh/id_keys') // true
 * @example glob('/opt/**')('/opt/a/b') // true
 * @example glob('c:\\users\\*\\*.exe', { separator: '\\', ignoreCase: true })('C:\\Users\\Ada\\A.EXE') // true
 */
export function glob(pattern: string, { ignoreCase = false, separator = '/' }: GlobOptions = {}): Glob {
  if (pattern.length > PATTERN_MAX)
    throw new Error(`pattern of more than ${PATTERN_MAX} characters: ${pattern}`)
  const folded = ignoreCase ? pattern.toLowerCase() : pattern
  const prefix = folded.slice(0, wildcardOr(folded, folded.length))
  // Each character of the prefix is a token of its own.
  const tokens = tokensOf(folded, separator).slice(prefix.length)
  const hasWildcard = prefix.length < folded.length
  return text => {
    const whole = ignoreCase ? text.toLowerCase() : text
    // Nearly every text differs here.
    if (!hasWildcard || !whole.startsWith(prefix)) return whole === folded
    return meets(whole, prefix.length, tokens, separator)
  }
}

function wildcardOr(pattern: string, otherwise: number): number {
  const at = pattern.search(/[*?]/)
  return at === -1 ? otherwise : at
}

function tokensOf(pattern: string, separator: string): readonly Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (character === '?') tokens.push({ kind: 'one' })
    else if (character !== '*') tokens.push({ kind: 'character', character })
    else {
      let end = at + 1
      while (pattern.charAt(end) === '*') end += 1
      const across = end - at > 1
      const beginsPart = at === 0 || pattern.charAt(at - 1) === separator
      const areFolders = across && beginsPart && pattern.charAt(end) === separator
      tokens.push(areFolders ? { kind: 'folders' } : { kind: 'many', across })
      at = areFolders ? end : end - 1
    }
  }
  return tokens
}

/**
 * Follows all ways through the pattern at once, one character after the other, so that no text can make it go back. A way
 * is the number of tokens that are done.
 */
function meets(text: string, start: number, tokens: readonly Token[], separator: string): boolean {
  let ways = new Uint8Array(tokens.length + 1)
  let next = new Uint8Array(tokens.length + 1)
  ways[0] = 1
  skipEmpty(ways, tokens)
  for (let at = start; at < text.length; at++) {
    if (!step(ways, next, tokens, text.charAt(at), separator)) return false
    skipEmpty(next, tokens)
    const spent = ways
    ways = next
    next = spent.fill(0)
  }
  return ways[tokens.length] === 1
}

/** A wildcard may stand for nothing. */
function skipEmpty(ways: Uint8Array, tokens: readonly Token[]): void {
  for (let way = 0; way < tokens.length; way++) {
    if (ways[way] !== 1) continue
    const kind = tokens[way]?.kind
    // Folders that have begun (2) must end in a separator first.
    if (kind === 'many' || kind === 'folders') ways[way + 1] = 1
  }
}

/** Takes one character on every way; false when none is left. */
function step(
  ways: Uint8Array,
  next: Uint8Array,
  tokens: readonly Token[],
  character: string,
  separator: string,
): boolean {
  let isLeft = false
  const isSeparator = character === separator
  for (let way = 0; way < tokens.length; way++) {
    const token = tokens[way]
    if (ways[way] === 0 || token === undefined) continue
    let reached = -1
    if (token.kind === 'character') reached = token.character === character ? way + 1 : -1
    else if (token.kind === 'one') reached = isSeparator ? -1 : way + 1
    else if (token.kind === 'many') reached = token.across || !isSeparator ? way : -1
    else reached = way
    if (reached === -1) continue
    isLeft = true
    // Within folders, only a separator leads on; 2 is "begun", 1 "may end here".
    const value = token.kind === 'folders' && !isSeparator ? 2 : 1
    if (next[reached] !== 1) next[reached] = value
  }
  return isLeft
}

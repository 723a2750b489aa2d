/**
 * Regular expressions in TypeScript source that can backtrack without end: a repetition within a repetition, like (a+)+ or
 * ((a|b*)c){3,}. On a row made for it such an expression holds a Worker for minutes.
 *
 * Finds literals, and texts given to `new RegExp`. Answers them as they are written. Repetitions side by side that share
 * characters (.*.*) are only slow, which is for a test with hostile rows to find.
 */
export function unsafeRegexes(source: string): readonly string[] {
  return [...literalsIn(source), ...constructedIn(source)].filter(repeatsRepetition)
}

/** A slash where a value may begin, to the slash that ends it. */
const LITERAL =
  /(?<=(?:[=(,:!&|?[{;>]|\breturn)\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g
const CONSTRUCTED = /\bRegExp\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g

function literalsIn(source: string): readonly string[] {
  return Array.from(source.matchAll(LITERAL), ([literal]) => literal)
}

function constructedIn(source: string): readonly string[] {
  // In the text of a string each backslash of the pattern is doubled.
  return Array.from(source.matchAll(CONSTRUCTED), ([, , text = '']) => text.replaceAll('\\\\', '\\'))
}

/** Whether a group that holds a repetition is itself repeated, at any depth. */
function repeatsRepetition(pattern: string): boolean {
  /** One for each open group, the pattern itself first: whether something in it repeats. */
  const groups = [false]
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]
    let inner = false
    if (character === '\\') at += 1
    else if (character === '[') at = endOfClass(pattern, at)
    else if (character === '(') {
      groups.push(false)
      // What follows, as in (?: or (?<name>, is no quantifier.
      if (pattern[at + 1] === '?') at += 1
      continue
    } else if (character === ')') inner = groups.pop() ?? false
    const repeated = repeatsAt(pattern, at + 1)
    if (inner && repeated) return true
    if (inner || repeated) groups[groups.length - 1] = true
  }
  return false
}

function endOfClass(pattern: string, start: number): number {
  let at = start + 1
  while (at < pattern.length && pattern[at] !== ']') at += pattern[at] === '\\' ? 2 : 1
  return at
}

/** Whether a quantifier without an upper bound stands here. */
function repeatsAt(pattern: string, at: number): boolean {
  const next = pattern[at]
  return next === '*' || next === '+' || (next === '{' && /^\{\d+,\}/.test(pattern.slice(at, at + 12)))
}

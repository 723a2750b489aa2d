const NONE: readonly never[] = []

/** The words of the commands behind `-exec`, `-execdir`, `-ok` and `-okdir` of `find`, each up to `;` or `{} +`. */
export function executedByFind(program: string, args: readonly string[]): readonly (readonly string[])[] {
  if (program !== 'find' && program !== 'gfind') return NONE
  const found: (readonly string[])[] = []
  let start = -1
  for (const [index, word] of args.entries()) {
    if (start === -1 && /^-(?:exec|ok)(?:dir)?$/.test(word)) start = index + 1
    else if (start !== -1 && (word === ';' || (word === '+' && args[index - 1] === '{}'))) {
      found.push(args.slice(start, index))
      start = -1
    }
  }
  // osquery's joined lines lose the backslash, and with it the shell's reading ends at `;`.
  if (start !== -1 && start < args.length) found.push(args.slice(start))
  return found
}

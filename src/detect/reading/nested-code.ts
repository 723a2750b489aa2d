import { isShell } from './interpreters.ts'

const SHELL_SCRIPT = 'do shell script '

/**
 * Command lines of the shell that stand among a program's arguments: `sh -c '…'`, `eval …`, `su -c '…'`,
 * `script -c '…'`, `trap '…' EXIT`, `watch …`, and `osascript -e 'do shell script "…"'`.
 *
 * osquery shows most command lines with their quotes lost (`sh -c curl URL | sh`), so code of a single word is taken to go
 * on in the words behind it. Linear.
 */
export function nestedLines(program: string, args: readonly string[]): readonly string[] {
  if (args.length === 0) return args
  if (program === 'eval') return [args.join(' ')]
  if (program === 'watch') return [args.filter(word => !word.startsWith('-')).join(' ')]
  if (program === 'trap') return args.slice(0, 1)
  if (program === 'osascript') return shellScriptsOf(args)
  if (!isShell(program) && program !== 'su' && program !== 'script') return []
  const flag = args.findIndex(word => /^(?:-[a-zA-Z]*c|--command)$/.test(word))
  // `su --command=LINE` and `fish --command=LINE`
  if (flag === -1) return args.filter(word => word.startsWith('--command=')).map(word => word.slice(10))
  const [code, ...behind] = args.slice(flag + 1)
  if (code === undefined) return []
  return [isShell(program) && !/\s/.test(code) ? [code, ...behind.map(quoted)].join(' ') : code]
}

/** A word as the shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./$`(){}<>-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/**
 * What AppleScript hands to the shell. Where osquery lost the quotes around the script, its words are arguments of their
 * own, and those that AppleScript itself quotes are still together.
 */
function shellScriptsOf(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word, i) => word === 'do' && args[i + 1] === 'shell' && args[i + 2] === 'script')
  if (at === -1) return args.flatMap(shellScriptsIn)
  // Only the first: what follows it may hold others, and must not be read once for each.
  const [code = '', ...behind] = args.slice(at + 3)
  return [/\s/.test(code) ? code : [code, ...behind].join(' ')]
}

function shellScriptsIn(script: string): readonly string[] {
  const lines: string[] = []
  let found = script.indexOf(SHELL_SCRIPT)
  while (found !== -1) {
    const start = found + SHELL_SCRIPT.length
    const isQuoted = script.charAt(start) === '"'
    const end = isQuoted ? endOfText(script, start + 1) : script.length
    lines.push(script.slice(isQuoted ? start + 1 : start, end).replace(/\\(["\\])/g, '$1'))
    found = script.indexOf(SHELL_SCRIPT, end)
  }
  return lines
}

function endOfText(code: string, start: number): number {
  let at = start
  while (at < code.length && code.charAt(at) !== '"') at += code.charAt(at) === '\\' ? 2 : 1
  return Math.min(at, code.length)
}

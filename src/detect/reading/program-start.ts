import { isParted } from './command.ts'
import { isGivenCode, isInterpreter } from './interpreters.ts'
import { baseName } from './paths.ts'

/** Tables of programs as they start: audit of Linux, BPF of older agents, Endpoint Security of macOS. */
export const PROGRAM_START_TABLES = ['process_events', 'bpf_process_events', 'es_process_events'] as const

/** What rows of these tables and of `processes` have in common, and what one or the other has besides. */
export interface ProgramRow {
  readonly pid: string
  readonly path: string
  readonly cmdline: string
  readonly cwd: string
  readonly parent: string
  readonly uid: string
  readonly euid?: string
  readonly auid?: string
  readonly username?: string
  readonly time?: string
  readonly start_time?: string
  /** Of Endpoint Security: exec, fork, exit. */
  readonly event_type?: string
  /** Of audit and BPF: execve, execveat, fork, clone, kill, … */
  readonly syscall?: string
  /** Path of the parent, where a query joins it. */
  readonly parent_path?: string
}

/** Whether the row is a program that starts (or runs), not a fork, an exit or a signal. */
export function isProgramStart({ event_type = '', syscall = '' }: Partial<ProgramRow>): boolean {
  return (event_type === '' || event_type === 'exec') && (syscall === '' || syscall.startsWith('exec'))
}

/**
 * Whether a command line could hold one of the words: asked first, because almost no line holds any and reading one as a
 * shell does costs fifty times as much. True as well for a line whose words don't stand in it as they are meant.
 *
 * @param words  made by `anyOf` or `programNamed`, once beside the rule
 */
export function mentions(cmdline: string, words: RegExp): boolean {
  return words.test(cmdline) || isParted(cmdline)
}

/** Longer command lines are cut where people are shown them. */
const SHOWN_MAX = 2000

/** What a responder wants to know of a program: for the context of an alert. Absent columns are left out. */
export function toldProgram(row: ProgramRow): Readonly<Record<string, string | undefined>> {
  return {
    program: row.path,
    command: row.cmdline.slice(0, SHOWN_MAX),
    pid: row.pid,
    parent: row.parent,
    parent_program: row.parent_path,
    folder: row.cwd,
    uid: row.uid,
    euid: row.euid,
    login: row.auid,
    user: row.username,
    time: row.time ?? row.start_time,
  }
}

/** A command line, short enough for a title. */
export function shortened(cmdline: string): string {
  return cmdline.length > 200 ? `${cmdline.slice(0, 200)}…` : cmdline
}

/** So many words into the line an interpreter is looked for, behind `sudo -u x env A=b`. */
const WORDS_AHEAD = 8

/**
 * A command line of a process as one would type it into a shell. osquery joins arguments by blanks, so the code behind
 * `python -c` or `perl -e` has lost its quotes and would be read as several shell commands; here it gets them back. Code
 * behind `sh -c` needs none: it is shell code. Linear, never throws.
 *
 * @example asTyped('python3 -c import os; os.system("id")') // "python3 -c 'import os; os.system(\"id\")'"
 */
export function asTyped(cmdline: string): string {
  if (last.cmdline !== cmdline) last = { cmdline, typed: typed(cmdline) }
  return last.typed
}

/** The last line asked about: many rules ask about one column in turn. */
let last = { cmdline: '', typed: '' }

/** An option behind which code may stand. */
const CODE_FLAG = /\s-[a-zA-Z]*[ceEr]\s/

function typed(cmdline: string): string {
  if (!CODE_FLAG.test(cmdline)) return cmdline
  const words = /\S+/g
  let interpreter = ''
  for (let count = 0; count < WORDS_AHEAD || interpreter !== ''; count++) {
    const found = words.exec(cmdline)
    if (found === null) return cmdline
    const [word] = found
    if (interpreter === '') {
      if (isInterpreter(baseName(word))) interpreter = baseName(word)
    } else if (!word.startsWith('-')) {
      return cmdline
    } else if (isGivenCode(interpreter, [word])) {
      const code = cmdline.slice(found.index + word.length).trimStart()
      if (code === '' || code.startsWith("'") || code.startsWith('"')) return cmdline
      return `${cmdline.slice(0, found.index)}${word} '${code.replaceAll("'", "'\\''")}'`
    }
  }
  return cmdline
}

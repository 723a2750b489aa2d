/** How a program that runs the command it is given takes its arguments. */
interface Wrapper {
  /** Letters of short options whose value is the next word. */
  readonly valued?: string
  /** Long options whose value is the next word when no `=` joins them. */
  readonly long?: readonly string[]
  /** Operands before the command. */
  readonly operands?: number
  /** The first of its operands: another word makes it no wrapper (`aws-vault exec`, but not `aws-vault login`). */
  readonly verb?: string
  /** Letter of a short option whose value is a command line. */
  readonly line?: string
  /** Letters of short options with which it does not run the command (`command -v`, `sudo -l`). */
  readonly idle?: string
}

/** Programs that run the command they are given, from their manuals. */
const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ['arch', { valued: 'e' }],
  ['aws-vault', { verb: 'exec', operands: 2, valued: 'd', long: ['duration', 'region', 'mfa-token'] }],
  ['builtin', {}],
  ['bundle', { verb: 'exec', operands: 1 }],
  ['busybox', {}],
  ['busybox.static', {}],
  ['caffeinate', { valued: 'tw' }],
  ['chamber', { verb: 'exec', operands: 2 }],
  ['chronic', {}],
  ['chroot', { operands: 1 }],
  ['chrt', { operands: 1, idle: 'p', valued: 'TPD' }],
  ['command', { idle: 'vV' }],
  ['coproc', {}],
  ['doas', { valued: 'uC' }],
  ['doppler', { verb: 'run', operands: 1, valued: 'pc', long: ['project', 'config'] }],
  ['env', { valued: 'uC', long: ['unset', 'chdir'], line: 'S' }],
  ['exec', { valued: 'a' }],
  ['fakeroot', { valued: 'lis' }],
  ['flock', { operands: 1, valued: 'wE', long: ['timeout', 'conflict-exit-code'], line: 'c' }],
  ['gosu', { operands: 1 }],
  ['ionice', { valued: 'cn', long: ['class', 'classdata'], idle: 'pPu' }],
  ['ltrace', { valued: 'aAeFlnopsuxX' }],
  ['nice', { valued: 'n', long: ['adjustment'] }],
  ['nocorrect', {}],
  ['noglob', {}],
  ['nohup', {}],
  ['nsenter', { valued: 'tSG', long: ['target', 'setuid', 'setgid'] }],
  ['numactl', { valued: 'imNCpPf' }],
  ['op', { verb: 'run', operands: 1, long: ['env-file'] }],
  ['pkexec', { long: ['user'] }],
  ['proxychains', { valued: 'f' }],
  ['proxychains4', { valued: 'f' }],
  ['rlwrap', { valued: 'abBcCDfHlmMPqStw' }],
  ['runuser', { valued: 'ugGslw', long: ['user', 'group', 'shell', 'supp-group'], line: 'c' }],
  ['setarch', { operands: 1 }],
  ['setpriv', { long: ['reuid', 'regid', 'groups', 'inh-caps', 'bounding-set'] }],
  ['setsid', {}],
  ['stdbuf', { valued: 'ioe', long: ['input', 'output', 'error'] }],
  ['strace', { valued: 'abeEIoOpPsSuUX', idle: 'p' }],
  ['su-exec', { operands: 1 }],
  [
    'sudo',
    {
      valued: 'ugUhpCrtTDRac',
      long: [
        'user',
        'group',
        'host',
        'prompt',
        'close-from',
        'role',
        'type',
        'chdir',
        'chroot',
        'command-timeout',
        'other-user',
      ],
      idle: 'levVkK',
    },
  ],
  [
    'systemd-run',
    {
      valued: 'HMpuEd',
      long: [
        'unit',
        'property',
        'description',
        'slice',
        'uid',
        'gid',
        'nice',
        'setenv',
        'on-active',
        'on-boot',
        'on-calendar',
        'on-unit-active',
        'machine',
        'working-directory',
      ],
    },
  ],
  ['taskset', { operands: 1, idle: 'p' }],
  ['time', { valued: 'fo', long: ['format', 'output'] }],
  ['timeout', { operands: 1, valued: 'sk', long: ['signal', 'kill-after'] }],
  ['toolbox', {}],
  ['torify', {}],
  ['torsocks', {}],
  ['unbuffer', {}],
  ['unshare', { valued: 'SGRw' }],
  [
    'xargs',
    {
      valued: 'InPLdsaE',
      long: [
        'max-args',
        'max-procs',
        'max-lines',
        'max-chars',
        'delimiter',
        'arg-file',
        'eof',
        'process-slot-var',
      ],
    },
  ],
])

/** Words of the shell that stand before a command, or after one, and are none. */
const RESERVED = new Set([
  'if',
  'then',
  'elif',
  'else',
  'fi',
  'while',
  'until',
  'do',
  'done',
  'esac',
  '{',
  '}',
  '!',
])

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/
/** A wrapper in a strange folder is a program of that folder, whatever its name. */
const OF_THE_SYSTEM =
  /^(?:(?:(?:\/usr)?(?:\/local)?|\/opt\/homebrew|\/run\/current-system\/sw)\/s?bin\/)?[^/]+$/

/** What the words of a simple command come down to. */
export interface Unwrapped {
  /** Names of the wrappers around the program, outermost first: `['sudo', 'nohup']`. */
  readonly wrappers: readonly string[]
  /** Assignments for the program: `LD_PRELOAD=/tmp/a.so`, those made by `env`, `sudo` and `export` included. */
  readonly assignments: readonly string[]
  /** The program as written; `''` when the command only assigns. */
  readonly path: string
  readonly args: readonly string[]
  /** Command lines among the options of wrappers: `env -S 'bash -x'`, `flock FILE -c 'job'`. */
  readonly lines: readonly string[]
}

/**
 * Takes away what stands before the program of a simple command: reserved words, assignments, and programs that run the
 * command they are given (`sudo -u www env A=1 nice -n 5 timeout 10 job` is `job`). A wrapper without a command is the
 * program itself. Linear in the number of words.
 */
export function unwrapped(words: readonly string[]): Unwrapped {
  const wrappers: string[] = []
  const assignments: string[] = []
  const lines: string[] = []
  let at = 0
  /** Where the innermost wrapper stands. */
  let last = -1
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (ASSIGNMENT.test(word)) assignments.push(word)
    else if (!RESERVED.has(word)) {
      const name = baseNameOf(word)
      const wrapper = OF_THE_SYSTEM.test(word) ? WRAPPERS.get(name) : undefined
      const start = wrapper === undefined ? -1 : commandAfter(words, at + 1, wrapper, lines)
      if (start === -1) break
      wrappers.push(name)
      last = at
      at = start - 1
    }
  }
  if (at >= words.length && last !== -1) {
    wrappers.pop()
    at = last
  }
  const path = words[at] ?? ''
  const args = words.slice(at + 1)
  if (/^(?:export|declare|typeset|readonly|local)$/.test(path)) {
    assignments.push(...args.filter(word => ASSIGNMENT.test(word)))
  }
  return { wrappers, assignments, path, args, lines }
}

/** Where the command begins that a wrapper runs, or -1 when it runs none. */
function commandAfter(words: readonly string[], start: number, wrapper: Wrapper, lines: string[]): number {
  const { valued = '', long = [], operands = 0, verb, line = '', idle = '' } = wrapper
  let left = operands
  let at = start
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      at += 1
      break
    }
    if (word.startsWith('--')) {
      if (long.includes(word.slice(2))) at += 1
      else if (line === 'S' && word.startsWith('--split-string=')) lines.push(word.slice(15))
    } else if (word.startsWith('-') && word.length > 1) {
      if (isIdle(word, idle, valued)) return -1
      const letter = word.charAt(word.length - 1)
      if (line !== '' && letter === line) lines.push(words[++at] ?? '')
      else if (valued.includes(letter) && (word.length === 2 || isSwitches(word, valued))) at += 1
    } else if (left > 0) {
      if (verb !== undefined && left === operands && word !== verb) return -1
      left -= 1
    } else break
  }
  // `timeout -- 10 job`: operands may come behind the end of options.
  return Math.min(at + (words[at - 1] === '--' ? left : 0), words.length)
}

/** Whether one of the option's letters says that no command is run; letters behind a valued one are its value. */
function isIdle(word: string, idle: string, valued: string): boolean {
  if (idle === '') return false
  for (const letter of word.slice(1, 1 + SWITCHES_MAX)) {
    if (idle.includes(letter)) return true
    if (valued.includes(letter)) return false
  }
  return false
}

/** No program has more one-letter options in one word. */
const SWITCHES_MAX = 16

/** `-nu www`: switches before the letter that takes the value, none of them valued itself. */
function isSwitches(word: string, valued: string): boolean {
  if (word.length > SWITCHES_MAX) return false
  return !Array.from(word.slice(1, -1)).some(letter => valued.includes(letter) || !/[a-zA-Z]/.test(letter))
}

/** The name of a program without its folder. */
export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
